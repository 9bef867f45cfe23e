"""Distributions between inclusive bounds, renormalized, by masses in log space.

`truncated(dist.Normal(0, 1), 30, None)`: the mass above 30 is 5e-198, and above 40 it is below the
smallest number; its log is exact. The mass is taken in the tail that is nearer.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime import real
from genlang.runtime.counts import Count, Poisson
from genlang.runtime.finite import UpTo
from genlang.runtime.law import NOTHING, Tailed, integers, where_inside
from genlang.runtime.law import real as as_real
from genlang.runtime.special import log, log_difference

Bound = Tensor | float | None
# Masses of counts are sums over the values, as long as they have at most so many terms.
TERMS = 2**22


def truncated(base: Any, low: Bound, high: Bound) -> dist.TorchDistribution:
    """Return `base` between inclusive bounds (None: no bound), renormalized."""
    low = None if isinstance(low, float) and low == -math.inf else low
    high = None if isinstance(high, float) and high == math.inf else high
    match base:
        case real.Flat():
            return FlatBetween(base, low, high)
        case torch.distributions.Normal(loc=loc, scale=scale):
            return Truncated(real.Normal(loc, scale), low, high)
        case torch.distributions.Laplace(loc=loc, scale=scale):
            return Truncated(real.Laplace(loc, scale), low, high)
        case Tailed():
            return Truncated(base, low, high)
        case Count():
            return TruncatedCount(base, low, high)
        case UpTo():
            return TruncatedCount(base, low, base.total if high is None else high)
        case _:
            raise TypeError(type(base).__name__)


class Between(dist.TorchDistribution):
    """A univariate distribution between bounds."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, base: Any, low: Bound, high: Bound) -> None:
        self.base = base
        self.low = None if low is None else as_real(low)
        self.high = None if high is None else as_real(high)
        bounds = [b.shape for b in (self.low, self.high) if b is not None]
        super().__init__(torch.broadcast_shapes(base.batch_shape, *bounds), validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        """The part of the natural support between the bounds."""
        natural = self.base.support
        ends = (getattr(natural, "lower_bound", None), getattr(natural, "upper_bound", None))
        low, high = self.low, self.high
        if ends[0] is not None:
            low = as_real(ends[0]) if low is None else torch.maximum(low, as_real(ends[0]))
        if ends[1] is not None:
            high = as_real(ends[1]) if high is None else torch.minimum(high, as_real(ends[1]))
        if high is None:
            return constraints.real if low is None else constraints.greater_than(low)
        return constraints.less_than(high) if low is None else constraints.interval(low, high)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Between":
        """Return the distribution over a larger batch."""
        return type(self)(self.base.expand(torch.Size(batch_shape)), self.low, self.high)

    def inside(self, value: Tensor) -> Tensor:
        """Return which values lie between the bounds."""
        result = torch.ones_like(value, dtype=torch.bool)
        if self.low is not None:
            result = result & (value >= self.low)
        if self.high is not None:
            result = result & (value <= self.high)
        return result


class FlatBetween(Between):
    """Improper: log density 0 between bounds."""

    def log_prob(self, value: Tensor) -> Tensor:
        """Return 0 inside the bounds."""
        shape = torch.broadcast_shapes(value.shape, self.batch_shape)
        return where_inside(self.inside(value), torch.zeros(shape))


class Truncated(Between):
    """A continuous distribution between bounds."""

    def _ends(self) -> tuple[Tensor, Tensor, Tensor]:
        """Log probabilities up to the farther and the nearer end; whether it is the upper tail."""
        base = self.base
        if self.low is None:
            assert self.high is not None
            above = base.log_cdf(self.high)
            return torch.full_like(above, -math.inf), above, torch.zeros_like(above) > 0
        if self.high is None:
            above = base.log_sf(self.low)
            return torch.full_like(above, -math.inf), above, torch.zeros_like(above) == 0
        upper = base.log_cdf(self.low).detach() > -math.log(2)
        far = torch.where(upper, base.log_sf(self.high), base.log_cdf(self.low))
        near = torch.where(upper, base.log_sf(self.low), base.log_cdf(self.high))
        return far, near, upper

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, -inf outside the bounds."""
        far, near, _ = self._ends()
        inside = self.inside(value)
        at = value
        if self.low is not None:
            at = torch.maximum(at, self.low)
        if self.high is not None:
            at = torch.minimum(at, self.high)
        at = torch.where(inside, value, at.detach())
        return where_inside(inside, self.base.log_prob(at) - log_difference(near, far))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw by the inverse of the distribution function, in the nearer tail."""
        with torch.no_grad():
            far, near, upper = self._ends()
            u = torch.rand((*sample_shape, *self.batch_shape)).clamp(1e-300, 1 - 1e-16)
            log_p = near + torch.log1p(u * torch.expm1((far - near).clamp(max=0)))
            low, high = self.base.from_log_cdf(log_p), self.base.from_log_sf(log_p)
            drawn = torch.where(upper, high, low)
            if self.low is not None:
                drawn = torch.maximum(drawn, self.low)
            if self.high is not None:
                drawn = torch.minimum(drawn, self.high)
            return drawn


class TruncatedCount(Between):
    """Counts between bounds."""

    support = constraints.nonnegative_integer
    has_enumerate_support = True

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis.

        Raises NotImplementedError where there is no upper bound.
        """
        if self.high is None:
            message = "the values have no upper bound"
            raise NotImplementedError(message)
        return integers(
            0 if self.low is None else self.low, self.high, self.batch_shape, expand=expand
        )

    def _over(self, first: int, last: int) -> tuple[Tensor, Tensor]:
        """The counts from first to last on a new first axis, and their log probabilities."""
        counts = torch.arange(first, max(last, first) + 1).double()
        counts = counts.reshape(-1, *[1] * len(self.batch_shape))
        return counts, self.base.expand(self.batch_shape).log_prob(counts)

    def log_mass(self) -> Tensor:
        """Return the log of the probability between the bounds."""
        lowest = 0 if self.low is None else max(0, math.ceil(_least(self.low)))
        if self.high is None:
            return self._log_above(lowest)
        highest = math.floor(_least(-self.high) * -1)
        cells = max(1, math.prod(self.batch_shape))
        if isinstance(self.base, Poisson) and (highest - lowest + 1) * cells > TERMS:
            return self._log_between()
        counts, terms = self._over(lowest, highest)
        return torch.where(self.inside(counts), terms, -math.inf).logsumexp(0)

    def _log_above(self, lowest: int) -> Tensor:
        """No upper bound: 1 less the sum below; far in the tail the sum of its first terms."""
        if self.low is None:
            return torch.zeros(self.batch_shape)
        most = max(0, math.ceil(-_least(-self.low)))
        if most == 0:
            return torch.zeros(self.batch_shape)
        counts, terms = self._over(0, most - 1)
        below = torch.where(counts < self.low, terms, -math.inf).logsumexp(0)
        far = below.detach() > -0.1
        head = log_difference(torch.zeros_like(below), torch.where(far, -1.0, below).clamp(max=0))
        if not bool(far.any()):
            return head
        counts, terms = self._over(lowest, most + 4000)
        tail = torch.where(self.inside(counts), terms, -math.inf).logsumexp(0)
        return torch.where(far, tail, head)

    def _log_between(self) -> Tensor:
        """The mass of a Poisson distribution by incomplete gamma functions."""
        assert self.high is not None
        rate = self.base.rate
        above = torch.special.gammaincc(self.high.floor() + 1, rate)
        if self.low is None:
            return log(above)
        low = self.low.ceil()
        below = torch.special.gammaincc(low.clamp(min=1), rate)
        return log(above - torch.where(low > 0, below, 0.0))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        return where_inside(self.inside(value), self.base.log_prob(value) - self.log_mass())

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw by inverting the sum of probabilities."""
        with torch.no_grad():
            first = 0 if self.low is None else max(0, math.ceil(_least(self.low)))
            last = self._last()
            counts, terms = self._over(first, last)
            terms = torch.where(self.inside(counts), terms, -math.inf)
            weights = (terms - terms.amax(0)).exp().cumsum(0)
            u = torch.rand((*sample_shape, *self.batch_shape)) * weights[-1]
            at = torch.searchsorted(
                weights.movedim(0, -1).expand(*u.shape, len(counts)).contiguous(), u[..., None]
            )
            return first + at[..., 0].clamp(max=len(counts) - 1)

    def _last(self) -> int:
        """A value beyond which there is no mass that could be drawn."""
        if self.high is not None:
            return math.floor(-_least(-self.high))
        assert self.low is not None
        drawn = self.base.sample((1000,))
        spread = int(drawn.max()) if drawn.numel() else 0
        return int(max(-_least(-self.low), spread)) * 2 + 200


def _least(bound: Tensor) -> float:
    return float(bound.detach().min()) if bound.numel() else 0.0
