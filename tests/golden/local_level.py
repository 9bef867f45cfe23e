"""A level that wanders, seen through noise."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact


def model(data):
    year = data.year
    t = torch.arange(year)

    # latent drift, noise ~ HalfNormal(1)
    drift = pyro.sample("drift", exact.HalfNormal(1.0))
    noise = pyro.sample("noise", exact.HalfNormal(1.0))
    # latent level[t] ~ Normal(0, 10) then Normal(level[t-1], drift)
    level = pyro.sample("level", dist.Normal(0.0, 1.0).expand([year]).mask(False).to_event(1))

    with pyro.plate("year", year, dim=-1):
        pyro.factor(
            "level_prior",
            torch.where(
                t == 0,
                dist.Normal(0.0, 10.0).log_prob(level),
                dist.Normal(level[t - 1], drift).log_prob(level),
            ),
        )
        # observed y[t] ~ Normal(level[t], noise)
        pyro.sample("y", dist.Normal(level, noise).mask(data.y_seen != 0), obs=data.y)


@config_enumerate
def joint(data):
    year = data.year

    # latent drift, noise ~ HalfNormal(1)
    drift = pyro.sample("drift", exact.HalfNormal(1.0))
    noise = pyro.sample("noise", exact.HalfNormal(1.0))

    level = {}
    for t in range(year):
        # latent level[t] ~ Normal(0, 10) then Normal(level[t-1], drift)
        level[t] = pyro.sample(
            f"level[{t}]", dist.Normal(0.0, 10.0) if t == 0 else dist.Normal(level[t - 1], drift)
        )
        # observed y[t] ~ Normal(level[t], noise)
        pyro.sample(
            f"y[{t}]", dist.Normal(level[t], noise).mask(data.y_seen[t] != 0), obs=data.y[t]
        )
