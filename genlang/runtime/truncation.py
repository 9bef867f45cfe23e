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
from genlang.runtime.finite import Bernoulli, DiscreteUniform
from genlang.runtime.law import NOTHING, Summed, Tailed, integers, where_inside
from genlang.runtime.law import real as as_real
from genlang.runtime.special import log, log_difference
from genlang.runtime.tails import log_between, tailed

Bound = Tensor | float | int | None
# Masses of counts are sums over the values, as long as they have at most so many terms.
TERMS = 2**22


def truncated(base: Any, low: Bound, high: Bound) -> dist.TorchDistribution:
    """Return `base` between inclusive bounds (None: no bound), renormalized.

    Raises TypeError for a distribution without a distribution function.
    """
    low = None if isinstance(low, float) and low == -math.inf else low
    high = None if isinstance(high, float) and high == math.inf else high
    match base:
        case real.Flat():
            return FlatBetween(base, low, high)
        case DiscreteUniform():
            # Between bounds it is one, too.
            first = base.low if low is None else torch.maximum(base.low, as_real(low).ceil())
            last = base.high if high is None else torch.minimum(base.high, as_real(high).floor())
            return DiscreteUniform(first, last)
        case Count():
            return TruncatedCount(base, low, high)
        case TruncatedCount(low=None):
            return TruncatedCount(base.base, low, base.high if high is None else high)
        case TruncatedCount(low=Tensor() as least):
            first = least if low is None else torch.maximum(least, as_real(low))
            return TruncatedCount(base.base, first, base.high if high is None else high)
        case Bernoulli():
            return TruncatedCount(base, low, 1.0 if high is None else high)
        case Summed():
            return TruncatedCount(base, low, base.greatest if high is None else high)
        case _ if isinstance(tailed(base), Tailed):
            return Truncated(tailed(base), low, high)
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

    def _ends(self, low: Bound, high: Bound) -> tuple[Tensor, Tensor, Tensor]:
        """Log probabilities up to the farther and the nearer end; whether it is the upper tail."""
        base = self.base
        if low is None:
            assert high is not None
            above = base.log_cdf(high)
            return torch.full_like(above, -math.inf), above, torch.zeros_like(above) > 0
        if high is None:
            above = base.log_sf(low)
            return torch.full_like(above, -math.inf), above, torch.zeros_like(above) == 0
        upper = base.log_cdf(low).detach() > -math.log(2)
        far = torch.where(upper, base.log_sf(high), base.log_cdf(low))
        near = torch.where(upper, base.log_sf(low), base.log_cdf(high))
        return far, near, upper

    def log_mass(self, low: Bound, high: Bound) -> Tensor:
        """Return the log of the probability that the base has between two ends."""
        far, near, _ = self._ends(low, high)
        return log_difference(near, far)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        mass = self.log_mass(self.low, self._brought_inside(value))
        return (mass - self.log_mass(self.low, self.high)).clamp(max=0)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        mass = self.log_mass(self._brought_inside(value), self.high)
        return (mass - self.log_mass(self.low, self.high)).clamp(max=0)

    def _brought_inside(self, value: Tensor) -> Tensor:
        if self.low is not None:
            value = torch.maximum(value, self.low)
        return value if self.high is None else torch.minimum(value, self.high)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, -inf outside the bounds."""
        inside = self.inside(value)
        at = torch.where(inside, value, self._brought_inside(value).detach())
        return where_inside(inside, self.base.log_prob(at) - self.log_mass(self.low, self.high))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw by the inverse of the distribution function, in the nearer tail."""
        with torch.no_grad():
            far, near, upper = self._ends(self.low, self.high)
            u = torch.rand((*sample_shape, *self.batch_shape)).clamp(1e-300, 1 - 1e-16)
            log_p = near + torch.log1p(u * torch.expm1((far - near).clamp(max=0)))
            low, high = self.base.from_log_cdf(log_p), self.base.from_log_sf(log_p)
            return self._brought_inside(torch.where(upper, high, low))


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
            none = torch.zeros(self.batch_shape)
            return none if self.low is None else none + self.base.log_sf(self.low.ceil() - 1)
        highest = math.floor(_least(-self.high) * -1)
        cells = max(1, math.prod(self.batch_shape))
        if isinstance(self.base, Poisson) and (highest - lowest + 1) * cells > TERMS:
            return self._log_between()
        counts, terms = self._over(lowest, highest)
        return torch.where(self.inside(counts), terms, -math.inf).logsumexp(0)

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

    def _log_share(self, first: Tensor | None, last: Tensor | None) -> Tensor:
        """The log of the share of the mass from a count to another, both included."""
        if last is None:
            assert first is not None
            return self.base.log_sf(first - 1) - self.log_mass()
        if first is None:
            return self.base.log_cdf(last) - self.log_mass()
        mass = log_between(self.base, first - 1, torch.maximum(last, first - 1))
        return torch.where(last < first, -math.inf, mass - self.log_mass()).clamp(max=0)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        last = value.floor() if self.high is None else torch.minimum(value, self.high).floor()
        return self._log_share(None if self.low is None else self.low.ceil(), last)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        first = value.floor() + 1
        if self.low is not None:
            first = torch.maximum(first, self.low.ceil())
        return self._log_share(first, None if self.high is None else self.high.floor())

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
