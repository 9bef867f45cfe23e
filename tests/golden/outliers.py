"""A line through points some of which have nothing to do with it."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_bernoulli, states, sum_out


def model(data):
    N = data.N

    # latent alpha, beta ~ Normal(0, 3)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 3.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 3.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # latent share ~ Beta(1, 5)
    share = pyro.sample("share", exact.Beta(1.0, 5.0))

    with pyro.plate("N", N, dim=-1):
        # latent stray[n] ~ Bernoulli(share)
        log_stray = log_bernoulli(share) + states("stray", N, 2)  # N stray
        # observed y[n] ~ Normal(0, 10) if stray[n] else Normal(alpha + beta * x[n], sigma)
        log_y = torch.where(
            torch.arange(2) != 0,
            dist.Normal(0.0, 10.0).log_prob(data.y)[:, None],
            dist.Normal(alpha + beta * data.x, sigma).log_prob(data.y)[:, None],
        )
        pyro.factor("y", sum_out(log_stray + log_y))  # N


@config_enumerate
def joint(data):
    N = data.N

    # latent alpha, beta ~ Normal(0, 3)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 3.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 3.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # latent share ~ Beta(1, 5)
    share = pyro.sample("share", exact.Beta(1.0, 5.0))

    with pyro.plate("N", N, dim=-1):
        # latent stray[n] ~ Bernoulli(share)
        stray = pyro.sample("stray", exact.Bernoulli(share))
        # observed y[n] ~ Normal(0, 10) if stray[n] else Normal(alpha + beta * x[n], sigma)
        pyro.sample(
            "y",
            exact.choice(
                stray != 0, dist.Normal(0.0, 10.0), dist.Normal(alpha + beta * data.x, sigma)
            ),
            obs=data.y,
        )
