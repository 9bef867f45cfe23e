"""Hidden Markov model over sequences of different lengths."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_categorical, states


def model(data):
    S, T, T_max, K = data.S, data.T, data.T_max, data.K

    # latent start ~ Dirichlet(ones(K))
    start = pyro.sample("start", exact.Dirichlet(torch.ones(K)))
    # latent move[K] ~ Dirichlet(ones(K))
    move = pyro.sample("move", exact.Dirichlet(torch.ones(K)).expand([K]).to_event(1))
    # latent mu: ordered[K] ~ Normal(0, 5)
    mu = pyro.sample("mu", exact.Ordered(dist.Normal(0.0, 5.0), K))

    with pyro.plate("S", S, dim=-1):
        # latent z[s, t] ~ Categorical(start) then Categorical(move[z[s, t-1]])
        z_first = log_categorical(start)  # z
        z_then = log_categorical(move)  # z_1 z
        # observed y[s, t] ~ Normal(mu[z[s, t]], 1)
        log_y = dist.Normal(mu, 1.0).log_prob(data.y[:, :, None])  # S T z
        log_z = states("z", S, T_max, K)  # S T z
        pyro.factor("y", sum_chain(z_first, z_then, log_z + log_y, T))  # S


@config_enumerate
def joint(data):
    S, T, T_max, K = data.S, data.T, data.T_max, data.K

    # latent start ~ Dirichlet(ones(K))
    start = pyro.sample("start", exact.Dirichlet(torch.ones(K)))
    # latent move[K] ~ Dirichlet(ones(K))
    move = pyro.sample("move", exact.Dirichlet(torch.ones(K)).expand([K]).to_event(1))
    # latent mu: ordered[K] ~ Normal(0, 5)
    mu = pyro.sample("mu", exact.Ordered(dist.Normal(0.0, 5.0), K))

    with pyro.plate("S", S, dim=-1):
        z = {}
        for t in pyro.markov(range(T_max)):
            # latent z[s, t] ~ Categorical(start) then Categorical(move[z[s, t-1]])
            z[t] = pyro.sample(
                f"z[{t}]", exact.Categorical(start) if t == 0 else exact.Categorical(move[z[t - 1]])
            )
            # observed y[s, t] ~ Normal(mu[z[s, t]], 1)
            pyro.sample(f"y[{t}]", dist.Normal(mu[z[t]], 1.0).mask(t < T), obs=data.y[:, t])
