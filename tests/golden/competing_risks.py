"""Deaths of two causes: the first of two exponential clocks."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    person, cause = data.person, data.cause

    # latent base[cause], slope[cause] ~ Normal(0, 1)
    base = pyro.sample("base", dist.Normal(0.0, 1.0).expand([cause]).to_event(1))
    slope = pyro.sample("slope", dist.Normal(0.0, 1.0).expand([cause]).to_event(1))
    # let rate = [exp(base[c] + slope[c] * x[p]) for c in cause]
    rate = torch.exp(base + slope * data.x[:, None])  # person

    with pyro.plate("person", person, dim=-1):
        # observed time[p] ~ Exponential(sum(rate))
        pyro.sample("time", exact.Exponential(rate.sum(-1)), obs=data.time)
        # observed of_[p]: index(cause) ~ Categorical(weights=rate)
        pyro.sample("of_", exact.Categorical(exact.normalized(rate)), obs=data.of_)


joint = model  # nothing to sum out
