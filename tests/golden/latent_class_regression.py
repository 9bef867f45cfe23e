"""Latent classes whose shares depend on age, and answers of several grades."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import states, sum_out


def model(data):
    person, item, K, grade = data.person, data.item, data.K, data.grade

    person_plate = pyro.plate("person", person, dim=-1)

    # latent a, b ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    # latent answers[K, item] ~ Dirichlet(ones(grade))
    answers = pyro.sample(
        "answers", exact.Dirichlet(torch.ones(grade)).expand([K, item]).to_event(2)
    )

    with person_plate:
        # latent class[p] ~ Bernoulli(logits=a + b * age[p])
        log_class = (
            exact.BernoulliLogits((a + b * data.age)[:, None]).log_prob(torch.arange(2))
            + states("class", person, 2)
        )

    with pyro.plate("person_2", person, dim=-2), pyro.plate("item", item, dim=-1):
        # observed y[p, i]: index(grade) ~ Categorical(answers[class[p], i])
        log_y = exact.Categorical(
            answers[torch.arange(2)].permute(1, 0, 2)
        ).log_prob(data.y[:, :, None])

    with person_plate:
        pyro.factor("y", sum_out(log_class + log_y.sum(-2)))  # person


@config_enumerate
def joint(data):
    person, item, K, grade = data.person, data.item, data.K, data.grade
    i = torch.arange(item)

    person_plate = pyro.plate("person", person, dim=-2)

    # latent a, b ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    # latent answers[K, item] ~ Dirichlet(ones(grade))
    answers = pyro.sample(
        "answers", exact.Dirichlet(torch.ones(grade)).expand([K, item]).to_event(2)
    )

    with person_plate:
        # latent class[p] ~ Bernoulli(logits=a + b * age[p])
        class_ = pyro.sample("class", exact.BernoulliLogits((a + b * data.age)[:, None]))

    with person_plate, pyro.plate("item", item, dim=-1):
        # observed y[p, i]: index(grade) ~ Categorical(answers[class[p], i])
        pyro.sample("y", exact.Categorical(answers[class_, i]), obs=data.y)
