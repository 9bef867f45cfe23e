"""Autoregression of order two, stationary at its start in spirit: the first two values are given."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    T = data.T
    t = torch.arange(2, T)

    # latent alpha ~ Normal(0, 5)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 5.0))
    # latent beta[2] ~ Normal(0, 0.5)
    beta = pyro.sample("beta", dist.Normal(0.0, 0.5).expand([2]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("T", T - 2, dim=-1):
        # observed y[t] ~ Normal(alpha + beta[0] * y[t-1] + beta[1] * y[t-2], sigma)
        pyro.sample(
            "y",
            dist.Normal(alpha + beta[0] * data.y[t - 1] + beta[1] * data.y[t - 2], sigma),
            obs=data.y[t],
        )


joint = model  # nothing to sum out
