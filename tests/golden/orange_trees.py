"""The girth of orange trees: a logistic curve for each."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    tree, time = data.tree, data.time
    i = torch.arange(3)

    # latent mu[3] ~ Normal(0, 10)
    mu = pyro.sample("mu", dist.Normal(0.0, 10.0).expand([3]).to_event(1))
    # latent spread[3] ~ HalfNormal(1)
    spread = pyro.sample("spread", exact.HalfNormal(1.0).expand([3]).to_event(1))
    # latent sigma ~ HalfCauchy(5)
    sigma = pyro.sample("sigma", exact.HalfCauchy(5.0))
    # latent theta[t, 3] ~ Normal(mu, spread)
    theta = pyro.sample("theta", dist.Normal(mu[i], spread[i]).expand([tree, 3]).to_event(2))
    # let top = exp(theta[t, 0])
    top = torch.exp(theta[:, 0])  # tree
    # let girth = top / (1 + exp(theta[t, 1] - exp(theta[t, 2]) * day[k] / 1000))
    girth = (
        top[:, None]
        / (1 + torch.exp(theta[:, 1][:, None] - torch.exp(theta[:, 2])[:, None] * data.day / 1000))
    )

    with pyro.plate("tree", tree, dim=-2), pyro.plate("time", time, dim=-1):
        # observed y[t, k] ~ Normal(girth, sigma)
        pyro.sample("y", dist.Normal(girth, sigma), obs=data.y)


joint = model  # nothing to sum out
