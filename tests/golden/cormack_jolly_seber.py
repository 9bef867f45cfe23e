"""Capture and recapture, survival and detection differ by year."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_bernoulli, states


def model(data):
    bird, year = data.bird, data.year
    t = torch.arange(year)

    # let first[i in bird] = min(t for t in year if seen[i, t])
    first = torch.where(data.seen != 0, t, 2**63 - 1).amin(-1)  # bird
    # latent survival[year], detection[year] ~ Uniform(0, 1)
    survival = pyro.sample("survival", exact.Uniform(0.0, 1.0).expand([year]).to_event(1))
    detection = pyro.sample("detection", exact.Uniform(0.0, 1.0).expand([year]).to_event(1))

    with pyro.plate("bird", bird, dim=-1):
        # latent alive[i, t] ~ Bernoulli(1) then Bernoulli(survival[t-1] * alive[i, t-1])
        alive_first = log_bernoulli(1.0)  # alive
        alive_then = log_bernoulli(survival[torch.arange(year) - 1][:, None] * torch.arange(2))
        # observed seen[i, t] ~ Bernoulli(1) then Bernoulli(detection[t] * alive[i, t])
        log_seen = torch.where(
            (torch.arange(year) == first[:, None])[:, :, None],
            exact.Bernoulli(1.0).log_prob(data.seen)[:, :, None],
            exact.Bernoulli(detection[:, None] * torch.arange(2)).log_prob(data.seen[:, :, None]),
        )
        log_alive = states("alive", bird, year, 2)  # bird year alive
        sum_alive = sum_chain(alive_first, alive_then, log_alive + log_seen, begin=first)  # bird
        pyro.factor("seen", sum_alive)  # bird


@config_enumerate
def joint(data):
    bird, year = data.bird, data.year
    t = torch.arange(year)

    # let first[i in bird] = min(t for t in year if seen[i, t])
    first = torch.where(data.seen != 0, t, 2**63 - 1).amin(-1)  # bird
    # latent survival[year], detection[year] ~ Uniform(0, 1)
    survival = pyro.sample("survival", exact.Uniform(0.0, 1.0).expand([year]).to_event(1))
    detection = pyro.sample("detection", exact.Uniform(0.0, 1.0).expand([year]).to_event(1))

    with pyro.plate("bird", bird, dim=-1):
        alive = {}
        for t_ in pyro.markov(range(year)):
            # latent alive[i, t] ~ Bernoulli(1) then Bernoulli(survival[t-1] * alive[i, t-1])
            alive[t_] = pyro.sample(
                f"alive[{t_}]",
                exact.choice(
                    t_ == first,
                    exact.Bernoulli(1.0),
                    exact.Bernoulli(survival[t_ - 1] * alive[t_ - 1]),
                )
                if t_ > 0
                else exact.Bernoulli(1.0),
            )
            # observed seen[i, t] ~ Bernoulli(1) then Bernoulli(detection[t] * alive[i, t])
            pyro.sample(
                f"seen[{t_}]",
                (
                    exact.choice(
                        t_ == first,
                        exact.Bernoulli(1.0),
                        exact.Bernoulli(detection[t_] * alive[t_]),
                    )
                    if t_ > 0
                    else exact.Bernoulli(1.0)
                ).mask(t_ >= first),
                obs=data.seen[:, t_],
            )
