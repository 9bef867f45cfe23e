"""Normal vectors of which some elements are missing: the law of those that were seen."""

import math
from collections.abc import Sequence

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.law import NOTHING
from genlang.runtime.special import HALF_LOG_2PI


class PartlySeen(dist.TorchDistribution):
    """The seen elements of a normal vector: a normal vector with a part of loc and covariance.

    `law` [*batch, D], `seen` bool [*batch, D]. All vectors keep D elements, so that patterns of any
    kind go together: the rows and columns of missing elements are those of an identity, and their
    differences are 0. With `value` [*batch, D], draws are of the missing elements given the others
    (Hoffman and Ribak 1991).
    """

    arg_constraints = NOTHING
    support = constraints.real_vector

    def __init__(
        self, law: torch.distributions.MultivariateNormal, seen: Tensor, value: Tensor | None
    ) -> None:
        self.law, self.seen, self.value = law, seen != 0, value
        batch = torch.broadcast_shapes(law.batch_shape, seen.shape[:-1])
        super().__init__(batch, law.event_shape, validate_args=False)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "PartlySeen":
        """Return the distribution over a larger batch."""
        new = self._get_checked_instance(PartlySeen, _instance)
        new.law, new.seen, new.value = self.law, self.seen, self.value
        super(PartlySeen, new).__init__(
            torch.Size(batch_shape), self.event_shape, validate_args=False
        )
        return new

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density of the elements that were seen, 0 where none was."""
        there = self.seen.to(self.law.loc.dtype)
        inverse = _inverse(_own(self.law.scale_tril), self.seen)
        z = _times(inverse, (value - self.law.loc) * there)
        volume = inverse.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        found = volume - 0.5 * z.square().sum(-1) - there.sum(-1) * HALF_LOG_2PI
        inside = getattr(self.law, "inside", None)
        return found if inside is None else torch.where(inside, found, -math.inf)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw whole vectors; where a value is given, the missing elements beside its others."""
        with torch.no_grad():
            drawn = self.law.expand(self.batch_shape).sample(torch.Size(sample_shape))
            if self.value is None:
                return drawn
            tril = _own(self.law.scale_tril)
            inverse = _inverse(tril, self.seen)
            off = torch.where(self.seen, self.value - drawn, 0.0)
            weight = _times(inverse.mT, _times(inverse, off))
            moved = drawn + _times(tril, _times(tril.mT, weight))
            return torch.where(self.seen, self.value, moved)


def partly_seen(
    law: torch.distributions.MultivariateNormal, seen: Tensor, value: Tensor | None = None
) -> PartlySeen:
    """Return the law of the seen elements of a normal vector; see `PartlySeen`."""
    return PartlySeen(law, seen, value)


def _own(tril: Tensor) -> Tensor:
    """The factors without the dims along which they are one."""
    batch = tril.dim() - 2
    return tril[tuple(slice(None, 1) if tril.stride(i) == 0 else slice(None) for i in range(batch))]


def _inverse(tril: Tensor, seen: Tensor) -> Tensor:
    """Return the inverse of the Cholesky factors of what was seen, [*batch, D, D].

    Where the matrices do not vary along the dims of the patterns, each pattern is factored once.
    """
    rank = max(tril.dim() - 2, seen.dim() - 1)
    tril = tril.reshape(*[1] * (rank - tril.dim() + 2), *tril.shape)
    seen = seen.reshape(*[1] * (rank - seen.dim() + 1), *seen.shape)
    own, marked = tril.shape[:-2], seen.shape[:-1]
    if any(a > 1 and b > 1 for a, b in zip(own, marked, strict=True)):
        return _kept(tril, seen)
    patterns, which = torch.unique(seen.reshape(-1, seen.shape[-1]), dim=0, return_inverse=True)
    every = _kept(tril[None], patterns.reshape(-1, *[1] * rank, seen.shape[-1]))
    found = every[which.reshape(marked)]  # [*marked, *own, D, D], along each dim one of them is 1
    pairs = [i for k in range(rank) for i in (k, rank + k)]
    shape = [max(a, b) for a, b in zip(own, marked, strict=True)]
    return found.permute(*pairs, -2, -1).reshape(*shape, *tril.shape[-2:])


def _kept(tril: Tensor, seen: Tensor) -> Tensor:
    """The inverse of the factor L of the rows A that were kept, by the QR decomposition of A'.

    A A' squares the condition of A, and its own factor has half as many digits.
    """
    there = seen.to(tril.dtype)
    batch = torch.broadcast_shapes(tril.shape[:-2], there.shape[:-1])
    rows = (tril * there[..., None]).expand(*batch, *tril.shape[-2:])
    ones = torch.diag_embed(1 - there).expand(*batch, *tril.shape[-2:])
    upper = torch.linalg.qr(torch.cat([rows, ones], -1).mT).R
    factor = (upper * upper.diagonal(dim1=-2, dim2=-1).sign()[..., None]).mT
    eye = torch.eye(factor.shape[-1], dtype=factor.dtype)
    return torch.linalg.solve_triangular(factor, eye, upper=False)


def _times(matrix: Tensor, x: Tensor) -> Tensor:
    """The product with vectors, [*batch, D]."""
    return (matrix @ x[..., None])[..., 0]
