"""Poisson regression of counts on an exposure and a covariate."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent alpha, beta ~ Normal(0, 2)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 2.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0))

    with pyro.plate("N", N, dim=-1):
        # observed y[n] ~ Poisson(log_rate=log(exposure[n]) + alpha + beta * x[n])
        pyro.sample(
            "y", exact.PoissonLog(torch.log(data.exposure) + alpha + beta * data.x), obs=data.y
        )


joint = model  # nothing to sum out
