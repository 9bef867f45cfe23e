"""Regression on a sample from which all below zero were left out."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent alpha, beta ~ Normal(0, 5)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 5.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 5.0))
    # latent sigma ~ HalfCauchy(2)
    sigma = pyro.sample("sigma", exact.HalfCauchy(2.0))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(alpha + beta * x[n], sigma, lower=0)
        pyro.sample(
            "y", exact.truncated(dist.Normal(alpha + beta * data.x, sigma), 0, None), obs=data.y
        )


joint = model  # nothing to sum out
