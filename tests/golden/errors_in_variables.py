"""A line when both coordinates are measured with error."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent alpha, beta ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 10.0))
    # latent centre ~ Normal(0, 10)
    centre = pyro.sample("centre", dist.Normal(0.0, 10.0))
    # latent spread ~ HalfNormal(5)
    spread = pyro.sample("spread", exact.HalfNormal(5.0))
    # latent true_x[n] ~ Normal(centre, spread)
    true_x = pyro.sample("true_x", dist.Normal(centre, spread).expand([N]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # observed x[n] ~ Normal(true_x[n], error_x[n])
        pyro.sample("x", dist.Normal(true_x, data.error_x), obs=data.x)
        # observed y[n] ~ Normal(alpha + beta * true_x[n], error_y[n])
        pyro.sample("y", dist.Normal(alpha + beta * true_x, data.error_y), obs=data.y)


joint = model  # nothing to sum out
