"""How many animals are at a site, by repeated counts that miss some."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import states, sum_out


def model(data):
    site, visit = data.site, data.visit

    site_plate = pyro.plate("site", site, dim=-1)

    # latent a, b ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    # latent detection ~ Uniform(0, 1)
    detection = pyro.sample("detection", exact.Uniform(0.0, 1.0))

    with site_plate:
        # latent animals[s] ~ Poisson(exp(a + b * cover[s]), upper=30)
        log_animals = (
            exact.truncated(
                exact.Poisson(torch.exp(a + b * data.cover)[:, None]), None, 30
            ).log_prob(torch.arange(31))
            + states("animals", site, 31)
        )

    with pyro.plate("site_2", site, dim=-2), pyro.plate("visit", visit, dim=-1):
        # observed counted[s, v in visit] ~ Binomial(animals[s], detection)
        log_counted = exact.Binomial(torch.arange(31), detection).log_prob(data.counted[:, :, None])

    with site_plate:
        pyro.factor("counted", sum_out(log_animals + log_counted.sum(-2)))  # site


@config_enumerate
def joint(data):
    site, visit = data.site, data.visit

    site_plate = pyro.plate("site", site, dim=-2)

    # latent a, b ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    # latent detection ~ Uniform(0, 1)
    detection = pyro.sample("detection", exact.Uniform(0.0, 1.0))

    with site_plate:
        # latent animals[s] ~ Poisson(exp(a + b * cover[s]), upper=30)
        animals = pyro.sample(
            "animals",
            exact.truncated(exact.Poisson(torch.exp(a + b * data.cover)[:, None]), None, 30),
        )

    with site_plate, pyro.plate("visit", visit, dim=-1):
        # observed counted[s, v in visit] ~ Binomial(animals[s], detection)
        pyro.sample("counted", exact.Binomial(animals, detection), obs=data.counted)
