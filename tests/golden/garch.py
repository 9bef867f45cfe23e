"""GARCH(1, 1): the variance feeds on the last shock and on itself."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.steps import stacked


def model(data):
    day = data.day

    # latent mu ~ Normal(0, 1)
    mu = pyro.sample("mu", dist.Normal(0.0, 1.0))
    # latent base ~ HalfNormal(1)
    base = pyro.sample("base", exact.HalfNormal(1.0))
    # latent share ~ Dirichlet(ones(3))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(3)))
    # let variance[t] = base then base + share[0] * (gain[t-1] - mu) ^ 2 + share[1] * variance[t-1]
    variance = {}
    for t in range(day):
        variance[t] = (
            base
            if t == 0
            else base + share[0] * (data.gain[t - 1] - mu) ** 2 + share[1] * variance[t - 1]
        )

    variance = stacked(variance, (0,))  # day

    with pyro.plate("day", day, dim=-1):
        # observed gain[t] ~ Normal(mu, sqrt(variance[t]))
        pyro.sample("gain", dist.Normal(mu, torch.sqrt(variance)), obs=data.gain)


@config_enumerate
def joint(data):
    day = data.day

    # latent mu ~ Normal(0, 1)
    mu = pyro.sample("mu", dist.Normal(0.0, 1.0))
    # latent base ~ HalfNormal(1)
    base = pyro.sample("base", exact.HalfNormal(1.0))
    # latent share ~ Dirichlet(ones(3))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(3)))

    variance = {}
    gain = {}
    for t in range(day):
        # let variance[t] = base then base + share[0] * (gain[t-1] - mu) ^ 2 + share[1] * variance[t-1]
        variance[t] = (
            base
            if t == 0
            else base + share[0] * (gain[t - 1] - mu) ** 2 + share[1] * variance[t - 1]
        )
        # observed gain[t] ~ Normal(mu, sqrt(variance[t]))
        gain[t] = pyro.sample(
            f"gain[{t}]", dist.Normal(mu, torch.sqrt(variance[t])), obs=data.gain[t]
        )
