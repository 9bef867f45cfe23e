"""Regression in which the spread grows with the predictor too."""

import pyro
import pyro.distributions as dist
import torch


def model(data):
    N = data.N

    # latent a, b, c, d ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    c = pyro.sample("c", dist.Normal(0.0, 2.0))
    d = pyro.sample("d", dist.Normal(0.0, 2.0))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(a + b * x[n], exp(c + d * x[n]))
        pyro.sample("y", dist.Normal(a + b * data.x, torch.exp(c + d * data.x)), obs=data.y)


joint = model  # nothing to sum out
