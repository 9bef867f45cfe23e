"""Two changes of level, the second after the first."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_uniform, states, sum_out


def model(data):
    T, K = data.T, data.K
    t = torch.arange(T)

    # latent first ~ DiscreteUniform(T)
    log_first = log_uniform(T) + states("first", T)  # first
    # latent second ~ DiscreteUniform(first, T - 1)
    log_second = (
        exact.DiscreteUniform(torch.arange(T)[:, None], T - 1).log_prob(torch.arange(T))
        + states("second", T)
    )
    # latent mu[K] ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0).expand([K]).to_event(1))

    with pyro.plate("T", T, dim=-1):
        # observed y[t] ~ Normal(mu[0] if t < first else (mu[1] if t < second else mu[2]), 1)
        log_y = dist.Normal(
            torch.where(
                (t[:, None] < torch.arange(T))[:, :, None],
                mu[0],
                torch.where(t[:, None] < torch.arange(T), mu[1], mu[2])[:, None],
            ),
            1.0,
        ).log_prob(data.y[:, None, None])

    sum_first = sum_out(log_first + sum_out(log_second + log_y.sum(-3)))
    pyro.factor("y", sum_first)


@config_enumerate
def joint(data):
    T, K = data.T, data.K
    t = torch.arange(T)

    # latent first ~ DiscreteUniform(T)
    first = pyro.sample("first", exact.DiscreteUniform(0, T - 1))
    # latent second ~ DiscreteUniform(first, T - 1)
    second = pyro.sample("second", exact.DiscreteUniform(first, T - 1))
    # latent mu[K] ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0).expand([K]).to_event(1))

    with pyro.plate("T", T, dim=-1):
        # observed y[t] ~ Normal(mu[0] if t < first else (mu[1] if t < second else mu[2]), 1)
        pyro.sample(
            "y",
            dist.Normal(torch.where(t < first, mu[0], torch.where(t < second, mu[1], mu[2])), 1.0),
            obs=data.y,
        )
