"""Some persons guess, others know: which is which follows from their scores."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_bernoulli, states, sum_out


def model(data):
    person = data.person

    person_plate = pyro.plate("person", person, dim=-1)

    # latent knows_share ~ Beta(1, 1)
    knows_share = pyro.sample("knows_share", exact.Beta(1.0, 1.0))
    # latent mean ~ Uniform(0.5, 1)
    mean = pyro.sample("mean", exact.Uniform(0.5, 1.0))
    # latent sharp ~ HalfNormal(50)
    sharp = pyro.sample("sharp", exact.HalfNormal(50.0))

    with person_plate:
        # latent knows[p] ~ Bernoulli(knows_share)
        log_knows = log_bernoulli(knows_share) + states("knows", person, 2)  # person knows

    # latent ability[p] ~ Beta(mean=mean, concentration=sharp)
    ability = pyro.sample(
        "ability", exact.Beta(mean * sharp, (1 - mean) * sharp).expand([person]).to_event(1)
    )

    with person_plate:
        # observed score[p] ~ Binomial(questions, ability[p] if knows[p] else 0.5)
        log_score = exact.Binomial(
            data.questions, torch.where(torch.arange(2) != 0, ability[:, None], 0.5)
        ).log_prob(data.score[:, None])
        pyro.factor("score", sum_out(log_knows + log_score))  # person


@config_enumerate
def joint(data):
    person = data.person

    person_plate = pyro.plate("person", person, dim=-1)

    # latent knows_share ~ Beta(1, 1)
    knows_share = pyro.sample("knows_share", exact.Beta(1.0, 1.0))
    # latent mean ~ Uniform(0.5, 1)
    mean = pyro.sample("mean", exact.Uniform(0.5, 1.0))
    # latent sharp ~ HalfNormal(50)
    sharp = pyro.sample("sharp", exact.HalfNormal(50.0))

    with person_plate:
        # latent knows[p] ~ Bernoulli(knows_share)
        knows = pyro.sample("knows", exact.Bernoulli(knows_share))

    # latent ability[p] ~ Beta(mean=mean, concentration=sharp)
    ability = pyro.sample(
        "ability", exact.Beta(mean * sharp, (1 - mean) * sharp).expand([person]).to_event(1)
    )

    with person_plate:
        # observed score[p] ~ Binomial(questions, ability[p] if knows[p] else 0.5)
        pyro.sample(
            "score",
            exact.Binomial(data.questions, torch.where(knows != 0, ability, 0.5)),
            obs=data.score,
        )
