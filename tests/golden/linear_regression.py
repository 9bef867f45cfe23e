"""Linear regression on several predictors."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N, D = data.N, data.D

    # latent alpha ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0))
    # latent beta[D] ~ Normal(0, 2.5)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.5).expand([D]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(alpha + x[n] @ beta, sigma)
        pyro.sample("y", dist.Normal(alpha + data.x @ beta, sigma), obs=data.y)


joint = model  # nothing to sum out
