"""Survival times, exponential, some only known to be longer."""

import pyro
import pyro.distributions as dist
import torch


def model(data):
    patient = data.patient

    # latent alpha, beta ~ Normal(0, 2)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 2.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0))
    # let rate = exp(alpha + beta * x[p])
    rate = torch.exp(alpha + beta * data.x)  # patient

    with pyro.plate("patient", patient, dim=-1):
        # factor died[p] * log(rate) - rate * time[p]
        pyro.factor("factor", data.died * torch.log(rate) - rate * data.time)


joint = model  # nothing to sum out
