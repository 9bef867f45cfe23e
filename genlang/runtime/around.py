"""Distributions around a distribution: zeros added, values censored, mixed or rounded.

A probability or a weight of exactly 0 or 1 counts exactly, with the derivative that it has there.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.law import NOTHING, integers, real, where_inside
from genlang.runtime.special import log, log1m, log1m_exp, logaddweighted
from genlang.runtime.tails import log_between, log_cdf, log_sf
from genlang.runtime.truncation import truncated

Some = Tensor | float


class Around(dist.TorchDistribution):
    """A distribution made of `law` and of parameters that broadcast with its batch shape."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, law: Any, **given: Tensor | None) -> None:
        self.law, self.given = law, given
        for name, value in given.items():
            setattr(self, name, value)
        shapes = [v.shape for v in given.values() if v is not None]
        super().__init__(torch.broadcast_shapes(law.batch_shape, *shapes), validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        """That of the distribution inside."""
        return self.law.support

    @property
    def counts(self) -> bool:
        """Whether it has masses."""
        return bool(self.law.support.is_discrete)

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]  # Pyro: a class attribute
        """As the distribution inside."""
        return bool(self.law.has_enumerate_support)

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis, 0 among them.

        Raises NotImplementedError where they have no upper bound or differ from cell to cell.
        """
        values = self.law.enumerate_support(expand=False)
        low = values.min().clamp(max=0)
        return integers(low, values.max().clamp(min=0), self.batch_shape, expand=expand)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Around":
        """Return the distribution over a larger batch."""
        shape = torch.Size(batch_shape)
        found = object.__new__(type(self))
        given = {n: None if v is None else v.expand(shape) for n, v in self.given.items()}
        Around.__init__(found, self.law.expand(shape), **given)
        return found

    def wide(self, sample_shape: Sequence[int]) -> torch.Size:
        """The shape of a sample."""
        return torch.Size((*sample_shape, *self.batch_shape))

    def within(self, sample_shape: Sequence[int]) -> Tensor:
        """Draw from the distribution inside."""
        drawn: Tensor = self.law.expand(self.batch_shape).sample(torch.Size(sample_shape))
        return drawn


class ZeroInflated(Around):
    """Counts that are 0 with probability p besides."""

    p: Tensor

    def __init__(self, p: Some, law: Any) -> None:
        super().__init__(law, p=real(p))

    def _added(self, term: Tensor) -> Tensor:
        """The log of p + (1 - p) exp(term)."""
        return logaddweighted(self.p, torch.zeros_like(term), 1 - self.p, term)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability."""
        term = self.law.log_prob(value)
        return torch.where(value == 0, self._added(term), log1m(self.p) + term)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        term = log_cdf(self.law, value)
        return torch.where(value < 0, log1m(self.p) + term, self._added(term))

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        term = log_sf(self.law, value)
        return torch.where(value < 0, self._added(term), log1m(self.p) + term)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw 0, or from the distribution inside."""
        drawn = self.within(sample_shape)
        zero = torch.rand(self.wide(sample_shape)) < self.p.detach()
        return torch.where(zero, torch.zeros_like(drawn), drawn)


class Hurdle(Around):
    """0 with probability p, else a count above 0, or a positive number with its density."""

    p: Tensor

    def __init__(self, p: Some, law: Any) -> None:
        super().__init__(law, p=real(p))

    def _positive(self, term: Tensor) -> Tensor:
        """The log probability or density of a value above 0 by that of the distribution inside."""
        if not self.counts:
            return log1m(self.p) + term
        above = log_sf(self.law, torch.zeros(()))
        never = above == -math.inf
        found = log1m(self.p) + term - above.masked_fill(never, 0.0)
        return torch.where(never, -math.inf, found)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log of p at 0, elsewhere the log probability or density."""
        zero = value == 0
        other = torch.where(zero, 1.0 if self.counts else 0.5, value)
        term = where_inside(other > 0, self.law.log_prob(other))
        return torch.where(zero, log(self.p), self._positive(term))

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        term = self._positive(log_sf(self.law, value.clamp(min=0)))
        return torch.where(value < 0, 0.0, term)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log1m_exp(self.log_sf(value).clamp(max=0))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw 0, or a value above it."""
        law = self.law.expand(self.batch_shape)
        drawn = (truncated(law, 1, None) if self.counts else law).sample(torch.Size(sample_shape))
        zero = torch.rand(self.wide(sample_shape)) < self.p.detach()
        return torch.where(zero, torch.zeros_like(drawn), drawn)


class Censored(Around):
    """Values of which it is only known, where flagged, that they lie above (`right`) or below.

    Counts lie strictly above or below. Draws are not censored: they are of the value itself.
    """

    left: Tensor | None
    right: Tensor | None

    def __init__(self, law: Any, left: Some | None = None, right: Some | None = None) -> None:
        super().__init__(law, left=_flag(left), right=_flag(right))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, or the log of the probability of the tail where flagged."""
        value = real(value)
        found: Tensor = self.law.log_prob(value)
        if self.left is not None:
            below = log_cdf(self.law, value - 1 if self.counts else value)
            found = torch.where(self.left, below, found)
        if self.right is not None:
            above = log_sf(self.law, value)
            if self.left is not None:  # nothing lies on both sides
                above = torch.where(self.left, -math.inf, above)
            found = torch.where(self.right, above, found)
        return found

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw from the distribution inside."""
        return self.within(sample_shape)


def _flag(flag: Some | None) -> Tensor | None:
    return None if flag is None else torch.as_tensor(flag) != 0


class Clipped(Around):
    """Values that pile up at bounds: those beyond a bound are recorded as it."""

    low: Tensor | None
    high: Tensor | None

    def __init__(self, law: Any, low: Some | None, high: Some | None) -> None:
        super().__init__(law, low=None if low is None else real(low),
                         high=None if high is None else real(high))  # fmt: skip

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]  # Pyro: a class attribute
        """Whether it has finitely many values: counts that end where they pile up."""
        return self.counts and (self.high is not None or bool(self.law.has_enumerate_support))

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis.

        Raises NotImplementedError where they have no upper bound or differ from cell to cell.
        """
        first: Tensor | int = 0
        last = self.high
        if self.law.has_enumerate_support:
            values = self.law.enumerate_support(expand=False)
            first, last = values.min(), values.max() if last is None else last
        return integers(first if self.low is None else self.low, last, self.batch_shape,
                        expand=expand)  # fmt: skip

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density between the bounds, at one the log probability beyond it."""
        value = real(value)
        found: Tensor = self.law.log_prob(value)
        if self.low is not None:
            found = torch.where(value == self.low, log_cdf(self.law, self.low), found)
            found = where_inside(value >= self.low, found)
        if self.high is not None:
            above = log_sf(self.law, self.high - 1 if self.counts else self.high)
            found = torch.where(value == self.high, above, found)
            found = where_inside(value <= self.high, found)
        return found

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        found = log_cdf(self.law, value)
        if self.low is not None:
            found = where_inside(value >= self.low, found)
        return found if self.high is None else torch.where(value >= self.high, 0.0, found)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        found = log_sf(self.law, value)
        if self.high is not None:
            found = where_inside(value < self.high, found)
        return found if self.low is None else torch.where(value < self.low, 0.0, found)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw, and bring what lies beyond a bound to it."""
        drawn = self.within(sample_shape)
        kind = drawn.dtype
        if self.low is not None:
            drawn = torch.maximum(drawn, self.low.to(kind))
        return drawn if self.high is None else torch.minimum(drawn, self.high.to(kind))


class Interval(Around):
    """Numbers that are rounded to the nearest multiple of a width."""

    width: Tensor

    def __init__(self, law: Any, width: Some) -> None:
        super().__init__(law, width=real(width))

    @property
    def support(self) -> constraints.Constraint:
        """The whole line: the multiples of the width on it."""
        return constraints.real

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log of the probability of what is rounded to a value."""
        steps = value / self.width
        whole = (steps - steps.round()).abs() < 1e-6 * steps.abs().clamp(min=1)
        half = 0.5 * self.width
        return where_inside(whole, log_between(self.law, value - half, value + half))

    def _end(self, value: Tensor) -> Tensor:
        """Up to where numbers are rounded to a value or less."""
        return ((value / self.width + 1e-6).floor() + 0.5) * self.width

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log_cdf(self.law, self._end(value))

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return log_sf(self.law, self._end(value))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw and round."""
        return (self.within(sample_shape) / self.width).round() * self.width + 0.0  # no -0
