"""A polynomial whose higher coefficients are smaller."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N, degree = data.N, data.degree
    d = torch.arange(degree)
    d_ = torch.arange(degree)

    # latent c[d in degree] ~ Normal(0, 2 ^ -d)
    c = pyro.sample("c", dist.Normal(0.0, 2.0 ** (-d)).expand([degree]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(sum(c[d] * x[n] ^ d for d in degree), sigma)
        pyro.sample("y", dist.Normal((c * data.x[:, None] ** d_).sum(-1), sigma), obs=data.y)


joint = model  # nothing to sum out
