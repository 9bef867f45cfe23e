"""Cancer and a virus: exposure is known for some women and misclassified for all."""

import math

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_bernoulli, states, sum_out


def model(data):
    woman = data.woman

    # latent q ~ Uniform(0, 1)
    q = pyro.sample("q", exact.Uniform(0.0, 1.0))
    # latent beta0, beta ~ Normal(0, 5)
    beta0 = pyro.sample("beta0", dist.Normal(0.0, 5.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 5.0))
    # latent phi[2, 2] ~ Uniform(0, 1)
    phi = pyro.sample("phi", exact.Uniform(0.0, 1.0).expand([2, 2]).to_event(2))

    with pyro.plate("woman", woman, dim=-1):
        # observed exposed[i] ~ Bernoulli(q)
        log_exposed = log_bernoulli(q) + states("exposed", woman, 2)  # woman exposed
        log_exposed_ = torch.where(
            (data.exposed_seen != 0)[:, None] & (torch.arange(2) != data.exposed[:, None]),
            -math.inf,
            0.0,
        )
        # observed ill[i] ~ Bernoulli(logits=beta0 + beta * exposed[i])
        log_ill = exact.BernoulliLogits(beta0 + beta * torch.arange(2)).log_prob(data.ill[:, None])
        # observed test[i] ~ Bernoulli(phi[exposed[i], ill[i]])
        log_test = exact.Bernoulli(phi[:, data.ill].T).log_prob(data.test[:, None])  # woman exposed
        sum_exposed = sum_out(log_exposed + log_exposed_ + log_ill + log_test)  # woman
        pyro.factor("exposed,ill,test", sum_exposed)  # woman


@config_enumerate
def joint(data):
    woman = data.woman

    # latent q ~ Uniform(0, 1)
    q = pyro.sample("q", exact.Uniform(0.0, 1.0))
    # latent beta0, beta ~ Normal(0, 5)
    beta0 = pyro.sample("beta0", dist.Normal(0.0, 5.0))
    beta = pyro.sample("beta", dist.Normal(0.0, 5.0))
    # latent phi[2, 2] ~ Uniform(0, 1)
    phi = pyro.sample("phi", exact.Uniform(0.0, 1.0).expand([2, 2]).to_event(2))

    with pyro.plate("woman", woman, dim=-1):
        # observed exposed[i] ~ Bernoulli(q)
        exposed = pyro.sample("exposed", exact.Bernoulli(q))
        pyro.factor(
            "exposed_2",
            torch.where((data.exposed_seen != 0) & (exposed != data.exposed), -math.inf, 0.0),
        )
        # observed ill[i] ~ Bernoulli(logits=beta0 + beta * exposed[i])
        ill = pyro.sample("ill", exact.BernoulliLogits(beta0 + beta * exposed), obs=data.ill)
        # observed test[i] ~ Bernoulli(phi[exposed[i], ill[i]])
        pyro.sample("test", exact.Bernoulli(phi[exposed, ill]), obs=data.test)
