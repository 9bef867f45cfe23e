"""The skew normal distribution, whose tails are Owen's T function.

With h = |z| and a = |shape| two positive integrals (Owen 1956, "Tables for computing bivariate
normal probabilities", equation 2.1) give both tails without cancellation:

    2 T(h, a) = 1/pi int_0^a   exp(-h^2 (1 + x^2) / 2) / (1 + x^2) dx
    C(h, a)   = 1/pi int_a^inf the same                                = Phi(-h) - 2 T(h, a)

For a shape >= 0 the probability below z is C(h, a) left of 0, and erf(h / sqrt 2) + C(h, a) right
of it; that above is Phi(-h) + 2 T(h, a) right of 0. A negative shape is the mirror image.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from genlang.runtime.incomplete import FALL, nodes
from genlang.runtime.real import LocationScale
from genlang.runtime.special import HALF_LOG_2PI, log_ndtr


def _twice_owen(h: Tensor, a: Tensor) -> Tensor:
    """Return the integral over x from 0 to a of exp(-h^2 x^2 / 2) / (1 + x^2), for a <= 1.

    2 T(h, a) is exp(-h^2 / 2) / pi times it.
    """
    end = torch.minimum(a, math.sqrt(2 * FALL) / h.detach().clamp(min=1e-300))
    x, weights = nodes(end)
    return (weights * torch.exp(-0.5 * (h * x) ** 2) / (1 + x * x)).sum(0)


def _beyond(h: Tensor, a: Tensor) -> Tensor:
    """Return the integral over v from 0 on of exp(-h^2 (2 a v + v^2) / 2) / (1 + (a + v)^2).

    C(h, a) is exp(-h^2 (1 + a^2) / 2) / pi times it. For h >= 1, or a and a h >= 1: there the
    integrand has fallen before it is far from its start, as seen from its poles at -a + i, -a - i.
    """
    with torch.no_grad():
        far = 2 * FALL / (h * h)
        end = far / (a + torch.sqrt(a * a + far))
    v, weights = nodes(end)
    return (weights * torch.exp(-0.5 * h * h * v * (2 * a + v)) / (1 + (a + v) ** 2)).sum(0)


def _log_complement(h: Tensor, a: Tensor) -> Tensor:
    """Return log C(h, a) for h, a >= 0."""
    direct = (h >= 1) | ((a >= 1) & (a * h >= 1))
    x, b = torch.where(direct, h, 1.0), torch.where(direct, a, 1.0)
    tail = -0.5 * x * x * (1 + b * b) + _beyond(x, b).log()
    # Near 0, by T(h, a) itself, or by that of a h and 1 / a (Owen's equation 2.3).
    low = ~direct & (a < 1)
    y, c = torch.where(low, h, 0.5), torch.where(low, a, 0.5)
    shallow = torch.special.ndtr(-y) - torch.exp(-0.5 * y * y) / math.pi * _twice_owen(y, c)
    steep = ~direct & ~low
    z, d = torch.where(steep, h, 0.5), torch.where(steep, a, 1.0)
    other = torch.exp(-0.5 * (d * z) ** 2) / math.pi * _twice_owen(d * z, 1 / d)
    other = other - torch.erf(z / math.sqrt(2)) * torch.special.ndtr(-d * z)
    near = torch.where(low, shallow, other).log()
    return torch.where(direct, tail - math.log(math.pi), near)


def log_tails(z: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
    """Return the logs of the standard skew normal probabilities below and above z.

    Relative accuracy 1e-12 in both tails (tests/test_tails.py); derivatives in both arguments.
    """
    z, shape = torch.broadcast_tensors(z, shape)
    mirrored = shape < 0
    z, a = torch.where(mirrored, -z, z), torch.where(mirrored, -shape, shape)
    left = z < 0
    h = torch.where(left, -z, z)
    log_c = _log_complement(h, a)
    c = log_c.exp()
    # Right of 0: log(erf(h / sqrt 2) + C), and log of Phi(-h) + 2 T, which is 2 Phi(-h) - C.
    below = torch.log(torch.erf(h / math.sqrt(2)) + c)
    steep = a > 1
    b = torch.where(steep, 1.0, a)
    tail = log_ndtr(-h)
    owen = torch.exp(-0.5 * h * h - tail) / math.pi * _twice_owen(h, b)
    ratio = torch.where(steep, torch.exp(torch.where(steep, log_c, tail) - tail), 0.0)
    above = tail + torch.where(steep, math.log(2) + torch.log1p(-0.5 * ratio), torch.log1p(owen))
    lower, upper = torch.where(left, log_c, below), torch.where(left, torch.log1p(-c), above)
    return torch.where(mirrored, upper, lower), torch.where(mirrored, lower, upper)


class SkewNormal(LocationScale):
    """The skew normal distribution: shape 0 is the normal."""

    parameters = ("loc", "scale", "shape_")

    def density(self, z: Tensor) -> Tensor:
        """Return the standard log density."""
        return math.log(2) - 0.5 * z * z - HALF_LOG_2PI + log_ndtr(self.shape_ * z)

    def below(self, z: Tensor) -> Tensor:
        """Return the standard log_cdf."""
        return log_tails(z, self.shape_)[0]

    def above(self, z: Tensor) -> Tensor:
        """Return the standard log_sf."""
        return log_tails(z, self.shape_)[1]

    def quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_cdf. For draws."""
        return _quantile(self.shape_, log_p)

    def upper_quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_sf. For draws."""
        return -_quantile(-self.shape_, log_p)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw from two normals, one of them folded."""
        with torch.no_grad():
            shape = (*sample_shape, *self.batch_shape)
            delta = self.shape_ / torch.sqrt(1 + self.shape_**2)
            folded = delta * torch.randn(shape).abs()
            z = folded + torch.sqrt(1 - delta**2) * torch.randn(shape)
            return self.loc + self.scale * z


def _quantile(shape: Tensor, log_p: Tensor) -> Tensor:
    """The z whose standard log_cdf is given: bisection (a tail is below exp(-z^2 / 2)), Newton."""
    low = -torch.sqrt((-2 * log_p).clamp(min=0)) - 1
    high = torch.full_like(low, 10.0)
    for _ in range(25):
        middle = 0.5 * (low + high)
        less = log_tails(middle, shape)[0] < log_p
        low, high = torch.where(less, middle, low), torch.where(less, high, middle)
    z = 0.5 * (low + high)
    for _ in range(4):
        below = log_tails(z, shape)[0]
        log_slope = math.log(2) - 0.5 * z * z - HALF_LOG_2PI + log_ndtr(shape * z) - below
        step = (below - log_p) * torch.exp((-log_slope).clamp(max=700))
        z = torch.clamp(z - step.nan_to_num(0.0), min=low - 1e-5, max=high + 1e-5)
    return z
