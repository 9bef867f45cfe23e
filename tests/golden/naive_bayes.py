"""Documents of known and of unknown topic, words counted: half supervised naive Bayes."""

import math

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_categorical, states, sum_out


def model(data):
    doc, word, topic = data.doc, data.word, data.topic

    # latent share ~ Dirichlet(ones(topic))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(topic)))
    # latent words[topic] ~ Dirichlet(ones(word))
    words = pyro.sample("words", exact.Dirichlet(torch.ones(word)).expand([topic]).to_event(1))

    with pyro.plate("doc", doc, dim=-1):
        # observed about[d]: index(topic) ~ Categorical(share)
        log_about = log_categorical(share) + states("about", doc, topic)  # doc about
        log_about_ = torch.where(
            (data.about_seen != 0)[:, None] & (torch.arange(topic) != data.about[:, None]),
            -math.inf,
            0.0,
        )
        # observed n[d]: count[word] ~ Multinomial(length[d], words[about[d]])
        log_n = exact.Multinomial(data.length[:, None], words).log_prob(data.n[:, None])
        pyro.factor("about,n", sum_out(log_about + log_about_ + log_n))  # doc


@config_enumerate
def joint(data):
    doc, word, topic = data.doc, data.word, data.topic

    # latent share ~ Dirichlet(ones(topic))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(topic)))
    # latent words[topic] ~ Dirichlet(ones(word))
    words = pyro.sample("words", exact.Dirichlet(torch.ones(word)).expand([topic]).to_event(1))

    with pyro.plate("doc", doc, dim=-1):
        # observed about[d]: index(topic) ~ Categorical(share)
        about = pyro.sample("about", exact.Categorical(share))
        pyro.factor(
            "about_2", torch.where((data.about_seen != 0) & (about != data.about), -math.inf, 0.0)
        )
        # observed n[d]: count[word] ~ Multinomial(length[d], words[about[d]])
        pyro.sample("n", exact.Multinomial(data.length, words[about]), obs=data.n)
