"""Two kinds of monkeys' eyes: components whose difference is positive."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_bernoulli, states, sum_out


def model(data):
    N = data.N

    # latent first ~ Normal(500, 50)
    first = pyro.sample("first", dist.Normal(500.0, 50.0))
    # latent apart ~ HalfNormal(50)
    apart = pyro.sample("apart", exact.HalfNormal(50.0))
    # latent sigma ~ HalfCauchy(5)
    sigma = pyro.sample("sigma", exact.HalfCauchy(5.0))
    # latent share ~ Beta(1, 1)
    share = pyro.sample("share", exact.Beta(1.0, 1.0))

    with pyro.plate("N", N, dim=-1):
        # latent second[n] ~ Bernoulli(share)
        log_second = log_bernoulli(share) + states("second", N, 2)  # N second
        # observed peak[n] ~ Normal(first + apart * second[n], sigma)
        log_peak = dist.Normal(first + apart * torch.arange(2), sigma).log_prob(data.peak[:, None])
        pyro.factor("peak", sum_out(log_second + log_peak))  # N


@config_enumerate
def joint(data):
    N = data.N

    # latent first ~ Normal(500, 50)
    first = pyro.sample("first", dist.Normal(500.0, 50.0))
    # latent apart ~ HalfNormal(50)
    apart = pyro.sample("apart", exact.HalfNormal(50.0))
    # latent sigma ~ HalfCauchy(5)
    sigma = pyro.sample("sigma", exact.HalfCauchy(5.0))
    # latent share ~ Beta(1, 1)
    share = pyro.sample("share", exact.Beta(1.0, 1.0))

    with pyro.plate("N", N, dim=-1):
        # latent second[n] ~ Bernoulli(share)
        second = pyro.sample("second", exact.Bernoulli(share))
        # observed peak[n] ~ Normal(first + apart * second[n], sigma)
        pyro.sample("peak", dist.Normal(first + apart * second, sigma), obs=data.peak)
