"""The Rasch model: persons of different ability, items of different difficulty."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    answer, person, item = data.answer, data.person, data.item

    # latent ability[person] ~ Normal(0, 1)
    ability = pyro.sample("ability", dist.Normal(0.0, 1.0).expand([person]).to_event(1))
    # latent centre ~ Normal(0, 2)
    centre = pyro.sample("centre", dist.Normal(0.0, 2.0))
    # latent spread ~ HalfNormal(1)
    spread = pyro.sample("spread", exact.HalfNormal(1.0))
    # latent difficulty[item] ~ Normal(centre, spread)
    difficulty = pyro.sample("difficulty", dist.Normal(centre, spread).expand([item]).to_event(1))

    with pyro.plate("answer", answer, dim=-1):
        # observed right[a in answer] ~ Bernoulli(logits=ability[who[a]] - difficulty[what[a]])
        pyro.sample(
            "right",
            exact.BernoulliLogits(ability[data.who] - difficulty[data.what]),
            obs=data.right,
        )


joint = model  # nothing to sum out
