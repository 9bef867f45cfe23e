"""Spike and slab: which predictors belong to the regression is summed out."""

import pyro
import pyro.distributions as dist
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import by_profile, log_bernoulli, profiles, states, sum_out
from genlang.runtime.steps import drawn


def model(data):
    N, D = data.N, data.D
    profiles_used = profiles(2, D)  # the joint values of used

    # latent share ~ Beta(2, 2)
    share = pyro.sample("share", exact.Beta(2.0, 2.0))
    # latent beta[D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([D]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # latent used[D] ~ Bernoulli(share)
    log_used = by_profile(log_bernoulli(share) + states("used", D, 2), profiles_used)  # used

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(sum(used[d] * beta[d] * x[n, d] for d in D), sigma)
        log_y = dist.Normal(
            (profiles_used * beta * data.x[:, None]).sum(-1), sigma
        ).log_prob(data.y[:, None])

    pyro.factor("y", sum_out(log_used + log_y.sum(-2)))


@config_enumerate
def joint(data):
    N, D = data.N, data.D

    # latent share ~ Beta(2, 2)
    share = pyro.sample("share", exact.Beta(2.0, 2.0))
    # latent beta[D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([D]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("D", D, dim=-1):
        # latent used[D] ~ Bernoulli(share)
        used = pyro.sample("used", exact.Bernoulli(share))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(sum(used[d] * beta[d] * x[n, d] for d in D), sigma)
        pyro.sample("y", dist.Normal((drawn(used, D) * beta * data.x).sum(-1), sigma), obs=data.y)
