"""Batches within suppliers: variance components of a nested design."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    supplier, batch, sample = data.supplier, data.batch, data.sample

    # latent mu ~ Normal(0, 10)
    mu = pyro.sample("mu", dist.Normal(0.0, 10.0))
    # latent sd_supplier, sd_batch, sd_sample ~ HalfCauchy(1)
    sd_supplier = pyro.sample("sd_supplier", exact.HalfCauchy(1.0))
    sd_batch = pyro.sample("sd_batch", exact.HalfCauchy(1.0))
    sd_sample = pyro.sample("sd_sample", exact.HalfCauchy(1.0))
    # latent theta[s] ~ Normal(mu, sd_supplier)
    theta = pyro.sample("theta", dist.Normal(mu, sd_supplier).expand([supplier]).to_event(1))
    # latent eta[s, b] ~ Normal(theta[s], sd_batch)
    eta = pyro.sample(
        "eta", dist.Normal(theta[:, None], sd_batch).expand([supplier, batch]).to_event(2)
    )

    with (
        pyro.plate("supplier", supplier, dim=-3),
        pyro.plate("batch", batch, dim=-2),
        pyro.plate("sample", sample, dim=-1),
    ):
        # observed y[s, b, k in sample] ~ Normal(eta[s, b], sd_sample)
        pyro.sample("y", dist.Normal(eta[:, :, None], sd_sample), obs=data.y)


joint = model  # nothing to sum out
