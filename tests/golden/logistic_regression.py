"""Logistic regression with a weakly informative prior."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N, D = data.N, data.D

    # latent alpha ~ Normal(0, 5)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 5.0))
    # latent beta[D] ~ StudentT(3, 0, 2.5)
    beta = pyro.sample("beta", exact.StudentT(3.0, 0.0, 2.5).expand([D]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Bernoulli(logits=alpha + x[n] @ beta)
        pyro.sample("y", exact.BernoulliLogits(alpha + data.x @ beta), obs=data.y)


joint = model  # nothing to sum out
