"""Distributions of real vectors beside the plain normal one."""

import math
from collections.abc import Sequence
from typing import ClassVar, Self

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.law import NOTHING, real, where_inside
from genlang.runtime.sets import zero_sum
from genlang.runtime.special import HALF_LOG_2PI, lbeta
from genlang.runtime.vectors import MultivariateNormal


class Structured(dist.TorchDistribution):
    """Vectors or matrices; `parameters` are named with the number of their own dims."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING
    parameters: ClassVar[dict[str, int]] = {}

    def __init__(self, event: Sequence[int], **values: Tensor | float) -> None:
        ranks = self.parameters
        for name, value in values.items():
            setattr(self, name, real(value))
        shapes = [self.own(n).shape[: self.own(n).dim() - rank] for n, rank in ranks.items()]
        super().__init__(torch.broadcast_shapes(*shapes), torch.Size(event), validate_args=False)

    def own(self, name: str) -> Tensor:
        """Return a parameter."""
        value: Tensor = getattr(self, name)
        return value

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> Self:
        """Return the distribution over a larger batch."""
        new = self._get_checked_instance(type(self), _instance)
        for name, rank in self.parameters.items():
            value = self.own(name)
            shape = (*batch_shape, *value.shape[value.dim() - rank :])
            setattr(new, name, value.expand(shape))
        super(Structured, new).__init__(
            torch.Size(batch_shape), self.event_shape, validate_args=False
        )
        return new

    def shape_of(self, sample_shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of a sample without the dims of one draw."""
        return (*sample_shape, *self.batch_shape)


def _solved(factor: Tensor, x: Tensor) -> Tensor:
    """The squared length of factor^-1 x."""
    shape = torch.broadcast_shapes(factor.shape[:-1], x.shape)
    z = torch.linalg.solve_triangular(
        factor.expand(*shape, shape[-1]), x.expand(shape)[..., None], upper=False
    )
    return z.square().sum((-1, -2))


class MultivariateStudentT(Structured):
    """A normal vector over the root of a chi-squared variable over `df`."""

    support = constraints.real_vector
    parameters: ClassVar[dict[str, int]] = {"df": 0, "loc": 1, "scale_tril": 2}

    def __init__(self, df: Tensor | float, loc: Tensor, scale_tril: Tensor) -> None:
        super().__init__(scale_tril.shape[-1:], df=df, loc=loc, scale_tril=scale_tril)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density (Kotz and Nadarajah 2004, equation 1.1)."""
        df, half = self.own("df"), torch.full_like(self.own("df"), 0.5 * self.event_shape[0])
        tril = self.own("scale_tril")
        # lgamma((df + D) / 2) - lgamma(df / 2) is lgamma(D / 2) - lbeta.
        head = torch.lgamma(half) - lbeta(half, 0.5 * df) - half * (math.pi * df).log()
        body = (0.5 * df + half) * torch.log1p(_solved(tril, value - self.own("loc")) / df)
        return head - body - tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw."""
        with torch.no_grad():
            shape = self.shape_of(sample_shape)
            df = self.own("df").expand(shape)
            z = self.own("scale_tril") @ torch.randn(*shape, *self.event_shape, 1)
            root = (torch.distributions.Chi2(df).sample() / df).sqrt()
            return self.own("loc") + z[..., 0] / root[..., None]


class LowRankMultivariateNormal(Structured):
    """Normal with the covariance W W' + diag(d), W = `factor` [..., D, K], d = `diagonal`.

    x = W z + e, z standard normal and e with variances d. The density needs |z|^2 + sum(e^2 / d)
    at its least z: a sum without cancellation, where x' d^-1 x less a square cancels.
    """

    support = constraints.real_vector
    parameters: ClassVar[dict[str, int]] = {"loc": 1, "factor": 2, "diagonal": 1}

    def __init__(self, loc: Tensor, factor: Tensor, diagonal: Tensor) -> None:
        super().__init__(diagonal.shape[-1:], loc=loc, factor=factor, diagonal=diagonal)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density."""
        w, d = self.own("factor"), self.own("diagonal")
        x = (value - self.own("loc"))[..., None]
        weighed = w / d[..., None]
        inner = torch.eye(w.shape[-1], dtype=w.dtype) + w.mT @ weighed
        root = torch.linalg.cholesky_ex(inner).L
        z = torch.cholesky_solve(weighed.mT @ x, root)
        e = x - w @ z
        squares = z.square().sum((-1, -2)) + (e.square() / d[..., None]).sum((-1, -2))
        volume = root.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 0.5 * d.log().sum(-1)
        return -0.5 * squares - volume - x.shape[-2] * HALF_LOG_2PI

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw z and e."""
        with torch.no_grad():
            shape, w = self.shape_of(sample_shape), self.own("factor")
            z = torch.randn(*shape, w.shape[-1], 1)
            e = self.own("diagonal").sqrt() * torch.randn(*shape, *self.event_shape)
            return self.own("loc") + (w @ z)[..., 0] + e


class GaussianProcess(MultivariateNormal):
    """Values of a process of mean 0 at points, by the kernel's matrix [..., N, N] there.

    The diagonal gets the variance of the noise and, so that close points leave it positive
    definite, `jitter` times its own mean.
    """

    def __init__(self, kernel: Tensor, noise: Tensor | float, jitter: float) -> None:
        own = jitter * kernel.diagonal(dim1=-2, dim2=-1).mean(-1)
        added = (real(noise).square() + own)[..., None]
        diagonal = torch.diag_embed(added.expand(*added.shape[:-1], kernel.shape[-1]))
        zero = torch.zeros(kernel.shape[-1])
        super().__init__(zero, covariance_matrix=kernel + diagonal)


class ZeroSumNormal(Structured):
    """Normal vectors of `dim` elements that add up to 0: a normal variable on that plane.

    The density is with respect to the plane's own volume, of one dimension less.
    """

    support = zero_sum
    parameters: ClassVar[dict[str, int]] = {"scale": 0}

    def __init__(self, scale: Tensor | float, dim: int) -> None:
        super().__init__((int(dim),), scale=scale)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, -inf off the plane."""
        scale, free = self.own("scale"), self.event_shape[0] - 1
        term = -0.5 * (value / scale[..., None]).square().sum(-1) - free * scale.log()
        return where_inside(zero_sum.check(value), term - free * HALF_LOG_2PI)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw independent normal variables and take their mean off."""
        with torch.no_grad():
            z = torch.randn(*self.shape_of(sample_shape), *self.event_shape)
            return self.own("scale")[..., None] * (z - z.mean(-1, keepdim=True))
