"""Infections of patients, two each, with a frailty: Weibull, censored ones in a table of their own."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    known, censored, patient = data.known, data.censored, data.patient

    # latent alpha, beta ~ Normal(0, 5)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 5.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 5.0))
    # latent shape ~ Gamma(shape=1, rate=0.1)
    shape = pyro.sample("shape", exact.Gamma(1.0, 0.1))
    # latent spread ~ HalfNormal(1)
    spread = pyro.sample("spread", exact.HalfNormal(1.0))
    # latent frail[patient] ~ Normal(0, spread)
    frail = pyro.sample("frail", dist.Normal(0.0, spread).expand([patient]).to_event(1))
    # let scale[p in patient] = exp(-(alpha + beta * woman[p] + frail[p]) / shape)
    scale = torch.exp(-(alpha + beta * data.woman + frail) / shape)  # patient

    with pyro.plate("known", known, dim=-1):
        # observed time[k in known] ~ Weibull(shape=shape, scale=scale[who[k]])
        pyro.sample("time", exact.Weibull(shape, scale[data.who]), obs=data.time)

    with pyro.plate("censored", censored, dim=-1):
        # factor -(longer[c] / scale[who_c[c]]) ^ shape
        pyro.factor("factor", -(data.longer / scale[data.who_c]) ** shape)


joint = model  # nothing to sum out
