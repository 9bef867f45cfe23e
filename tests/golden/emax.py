"""A response that saturates with the dose (the Hill equation)."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent base ~ Normal(0, 1)
    base = pyro.sample("base", dist.Normal(0.0, 1.0))
    # latent top ~ Normal(0, 5)
    top = pyro.sample("top", dist.Normal(0.0, 5.0))
    # latent half ~ LogNormal(0, 1)
    half = pyro.sample("half", exact.LogNormal(0.0, 1.0))
    # latent hill ~ LogNormal(0, 0.5)
    hill = pyro.sample("hill", exact.LogNormal(0.0, 0.5))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # let response = base + top * dose[n] ^ hill / (half ^ hill + dose[n] ^ hill)
    response = base + top * data.dose ** hill / (half ** hill + data.dose ** hill)  # N

    with pyro.plate("N", N, dim=-1):
        # observed y[n] ~ Normal(response, sigma)
        pyro.sample("y", dist.Normal(response, sigma), obs=data.y)


joint = model  # nothing to sum out
