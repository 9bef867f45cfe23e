"""Graded answers to questions, each question with cut points of its own."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    person, item, cut = data.person, data.item, data.cut

    # latent trait[person] ~ Normal(0, 1)
    trait = pyro.sample("trait", dist.Normal(0.0, 1.0).expand([person]).to_event(1))
    # latent slope[item] ~ LogNormal(0, 0.5)
    slope = pyro.sample("slope", exact.LogNormal(0.0, 0.5).expand([item]).to_event(1))
    # latent cuts[item]: ordered[cut] ~ Normal(0, 3)
    cuts = pyro.sample("cuts", exact.Ordered(dist.Normal(0.0, 3.0), cut).expand([item]).to_event(1))

    with pyro.plate("person", person, dim=-2), pyro.plate("item", item, dim=-1):
        # observed answer[p, i in item]: index(grade) ~ OrderedLogistic(slope[i] * trait[p], cuts[i])
        pyro.sample("answer", exact.OrderedLogistic(slope * trait[:, None], cuts), obs=data.answer)


joint = model  # nothing to sum out
