"""A regression some of whose predictors are missing: they have a distribution too."""

import pyro
import pyro.distributions as dist
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import filled


def model(data):
    N = data.N

    # missing cells of x
    x_missing = pyro.sample(
        "x_missing", dist.Normal(0.0, 1.0).expand([len(data.x_gaps)]).mask(False).to_event(1)
    )
    x_filled = filled(data.x, data.x_gaps, x_missing)
    # latent alpha, beta, centre ~ Normal(0, 2)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 2.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0))
    centre = pyro.sample("centre", dist.Normal(0.0, 2.0))
    # latent sigma, spread ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    spread = pyro.sample("spread", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # observed x[n] ~ Normal(centre, spread)
        pyro.sample("x", dist.Normal(centre, spread), obs=x_filled)
        # observed y[n] ~ Normal(alpha + beta * x[n], sigma)
        pyro.sample("y", dist.Normal(alpha + beta * x_filled, sigma), obs=data.y)


@config_enumerate
def joint(data):
    N = data.N

    # missing cells of x
    x_missing = pyro.sample(
        "x_missing", dist.Normal(0.0, 1.0).expand([len(data.x_gaps)]).mask(False).to_event(1)
    )
    x_filled = filled(data.x, data.x_gaps, x_missing)
    # latent alpha, beta, centre ~ Normal(0, 2)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 2.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0))
    centre = pyro.sample("centre", dist.Normal(0.0, 2.0))
    # latent sigma, spread ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    spread = pyro.sample("spread", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # observed x[n] ~ Normal(centre, spread)
        x = pyro.sample("x", dist.Normal(centre, spread), obs=x_filled)
        # observed y[n] ~ Normal(alpha + beta * x[n], sigma)
        pyro.sample("y", dist.Normal(alpha + beta * x, sigma), obs=data.y)
