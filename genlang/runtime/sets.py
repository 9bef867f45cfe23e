"""Sets of structured values that torch and Pyro have no bijection for, each with its own.

    baseline      first element 0, the others in a set of numbers
    unit_vector   length 1
    zero_sum      elements add up to 0
    cholesky_cov  lower triangular with a positive diagonal
    cov           symmetric and positive definite

    OrderedBetween  increasing vectors between ends

Pyro looks bijections up in torch's two registries, so the sets are entered there.
"""

import math
from typing import Any

import torch
from pyro.distributions import constraints
from torch import Tensor
from torch.distributions import Transform, biject_to, transform_to

RADIUS = 0.1  # the standard deviation of the log length behind a unit vector


class _Set(constraints.Constraint):
    def __repr__(self) -> str:
        return type(self).__name__


class Baseline(_Set):
    """Vectors whose first element is 0, the others in a set of numbers."""

    event_dim = 1

    def __init__(self, others: constraints.Constraint = constraints.real) -> None:
        self.others = others
        super().__init__()

    def check(self, value: Tensor) -> Tensor:
        """Whether the first element is 0 and the others lie in their set."""
        first = torch.arange(value.shape[-1]) == 0
        inside: Tensor = (self.others.check(value) | first).all(-1)
        return (value[..., 0] == 0) & inside


class OrderedBetween(_Set):
    """Increasing vectors between ends, one of which may be None; they broadcast to the elements."""

    event_dim = 1

    def __init__(self, low: Tensor | float | None, high: Tensor | float | None) -> None:
        self.low, self.high = low, high
        super().__init__()

    def check(self, value: Tensor) -> Tensor:
        """Whether the elements increase and lie between the ends."""
        inside = (value[..., 1:] >= value[..., :-1]).all(-1)
        if self.low is not None:
            inside = inside & (value >= self.low).all(-1)
        if self.high is not None:
            inside = inside & (value <= self.high).all(-1)
        return inside


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


class _OneMore(_Into):
    """Vectors with an element more."""

    def forward_shape(self, shape: Any) -> torch.Size:
        """One element more."""
        return torch.Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> torch.Size:
        """One element less."""
        return torch.Size((*shape[:-1], shape[-1] - 1))


class _ToBaseline(_OneMore):
    """A 0, then each element by the bijection of its own set."""

    def __init__(self, codomain: Baseline) -> None:
        super().__init__()
        self.codomain = codomain
        self.others = biject_to(codomain.others)

    def _call(self, x: Tensor) -> Tensor:
        value = self.others(_before(x))
        return torch.where(torch.arange(value.shape[-1]) == 0, 0.0, value)

    def _inverse(self, y: Tensor) -> Tensor:
        # The ends of the set may differ from element to element: the first stays in its place.
        last = self.others.inv(torch.where(torch.arange(y.shape[-1]) == 0, y[..., -1:], y))
        return last[..., 1:]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Of the elements' own bijections."""
        del y
        whole = _before(x)
        volume: Tensor = self.others.log_abs_det_jacobian(whole, self.others(whole))
        return volume[..., 1:].sum(-1)


def _before(x: Tensor) -> Tensor:
    """A vector with a 0 before it."""
    return torch.nn.functional.pad(x, (1, 0))


class _ToZeroSum(_OneMore):
    """A rotation: the vector and a last 0, mirrored so that (1, ..., 1) becomes the last axis."""

    codomain: constraints.Constraint = zero_sum

    def _call(self, x: Tensor) -> Tensor:
        size = x.shape[-1] + 1
        total = x.sum(-1, keepdim=True)
        return torch.cat([x - total / (size + size**0.5), -total / size**0.5], -1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y[..., :-1] - y[..., -1:] / (1 + y.shape[-1] ** 0.5)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Volumes stay."""
        del y
        return x.new_zeros(x.shape[:-1])


class _ToOrderedBetween(_Into):
    """Sums of positive steps from one end; between two ends, of the parts of a simplex."""

    def __init__(self, codomain: OrderedBetween) -> None:
        super().__init__()
        self.codomain = codomain
        self.low, self.high = codomain.low, codomain.high
        self.parts = biject_to(constraints.simplex)

    def _call(self, x: Tensor) -> Tensor:
        if self.low is None:
            assert self.high is not None
            return self.high - x.flip(-1).exp().cumsum(-1).flip(-1)
        if self.high is None:
            return self.low + x.exp().cumsum(-1)
        return self.low + (self.high - self.low) * self.parts(x).cumsum(-1)[..., :-1]

    def _inverse(self, y: Tensor) -> Tensor:
        if self.low is None:
            assert self.high is not None
            return _steps((self.high - y).flip(-1)).log().flip(-1)
        if self.high is None:
            return _steps(y - self.low).log()
        parts = _steps((y - self.low) / (self.high - self.low))
        last = 1 - parts.sum(-1, keepdim=True)
        found: Tensor = self.parts.inv(torch.cat([parts, last], -1))
        return found

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Of the steps; sums have none."""
        if self.low is None or self.high is None:
            return x.sum(-1)
        width = torch.as_tensor(self.high - self.low).log().expand(y.shape).sum(-1)
        inner: Tensor = self.parts.log_abs_det_jacobian(x, self.parts(x))
        return inner + width


def _steps(y: Tensor) -> Tensor:
    """The first element and the differences that follow."""
    return torch.diff(y, dim=-1, prepend=torch.zeros_like(y[..., :1]))


class _ToUnitVector(_Into):
    """The direction of a vector; its length r stays near 1.

    No bijection: Stan's normalized vector, but with a length whose log has the standard deviation
    `RADIUS` where Stan's vector is standard normal, so that directions are about as wide at every
    length.
    """

    codomain: constraints.Constraint = unit_vector

    def _call(self, x: Tensor) -> Tensor:
        return x / x.norm(dim=-1, keepdim=True)

    def _inverse(self, y: Tensor) -> Tensor:
        return y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The log density of the length by the area r ^ (D - 1) of its sphere.

        Integrals over the vectors are those over directions, by the area of the unit sphere.
        """
        del y
        length = x.norm(dim=-1).log()
        density = -0.5 * (length / RADIUS).square() - math.log(RADIUS * math.sqrt(2 * math.pi))
        return density - x.shape[-1] * length


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


for _registry in (biject_to, transform_to):
    _registry.register(Baseline, _ToBaseline)
    _registry.register(OrderedBetween, _ToOrderedBetween)

for _set, _transform in (
    (UnitVector, _ToUnitVector),
    (ZeroSum, _ToZeroSum),
    (CholeskyCov, _ToCholeskyCov),
    (Cov, _ToCov),
):
    for _registry in (biject_to, transform_to):
        _registry.register(_set, lambda _constraint, into=_transform: into())
