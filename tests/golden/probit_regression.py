"""Probit regression, its error as a normal distribution function."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N, D = data.N, data.D

    # latent beta[D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([D]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Bernoulli(normal_cdf(x[n] @ beta))
        pyro.sample("y", exact.Bernoulli(exact.normal_cdf(data.x @ beta)), obs=data.y)


joint = model  # nothing to sum out
