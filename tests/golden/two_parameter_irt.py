"""Two-parameter item response model with guessing: discrimination, difficulty, a floor."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    person, item = data.person, data.item

    # latent ability[person] ~ Normal(0, 1)
    ability = pyro.sample("ability", dist.Normal(0.0, 1.0).expand([person]).to_event(1))
    # latent slope[item] ~ LogNormal(0, 0.5)
    slope = pyro.sample("slope", exact.LogNormal(0.0, 0.5).expand([item]).to_event(1))
    # latent difficulty[item] ~ Normal(0, 2)
    difficulty = pyro.sample("difficulty", dist.Normal(0.0, 2.0).expand([item]).to_event(1))
    # latent guess[item] ~ Beta(5, 17)
    guess = pyro.sample("guess", exact.Beta(5.0, 17.0).expand([item]).to_event(1))
    # let knows = sigmoid(slope[i] * (ability[p] - difficulty[i]))
    knows = torch.sigmoid(slope * (ability[:, None] - difficulty))  # person item

    with pyro.plate("person", person, dim=-2), pyro.plate("item", item, dim=-1):
        # observed right[p, i] ~ Bernoulli(guess[i] + (1 - guess[i]) * knows)
        pyro.sample("right", exact.Bernoulli(guess + (1 - guess) * knows), obs=data.right)


joint = model  # nothing to sum out
