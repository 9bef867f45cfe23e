"""A mixture of as many components as needed: a stick broken four times at most."""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_categorical, states, sum_out


def model(data):
    N, K, stick = data.N, data.K, data.stick
    k = torch.arange(K)

    # latent concentration ~ Gamma(shape=2, rate=1)
    concentration = pyro.sample("concentration", exact.Gamma(2.0, 1.0))
    # latent broken[stick] ~ Beta(1, concentration)
    broken = pyro.sample("broken", exact.Beta(1.0, concentration).expand([stick]).to_event(1))
    # let left = concat([1], cumprod(1 - broken))
    left = exact.concat([torch.tensor([1]), torch.cumprod(1 - broken, -1)], 1)
    # let last = concat(broken, [1])
    last = exact.concat([broken, torch.tensor([1])], 1)
    # let share[k in K] = left[k] * last[k]
    share = left[k] * last[k]  # K
    # latent mean: ordered[K] ~ Normal(0, 3)
    mean = pyro.sample("mean", exact.Ordered(dist.Normal(0.0, 3.0), K))

    with pyro.plate("N", N, dim=-1):
        # latent group[n] ~ Categorical(weights=share)
        log_group = log_categorical(exact.normalized(share)) + states("group", N, K)  # N group
        # observed y[n] ~ Normal(mean[group[n]], 0.5)
        log_y = dist.Normal(mean, 0.5).log_prob(data.y[:, None])  # N group
        pyro.factor("y", sum_out(log_group + log_y))  # N


@config_enumerate
def joint(data):
    N, K, stick = data.N, data.K, data.stick
    k = torch.arange(K)

    # latent concentration ~ Gamma(shape=2, rate=1)
    concentration = pyro.sample("concentration", exact.Gamma(2.0, 1.0))
    # latent broken[stick] ~ Beta(1, concentration)
    broken = pyro.sample("broken", exact.Beta(1.0, concentration).expand([stick]).to_event(1))
    # let left = concat([1], cumprod(1 - broken))
    left = exact.concat([torch.tensor([1]), torch.cumprod(1 - broken, -1)], 1)
    # let last = concat(broken, [1])
    last = exact.concat([broken, torch.tensor([1])], 1)
    # let share[k in K] = left[k] * last[k]
    share = left[k] * last[k]  # K
    # latent mean: ordered[K] ~ Normal(0, 3)
    mean = pyro.sample("mean", exact.Ordered(dist.Normal(0.0, 3.0), K))

    with pyro.plate("N", N, dim=-1):
        # latent group[n] ~ Categorical(weights=share)
        group = pyro.sample("group", exact.Categorical(exact.normalized(share)))
        # observed y[n] ~ Normal(mean[group[n]], 0.5)
        pyro.sample("y", dist.Normal(mean[group], 0.5), obs=data.y)
