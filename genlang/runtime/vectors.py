"""Distributions of vectors: proportions and their counts."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.law import NOTHING, real, where_inside
from genlang.runtime.special import HALF_LOG_2PI, LARGE, deviance, lbeta, stirling


class Dirichlet(dist.TorchDistribution):
    """Proportions; an edge of the simplex is exact."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING
    support = constraints.simplex

    def __init__(self, concentration: Tensor) -> None:
        self.concentration = real(concentration)
        batch, event = self.concentration.shape[:-1], self.concentration.shape[-1:]
        super().__init__(batch, event, validate_args=False)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Dirichlet":
        """Return the distribution over a larger batch."""
        return Dirichlet(self.concentration.expand(*batch_shape, *self.event_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density with respect to all but the last element."""
        a, total = self.concentration, self.concentration.sum(-1)
        inside = (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)
        x = torch.where(value > 0, value, 0.5)
        large = (a >= LARGE) & (value > 0)
        small_a = torch.where(large, 1.0, a)
        large_a = torch.where(large, a, LARGE)
        whole = total[..., None]
        # Each element's share of lgamma(total) - sum(lgamma(a)) + sum((a - 1) log x).
        small = (small_a - 1) * x.log() - torch.lgamma(small_a) + small_a * (whole.log() - 1)
        gap = whole * x - large_a
        saddle = gap - deviance(large_a, whole * x, gap) + 0.5 * large_a.log() - x.log()
        saddle = saddle - HALF_LOG_2PI - stirling(large_a)
        edge = -torch.lgamma(small_a) + small_a * (whole.log() - 1)
        steep = torch.where(a > 1, -math.inf, math.inf)
        terms = torch.where(large, saddle, small)
        terms = torch.where(value == 0, torch.where(a == 1, edge, steep), terms)
        term = terms.sum(-1) - 0.5 * total.log() + HALF_LOG_2PI + stirling(total)
        return where_inside(inside, term)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw."""
        law = torch.distributions.Dirichlet(self.concentration.detach())
        return law.sample(torch.Size(sample_shape))


class Counts(dist.TorchDistribution):
    """Counts over the categories of the last axis that add up to a total."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING
    support = constraints.independent(constraints.nonnegative_integer, 1)

    def __init__(self, total: Tensor | float, weights: Tensor) -> None:
        self.total, self.weights = real(total), real(weights)
        batch = torch.broadcast_shapes(self.total.shape, self.weights.shape[:-1])
        super().__init__(batch, self.weights.shape[-1:], validate_args=False)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Counts":
        """Return the distribution over a larger batch."""
        shape = tuple(batch_shape)
        return type(self)(self.total.expand(shape), self.weights.expand(*shape, *self.event_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of counts, -inf where they do not add up to the total."""
        whole = (value == value.round()).all(-1)
        inside = (value >= 0).all(-1) & (value.sum(-1) == self.total) & whole
        return where_inside(inside, self.probability(torch.where(inside[..., None], value, 0.0)))

    @abstractmethod
    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of counts inside the support."""

    @abstractmethod
    def proportions(self, shape: tuple[int, ...]) -> Tensor:
        """Return the probabilities to draw with."""

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw counts, binomial by binomial."""
        shape = (*sample_shape, *self.batch_shape)
        left = self.total.detach().expand(shape)
        probs = self.proportions(shape)
        rest = torch.ones(shape)
        counts = []
        for i in range(probs.shape[-1]):
            last = i == probs.shape[-1] - 1
            share = (probs[..., i] / rest.clamp(min=1e-300)).clamp(0, 1)
            drawn = left if last else torch.binomial(left.contiguous(), share.contiguous())
            counts.append(drawn)
            left, rest = left - drawn, rest - probs[..., i]
        return torch.stack(counts, -1).long()


class Multinomial(Counts):
    """Counts of `total` independent draws with given probabilities."""

    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of counts inside the support."""
        total = k.sum(-1)
        some, n = k > 0, torch.where(total > 0, total, 1.0)
        mean = n[..., None] * self.weights
        x = torch.where(some, k, 1.0)
        # k log(n p) - k - lgamma(k + 1), by Stirling's formula with its error.
        term = (mean - x) - deviance(x, mean) - 0.5 * x.log() - HALF_LOG_2PI - stirling(x)
        term = torch.where(self.weights > 0, term, -math.inf)
        head = 0.5 * n.log() + HALF_LOG_2PI + stirling(n)
        return torch.where(total > 0, torch.where(some, term, 0.0).sum(-1) + head, 0.0)

    def proportions(self, shape: tuple[int, ...]) -> Tensor:
        """Return the probabilities to draw with."""
        return self.weights.detach().expand(*shape, *self.event_shape)


class DirichletMultinomial(Counts):
    """Multinomial counts whose probabilities are Dirichlet."""

    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of counts inside the support."""
        total, some = k.sum(-1), k > 0
        n, x = torch.where(total > 0, total, 1.0), torch.where(some, k, 1.0)
        # Gamma(k + a) / (Gamma(a) k!) is 1 / (k B(a, k)).
        terms = torch.where(some, x.log() + lbeta(self.weights, x), 0.0)
        head = n.log() + lbeta(self.weights.sum(-1), n)
        return torch.where(total > 0, head - terms.sum(-1), 0.0)

    def proportions(self, shape: tuple[int, ...]) -> Tensor:
        """Return the probabilities to draw with."""
        law = torch.distributions.Dirichlet(self.weights.detach())
        return law.expand(torch.Size(shape)).sample()


class MultivariateNormal(dist.MultivariateNormal):
    """By a covariance or a precision; where it is not positive definite the density is 0.

    Torch's raises there, and a search for a mode steps there now and then.
    """

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
    ) -> None:
        self.inside: Tensor | None = None
        if precision_matrix is not None:
            root, self.inside = factored(real(precision_matrix).flip(-2, -1))
            inverse = root.flip(-2, -1).mT
            eye = torch.eye(inverse.shape[-1], dtype=inverse.dtype)
            scale_tril = torch.linalg.solve_triangular(inverse, eye, upper=False)
        elif covariance_matrix is not None:
            scale_tril, self.inside = factored(real(covariance_matrix))
        super().__init__(real(loc), scale_tril=scale_tril, validate_args=False)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "MultivariateNormal":
        """Return the distribution over a larger batch."""
        same = self.__new__(type(self)) if _instance is None else _instance
        new: MultivariateNormal = super().expand(torch.Size(batch_shape), same)
        new.inside = self.inside
        return new

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, -inf where the matrix is not positive definite."""
        found: Tensor = super().log_prob(value)
        return found if self.inside is None else torch.where(self.inside, found, -math.inf)


def factored(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Cholesky factor, and where there is one; elsewhere an identity stands for it."""
    inside = torch.linalg.cholesky_ex(matrix.detach()).info == 0
    eye = torch.eye(matrix.shape[-1], dtype=matrix.dtype)
    return torch.linalg.cholesky_ex(torch.where(inside[..., None, None], matrix, eye)).L, inside
