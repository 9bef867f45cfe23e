"""Mixtures of a few distributions of any kinds."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.law import NOTHING, integers, real
from genlang.runtime.special import logsumexp_weighted
from genlang.runtime.tails import log_cdf, log_sf


class Mixture(dist.TorchDistribution):
    """One of several distributions, with `weights` [..., K] that add up to 1."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, weights: Tensor, laws: Sequence[Any]) -> None:
        self.weights, self.laws = real(weights), tuple(laws)
        shapes = (law.batch_shape for law in self.laws)
        shape = torch.broadcast_shapes(self.weights.shape[:-1], *shapes)
        super().__init__(shape, self.laws[0].event_shape, validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        """The values from the least of all to the greatest; of vectors those of the first."""
        first, every = self.laws[0].support, [law.support for law in self.laws]
        if first.event_dim:
            return first
        if first.is_discrete:
            return constraints.integer
        lows = [getattr(s, "lower_bound", None) for s in every]
        highs = [getattr(s, "upper_bound", None) for s in every]
        low, high = _outermost(lows, torch.minimum), _outermost(highs, torch.maximum)
        if high is None:
            return constraints.real if low is None else constraints.greater_than(low)
        return constraints.less_than(high) if low is None else constraints.interval(low, high)

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]  # Pyro: a class attribute
        """Whether all of its distributions have finitely many values."""
        return all(law.has_enumerate_support for law in self.laws)

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis.

        Raises NotImplementedError where they have no upper bound or differ from cell to cell.
        """
        values = [law.enumerate_support(expand=False) for law in self.laws]
        low, high = min(int(v.min()) for v in values), max(int(v.max()) for v in values)
        return integers(low, high, self.batch_shape, expand=expand)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Mixture":
        """Return the distribution over a larger batch."""
        shape = torch.Size(batch_shape)
        weights = self.weights.expand(*shape, self.weights.shape[-1])
        return Mixture(weights, [law.expand(shape) for law in self.laws])

    def _sum(self, terms: list[Tensor]) -> Tensor:
        return logsumexp_weighted(self.weights, torch.stack(torch.broadcast_tensors(*terms), -1))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        return self._sum([law.log_prob(value) for law in self.laws])

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return self._sum([log_cdf(law, value) for law in self.laws])

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return self._sum([log_sf(law, value) for law in self.laws])

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a distribution, then from it."""
        shape = torch.Size(sample_shape)
        with torch.no_grad():
            drawn = [law.expand(self.batch_shape).sample(shape) for law in self.laws]
            whole = (*shape, *self.batch_shape)
            weights = self.weights.expand(*whole, self.weights.shape[-1])
            flat = weights.reshape(-1, weights.shape[-1])
            chosen = flat.new_zeros(len(flat), 1).long() if not len(flat) else (
                torch.multinomial(flat, 1))  # fmt: skip
            which = chosen.reshape((*whole, *[1] * len(self.event_shape)))
            found = drawn[0]
            for k, other in enumerate(drawn[1:], 1):
                found = torch.where(which == k, other, found)
            return found


def _outermost(ends: list[Any], choose: Any) -> Tensor | None:
    """The least or the greatest of some ends, None where one has none."""
    found: Tensor | None = None
    for end in ends:
        if end is None or (not isinstance(end, Tensor) and math.isinf(end)):
            return None
        found = real(end) if found is None else choose(found, real(end))
    return found
