"""Intercepts and slopes that vary by group together, not centred."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N, group, part = data.N, data.group, data.part

    # latent centre[part] ~ Normal(0, 2)
    centre = pyro.sample("centre", dist.Normal(0.0, 2.0).expand([part]).to_event(1))
    # latent spread[part] ~ HalfNormal(1)
    spread = pyro.sample("spread", exact.HalfNormal(1.0).expand([part]).to_event(1))
    # latent corr ~ LKJCholesky(part, 2)
    corr = pyro.sample("corr", exact.LKJCholesky(part, 2.0))
    # latent raw[group, part] ~ Normal(0, 1)
    raw = pyro.sample("raw", dist.Normal(0.0, 1.0).expand([group, part]).to_event(2))
    # latent sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0))
    # let tril = diag(spread) @ corr
    tril = torch.diag_embed(spread) @ corr
    # let coef[g in group] = centre + tril @ raw[g]
    coef = centre + raw @ tril.T  # group

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Normal(coef[of[n], 0] + coef[of[n], 1] * x[n], sigma)
        pyro.sample(
            "y", dist.Normal(coef[data.of, 0] + coef[data.of, 1] * data.x, sigma), obs=data.y
        )


joint = model  # nothing to sum out
