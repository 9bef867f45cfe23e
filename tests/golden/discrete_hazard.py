"""Dropping out, month by month: a logistic hazard until the person leaves."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    person, month = data.person, data.month
    m = torch.arange(month)

    # latent beta ~ Normal(0, 1)
    beta = pyro.sample("beta", dist.Normal(0.0, 1.0))
    # latent base[month] ~ Normal(-2, 1)
    base = pyro.sample("base", dist.Normal(-2.0, 1.0).expand([month]).to_event(1))

    with pyro.plate("person", person, dim=-2), pyro.plate("month", month, dim=-1):
        # observed leaves[p, m] ~ Bernoulli(logits=base[m] + beta * x[p])
        pyro.sample(
            "leaves",
            exact.BernoulliLogits(base + (beta * data.x)[:, None]).mask(m < data.last[:, None]),
            obs=data.leaves,
        )


joint = model  # nothing to sum out
