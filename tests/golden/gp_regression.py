"""Gaussian process regression, its length, scale and noise learnt."""

import pyro

from genlang.runtime import exact


def model(data):
    # latent length ~ InverseGamma(shape=5, scale=5)
    length = pyro.sample("length", exact.InverseGamma(5.0, 5.0))
    # latent scale ~ HalfNormal(2)
    scale = pyro.sample("scale", exact.HalfNormal(2.0))
    # latent noise ~ HalfNormal(1)
    noise = pyro.sample("noise", exact.HalfNormal(1.0))
    # observed y: real[N] ~ GaussianProcess(x, rbf(length=length, scale=scale), noise=noise)
    pyro.sample(
        "y",
        exact.GaussianProcess(
            exact.rbf(data.x[..., None], data.x[..., None], length, scale), noise, jitter=1e-9
        ),
        obs=data.y,
    )


joint = model  # nothing to sum out
