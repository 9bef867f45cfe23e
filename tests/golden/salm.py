"""Mutations by a chemical: more and then fewer with the dose, overdispersed by dish."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    level, dish = data.level, data.dish

    # latent alpha, beta, gamma ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 10.0))
    gamma = pyro.sample("gamma", dist.Normal(0.0, 10.0))
    # latent tau ~ HalfCauchy(1)
    tau = pyro.sample("tau", exact.HalfCauchy(1.0))
    # latent lambda[i, j] ~ Normal(0, tau)
    lambda_ = pyro.sample("lambda", dist.Normal(0.0, tau).expand([level, dish]).to_event(2))
    # let eta = alpha + beta * log(dose[i] + 10) + gamma * dose[i] / 1000 + lambda[i, j]
    eta = (alpha + beta * torch.log(data.dose + 10) + gamma * data.dose / 1000)[:, None] + lambda_

    with pyro.plate("level", level, dim=-2), pyro.plate("dish", dish, dim=-1):
        # observed colonies[i, j] ~ Poisson(log_rate=eta)
        pyro.sample("colonies", exact.PoissonLog(eta), obs=data.colonies)


joint = model  # nothing to sum out
