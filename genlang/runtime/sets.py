"""Sets of structured values that torch and Pyro have no bijection for, each with its own.

    baseline      first element 0
    unit_vector   length 1
    zero_sum      elements add up to 0
    cholesky_cov  lower triangular with a positive diagonal
    cov           symmetric and positive definite
    Either        one of two sets in each cell

Pyro looks bijections up in torch's two registries, so the sets are entered there.
"""

import math
from typing import Any

import torch
from pyro.distributions import constraints
from torch import Tensor
from torch.distributions import Transform, biject_to, transform_to


class _Set(constraints.Constraint):
    def __repr__(self) -> str:
        return type(self).__name__


class Baseline(_Set):
    """Vectors whose first element is 0."""

    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        """Whether the first element is 0."""
        return value[..., 0] == 0


class UnitVector(_Set):
    """Vectors of length 1."""

    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        """Whether the length is 1."""
        return (value.square().sum(-1) - 1).abs() < 1e-6


class ZeroSum(_Set):
    """Vectors whose elements add up to 0."""

    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        """Whether the sum is 0, on the scale of the elements."""
        return value.sum(-1).abs() <= 1e-6 * value.abs().amax(-1).clamp(min=1e-300)


class CholeskyCov(_Set):
    """Cholesky factors of covariances."""

    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        """Whether it is lower triangular and its diagonal positive."""
        inside: Tensor = constraints.lower_cholesky.check(value)
        return inside


class Cov(_Set):
    """Covariances."""

    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        """Whether it is symmetric and positive definite."""
        inside: Tensor = constraints.positive_definite.check(value)
        return inside


baseline, unit_vector, zero_sum = Baseline(), UnitVector(), ZeroSum()
cholesky_cov, cov = CholeskyCov(), Cov()


class _Into(Transform):
    """From vectors of real numbers into a set."""

    bijective = True
    domain: constraints.Constraint = constraints.real_vector


class _ToBaseline(_Into):
    codomain: constraints.Constraint = baseline

    def _call(self, x: Tensor) -> Tensor:
        return torch.nn.functional.pad(x, (1, 0))

    def _inverse(self, y: Tensor) -> Tensor:
        return y[..., 1:]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Volumes stay."""
        del y
        return x.new_zeros(x.shape[:-1])

    def forward_shape(self, shape: Any) -> torch.Size:
        """One element more."""
        return torch.Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> torch.Size:
        """One element less."""
        return torch.Size((*shape[:-1], shape[-1] - 1))


class _ToZeroSum(_ToBaseline):
    """A rotation: the vector and a last 0, mirrored so that (1, ..., 1) becomes the last axis."""

    codomain: constraints.Constraint = zero_sum

    def _call(self, x: Tensor) -> Tensor:
        size = x.shape[-1] + 1
        total = x.sum(-1, keepdim=True)
        return torch.cat([x - total / (size + size**0.5), -total / size**0.5], -1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y[..., :-1] - y[..., -1:] / (1 + y.shape[-1] ** 0.5)


class _ToUnitVector(_Into):
    """The direction of a vector whose length counts for nothing."""

    codomain: constraints.Constraint = unit_vector

    def _call(self, x: Tensor) -> Tensor:
        return x / x.norm(dim=-1, keepdim=True)

    def _inverse(self, y: Tensor) -> Tensor:
        return y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """As if each coordinate were standard normal: then the direction is uniform, as in Stan."""
        del y
        return -0.5 * x.square().sum(-1)


def _size(free: int) -> int:
    """The size of a matrix whose lower triangle has so many cells."""
    return math.isqrt(8 * free + 1) // 2


def _triangle(x: Tensor) -> Tensor:
    """Lower triangular matrices; the diagonal is the exponential of a vector's last elements."""
    size = _size(x.shape[-1])
    rows, columns = torch.tril_indices(size, size, -1)
    cell = torch.zeros(size, size, dtype=torch.long)
    cell[rows, columns] = torch.arange(len(rows))
    below = x[..., cell].tril(-1)
    return below + torch.diag_embed(x[..., x.shape[-1] - size :].exp())


class _ToCholeskyCov(_Into):
    codomain: constraints.Constraint = cholesky_cov

    def _call(self, x: Tensor) -> Tensor:
        return _triangle(x)

    def _inverse(self, y: Tensor) -> Tensor:
        rows, columns = torch.tril_indices(y.shape[-1], y.shape[-1], -1)
        return torch.cat([y[..., rows, columns], y.diagonal(dim1=-2, dim2=-1).log()], -1)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logs of the diagonal."""
        return x[..., x.shape[-1] - y.shape[-1] :].sum(-1)

    def forward_shape(self, shape: Any) -> torch.Size:
        """A vector becomes a matrix."""
        return torch.Size((*shape[:-1], _size(shape[-1]), _size(shape[-1])))

    def inverse_shape(self, shape: Any) -> torch.Size:
        """A matrix becomes the vector of its lower triangle."""
        return torch.Size((*shape[:-2], shape[-1] * (shape[-1] + 1) // 2))


class _ToCov(_ToCholeskyCov):
    codomain: constraints.Constraint = cov

    def _call(self, x: Tensor) -> Tensor:
        root = _triangle(x)
        return root @ root.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return super()._inverse(torch.linalg.cholesky(y))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Of the triangle L, and of its square: 2 ^ D times L[i, i] ^ (D - i), i = 0, 1, ..."""
        size = y.shape[-1]
        powers = torch.arange(size + 1, 1, -1, dtype=x.dtype)
        return size * math.log(2) + (powers * x[..., x.shape[-1] - size :]).sum(-1)


class Either(constraints.Constraint):
    """One of two sets of numbers in each cell, by a condition."""

    def __init__(
        self, test: Tensor, one: constraints.Constraint, two: constraints.Constraint
    ) -> None:
        self.test, self.one, self.two = test, one, two
        super().__init__()

    def check(self, value: Tensor) -> Tensor:
        """Whether each value lies in the set of its cell."""
        return torch.where(self.test, self.one.check(value), self.two.check(value))


class _IntoEither(Transform):
    """Each cell by the bijection of its own set."""

    bijective = True
    domain: constraints.Constraint = constraints.real

    def __init__(self, codomain: Either) -> None:
        super().__init__()
        self.codomain = codomain
        self.test = codomain.test
        self.one, self.two = biject_to(codomain.one), biject_to(codomain.two)

    def _call(self, x: Tensor) -> Tensor:
        return torch.where(self.test, self.one(x), self.two(x))

    def _inverse(self, y: Tensor) -> Tensor:
        return torch.where(self.test, self.one.inv(y), self.two.inv(y))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Of the cell's own bijection."""
        del y
        found = [t.log_abs_det_jacobian(x, t(x)) for t in (self.one, self.two)]
        return torch.where(self.test, found[0], found[1])


for _registry in (biject_to, transform_to):
    _registry.register(Either, _IntoEither)

for _set, _transform in (
    (Baseline, _ToBaseline),
    (UnitVector, _ToUnitVector),
    (ZeroSum, _ToZeroSum),
    (CholeskyCov, _ToCholeskyCov),
    (Cov, _ToCov),
):
    for _registry in (biject_to, transform_to):
        _registry.register(_set, lambda _constraint, into=_transform: into())
