"""A share of patients is cured; who, among those not seen to relapse, is summed out."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import states, sum_out


def model(data):
    patient = data.patient

    # latent a, b ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    # latent rate ~ Gamma(shape=2, rate=2)
    rate = pyro.sample("rate", exact.Gamma(2.0, 2.0))

    with pyro.plate("patient", patient, dim=-1):
        # latent cured[p] ~ Bernoulli(logits=a + b * x[p])
        log_cured = (
            exact.BernoulliLogits((a + b * data.x)[:, None]).log_prob(torch.arange(2))
            + states("cured", patient, 2)
        )
        # observed relapsed[p] ~ Bernoulli(1 - survives)
        log_relapsed = exact.Bernoulli(
            1
            - torch.where(
                torch.arange(2) != 0,
                1,
                torch.exp(torch.where(~(torch.arange(2) != 0), (-rate * data.time)[:, None], 0.5)),
            )
        ).log_prob(data.relapsed[:, None])
        pyro.factor("relapsed", sum_out(log_cured + log_relapsed))  # patient


@config_enumerate
def joint(data):
    patient = data.patient

    # latent a, b ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    # latent rate ~ Gamma(shape=2, rate=2)
    rate = pyro.sample("rate", exact.Gamma(2.0, 2.0))

    with pyro.plate("patient", patient, dim=-1):
        # latent cured[p] ~ Bernoulli(logits=a + b * x[p])
        cured = pyro.sample("cured", exact.BernoulliLogits(a + b * data.x))
        # observed relapsed[p] ~ Bernoulli(1 - survives)
        pyro.sample(
            "relapsed",
            exact.Bernoulli(
                1
                - torch.where(
                    cured != 0, 1, torch.exp(torch.where(~(cured != 0), -rate * data.time, 0.5))
                )
            ),
            obs=data.relapsed,
        )
