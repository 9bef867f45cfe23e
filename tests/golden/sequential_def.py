"""Years at school by sequential logits: at each level one stays or leaves."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact
from genlang.runtime.reductions import stack


def model(data):
    person, level = data.person, data.level

    # latent cuts[level] ~ Normal(0, 2)
    cuts = pyro.sample("cuts", dist.Normal(0.0, 2.0).expand([level]).to_event(1))
    # latent beta ~ Normal(0, 1)
    beta = pyro.sample("beta", dist.Normal(0.0, 1.0))
    # let go = [stay(cuts[k], beta * x[p]) for k in level]
    go = torch.sigmoid((beta * data.x)[:, None] - cuts)  # person
    # let share = [1 - go[0], go[0] * (1 - go[1]), go[0] * go[1] * (1 - go[2]), go[0] * go[1] * go[2]]
    share = stack(
        [
            1 - go[:, 0],
            go[:, 0] * (1 - go[:, 1]),
            go[:, 0] * go[:, 1] * (1 - go[:, 2]),
            go[:, 0] * go[:, 1] * go[:, 2],
        ],
        -1,
    )

    with pyro.plate("person", person, dim=-1):
        # observed reached[p] ~ Categorical(share)
        pyro.sample("reached", exact.Categorical(share), obs=data.reached)


joint = model  # nothing to sum out
