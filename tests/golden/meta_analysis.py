"""Meta-analysis of effects with known errors, shifted by a property of the study."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    study = data.study

    # latent a, b ~ Normal(0, 1)
    a = pyro.sample("a", dist.Normal(0.0, 1.0))
    b = pyro.sample("b", dist.Normal(0.0, 1.0))
    # latent tau ~ HalfNormal(0.5)
    tau = pyro.sample("tau", exact.HalfNormal(0.5))

    with pyro.plate("study", study, dim=-1):
        # observed effect[s in study] ~ Normal(a + b * dose[s], sqrt(tau ^ 2 + error[s] ^ 2))
        pyro.sample(
            "effect",
            dist.Normal(a + b * data.dose, torch.sqrt(tau ** 2 + data.error ** 2)),
            obs=data.effect,
        )


joint = model  # nothing to sum out
