"""Cancer and oestrogens: matched pairs, of which only the difference counts."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    pair = data.pair

    # latent beta ~ Normal(0, 3)
    beta = pyro.sample("beta", dist.Normal(0.0, 3.0))

    with pyro.plate("pair", pair, dim=-1):
        # observed first[p] ~ Bernoulli(logits=beta * case_minus_control[p])
        pyro.sample("first", exact.BernoulliLogits(beta * data.case_minus_control), obs=data.first)


joint = model  # nothing to sum out
