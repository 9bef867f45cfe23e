"""What the distributions of emitted programs share: parameters that broadcast, edges, values."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.runtime.special import logsumexp

NOTHING: dict[str, Any] = {}


def real(value: Tensor | float) -> Tensor:
    """A number or a tensor (of ints as well) as a tensor of the default float type."""
    return torch.as_tensor(value, dtype=torch.get_default_dtype())


def where_inside(inside: Tensor, term: Tensor) -> Tensor:
    """Return the log density inside the support, -inf (with gradient 0) outside."""
    return torch.where(inside, term, -math.inf)


def at_edge(edge: Tensor, shape: Tensor, flat: Tensor, term: Tensor) -> Tensor:
    """Replace a log density at the edge 0 of its support, where it goes like (shape - 1) log(0).

    `flat` is its value at shape 1; above it is -inf, below inf.
    """
    steep = torch.where(shape > 1, -math.inf, math.inf)
    return torch.where(edge, torch.where(shape == 1, flat, steep), term)


def integers(low: Any, high: Any, batch: torch.Size, *, expand: bool) -> Tensor:
    """All integers from `low` to `high` on a new first axis, for Pyro's enumeration.

    Raises NotImplementedError where the ends differ from cell to cell.
    """
    ends = [torch.as_tensor(e).unique() for e in (low, high)]
    if any(len(e) != 1 for e in ends):
        message = "the values differ from cell to cell, which Pyro cannot enumerate"
        raise NotImplementedError(message)
    values = torch.arange(int(ends[0]), int(ends[1]) + 1)
    values = values.reshape(-1, *[1] * len(batch))
    return values.expand(-1, *batch) if expand else values


class Law(dist.TorchDistribution):
    """A univariate distribution whose parameters broadcast to its batch shape, in float64.

    A subclass names its `parameters` and says how to draw.
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING
    parameters: tuple[str, ...] = ()

    def __init__(self, *values: Tensor | float) -> None:
        tensors = torch.broadcast_tensors(*(real(v) for v in values))
        for name, value in zip(self.parameters, tensors, strict=True):
            setattr(self, name, value)
        super().__init__(tensors[0].shape, validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        """The real line, where a subclass names no other set."""
        return constraints.real

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> Self:
        """Return the distribution over a larger batch."""
        shape = torch.Size(batch_shape)
        return type(self)(*(getattr(self, n).expand(shape) for n in self.parameters))

    @abstractmethod
    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw."""

    def full(self, sample_shape: Sequence[int], name: str) -> Tensor:
        """Return a parameter expanded to the shape of a sample."""
        value: Tensor = getattr(self, name)
        return value.expand((*sample_shape, *self.batch_shape))


class Summed(dist.TorchDistribution):
    """Values 0, 1, ..., `greatest`, whose distribution function is a sum over them."""

    @property
    @abstractmethod
    def greatest(self) -> int:
        """The greatest value of all cells."""

    def _sum(self, value: Tensor, *, above: bool) -> Tensor:
        """The log of the probability above a value, or up to it."""
        shape = torch.broadcast_shapes(value.shape, self.batch_shape)
        every = torch.arange(self.greatest + 1).double().reshape(-1, *[1] * len(shape))
        terms = self.log_prob(every)
        counted = every > value if above else every <= value
        return logsumexp(torch.where(counted, terms, -math.inf), 0)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""
        return self._sum(value, above=False)

    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""
        return self._sum(value, above=True)


class DrawnByTorch(Law):
    """A distribution whose draws are those of torch's own; its density is exact here."""

    @abstractmethod
    def torch_law(self) -> torch.distributions.Distribution:
        """Return torch's distribution to draw from."""

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw."""
        with torch.no_grad():
            drawn: Tensor = self.torch_law().sample(torch.Size(sample_shape))
        return drawn


class Tailed(Law):
    """A continuous distribution that can be truncated: its tails are known in log space."""

    @abstractmethod
    def log_cdf(self, value: Tensor) -> Tensor:
        """Return the log of the probability at or below a value."""

    @abstractmethod
    def log_sf(self, value: Tensor) -> Tensor:
        """Return the log of the probability above a value."""

    @abstractmethod
    def from_log_cdf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_cdf` is given."""

    @abstractmethod
    def from_log_sf(self, log_p: Tensor) -> Tensor:
        """Return the value whose `log_sf` is given."""

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw, from the nearer tail."""
        with torch.no_grad():
            u = torch.rand((*sample_shape, *self.batch_shape)).clamp(min=1e-300)
            nearer = torch.minimum(u, 1 - u).clamp(min=1e-300).log()
            return torch.where(u < 0.5, self.from_log_cdf(nearer), self.from_log_sf(nearer))
