"""The genes of blood groups A, B and O from counts of the groups."""

import pyro
import torch

from genlang.runtime import exact
from genlang.runtime.reductions import stack


def model(data):
    gene = data.gene

    # latent share ~ Dirichlet(ones(gene))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(gene)))
    # let seen = [
    #     share[0] ^ 2 + 2 * share[0] * share[2],
    #     share[1] ^ 2 + 2 * share[1] * share[2],
    #     2 * share[0] * share[1],
    #     share[2] ^ 2,
    # ]
    seen = stack(
        [
            share[0] ** 2 + 2 * share[0] * share[2],
            share[1] ** 2 + 2 * share[1] * share[2],
            2 * share[0] * share[1],
            share[2] ** 2,
        ],
        -1,
    )
    # observed counts: count[group] ~ Multinomial(persons, normalize(seen))
    pyro.sample("counts", exact.Multinomial(data.persons, exact.normalized(seen)), obs=data.counts)


joint = model  # nothing to sum out
