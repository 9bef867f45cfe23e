"""Median and other quantiles by the asymmetric Laplace distribution."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent alpha, beta ~ Normal(0, 5)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 5.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 5.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # let skew = sqrt(quantile / (1 - quantile))
    skew = torch.sqrt(data.quantile / (1 - data.quantile))

    with pyro.plate("N", N, dim=-1):
        # observed y[n] ~ AsymmetricLaplace(alpha + beta * x[n], sigma, skew)
        pyro.sample("y", exact.AsymmetricLaplace(alpha + beta * data.x, sigma, skew), obs=data.y)


joint = model  # nothing to sum out
