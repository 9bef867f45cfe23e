"""Distributions over a few values: 0 and 1, positions, integers in a range.

Torch clamps (`Bernoulli(0).log_prob(1)` is -36) and, unvalidated, returns numbers outside supports.
Here probability 0 is exactly -inf, and impossible values have gradient 0.
"""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.law import NOTHING, Law, Summed, integers, real, where_inside
from genlang.runtime.special import log, log1m, log1m_exp, log_sigmoid


class Bernoulli(Law):
    """0 or 1."""

    has_enumerate_support = True
    support = constraints.boolean
    parameters = ("probs",)

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis."""
        return integers(0, 1, self.batch_shape, expand=expand)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p or log(1 - p)."""
        term = torch.where(value == 1, log(self.probs), log1m(self.probs))
        return where_inside((value == 0) | (value == 1), term)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw 0 or 1 (int64)."""
        return torch.bernoulli(self.full(sample_shape, "probs").detach()).long()

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        zero = self.log_prob(torch.zeros_like(value))
        return torch.where(value < 0, -math.inf, torch.where(value < 1, zero, 0.0))

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        one = self.log_prob(torch.ones_like(value))
        return torch.where(value < 0, 0.0, torch.where(value < 1, one, -math.inf))


class BernoulliLogits(Bernoulli):
    """0 or 1, by the log odds of 1: exact in both tails."""

    parameters = ("logits",)

    @property
    def probs(self) -> Tensor:
        """The probability of 1."""
        return torch.sigmoid(self.logits)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p or log(1 - p)."""
        signed = torch.where(value == 1, self.logits, -self.logits)
        return where_inside((value == 0) | (value == 1), torch.nn.functional.logsigmoid(signed))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw 0 or 1 (int64)."""
        return torch.bernoulli(torch.sigmoid(self.full(sample_shape, "logits").detach())).long()


def _narrow(logs: Tensor) -> Tensor:
    """Return a table without the copies that an expanded axis stands for."""
    for axis in range(logs.ndim - 1):
        if logs.shape[axis] > 1 and logs.stride(axis) == 0:
            logs = logs.narrow(axis, 0, 1)
    return logs


class Table(Summed):
    """Positions 0, ..., K - 1 by a table of log probabilities on the last axis."""

    has_enumerate_support = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, logs: Tensor) -> None:
        self.logs = logs
        super().__init__(logs.shape[:-1], validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        """The positions."""
        return constraints.integer_interval(0, self.logs.shape[-1] - 1)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Table":
        """Return the distribution over a larger batch."""
        return Table(self.logs.expand(*batch_shape, self.logs.shape[-1]))

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis."""
        return integers(0, self.logs.shape[-1] - 1, self.batch_shape, expand=expand)

    @property
    def greatest(self) -> int:
        """The last position."""
        return self.logs.shape[-1] - 1

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log of the probability at a position."""
        size = self.logs.shape[-1]
        shape = torch.broadcast_shapes(value.shape, self.batch_shape)
        inside = (value >= 0) & (value < size) & (value == value.long())
        position = torch.where(inside, value, 0).long()
        # Cells are looked up in the table itself: the gradient of `gather` on a table that is
        # expanded over rows has all positions of every row.
        logs = _narrow(self.logs)
        lead = logs.shape[:-1]
        row = torch.arange(lead.numel(), device=logs.device).reshape(lead)
        at = (row * size + position).expand(shape)
        found = logs.reshape(-1).index_select(0, at.reshape(-1)).reshape(shape)
        return where_inside(inside, found)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a position."""
        probs = self.logs.detach().exp().expand(*sample_shape, *self.logs.shape)
        if probs.numel() == 0:
            return torch.zeros(probs.shape[:-1], dtype=torch.long)
        flat = probs.reshape(-1, probs.shape[-1])
        return torch.multinomial(flat, 1).reshape(probs.shape[:-1])


class Categorical(Table):
    """Positions with probabilities on the last axis (not renormalized)."""

    def __init__(self, probs: Tensor) -> None:
        super().__init__(log(real(probs)))


class CategoricalLogits(Table):
    """Positions with log weights on the last axis."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__(torch.log_softmax(real(logits), -1))


class OrderedLogistic(Table):
    """Grades 0, ..., K: a logistic variable around the predictor, cut at K cut points."""

    def __init__(self, predictor: Tensor | float, cutpoints: Tensor) -> None:
        at = real(cutpoints) - real(predictor)[..., None]
        below, above = log_sigmoid(at), log_sigmoid(-at)
        # sigmoid(u) - sigmoid(v) = sigmoid(u) sigmoid(-v) (1 - exp(v - u))
        between = below[..., 1:] + above[..., :-1]
        gap = log1m_exp((cutpoints[..., :-1] - cutpoints[..., 1:]).clamp(max=0))
        super().__init__(torch.cat([below[..., :1], between + gap, above[..., -1:]], -1))


class DiscreteUniform(Law):
    """The integers from `low` to `high`, both included."""

    has_enumerate_support = True
    support = constraints.integer
    parameters = ("low", "high")

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis."""
        return integers(self.low, self.high, self.batch_shape, expand=expand)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return minus the log of the number of values."""
        inside = (value >= self.low) & (value <= self.high) & (value == value.round())
        return where_inside(inside, -log((self.high - self.low + 1).clamp(min=1)))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw an integer."""
        low, high = (self.full(sample_shape, n).detach() for n in self.parameters)
        return (low + (torch.rand(low.shape) * (high - low + 1)).floor()).long()

    def _share(self, count: Tensor) -> Tensor:
        """The log of the share of so many of the values."""
        size = (self.high - self.low + 1).clamp(min=1)
        return log((count / size).clamp(0, 1))

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return self._share(value.floor() - self.low + 1)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return self._share(self.high - value.floor())


class Delta(Law):
    """One integer, surely."""

    support = constraints.integer
    parameters = ("x",)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return 0 at the integer, -inf elsewhere."""
        return where_inside(value == self.x, torch.zeros_like(self.x))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Return the integer."""
        return self.full(sample_shape, "x").detach().long()
