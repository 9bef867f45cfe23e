"""Friends are near each other in a plane that nobody sees."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    person, axis = data.person, data.axis
    i = torch.arange(person)
    j = torch.arange(person)

    # latent near ~ Normal(0, 1)
    near = pyro.sample("near", dist.Normal(0.0, 1.0))
    # latent place[person, axis] ~ Normal(0, 1)
    place = pyro.sample("place", dist.Normal(0.0, 1.0).expand([person, axis]).to_event(2))
    # let apart = sqrt(sum((place[i, k] - place[j, k]) ^ 2 for k in axis) + 0.000001)
    apart = torch.sqrt(((place[:, None] - place) ** 2).sum(-1) + 1e-06)  # person person

    with pyro.plate("person", person, dim=-2), pyro.plate("person_2", person, dim=-1):
        # observed friends[i, j] ~ Bernoulli(logits=near - apart)
        pyro.sample(
            "friends", exact.BernoulliLogits(near - apart).mask(j < i[:, None]), obs=data.friends
        )


joint = model  # nothing to sum out
