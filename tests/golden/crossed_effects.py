"""Answers crossed by subject and by item, each with an effect of its own."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    trial, subject, item = data.trial, data.subject, data.item

    # latent mean ~ Normal(6, 2)
    mean = pyro.sample("mean", dist.Normal(6.0, 2.0))
    # latent sd_subject, sd_item, sigma ~ HalfNormal(1)
    sd_subject = pyro.sample("sd_subject", exact.HalfNormal(1.0))
    sd_item = pyro.sample("sd_item", exact.HalfNormal(1.0))
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # latent by_subject[subject] ~ Normal(0, sd_subject)
    by_subject = pyro.sample(
        "by_subject", dist.Normal(0.0, sd_subject).expand([subject]).to_event(1)
    )
    # latent by_item[item] ~ Normal(0, sd_item)
    by_item = pyro.sample("by_item", dist.Normal(0.0, sd_item).expand([item]).to_event(1))

    with pyro.plate("trial", trial, dim=-1):
        # observed time[t in trial] ~ LogNormal(mean + by_subject[who[t]] + by_item[what[t]], sigma)
        pyro.sample(
            "time",
            exact.LogNormal(mean + by_subject[data.who] + by_item[data.what], sigma),
            obs=data.time,
        )


joint = model  # nothing to sum out
