"""Growth of algae by temperature: two lines that meet at an unknown point."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent alpha ~ Normal(0, 2)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 2.0))
    # latent left, right ~ Normal(0, 1)
    left = pyro.sample("left", dist.Normal(0.0, 1.0))
    right = pyro.sample("right", dist.Normal(0.0, 1.0))
    # latent knee ~ Normal(0, 1)
    knee = pyro.sample("knee", dist.Normal(0.0, 1.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # let apart = x[n] - knee
    apart = data.x - knee  # N

    with pyro.plate("N", N, dim=-1):
        # observed y[n] ~ Normal(alpha + (left if apart < 0 else right) * apart, sigma)
        pyro.sample(
            "y", dist.Normal(alpha + torch.where(apart < 0, left, right) * apart, sigma), obs=data.y
        )


joint = model  # nothing to sum out
