"""How many animals are there? Rows that were never seen may be animals too; they get shy of traps."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_bernoulli, states, sum_out


def model(data):
    row, night = data.row, data.night
    u = torch.arange(night)
    t = torch.arange(night)

    row_plate = pyro.plate("row", row, dim=-1)

    # latent real_ ~ Uniform(0, 1)
    real_ = pyro.sample("real_", exact.Uniform(0.0, 1.0))
    # latent naive, wary ~ Uniform(0, 1)
    naive = pyro.sample("naive", exact.Uniform(0.0, 1.0))
    wary = pyro.sample("wary", exact.Uniform(0.0, 1.0))

    with row_plate:
        # latent exists[i] ~ Bernoulli(real_)
        log_exists = log_bernoulli(real_) + states("exists", row, 2)  # row exists

    # let caught = any(seen[i, u] for u in night if u < t)
    caught = torch.where(u < t[:, None], (data.seen != 0)[:, None], False).any(-1).long()

    with pyro.plate("row_2", row, dim=-2), pyro.plate("night", night, dim=-1):
        # observed seen[i, t] ~ Bernoulli(exists[i] * (wary if caught else naive))
        log_seen = exact.Bernoulli(
            torch.arange(2) * torch.where(caught != 0, wary, naive)[:, :, None]
        ).log_prob(data.seen[:, :, None])

    with row_plate:
        pyro.factor("seen", sum_out(log_exists + log_seen.sum(-2)))  # row


@config_enumerate
def joint(data):
    row, night = data.row, data.night
    u = torch.arange(night)
    t = torch.arange(night)

    row_plate = pyro.plate("row", row, dim=-2)

    # latent real_ ~ Uniform(0, 1)
    real_ = pyro.sample("real_", exact.Uniform(0.0, 1.0))
    # latent naive, wary ~ Uniform(0, 1)
    naive = pyro.sample("naive", exact.Uniform(0.0, 1.0))
    wary = pyro.sample("wary", exact.Uniform(0.0, 1.0))

    with row_plate:
        # latent exists[i] ~ Bernoulli(real_)
        exists = pyro.sample("exists", exact.Bernoulli(real_))

    # let caught = any(seen[i, u] for u in night if u < t)
    caught = torch.where(u < t[:, None], (data.seen != 0)[:, None], False).any(-1).long()

    with row_plate, pyro.plate("night", night, dim=-1):
        # observed seen[i, t] ~ Bernoulli(exists[i] * (wary if caught else naive))
        pyro.sample(
            "seen", exact.Bernoulli(exists * torch.where(caught != 0, wary, naive)), obs=data.seen
        )
