"""Ages by a Gompertz law, whose hazard grows by a fixed share each year."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    person = data.person

    # latent log_start ~ Normal(-8, 2)
    log_start = pyro.sample("log_start", dist.Normal(-8.0, 2.0))
    # latent growth ~ LogNormal(-2.3, 0.5)
    growth = pyro.sample("growth", exact.LogNormal(-2.3, 0.5))
    # let hazard = exp(log_start + growth * age[p])
    hazard = torch.exp(log_start + growth * data.age)  # person

    with pyro.plate("person", person, dim=-1):
        # factor log(hazard) - (hazard - exp(log_start)) / growth
        pyro.factor("factor", torch.log(hazard) - (hazard - torch.exp(log_start)) / growth)


joint = model  # nothing to sum out
