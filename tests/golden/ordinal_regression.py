"""Ordinal regression: a proportional odds model of a grade."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N, D, cut = data.N, data.D, data.cut

    # latent beta[D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([D]).to_event(1))
    # latent cuts: ordered[cut] ~ Normal(0, 5)
    cuts = pyro.sample("cuts", exact.Ordered(dist.Normal(0.0, 5.0), cut))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N]: index(grade) ~ OrderedLogistic(x[n] @ beta, cuts)
        pyro.sample("y", exact.OrderedLogistic(data.x @ beta, cuts), obs=data.y)


joint = model  # nothing to sum out
