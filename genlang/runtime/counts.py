"""Unbounded counts; a mean or rate of 0 is exact, counts of millions lose no digits."""

import math
from abc import abstractmethod
from collections.abc import Sequence

import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.incomplete import log_beta_tails, log_gamma_tails
from genlang.runtime.law import Law, where_inside
from genlang.runtime.special import (
    HALF_LOG_2PI,
    LARGE,
    deviance,
    lbeta,
    log,
    log1m,
    log1m_exp,
    may,
    softplus,
    stirling,
    times_log,
    times_log1m,
)


class Count(Law):
    """Counts 0, 1, ...; a subclass gives the log probability."""

    support = constraints.nonnegative_integer

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        inside = (value >= 0) & (value == value.round())
        return where_inside(inside, self.probability(torch.where(inside, value, 0).double()))

    @abstractmethod
    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of a count inside the support."""

    @abstractmethod
    def tails(self, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logs of the probabilities up to a count and above it."""

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return torch.where(value < 0, -math.inf, self.tails(value.floor().clamp(min=0))[0])

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return torch.where(value < 0, 0.0, self.tails(value.floor().clamp(min=0))[1])


class Poisson(Count):
    """Counts with a rate that may be 0."""

    parameters = ("rate",)

    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of a count inside the support."""
        return _poisson(k, self.rate, times_log(k, self.rate))

    def tails(self, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logs of the probabilities up to a count and above it (DLMF 8.11.11)."""
        above, below = log_gamma_tails(k + 1, self.rate)
        return below, above

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        return torch.poisson(self.full(sample_shape, "rate").detach()).long()


class PoissonLog(Poisson):
    """Counts by the log of the rate."""

    parameters = ("log_rate",)

    @property
    def rate(self) -> Tensor:
        """The rate."""
        return self.log_rate.exp()

    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of a count inside the support."""
        return _poisson(k, self.rate, k * self.log_rate)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        return torch.poisson(self.full(sample_shape, "log_rate").detach().exp()).long()


def _poisson(k: Tensor, rate: Tensor, body: Tensor) -> Tensor:
    """The log probability of a count; `body` is k log(rate)."""
    plain = body - rate - torch.lgamma(k + 1)
    if not may(k > 1000):
        return plain
    large = (k > 1000) & (rate > 1e-300)
    x, mean = torch.where(large, k, LARGE), torch.where(large, rate, LARGE)
    saddle = -deviance(x, mean) - 0.5 * x.log() - HALF_LOG_2PI - stirling(x)
    return torch.where(large, saddle, plain)


class NegativeBinomial(Count):
    """Counts with variance mean + mean^2 / dispersion."""

    parameters = ("mean_count", "dispersion")

    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of a count inside the support."""
        m, r = self.mean_count, self.dispersion
        nothing = m == 0
        odds = torch.log1p(r / torch.where(nothing, 1.0, m))
        body = torch.where(nothing, times_log(k, torch.zeros_like(m)), -k * odds)
        return _negative_binomial(k, m, r, body - r * torch.log1p(m / r))

    def shares(self) -> tuple[Tensor, Tensor]:
        """Return the probabilities of success and failure in the trials that are counted."""
        whole = self.mean_count + self.dispersion
        return self.dispersion / whole, self.mean_count / whole

    def tails(self, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logs of the probabilities up to a count and above it (DLMF 8.17.24)."""
        success, failure = self.shares()
        return log_beta_tails(self.dispersion, k + 1, success, failure)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count through its gamma rate."""
        mean = self.full(sample_shape, "mean_count").detach()
        r = self.full(sample_shape, "dispersion").detach()
        return _draw(mean, r)


class NegativeBinomialLog(NegativeBinomial):
    """Counts by the log of their mean."""

    parameters = ("log_mean", "dispersion")

    @property
    def mean_count(self) -> Tensor:
        """The mean."""
        return self.log_mean.exp()

    def shares(self) -> tuple[Tensor, Tensor]:
        """Return the probabilities of success and failure in the trials that are counted."""
        odds = self.log_mean - self.dispersion.log()
        return torch.sigmoid(-odds), torch.sigmoid(odds)

    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of a count inside the support."""
        r = self.dispersion
        odds = self.log_mean - r.log()
        tails = -k * softplus(-odds) - r * softplus(odds)
        return _negative_binomial(k, self.mean_count, r, tails)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count through its gamma rate."""
        mean = self.full(sample_shape, "log_mean").detach().exp()
        return _draw(mean, self.full(sample_shape, "dispersion").detach())


def _draw(mean: Tensor, r: Tensor) -> Tensor:
    return torch.poisson(torch.distributions.Gamma(r, 1.0).sample() * (mean / r)).long()


def _negative_binomial(k: Tensor, m: Tensor, r: Tensor, tails: Tensor) -> Tensor:
    """The log probability of a count; `tails` is k log(m / (m + r)) + r log(r / (m + r))."""
    some = k > 0
    x = torch.where(some, k, 1.0)
    plain = tails - torch.where(some, lbeta(r, x) + x.log(), 0.0)
    if not may(k >= LARGE):
        return plain
    large = (k >= LARGE) & (r >= LARGE) & (m > 1e-13) & (m < 1e300)
    x, s = torch.where(large, k, LARGE), torch.where(large, r, LARGE)
    m = torch.where(large, m, LARGE)
    gap = s * (x - m) / (s + m)  # the expected number of successes less r
    errors = stirling(x + s) - stirling(x) - stirling(s)
    body = 0.5 * (s.log() - x.log() - (x + s).log()) - HALF_LOG_2PI + errors
    share = (x + s) / (s + m)
    near = deviance(s, share * s, gap) + deviance(x, share * m, -gap)
    return torch.where(large, body - near, plain)


class Geometric(Count):
    """Failures before the first success."""

    parameters = ("probs",)

    def probability(self, k: Tensor) -> Tensor:
        """Return the log probability of a count inside the support."""
        return times_log1m(k, self.probs) + log(self.probs)

    def tails(self, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logs of the probabilities up to a count and above it."""
        above = (k + 1) * log1m(self.probs)
        return log1m_exp(above), above

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        probs = self.full(sample_shape, "probs").detach()
        u = torch.rand(probs.shape).clamp(min=1e-300).log()
        return torch.where(probs == 1, 0.0, (u / torch.log1p(-probs)).floor()).long()
