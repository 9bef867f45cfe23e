"""Genetic linkage: a multinomial whose cells depend on one recombination rate."""

import pyro

from genlang.runtime import exact
from genlang.runtime.reductions import stack


def model(data):
    # latent theta ~ Uniform(0, 1)
    theta = pyro.sample("theta", exact.Uniform(0.0, 1.0))
    # let prob = [0.5 + theta / 4, (1 - theta) / 4, (1 - theta) / 4, theta / 4]
    prob = stack([0.5 + theta / 4, (1 - theta) / 4, (1 - theta) / 4, theta / 4], -1)
    # observed counts: count[cell] ~ Multinomial(animals, prob)
    pyro.sample("counts", exact.Multinomial(data.animals, prob), obs=data.counts)


joint = model  # nothing to sum out
