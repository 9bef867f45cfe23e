"""A chain whose moves depend on the weather, for animals of two kinds."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import clamped
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_bernoulli, log_categorical, only, states, sum_out


def model(data):
    animal, hour, C, K = data.animal, data.hour, data.C, data.K

    # latent share ~ Dirichlet(ones(C))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(C)))
    # latent a[C, K] ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0).expand([C, K]).to_event(2))
    # latent b ~ Normal(0, 1)
    b = pyro.sample("b", dist.Normal(0.0, 1.0))
    # latent speed: ordered[K] ~ Normal(0, 2)
    speed = pyro.sample("speed", exact.Ordered(dist.Normal(0.0, 2.0), K))

    with pyro.plate("animal", animal, dim=-1):
        # latent kind[i] ~ Categorical(share)
        log_kind = log_categorical(share) + states("kind", animal, C)  # animal kind
        # latent moves[i, t] ~ Bernoulli(0.5)
        #     then Bernoulli(logits=a[kind[i], moves[i, t-1]] + b * warm[t])
        moves_first = log_bernoulli(0.5)  # moves
        moves_then = exact.BernoulliLogits(
            (clamped(a)[:, torch.arange(2)] + (b * data.warm)[:, None, None])[:, :, :, None]
        ).log_prob(torch.arange(2))
        # observed log_speed[i, t] ~ Normal(speed[moves[i, t]], 1)
        log_log_speed = only(
            (data.log_speed_seen != 0)[:, :, None],
            dist.Normal(clamped(speed)[torch.arange(2)], 1.0).log_prob(data.log_speed[:, :, None]),
        )
        log_moves = states("moves", animal, hour, 2)  # animal hour moves
        sum_moves = sum_chain(
            moves_first, moves_then.permute(1, 0, 2, 3), log_moves[:, None] + log_log_speed[:, None]
        )
        pyro.factor("log_speed", sum_out(log_kind + sum_moves))  # animal


@config_enumerate
def joint(data):
    animal, hour, C, K = data.animal, data.hour, data.C, data.K

    animal_plate = pyro.plate("animal", animal, dim=-1)

    # latent share ~ Dirichlet(ones(C))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(C)))
    # latent a[C, K] ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0).expand([C, K]).to_event(2))
    # latent b ~ Normal(0, 1)
    b = pyro.sample("b", dist.Normal(0.0, 1.0))
    # latent speed: ordered[K] ~ Normal(0, 2)
    speed = pyro.sample("speed", exact.Ordered(dist.Normal(0.0, 2.0), K))

    with animal_plate:
        # latent kind[i] ~ Categorical(share)
        kind = pyro.sample("kind", exact.Categorical(share))

    with animal_plate:
        moves = {}
        for t in pyro.markov(range(hour)):
            # latent moves[i, t] ~ Bernoulli(0.5)
            #     then Bernoulli(logits=a[kind[i], moves[i, t-1]] + b * warm[t])
            moves[t] = pyro.sample(
                f"moves[{t}]",
                exact.Bernoulli(0.5)
                if t == 0
                else exact.BernoulliLogits(a[kind, moves[t - 1]] + b * data.warm[t]),
            )
            # observed log_speed[i, t] ~ Normal(speed[moves[i, t]], 1)
            pyro.sample(
                f"log_speed[{t}]",
                dist.Normal(speed[moves[t]], 1.0).mask(data.log_speed_seen[:, t] != 0),
                obs=data.log_speed[:, t],
            )
