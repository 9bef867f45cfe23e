"""Temperatures rounded to the degree: each says that the truth is within half of one."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent mu ~ Normal(0, 20)
    mu = pyro.sample("mu", dist.Normal(0.0, 20.0))
    # latent sigma ~ HalfNormal(20)
    sigma = pyro.sample("sigma", exact.HalfNormal(20.0))
    # let high = normal_cdf((degrees[n] + 0.5 - mu) / sigma)
    high = exact.normal_cdf((data.degrees + 0.5 - mu) / sigma)  # N
    # let low = normal_cdf((degrees[n] - 0.5 - mu) / sigma)
    low = exact.normal_cdf((data.degrees - 0.5 - mu) / sigma)  # N

    with pyro.plate("N", N, dim=-1):
        # factor log(high - low)
        pyro.factor("factor", torch.log(high - low))


joint = model  # nothing to sum out
