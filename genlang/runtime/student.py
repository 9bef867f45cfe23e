"""Student's t distribution and its absolute value."""

import math
from collections.abc import Sequence

import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.incomplete import beta_quantile, log_beta_tails, nodes
from genlang.runtime.law import DrawnByTorch, where_inside
from genlang.runtime.positive import Half
from genlang.runtime.real import LocationScale
from genlang.runtime.special import lbeta, log, log1m_exp, log1p_square


class StudentT(DrawnByTorch, LocationScale):
    """Student's t distribution, for any degrees of freedom."""

    parameters = ("df", "loc", "scale")

    def density(self, z: Tensor) -> Tensor:
        """Return the standard log density."""
        constant = lbeta(torch.full_like(self.df, 0.5), 0.5 * self.df) + 0.5 * self.df.log()
        return -0.5 * (self.df + 1) * log1p_square(z / self.df.sqrt()) - constant

    def _middle(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Whether a value is near 0, the probability between 0 and it, and the log tail beyond.

        Near 0 (the density has poles at i sqrt(df)) the former is a sum over nodes, so that it has
        derivatives at 0, elsewhere half an incomplete beta function of df / (df + z^2).
        """
        near = z.abs() < self.df.sqrt().clamp(max=1)
        at = torch.where(near, z, 0.0)
        places, weights = nodes(at)
        inner = (weights * self.density(places).exp()).sum(0)
        ratio = (torch.where(near, 1.0, z.abs()) / self.df.sqrt()).clamp(1e-150, 1e150).square()
        half = torch.full_like(self.df, 0.5)
        tail, _ = log_beta_tails(0.5 * self.df, half, 1 / (1 + ratio), 1 / (1 + 1 / ratio))
        return near, inner, tail - math.log(2)

    def below(self, z: Tensor) -> Tensor:
        """Return the standard log_cdf."""
        near, inner, tail = self._middle(z)
        far = torch.where(z < 0, tail, log1m_exp(tail))
        return torch.where(near, torch.log(0.5 + inner), far)

    def within(self, z: Tensor) -> Tensor:
        """Return the log of the probability between -z and z, z >= 0."""
        near, inner, tail = self._middle(z)
        return torch.where(near, log(2 * inner), log1m_exp((tail + math.log(2)).clamp(max=0)))

    def quantile(self, log_p: Tensor) -> Tensor:
        """Return the inverse of the standard log_cdf."""
        upper = log_p > -math.log(2)
        tail = torch.where(upper, log1m_exp(log_p), log_p)
        half = torch.full_like(self.df, 0.5)
        x, y = beta_quantile(0.5 * self.df, half, (tail + math.log(2)).clamp(max=0))
        z = (self.df * (y / x)).sqrt()
        return torch.where(upper, z, -z)

    def torch_law(self) -> torch.distributions.Distribution:
        """Return torch's distribution to draw from."""
        return torch.distributions.StudentT(self.df, self.loc, self.scale)


class HalfStudentT(Half):
    """The absolute value of a t variable."""

    support = constraints.positive
    parameters = ("df", "scale")

    def _whole(self) -> StudentT:
        return StudentT(self.df, 0.0, self.scale)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        return where_inside(value >= 0, self._whole().log_prob(value) + math.log(2))

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return self._whole().within(value.clamp(min=0) / self.scale)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw."""
        return self._whole().sample(sample_shape).abs()
