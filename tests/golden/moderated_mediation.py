"""A treatment acts on a mood, and both on the outcome."""

import pyro
import pyro.distributions as dist
from pyro.infer import config_enumerate

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent a, b, c, d, e ~ Normal(0, 1)
    a = pyro.sample("a", dist.Normal(0.0, 1.0))
    b = pyro.sample("b", dist.Normal(0.0, 1.0))
    c = pyro.sample("c", dist.Normal(0.0, 1.0))
    d = pyro.sample("d", dist.Normal(0.0, 1.0))
    e = pyro.sample("e", dist.Normal(0.0, 1.0))
    # latent sigma_m, sigma_y ~ HalfNormal(1)
    sigma_m = pyro.sample("sigma_m", exact.HalfNormal(1.0))
    sigma_y = pyro.sample("sigma_y", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # observed mood[n] ~ Normal(a + b * treated[n], sigma_m)
        pyro.sample("mood", dist.Normal(a + b * data.treated, sigma_m), obs=data.mood)
        # observed outcome[n] ~ Normal(c + d * treated[n] + e * mood[n], sigma_y)
        pyro.sample(
            "outcome", dist.Normal(c + d * data.treated + e * data.mood, sigma_y), obs=data.outcome
        )

    # report indirect = b * e
    indirect = pyro.deterministic("indirect", b * e)
    # report share = indirect / (indirect + d)
    share = pyro.deterministic("share", indirect / (indirect + d))


@config_enumerate
def joint(data):
    N = data.N

    # latent a, b, c, d, e ~ Normal(0, 1)
    a = pyro.sample("a", dist.Normal(0.0, 1.0))
    b = pyro.sample("b", dist.Normal(0.0, 1.0))
    c = pyro.sample("c", dist.Normal(0.0, 1.0))
    d = pyro.sample("d", dist.Normal(0.0, 1.0))
    e = pyro.sample("e", dist.Normal(0.0, 1.0))
    # latent sigma_m, sigma_y ~ HalfNormal(1)
    sigma_m = pyro.sample("sigma_m", exact.HalfNormal(1.0))
    sigma_y = pyro.sample("sigma_y", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # observed mood[n] ~ Normal(a + b * treated[n], sigma_m)
        mood = pyro.sample("mood", dist.Normal(a + b * data.treated, sigma_m), obs=data.mood)
        # observed outcome[n] ~ Normal(c + d * treated[n] + e * mood[n], sigma_y)
        pyro.sample(
            "outcome", dist.Normal(c + d * data.treated + e * mood, sigma_y), obs=data.outcome
        )

    # report indirect = b * e
    indirect = pyro.deterministic("indirect", b * e)
    # report share = indirect / (indirect + d)
    share = pyro.deterministic("share", indirect / (indirect + d))
