"""Cancer by district: counts against what is expected, the districts alike."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    district = data.district

    # latent a0, a1 ~ Normal(0, 2)
    a0 = pyro.sample("a0", dist.Normal(0.0, 2.0))
    a1 = pyro.sample("a1", dist.Normal(0.0, 2.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # latent b[d] ~ Normal(0, sigma)
    b = pyro.sample("b", dist.Normal(0.0, sigma).expand([district]).to_event(1))
    # let log_rate = log(expected[d]) + a0 + a1 * outdoors[d] / 10 + b[d]
    log_rate = torch.log(data.expected) + a0 + a1 * data.outdoors / 10 + b  # district

    with pyro.plate("district", district, dim=-1):
        # observed cases[d] ~ Poisson(log_rate=log_rate)
        pyro.sample("cases", exact.PoissonLog(log_rate), obs=data.cases)

    # report relative[d] = exp(a0 + a1 * outdoors[d] / 10 + b[d])
    relative = pyro.deterministic("relative", torch.exp(a0 + a1 * data.outdoors / 10 + b))


joint = model  # nothing to sum out
