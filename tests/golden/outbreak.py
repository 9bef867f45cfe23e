"""An outbreak by daily counts: infections renew themselves, the reproduction number wanders."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import clamped
from genlang.runtime.steps import stacked


def model(data):
    day, delay = data.day, data.delay
    t = torch.arange(delay, day)
    k = torch.arange(delay)

    day_plate = pyro.plate("day", day - delay, dim=-1)

    # latent wander ~ HalfNormal(0.2)
    wander = pyro.sample("wander", exact.HalfNormal(0.2))
    # latent dispersion ~ Gamma(shape=2, rate=0.1)
    dispersion = pyro.sample("dispersion", exact.Gamma(2.0, 0.1))
    # latent log_r[t] ~ Normal(0, 0.5) then Normal(log_r[t-1], wander)
    log_r = pyro.sample(
        "log_r", dist.Normal(0.0, 1.0).expand([day - delay]).mask(False).to_event(1)
    )

    with day_plate:
        pyro.factor(
            "log_r_prior",
            torch.where(
                t == delay,
                dist.Normal(0.0, 0.5).log_prob(log_r),
                dist.Normal(clamped(log_r)[t - 1 - delay], wander).log_prob(log_r),
            ),
        )

    # let force = sum(serial[k] * cases[t-1-k] for k in delay)
    force = (data.serial * data.cases[(t - 1)[:, None] - k]).sum(-1)  # day

    with day_plate:
        # observed cases[t] ~ NegativeBinomial(mean=exp(log_r[t]) * force, dispersion=dispersion)
        pyro.sample(
            "cases", exact.NegativeBinomial(torch.exp(log_r) * force, dispersion), obs=data.cases[t]
        )


@config_enumerate
def joint(data):
    day, delay = data.day, data.delay
    k = torch.arange(delay)

    # latent wander ~ HalfNormal(0.2)
    wander = pyro.sample("wander", exact.HalfNormal(0.2))
    # latent dispersion ~ Gamma(shape=2, rate=0.1)
    dispersion = pyro.sample("dispersion", exact.Gamma(2.0, 0.1))

    log_r = {}
    for t in range(delay, day):
        # latent log_r[t] ~ Normal(0, 0.5) then Normal(log_r[t-1], wander)
        log_r[t] = pyro.sample(
            f"log_r[{t}]",
            dist.Normal(0.0, 0.5) if t == delay else dist.Normal(log_r[t - 1], wander),
        )

    force = {}
    cases = {}
    for t in range(delay):
        cases[t] = data.cases[t]

    for t in range(delay, day):
        # let force = sum(serial[k] * cases[t-1-k] for k in delay)
        force[t] = (data.serial * stacked(cases, (0,))[t - 1 - k]).sum(-1)
        # observed cases[t] ~ NegativeBinomial(mean=exp(log_r[t]) * force, dispersion=dispersion)
        cases[t] = pyro.sample(
            f"cases[{t}]",
            exact.NegativeBinomial(
                torch.exp(stacked(log_r, (0,))[t - delay]) * force[t], dispersion
            ),
            obs=data.cases[t],
        )
