"""Litters of rats in two groups, alike within a litter."""

import pyro

from genlang.runtime import exact


def model(data):
    litter, group = data.litter, data.group

    # latent mean[group] ~ Beta(1, 1)
    mean = pyro.sample("mean", exact.Beta(1.0, 1.0).expand([group]).to_event(1))
    # latent alike[group] ~ Gamma(shape=2, rate=0.1)
    alike = pyro.sample("alike", exact.Gamma(2.0, 0.1).expand([group]).to_event(1))
    # let a = mean[of[i]] * alike[of[i]]
    a = mean[data.of] * alike[data.of]  # litter
    # let b = (1 - mean[of[i]]) * alike[of[i]]
    b = (1 - mean[data.of]) * alike[data.of]  # litter

    with pyro.plate("litter", litter, dim=-1):
        # observed survived[i] ~ BetaBinomial(born[i], a, b)
        pyro.sample("survived", exact.BetaBinomial(data.born, a, b), obs=data.survived)


joint = model  # nothing to sum out
