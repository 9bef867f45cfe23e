"""Kappa: agreement of a new test with the objective one, beyond chance."""

import pyro

from genlang.runtime import exact
from genlang.runtime.reductions import stack


def model(data):
    # latent alpha, beta, gamma ~ Beta(1, 1)
    alpha = pyro.sample("alpha", exact.Beta(1.0, 1.0))
    beta = pyro.sample("beta", exact.Beta(1.0, 1.0))
    gamma = pyro.sample("gamma", exact.Beta(1.0, 1.0))
    # let prob = [alpha * beta, alpha * (1 - beta), (1 - alpha) * (1 - gamma), (1 - alpha) * gamma]
    prob = stack(
        [alpha * beta, alpha * (1 - beta), (1 - alpha) * (1 - gamma), (1 - alpha) * gamma], -1
    )
    # observed counts: count[cell] ~ Multinomial(n, prob)
    pyro.sample("counts", exact.Multinomial(data.n, prob), obs=data.counts)
    # let agreed = alpha * beta + (1 - alpha) * gamma
    agreed = alpha * beta + (1 - alpha) * gamma
    # let chance = (
    #     (alpha * beta + (1 - alpha) * (1 - gamma)) * alpha
    #     + (alpha * (1 - beta) + (1 - alpha) * gamma) * (1 - alpha)
    # )
    chance = (
        (alpha * beta + (1 - alpha) * (1 - gamma)) * alpha
        + (alpha * (1 - beta) + (1 - alpha) * gamma) * (1 - alpha)
    )
    # report kappa = (agreed - chance) / (1 - chance)
    kappa = pyro.deterministic("kappa", (agreed - chance) / (1 - chance))


joint = model  # nothing to sum out
