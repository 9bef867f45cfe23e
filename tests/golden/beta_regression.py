"""Beta regression of a share, mean and concentration both regressed."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent alpha, beta ~ Normal(0, 2)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 2.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0))
    # latent gamma, delta ~ Normal(0, 1)
    gamma = pyro.sample("gamma", dist.Normal(0.0, 1.0))
    delta = pyro.sample("delta", dist.Normal(0.0, 1.0))

    with pyro.plate("N", N, dim=-1):
        # observed y[n] ~ Beta(mean=sigmoid(alpha + beta * x[n]), concentration=exp(gamma + delta * z[n]))
        pyro.sample(
            "y",
            exact.Beta(
                torch.sigmoid(alpha + beta * data.x) * torch.exp(gamma + delta * data.z),
                (1 - torch.sigmoid(alpha + beta * data.x)) * torch.exp(gamma + delta * data.z),
            ),
            obs=data.y,
        )


joint = model  # nothing to sum out
