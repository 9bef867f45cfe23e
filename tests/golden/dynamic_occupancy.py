"""Occupancy over years: sites are colonized and abandoned."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_bernoulli, states


def model(data):
    site, year, visit = data.site, data.year, data.visit

    site_plate = pyro.plate("site", site, dim=-1)

    # latent first, colonized, abandoned, detection ~ Beta(1, 1)
    first = pyro.sample("first", exact.Beta(1.0, 1.0))
    colonized = pyro.sample("colonized", exact.Beta(1.0, 1.0))
    abandoned = pyro.sample("abandoned", exact.Beta(1.0, 1.0))
    detection = pyro.sample("detection", exact.Beta(1.0, 1.0))

    with site_plate:
        # latent there[s, t] ~ Bernoulli(first)
        #     then Bernoulli(1 - abandoned if there[s, t-1] else colonized)
        there_first = log_bernoulli(first)  # there
        there_then = log_bernoulli(torch.where(torch.arange(2) != 0, 1 - abandoned, colonized))

    with pyro.plate("site_2", site, dim=-2), pyro.plate("visit", visit, dim=-1):
        # observed seen[s, t, v in visit] ~ Bernoulli(there[s, t] * detection)
        log_seen = exact.Bernoulli(torch.arange(2) * detection).log_prob(data.seen[:, :, :, None])

    with site_plate:
        log_there = states("there", site, year, 2)  # site year there
        sum_there = sum_chain(there_first, there_then, log_there + log_seen.sum(-2))  # site
        pyro.factor("seen", sum_there)  # site


@config_enumerate
def joint(data):
    site, year, visit = data.site, data.year, data.visit

    visit_plate = pyro.plate("visit", visit, dim=-1)

    # latent first, colonized, abandoned, detection ~ Beta(1, 1)
    first = pyro.sample("first", exact.Beta(1.0, 1.0))
    colonized = pyro.sample("colonized", exact.Beta(1.0, 1.0))
    abandoned = pyro.sample("abandoned", exact.Beta(1.0, 1.0))
    detection = pyro.sample("detection", exact.Beta(1.0, 1.0))

    with pyro.plate("site", site, dim=-2):
        there = {}
        for t in pyro.markov(range(year)):
            # latent there[s, t] ~ Bernoulli(first)
            #     then Bernoulli(1 - abandoned if there[s, t-1] else colonized)
            there[t] = pyro.sample(
                f"there[{t}]",
                exact.Bernoulli(first)
                if t == 0
                else exact.Bernoulli(torch.where(there[t - 1] != 0, 1 - abandoned, colonized)),
            )
            with visit_plate:
                # observed seen[s, t, v in visit] ~ Bernoulli(there[s, t] * detection)
                pyro.sample(
                    f"seen[{t}]", exact.Bernoulli(there[t] * detection), obs=data.seen[:, t]
                )
