"""Signal detection: hits and false alarms of subjects, in a hierarchy."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    subject = data.subject

    # latent centre[2] ~ Normal(0, 2)
    centre = pyro.sample("centre", dist.Normal(0.0, 2.0).expand([2]).to_event(1))
    # latent spread[2] ~ HalfNormal(1)
    spread = pyro.sample("spread", exact.HalfNormal(1.0).expand([2]).to_event(1))
    # latent d[s] ~ Normal(centre[0], spread[0])
    d = pyro.sample("d", dist.Normal(centre[0], spread[0]).expand([subject]).to_event(1))
    # latent bias[s] ~ Normal(centre[1], spread[1])
    bias = pyro.sample("bias", dist.Normal(centre[1], spread[1]).expand([subject]).to_event(1))

    with pyro.plate("subject", subject, dim=-1):
        # observed hits[s] ~ Binomial(old[s], normal_cdf(d[s] / 2 - bias[s]))
        pyro.sample("hits", exact.Binomial(data.old, exact.normal_cdf(d / 2 - bias)), obs=data.hits)
        # observed alarms[s] ~ Binomial(new[s], normal_cdf(-d[s] / 2 - bias[s]))
        pyro.sample(
            "alarms", exact.Binomial(data.new, exact.normal_cdf(-d / 2 - bias)), obs=data.alarms
        )


joint = model  # nothing to sum out
