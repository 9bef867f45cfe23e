"""Multinomial logistic regression; the first class is the reference."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N, D, K = data.N, data.D, data.K

    # latent alpha: baseline[K] ~ Normal(0, 5)
    alpha = pyro.sample("alpha", exact.Baseline(dist.Normal(0.0, 5.0), K))
    # latent beta[D]: baseline[K] ~ Normal(0, 2)
    beta = pyro.sample("beta", exact.Baseline(dist.Normal(0.0, 2.0), K).expand([D]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N]: index(K) ~ Categorical(logits=alpha + x[n] @ beta)
        pyro.sample("y", exact.CategoricalLogits(alpha + data.x @ beta), obs=data.y)


joint = model  # nothing to sum out
