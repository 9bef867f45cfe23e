"""Quarters of the year whose effects drift: any four in a row sum to about zero."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import clamped


def model(data):
    quarter = data.quarter
    t = torch.arange(quarter)

    # latent level ~ Normal(0, 10)
    level = pyro.sample("level", dist.Normal(0.0, 10.0))
    # latent sd_season, noise ~ HalfNormal(1)
    sd_season = pyro.sample("sd_season", exact.HalfNormal(1.0))
    noise = pyro.sample("noise", exact.HalfNormal(1.0))
    # latent season[t] ~ Normal(0, 1)
    #     then Normal(0, 1)
    #     then Normal(0, 1)
    #     then Normal(-season[t-1] - season[t-2] - season[t-3], sd_season)
    season = pyro.sample("season", dist.Normal(0.0, 1.0).expand([quarter]).mask(False).to_event(1))

    with pyro.plate("quarter", quarter, dim=-1):
        pyro.factor(
            "season_prior",
            torch.where(
                t == 0,
                dist.Normal(0.0, 1.0).log_prob(season),
                torch.where(
                    t == 1,
                    dist.Normal(0.0, 1.0).log_prob(season),
                    torch.where(
                        t == 2,
                        dist.Normal(0.0, 1.0).log_prob(season),
                        dist.Normal(
                            -season[t - 1] - clamped(season)[t - 2] - clamped(season)[t - 3],
                            sd_season,
                        ).log_prob(season),
                    ),
                ),
            ),
        )
        # observed y[t] ~ Normal(level + season[t], noise)
        pyro.sample("y", dist.Normal(level + season, noise), obs=data.y)


@config_enumerate
def joint(data):
    quarter = data.quarter

    # latent level ~ Normal(0, 10)
    level = pyro.sample("level", dist.Normal(0.0, 10.0))
    # latent sd_season, noise ~ HalfNormal(1)
    sd_season = pyro.sample("sd_season", exact.HalfNormal(1.0))
    noise = pyro.sample("noise", exact.HalfNormal(1.0))

    season = {}
    for t in range(quarter):
        # latent season[t] ~ Normal(0, 1)
        #     then Normal(0, 1)
        #     then Normal(0, 1)
        #     then Normal(-season[t-1] - season[t-2] - season[t-3], sd_season)
        season[t] = pyro.sample(
            f"season[{t}]",
            dist.Normal(0.0, 1.0)
            if t == 0
            else (
                dist.Normal(0.0, 1.0)
                if t == 1
                else (
                    dist.Normal(0.0, 1.0)
                    if t == 2
                    else dist.Normal(-season[t - 1] - season[t - 2] - season[t - 3], sd_season)
                )
            ),
        )
        # observed y[t] ~ Normal(level + season[t], noise)
        pyro.sample(f"y[{t}]", dist.Normal(level + season[t], noise), obs=data.y[t])
