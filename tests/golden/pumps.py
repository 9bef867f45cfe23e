"""Failures of pumps, each with a rate of its own."""

import pyro

from genlang.runtime import exact


def model(data):
    pump = data.pump

    # latent shape ~ Exponential(1)
    shape = pyro.sample("shape", exact.Exponential(1.0))
    # latent rate ~ Gamma(shape=0.1, rate=1)
    rate = pyro.sample("rate", exact.Gamma(0.1, 1.0))
    # latent theta[p] ~ Gamma(shape=shape, rate=rate)
    theta = pyro.sample("theta", exact.Gamma(shape, rate).expand([pump]).to_event(1))

    with pyro.plate("pump", pump, dim=-1):
        # observed failures[p] ~ Poisson(theta[p] * hours[p])
        pyro.sample("failures", exact.Poisson(theta * data.hours), obs=data.failures)


joint = model  # nothing to sum out
