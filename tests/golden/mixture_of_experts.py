"""Two regressions, chosen by the predictor itself."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import states, sum_out


def model(data):
    N, D, K = data.N, data.D, data.K

    # latent gate[D] ~ Normal(0, 2)
    gate = pyro.sample("gate", dist.Normal(0.0, 2.0).expand([D]).to_event(1))
    # latent beta[K, D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([K, D]).to_event(2))
    # latent sigma[K] ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0).expand([K]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # latent expert[n] ~ Bernoulli(logits=x[n] @ gate)
        log_expert = (
            exact.BernoulliLogits((data.x @ gate)[:, None]).log_prob(torch.arange(2))
            + states("expert", N, 2)
        )
        # observed y[n] ~ Normal(x[n] @ beta[expert[n]], sigma[expert[n]])
        log_y = dist.Normal(
            (data.x[:, None] * beta[torch.arange(2)]).sum(-1), sigma[torch.arange(2)]
        ).log_prob(data.y[:, None])
        pyro.factor("y", sum_out(log_expert + log_y))  # N


@config_enumerate
def joint(data):
    N, D, K = data.N, data.D, data.K

    # latent gate[D] ~ Normal(0, 2)
    gate = pyro.sample("gate", dist.Normal(0.0, 2.0).expand([D]).to_event(1))
    # latent beta[K, D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([K, D]).to_event(2))
    # latent sigma[K] ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0).expand([K]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # latent expert[n] ~ Bernoulli(logits=x[n] @ gate)
        expert = pyro.sample("expert", exact.BernoulliLogits(data.x @ gate))
        # observed y[n] ~ Normal(x[n] @ beta[expert[n]], sigma[expert[n]])
        pyro.sample("y", dist.Normal((data.x * beta[expert]).sum(-1), sigma[expert]), obs=data.y)
