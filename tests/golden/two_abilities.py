"""Items that load on two correlated abilities."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    person, item, trait = data.person, data.item, data.trait

    # latent corr ~ LKJCholesky(trait, 2)
    corr = pyro.sample("corr", exact.LKJCholesky(trait, 2.0))
    # latent load[item, trait] ~ HalfNormal(1)
    load = pyro.sample("load", exact.HalfNormal(1.0).expand([item, trait]).to_event(2))
    # latent easy[item] ~ Normal(0, 2)
    easy = pyro.sample("easy", dist.Normal(0.0, 2.0).expand([item]).to_event(1))
    # latent ability[p] ~ MultivariateNormal(zeros(trait), scale_tril=corr)
    ability = pyro.sample(
        "ability",
        dist.MultivariateNormal(torch.zeros(trait), scale_tril=corr).expand([person]).to_event(1),
    )

    with pyro.plate("person", person, dim=-2), pyro.plate("item", item, dim=-1):
        # observed right[p, i in item] ~ Bernoulli(logits=easy[i] + load[i] @ ability[p])
        pyro.sample(
            "right", exact.BernoulliLogits(easy + (load * ability[:, None]).sum(-1)), obs=data.right
        )


joint = model  # nothing to sum out
