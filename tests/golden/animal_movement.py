"""Steps and turns of an animal that rests or travels."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import log_categorical, states


def model(data):
    step_, K = data.step_, data.K

    # latent move[K] ~ Dirichlet(ones(K))
    move = pyro.sample("move", exact.Dirichlet(torch.ones(K)).expand([K]).to_event(1))
    # latent length: positive_ordered[K] ~ Gamma(shape=2, rate=1)
    length = pyro.sample("length", exact.Ordered(exact.Gamma(2.0, 1.0), K))
    # latent spread[K] ~ Gamma(shape=2, rate=1)
    spread = pyro.sample("spread", exact.Gamma(2.0, 1.0).expand([K]).to_event(1))
    # latent straight[K] ~ Gamma(shape=2, rate=1)
    straight = pyro.sample("straight", exact.Gamma(2.0, 1.0).expand([K]).to_event(1))
    # latent mood[t] ~ Categorical(ones(K) / K) then Categorical(move[mood[t-1]])
    mood_first = log_categorical(torch.ones(K) / K)  # mood
    mood_then = log_categorical(move)  # mood_1 mood
    # observed far[t] ~ Gamma(mean=length[mood[t]], sd=spread[mood[t]])
    log_far = exact.Gamma((length / spread) ** 2, length / spread ** 2).log_prob(data.far[:, None])
    # observed turn[t] ~ VonMises(0, straight[mood[t]])
    log_turn = exact.VonMises(0.0, straight).log_prob(data.turn[:, None])  # step_ mood
    log_mood = states("mood", step_, K)  # step_ mood
    sum_mood = sum_chain(mood_first, mood_then, log_mood + log_far + log_turn)
    pyro.factor("far,turn", sum_mood)


@config_enumerate
def joint(data):
    step_, K = data.step_, data.K

    # latent move[K] ~ Dirichlet(ones(K))
    move = pyro.sample("move", exact.Dirichlet(torch.ones(K)).expand([K]).to_event(1))
    # latent length: positive_ordered[K] ~ Gamma(shape=2, rate=1)
    length = pyro.sample("length", exact.Ordered(exact.Gamma(2.0, 1.0), K))
    # latent spread[K] ~ Gamma(shape=2, rate=1)
    spread = pyro.sample("spread", exact.Gamma(2.0, 1.0).expand([K]).to_event(1))
    # latent straight[K] ~ Gamma(shape=2, rate=1)
    straight = pyro.sample("straight", exact.Gamma(2.0, 1.0).expand([K]).to_event(1))

    mood = {}
    for t in pyro.markov(range(step_)):
        # latent mood[t] ~ Categorical(ones(K) / K) then Categorical(move[mood[t-1]])
        mood[t] = pyro.sample(
            f"mood[{t}]",
            exact.Categorical(torch.ones(K) / K)
            if t == 0
            else exact.Categorical(move[mood[t - 1]]),
        )
        # observed far[t] ~ Gamma(mean=length[mood[t]], sd=spread[mood[t]])
        pyro.sample(
            f"far[{t}]",
            exact.Gamma(
                (length[mood[t]] / spread[mood[t]]) ** 2, length[mood[t]] / spread[mood[t]] ** 2
            ),
            obs=data.far[t],
        )
        # observed turn[t] ~ VonMises(0, straight[mood[t]])
        pyro.sample(f"turn[{t}]", exact.VonMises(0.0, straight[mood[t]]), obs=data.turn[t])
