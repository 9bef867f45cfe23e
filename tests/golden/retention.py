"""Memory that decays to a floor, of persons and over lags."""

import pyro
import torch

from genlang.runtime import exact


def model(data):
    person, lag = data.person, data.lag

    # latent decay, floor_ ~ Beta(1, 1)
    decay = pyro.sample("decay", exact.Beta(1.0, 1.0))
    floor_ = pyro.sample("floor_", exact.Beta(1.0, 1.0))
    # latent own[p] ~ Beta(mean=decay, concentration=10)
    own = pyro.sample(
        "own", exact.Beta(decay * 10.0, (1 - decay) * 10.0).expand([person]).to_event(1)
    )
    # let keeps = max(floor_, exp(-own[p] * seconds[k]))
    keeps = torch.maximum(floor_, torch.exp((-own)[:, None] * data.seconds))  # person lag

    with pyro.plate("person", person, dim=-2), pyro.plate("lag", lag, dim=-1):
        # observed recalled[p, k] ~ Binomial(items, keeps)
        pyro.sample("recalled", exact.Binomial(data.items, keeps), obs=data.recalled)


joint = model  # nothing to sum out
