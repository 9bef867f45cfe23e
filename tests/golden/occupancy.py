"""Site occupancy: an animal that is there may not be seen on every visit."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import only, states, sum_out


def model(data):
    site, visit = data.site, data.visit

    site_plate = pyro.plate("site", site, dim=-1)

    # latent a, b, c, d ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    c = pyro.sample("c", dist.Normal(0.0, 2.0))
    d = pyro.sample("d", dist.Normal(0.0, 2.0))

    with site_plate:
        # latent occupied[s] ~ Bernoulli(logits=a + b * forest[s])
        log_occupied = (
            exact.BernoulliLogits((a + b * data.forest)[:, None]).log_prob(torch.arange(2))
            + states("occupied", site, 2)
        )

    with pyro.plate("site_2", site, dim=-2), pyro.plate("visit", visit, dim=-1):
        # observed seen[s, v] ~ Bernoulli(occupied[s] * sigmoid(c + d * rain[s, v]))
        log_seen = only(
            (data.seen_seen != 0)[:, :, None],
            exact.Bernoulli(
                torch.arange(2) * torch.sigmoid(c + d * data.rain)[:, :, None]
            ).log_prob(data.seen[:, :, None]),
        )

    with site_plate:
        pyro.factor("seen", sum_out(log_occupied + log_seen.sum(-2)))  # site


@config_enumerate
def joint(data):
    site, visit = data.site, data.visit

    site_plate = pyro.plate("site", site, dim=-2)

    # latent a, b, c, d ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    c = pyro.sample("c", dist.Normal(0.0, 2.0))
    d = pyro.sample("d", dist.Normal(0.0, 2.0))

    with site_plate:
        # latent occupied[s] ~ Bernoulli(logits=a + b * forest[s])
        occupied = pyro.sample("occupied", exact.BernoulliLogits((a + b * data.forest)[:, None]))

    with site_plate, pyro.plate("visit", visit, dim=-1):
        # observed seen[s, v] ~ Bernoulli(occupied[s] * sigmoid(c + d * rain[s, v]))
        pyro.sample(
            "seen",
            exact.Bernoulli(occupied * torch.sigmoid(c + d * data.rain)).mask(data.seen_seen != 0),
            obs=data.seen,
        )
