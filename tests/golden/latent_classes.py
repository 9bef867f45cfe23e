"""Latent class analysis: answers are independent, given a class that nobody sees."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_categorical, only, states, sum_out


def model(data):
    person, item, K = data.person, data.item, data.K

    person_plate = pyro.plate("person", person, dim=-1)

    # latent share ~ Dirichlet(ones(K))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(K)))
    # latent yes[K, item] ~ Beta(1, 1)
    yes = pyro.sample("yes", exact.Beta(1.0, 1.0).expand([K, item]).to_event(2))

    with person_plate:
        # latent class[p] ~ Categorical(share)
        log_class = log_categorical(share) + states("class", person, K)  # person class

    with pyro.plate("person_2", person, dim=-2), pyro.plate("item", item, dim=-1):
        # observed answer[p, i in item] ~ Bernoulli(yes[class[p], i])
        log_answer = only(
            (data.answer_seen != 0)[:, :, None],
            exact.Bernoulli(yes.T).log_prob(data.answer[:, :, None]),
        )

    with person_plate:
        pyro.factor("answer", sum_out(log_class + log_answer.sum(-2)))  # person


@config_enumerate
def joint(data):
    person, item, K = data.person, data.item, data.K
    i = torch.arange(item)

    person_plate = pyro.plate("person", person, dim=-2)

    # latent share ~ Dirichlet(ones(K))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(K)))
    # latent yes[K, item] ~ Beta(1, 1)
    yes = pyro.sample("yes", exact.Beta(1.0, 1.0).expand([K, item]).to_event(2))

    with person_plate:
        # latent class[p] ~ Categorical(share)
        class_ = pyro.sample("class", exact.Categorical(share))

    with person_plate, pyro.plate("item", item, dim=-1):
        # observed answer[p, i in item] ~ Bernoulli(yes[class[p], i])
        pyro.sample(
            "answer", exact.Bernoulli(yes[class_, i]).mask(data.answer_seen != 0), obs=data.answer
        )
