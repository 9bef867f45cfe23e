"""Gamma regression with a logarithmic link."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N, D = data.N, data.D

    # latent alpha ~ Normal(0, 5)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 5.0))
    # latent beta[D] ~ Normal(0, 1)
    beta = pyro.sample("beta", dist.Normal(0.0, 1.0).expand([D]).to_event(1))
    # latent shape ~ Gamma(shape=2, rate=0.5)
    shape = pyro.sample("shape", exact.Gamma(2.0, 0.5))
    # let mean = exp(alpha + x[n] @ beta)
    mean = torch.exp(alpha + data.x @ beta)  # N

    with pyro.plate("N", N, dim=-1):
        # observed cost[n] ~ Gamma(shape=shape, rate=shape / mean)
        pyro.sample("cost", exact.Gamma(shape, shape / mean), obs=data.cost)


joint = model  # nothing to sum out
