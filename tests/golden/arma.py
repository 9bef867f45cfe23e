"""Autoregression and moving average, one of each."""

import pyro
import pyro.distributions as dist
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.steps import stacked


def model(data):
    T = data.T

    # latent mu ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0))
    # latent phi, theta ~ Normal(0, 0.5)
    phi = pyro.sample("phi", dist.Normal(0.0, 0.5))
    theta = pyro.sample("theta", dist.Normal(0.0, 0.5))
    # latent sigma ~ HalfCauchy(2)
    sigma = pyro.sample("sigma", exact.HalfCauchy(2.0))
    # let expect[t] = mu + phi * mu then mu + phi * y[t-1] + theta * (y[t-1] - expect[t-1])
    expect = {}
    for t in range(T):
        expect[t] = (
            mu + phi * mu
            if t == 0
            else mu + phi * data.y[t - 1] + theta * (data.y[t - 1] - expect[t - 1])
        )

    expect = stacked(expect, (0,))  # T

    with pyro.plate("T", T, dim=-1):
        # observed y[t] ~ Normal(expect[t], sigma)
        pyro.sample("y", dist.Normal(expect, sigma), obs=data.y)


@config_enumerate
def joint(data):
    T = data.T

    # latent mu ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0))
    # latent phi, theta ~ Normal(0, 0.5)
    phi = pyro.sample("phi", dist.Normal(0.0, 0.5))
    theta = pyro.sample("theta", dist.Normal(0.0, 0.5))
    # latent sigma ~ HalfCauchy(2)
    sigma = pyro.sample("sigma", exact.HalfCauchy(2.0))

    expect = {}
    y = {}
    for t in range(T):
        # let expect[t] = mu + phi * mu then mu + phi * y[t-1] + theta * (y[t-1] - expect[t-1])
        expect[t] = (
            mu + phi * mu if t == 0 else mu + phi * y[t - 1] + theta * (y[t - 1] - expect[t - 1])
        )
        # observed y[t] ~ Normal(expect[t], sigma)
        y[t] = pyro.sample(f"y[{t}]", dist.Normal(expect[t], sigma), obs=data.y[t])
