"""Stack loss by three predictors, standardized, with heavy tails."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    day, D = data.day, data.D

    # let z[i in day, d in D] = (x[i, d] - mean(x[:, d])) / sd(x[:, d])
    z = (data.x - data.x.permute(1, 0).mean(-1)) / data.x.permute(1, 0).std(-1)  # day D
    # latent alpha ~ Normal(0, 100)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 100.0))
    # latent beta[D] ~ Normal(0, 100)
    beta = pyro.sample("beta", dist.Normal(0.0, 100.0).expand([D]).to_event(1))
    # latent sigma ~ HalfCauchy(5)
    sigma = pyro.sample("sigma", exact.HalfCauchy(5.0))

    with pyro.plate("day", day, dim=-1):
        # observed loss[i in day] ~ StudentT(4, alpha + z[i] @ beta, sigma)
        pyro.sample("loss", exact.StudentT(4.0, alpha + z @ beta, sigma), obs=data.loss)


joint = model  # nothing to sum out
