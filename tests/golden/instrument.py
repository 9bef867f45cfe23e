"""An instrument: the error of what is bought and that of its price move together."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact
from genlang.runtime.reductions import stack


def model(data):
    N, part = data.N, data.part

    # latent a, b, c, d ~ Normal(0, 2)
    a = pyro.sample("a", dist.Normal(0.0, 2.0))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    c = pyro.sample("c", dist.Normal(0.0, 2.0))
    d = pyro.sample("d", dist.Normal(0.0, 2.0))
    # latent corr ~ LKJCholesky(part, 2)
    corr = pyro.sample("corr", exact.LKJCholesky(part, 2.0))
    # latent sd[part] ~ HalfNormal(1)
    sd = pyro.sample("sd", exact.HalfNormal(1.0).expand([part]).to_event(1))
    # let tril = diag(sd) @ corr
    tril = torch.diag_embed(sd) @ corr

    with pyro.plate("N", N, dim=-1):
        # observed both[n in N]: real[part] ~ MultivariateNormal(
        #     [a + b * z[n], c + d * (a + b * z[n])], scale_tril=tril
        # )
        pyro.sample(
            "both",
            dist.MultivariateNormal(
                stack([a + b * data.z, c + d * (a + b * data.z)], -1), scale_tril=tril
            ),
            obs=data.both,
        )


joint = model  # nothing to sum out
