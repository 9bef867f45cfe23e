"""Which of several ways to travel is taken, by price and time."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    trip, way = data.trip, data.way
    w = torch.arange(way)

    # latent like: ordered[2] ~ Normal(0, 1)
    like = pyro.sample("like", exact.Ordered(dist.Normal(0.0, 1.0), 2))
    # latent b_price, b_time ~ Normal(0, 1)
    b_price = pyro.sample("b_price", dist.Normal(0.0, 1.0))
    b_time = pyro.sample("b_time", dist.Normal(0.0, 1.0))
    # let utility = [
    #     b_price * price[i, w] + b_time * time[i, w] + (like[0] if w == "car" else 0) for w in way
    # ]
    utility = b_price * data.price + b_time * data.time + torch.where(w == 1, like[0], 0)  # trip

    with pyro.plate("trip", trip, dim=-1):
        # observed taken[i]: index(way) ~ Categorical(logits=utility)
        pyro.sample("taken", exact.CategoricalLogits(utility), obs=data.taken)


joint = model  # nothing to sum out
