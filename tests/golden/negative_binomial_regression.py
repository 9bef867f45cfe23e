"""Negative binomial regression for counts that vary more than Poisson."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N, D = data.N, data.D

    # latent alpha ~ Normal(0, 3)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 3.0))
    # latent beta[D] ~ Normal(0, 1)
    beta = pyro.sample("beta", dist.Normal(0.0, 1.0).expand([D]).to_event(1))
    # latent dispersion ~ Exponential(0.5)
    dispersion = pyro.sample("dispersion", exact.Exponential(0.5))

    with pyro.plate("N", N, dim=-1):
        # observed y[N] ~ NegativeBinomial(log_mean=alpha + x @ beta, dispersion=dispersion)
        pyro.sample("y", exact.NegativeBinomialLog(alpha + data.x @ beta, dispersion), obs=data.y)


joint = model  # nothing to sum out
