"""Parts of speech: a hidden Markov model of words, some of whose tags are known."""

import math

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_categorical, states


def model(data):
    position, tag, word = data.position, data.tag, data.word

    # latent start ~ Dirichlet(ones(tag))
    start = pyro.sample("start", exact.Dirichlet(torch.ones(tag)))
    # latent move[tag] ~ Dirichlet(ones(tag))
    move = pyro.sample("move", exact.Dirichlet(torch.ones(tag)).expand([tag]).to_event(1))
    # latent says[tag] ~ Dirichlet(ones(word))
    says = pyro.sample("says", exact.Dirichlet(torch.ones(word)).expand([tag]).to_event(1))
    # observed z[i]: index(tag) ~ Categorical(start) then Categorical(move[z[i-1]])
    z_first = log_categorical(start)  # z
    z_then = log_categorical(move)  # z_1 z
    log_z = torch.where(
        (data.z_seen != 0)[:, None] & (torch.arange(tag) != data.z[:, None]), -math.inf, 0.0
    )
    # observed w[i]: index(word) ~ Categorical(says[z[i]])
    log_w = exact.Categorical(says).log_prob(data.w[:, None])  # position z
    log_z_ = states("z", position, tag)  # position z
    sum_z = sum_chain(z_first, z_then, log_z_ + log_z + log_w)
    pyro.factor("z,w", sum_z)


@config_enumerate
def joint(data):
    position, tag, word = data.position, data.tag, data.word

    # latent start ~ Dirichlet(ones(tag))
    start = pyro.sample("start", exact.Dirichlet(torch.ones(tag)))
    # latent move[tag] ~ Dirichlet(ones(tag))
    move = pyro.sample("move", exact.Dirichlet(torch.ones(tag)).expand([tag]).to_event(1))
    # latent says[tag] ~ Dirichlet(ones(word))
    says = pyro.sample("says", exact.Dirichlet(torch.ones(word)).expand([tag]).to_event(1))

    z = {}
    for i in pyro.markov(range(position)):
        # observed z[i]: index(tag) ~ Categorical(start) then Categorical(move[z[i-1]])
        z[i] = pyro.sample(
            f"z[{i}]", exact.Categorical(start) if i == 0 else exact.Categorical(move[z[i - 1]])
        )
        pyro.factor(
            f"z_2[{i}]", torch.where((data.z_seen[i] != 0) & (z[i] != data.z[i]), -math.inf, 0.0)
        )
        # observed w[i]: index(word) ~ Categorical(says[z[i]])
        pyro.sample(f"w[{i}]", exact.Categorical(says[z[i]]), obs=data.w[i])
