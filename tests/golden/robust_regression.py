"""Robust regression: Student's t errors, the degrees of freedom learnt."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent alpha, beta ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 10.0))
    # latent sigma ~ HalfNormal(5)
    sigma = pyro.sample("sigma", exact.HalfNormal(5.0))
    # latent df ~ Gamma(shape=2, rate=0.1)
    df = pyro.sample("df", exact.Gamma(2.0, 0.1))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ StudentT(df, alpha + beta * x[n], sigma)
        pyro.sample("y", exact.StudentT(df, alpha + beta * data.x, sigma), obs=data.y)


joint = model  # nothing to sum out
