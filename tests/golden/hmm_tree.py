"""A trait along a tree of species: lost or gained on each branch."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_tree
from genlang.runtime.reductions import log_bernoulli, states
from genlang.runtime.steps import parents_first


def model(data):
    species = data.species

    # latent root, gain, lose ~ Beta(1, 4)
    root = pyro.sample("root", exact.Beta(1.0, 4.0))
    gain = pyro.sample("gain", exact.Beta(1.0, 4.0))
    lose = pyro.sample("lose", exact.Beta(1.0, 4.0))
    # latent wings[s] ~ Bernoulli(root) then Bernoulli(1 - lose if wings[parent[s]] else gain)
    wings_first = log_bernoulli(root)  # wings
    wings_then = log_bernoulli(torch.where(torch.arange(2) != 0, 1 - lose, gain))  # wings_1 wings
    # observed song[s] ~ Normal(wings[s], 1)
    log_song = dist.Normal(torch.arange(2).double(), 1.0).log_prob(data.song[:, None])
    log_wings = states("wings", species, 2)  # species wings
    sum_wings = sum_tree(wings_first, wings_then, log_wings + log_song, data.parent)
    pyro.factor("song", sum_wings)


@config_enumerate
def joint(data):
    species = data.species

    # latent root, gain, lose ~ Beta(1, 4)
    root = pyro.sample("root", exact.Beta(1.0, 4.0))
    gain = pyro.sample("gain", exact.Beta(1.0, 4.0))
    lose = pyro.sample("lose", exact.Beta(1.0, 4.0))

    wings = {}
    for s in parents_first(data.parent):
        # latent wings[s] ~ Bernoulli(root) then Bernoulli(1 - lose if wings[parent[s]] else gain)
        wings[s] = pyro.sample(
            f"wings[{s}]",
            exact.Bernoulli(root)
            if data.parent[s] == s
            else exact.Bernoulli(torch.where(wings[int(data.parent[s])] != 0, 1 - lose, gain)),
        )
        # observed song[s] ~ Normal(wings[s], 1)
        pyro.sample(f"song[{s}]", dist.Normal(wings[s].double(), 1.0), obs=data.song[s])
