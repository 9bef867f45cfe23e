"""Yields of dyestuff by batch: two variances."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    batch, sample = data.batch, data.sample

    # latent mean ~ Normal(1500, 200)
    mean = pyro.sample("mean", dist.Normal(1500.0, 200.0))
    # latent between, within ~ HalfNormal(100)
    between = pyro.sample("between", exact.HalfNormal(100.0))
    within = pyro.sample("within", exact.HalfNormal(100.0))
    # latent level[batch] ~ Normal(mean, between)
    level = pyro.sample("level", dist.Normal(mean, between).expand([batch]).to_event(1))

    with pyro.plate("batch", batch, dim=-2), pyro.plate("sample", sample, dim=-1):
        # observed yield_[b in batch, s in sample] ~ Normal(level[b], within)
        pyro.sample("yield_", dist.Normal(level[:, None], within), obs=data.yield_)


joint = model  # nothing to sum out
