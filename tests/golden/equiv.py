"""Bioequivalence of two tablets, in a trial with two periods."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    subject, period = data.subject, data.period
    p = torch.arange(period)

    # latent mu, phi, pi_ ~ Normal(0, 10)
    mu = pyro.sample("mu", dist.Normal(0.0, 10.0))
    phi = pyro.sample("phi", dist.Normal(0.0, 10.0))
    pi_ = pyro.sample("pi_", dist.Normal(0.0, 10.0))
    # latent within, between ~ HalfNormal(2)
    within = pyro.sample("within", exact.HalfNormal(2.0))
    between = pyro.sample("between", exact.HalfNormal(2.0))
    # let sign_ = [1, -1]
    sign_ = torch.tensor([1, -1])
    # latent delta[s] ~ Normal(0, between)
    delta = pyro.sample("delta", dist.Normal(0.0, between).expand([subject]).to_event(1))
    # let tablet = order[s] * sign_[p] * phi / 2
    tablet = data.order[:, None] * sign_[p] * phi / 2  # subject period

    with pyro.plate("subject", subject, dim=-2), pyro.plate("period", period, dim=-1):
        # observed y[s, p] ~ Normal(mu + tablet + sign_[p] * pi_ / 2 + delta[s], within)
        pyro.sample(
            "y", dist.Normal(mu + tablet + sign_[p] * pi_ / 2 + delta[:, None], within), obs=data.y
        )

    # report equivalent = 0.8 < exp(phi) and exp(phi) < 1.25
    equivalent = pyro.deterministic(
        "equivalent",
        (
            (0.8 < torch.exp(phi)) & (torch.exp(torch.where(0.8 < torch.exp(phi), phi, 0.5)) < 1.25)
        ).long(),
    )


joint = model  # nothing to sum out
