"""Seeds that germinate: a factorial design with overdispersion by plate."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    plate_ = data.plate_

    # latent a0, a1, a2, a12 ~ Normal(0, 10)
    a0 = pyro.sample("a0", dist.Normal(0.0, 10.0))
    a1 = pyro.sample("a1", dist.Normal(0.0, 10.0))
    a2 = pyro.sample("a2", dist.Normal(0.0, 10.0))
    a12 = pyro.sample("a12", dist.Normal(0.0, 10.0))
    # latent sigma ~ Uniform(0, 10)
    sigma = pyro.sample("sigma", exact.Uniform(0.0, 10.0))
    # latent b[p] ~ Normal(0, sigma)
    b = pyro.sample("b", dist.Normal(0.0, sigma).expand([plate_]).to_event(1))
    # let eta = a0 + a1 * seed[p] + a2 * extract[p] + a12 * seed[p] * extract[p] + b[p]
    eta = a0 + a1 * data.seed + a2 * data.extract + a12 * data.seed * data.extract + b  # plate_

    with pyro.plate("plate_", plate_, dim=-1):
        # observed sprouted[p] ~ Binomial(planted[p], logits=eta)
        pyro.sample("sprouted", exact.BinomialLogits(data.planted, eta), obs=data.sprouted)


joint = model  # nothing to sum out
