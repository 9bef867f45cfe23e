"""Races in which each place goes to one of those left, by their strengths (Plackett-Luce)."""

import math

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    race, place, runner = data.race, data.place, data.runner
    q = torch.arange(place)
    p = torch.arange(place)

    # latent strength[runner] ~ Normal(0, 1)
    strength = pyro.sample("strength", dist.Normal(0.0, 1.0).expand([runner]).to_event(1))
    # let left = logsumexp(strength[finisher[r, q]] for q in place if q >= p)
    left = exact.logsumexp(
        torch.where(q >= p[:, None], strength[data.finisher][:, None], -math.inf), -1
    )

    with pyro.plate("race", race, dim=-2), pyro.plate("place", place, dim=-1):
        # factor strength[finisher[r, p]] - left
        pyro.factor("factor", strength[data.finisher] - left)


joint = model  # nothing to sum out
