"""A drug in the blood: absorbed, then cleared, by patient."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    patient, time = data.patient, data.time

    # latent log_ka, log_ke, log_v ~ Normal(0, 1)
    log_ka = pyro.sample("log_ka", dist.Normal(0.0, 1.0))
    log_ke = pyro.sample("log_ke", dist.Normal(0.0, 1.0))
    log_v = pyro.sample("log_v", dist.Normal(0.0, 1.0))
    # latent sd_ke ~ HalfNormal(0.5)
    sd_ke = pyro.sample("sd_ke", exact.HalfNormal(0.5))
    # latent sigma ~ HalfNormal(0.5)
    sigma = pyro.sample("sigma", exact.HalfNormal(0.5))
    # latent own[p] ~ Normal(0, sd_ke)
    own = pyro.sample("own", dist.Normal(0.0, sd_ke).expand([patient]).to_event(1))
    # let ka = exp(log_ka)
    ka = torch.exp(log_ka).expand(patient)  # patient
    # let ke = exp(log_ke + own[p])
    ke = torch.exp(log_ke + own)  # patient
    # let level = dose * ka / (exp(log_v) * (ka - ke)) * (exp(-ke * hour[t]) - exp(-ka * hour[t]))
    level = (
        (data.dose * ka / (torch.exp(log_v) * (ka - ke)))[:, None]
        * (torch.exp((-ke)[:, None] * data.hour) - torch.exp((-ka)[:, None] * data.hour))
    )

    with pyro.plate("patient", patient, dim=-2), pyro.plate("time", time, dim=-1):
        # observed level_seen[p, t] ~ Normal(level, sigma)
        pyro.sample("level_seen", dist.Normal(level, sigma), obs=data.level_seen)


joint = model  # nothing to sum out
