"""Partial credit: each further point of an item has a difficulty of its own."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    person, item, step_ = data.person, data.item, data.step_

    # latent ability[person] ~ Normal(0, 1)
    ability = pyro.sample("ability", dist.Normal(0.0, 1.0).expand([person]).to_event(1))
    # latent hard[item, step_] ~ Normal(0, 2)
    hard = pyro.sample("hard", dist.Normal(0.0, 2.0).expand([item, step_]).to_event(2))
    # let gained = concat([0], cumsum([ability[p] - hard[i, s] for s in step_]))
    gained = exact.concat([torch.tensor([0]), torch.cumsum(ability[:, None, None] - hard, -1)], 1)

    with pyro.plate("person", person, dim=-2), pyro.plate("item", item, dim=-1):
        # observed points[p, i] ~ Categorical(logits=gained)
        pyro.sample("points", exact.CategoricalLogits(gained), obs=data.points)


joint = model  # nothing to sum out
