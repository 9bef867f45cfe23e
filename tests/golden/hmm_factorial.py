"""Two devices switch on and off on their own; only the sum of their power is seen."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_bernoulli, states


def model(data):
    minute = data.minute

    # latent on, off[2] ~ Beta(1, 9)
    on = pyro.sample("on", exact.Beta(1.0, 9.0))
    off = pyro.sample("off", exact.Beta(1.0, 9.0).expand([2]).to_event(1))
    # latent watt[2] ~ HalfNormal(3)
    watt = pyro.sample("watt", exact.HalfNormal(3.0).expand([2]).to_event(1))
    # latent noise ~ HalfNormal(1)
    noise = pyro.sample("noise", exact.HalfNormal(1.0))
    # latent heater[t] ~ Bernoulli(0.5) then Bernoulli(1 - off[0] if heater[t-1] else on)
    heater_first = log_bernoulli(0.5)  # heater
    heater_then = log_bernoulli(torch.where(torch.arange(2) != 0, 1 - off[0], on))
    # latent lamp[t] ~ Bernoulli(0.5) then Bernoulli(1 - off[1] if lamp[t-1] else on)
    lamp_first = log_bernoulli(0.5)  # lamp
    lamp_then = log_bernoulli(torch.where(torch.arange(2) != 0, 1 - off[1], on))  # lamp_1 lamp
    # observed power[t] ~ Normal(watt[0] * heater[t] + watt[1] * lamp[t], noise)
    log_power = dist.Normal(
        (watt[0] * torch.arange(2))[:, None] + watt[1] * torch.arange(2), noise
    ).log_prob(data.power[:, None, None])
    log_heater = states("heater", minute, 2)  # minute heater
    log_lamp = states("lamp", minute, 2)  # minute lamp
    sum_heater_lamp = sum_chain(
        heater_first[:, None] + lamp_first,
        (heater_then[:, None, :, None], lamp_then[:, None]),
        log_heater[:, :, None] + log_lamp[:, None] + log_power,
        states=2,
    )
    pyro.factor("power", sum_heater_lamp)


@config_enumerate
def joint(data):
    minute = data.minute

    # latent on, off[2] ~ Beta(1, 9)
    on = pyro.sample("on", exact.Beta(1.0, 9.0))
    off = pyro.sample("off", exact.Beta(1.0, 9.0).expand([2]).to_event(1))
    # latent watt[2] ~ HalfNormal(3)
    watt = pyro.sample("watt", exact.HalfNormal(3.0).expand([2]).to_event(1))
    # latent noise ~ HalfNormal(1)
    noise = pyro.sample("noise", exact.HalfNormal(1.0))

    heater = {}
    lamp = {}
    for t in pyro.markov(range(minute)):
        # latent heater[t] ~ Bernoulli(0.5) then Bernoulli(1 - off[0] if heater[t-1] else on)
        heater[t] = pyro.sample(
            f"heater[{t}]",
            exact.Bernoulli(0.5)
            if t == 0
            else exact.Bernoulli(torch.where(heater[t - 1] != 0, 1 - off[0], on)),
        )
        # latent lamp[t] ~ Bernoulli(0.5) then Bernoulli(1 - off[1] if lamp[t-1] else on)
        lamp[t] = pyro.sample(
            f"lamp[{t}]",
            exact.Bernoulli(0.5)
            if t == 0
            else exact.Bernoulli(torch.where(lamp[t - 1] != 0, 1 - off[1], on)),
        )
        # observed power[t] ~ Normal(watt[0] * heater[t] + watt[1] * lamp[t], noise)
        pyro.sample(
            f"power[{t}]",
            dist.Normal(watt[0] * heater[t] + watt[1] * lamp[t], noise),
            obs=data.power[t],
        )
