"""Meta-analysis of beta blockers by log odds, and the effect in a new trial."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    trial = data.trial

    # latent mean ~ Normal(0, 10)
    mean = pyro.sample("mean", dist.Normal(0.0, 10.0))
    # latent spread ~ HalfCauchy(1)
    spread = pyro.sample("spread", exact.HalfCauchy(1.0))
    # latent base[t] ~ Normal(0, 10)
    base = pyro.sample("base", dist.Normal(0.0, 10.0).expand([trial]).to_event(1))
    # latent effect[t] ~ StudentT(4, mean, spread)
    effect = pyro.sample("effect", exact.StudentT(4.0, mean, spread).expand([trial]).to_event(1))

    with pyro.plate("trial", trial, dim=-1):
        # observed deaths_control[t] ~ Binomial(n_control[t], logits=base[t])
        pyro.sample(
            "deaths_control", exact.BinomialLogits(data.n_control, base), obs=data.deaths_control
        )
        # observed deaths_treated[t] ~ Binomial(n_treated[t], logits=base[t] + effect[t])
        pyro.sample(
            "deaths_treated",
            exact.BinomialLogits(data.n_treated, base + effect),
            obs=data.deaths_treated,
        )


joint = model  # nothing to sum out


def after(data, values):
    mean, spread = values["mean"], values["spread"]

    # generated next_effect ~ StudentT(4, mean, spread)
    next_effect = pyro.sample("next_effect", exact.StudentT(4.0, mean, spread))
