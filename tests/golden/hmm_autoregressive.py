"""Regimes of an economy: in each, growth follows an autoregression of its own."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import clamped
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_bernoulli, states


def model(data):
    quarter, K = data.quarter, data.K
    t = torch.arange(quarter)

    # latent stay[K] ~ Beta(9, 1)
    stay = pyro.sample("stay", exact.Beta(9.0, 1.0).expand([K]).to_event(1))
    # latent mean: ordered[K] ~ Normal(0, 2)
    mean = pyro.sample("mean", exact.Ordered(dist.Normal(0.0, 2.0), K))
    # latent phi ~ Uniform(-1, 1)
    phi = pyro.sample("phi", exact.Uniform(-1.0, 1.0))
    # latent sigma[K] ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0).expand([K]).to_event(1))
    # latent boom[t] ~ Bernoulli(0.5) then Bernoulli(stay[1] if boom[t-1] else 1 - stay[0])
    boom_first = log_bernoulli(0.5)  # boom
    boom_then = log_bernoulli(torch.where(torch.arange(2) != 0, stay[1], 1 - stay[0]))
    # observed growth[t] ~ Normal(mean[boom[t]], sigma[boom[t]])
    #     then Normal(mean[boom[t]] + phi * (growth[t-1] - mean[boom[t-1]]), sigma[boom[t]])
    growth_first = dist.Normal(
        clamped(mean)[torch.arange(2)], clamped(sigma)[torch.arange(2)]
    ).log_prob(data.growth[:, None])
    growth_then = dist.Normal(
        clamped(mean)[torch.arange(2)]
        + (phi * (data.growth[t - 1][:, None] - clamped(mean)[torch.arange(2)]))[:, :, None],
        clamped(sigma)[torch.arange(2)],
    ).log_prob(data.growth[:, None, None])
    log_boom = states("boom", quarter, 2)  # quarter boom
    sum_boom = sum_chain(
        boom_first,
        boom_then + growth_then,
        log_boom + torch.where((t == 0)[:, None], growth_first, 0.0),
    )
    pyro.factor("growth", sum_boom)


@config_enumerate
def joint(data):
    quarter, K = data.quarter, data.K

    # latent stay[K] ~ Beta(9, 1)
    stay = pyro.sample("stay", exact.Beta(9.0, 1.0).expand([K]).to_event(1))
    # latent mean: ordered[K] ~ Normal(0, 2)
    mean = pyro.sample("mean", exact.Ordered(dist.Normal(0.0, 2.0), K))
    # latent phi ~ Uniform(-1, 1)
    phi = pyro.sample("phi", exact.Uniform(-1.0, 1.0))
    # latent sigma[K] ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0).expand([K]).to_event(1))

    boom = {}
    growth = {}
    for t in pyro.markov(range(quarter)):
        # latent boom[t] ~ Bernoulli(0.5) then Bernoulli(stay[1] if boom[t-1] else 1 - stay[0])
        boom[t] = pyro.sample(
            f"boom[{t}]",
            exact.Bernoulli(0.5)
            if t == 0
            else exact.Bernoulli(torch.where(boom[t - 1] != 0, stay[1], 1 - stay[0])),
        )
        # observed growth[t] ~ Normal(mean[boom[t]], sigma[boom[t]])
        #     then Normal(mean[boom[t]] + phi * (growth[t-1] - mean[boom[t-1]]), sigma[boom[t]])
        growth[t] = pyro.sample(
            f"growth[{t}]",
            dist.Normal(mean[boom[t]], sigma[boom[t]])
            if t == 0
            else dist.Normal(
                mean[boom[t]] + phi * (growth[t - 1] - mean[boom[t - 1]]), sigma[boom[t]]
            ),
            obs=data.growth[t],
        )
