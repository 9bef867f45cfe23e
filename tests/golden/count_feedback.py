"""Cases of a week depend on the cases before: an INGARCH model of counts."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.steps import stacked


def model(data):
    week = data.week

    # latent base ~ Gamma(shape=2, rate=1)
    base = pyro.sample("base", exact.Gamma(2.0, 1.0))
    # latent share ~ Dirichlet(ones(3))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(3)))
    # let rate[t] = base then base + share[0] * cases[t-1] + share[1] * rate[t-1]
    rate = {}
    for t in range(week):
        rate[t] = base if t == 0 else base + share[0] * data.cases[t - 1] + share[1] * rate[t - 1]

    rate = stacked(rate, (0,))  # week

    with pyro.plate("week", week, dim=-1):
        # observed cases[t] ~ Poisson(rate[t])
        pyro.sample("cases", exact.Poisson(rate), obs=data.cases)


@config_enumerate
def joint(data):
    week = data.week

    # latent base ~ Gamma(shape=2, rate=1)
    base = pyro.sample("base", exact.Gamma(2.0, 1.0))
    # latent share ~ Dirichlet(ones(3))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(3)))

    rate = {}
    cases = {}
    for t in range(week):
        # let rate[t] = base then base + share[0] * cases[t-1] + share[1] * rate[t-1]
        rate[t] = base if t == 0 else base + share[0] * cases[t - 1] + share[1] * rate[t - 1]
        # observed cases[t] ~ Poisson(rate[t])
        cases[t] = pyro.sample(f"cases[{t}]", exact.Poisson(rate[t]), obs=data.cases[t])
