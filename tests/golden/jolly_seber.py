"""An open population: animals enter once, survive for a while, and are seen at times."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_categorical, stack, states


def model(data):
    row, year = data.row, data.year
    t = torch.arange(year)

    # latent enter[year] ~ Beta(1, 3)
    enter = pyro.sample("enter", exact.Beta(1.0, 3.0).expand([year]).to_event(1))
    # latent survival, detection ~ Uniform(0, 1)
    survival = pyro.sample("survival", exact.Uniform(0.0, 1.0))
    detection = pyro.sample("detection", exact.Uniform(0.0, 1.0))
    # let move = [[1 - enter[t], enter[t], 0], [0, survival, 1 - survival], [0, 0, 1]]
    move = stack(
        [
            stack([1 - enter, enter, 0], -1),
            stack([0, survival, 1 - survival], -1),
            torch.tensor([0, 0, 1]),
        ],
        -2,
    ).expand(row, year, -1, -1)

    with pyro.plate("row", row, dim=-1):
        # latent z[i, t]: index(state) ~ Categorical(move[0]) then Categorical(move[z[i, t-1]])
        z_first = log_categorical(move[:, :, 0])  # row year z
        z_then = log_categorical(move)  # row year z_1 z
        # observed seen[i, t] ~ Bernoulli(detection * (z[i, t] == "alive"))
        log_seen = exact.Bernoulli(
            detection * (torch.arange(3) == 1).long()
        ).log_prob(data.seen[:, :, None])
        log_z = states("z", row, year, 3)  # row year z
        sum_z = sum_chain(
            torch.zeros(()), z_then, log_z + torch.where((t == 0)[:, None], z_first, 0.0) + log_seen
        )
        pyro.factor("seen", sum_z)  # row


@config_enumerate
def joint(data):
    row, year = data.row, data.year
    i = torch.arange(row)

    # latent enter[year] ~ Beta(1, 3)
    enter = pyro.sample("enter", exact.Beta(1.0, 3.0).expand([year]).to_event(1))
    # latent survival, detection ~ Uniform(0, 1)
    survival = pyro.sample("survival", exact.Uniform(0.0, 1.0))
    detection = pyro.sample("detection", exact.Uniform(0.0, 1.0))
    # let move = [[1 - enter[t], enter[t], 0], [0, survival, 1 - survival], [0, 0, 1]]
    move = stack(
        [
            stack([1 - enter, enter, 0], -1),
            stack([0, survival, 1 - survival], -1),
            torch.tensor([0, 0, 1]),
        ],
        -2,
    ).expand(row, year, -1, -1)

    with pyro.plate("row", row, dim=-2):
        z = {}
        for t in pyro.markov(range(year)):
            # latent z[i, t]: index(state) ~ Categorical(move[0]) then Categorical(move[z[i, t-1]])
            z[t] = pyro.sample(
                f"z[{t}]",
                exact.Categorical(move[:, t, 0][:, None])
                if t == 0
                else exact.Categorical(move[i[:, None], t, z[t - 1]]),
            )
            # observed seen[i, t] ~ Bernoulli(detection * (z[i, t] == "alive"))
            pyro.sample(
                f"seen[{t}]",
                exact.Bernoulli(detection * (z[t] == 1).long()),
                obs=data.seen[:, t][:, None],
            )
