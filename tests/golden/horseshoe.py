"""Many predictors, few of which matter: the horseshoe prior, not centred."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N, D = data.N, data.D

    # latent alpha ~ Normal(0, 5)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 5.0))
    # latent overall ~ HalfCauchy(0.1)
    overall = pyro.sample("overall", exact.HalfCauchy(0.1))
    # latent own[D] ~ HalfCauchy(1)
    own = pyro.sample("own", exact.HalfCauchy(1.0).expand([D]).to_event(1))
    # latent raw[D] ~ Normal(0, 1)
    raw = pyro.sample("raw", dist.Normal(0.0, 1.0).expand([D]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # report beta[d in D] = raw[d] * own[d] * overall
    beta = pyro.deterministic("beta", raw * own * overall)  # D

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(alpha + x[n] @ beta, sigma)
        pyro.sample("y", dist.Normal(alpha + data.x @ beta, sigma), obs=data.y)


joint = model  # nothing to sum out
