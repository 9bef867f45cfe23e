"""Fish caught by parties some of which did not fish at all."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import states, sum_out


def model(data):
    party = data.party

    # latent a, b, c ~ Normal(0, 1)
    a = pyro.sample("a", dist.Normal(0.0, 1.0))
    b = pyro.sample("b", dist.Normal(0.0, 1.0))
    c = pyro.sample("c", dist.Normal(0.0, 1.0))

    with pyro.plate("party", party, dim=-1):
        # latent fishes[p] ~ Bernoulli(logits=a)
        log_fishes = exact.BernoulliLogits(a).log_prob(torch.arange(2)) + states("fishes", party, 2)
        # observed caught[p] ~ Poisson(fishes[p] * exp(b + c * persons[p]))
        log_caught = exact.Poisson(
            torch.arange(2) * torch.exp(b + c * data.persons)[:, None]
        ).log_prob(data.caught[:, None])
        pyro.factor("caught", sum_out(log_fishes + log_caught))  # party


@config_enumerate
def joint(data):
    party = data.party

    # latent a, b, c ~ Normal(0, 1)
    a = pyro.sample("a", dist.Normal(0.0, 1.0))
    b = pyro.sample("b", dist.Normal(0.0, 1.0))
    c = pyro.sample("c", dist.Normal(0.0, 1.0))

    with pyro.plate("party", party, dim=-1):
        # latent fishes[p] ~ Bernoulli(logits=a)
        fishes = pyro.sample("fishes", exact.BernoulliLogits(a))
        # observed caught[p] ~ Poisson(fishes[p] * exp(b + c * persons[p]))
        pyro.sample(
            "caught", exact.Poisson(fishes * torch.exp(b + c * data.persons)), obs=data.caught
        )
