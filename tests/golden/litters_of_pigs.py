"""Does a pig carry a gene? Its parents and its own colour tell."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import by_profile, log_bernoulli, profiles, states, sum_out
from genlang.runtime.steps import drawn


def model(data):
    pig, founder_ = data.pig, data.founder_
    profiles_carrier = profiles(3, founder_)  # the joint values of carrier
    profiles_from_mother = profiles(2, pig)  # the joint values of from_mother

    # latent common ~ Beta(1, 1)
    common = pyro.sample("common", exact.Beta(1.0, 1.0))
    # latent carrier[founder_] ~ Binomial(2, common)
    log_carrier = by_profile(
        exact.Binomial(2, common).log_prob(torch.arange(3)) + states("carrier", founder_, 3),
        profiles_carrier,
    )
    # latent from_mother[p] ~ Bernoulli(carrier[mother[p]] / 2)
    log_from_mother = by_profile(
        log_bernoulli(profiles_carrier[:, data.mother] / 2) + states("from_mother", pig, 2),
        profiles_from_mother,
    )

    with pyro.plate("pig", pig, dim=-1):
        # latent from_father[p] ~ Bernoulli(carrier[father[p]] / 2)
        log_from_father = (
            log_bernoulli(profiles_carrier[:, data.father].T / 2)
            + states("from_father", pig, 2)[:, None]
        )
        # observed pink[p] ~ Bernoulli(0.95 if from_mother[p] and from_father[p] else 0.05)
        log_pink = exact.Bernoulli(
            torch.where(
                (profiles_from_mother.T != 0)[:, :, None] & (torch.arange(2) != 0), 0.95, 0.05
            )
        ).log_prob(data.pink[:, None, None])
        sum_from_father = sum_out(log_from_father[:, :, None] + log_pink[:, None])

    sum_from_mother = sum_out(log_from_mother + sum_from_father.sum(-3))  # carrier
    pyro.factor("pink", sum_out(log_carrier + sum_from_mother))


@config_enumerate
def joint(data):
    pig, founder_ = data.pig, data.founder_

    # latent common ~ Beta(1, 1)
    common = pyro.sample("common", exact.Beta(1.0, 1.0))

    with pyro.plate("founder_", founder_, dim=-1):
        # latent carrier[founder_] ~ Binomial(2, common)
        carrier = pyro.sample("carrier", exact.Binomial(2, common))

    with pyro.plate("pig", pig, dim=-1):
        # latent from_mother[p] ~ Bernoulli(carrier[mother[p]] / 2)
        from_mother = pyro.sample(
            "from_mother", exact.Bernoulli(drawn(carrier, founder_)[data.mother] / 2)
        )
        # latent from_father[p] ~ Bernoulli(carrier[father[p]] / 2)
        from_father = pyro.sample(
            "from_father", exact.Bernoulli(drawn(carrier, founder_)[data.father] / 2)
        )
        # observed pink[p] ~ Bernoulli(0.95 if from_mother[p] and from_father[p] else 0.05)
        pyro.sample(
            "pink",
            exact.Bernoulli(torch.where((from_mother != 0) & (from_father != 0), 0.95, 0.05)),
            obs=data.pink,
        )
