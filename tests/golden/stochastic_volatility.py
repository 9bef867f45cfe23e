"""Stochastic volatility: the log variance of a return follows an autoregression."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact


def model(data):
    day = data.day
    t = torch.arange(day)

    # latent mu ~ Normal(0, 2)
    mu = pyro.sample("mu", dist.Normal(0.0, 2.0))
    # latent phi ~ Uniform(-1, 1)
    phi = pyro.sample("phi", exact.Uniform(-1.0, 1.0))
    # latent sigma ~ HalfCauchy(1)
    sigma = pyro.sample("sigma", exact.HalfCauchy(1.0))
    # latent h[t] ~ Normal(mu, sigma / sqrt(1 - phi ^ 2)) then Normal(mu + phi * (h[t-1] - mu), sigma)
    h = pyro.sample("h", dist.Normal(0.0, 1.0).expand([day]).mask(False).to_event(1))

    with pyro.plate("day", day, dim=-1):
        pyro.factor(
            "h_prior",
            torch.where(
                t == 0,
                dist.Normal(mu, sigma / torch.sqrt(1 - phi ** 2)).log_prob(h),
                dist.Normal(mu + phi * (h[t - 1] - mu), sigma).log_prob(h),
            ),
        )
        # observed gain[t] ~ Normal(0, exp(h[t] / 2))
        pyro.sample("gain", dist.Normal(0.0, torch.exp(h / 2)), obs=data.gain)


@config_enumerate
def joint(data):
    day = data.day

    # latent mu ~ Normal(0, 2)
    mu = pyro.sample("mu", dist.Normal(0.0, 2.0))
    # latent phi ~ Uniform(-1, 1)
    phi = pyro.sample("phi", exact.Uniform(-1.0, 1.0))
    # latent sigma ~ HalfCauchy(1)
    sigma = pyro.sample("sigma", exact.HalfCauchy(1.0))

    h = {}
    for t in range(day):
        # latent h[t] ~ Normal(mu, sigma / sqrt(1 - phi ^ 2)) then Normal(mu + phi * (h[t-1] - mu), sigma)
        h[t] = pyro.sample(
            f"h[{t}]",
            dist.Normal(mu, sigma / torch.sqrt(1 - phi ** 2))
            if t == 0
            else dist.Normal(mu + phi * (h[t - 1] - mu), sigma),
        )
        # observed gain[t] ~ Normal(0, exp(h[t] / 2))
        pyro.sample(f"gain[{t}]", dist.Normal(0.0, torch.exp(h[t] / 2)), obs=data.gain[t])
