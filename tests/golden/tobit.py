"""What households spend is never below zero: a wish below zero is seen as zero."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    bought, none, D = data.bought, data.none, data.D

    # latent beta[D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([D]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("bought", bought, dim=-1):
        # observed spent[h in bought] ~ Normal(x[h] @ beta, sigma)
        pyro.sample("spent", dist.Normal(data.x @ beta, sigma), obs=data.spent)

    with pyro.plate("none", none, dim=-1):
        # factor log(normal_cdf(-(x0[h] @ beta) / sigma))
        pyro.factor("factor", torch.log(exact.normal_cdf(-(data.x0 @ beta) / sigma)))


joint = model  # nothing to sum out
