"""Beetles killed by doses of a poison, with a complementary log-log link."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    dose = data.dose

    # latent alpha, beta ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 10.0))

    with pyro.plate("dose", dose, dim=-1):
        # observed killed[d] ~ Binomial(exposed[d], inv_cloglog(alpha + beta * (level[d] - mean(level))))
        pyro.sample(
            "killed",
            exact.Binomial(
                data.exposed, exact.inv_cloglog(alpha + beta * (data.level - data.level.mean(-1)))
            ),
            obs=data.killed,
        )


joint = model  # nothing to sum out
