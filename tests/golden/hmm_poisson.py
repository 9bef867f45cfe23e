"""Quiet and active years: a Poisson hidden Markov model."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_categorical, states


def model(data):
    year, K = data.year, data.K
    k = torch.arange(K)

    # latent start ~ Dirichlet(ones(K))
    start = pyro.sample("start", exact.Dirichlet(torch.ones(K)))
    # latent move[k in K] ~ Dirichlet(1 + 4 * one_hot(k, K))
    move = pyro.sample("move", exact.Dirichlet(1 + 4 * exact.one_hot(k, K)).expand([K]).to_event(1))
    # latent rate: ordered[K] ~ Gamma(mean=20, sd=10)
    rate = pyro.sample("rate", exact.Ordered(exact.Gamma((20.0 / 10.0) ** 2, 20.0 / 10.0 ** 2), K))
    # latent state[t] ~ Categorical(start) then Categorical(move[state[t-1]])
    state_first = log_categorical(start)  # state
    state_then = log_categorical(move)  # state_1 state
    # observed quakes[t] ~ Poisson(rate[state[t]])
    log_quakes = exact.Poisson(rate).log_prob(data.quakes[:, None])  # year state
    log_state = states("state", year, K)  # year state
    sum_state = sum_chain(state_first, state_then, log_state + log_quakes)
    pyro.factor("quakes", sum_state)


@config_enumerate
def joint(data):
    year, K = data.year, data.K
    k = torch.arange(K)

    # latent start ~ Dirichlet(ones(K))
    start = pyro.sample("start", exact.Dirichlet(torch.ones(K)))
    # latent move[k in K] ~ Dirichlet(1 + 4 * one_hot(k, K))
    move = pyro.sample("move", exact.Dirichlet(1 + 4 * exact.one_hot(k, K)).expand([K]).to_event(1))
    # latent rate: ordered[K] ~ Gamma(mean=20, sd=10)
    rate = pyro.sample("rate", exact.Ordered(exact.Gamma((20.0 / 10.0) ** 2, 20.0 / 10.0 ** 2), K))

    state = {}
    for t in pyro.markov(range(year)):
        # latent state[t] ~ Categorical(start) then Categorical(move[state[t-1]])
        state[t] = pyro.sample(
            f"state[{t}]",
            exact.Categorical(start) if t == 0 else exact.Categorical(move[state[t - 1]]),
        )
        # observed quakes[t] ~ Poisson(rate[state[t]])
        pyro.sample(f"quakes[{t}]", exact.Poisson(rate[state[t]]), obs=data.quakes[t])
