"""Distributions on the positive numbers, exact at their edges."""

import math

import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime import real
from genlang.runtime.law import Tailed, at_edge, where_inside
from genlang.runtime.special import (
    log,
    log1m_exp,
    log_ndtri,
)


def inner(value: Tensor, low: Tensor | float = 0.0) -> Tensor:
    """Return values inside the support, others replaced by a harmless one."""
    return torch.where(value > low, value, low + 1.0)


class Half(Tailed):
    """The absolute value of a symmetric distribution around 0; a subclass names it."""

    support = constraints.positive
    parameters: tuple[str, ...] = ("scale",)
    whole: type[real.LocationScale]

    def _whole(self) -> real.LocationScale:
        return self.whole(0.0, self.scale)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        return where_inside(value >= 0, self._whole().log_prob(value) + math.log(2))

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return self._whole().log_sf(value.clamp(min=0)) + math.log(2)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log1m_exp(self.log_sf(value).clamp(max=0))

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return self._whole().from_log_sf(log_p - math.log(2))

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return self.from_log_sf(log1m_exp(log_p))


class HalfNormal(Half):
    """The absolute value of a normal variable."""

    whole = real.Normal

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log(torch.erf(value.clamp(min=0) / self.scale / math.sqrt(2)))

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return self.scale * math.sqrt(2) * torch.erfinv(log_p.exp())


class HalfCauchy(Half):
    """The absolute value of a Cauchy variable."""

    whole = real.Cauchy

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log(torch.atan(value.clamp(min=0) / self.scale) * (2 / math.pi))

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return self.scale * torch.tan(log_p.exp() * (math.pi / 2))


class Exponential(Tailed):
    """Waiting times with a rate."""

    support = constraints.positive
    parameters = ("rate",)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        return where_inside(value >= 0, self.rate.log() - self.rate * value)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return -self.rate * value.clamp(min=0)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log1m_exp(self.log_sf(value))

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return -log_p / self.rate

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return -log1m_exp(log_p) / self.rate


class Weibull(Tailed):
    """Waiting times whose hazard goes like a power: survival exp(-(x / scale)^shape)."""

    support = constraints.positive
    parameters = ("shape_", "scale")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        log_z = inner(value).log() - self.scale.log()
        height = self.shape_.log() - self.scale.log()
        term = height + (self.shape_ - 1) * log_z - torch.exp(self.shape_ * log_z)
        term = at_edge(value == 0, self.shape_, height, term)
        return where_inside(value >= 0, term)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        z = torch.exp(self.shape_ * (inner(value).log() - self.scale.log()))
        return torch.where(value > 0, -z, 0.0)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log1m_exp(self.log_sf(value))

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return self.scale * (-log_p) ** (1 / self.shape_)

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return self.from_log_sf(log1m_exp(log_p))


class LogNormal(Tailed):
    """The exponential of a normal variable."""

    support = constraints.positive
    parameters = ("loc", "scale")

    def _whole(self) -> real.Normal:
        return real.Normal(self.loc, self.scale)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        log_x = inner(value).log()
        return where_inside(value > 0, self._whole().log_prob(log_x) - log_x)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return torch.where(value > 0, self._whole().log_sf(inner(value).log()), 0.0)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return torch.where(value > 0, self._whole().log_cdf(inner(value).log()), -math.inf)

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return torch.exp(self.loc - self.scale * log_ndtri(log_p))

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return torch.exp(self.loc + self.scale * log_ndtri(log_p))


class Pareto(Tailed):
    """Power-law tails above a scale: survival (scale / x)^shape."""

    parameters = ("scale", "shape_")

    @property
    def support(self) -> constraints.Constraint:
        """Values from the scale on."""
        return constraints.greater_than_eq(self.scale)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        x = torch.where(value >= self.scale, value, self.scale)
        ratio = x.log() - self.scale.log()
        return where_inside(value >= self.scale, self.shape_.log() - x.log() - self.shape_ * ratio)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return -self.shape_ * (torch.maximum(value, self.scale).log() - self.scale.log())

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log1m_exp(self.log_sf(value))

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return self.scale * torch.exp(-log_p / self.shape_)

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return self.from_log_sf(log1m_exp(log_p))
