"""Distributions of correlations and covariances, through triangular factors.

A matrix that is not positive definite has density 0: a search for a mode steps there now and then.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.law import where_inside
from genlang.runtime.multivariate import Structured
from genlang.runtime.sets import cov
from genlang.runtime.special import gamma_kernel, lbeta
from genlang.runtime.vectors import factored


def _logs(factor: Tensor) -> Tensor:
    """The logs of the diagonal."""
    return factor.diagonal(dim1=-2, dim2=-1).log()


class LKJCholesky(Structured):
    """Factors of correlations with density det ^ (eta - 1).

    Lewandowski, Kurowicka and Joe 2009; torch's own draws have the wrong spread from 3 rows on.
    """

    support: constraints.Constraint = constraints.corr_cholesky
    parameters: ClassVar[dict[str, int]] = {"eta": 0}

    def __init__(self, dim: int, eta: Tensor | float) -> None:
        super().__init__((int(dim),) * 2, eta=eta)

    def log_norm(self) -> Tensor:
        """Return the log of the volume under the density of the correlations (equation 16)."""
        eta, size = self.own("eta"), self.event_shape[0]
        norm = torch.zeros(())
        for k in range(1, size):
            b = eta + 0.5 * (size - k - 1)
            norm = norm + (size - k) * (lbeta(b, b) + (2 * b - 1) * math.log(2))
        return norm

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density of a factor: that of its square with the Jacobian."""
        size = self.event_shape[0]
        powers = 2 * self.own("eta")[..., None] - 2 + torch.arange(size - 1, -1, -1)
        return (powers[..., 1:] * _logs(value)[..., 1:]).sum(-1) - self.log_norm()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw row by row: the squared length beside the diagonal is a beta variable."""
        with torch.no_grad():
            shape, size = self.shape_of(sample_shape), self.event_shape[0]
            eta = self.own("eta").expand(shape)
            rows = [torch.nn.functional.pad(torch.ones(*shape, 1), (0, size - 1))]
            for i in range(1, size):
                b = eta + 0.5 * (size - i - 1)
                share = torch.distributions.Beta(torch.full(shape, 0.5 * i), b).sample()[..., None]
                direction = torch.randn(*shape, i)
                direction = direction / direction.norm(dim=-1, keepdim=True)
                row = torch.cat([share.sqrt() * direction, (1 - share).sqrt()], -1)
                rows.append(torch.nn.functional.pad(row, (0, size - i - 1)))
            return torch.stack(rows, -2)


class LKJ(LKJCholesky):
    """Correlations with density det ^ (eta - 1), uniform at eta = 1."""

    support = constraints.corr_matrix

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        root, inside = factored(value)
        term = 2 * (self.own("eta") - 1) * _logs(root).sum(-1)
        return where_inside(inside, term - self.log_norm())

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw: a factor's square, its diagonal exactly 1."""
        root = super().sample(sample_shape)
        found = root @ root.mT
        return found - torch.diag_embed(found.diagonal(dim1=-2, dim2=-1) - 1)


class _WishartLike(Structured):
    """What a Wishart variable and its inverse share: `df` > D - 1, a `scale` [..., D, D]."""

    support = cov
    parameters: ClassVar[dict[str, int]] = {"df": 0, "scale": 2}

    def __init__(self, df: Tensor | float, scale: Tensor) -> None:
        super().__init__(scale.shape[-2:], df=df, scale=scale)

    def shapes(self) -> Tensor:
        """Return (df - i) / 2, i = 0, ..., D - 1: of the gamma variables on the diagonal."""
        return 0.5 * (self.own("df")[..., None] - torch.arange(self.event_shape[0]))

    def density(self, one: Tensor, two: Tensor, value: Tensor) -> Tensor:
        """Return the log density by `value`'s factor and the triangular B = one^-1 two.

        That is the sum of df log B[i, i] and -|B|^2 / 2, of -(D + 1) log of the value's diagonal,
        and a constant. On the diagonal B[i, i]^2 / 2 is a gamma variable, and its kernel is small
        where df log B[i, i] and lgamma(df / 2) are large.
        """
        size, a = self.event_shape[0], self.shapes()
        b = torch.linalg.solve_triangular(one, two, upper=False)
        logs, i = _logs(b), torch.arange(size)
        known = (a > 0).all(-1)
        a = torch.where(a > 0, a, 1.0)
        t = 0.5 * b.diagonal(dim1=-2, dim2=-1).square()
        terms = gamma_kernel(a, t, 2 * logs - math.log(2)) + i * (logs - 0.5 * math.log(2))
        below = b.tril(-1).square().sum((-1, -2))
        norm = 0.25 * size * (size - 1) * math.log(math.pi)
        term = terms.sum(-1) - 0.5 * below - norm - (size + 1) * _logs(value).sum(-1)
        return where_inside(known, term)

    def bartlett(self, sample_shape: Sequence[int]) -> Tensor:
        """Draw the factor of a Wishart variable of scale 1 (Bartlett 1933)."""
        shape, size = self.shape_of(sample_shape), self.event_shape[0]
        a = self.shapes().expand(*shape, size)
        diagonal = (2 * torch.distributions.Gamma(a, 1.0).sample()).sqrt()
        return torch.randn(*shape, size, size).tril(-1) + torch.diag_embed(diagonal)


class Wishart(_WishartLike):
    """Sums of squares of `df` normal vectors with covariance `scale`."""

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        (root, inside), (own, known) = factored(value), factored(self.own("scale"))
        own, root = _alike(own, root)
        return where_inside(inside & known, self.density(own, root, root))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw."""
        with torch.no_grad():
            root = factored(self.own("scale"))[0] @ self.bartlett(sample_shape)
            return root @ root.mT


class InverseWishart(_WishartLike):
    """Inverses of Wishart variables with this `df` and the inverse of `scale`."""

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        (root, inside), (own, known) = factored(value), factored(self.own("scale"))
        own, root = _alike(own, root)
        return where_inside(inside & known, self.density(root, own, root))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw: with A Bartlett's and L the factor of `scale`, (A^-1 L')' (A^-1 L')."""
        with torch.no_grad():
            own, a = _alike(factored(self.own("scale"))[0], self.bartlett(sample_shape))
            root = torch.linalg.solve_triangular(a, own.mT, upper=False)
            return root.mT @ root


def _alike(one: Tensor, two: Tensor) -> Any:
    """Both with all axes of either."""
    return torch.broadcast_tensors(one, two)
