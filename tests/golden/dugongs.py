"""The length of dugongs by age: a curve that levels off."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    animal = data.animal

    # latent alpha, beta ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 10.0))
    # latent gamma ~ Uniform(0.5, 1)
    gamma = pyro.sample("gamma", exact.Uniform(0.5, 1.0))
    # latent sigma ~ HalfCauchy(1)
    sigma = pyro.sample("sigma", exact.HalfCauchy(1.0))

    with pyro.plate("animal", animal, dim=-1):
        # observed length[i in animal] ~ Normal(alpha - beta * gamma ^ age[i], sigma)
        pyro.sample("length", dist.Normal(alpha - beta * gamma ** data.age, sigma), obs=data.length)


joint = model  # nothing to sum out
