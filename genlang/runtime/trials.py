"""Counts of successes among a number of trials, or of draws.

Probability 0 is exactly -inf, and impossible values have gradient 0; large totals lose no digits.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence

import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.finite import Table
from genlang.runtime.incomplete import log_beta_tails
from genlang.runtime.law import Law, Summed, integers, where_inside
from genlang.runtime.special import (
    HALF_LOG_2PI,
    deviance,
    lbeta,
    lchoose,
    log_sigmoid,
    may,
    stirling,
    times_log,
    times_log1m,
)

# Below this total the plain binomial formula is exact to 1e-12.
MANY = 1000


class UpTo(Summed, Law):
    """Counts from 0 to a total; a subclass gives the log probability."""

    has_enumerate_support = True
    support = constraints.nonnegative_integer

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis."""
        return integers(0, self.total, self.batch_shape, expand=expand)

    @property
    def greatest(self) -> int:
        """The greatest total."""
        return int(self.total.max()) if self.total.numel() else 0

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        inside = (value >= 0) & (value <= self.total) & (value == value.round())
        k = torch.where(inside, value, 0.0 * self.total)
        return where_inside(inside, self.probability(k, self.total - k))

    @abstractmethod
    def probability(self, k: Tensor, rest: Tensor) -> Tensor:
        """Return the log probability of k successes and `rest` failures."""


def _choose(n: Tensor, k: Tensor) -> Tensor:
    if may(n > MANY):
        return lchoose(n, k)
    return torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)


def _binomial(k: Tensor, rest: Tensor, p: Tensor, q: Tensor, tails: Tensor) -> Tensor:
    """The log probability of a count with success and failure probabilities p and q.

    `tails` is k log p + rest log q. Of many trials: the saddle-point form, but at the ends and
    where a probability is so small that it is rounded.
    """
    n = k + rest
    plain = _choose(n, k) + tails
    if not may(n > MANY):
        return plain
    middle = (n > MANY) & (k > 0) & (rest > 0) & (p > 1e-13) & (q > 1e-13)
    x, y = torch.where(middle, k, 1.0), torch.where(middle, rest, 1.0)
    p, q = torch.where(middle, p, 0.5), torch.where(middle, q, 0.5)
    gap = y * p - x * q  # n p - k
    errors = stirling(x + y) - stirling(x) - stirling(y)
    body = 0.5 * ((x + y).log() - x.log() - y.log()) - HALF_LOG_2PI + errors
    near = deviance(x, (x + y) * p, gap) + deviance(y, (x + y) * q, -gap)
    return torch.where(middle, body - near, plain)


class Binomial(UpTo):
    """The number of successes in `total` trials."""

    parameters = ("total", "probs")

    @property
    def failure(self) -> Tensor:
        """The probability of failure."""
        return 1 - self.probs

    def probability(self, k: Tensor, rest: Tensor) -> Tensor:
        """Return the log probability of k successes and `rest` failures."""
        tails = times_log(k, self.probs) + times_log1m(rest, self.probs)
        return _binomial(k, rest, self.probs, 1 - self.probs, tails)

    def tails(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logs of the probabilities up to and above a value, by DLMF 8.17.5."""
        inside = (value >= 0) & (value < self.total)
        k, n = torch.where(inside, value.floor(), 0.0), torch.where(inside, self.total, 1.0)
        below, above = log_beta_tails(n - k, k + 1, self.failure, self.probs)
        least = torch.where(value < 0, -math.inf, 0.0)
        most = torch.where(value < 0, 0.0, -math.inf)
        return torch.where(inside, below, least), torch.where(inside, above, most)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return self.tails(value)[0]

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return self.tails(value)[1]

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        total, probs = (self.full(sample_shape, n).detach() for n in ("total", "probs"))
        return torch.binomial(total.contiguous(), probs.contiguous()).long()


class BinomialLogits(Binomial):
    """The number of successes in `total` trials, by the log odds of success."""

    parameters = ("total", "logits")

    @property
    def probs(self) -> Tensor:
        """The probability of success."""
        return torch.sigmoid(self.logits)

    @property
    def failure(self) -> Tensor:
        """The probability of failure."""
        return torch.sigmoid(-self.logits)

    def probability(self, k: Tensor, rest: Tensor) -> Tensor:
        """Return the log probability of k successes and `rest` failures."""
        sigmoid = torch.sigmoid
        tails = k * log_sigmoid(self.logits) + rest * log_sigmoid(-self.logits)
        return _binomial(k, rest, sigmoid(self.logits), sigmoid(-self.logits), tails)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        total, logits = (self.full(sample_shape, n).detach() for n in self.parameters)
        return torch.binomial(total.contiguous(), torch.sigmoid(logits)).long()


class BetaBinomial(UpTo):
    """A binomial count whose probability is Beta(a, b)."""

    parameters = ("total", "a", "b")

    def probability(self, k: Tensor, rest: Tensor) -> Tensor:
        """Return the log probability of k successes and `rest` failures."""
        term = lbeta(k + self.a, rest + self.b) - lbeta(self.a, self.b)
        return _choose(self.total, k) + term

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        total, a, b = (self.full(sample_shape, n).detach() for n in self.parameters)
        probs = torch.distributions.Beta(a, b).sample()
        return torch.binomial(total.contiguous(), probs).long()


class Hypergeometric(Summed, Law):
    """The successes among `draws` draws without replacement from `total`, `successes` of them."""

    has_enumerate_support = True
    support = constraints.nonnegative_integer
    parameters = ("total", "successes", "draws")

    def enumerate_support(self, expand: bool = True) -> Tensor:  # noqa: FBT001, FBT002 (Pyro's)
        """Return all values on a new first axis."""
        return integers(0, self.draws, self.batch_shape, expand=expand)

    @property
    def greatest(self) -> int:
        """The greatest number of draws."""
        return int(self.draws.max()) if self.draws.numel() else 0

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        low = (self.draws + self.successes - self.total).clamp(min=0)
        high = torch.minimum(self.draws, self.successes)
        inside = (value >= low) & (value <= high) & (value == value.round())
        k = torch.where(inside, value, low)
        term = lchoose(self.successes, k) - lchoose(self.total, self.draws)
        term = term + lchoose(self.total - self.successes, self.draws - k)
        return where_inside(inside, term)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw from the table of all values."""
        values = torch.arange(self.greatest + 1).reshape(-1, *[1] * len(self.batch_shape))
        table = self.log_prob(values.double()).movedim(0, -1)
        return Table(table).sample(sample_shape)
