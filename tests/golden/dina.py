"""Cognitive diagnosis (DINA): items need skills; which skills a person has is summed out."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import by_profile, log_bernoulli, profiles, states, sum_out
from genlang.runtime.steps import drawn


def model(data):
    person, item, skill = data.person, data.item, data.skill
    profiles_has = profiles(2, skill)  # the joint values of has

    person_plate = pyro.plate("person", person, dim=-1)

    # latent common[skill] ~ Beta(1, 1)
    common = pyro.sample("common", exact.Beta(1.0, 1.0).expand([skill]).to_event(1))
    # latent slip, guess[item] ~ Beta(5, 25)
    slip = pyro.sample("slip", exact.Beta(5.0, 25.0))
    guess = pyro.sample("guess", exact.Beta(5.0, 25.0).expand([item]).to_event(1))

    with person_plate:
        # latent has[p, s in skill] ~ Bernoulli(common[s])
        log_has = by_profile(log_bernoulli(common) + states("has", person, skill, 2), profiles_has)

    with pyro.plate("person_2", person, dim=-2), pyro.plate("item", item, dim=-1):
        # observed right[p, i] ~ Bernoulli(1 - slip if able else guess[i])
        log_right = exact.Bernoulli(
            torch.where(
                torch.where((data.needs != 0)[:, None], profiles_has != 0, True).all(-1),
                1 - slip,
                guess[:, None],
            )
        ).log_prob(data.right[:, :, None])

    with person_plate:
        pyro.factor("right", sum_out(log_has + log_right.sum(-2)))  # person


@config_enumerate
def joint(data):
    person, item, skill = data.person, data.item, data.skill

    person_plate = pyro.plate("person", person, dim=-2)

    # latent common[skill] ~ Beta(1, 1)
    common = pyro.sample("common", exact.Beta(1.0, 1.0).expand([skill]).to_event(1))
    # latent slip, guess[item] ~ Beta(5, 25)
    slip = pyro.sample("slip", exact.Beta(5.0, 25.0))
    guess = pyro.sample("guess", exact.Beta(5.0, 25.0).expand([item]).to_event(1))

    with person_plate, pyro.plate("skill", skill, dim=-1):
        # latent has[p, s in skill] ~ Bernoulli(common[s])
        has = pyro.sample("has", exact.Bernoulli(common))

    with person_plate, pyro.plate("item", item, dim=-1):
        # observed right[p, i] ~ Bernoulli(1 - slip if able else guess[i])
        pyro.sample(
            "right",
            exact.Bernoulli(
                torch.where(
                    torch.where(
                        data.needs != 0, (drawn(has, person, skill) != 0)[:, None], True
                    ).all(-1),
                    1 - slip,
                    guess,
                )
            ),
            obs=data.right,
        )
