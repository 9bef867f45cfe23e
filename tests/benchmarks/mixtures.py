"""Gaussian mixtures: one gradient of the marginal likelihood of 100,000 rows."""

import importlib.util
import warnings
from collections.abc import Iterator

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import TraceEnum_ELBO
from torch import Tensor

from tests.benchmarks.measure import Case, Contender, Values, compiled, gradient_of

DIAGONAL = """
dim N, D, K = 8
param weight: simplex[K]
param mu[K, D]: real
param scale[K, D]: positive
for n in N:
    latent z[n] ~ Categorical(weight)
    observed y[n, d in D] ~ Normal(mu[z[n], d], scale[z[n], d])
"""
FULL = """
dim N, D, K = 8
param weight: simplex[K]
param mu[K]: real[D]
param scale[K]: cholesky_cov[D]
for n in N:
    latent z[n] ~ Categorical(weight)
    observed y[n]: real[D] ~ MultivariateNormal(mu[z[n]], scale_tril=scale[z[n]])
"""
ROWS, STATES = 100_000, 8


def _law(mu: Tensor, scale: Tensor) -> dist.TorchDistribution:
    if scale.dim() > mu.dim():
        return dist.MultivariateNormal(mu, scale_tril=scale)
    return dist.Normal(mu, scale).to_event(1)


def _pyro(y: Tensor, values: Values) -> Tensor:
    def model() -> None:
        with pyro.plate("N", len(y), dim=-1):
            law = dist.Categorical(values["weight"])
            z = pyro.sample("z", law, infer={"enumerate": "parallel"})
            pyro.sample("y", _law(values["mu"][z], values["scale"][z]), obs=y)

    loss: Tensor = TraceEnum_ELBO(max_plate_nesting=1).differentiable_loss(model, lambda: None)
    return -loss


def _textbook(y: Tensor, values: Values) -> Tensor:
    rows = _law(values["mu"], values["scale"]).log_prob(y[:, None])
    return torch.logsumexp(rows + values["weight"].log(), -1).sum()


def _values(leaves: Values) -> Values:
    scale = leaves["scale"]
    full = scale.dim() == 3
    return {
        "weight": leaves["weight"].softmax(-1),
        "mu": leaves["mu"],
        "scale": scale.tril(-1) + scale.diagonal(dim1=-2, dim2=-1).exp().diag_embed()
        if full else scale.exp(),
    }  # fmt: skip


def _leaves(dims: int, *, full: bool) -> Values:
    torch.manual_seed(2)
    scale = 0.1 * torch.randn(STATES, dims, *[dims] * full)
    return {"weight": torch.randn(STATES), "mu": 2 * torch.randn(STATES, dims), "scale": scale}


def _em(y: np.ndarray, leaves: Values, *, full: bool) -> Contender:
    """One iteration of EM by scikit-learn, from the same point."""
    from sklearn.mixture import GaussianMixture

    values = _values(leaves)
    scale = values["scale"]
    inverse = torch.linalg.inv(scale @ scale.mT) if full else scale**-2
    mixture = GaussianMixture(
        STATES, covariance_type="full" if full else "diag", max_iter=1,
        weights_init=values["weight"].numpy(), means_init=values["mu"].numpy(),
        precisions_init=inverse.numpy(),
    )  # fmt: skip

    def run() -> tuple[float, ...]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mixture.fit(y)
        return (float(mixture.lower_bound_),)

    return Contender("scikit-learn, fit with one EM iteration", run, same=False)


def cases(*, quick: bool) -> Iterator[Case]:
    """Four rows: two and sixteen dims, diagonal and full covariance."""
    rows = 200 if quick else ROWS
    for dims in (2, 16):
        for full in (False, True):
            rng = np.random.default_rng(dims)
            centres = 2 * rng.normal(size=(STATES, dims))
            y = centres[rng.integers(0, STATES, rows)] + rng.normal(size=(rows, dims))
            tensor, leaves = torch.from_numpy(y), _leaves(dims, full=full)
            contenders = {
                "genlang": compiled(FULL if full else DIAGONAL, {"y": y}),
                "Pyro enumeration": lambda v, y=tensor: _pyro(y, v),
                "textbook torch": lambda v, y=tensor: _textbook(y, v),
            }
            found = [Contender(n, gradient_of(f, leaves, _values)) for n, f in contenders.items()]
            if importlib.util.find_spec("sklearn"):
                found.append(_em(y, leaves, full=full))
            kind = "full" if full else "diagonal"
            yield Case(f"mixture gradient, D = {dims} {kind}", tuple(found))
