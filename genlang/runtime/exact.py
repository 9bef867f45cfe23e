"""What emitted programs call `exact.Name`: distributions that are exact at zeros, edges and tails.

Log probability is -inf outside supports and at probability 0, with gradient 0; large parameters
lose no digits. `real`, `student`, `positive`, `gammas`, `finite`, `trials`, `counts`, `vectors`,
`multivariate`, `matrices`, `elements` and `truncation` hold them; `tails` and `arrays` have
functions.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.around import Censored, Clipped, Hurdle, Interval, ZeroInflated
from genlang.runtime.arrays import (
    concat,
    interpolate,
    linspace,
    matern32,
    matern52,
    periodic,
    quad_form,
    rbf,
    solve_triangular,
)
from genlang.runtime.counts import (
    Geometric,
    NegativeBinomial,
    NegativeBinomialLog,
    Poisson,
    PoissonLog,
)
from genlang.runtime.either import Either
from genlang.runtime.elements import Baseline, Each, FlatOn, Ordered
from genlang.runtime.finite import (
    Bernoulli,
    BernoulliLogits,
    Categorical,
    CategoricalLogits,
    Delta,
    DiscreteUniform,
    OrderedLogistic,
)
from genlang.runtime.gammas import Beta, Chi2, Gamma, InverseGamma
from genlang.runtime.guards import within
from genlang.runtime.law import NOTHING
from genlang.runtime.matrices import LKJ, InverseWishart, LKJCholesky, Wishart
from genlang.runtime.mixture import Mixture
from genlang.runtime.multivariate import (
    GaussianProcess,
    LowRankMultivariateNormal,
    MultivariateStudentT,
    ZeroSumNormal,
)
from genlang.runtime.partly import partly_seen
from genlang.runtime.positive import (
    Exponential,
    HalfCauchy,
    HalfNormal,
    LogNormal,
    Pareto,
    Weibull,
)
from genlang.runtime.real import (
    AsymmetricLaplace,
    Cauchy,
    Flat,
    Gumbel,
    Kumaraswamy,
    Logistic,
    Uniform,
    VonMises,
)
from genlang.runtime.sets import baseline, cholesky_cov, cov, unit_vector
from genlang.runtime.skew import SkewNormal
from genlang.runtime.special import lbeta, lchoose, log1m_exp, logsumexp
from genlang.runtime.student import HalfStudentT, StudentT
from genlang.runtime.tails import cdf, log_cdf, log_sf
from genlang.runtime.trials import BetaBinomial, Binomial, BinomialLogits, Hypergeometric
from genlang.runtime.truncation import truncated
from genlang.runtime.vectors import (
    Dirichlet,
    DirichletMultinomial,
    Multinomial,
    MultivariateNormal,
)

__all__ = [
    "LKJ", "AsymmetricLaplace", "Baseline", "Bernoulli", "BernoulliLogits", "Beta",
    "BetaBinomial", "Binomial", "BinomialLogits", "Categorical", "CategoricalLogits", "Cauchy",
    "Censored", "Chi2", "Clipped", "Delta", "Dirichlet", "DirichletMultinomial",
    "DiscreteUniform", "Each", "Exponential", "Flat", "FlatOn", "Gamma", "GaussianProcess",
    "Geometric", "Gumbel", "HalfCauchy", "HalfNormal", "HalfStudentT", "Hurdle", "Hypergeometric",
    "Interval", "InverseGamma", "InverseWishart", "Kumaraswamy", "LKJCholesky", "LogNormal",
    "Logistic", "LowRankMultivariateNormal", "Mixture", "Multinomial", "MultivariateNormal",
    "MultivariateStudentT", "NegativeBinomial", "NegativeBinomialLog", "Ordered",
    "OrderedLogistic", "Pareto", "Poisson", "PoissonLog", "SkewNormal", "StudentT", "Uniform",
    "VonMises", "Weibull", "Wishart", "ZeroInflated", "ZeroSumNormal", "baseline", "cdf",
    "choice", "cholesky_cov", "clamp", "concat", "cov", "interpolate", "inv_cloglog", "lbeta",
    "lchoose", "linspace", "log1m_exp", "log_sf", "logsumexp", "matern32", "matern52",
    "normalized", "one_hot", "partly_seen", "periodic", "quad_form", "rbf", "solve_triangular",
    "truncated", "unit_vector", "within",
]  # fmt: skip


def normalized(weights: Tensor) -> Tensor:
    """Return weights divided by their sum over the last axis."""
    return weights / weights.sum(-1, keepdim=True)


def one_hot(position: Tensor | int, size: int) -> Tensor:
    """Return vectors with 1 at a position and 0 elsewhere."""
    return torch.nn.functional.one_hot(torch.as_tensor(position), size).double()


def full(size: int, value: Tensor) -> Tensor:
    """Return vectors of equal elements, [..., size]; torch.full takes numbers only."""
    return value[..., None].expand(*value.shape, size)


def clamp(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return x between two ends, all of which broadcast (torch.clamp keeps the shape of x)."""
    return torch.minimum(torch.maximum(x, low), high)


