"""A saturating response, written once as a function and read for two drugs."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent half_a, half_b ~ LogNormal(0, 1)
    half_a = pyro.sample("half_a", exact.LogNormal(0.0, 1.0))
    half_b = pyro.sample("half_b", exact.LogNormal(0.0, 1.0))
    # latent top_a, top_b ~ Normal(0, 2)
    top_a = pyro.sample("top_a", dist.Normal(0.0, 2.0))
    top_b = pyro.sample("top_b", dist.Normal(0.0, 2.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(hill(a[n], half_a, top_a) + hill(b[n], half_b, top_b), sigma)
        pyro.sample(
            "y",
            dist.Normal(
                top_a * data.a / (half_a + data.a) + top_b * data.b / (half_b + data.b), sigma
            ),
            obs=data.y,
        )


joint = model  # nothing to sum out
