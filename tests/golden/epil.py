"""Seizures before and after a drug: a Poisson model with effects of patients and of visits."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    patient, visit = data.patient, data.visit

    # latent a, a_base, a_drug, a_both, a_age, a_last ~ Normal(0, 10)
    a = pyro.sample("a", dist.Normal(0.0, 10.0))
    a_base = pyro.sample("a_base", dist.Normal(0.0, 10.0))
    a_drug = pyro.sample("a_drug", dist.Normal(0.0, 10.0))
    a_both = pyro.sample("a_both", dist.Normal(0.0, 10.0))
    a_age = pyro.sample("a_age", dist.Normal(0.0, 10.0))
    a_last = pyro.sample("a_last", dist.Normal(0.0, 10.0))
    # latent sd_patient, sd_visit ~ HalfCauchy(1)
    sd_patient = pyro.sample("sd_patient", exact.HalfCauchy(1.0))
    sd_visit = pyro.sample("sd_visit", exact.HalfCauchy(1.0))
    # let log_base = log(base[p] / 4)
    log_base = torch.log(data.base / 4)  # patient
    # let fixed = a + a_base * log_base + a_drug * treated[p] + a_both * treated[p] * log_base
    fixed = a + a_base * log_base + a_drug * data.treated + a_both * data.treated * log_base
    # latent by_patient[p] ~ Normal(0, sd_patient)
    by_patient = pyro.sample(
        "by_patient", dist.Normal(0.0, sd_patient).expand([patient]).to_event(1)
    )
    # latent by_visit[p, v] ~ Normal(0, sd_visit)
    by_visit = pyro.sample(
        "by_visit", dist.Normal(0.0, sd_visit).expand([patient, visit]).to_event(2)
    )
    # let eta = fixed + a_age * log(age[p]) + a_last * last[v] + by_patient[p] + by_visit[p, v]
    eta = (
        (fixed + a_age * torch.log(data.age))[:, None]
        + a_last * data.last
        + by_patient[:, None]
        + by_visit
    )

    with pyro.plate("patient", patient, dim=-2), pyro.plate("visit", visit, dim=-1):
        # observed seizures[p, v] ~ Poisson(log_rate=eta)
        pyro.sample("seizures", exact.PoissonLog(eta), obs=data.seizures)


joint = model  # nothing to sum out
