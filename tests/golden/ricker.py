"""A population that grows and checks itself, counted with error."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact


def model(data):
    year = data.year
    t = torch.arange(year)

    # latent growth ~ Normal(0, 1)
    growth = pyro.sample("growth", dist.Normal(0.0, 1.0))
    # latent capacity ~ LogNormal(4, 1)
    capacity = pyro.sample("capacity", exact.LogNormal(4.0, 1.0))
    # latent noise, error ~ HalfNormal(0.5)
    noise = pyro.sample("noise", exact.HalfNormal(0.5))
    error = pyro.sample("error", exact.HalfNormal(0.5))
    # latent log_n[t] ~ Normal(4, 1)
    #     then Normal(log_n[t-1] + growth * (1 - exp(log_n[t-1]) / capacity), noise)
    log_n = pyro.sample("log_n", dist.Normal(0.0, 1.0).expand([year]).mask(False).to_event(1))

    with pyro.plate("year", year, dim=-1):
        pyro.factor(
            "log_n_prior",
            torch.where(
                t == 0,
                dist.Normal(4.0, 1.0).log_prob(log_n),
                dist.Normal(
                    log_n[t - 1] + growth * (1 - torch.exp(log_n[t - 1]) / capacity), noise
                ).log_prob(log_n),
            ),
        )
        # observed counted[t] ~ LogNormal(log_n[t], error)
        pyro.sample("counted", exact.LogNormal(log_n, error), obs=data.counted)


@config_enumerate
def joint(data):
    year = data.year

    # latent growth ~ Normal(0, 1)
    growth = pyro.sample("growth", dist.Normal(0.0, 1.0))
    # latent capacity ~ LogNormal(4, 1)
    capacity = pyro.sample("capacity", exact.LogNormal(4.0, 1.0))
    # latent noise, error ~ HalfNormal(0.5)
    noise = pyro.sample("noise", exact.HalfNormal(0.5))
    error = pyro.sample("error", exact.HalfNormal(0.5))

    log_n = {}
    for t in range(year):
        # latent log_n[t] ~ Normal(4, 1)
        #     then Normal(log_n[t-1] + growth * (1 - exp(log_n[t-1]) / capacity), noise)
        log_n[t] = pyro.sample(
            f"log_n[{t}]",
            dist.Normal(4.0, 1.0)
            if t == 0
            else dist.Normal(
                log_n[t - 1] + growth * (1 - torch.exp(log_n[t - 1]) / capacity), noise
            ),
        )
        # observed counted[t] ~ LogNormal(log_n[t], error)
        pyro.sample(f"counted[{t}]", exact.LogNormal(log_n[t], error), obs=data.counted[t])
