"""Choices between two bandits: values follow rewards by a delta rule."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.steps import stacked


def model(data):
    subject, trial = data.subject, data.trial

    # latent rate ~ Beta(2, 2)
    rate = pyro.sample("rate", exact.Beta(2.0, 2.0))
    # latent sharp ~ HalfNormal(3)
    sharp = pyro.sample("sharp", exact.HalfNormal(3.0))
    # let value0[s, t] = 0
    #     then (
    #         value0[s, t-1] + (0 if choice[s, t-1] else rate * (reward[s, t-1] - value0[s, t-1]))
    #     )
    value0 = {}
    for t in range(trial):
        value0[t] = (
            torch.tensor(0).expand(subject)
            if t == 0
            else value0[t - 1]
            + torch.where(
                data.choice[:, t - 1] != 0, 0, rate * (data.reward[:, t - 1] - value0[t - 1])
            )
        )

    value0 = stacked(value0, (1,), subject)  # subject trial
    # let value1[s, t] = 0
    #     then (
    #         value1[s, t-1] + (rate * (reward[s, t-1] - value1[s, t-1]) if choice[s, t-1] else 0)
    #     )
    value1 = {}
    for t in range(trial):
        value1[t] = (
            torch.tensor(0).expand(subject)
            if t == 0
            else value1[t - 1]
            + torch.where(
                data.choice[:, t - 1] != 0, rate * (data.reward[:, t - 1] - value1[t - 1]), 0
            )
        )

    value1 = stacked(value1, (1,), subject)  # subject trial

    with pyro.plate("subject", subject, dim=-2), pyro.plate("trial", trial, dim=-1):
        # observed choice[s, t] ~ Bernoulli(logits=sharp * (value1[s, t] - value0[s, t]))
        pyro.sample("choice", exact.BernoulliLogits(sharp * (value1 - value0)), obs=data.choice)


@config_enumerate
def joint(data):
    subject, trial = data.subject, data.trial

    # latent rate ~ Beta(2, 2)
    rate = pyro.sample("rate", exact.Beta(2.0, 2.0))
    # latent sharp ~ HalfNormal(3)
    sharp = pyro.sample("sharp", exact.HalfNormal(3.0))

    with pyro.plate("subject", subject, dim=-1):
        value0 = {}
        value1 = {}
        choice = {}
        for t in range(trial):
            # let value0[s, t] = 0
            #     then (
            #         value0[s, t-1] + (0 if choice[s, t-1] else rate * (reward[s, t-1] - value0[s, t-1]))
            #     )
            value0[t] = (
                torch.tensor(0)
                if t == 0
                else value0[t - 1]
                + torch.where(choice[t - 1] != 0, 0, rate * (data.reward[:, t - 1] - value0[t - 1]))
            )
            # let value1[s, t] = 0
            #     then (
            #         value1[s, t-1] + (rate * (reward[s, t-1] - value1[s, t-1]) if choice[s, t-1] else 0)
            #     )
            value1[t] = (
                torch.tensor(0)
                if t == 0
                else value1[t - 1]
                + torch.where(choice[t - 1] != 0, rate * (data.reward[:, t - 1] - value1[t - 1]), 0)
            )
            # observed choice[s, t] ~ Bernoulli(logits=sharp * (value1[s, t] - value0[s, t]))
            choice[t] = pyro.sample(
                f"choice[{t}]",
                exact.BernoulliLogits(sharp * (value1[t] - value0[t])),
                obs=data.choice[:, t],
            )
