"""Hazards that are constant in each interval: deaths are Poisson counts in the time spent there."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact


def model(data):
    patient, interval = data.patient, data.interval
    k = torch.arange(interval)

    interval_plate = pyro.plate("interval", interval, dim=-1)

    # latent effect ~ Normal(0, 1)
    effect = pyro.sample("effect", dist.Normal(0.0, 1.0))
    # latent smooth ~ HalfNormal(1)
    smooth = pyro.sample("smooth", exact.HalfNormal(1.0))
    # latent log_hazard[k] ~ Normal(0, 2) then Normal(log_hazard[k-1], smooth)
    log_hazard = pyro.sample(
        "log_hazard", dist.Normal(0.0, 1.0).expand([interval]).mask(False).to_event(1)
    )

    with interval_plate:
        pyro.factor(
            "log_hazard_prior",
            torch.where(
                k == 0,
                dist.Normal(0.0, 2.0).log_prob(log_hazard),
                dist.Normal(log_hazard[k - 1], smooth).log_prob(log_hazard),
            ),
        )

    # let spent = max(0, min(time[p], end[k]) - start[k])
    spent = torch.maximum(torch.tensor(0), torch.minimum(data.time[:, None], data.end) - data.start)
    # let rate = exp(log_hazard[k] + effect * treated[p])
    rate = torch.exp(log_hazard + (effect * data.treated)[:, None])  # patient interval
    # let here = died[p] and start[k] < time[p] and time[p] <= end[k]
    here = (
        (data.died != 0)[:, None]
        & (data.start < data.time[:, None])
        & (data.time[:, None] <= data.end)
    ).long()

    with pyro.plate("patient", patient, dim=-2), interval_plate:
        # factor here * log(rate) - rate * spent
        pyro.factor("factor", here * torch.log(rate) - rate * spent)


@config_enumerate
def joint(data):
    patient, interval = data.patient, data.interval

    patient_plate = pyro.plate("patient", patient, dim=-2)

    # latent effect ~ Normal(0, 1)
    effect = pyro.sample("effect", dist.Normal(0.0, 1.0))
    # latent smooth ~ HalfNormal(1)
    smooth = pyro.sample("smooth", exact.HalfNormal(1.0))
    # let spent = max(0, min(time[p], end[k]) - start[k])
    spent = torch.maximum(torch.tensor(0), torch.minimum(data.time[:, None], data.end) - data.start)
    # let here = died[p] and start[k] < time[p] and time[p] <= end[k]
    here = (
        (data.died != 0)[:, None]
        & (data.start < data.time[:, None])
        & (data.time[:, None] <= data.end)
    ).long()

    log_hazard = {}
    rate = {}
    for k in range(interval):
        # latent log_hazard[k] ~ Normal(0, 2) then Normal(log_hazard[k-1], smooth)
        log_hazard[k] = pyro.sample(
            f"log_hazard[{k}]",
            dist.Normal(0.0, 2.0) if k == 0 else dist.Normal(log_hazard[k - 1], smooth),
        )
        with patient_plate:
            # let rate = exp(log_hazard[k] + effect * treated[p])
            rate[k] = torch.exp(log_hazard[k] + (effect * data.treated)[:, None])
            # factor here * log(rate) - rate * spent
            pyro.factor(
                f"factor[{k}]",
                here[:, k][:, None] * torch.log(rate[k]) - rate[k] * spent[:, k][:, None],
            )
