"""Capture and recapture at two sites: animals survive, move, and are seen, or not."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import clamped, values_between
from genlang.runtime.chains import sum_chain
from genlang.runtime.reductions import only, segment_sum, stack, states
from genlang.runtime.steps import stacked


def model(data):
    animal, occasion = data.animal, data.occasion
    t = torch.arange(occasion)
    i = torch.arange(animal)
    z_values = values_between(
        torch.minimum(data.start, torch.tensor(0)), torch.maximum(data.start, torch.tensor(2))
    )

    animal_plate = pyro.plate("animal", animal, dim=-1)
    animal_2_plate = pyro.plate("animal_2", animal, dim=-2)

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

    with animal_plate:
        # latent z[i, t]: index(state) ~ Delta(start[i]) then Categorical(move[z[i, t-1]])
        z_first = exact.Delta(data.start[:, None]).log_prob(z_values)  # animal z
        z_then = exact.Categorical(clamped(move)[z_values][:, None]).log_prob(z_values)  # z_1 z

    with animal_2_plate, pyro.plate("occasion", occasion, dim=-1):
        # observed y[i, t]: index(report_) ~ Categorical(show[z[i, t]])
        log_y = exact.Categorical(clamped(show)[z_values]).log_prob(data.y[:, :, None])

    with animal_2_plate, pyro.plate("occasion_2", occasion, dim=-1):
        all_z = segment_sum(
            only((t >= (data.first + 1)[:, None])[:, :, None], log_y),
            (i[:, None], t),
            (animal, occasion),
            2,
        )

    with animal_plate:
        log_z = states("z", animal, occasion, len(z_values))  # animal occasion z
        sum_z = sum_chain(z_first, z_then, log_z + all_z, begin=data.first)  # animal
        pyro.factor("y", sum_z)  # animal


@config_enumerate
def joint(data):
    animal, occasion = data.animal, data.occasion
    t_ = torch.arange(occasion)

    animal_plate = pyro.plate("animal", animal, dim=-2)

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

    with animal_plate:
        z = {}
        for t in pyro.markov(range(occasion)):
            # latent z[i, t]: index(state) ~ Delta(start[i]) then Categorical(move[z[i, t-1]])
            z[t] = pyro.sample(
                f"z[{t}]",
                exact.choice(
                    (t == data.first)[:, None],
                    exact.Delta(data.start[:, None]),
                    exact.Categorical(clamped(move)[z[t - 1]]),
                )
                if t > 0
                else exact.Delta(data.start[:, None]),
            )

    with animal_plate, pyro.plate("occasion", occasion, dim=-1):
        # observed y[i, t]: index(report_) ~ Categorical(show[z[i, t]])
        pyro.sample(
            "y",
            exact.Categorical(
                clamped(show)[stacked(z, (0,), animal, 1)[:, :, 0].permute(1, 0)]
            ).mask(t_ >= (data.first + 1)[:, None]),
            obs=data.y,
        )
