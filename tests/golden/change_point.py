"""Coal mining disasters: the rate changes in an unknown year."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_uniform, split_sum, states, sum_out


def model(data):
    year = data.year

    # latent change ~ DiscreteUniform(year)
    log_change = log_uniform(year) + states("change", year)  # change
    # latent early, late ~ Exponential(1)
    early = pyro.sample("early", exact.Exponential(1.0))
    late = pyro.sample("late", exact.Exponential(1.0))

    with pyro.plate("year", year, dim=-1):
        # observed disasters[t] ~ Poisson(early if t < change else late)
        disasters_before = exact.Poisson(early).log_prob(data.disasters)  # year
        disasters_after = exact.Poisson(late).log_prob(data.disasters)  # year

    all_change = split_sum(disasters_before, disasters_after, torch.arange(year))  # change
    pyro.factor("disasters", sum_out(log_change + all_change))


@config_enumerate
def joint(data):
    year = data.year
    t = torch.arange(year)

    # latent change ~ DiscreteUniform(year)
    change = pyro.sample("change", exact.DiscreteUniform(0, year - 1))
    # latent early, late ~ Exponential(1)
    early = pyro.sample("early", exact.Exponential(1.0))
    late = pyro.sample("late", exact.Exponential(1.0))

    with pyro.plate("year", year, dim=-1):
        # observed disasters[t] ~ Poisson(early if t < change else late)
        pyro.sample(
            "disasters", exact.Poisson(torch.where(t < change, early, late)), obs=data.disasters
        )
