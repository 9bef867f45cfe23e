"""A multinomial tree: pairs of words are stored together, singly or not at all."""

import pyro

from genlang.runtime import exact
from genlang.runtime.reductions import stack


def model(data):
    person = data.person

    # latent cluster, recall, single ~ Beta(1, 1)
    cluster = pyro.sample("cluster", exact.Beta(1.0, 1.0))
    recall = pyro.sample("recall", exact.Beta(1.0, 1.0))
    single = pyro.sample("single", exact.Beta(1.0, 1.0))
    # let one = (1 - cluster) * single
    one = (1 - cluster) * single
    # let prob = [
    #     cluster * recall,
    #     (1 - cluster) * single ^ 2,
    #     2 * one * (1 - single),
    #     cluster * (1 - recall) + (1 - cluster) * (1 - single) ^ 2,
    # ]
    prob = stack(
        [
            cluster * recall,
            (1 - cluster) * single ** 2,
            2 * one * (1 - single),
            cluster * (1 - recall) + (1 - cluster) * (1 - single) ** 2,
        ],
        -1,
    )

    with pyro.plate("person", person, dim=-1):
        # observed given[p in person]: count[answer] ~ Multinomial(pairs, prob)
        pyro.sample("given", exact.Multinomial(data.pairs, prob), obs=data.given)


joint = model  # nothing to sum out
