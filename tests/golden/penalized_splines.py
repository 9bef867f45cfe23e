"""A smooth curve: spline coefficients that follow a random walk."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.steps import stacked


def model(data):
    N, knot = data.N, data.knot
    k = torch.arange(knot)

    # latent step_ ~ HalfNormal(1)
    step_ = pyro.sample("step_", exact.HalfNormal(1.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # latent c[k] ~ Normal(0, 5) then Normal(c[k-1], step_)
    c = pyro.sample("c", dist.Normal(0.0, 1.0).expand([knot]).mask(False).to_event(1))

    with pyro.plate("knot", knot, dim=-1):
        pyro.factor(
            "c_prior",
            torch.where(
                k == 0, dist.Normal(0.0, 5.0).log_prob(c), dist.Normal(c[k - 1], step_).log_prob(c)
            ),
        )

    with pyro.plate("N", N, dim=-1):
        # observed y[N] ~ Normal(basis @ c, sigma)
        pyro.sample("y", dist.Normal(data.basis @ c, sigma), obs=data.y)


@config_enumerate
def joint(data):
    N, knot = data.N, data.knot

    # latent step_ ~ HalfNormal(1)
    step_ = pyro.sample("step_", exact.HalfNormal(1.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    c = {}
    for k in range(knot):
        # latent c[k] ~ Normal(0, 5) then Normal(c[k-1], step_)
        c[k] = pyro.sample(
            f"c[{k}]", dist.Normal(0.0, 5.0) if k == 0 else dist.Normal(c[k - 1], step_)
        )

    with pyro.plate("N", N, dim=-1):
        # observed y[N] ~ Normal(basis @ c, sigma)
        pyro.sample("y", dist.Normal(data.basis @ stacked(c, (0,)), sigma), obs=data.y)
