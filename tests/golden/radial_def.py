"""Where a signal comes from: its strength at receivers falls with the distance."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    receiver, axis = data.receiver, data.axis

    # latent source[axis] ~ Normal(0, 5)
    source = pyro.sample("source", dist.Normal(0.0, 5.0).expand([axis]).to_event(1))
    # latent power ~ Normal(0, 10)
    power = pyro.sample("power", dist.Normal(0.0, 10.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))

    with pyro.plate("receiver", receiver, dim=-1):
        # observed strength[r] ~ Normal(power - 20 * log1p(distance(at_[r], source)), sigma)
        pyro.sample(
            "strength",
            dist.Normal(
                power - 20 * torch.log1p(torch.sqrt(((data.at_ - source) ** 2).sum(-1))), sigma
            ),
            obs=data.strength,
        )


joint = model  # nothing to sum out
