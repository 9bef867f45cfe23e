"""Breast cancer by age and cohort, the cohorts' effects smooth: a second-order random walk."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import clamped
from genlang.runtime.steps import stacked


def model(data):
    cell, age_, cohort = data.cell, data.age_, data.cohort
    k = torch.arange(cohort)

    # latent alpha[age_] ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0).expand([age_]).to_event(1))
    # latent rough ~ HalfNormal(1)
    rough = pyro.sample("rough", exact.HalfNormal(1.0))
    # latent beta[k] ~ Normal(0, 1) then Normal(0, 1) then Normal(2 * beta[k-1] - beta[k-2], rough)
    beta = pyro.sample("beta", dist.Normal(0.0, 1.0).expand([cohort]).mask(False).to_event(1))

    with pyro.plate("cohort", cohort, dim=-1):
        pyro.factor(
            "beta_prior",
            torch.where(
                k == 0,
                dist.Normal(0.0, 1.0).log_prob(beta),
                torch.where(
                    k == 1,
                    dist.Normal(0.0, 1.0).log_prob(beta),
                    dist.Normal(2 * beta[k - 1] - clamped(beta)[k - 2], rough).log_prob(beta),
                ),
            ),
        )

    # let log_rate = log(years[c]) + alpha[of_age[c]] + beta[of_cohort[c]]
    log_rate = torch.log(data.years) + alpha[data.of_age] + beta[data.of_cohort]  # cell

    with pyro.plate("cell", cell, dim=-1):
        # observed cases[c] ~ Poisson(log_rate=log_rate)
        pyro.sample("cases", exact.PoissonLog(log_rate), obs=data.cases)


@config_enumerate
def joint(data):
    cell, age_, cohort = data.cell, data.age_, data.cohort

    # latent alpha[age_] ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0).expand([age_]).to_event(1))
    # latent rough ~ HalfNormal(1)
    rough = pyro.sample("rough", exact.HalfNormal(1.0))

    beta = {}
    for k in range(cohort):
        # latent beta[k] ~ Normal(0, 1) then Normal(0, 1) then Normal(2 * beta[k-1] - beta[k-2], rough)
        beta[k] = pyro.sample(
            f"beta[{k}]",
            dist.Normal(0.0, 1.0)
            if k == 0
            else (
                dist.Normal(0.0, 1.0)
                if k == 1
                else dist.Normal(2 * beta[k - 1] - beta[k - 2], rough)
            ),
        )

    # let log_rate = log(years[c]) + alpha[of_age[c]] + beta[of_cohort[c]]
    log_rate = torch.log(data.years) + alpha[data.of_age] + stacked(beta, (0,))[data.of_cohort]

    with pyro.plate("cell", cell, dim=-1):
        # observed cases[c] ~ Poisson(log_rate=log_rate)
        pyro.sample("cases", exact.PoissonLog(log_rate), obs=data.cases)