def normal_cdf(x: Tensor) -> Tensor:
    """Return P(Z < x) of a standard normal Z; torch's `ndtr` adds 1 to erf: 0 below -8.3."""
    return torch.erfc(-math.sqrt(0.5) * x) / 2


def inv_cloglog(x: Tensor) -> Tensor:
    """Return 1 - exp(-exp(x)); beyond 50 it is 1, and exp(x) would overflow in derivatives."""
    return -torch.expm1(-torch.exp(x.clamp(max=50.0)))


class Choice(dist.TorchDistribution):
    """One of two distributions, by a condition."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, test: Tensor, then: Any, otherwise: Any) -> None:
        self.test, self.then, self.otherwise = test, then, otherwise
        shape = torch.broadcast_shapes(test.shape, then.batch_shape, otherwise.batch_shape)
        super().__init__(shape, then.event_shape, validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        """The support of each cell's own distribution."""
        one, two = (scalar(p.support) for p in (self.then, self.otherwise))
        if _alike(one, two) or one.is_discrete or one.event_dim or two.event_dim:
            return self.then.support
        test = self.test.reshape((*self.test.shape, *[1] * len(self.event_shape)))
        return Either(test, one, two)

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]  # Pyro: a class attribute
        """As either distribution."""
        return bool(self.then.has_enumerate_support or self.otherwise.has_enumerate_support)

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis.

        Raises NotImplementedError where the two distributions have different values, or one has
        values without end.
        """
        for one, two in ((self.then, self.otherwise), (self.otherwise, self.then)):
            if not two.has_enumerate_support:  # a `Delta`, at one of the other's values
                values = one.enumerate_support(expand=False).flatten()
                if not (isinstance(two, Delta) and torch.isin(two.x, values).all()):
                    message = "values of a part that Pyro cannot enumerate"
                    raise NotImplementedError(message)
                ones = [1] * len(self.batch_shape)
                values = values.reshape(-1, *ones)
                return values.expand(-1, *self.batch_shape) if expand else values
        then, otherwise = (p.enumerate_support(expand) for p in (self.then, self.otherwise))
        if then.shape != otherwise.shape or not torch.equal(then, otherwise):
            message = "the two distributions have different values"
            raise NotImplementedError(message)
        return then

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Choice":
        """Return the distribution over a larger batch."""
        shape = torch.Size(batch_shape)
        parts = (self.then.expand(shape), self.otherwise.expand(shape))
        return Choice(self.test.expand(shape), *parts)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density under the chosen distribution."""
        return torch.where(self.test, self.then.log_prob(value), self.otherwise.log_prob(value))

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return torch.where(self.test, log_cdf(self.then, value), log_cdf(self.otherwise, value))

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return torch.where(self.test, log_sf(self.then, value), log_sf(self.otherwise, value))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw from the chosen distribution."""
        test = self.test.reshape((*self.test.shape, *[1] * len(self.event_shape)))
        one, two = (p.sample(torch.Size(sample_shape)) for p in (self.then, self.otherwise))
        return torch.where(test, one, two)


def scalar(support: constraints.Constraint) -> constraints.Constraint:
    """Return a support without the dims that an array of independent draws adds to it."""
    while isinstance(support, constraints.independent):
        support = support.base_constraint
    return support


def _alike(one: constraints.Constraint, two: constraints.Constraint) -> bool:
    """Whether two sets are one, as far as numbers tell."""
    return type(one) is type(two) and all(
        a is b or (isinstance(a, float | int) and isinstance(b, float | int) and a == b)
        for a, b in zip(vars(one).values(), vars(two).values(), strict=True)
    )


def choice(test: Tensor, then: Any, otherwise: Any) -> dist.TorchDistribution:
    """Return `then` where the test holds, `otherwise` elsewhere."""
    return Choice(torch.as_tensor(test) != 0, then, otherwise)
