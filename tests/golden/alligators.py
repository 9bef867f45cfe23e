"""What alligators eat, by lake and size: a multinomial logit of counts."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    cell, lake, food = data.cell, data.lake, data.food

    # latent alpha: baseline[food] ~ Normal(0, 3)
    alpha = pyro.sample("alpha", exact.Baseline(dist.Normal(0.0, 3.0), food))
    # latent by_lake[lake]: baseline[food] ~ Normal(0, 3)
    by_lake = pyro.sample(
        "by_lake", exact.Baseline(dist.Normal(0.0, 3.0), food).expand([lake]).to_event(1)
    )
    # latent by_size: baseline[food] ~ Normal(0, 3)
    by_size = pyro.sample("by_size", exact.Baseline(dist.Normal(0.0, 3.0), food))
    # let eta = alpha + by_lake[of[c]] + big[c] * by_size
    eta = alpha + by_lake[data.of] + data.big[:, None] * by_size  # cell

    with pyro.plate("cell", cell, dim=-1):
        # observed eaten[c]: count[food] ~ Multinomial(total[c], softmax(eta))
        pyro.sample("eaten", exact.Multinomial(data.total, torch.softmax(eta, -1)), obs=data.eaten)


joint = model  # nothing to sum out
