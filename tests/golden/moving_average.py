"""Moving average of order one: the errors are computed one after another."""

import pyro
import pyro.distributions as dist
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.steps import stacked


def model(data):
    T = data.T

    # latent mu ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0))
    # latent theta ~ Uniform(-1, 1)
    theta = pyro.sample("theta", exact.Uniform(-1.0, 1.0))
    # latent sigma ~ HalfCauchy(2)
    sigma = pyro.sample("sigma", exact.HalfCauchy(2.0))
    # let expect[t] = mu then mu + theta * (y[t-1] - expect[t-1])
    expect = {}
    for t in range(T):
        expect[t] = mu if t == 0 else mu + theta * (data.y[t - 1] - expect[t - 1])

    expect = stacked(expect, (0,))  # T

    with pyro.plate("T", T, dim=-1):
        # observed y[t] ~ Normal(expect[t], sigma)
        pyro.sample("y", dist.Normal(expect, sigma), obs=data.y)


@config_enumerate
def joint(data):
    T = data.T

    # latent mu ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0))
    # latent theta ~ Uniform(-1, 1)
    theta = pyro.sample("theta", exact.Uniform(-1.0, 1.0))
    # latent sigma ~ HalfCauchy(2)
    sigma = pyro.sample("sigma", exact.HalfCauchy(2.0))

    expect = {}
    y = {}
    for t in range(T):
        # let expect[t] = mu then mu + theta * (y[t-1] - expect[t-1])
        expect[t] = mu if t == 0 else mu + theta * (y[t - 1] - expect[t - 1])
        # observed y[t] ~ Normal(expect[t], sigma)
        y[t] = pyro.sample(f"y[{t}]", dist.Normal(expect[t], sigma), obs=data.y[t])
