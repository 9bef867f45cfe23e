"""Topics of words in documents (latent Dirichlet allocation)."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_categorical, states, sum_out


def model(data):
    token, doc, word, K = data.token, data.doc, data.word, data.K

    # latent topic[K] ~ Dirichlet(0.1 * ones(word))
    topic = pyro.sample("topic", exact.Dirichlet(0.1 * torch.ones(word)).expand([K]).to_event(1))
    # latent share[doc] ~ Dirichlet(0.5 * ones(K))
    share = pyro.sample("share", exact.Dirichlet(0.5 * torch.ones(K)).expand([doc]).to_event(1))

    with pyro.plate("token", token, dim=-1):
        # latent z[t] ~ Categorical(share[in_doc[t]])
        log_z = log_categorical(share[data.in_doc]) + states("z", token, K)  # token z
        # observed w[t]: index(word) ~ Categorical(topic[z[t]])
        log_w = exact.Categorical(topic).log_prob(data.w[:, None])  # token z
        pyro.factor("w", sum_out(log_z + log_w))  # token


@config_enumerate
def joint(data):
    token, doc, word, K = data.token, data.doc, data.word, data.K

    # latent topic[K] ~ Dirichlet(0.1 * ones(word))
    topic = pyro.sample("topic", exact.Dirichlet(0.1 * torch.ones(word)).expand([K]).to_event(1))
    # latent share[doc] ~ Dirichlet(0.5 * ones(K))
    share = pyro.sample("share", exact.Dirichlet(0.5 * torch.ones(K)).expand([doc]).to_event(1))

    with pyro.plate("token", token, dim=-1):
        # latent z[t] ~ Categorical(share[in_doc[t]])
        z = pyro.sample("z", exact.Categorical(share[data.in_doc]))
        # observed w[t]: index(word) ~ Categorical(topic[z[t]])
        pyro.sample("w", exact.Categorical(topic[z]), obs=data.w)
