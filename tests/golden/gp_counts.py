"""Counts whose log rate is a Gaussian process, not centred."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent mean ~ Normal(0, 2)
    mean = pyro.sample("mean", dist.Normal(0.0, 2.0))
    # latent length ~ InverseGamma(shape=5, scale=5)
    length = pyro.sample("length", exact.InverseGamma(5.0, 5.0))
    # latent scale ~ HalfNormal(1)
    scale = pyro.sample("scale", exact.HalfNormal(1.0))
    # latent raw[N] ~ Normal(0, 1)
    raw = pyro.sample("raw", dist.Normal(0.0, 1.0).expand([N]).to_event(1))
    # let tril = cholesky(matern52(x, x, length=length, scale=scale) + 0.000001 * eye(N))
    tril = torch.linalg.cholesky(
        exact.matern52(data.x[..., None], data.x[..., None], length, scale) + 1e-06 * torch.eye(N)
    )
    # let f = tril @ raw
    f = tril @ raw

    with pyro.plate("N", N, dim=-1):
        # observed y[N] ~ Poisson(log_rate=mean + f)
        pyro.sample("y", exact.PoissonLog(mean + f), obs=data.y)


joint = model  # nothing to sum out
