"""Who beats whom: the strength of teams, and the advantage at home."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    game, team = data.game, data.team

    # latent spread ~ HalfNormal(1)
    spread = pyro.sample("spread", exact.HalfNormal(1.0))
    # latent strength: real[team] ~ ZeroSumNormal(spread)
    strength = pyro.sample("strength", exact.ZeroSumNormal(spread, team))
    # latent advantage ~ Normal(0, 1)
    advantage = pyro.sample("advantage", dist.Normal(0.0, 1.0))
    # let edge = strength[home[g]] - strength[away[g]] + advantage
    edge = strength[data.home] - strength[data.away] + advantage  # game

    with pyro.plate("game", game, dim=-1):
        # observed home_wins[g] ~ Bernoulli(logits=edge)
        pyro.sample("home_wins", exact.BernoulliLogits(edge), obs=data.home_wins)


joint = model  # nothing to sum out
