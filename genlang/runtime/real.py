"""Distributions on the whole line (and on intervals): exact far in both tails."""

import math
from abc import abstractmethod
from collections.abc import Sequence

import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.law import DrawnByTorch, Law, Tailed, where_inside
from genlang.runtime.special import (
    HALF_LOG_2PI,
    log,
    log1m_exp,
    log1p_square,
    log_i0e,
    log_ndtr,
    log_ndtri,
    softplus,
)


class LocationScale(Tailed):
    """A standard distribution, moved and stretched; a subclass gives the standard one."""

    parameters: tuple[str, ...] = ("loc", "scale")

    def standard(self, value: Tensor) -> Tensor:
        """Return (value - loc) / scale."""
        return (value - self.loc) / self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        return self.density(self.standard(value)) - self.scale.log()

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return self.below(self.standard(value))

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return self.above(self.standard(value))

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return self.loc + self.scale * self.quantile(log_p)

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return self.loc + self.scale * self.upper_quantile(log_p)

    # -- the standard distribution; these are for symmetric ones unless overridden

    @abstractmethod
    def density(self, z: Tensor) -> Tensor:
        """Return the standard log density."""

    @abstractmethod
    def below(self, z: Tensor) -> Tensor:
        """Return the standard log_cdf."""

    def above(self, z: Tensor) -> Tensor:
        """Return the standard log_sf."""
        return self.below(-z)

    @abstractmethod
    def quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_cdf."""

    def upper_quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_sf."""
        return -self.quantile(log_p)


class Normal(LocationScale):
    """The normal distribution, as the base of a truncated one."""

    def density(self, z: Tensor) -> Tensor:
        """Return the standard log density."""
        return -0.5 * z * z - HALF_LOG_2PI

    def below(self, z: Tensor) -> Tensor:
        """Return the standard log_cdf."""
        return log_ndtr(z)

    def quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_cdf."""
        return log_ndtri(log_p)


class Laplace(LocationScale):
    """The double exponential distribution, as the base of a truncated one."""

    def density(self, z: Tensor) -> Tensor:
        """Return the standard log density."""
        return -z.abs() - math.log(2)

    def below(self, z: Tensor) -> Tensor:
        """Return the standard log_cdf."""
        return torch.where(z < 0, z - math.log(2), torch.log1p(-0.5 * torch.exp(-z.abs())))

    def quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_cdf."""
        low = log_p + math.log(2)
        return torch.where(low < 0, low, -log1m_exp(log_p.clamp(max=-1e-300)) - math.log(2))


class Logistic(LocationScale):
    """The logistic distribution."""

    def density(self, z: Tensor) -> Tensor:
        """Return the standard log density."""
        return -softplus(z) - softplus(-z)

    def below(self, z: Tensor) -> Tensor:
        """Return the standard log_cdf."""
        return -softplus(-z)

    def quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_cdf."""
        return log_p - log1m_exp(log_p)


class Cauchy(LocationScale):
    """The Cauchy distribution."""

    def density(self, z: Tensor) -> Tensor:
        """Return the standard log density."""
        return -math.log(math.pi) - log1p_square(z)

    def below(self, z: Tensor) -> Tensor:
        """Return the standard log_cdf."""
        return torch.atan2(torch.ones_like(z), -z).log() - math.log(math.pi)

    def quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_cdf."""
        return -1 / torch.tan(math.pi * log_p.exp())


class Gumbel(LocationScale):
    """The Gumbel distribution of maxima."""

    def density(self, z: Tensor) -> Tensor:
        """Return the standard log density."""
        return -z - torch.exp(-z)

    def below(self, z: Tensor) -> Tensor:
        """Return the standard log_cdf."""
        return -torch.exp(-z)

    def above(self, z: Tensor) -> Tensor:
        """Return the standard log_sf."""
        far = z > 40  # 1 - exp(-exp(-z)) is exp(-z)
        near = log1m_exp(-torch.exp(-torch.where(far, 0.0, z)))
        return torch.where(far, -z, near)

    def quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_cdf."""
        return -torch.log(-log_p)

    def upper_quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_sf."""
        far = log_p < -40
        return torch.where(far, -log_p, -torch.log(-log1m_exp(torch.where(far, -1.0, log_p))))


