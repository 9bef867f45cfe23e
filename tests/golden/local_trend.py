"""A level whose slope wanders too."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact


def model(data):
    year = data.year
    t = torch.arange(year)

    year_plate = pyro.plate("year", year, dim=-1)

    # latent sd_level, sd_slope, noise ~ HalfNormal(1)
    sd_level = pyro.sample("sd_level", exact.HalfNormal(1.0))
    sd_slope = pyro.sample("sd_slope", exact.HalfNormal(1.0))
    noise = pyro.sample("noise", exact.HalfNormal(1.0))
    # latent slope[t] ~ Normal(0, 1) then Normal(slope[t-1], sd_slope)
    slope = pyro.sample("slope", dist.Normal(0.0, 1.0).expand([year]).mask(False).to_event(1))

    with year_plate:
        pyro.factor(
            "slope_prior",
            torch.where(
                t == 0,
                dist.Normal(0.0, 1.0).log_prob(slope),
                dist.Normal(slope[t - 1], sd_slope).log_prob(slope),
            ),
        )

    # latent level[t] ~ Normal(0, 10) then Normal(level[t-1] + slope[t-1], sd_level)
    level = pyro.sample("level", dist.Normal(0.0, 1.0).expand([year]).mask(False).to_event(1))

    with year_plate:
        pyro.factor(
            "level_prior",
            torch.where(
                t == 0,
                dist.Normal(0.0, 10.0).log_prob(level),
                dist.Normal(level[t - 1] + slope[t - 1], sd_level).log_prob(level),
            ),
        )
        # observed y[t] ~ Normal(level[t], noise)
        pyro.sample("y", dist.Normal(level, noise), obs=data.y)


@config_enumerate
def joint(data):
    year = data.year

    # latent sd_level, sd_slope, noise ~ HalfNormal(1)
    sd_level = pyro.sample("sd_level", exact.HalfNormal(1.0))
    sd_slope = pyro.sample("sd_slope", exact.HalfNormal(1.0))
    noise = pyro.sample("noise", exact.HalfNormal(1.0))

    slope = {}
    level = {}
    for t in range(year):
        # latent slope[t] ~ Normal(0, 1) then Normal(slope[t-1], sd_slope)
        slope[t] = pyro.sample(
            f"slope[{t}]", dist.Normal(0.0, 1.0) if t == 0 else dist.Normal(slope[t - 1], sd_slope)
        )
        # latent level[t] ~ Normal(0, 10) then Normal(level[t-1] + slope[t-1], sd_level)
        level[t] = pyro.sample(
            f"level[{t}]",
            dist.Normal(0.0, 10.0)
            if t == 0
            else dist.Normal(level[t - 1] + slope[t - 1], sd_level),
        )
        # observed y[t] ~ Normal(level[t], noise)
        pyro.sample(f"y[{t}]", dist.Normal(level[t], noise), obs=data.y[t])
