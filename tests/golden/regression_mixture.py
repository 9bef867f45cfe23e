"""Two regression lines; which one a point follows is unknown."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_categorical, states, sum_out


def model(data):
    N, K = data.N, data.K

    # latent share ~ Dirichlet(2 * ones(K))
    share = pyro.sample("share", exact.Dirichlet(2 * torch.ones(K)))
    # latent alpha: ordered[K] ~ Normal(0, 5)
    alpha = pyro.sample("alpha", exact.Ordered(dist.Normal(0.0, 5.0), K))
    # latent beta[K] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([K]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # latent line[n] ~ Categorical(share)
        log_line = log_categorical(share) + states("line", N, K)  # N line
        # observed y[n] ~ Normal(alpha[line[n]] + beta[line[n]] * x[n], sigma)
        log_y = dist.Normal(alpha + beta * data.x[:, None], sigma).log_prob(data.y[:, None])
        pyro.factor("y", sum_out(log_line + log_y))  # N


@config_enumerate
def joint(data):
    N, K = data.N, data.K

    # latent share ~ Dirichlet(2 * ones(K))
    share = pyro.sample("share", exact.Dirichlet(2 * torch.ones(K)))
    # latent alpha: ordered[K] ~ Normal(0, 5)
    alpha = pyro.sample("alpha", exact.Ordered(dist.Normal(0.0, 5.0), K))
    # latent beta[K] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([K]).to_event(1))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("N", N, dim=-1):
        # latent line[n] ~ Categorical(share)
        line = pyro.sample("line", exact.Categorical(share))
        # observed y[n] ~ Normal(alpha[line[n]] + beta[line[n]] * x[n], sigma)
        pyro.sample("y", dist.Normal(alpha[line] + beta[line] * data.x, sigma), obs=data.y)
