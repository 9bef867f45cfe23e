"""Radon in houses: an intercept for each county, drawn around a line in the county's uranium."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    house, county = data.house, data.county

    # latent a, b, effect ~ Normal(0, 5)
    a = pyro.sample("a", dist.Normal(0.0, 5.0))
    b = pyro.sample("b", dist.Normal(0.0, 5.0))
    effect = pyro.sample("effect", dist.Normal(0.0, 5.0))
    # latent between, within ~ HalfNormal(1)
    between = pyro.sample("between", exact.HalfNormal(1.0))
    within = pyro.sample("within", exact.HalfNormal(1.0))
    # latent base[c in county] ~ Normal(a + b * uranium[c], between)
    base = pyro.sample(
        "base", dist.Normal(a + b * data.uranium, between).expand([county]).to_event(1)
    )

    with pyro.plate("house", house, dim=-1):
        # observed radon[h in house] ~ Normal(base[of[h]] + effect * floor_[h], within)
        pyro.sample(
            "radon", dist.Normal(base[data.of] + effect * data.floor_, within), obs=data.radon
        )


joint = model  # nothing to sum out
