"""Levels that follow one another and never come back: a chain that goes to the right."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_categorical, stack, states


def model(data):
    T, K = data.T, data.K

    # latent leave ~ Beta(1, 9)
    leave = pyro.sample("leave", exact.Beta(1.0, 9.0))
    # let move = [[1 - leave, leave, 0], [0, 1 - leave, leave], [0, 0, 1]]
    move = stack(
        [
            stack([1 - leave, leave, 0], -1),
            stack([0, 1 - leave, leave], -1),
            torch.tensor([0, 0, 1]),
        ],
        -2,
    )
    # latent mu[K] ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0).expand([K]).to_event(1))
    # latent z[t]: index(K) ~ Categorical([1, 0, 0]) then Categorical(move[z[t-1]])
    z_first = log_categorical(torch.tensor([1, 0, 0]))  # z
    z_then = log_categorical(move)  # z_1 z
    # observed y[t] ~ Normal(mu[z[t]], 1)
    log_y = dist.Normal(mu[torch.arange(3)], 1.0).log_prob(data.y[:, None])  # T z
    log_z = states("z", T, 3)  # T z
    pyro.factor("y", sum_chain(z_first, z_then, log_z + log_y))


@config_enumerate
def joint(data):
    T, K = data.T, data.K

    # latent leave ~ Beta(1, 9)
    leave = pyro.sample("leave", exact.Beta(1.0, 9.0))
    # let move = [[1 - leave, leave, 0], [0, 1 - leave, leave], [0, 0, 1]]
    move = stack(
        [
            stack([1 - leave, leave, 0], -1),
            stack([0, 1 - leave, leave], -1),
            torch.tensor([0, 0, 1]),
        ],
        -2,
    )
    # latent mu[K] ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0).expand([K]).to_event(1))

    z = {}
    for t in pyro.markov(range(T)):
        # latent z[t]: index(K) ~ Categorical([1, 0, 0]) then Categorical(move[z[t-1]])
        z[t] = pyro.sample(
            f"z[{t}]",
            exact.Categorical(torch.tensor([1, 0, 0]))
            if t == 0
            else exact.Categorical(move[z[t - 1]]),
        )
        # observed y[t] ~ Normal(mu[z[t]], 1)
        pyro.sample(f"y[{t}]", dist.Normal(mu[z[t]], 1.0), obs=data.y[t])
