"""Output of firms falls short of what is possible by a positive gap."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    firm, D = data.firm, data.D

    # latent beta[D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([D]).to_event(1))
    # latent noise ~ HalfNormal(1)
    noise = pyro.sample("noise", exact.HalfNormal(1.0))
    # latent mean_gap ~ HalfNormal(1)
    mean_gap = pyro.sample("mean_gap", exact.HalfNormal(1.0))
    # latent gap[f] ~ Exponential(1 / mean_gap)
    gap = pyro.sample("gap", exact.Exponential(1 / mean_gap).expand([firm]).to_event(1))

    with pyro.plate("firm", firm, dim=-1):
        # observed log_output[f] ~ Normal(x[f] @ beta - gap[f], noise)
        pyro.sample("log_output", dist.Normal(data.x @ beta - gap, noise), obs=data.log_output)


joint = model  # nothing to sum out
