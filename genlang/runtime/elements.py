"""Univariate laws on each element of vectors and matrices, and the improper law on a set.

Each      elements free of each other
Ordered   increasing elements
Baseline  the first element is 0, the others are free
FlatOn    log density 0 on any set of vectors or matrices
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime import sets
from genlang.runtime.law import NOTHING

TRIES = 1000  # batches of draws, of which those in the set are kept


class Each(dist.TorchDistribution):
    """An array [*size] of elements, each from `base`, whose last dims are those of the array.

    A `base` without dims, or with dims of size 1, is the law of every element.
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING
    has_rsample = False

    def __init__(self, base: Any, *size: int) -> None:
        own = tuple(base.batch_shape)
        batch = own[: len(own) - len(size)] if own else ()
        self.base = base.expand(torch.Size((*batch, *size)))
        super().__init__(torch.Size(batch), torch.Size(size), validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        """That of `base` in every element."""
        return constraints.independent(self.base.support, len(self.event_shape))

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> Self:
        """Return the distribution over a larger batch."""
        base = self.base.expand(torch.Size((*batch_shape, *self.event_shape)))
        return type(self)(base, *self.event_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density of `value`, [..., *size]."""
        total: Tensor = self.base.log_prob(value)
        return total.flatten(-len(self.event_shape)).sum(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw each element."""
        drawn: Tensor = self.base.sample(torch.Size(sample_shape))
        return drawn


class Ordered(Each):
    """Increasing vectors [size] of elements from `base`.

    Where the elements are `alike` it is the density of the order statistics: log(size!) plus the
    sum over the elements, -inf where not increasing. Otherwise the log density is the sum alone, a
    constant short of normalized.
    """

    def __init__(self, base: Any, size: int, *, alike: bool = True) -> None:
        self.alike = alike
        super().__init__(base, size)

    @property
    def support(self) -> constraints.Constraint:
        """Increasing vectors between the ends of `base`."""
        low, high = ends(self.base.support)
        if low is None and high is None:
            return constraints.ordered_vector
        return sets.OrderedBetween(_first(low), _first(high))

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> Self:
        """Return the distribution over a larger batch."""
        base = self.base.expand(torch.Size((*batch_shape, *self.event_shape)))
        return type(self)(base, *self.event_shape, alike=self.alike)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density of `value`, [..., size]."""
        inside = (value[..., 1:] >= value[..., :-1]).all(-1)
        total = super().log_prob(value)
        if self.alike:
            total = total + math.lgamma(self.event_shape[0] + 1)
        return torch.where(inside, total, -math.inf)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw by sorting; unlike elements until they increase.

        Raises NotImplementedError where that is too rare.
        """
        drawn = super().sample(sample_shape)
        if self.alike:
            return drawn.sort(-1).values
        for _ in range(TRIES):
            outside = (drawn[..., 1:] < drawn[..., :-1]).any(-1, keepdim=True)
            if not outside.any():
                return drawn
            drawn = torch.where(outside, super().sample(sample_shape), drawn)
        message = "elements drawn one by one increase too rarely"
        raise NotImplementedError(message)


class Baseline(Each):
    """Vectors [size] whose first element is 0; the others are from `base`."""

    def __init__(self, base: Any, size: int) -> None:
        super().__init__(base, size)

    @property
    def support(self) -> constraints.Constraint:
        """The set of `base` in all elements but the first."""
        return sets.Baseline(self.base.support)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density of `value`, [..., size]: of all elements but the first."""
        first = torch.arange(self.event_shape[0]) == 0
        # The first element takes the place of no other: where 0 is impossible it has no gradient.
        safe = torch.where(first, value[..., -1:], value)
        total = torch.where(first, 0.0, self.base.log_prob(safe)).sum(-1)
        return torch.where(value[..., 0] == 0, total, -math.inf)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw all elements but the first."""
        return super().sample(sample_shape) * (torch.arange(self.event_shape[0]) > 0)


class FlatOn(dist.TorchDistribution):
    """Improper: log density 0 on a set of vectors or matrices of shape `size`."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING
    has_rsample = False

    def __init__(self, support: Any, *size: int, batch: Sequence[int] = ()) -> None:
        self._set = support
        super().__init__(torch.Size(batch), torch.Size(size), validate_args=False)

    @property
    def support(self) -> Any:
        """The set."""
        return self._set

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "FlatOn":
        """Return the distribution over a larger batch."""
        return FlatOn(self._set, *self.event_shape, batch=batch_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return 0 inside the set, -inf outside."""
        return torch.where(self._set.check(value), 0.0, -math.inf)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """An improper law has no draws: raises NotImplementedError."""
        message = "Flat is improper: it has no draws"
        raise NotImplementedError(message)


def ends(support: Any) -> tuple[Any, Any]:
    """Return the lower and the upper end of a set of numbers, None where it has none."""
    while isinstance(support, constraints.independent):
        support = support.base_constraint
    return getattr(support, "lower_bound", None), getattr(support, "upper_bound", None)


def _first(end: Any) -> Any:
    """An end that all elements share, from those of all elements."""
    return end[..., :1] if isinstance(end, Tensor) and end.dim() else end
