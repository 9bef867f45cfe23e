"""Jaws of boys at four ages: a line, its errors of any covariance."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    boy = data.boy

    # latent b0, b1 ~ Normal(0, 100)
    b0 = pyro.sample("b0", dist.Normal(0.0, 100.0))
    b1 = pyro.sample("b1", dist.Normal(0.0, 100.0))
    # latent spread ~ InverseWishart(4, guess)
    spread = pyro.sample("spread", exact.InverseWishart(4.0, data.guess))

    with pyro.plate("boy", boy, dim=-1):
        # observed jaw[b]: real[age_] ~ MultivariateNormal(b0 + b1 * age, covariance=spread)
        pyro.sample(
            "jaw",
            exact.MultivariateNormal(b0 + b1 * data.age, covariance_matrix=spread),
            obs=data.jaw,
        )


joint = model  # nothing to sum out
