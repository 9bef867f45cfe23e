"""Goals in football: attack and defence of teams, two Poisson counts a game."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    game, team = data.game, data.team

    # latent base, ground ~ Normal(0, 1)
    base = pyro.sample("base", dist.Normal(0.0, 1.0))
    ground = pyro.sample("ground", dist.Normal(0.0, 1.0))
    # latent sd_attack, sd_defence ~ HalfNormal(1)
    sd_attack = pyro.sample("sd_attack", exact.HalfNormal(1.0))
    sd_defence = pyro.sample("sd_defence", exact.HalfNormal(1.0))
    # latent attack[team] ~ Normal(0, sd_attack)
    attack = pyro.sample("attack", dist.Normal(0.0, sd_attack).expand([team]).to_event(1))
    # latent defence[team] ~ Normal(0, sd_defence)
    defence = pyro.sample("defence", dist.Normal(0.0, sd_defence).expand([team]).to_event(1))
    # let log_home = base + ground + attack[home[g]] - defence[away[g]]
    log_home = base + ground + attack[data.home] - defence[data.away]  # game
    # let log_away = base + attack[away[g]] - defence[home[g]]
    log_away = base + attack[data.away] - defence[data.home]  # game

    with pyro.plate("game", game, dim=-1):
        # observed home_goals[g] ~ Poisson(log_rate=log_home)
        pyro.sample("home_goals", exact.PoissonLog(log_home), obs=data.home_goals)
        # observed away_goals[g] ~ Poisson(log_rate=log_away)
        pyro.sample("away_goals", exact.PoissonLog(log_away), obs=data.away_goals)


joint = model  # nothing to sum out
