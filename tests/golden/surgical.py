"""Surgical deaths of infants in hospitals, alike but not the same."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    hospital = data.hospital

    # latent mu ~ Normal(0, 10)
    mu = pyro.sample("mu", dist.Normal(0.0, 10.0))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # latent b[hospital] ~ Normal(mu, sigma)
    b = pyro.sample("b", dist.Normal(mu, sigma).expand([hospital]).to_event(1))

    with pyro.plate("hospital", hospital, dim=-1):
        # observed deaths[h in hospital] ~ Binomial(operated[h], logits=b[h])
        pyro.sample("deaths", exact.BinomialLogits(data.operated, b), obs=data.deaths)

    # report rank[h in hospital] = sum(b[j] <= b[h] for j in hospital)
    rank = pyro.deterministic("rank", (b <= b[:, None]).long().sum(-1))  # hospital


joint = model  # nothing to sum out
