"""An autoregression that differs above and below a threshold."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact


def model(data):
    T = data.T
    t = torch.arange(T)

    # latent cut ~ Normal(0, 1)
    cut = pyro.sample("cut", dist.Normal(0.0, 1.0))
    # latent low, high ~ Normal(0, 0.5)
    low = pyro.sample("low", dist.Normal(0.0, 0.5))
    high = pyro.sample("high", dist.Normal(0.0, 0.5))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("T", T, dim=-1):
        # observed y[t] ~ Normal(0, 2) then Normal((low if y[t-1] < cut else high) * y[t-1], sigma)
        pyro.sample(
            "y",
            exact.choice(
                t == 0,
                dist.Normal(0.0, 2.0),
                dist.Normal(torch.where(data.y[t - 1] < cut, low, high) * data.y[t - 1], sigma),
            ),
            obs=data.y,
        )


@config_enumerate
def joint(data):
    T = data.T

    # latent cut ~ Normal(0, 1)
    cut = pyro.sample("cut", dist.Normal(0.0, 1.0))
    # latent low, high ~ Normal(0, 0.5)
    low = pyro.sample("low", dist.Normal(0.0, 0.5))
    high = pyro.sample("high", dist.Normal(0.0, 0.5))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    y = {}
    for t in range(T):
        # observed y[t] ~ Normal(0, 2) then Normal((low if y[t-1] < cut else high) * y[t-1], sigma)
        y[t] = pyro.sample(
            f"y[{t}]",
            dist.Normal(0.0, 2.0)
            if t == 0
            else dist.Normal(torch.where(y[t - 1] < cut, low, high) * y[t - 1], sigma),
            obs=data.y[t],
        )
