"""A mixture of normal components, told apart by the order of their means."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_categorical, states, sum_out


def model(data):
    N, K = data.N, data.K

    # latent share ~ Dirichlet(ones(K))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(K)))
    # latent mean: ordered[K] ~ Normal(0, 5)
    mean = pyro.sample("mean", exact.Ordered(dist.Normal(0.0, 5.0), K))
    # latent sd[K] ~ HalfNormal(2)
    sd = pyro.sample("sd", exact.HalfNormal(2.0).expand([K]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # latent group[n] ~ Categorical(share)
        log_group = log_categorical(share) + states("group", N, K)  # N group
        # observed y[n] ~ Normal(mean[group[n]], sd[group[n]])
        log_y = dist.Normal(mean, sd).log_prob(data.y[:, None])  # N group
        pyro.factor("y", sum_out(log_group + log_y))  # N


@config_enumerate
def joint(data):
    N, K = data.N, data.K

    # latent share ~ Dirichlet(ones(K))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(K)))
    # latent mean: ordered[K] ~ Normal(0, 5)
    mean = pyro.sample("mean", exact.Ordered(dist.Normal(0.0, 5.0), K))
    # latent sd[K] ~ HalfNormal(2)
    sd = pyro.sample("sd", exact.HalfNormal(2.0).expand([K]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # latent group[n] ~ Categorical(share)
        group = pyro.sample("group", exact.Categorical(share))
        # observed y[n] ~ Normal(mean[group[n]], sd[group[n]])
        pyro.sample("y", dist.Normal(mean[group], sd[group]), obs=data.y)
