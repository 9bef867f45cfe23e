"""A law changed in some states: the difference of the differences."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    row, state, year = data.row, data.state, data.year

    # latent effect ~ Normal(0, 1)
    effect = pyro.sample("effect", dist.Normal(0.0, 1.0))
    # latent sd_state, sigma ~ HalfNormal(1)
    sd_state = pyro.sample("sd_state", exact.HalfNormal(1.0))
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # latent by_state[state] ~ Normal(0, sd_state)
    by_state = pyro.sample("by_state", dist.Normal(0.0, sd_state).expand([state]).to_event(1))
    # latent by_year[year] ~ Normal(0, 5)
    by_year = pyro.sample("by_year", dist.Normal(0.0, 5.0).expand([year]).to_event(1))

    with pyro.plate("row", row, dim=-1):
        # observed y[r in row] ~ Normal(by_state[of[r]] + by_year[at[r]] + effect * law[r], sigma)
        pyro.sample(
            "y",
            dist.Normal(by_state[data.of] + by_year[data.at] + effect * data.law, sigma),
            obs=data.y,
        )


joint = model  # nothing to sum out
