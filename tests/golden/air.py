"""Respiratory illness by a pollutant that was measured with error."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    class_ = data.class_

    # latent theta[2] ~ Normal(0, 30)
    theta = pyro.sample("theta", dist.Normal(0.0, 30.0).expand([2]).to_event(1))
    # latent level[j] ~ Normal(a + b * gauge[j], error)
    level = pyro.sample(
        "level", dist.Normal(data.a + data.b * data.gauge, data.error).expand([class_]).to_event(1)
    )

    with pyro.plate("class_", class_, dim=-1):
        # observed ill[j] ~ Binomial(children[j], logits=theta[0] + theta[1] * level[j])
        pyro.sample(
            "ill", exact.BinomialLogits(data.children, theta[0] + theta[1] * level), obs=data.ill
        )


joint = model  # nothing to sum out
