"""Antibodies after a vaccination fall with the time, by child."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    row, child = data.row, data.child

    # latent a0, b0, gamma ~ Normal(0, 10)
    a0 = pyro.sample("a0", dist.Normal(0.0, 10.0))
    b0 = pyro.sample("b0", dist.Normal(0.0, 10.0))
    gamma = pyro.sample("gamma", dist.Normal(0.0, 10.0))
    # latent sd_a, sd_b, sigma ~ HalfCauchy(1)
    sd_a = pyro.sample("sd_a", exact.HalfCauchy(1.0))
    sd_b = pyro.sample("sd_b", exact.HalfCauchy(1.0))
    sigma = pyro.sample("sigma", exact.HalfCauchy(1.0))
    # latent a[child] ~ Normal(a0, sd_a)
    a = pyro.sample("a", dist.Normal(a0, sd_a).expand([child]).to_event(1))
    # latent b[child] ~ Normal(b0, sd_b)
    b = pyro.sample("b", dist.Normal(b0, sd_b).expand([child]).to_event(1))
    # let mean = a[who[r]] + b[who[r]] * (log_days[r] - 6.5) + gamma * (log_start[who[r]] - 5)
    mean = (
        a[data.who] + b[data.who] * (data.log_days - 6.5) + gamma * (data.log_start[data.who] - 5)
    )

    with pyro.plate("row", row, dim=-1):
        # observed log_titre[r] ~ Normal(mean, sigma)
        pyro.sample("log_titre", dist.Normal(mean, sigma), obs=data.log_titre)


joint = model  # nothing to sum out
