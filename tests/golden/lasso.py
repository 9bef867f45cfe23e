"""The lasso: double exponential priors whose scale is learnt."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N, D = data.N, data.D

    # latent lambda ~ Gamma(shape=1, rate=0.1)
    lambda_ = pyro.sample("lambda", exact.Gamma(1.0, 0.1))
    # latent sigma ~ HalfNormal(2)
    sigma = pyro.sample("sigma", exact.HalfNormal(2.0))
    # latent beta[D] ~ Laplace(0, sigma / lambda)
    beta = pyro.sample("beta", dist.Laplace(0.0, sigma / lambda_).expand([D]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # observed y[N] ~ Normal(x @ beta, sigma)
        pyro.sample("y", dist.Normal(data.x @ beta, sigma), obs=data.y)


joint = model  # nothing to sum out
