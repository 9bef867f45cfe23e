"""Deaths from cancer in childhood and X-rays before birth: pairs of binomials over the years."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    stratum = data.stratum

    # latent alpha, b1, b2 ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0))
    b1 = pyro.sample("b1", dist.Normal(0.0, 10.0))
    b2 = pyro.sample("b2", dist.Normal(0.0, 10.0))
    # latent sigma ~ HalfCauchy(1)
    sigma = pyro.sample("sigma", exact.HalfCauchy(1.0))
    # latent mu[s] ~ Normal(0, 10)
    mu = pyro.sample("mu", dist.Normal(0.0, 10.0).expand([stratum]).to_event(1))
    # latent b[s] ~ Normal(0, sigma)
    b = pyro.sample("b", dist.Normal(0.0, sigma).expand([stratum]).to_event(1))
    # let log_ratio = alpha + b1 * year[s] + b2 * (year[s] ^ 2 - 22) + b[s]
    log_ratio = alpha + b1 * data.year + b2 * (data.year ** 2 - 22) + b  # stratum

    with pyro.plate("stratum", stratum, dim=-1):
        # observed r0[s] ~ Binomial(n0[s], logits=mu[s])
        pyro.sample("r0", exact.BinomialLogits(data.n0, mu), obs=data.r0)
        # observed r1[s] ~ Binomial(n1[s], logits=mu[s] + log_ratio)
        pyro.sample("r1", exact.BinomialLogits(data.n1, mu + log_ratio), obs=data.r1)


joint = model  # nothing to sum out
