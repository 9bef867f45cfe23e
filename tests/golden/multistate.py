"""Capture and recapture at two sites: animals survive, move, and are seen, or not."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import clamped, values_between
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import stack, states


def model(data):
    animal, occasion, state = data.animal, data.occasion, data.state
    z_values = values_between(0, torch.maximum(torch.tensor(state - 1), torch.tensor(2)))

    # latent survival, detection[2] ~ Uniform(0, 1)
    survival = pyro.sample("survival", exact.Uniform(0.0, 1.0))
    detection = pyro.sample("detection", exact.Uniform(0.0, 1.0).expand([2]).to_event(1))
    # latent leave[2] ~ Uniform(0, 1)
    leave = pyro.sample("leave", exact.Uniform(0.0, 1.0).expand([2]).to_event(1))
    # let move = [
    #     [survival * (1 - leave[0]), survival * leave[0], 1 - survival],
    #     [survival * leave[1], survival * (1 - leave[1]), 1 - survival],
    #     [0, 0, 1],
    # ]
    move = stack(
        [
            stack([survival * (1 - leave[0]), survival * leave[0], 1 - survival], -1),
            stack([survival * leave[1], survival * (1 - leave[1]), 1 - survival], -1),
            torch.tensor([0, 0, 1]),
        ],
        -2,
    )
    # let show = [[detection[0], 0, 1 - detection[0]], [0, detection[1], 1 - detection[1]], [0, 0, 1]]
    show = stack(
        [
            stack([detection[0], 0, 1 - detection[0]], -1),
            stack([0, detection[1], 1 - detection[1]], -1),
            torch.tensor([0, 0, 1]),
        ],
        -2,
    )

    with pyro.plate("animal", animal, dim=-1):
        # latent z[i, t]: index(state) ~ Categorical(one_hot(start[i], state))
        #     then Categorical(move[z[i, t-1]])
        z_first = exact.Categorical(exact.one_hot(data.start, state)[:, None]).log_prob(z_values)
        z_then = exact.Categorical(clamped(move)[z_values][:, None]).log_prob(z_values)  # z_1 z
        # observed y[i, t]: index(report_) ~ Categorical(show[z[i, t]])
        log_y = exact.Categorical(clamped(show)[z_values]).log_prob(data.y[:, :, None])
        log_z = states("z", animal, occasion, len(z_values))  # animal occasion z
        sum_z = sum_chain(z_first, z_then, log_z + log_y, begin=data.first)  # animal
        pyro.factor("y", sum_z)  # animal


@config_enumerate
def joint(data):
    animal, occasion, state = data.animal, data.occasion, data.state

    # latent survival, detection[2] ~ Uniform(0, 1)
    survival = pyro.sample("survival", exact.Uniform(0.0, 1.0))
    detection = pyro.sample("detection", exact.Uniform(0.0, 1.0).expand([2]).to_event(1))
    # latent leave[2] ~ Uniform(0, 1)
    leave = pyro.sample("leave", exact.Uniform(0.0, 1.0).expand([2]).to_event(1))
    # let move = [
    #     [survival * (1 - leave[0]), survival * leave[0], 1 - survival],
    #     [survival * leave[1], survival * (1 - leave[1]), 1 - survival],
    #     [0, 0, 1],
    # ]
    move = stack(
        [
            stack([survival * (1 - leave[0]), survival * leave[0], 1 - survival], -1),
            stack([survival * leave[1], survival * (1 - leave[1]), 1 - survival], -1),
            torch.tensor([0, 0, 1]),
        ],
        -2,
    )
    # let show = [[detection[0], 0, 1 - detection[0]], [0, detection[1], 1 - detection[1]], [0, 0, 1]]
    show = stack(
        [
            stack([detection[0], 0, 1 - detection[0]], -1),
            stack([0, detection[1], 1 - detection[1]], -1),
            torch.tensor([0, 0, 1]),
        ],
        -2,
    )

    with pyro.plate("animal", animal, dim=-1):
        z = {}
        for t in pyro.markov(range(occasion)):
            # latent z[i, t]: index(state) ~ Categorical(one_hot(start[i], state))
            #     then Categorical(move[z[i, t-1]])
            z[t] = pyro.sample(
                f"z[{t}]",
                exact.choice(
                    t == data.first,
                    exact.Categorical(exact.one_hot(data.start, state)),
                    exact.Categorical(clamped(move)[z[t - 1]]),
                )
                if t > 0
                else exact.Categorical(exact.one_hot(data.start, state)),
            )
            # observed y[i, t]: index(report_) ~ Categorical(show[z[i, t]])
            pyro.sample(
                f"y[{t}]",
                exact.Categorical(clamped(show)[z[t]]).mask(t >= data.first),
                obs=data.y[:, t],
            )
