"""Children's scores by two predictors and their interaction."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent a, b_school, b_iq, b_both ~ Normal(0, 10)
    a = pyro.sample("a", dist.Normal(0.0, 10.0))
    b_school = pyro.sample("b_school", dist.Normal(0.0, 10.0))
    b_iq = pyro.sample("b_iq", dist.Normal(0.0, 10.0))
    b_both = pyro.sample("b_both", dist.Normal(0.0, 10.0))
    # latent sigma ~ HalfCauchy(2.5)
    sigma = pyro.sample("sigma", exact.HalfCauchy(2.5))
    # let eta = a + b_school * school[n] + b_iq * iq[n] + b_both * school[n] * iq[n]
    eta = a + b_school * data.school + b_iq * data.iq + b_both * data.school * data.iq  # N

    with pyro.plate("N", N, dim=-1):
        # observed score[n] ~ Normal(eta, sigma)
        pyro.sample("score", dist.Normal(eta, sigma), obs=data.score)


joint = model  # nothing to sum out
