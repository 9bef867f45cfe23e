"""Regression whose coefficients wander."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.steps import stacked


def model(data):
    week, D = data.week, data.D
    t = torch.arange(week)

    # latent drift[D] ~ HalfNormal(0.2)
    drift = pyro.sample("drift", exact.HalfNormal(0.2).expand([D]).to_event(1))
    # latent noise ~ HalfNormal(1)
    noise = pyro.sample("noise", exact.HalfNormal(1.0))
    # latent beta[t, d] ~ Normal(0, 1) then Normal(beta[t-1, d], drift[d])
    beta = pyro.sample("beta", dist.Normal(0.0, 1.0).expand([week, D]).mask(False).to_event(2))

    with pyro.plate("week", week, dim=-2), pyro.plate("D", D, dim=-1):
        pyro.factor(
            "beta_prior",
            torch.where(
                (t == 0)[:, None],
                dist.Normal(0.0, 1.0).log_prob(beta),
                dist.Normal(beta[t - 1], drift).log_prob(beta),
            ),
        )

    with pyro.plate("week_2", week, dim=-1):
        # observed y[t] ~ Normal(x[t] @ beta[t], noise)
        pyro.sample("y", dist.Normal((data.x * beta).sum(-1), noise), obs=data.y)


@config_enumerate
def joint(data):
    week, D = data.week, data.D

    D_plate = pyro.plate("D", D, dim=-1)

    # latent drift[D] ~ HalfNormal(0.2)
    drift = pyro.sample("drift", exact.HalfNormal(0.2).expand([D]).to_event(1))
    # latent noise ~ HalfNormal(1)
    noise = pyro.sample("noise", exact.HalfNormal(1.0))

    beta = {}
    for t in range(week):
        with D_plate:
            # latent beta[t, d] ~ Normal(0, 1) then Normal(beta[t-1, d], drift[d])
            beta[t] = pyro.sample(
                f"beta[{t}]", dist.Normal(0.0, 1.0) if t == 0 else dist.Normal(beta[t - 1], drift)
            )

    for t in range(week):
        # observed y[t] ~ Normal(x[t] @ beta[t], noise)
        pyro.sample(
            f"y[{t}]", dist.Normal(data.x[t] @ stacked(beta, (0,), D)[t], noise), obs=data.y[t]
        )
