"""The effect of an ordinal predictor whose steps all go one way."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N, gap = data.N, data.gap

    # latent alpha, effect ~ Normal(0, 3)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 3.0))
    effect = pyro.sample("effect", dist.Normal(0.0, 3.0))
    # latent part ~ Dirichlet(ones(gap))
    part = pyro.sample("part", exact.Dirichlet(torch.ones(gap)))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # let reached = concat([0], cumsum(part))
    reached = exact.concat([torch.tensor([0]), torch.cumsum(part, -1)], 1)

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(alpha + effect * reached[z[n]], sigma)
        pyro.sample("y", dist.Normal(alpha + effect * reached[data.z], sigma), obs=data.y)


joint = model  # nothing to sum out
