"""Chain binomials: in each generation everyone who is left escapes all who are ill, or not."""

import pyro
import torch

from genlang.runtime import exact


def model(data):
    household, generation = data.household, data.generation
    g = torch.arange(1, generation)

    # latent escape ~ Beta(1, 1)
    escape = pyro.sample("escape", exact.Beta(1.0, 1.0))

    with (
        pyro.plate("household", household, dim=-2),
        pyro.plate("generation", generation - 1, dim=-1),
    ):
        # observed ill[h, g] ~ Binomial(left[h, g-1], 1 - escape ^ ill[h, g-1])
        pyro.sample(
            "ill",
            exact.Binomial(data.left[:, g - 1], 1 - escape ** data.ill[:, g - 1]),
            obs=data.ill[:, g],
        )


joint = model  # nothing to sum out
