"""The growth of rats: a line for each, bivariate normal, its precision Wishart."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    rat, week, part = data.rat, data.week, data.part

    # latent centre[part] ~ Normal(0, 100)
    centre = pyro.sample("centre", dist.Normal(0.0, 100.0).expand([part]).to_event(1))
    # latent spread ~ InverseWishart(4, guess)
    spread = pyro.sample("spread", exact.InverseWishart(4.0, data.guess))
    # latent noise ~ HalfCauchy(5)
    noise = pyro.sample("noise", exact.HalfCauchy(5.0))
    # latent line[r] ~ MultivariateNormal(centre, covariance=spread)
    line = pyro.sample(
        "line", exact.MultivariateNormal(centre, covariance_matrix=spread).expand([rat]).to_event(1)
    )

    with pyro.plate("rat", rat, dim=-2), pyro.plate("week", week, dim=-1):
        # observed weight[r, w in week] ~ Normal(line[r, 0] + line[r, 1] * (age[w] - 22), noise)
        pyro.sample(
            "weight",
            dist.Normal(line[:, 0][:, None] + line[:, 1][:, None] * (data.age - 22), noise),
            obs=data.weight,
        )


joint = model  # nothing to sum out
