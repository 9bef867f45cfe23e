"""Counts from two kinds of days."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_categorical, states, sum_out


def model(data):
    day, K = data.day, data.K

    # latent share ~ Dirichlet(ones(K))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(K)))
    # latent rate: ordered[K] ~ Gamma(shape=2, rate=0.2)
    rate = pyro.sample("rate", exact.Ordered(exact.Gamma(2.0, 0.2), K))

    with pyro.plate("day", day, dim=-1):
        # latent kind[d] ~ Categorical(share)
        log_kind = log_categorical(share) + states("kind", day, K)  # day kind
        # observed deaths[d] ~ Poisson(rate[kind[d]])
        log_deaths = exact.Poisson(rate).log_prob(data.deaths[:, None])  # day kind
        pyro.factor("deaths", sum_out(log_kind + log_deaths))  # day


@config_enumerate
def joint(data):
    day, K = data.day, data.K

    # latent share ~ Dirichlet(ones(K))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(K)))
    # latent rate: ordered[K] ~ Gamma(shape=2, rate=0.2)
    rate = pyro.sample("rate", exact.Ordered(exact.Gamma(2.0, 0.2), K))

    with pyro.plate("day", day, dim=-1):
        # latent kind[d] ~ Categorical(share)
        kind = pyro.sample("kind", exact.Categorical(share))
        # observed deaths[d] ~ Poisson(rate[kind[d]])
        pyro.sample("deaths", exact.Poisson(rate[kind]), obs=data.deaths)
