"""Two series that depend on the day before of both."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.steps import drawn


def model(data):
    day, series = data.day, data.series
    t = torch.arange(day)

    # latent push[series, series] ~ Normal(0, 0.5)
    push = pyro.sample("push", dist.Normal(0.0, 0.5).expand([series, series]).to_event(2))
    # latent sigma[series] ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0).expand([series]).to_event(1))

    with pyro.plate("day", day, dim=-2), pyro.plate("series", series, dim=-1):
        # observed y[t, s in series] ~ Normal(0, 5) then Normal(push[s] @ y[t-1], sigma[s])
        pyro.sample(
            "y",
            exact.choice(
                (t == 0)[:, None],
                dist.Normal(0.0, 5.0),
                dist.Normal((push * data.y[t - 1][:, None]).sum(-1), sigma),
            ),
            obs=data.y,
        )


@config_enumerate
def joint(data):
    day, series = data.day, data.series

    series_plate = pyro.plate("series", series, dim=-2)

    # latent push[series, series] ~ Normal(0, 0.5)
    push = pyro.sample("push", dist.Normal(0.0, 0.5).expand([series, series]).to_event(2))
    # latent sigma[series] ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0).expand([series]).to_event(1))

    y = {}
    for t in range(day):
        with series_plate:
            # observed y[t, s in series] ~ Normal(0, 5) then Normal(push[s] @ y[t-1], sigma[s])
            y[t] = pyro.sample(
                f"y[{t}]",
                dist.Normal(0.0, 5.0)
                if t == 0
                else dist.Normal(
                    (push @ drawn(y[t - 1], series, 1)[:, 0])[:, None], sigma[:, None]
                ),
                obs=data.y[t][:, None],
            )
