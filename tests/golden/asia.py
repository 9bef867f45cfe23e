"""The chest clinic: causes and signs of diseases, yes or no."""

import math

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_bernoulli, only, states, sum_out


def model(data):
    patient = data.patient

    with pyro.plate("patient", patient, dim=-1):
        # observed smoker[i] ~ Bernoulli(0.5)
        log_smoker = log_bernoulli(0.5) + states("smoker", patient, 2)  # patient smoker
        log_smoker_ = torch.where(
            (data.smoker_seen != 0)[:, None] & (torch.arange(2) != data.smoker[:, None]),
            -math.inf,
            0.0,
        )
        # latent cancer[i] ~ Bernoulli(0.1 if smoker[i] else 0.01)
        log_cancer = (
            log_bernoulli(torch.where(torch.arange(2) != 0, 0.1, 0.01))
            + states("cancer", patient, 2)[:, None]
        )
        # latent bronchitis[i] ~ Bernoulli(0.6 if smoker[i] else 0.3)
        log_bronchitis = (
            log_bernoulli(torch.where(torch.arange(2) != 0, 0.6, 0.3))
            + states("bronchitis", patient, 2)[:, None]
        )
        # observed xray[i] ~ Bernoulli(0.98 if cancer[i] else 0.05)
        log_xray = exact.Bernoulli(
            torch.where(torch.arange(2) != 0, 0.98, 0.05)
        ).log_prob(data.xray[:, None])
        # observed breath[i] ~ Bernoulli((0.9 if cancer[i] else 0.8) if bronchitis[i] else 0.1)
        log_breath = only(
            (data.breath_seen != 0)[:, None, None],
            exact.Bernoulli(
                torch.where(
                    torch.arange(2) != 0, torch.where(torch.arange(2) != 0, 0.9, 0.8)[:, None], 0.1
                )
            ).log_prob(data.breath[:, None, None]),
        )
        sum_bronchitis = sum_out(log_bronchitis[:, :, None] + log_breath[:, None])
        sum_cancer = sum_out(log_cancer + log_xray[:, None] + sum_bronchitis)  # patient smoker
        pyro.factor("smoker,xray,breath", sum_out(log_smoker + log_smoker_ + sum_cancer))  # patient


@config_enumerate
def joint(data):
    patient = data.patient

    with pyro.plate("patient", patient, dim=-1):
        # observed smoker[i] ~ Bernoulli(0.5)
        smoker = pyro.sample("smoker", exact.Bernoulli(0.5))
        pyro.factor(
            "smoker_2",
            torch.where((data.smoker_seen != 0) & (smoker != data.smoker), -math.inf, 0.0),
        )
        # latent cancer[i] ~ Bernoulli(0.1 if smoker[i] else 0.01)
        cancer = pyro.sample("cancer", exact.Bernoulli(torch.where(smoker != 0, 0.1, 0.01)))
        # latent bronchitis[i] ~ Bernoulli(0.6 if smoker[i] else 0.3)
        bronchitis = pyro.sample("bronchitis", exact.Bernoulli(torch.where(smoker != 0, 0.6, 0.3)))
        # observed xray[i] ~ Bernoulli(0.98 if cancer[i] else 0.05)
        pyro.sample("xray", exact.Bernoulli(torch.where(cancer != 0, 0.98, 0.05)), obs=data.xray)
        # observed breath[i] ~ Bernoulli((0.9 if cancer[i] else 0.8) if bronchitis[i] else 0.1)
        pyro.sample(
            "breath",
            exact.Bernoulli(
                torch.where(bronchitis != 0, torch.where(cancer != 0, 0.9, 0.8), 0.1)
            ).mask(data.breath_seen != 0),
            obs=data.breath,
        )