class AsymmetricLaplace(Tailed):
    """Exponential tails with rates asymmetry / scale above loc and 1 / (asymmetry scale) below."""

    parameters = ("loc", "scale", "asymmetry")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        z, k = (value - self.loc) / self.scale, self.asymmetry
        body = torch.where(z >= 0, -z * k, z / k)
        return body - (self.scale * (k + 1 / k)).log()

    def _shares(self) -> tuple[Tensor, Tensor]:
        """The logs of the probabilities below and above loc."""
        k = self.asymmetry
        return 2 * k.log() - torch.log1p(k * k), -torch.log1p(k * k)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        z = (value - self.loc) / self.scale
        low, high = self._shares()
        above = log1m_exp(high - z.clamp(min=0) * self.asymmetry)
        return torch.where(z < 0, low + z / self.asymmetry, above)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        z = (value - self.loc) / self.scale
        low, high = self._shares()
        below = log1m_exp(low + z.clamp(max=0) / self.asymmetry)
        return torch.where(z < 0, below, high - z * self.asymmetry)

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        low, high = self._shares()
        below, above = (log_p - low) * self.asymmetry, (high - log1m_exp(log_p)) / self.asymmetry
        return self.loc + self.scale * torch.where(log_p < low, below, above)

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        low, high = self._shares()
        below, above = (log1m_exp(log_p) - low) * self.asymmetry, (high - log_p) / self.asymmetry
        return self.loc + self.scale * torch.where(log_p < high, above, below)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw as a difference of two exponentials."""
        with torch.no_grad():
            shape, k = (*sample_shape, *self.batch_shape), self.asymmetry
            up, down = (torch.empty(shape).exponential_() for _ in range(2))
            return self.loc + self.scale * (up / k - down * k)


class VonMises(DrawnByTorch):
    """Angles: the density is periodic, an unknown angle lives in [-pi, pi]."""

    support = constraints.interval(-math.pi, math.pi)
    parameters = ("loc", "concentration")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        half = torch.sin(0.5 * (value - self.loc))
        body = -2 * self.concentration * half * half  # concentration (cos - 1)
        return body - 2 * HALF_LOG_2PI - log_i0e(self.concentration)

    def torch_law(self) -> torch.distributions.Distribution:
        """Return torch's distribution to draw from."""
        return torch.distributions.VonMises(self.loc, self.concentration)


class Uniform(Tailed):
    """Constant between two ends, both included."""

    parameters = ("low", "high")

    @property
    def support(self) -> constraints.Constraint:
        """The interval."""
        return constraints.interval(self.low, self.high)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        inside = (value >= self.low) & (value <= self.high)
        return where_inside(inside, -(self.high - self.low).log())

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return log(((value - self.low) / (self.high - self.low)).clamp(0, 1))

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return log(((self.high - value) / (self.high - self.low)).clamp(0, 1))

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return self.low + (self.high - self.low) * log_p.exp()

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return self.high - (self.high - self.low) * log_p.exp()


class Flat(Law):
    """Improper: log density 0 on the whole line."""

    parameters = ("location",)

    def __init__(self, location: Tensor | float = 0.0) -> None:
        super().__init__(location)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return 0."""
        return torch.zeros(torch.broadcast_shapes(value.shape, self.batch_shape))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Raise NotImplementedError: there is nothing to draw from."""
        del sample_shape
        message = "Flat is improper: it has no draws"
        raise NotImplementedError(message)


class Kumaraswamy(Tailed):
    """On the unit interval, with distribution function 1 - (1 - x^a)^b."""

    support = constraints.unit_interval
    parameters = ("a", "b")

    def _parts(self, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        inside = (value >= 0) & (value <= 1)
        x = torch.where((value > 0) & (value < 1), value, 0.5)
        return inside, x.log(), log1m_exp(self.a * x.log())

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        inside, log_x, log_rest = self._parts(value)
        height = self.a.log() + self.b.log()
        term = height + (self.a - 1) * log_x + (self.b - 1) * log_rest
        for edge, shape in ((value == 0, self.a), (value == 1, self.b)):
            steep = torch.where(shape > 1, -math.inf, math.inf)
            term = torch.where(edge, torch.where(shape == 1, height, steep), term)
        return where_inside(inside, term)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        _, _, log_rest = self._parts(value)
        term = torch.where(value >= 1, -math.inf, self.b * log_rest)
        return torch.where(value <= 0, 0.0, term)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        _, _, log_rest = self._parts(value)
        term = torch.where(value >= 1, 0.0, log1m_exp(self.b * log_rest))
        return torch.where(value <= 0, -math.inf, term)

    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""
        return torch.exp(log1m_exp(log_p / self.b) / self.a)

    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""
        return torch.exp(log1m_exp(log1m_exp(log_p) / self.b) / self.a)
