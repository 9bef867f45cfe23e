"""Heights of children, a Gompertz curve for each."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    child, age_ = data.child, data.age_

    # latent top[child] ~ Normal(170, 10)
    top = pyro.sample("top", dist.Normal(170.0, 10.0).expand([child]).to_event(1))
    # latent late ~ LogNormal(0.5, 0.3)
    late = pyro.sample("late", exact.LogNormal(0.5, 0.3))
    # latent pace ~ LogNormal(-1, 0.5)
    pace = pyro.sample("pace", exact.LogNormal(-1.0, 0.5))
    # latent sigma ~ HalfNormal(3)
    sigma = pyro.sample("sigma", exact.HalfNormal(3.0))

    with pyro.plate("child", child, dim=-2), pyro.plate("age_", age_, dim=-1):
        # observed height[c, a] ~ Normal(top[c] * exp(-late * exp(-pace * years[a])), sigma)
        pyro.sample(
            "height",
            dist.Normal(
                top[:, None] * torch.exp(-late * torch.exp(-pace * data.years)), sigma
            ).mask(data.height_seen != 0),
            obs=data.height,
        )


joint = model  # nothing to sum out
