"""One-way analysis of variance: effects of treatments that sum to zero."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    plot, treatment = data.plot, data.treatment

    # latent mu ~ Normal(0, 10)
    mu = pyro.sample("mu", dist.Normal(0.0, 10.0))
    # latent sd, sigma ~ HalfNormal(2)
    sd = pyro.sample("sd", exact.HalfNormal(2.0))
    sigma = pyro.sample("sigma", exact.HalfNormal(2.0))
    # latent effect: real[treatment] ~ ZeroSumNormal(sd)
    effect = pyro.sample("effect", exact.ZeroSumNormal(sd, treatment))

    with pyro.plate("plot", plot, dim=-1):
        # observed crop[p in plot] ~ Normal(mu + effect[given[p]], sigma)
        pyro.sample("crop", dist.Normal(mu + effect[data.given], sigma), obs=data.crop)


joint = model  # nothing to sum out
