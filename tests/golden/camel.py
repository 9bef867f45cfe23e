"""Pairs of numbers, parts of some missing: their correlation may have two modes."""

import pyro
import torch

from genlang.runtime import exact


def model(data):
    pair, part = data.pair, data.part

    # latent spread ~ InverseWishart(2, guess)
    spread = pyro.sample("spread", exact.InverseWishart(2.0, data.guess))

    with pyro.plate("pair", pair, dim=-1):
        # observed y[p]: real[part] ~ MultivariateNormal(zeros(part), covariance=spread)
        pyro.sample(
            "y",
            exact.partly_seen(
                exact.MultivariateNormal(torch.zeros(part), covariance_matrix=spread), data.y_seen
            ),
            obs=data.y,
        )


joint = model  # nothing to sum out
