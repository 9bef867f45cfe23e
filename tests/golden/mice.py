"""Photocarcinogenicity in mice: Weibull times by treatment."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    mouse, arm = data.mouse, data.arm

    # latent beta[arm] ~ Normal(0, 10)
    beta = pyro.sample("beta", dist.Normal(0.0, 10.0).expand([arm]).to_event(1))
    # latent shape ~ Exponential(0.1)
    shape = pyro.sample("shape", exact.Exponential(0.1))

    with pyro.plate("mouse", mouse, dim=-1):
        # observed time[m] ~ Weibull(shape=shape, scale=exp(-beta[given[m]] / shape))
        pyro.sample(
            "time", exact.Weibull(shape, torch.exp(-beta[data.given] / shape)), obs=data.time
        )

    # report median_time[a in arm] = (log(2) * exp(-beta[a])) ^ (1 / shape)
    median_time = pyro.deterministic(
        "median_time", (torch.log(torch.tensor(2.0)) * torch.exp(-beta)) ** (1 / shape)
    )


joint = model  # nothing to sum out
