"""The law school test: one ability, items of different difficulty."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    student, item = data.student, data.item

    # latent alpha[item] ~ Normal(0, 10)
    alpha = pyro.sample("alpha", dist.Normal(0.0, 10.0).expand([item]).to_event(1))
    # latent beta ~ HalfNormal(5)
    beta = pyro.sample("beta", exact.HalfNormal(5.0))
    # latent theta[s] ~ Normal(0, 1)
    theta = pyro.sample("theta", dist.Normal(0.0, 1.0).expand([student]).to_event(1))

    with pyro.plate("student", student, dim=-2), pyro.plate("item", item, dim=-1):
        # observed right[s, i in item] ~ Bernoulli(logits=beta * theta[s] - alpha[i])
        pyro.sample("right", exact.BernoulliLogits((beta * theta)[:, None] - alpha), obs=data.right)


joint = model  # nothing to sum out
