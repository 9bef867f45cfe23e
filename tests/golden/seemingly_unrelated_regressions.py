"""Several outcomes regressed on the same predictors, with correlated errors."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    N, D, outcome = data.N, data.D, data.outcome

    # latent beta[outcome, D] ~ Normal(0, 2)
    beta = pyro.sample("beta", dist.Normal(0.0, 2.0).expand([outcome, D]).to_event(2))
    # latent corr ~ LKJCholesky(outcome, 2)
    corr = pyro.sample("corr", exact.LKJCholesky(outcome, 2.0))
    # latent sigma[outcome] ~ HalfNormal(1)
    sigma = pyro.sample("sigma", exact.HalfNormal(1.0).expand([outcome]).to_event(1))

    with pyro.plate("N", N, dim=-1):
        # observed y[n]: real[outcome] ~ MultivariateNormal(beta @ x[n], scale_tril=diag(sigma) @ corr)
        pyro.sample(
            "y",
            dist.MultivariateNormal(data.x @ beta.T, scale_tril=torch.diag_embed(sigma) @ corr),
            obs=data.y,
        )


joint = model  # nothing to sum out
