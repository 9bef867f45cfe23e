"""Functions of vectors, matrices and points. Leading axes broadcast.

Covariance functions take rows x1 [..., N, D] and x2 [..., M, D] and give [..., N, M]; `length` is
in the units of the rows, `scale` a standard deviation (Rasmussen and Williams 2006, chapter 4;
`periodic` is MacKay 1998, equation 47, a product over columns).
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from genlang.runtime.law import real

Scalar = Tensor | float


def concat(parts: Sequence[Tensor], rank: int) -> Tensor:
    """Lay arrays of `rank` dims end to end along the first of these; a number is one element."""
    whole = [p.reshape(1) if p.dim() == 0 else p for p in parts]
    lead = torch.broadcast_shapes(*(p.shape[: p.dim() - rank] for p in whole))
    return torch.cat([p.expand(*lead, *p.shape[p.dim() - rank :]) for p in whole], -rank)


def linspace(low: Scalar, high: Scalar, count: int) -> Tensor:
    """Return `count` numbers at equal distances, both ends exact."""
    share = torch.arange(count) / max(count - 1, 1)
    return real(low)[..., None] * (1 - share) + real(high)[..., None] * share


def interpolate(x: Tensor, at: Tensor, values: Tensor) -> Tensor:
    """Return the piecewise linear function through (at[k], values[k]), at increasing.

    x is [..., N], at and values [..., K]; beyond the ends the function is constant.
    """
    last = at.shape[-1] - 1
    if last == 0:
        return values + 0 * x
    x = torch.minimum(torch.maximum(x, at[..., :1]), at[..., -1:])
    k = ((x[..., None] >= at[..., None, :]).sum(-1) - 1).clamp(0, last - 1)
    ends = [torch.take_along_dim(a, i, -1) for a in _level(k, at, values) for i in (k, k + 1)]
    left, right, low, high = ends
    width = right - left
    share = (x - left) / torch.where(width > 0, width, 1.0)
    return low + (high - low) * share


def _level(k: Tensor, *arrays: Tensor) -> list[Tensor]:
    """Arrays with as many dims as positions have; those in front have size 1."""
    return [a[(None,) * max(0, k.dim() - a.dim())] for a in arrays]


def solve_triangular(a: Tensor, b: Tensor) -> Tensor:
    """Return the x with a x = b for a lower triangular a; what stands above is not read."""
    return torch.linalg.solve_triangular(a.tril(), b, upper=False)


def quad_form(a: Tensor, x: Tensor) -> Tensor:
    """Return x' a x."""
    return x.mT @ a @ x


def _squared(x1: Tensor, x2: Tensor, length: Scalar) -> Tensor:
    """Squared distances in lengths, by differences: products would cancel."""
    return ((x1[..., :, None, :] - x2[..., None, :, :]) / _cell(length)).square().sum(-1)


def _cell(value: Scalar) -> Scalar:
    """A number for each [N, M] as one for each [N, M, D]."""
    return value[..., None] if isinstance(value, Tensor) and value.dim() else value


def _distance(x1: Tensor, x2: Tensor, length: Scalar) -> Tensor:
    """Distances in lengths; of equal points 0 with gradient 0, where a root has none."""
    squared = _squared(x1, x2, length)
    same = squared == 0
    return torch.where(same, 0.0, torch.where(same, 1.0, squared).sqrt())


def rbf(x1: Tensor, x2: Tensor, length: Scalar, scale: Scalar) -> Tensor:
    """scale^2 exp(-d^2 / (2 length^2)) at distance d."""
    return scale**2 * torch.exp(-0.5 * _squared(x1, x2, length))


def matern32(x1: Tensor, x2: Tensor, length: Scalar, scale: Scalar) -> Tensor:
    """scale^2 (1 + r) exp(-r), r = sqrt(3) d / length."""
    r = math.sqrt(3) * _distance(x1, x2, length)
    return scale**2 * (1 + r) * torch.exp(-r)


def matern52(x1: Tensor, x2: Tensor, length: Scalar, scale: Scalar) -> Tensor:
    """scale^2 (1 + r + r^2 / 3) exp(-r), r = sqrt(5) d / length."""
    r = math.sqrt(5) * _distance(x1, x2, length)
    return scale**2 * (1 + r + r * r / 3) * torch.exp(-r)


def periodic(x1: Tensor, x2: Tensor, length: Scalar, scale: Scalar, period: Scalar) -> Tensor:
    """scale^2 exp(-2 sum(sin(pi d / period)^2) / length^2), d the difference in a column."""
    gap = (x1[..., :, None, :] - x2[..., None, :, :]) / _cell(period)
    wave = torch.sin(math.pi * gap) / _cell(length)
    return scale**2 * torch.exp(-2 * wave.square().sum(-1))
