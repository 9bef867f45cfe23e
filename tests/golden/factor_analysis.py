"""Tests of persons load on a few factors; what is left is noise of each test."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    person, test, factor_ = data.person, data.test, data.factor_

    # latent load[test, factor_] ~ Normal(0, 1)
    load = pyro.sample("load", dist.Normal(0.0, 1.0).expand([test, factor_]).to_event(2))
    # latent unique[test] ~ InverseGamma(shape=2, scale=1)
    unique = pyro.sample("unique", exact.InverseGamma(2.0, 1.0).expand([test]).to_event(1))

    with pyro.plate("person", person, dim=-1):
        # observed score[p in person]: real[test] ~ LowRankMultivariateNormal(
        #     zeros(test), factor=load, diagonal=unique
        # )
        pyro.sample(
            "score",
            exact.LowRankMultivariateNormal(torch.zeros(test), load, unique),
            obs=data.score,
        )


joint = model  # nothing to sum out
