"""A hidden Markov chain that remembers two steps."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_categorical, states


def model(data):
    T, K = data.T, data.K

    # latent start ~ Dirichlet(ones(K))
    start = pyro.sample("start", exact.Dirichlet(torch.ones(K)))
    # latent second[K] ~ Dirichlet(ones(K))
    second = pyro.sample("second", exact.Dirichlet(torch.ones(K)).expand([K]).to_event(1))
    # latent move[K, K] ~ Dirichlet(ones(K))
    move = pyro.sample("move", exact.Dirichlet(torch.ones(K)).expand([K, K]).to_event(2))
    # latent mu: ordered[K] ~ Normal(0, 3)
    mu = pyro.sample("mu", exact.Ordered(dist.Normal(0.0, 3.0), K))
    # latent z[t] ~ Categorical(start)
    #     then Categorical(second[z[t-1]])
    #     then Categorical(move[z[t-2], z[t-1]])
    z_first = log_categorical(start)  # z
    z_second = log_categorical(second)  # z_1 z
    z_then = log_categorical(move)  # z_2 z_1 z
    # observed y[t] ~ Normal(mu[z[t]], 1)
    log_y = dist.Normal(mu, 1.0).log_prob(data.y[:, None])  # T z
    log_z = states("z", T, K)  # T z
    sum_z = sum_chain([z_first, z_second], z_then, log_z + log_y)
    pyro.factor("y", sum_z)


@config_enumerate
def joint(data):
    T, K = data.T, data.K

    # latent start ~ Dirichlet(ones(K))
    start = pyro.sample("start", exact.Dirichlet(torch.ones(K)))
    # latent second[K] ~ Dirichlet(ones(K))
    second = pyro.sample("second", exact.Dirichlet(torch.ones(K)).expand([K]).to_event(1))
    # latent move[K, K] ~ Dirichlet(ones(K))
    move = pyro.sample("move", exact.Dirichlet(torch.ones(K)).expand([K, K]).to_event(2))
    # latent mu: ordered[K] ~ Normal(0, 3)
    mu = pyro.sample("mu", exact.Ordered(dist.Normal(0.0, 3.0), K))

    z = {}
    for t in pyro.markov(range(T), history=2):
        # latent z[t] ~ Categorical(start)
        #     then Categorical(second[z[t-1]])
        #     then Categorical(move[z[t-2], z[t-1]])
        z[t] = pyro.sample(
            f"z[{t}]",
            exact.Categorical(start)
            if t == 0
            else (
                exact.Categorical(second[z[t - 1]])
                if t == 1
                else exact.Categorical(move[z[t - 2], z[t - 1]])
            ),
        )
        # observed y[t] ~ Normal(mu[z[t]], 1)
        pyro.sample(f"y[{t}]", dist.Normal(mu[z[t]], 1.0), obs=data.y[t])
