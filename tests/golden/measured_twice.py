"""Two methods measure the same, each with its own error: what is the truth?."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    N = data.N

    # latent mean ~ Normal(0, 10)
    mean = pyro.sample("mean", dist.Normal(0.0, 10.0))
    # latent spread, error_a, error_b ~ HalfNormal(2)
    spread = pyro.sample("spread", exact.HalfNormal(2.0))
    error_a = pyro.sample("error_a", exact.HalfNormal(2.0))
    error_b = pyro.sample("error_b", exact.HalfNormal(2.0))
    # latent shift ~ Normal(0, 1)
    shift = pyro.sample("shift", dist.Normal(0.0, 1.0))
    # latent truth[n] ~ Normal(mean, spread)
    truth = pyro.sample("truth", dist.Normal(mean, spread).expand([N]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # observed a[n] ~ Normal(truth[n], error_a)
        pyro.sample("a", dist.Normal(truth, error_a).mask(data.a_seen != 0), obs=data.a)
        # observed b[n] ~ Normal(truth[n] + shift, error_b)
        pyro.sample("b", dist.Normal(truth + shift, error_b).mask(data.b_seen != 0), obs=data.b)


joint = model  # nothing to sum out
