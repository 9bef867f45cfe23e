"""Occupancy where a visit may report an animal that is not there, at two sorts of visits."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_bernoulli, states, sum_out


def model(data):
    site, visit = data.site, data.visit

    site_plate = pyro.plate("site", site, dim=-1)

    # latent common, right ~ Beta(1, 1)
    common = pyro.sample("common", exact.Beta(1.0, 1.0))
    right = pyro.sample("right", exact.Beta(1.0, 1.0))
    # latent wrong ~ Beta(1, 19)
    wrong = pyro.sample("wrong", exact.Beta(1.0, 19.0))

    with site_plate:
        # latent there[s] ~ Bernoulli(common)
        log_there = log_bernoulli(common) + states("there", site, 2)  # site there

    # let slip = 0 if sure[v] else wrong
    slip = torch.where(data.sure != 0, 0, wrong).expand(site, visit)  # site visit

    with pyro.plate("site_2", site, dim=-2), pyro.plate("visit", visit, dim=-1):
        # observed said[s, v] ~ Bernoulli(right if there[s] else slip)
        log_said = exact.Bernoulli(
            torch.where(torch.arange(2) != 0, right, slip[:, :, None])
        ).log_prob(data.said[:, :, None])

    with site_plate:
        pyro.factor("said", sum_out(log_there + log_said.sum(-2)))  # site


@config_enumerate
def joint(data):
    site, visit = data.site, data.visit

    site_plate = pyro.plate("site", site, dim=-2)

    # latent common, right ~ Beta(1, 1)
    common = pyro.sample("common", exact.Beta(1.0, 1.0))
    right = pyro.sample("right", exact.Beta(1.0, 1.0))
    # latent wrong ~ Beta(1, 19)
    wrong = pyro.sample("wrong", exact.Beta(1.0, 19.0))

    with site_plate:
        # latent there[s] ~ Bernoulli(common)
        there = pyro.sample("there", exact.Bernoulli(common))

    # let slip = 0 if sure[v] else wrong
    slip = torch.where(data.sure != 0, 0, wrong).expand(site, visit)  # site visit

    with site_plate, pyro.plate("visit", visit, dim=-1):
        # observed said[s, v] ~ Bernoulli(right if there[s] else slip)
        pyro.sample("said", exact.Bernoulli(torch.where(there != 0, right, slip)), obs=data.said)
