"""Two imperfect tests of a disease that is never seen (Hui-Walter), in herds of different health."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_bernoulli, states, sum_out


def model(data):
    animal, herd = data.animal, data.herd

    # latent common[herd] ~ Beta(1, 1)
    common = pyro.sample("common", exact.Beta(1.0, 1.0).expand([herd]).to_event(1))
    # latent sens, spec ~ Beta(9, 1)
    sens = pyro.sample("sens", exact.Beta(9.0, 1.0))
    spec = pyro.sample("spec", exact.Beta(9.0, 1.0))
    # latent sens_other, spec_other ~ Beta(7, 3)
    sens_other = pyro.sample("sens_other", exact.Beta(7.0, 3.0))
    spec_other = pyro.sample("spec_other", exact.Beta(7.0, 3.0))

    with pyro.plate("animal", animal, dim=-1):
        # latent ill[a] ~ Bernoulli(common[of[a]])
        log_ill = log_bernoulli(common[data.of]) + states("ill", animal, 2)  # animal ill
        # observed test[a] ~ Bernoulli(sens if ill[a] else 1 - spec)
        log_test = exact.Bernoulli(
            torch.where(torch.arange(2) != 0, sens, 1 - spec)
        ).log_prob(data.test[:, None])
        # observed other[a] ~ Bernoulli(sens_other if ill[a] else 1 - spec_other)
        log_other = exact.Bernoulli(
            torch.where(torch.arange(2) != 0, sens_other, 1 - spec_other)
        ).log_prob(data.other[:, None])
        pyro.factor("test,other", sum_out(log_ill + log_test + log_other))  # animal


@config_enumerate
def joint(data):
    animal, herd = data.animal, data.herd

    # latent common[herd] ~ Beta(1, 1)
    common = pyro.sample("common", exact.Beta(1.0, 1.0).expand([herd]).to_event(1))
    # latent sens, spec ~ Beta(9, 1)
    sens = pyro.sample("sens", exact.Beta(9.0, 1.0))
    spec = pyro.sample("spec", exact.Beta(9.0, 1.0))
    # latent sens_other, spec_other ~ Beta(7, 3)
    sens_other = pyro.sample("sens_other", exact.Beta(7.0, 3.0))
    spec_other = pyro.sample("spec_other", exact.Beta(7.0, 3.0))

    with pyro.plate("animal", animal, dim=-1):
        # latent ill[a] ~ Bernoulli(common[of[a]])
        ill = pyro.sample("ill", exact.Bernoulli(common[data.of]))
        # observed test[a] ~ Bernoulli(sens if ill[a] else 1 - spec)
        pyro.sample("test", exact.Bernoulli(torch.where(ill != 0, sens, 1 - spec)), obs=data.test)
        # observed other[a] ~ Bernoulli(sens_other if ill[a] else 1 - spec_other)
        pyro.sample(
            "other",
            exact.Bernoulli(torch.where(ill != 0, sens_other, 1 - spec_other)),
            obs=data.other,
        )
