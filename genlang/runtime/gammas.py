"""The gamma distribution and its kin, whose tails are incomplete gamma and beta functions."""

import math

import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.incomplete import (
    beta_quantile,
    beta_saddle,
    gamma_quantile,
    log_beta_tails,
    log_gamma_tails,
)
from genlang.runtime.law import DrawnByTorch, Tailed, at_edge, where_inside
from genlang.runtime.positive import inner
from genlang.runtime.special import LARGE, gamma_kernel, lbeta


class Gamma(DrawnByTorch, Tailed):
    """The gamma distribution with a shape and a rate."""

    support = constraints.positive
    parameters: tuple[str, ...] = ("shape_", "rate")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        x = inner(value)
        log_x = x.log()
        term = gamma_kernel(self.shape_, self.rate * x, self.rate.log() + log_x) - log_x
        term = at_edge(value == 0, self.shape_, self.rate.log(), term)
        return where_inside(value >= 0, term)

    def _tails(self, value: Tensor) -> tuple[Tensor, Tensor]:
        return log_gamma_tails(self.shape_, self.rate * value.clamp(min=0))

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return self._tails(value)[0]

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return self._tails(value)[1]

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return gamma_quantile(self.shape_, log_p, upper=False) / self.rate

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return gamma_quantile(self.shape_, log_p, upper=True) / self.rate

    def torch_law(self) -> torch.distributions.Distribution:
        """Return torch's distribution to draw from."""
        return torch.distributions.Gamma(self.shape_, self.rate)


class InverseGamma(DrawnByTorch, Tailed):
    """The reciprocal of a gamma variable with this shape and the rate `scale`."""

    support = constraints.positive
    parameters = ("shape_", "scale")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        x = inner(value)
        log_x = x.log()
        kernel = gamma_kernel(self.shape_, self.scale / x, self.scale.log() - log_x)
        return where_inside(value > 0, kernel - log_x)

    def _reciprocal(self) -> Gamma:
        return Gamma(self.shape_, self.scale)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return torch.where(value > 0, self._reciprocal().log_sf(1 / inner(value)), -math.inf)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return torch.where(value > 0, self._reciprocal().log_cdf(1 / inner(value)), 0.0)

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return 1 / self._reciprocal().from_log_sf(log_p)

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return 1 / self._reciprocal().from_log_cdf(log_p)

    def torch_law(self) -> torch.distributions.Distribution:
        """Return torch's distribution to draw from."""
        return torch.distributions.InverseGamma(self.shape_, self.scale)


class Chi2(Gamma):
    """The sum of `df` squared standard normal variables."""

    parameters: tuple[str, ...] = ("df",)

    @property
    def shape_(self) -> Tensor:
        """Half the degrees of freedom."""
        return 0.5 * self.df

    @property
    def rate(self) -> Tensor:
        """A half."""
        return torch.full_like(self.df, 0.5)


class Beta(DrawnByTorch, Tailed):
    """The beta distribution on the unit interval, ends included."""

    support = constraints.unit_interval
    parameters = ("a", "b")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        a, b = self.a, self.b
        x = torch.where((value > 0) & (value < 1), value, 0.5)
        large = (a >= LARGE) & (b >= LARGE)
        plain = (a - 1) * x.log() + (b - 1) * torch.log1p(-x) - lbeta(a, b)
        saddle = beta_saddle(torch.where(large, a, LARGE), torch.where(large, b, LARGE), x, 1 - x)
        term = torch.where(large, saddle - x.log() - torch.log1p(-x), plain)
        # B(1, b) is 1 / b, B(a, 1) is 1 / a.
        term = at_edge(value == 0, a, b.log(), term)
        term = at_edge(value == 1, b, a.log(), term)
        return where_inside((value >= 0) & (value <= 1), term)

    def _tails(self, value: Tensor) -> tuple[Tensor, Tensor]:
        x = value.clamp(0, 1)
        return log_beta_tails(self.a, self.b, x, 1 - x)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return self._tails(value)[0]

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return self._tails(value)[1]

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return beta_quantile(self.a, self.b, log_p)[0]

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return beta_quantile(self.b, self.a, log_p)[1]

    def torch_law(self) -> torch.distributions.Distribution:
        """Return torch's distribution to draw from."""
        return torch.distributions.Beta(self.a, self.b)
