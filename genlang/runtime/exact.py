"""Distributions with exact zeros: log probability -inf at probability 0 and outside the support.

Torch clamps (`Bernoulli(0).log_prob(1)` is -36) and, unvalidated, returns numbers outside supports.
Gradients are finite everywhere: impossible values have gradient 0.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor
from torch.distributions.utils import broadcast_all

from genlang.runtime.reductions import log

NOTHING: dict[str, Any] = {}


def _xlogy(x: Tensor, p: Tensor) -> Tensor:
    """X * log(p), 0 where x is 0, -inf where p is 0 and x is not; gradient 0 in both."""
    zero = (p == 0) & (x != 0)
    safe = torch.where((p == 0) | (x == 0), 1.0, p)
    return (x * safe.log()).masked_fill(zero, -math.inf)


def _check(inside: Tensor, term: Tensor) -> Tensor:
    return torch.where(inside, term, -math.inf)


def _values(low: Any, high: Any, batch: torch.Size, expand: bool) -> Tensor:  # noqa: FBT001
    """All integers from `low` to `high` on a new first axis, for Pyro's enumeration."""
    ends = [torch.as_tensor(e).unique() for e in (low, high)]
    if any(len(e) != 1 for e in ends):
        message = "the values differ from cell to cell, which Pyro cannot enumerate"
        raise NotImplementedError(message)
    values = torch.arange(int(ends[0]), int(ends[1]) + 1)
    values = values.reshape(-1, *[1] * len(batch))
    return values.expand(-1, *batch) if expand else values


class _Law(dist.TorchDistribution):
    """A distribution whose parameters broadcast to its batch shape."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING
    support = constraints.real
    parameters: tuple[str, ...] = ()

    def __init__(self, *values: Tensor | float) -> None:
        tensors = broadcast_all(*values)
        for name, value in zip(self.parameters, tensors, strict=True):
            setattr(self, name, value)
        super().__init__(tensors[0].shape, validate_args=False)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "_Law":
        shape = torch.Size(batch_shape)
        return type(self)(*(getattr(self, n).expand(shape) for n in self.parameters))

    def _full(self, sample_shape: Sequence[int], name: str) -> Tensor:
        value: Tensor = getattr(self, name)
        return value.expand(*sample_shape, *self.batch_shape)


class Bernoulli(_Law):
    """0 or 1."""

    has_enumerate_support = True
    support = constraints.boolean
    parameters = ("probs",)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all values on a new first axis."""
        return _values(0, 1, self.batch_shape, expand)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p or log(1 - p)."""
        probability = torch.where(value == 1, self.probs, 1 - self.probs)
        return _check((value == 0) | (value == 1), log(probability))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw 0 or 1 (int64)."""
        return torch.bernoulli(self._full(sample_shape, "probs")).long()


class BernoulliLogits(Bernoulli):
    """0 or 1, by the log odds of 1: exact in both tails."""

    parameters = ("logits",)

    @property
    def probs(self) -> Tensor:  # type: ignore[override]
        """The probability of 1."""
        return torch.sigmoid(self.logits)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p or log(1 - p)."""
        signed = torch.where(value == 1, self.logits, -self.logits)
        return _check((value == 0) | (value == 1), torch.nn.functional.logsigmoid(signed))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw 0 or 1 (int64)."""
        return torch.bernoulli(torch.sigmoid(self._full(sample_shape, "logits"))).long()


class Categorical(dist.TorchDistribution):
    """Positions 0, ..., K - 1 with probabilities on the last axis (not renormalized)."""

    has_enumerate_support = True
    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, probs: Tensor) -> None:
        self.probs = probs
        super().__init__(probs.shape[:-1], validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        """The positions."""
        return constraints.integer_interval(0, self.probs.shape[-1] - 1)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Categorical":
        """Return the distribution over a larger batch."""
        return Categorical(self.probs.expand(*batch_shape, self.probs.shape[-1]))

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all values on a new first axis."""
        return _values(0, self.probs.shape[-1] - 1, self.batch_shape, expand)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log of the probability at a position."""
        size = self.probs.shape[-1]
        shape = torch.broadcast_shapes(value.shape, self.batch_shape)
        inside = (value >= 0) & (value < size)
        position = torch.where(inside, value, 0).expand(shape)[..., None]
        found = self._table().expand(*shape, size).gather(-1, position)[..., 0]
        return _check(inside, found)

    def _table(self) -> Tensor:
        return log(self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a position."""
        probs = self.probs.expand(*sample_shape, *self.probs.shape)
        flat = probs.reshape(-1, probs.shape[-1])
        return torch.multinomial(flat, 1).reshape(probs.shape[:-1])


class CategoricalLogits(Categorical):
    """Positions with log weights on the last axis."""

    def __init__(self, logits: Tensor) -> None:
        self.logits = torch.log_softmax(logits, -1)
        super().__init__(self.logits.exp())

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "CategoricalLogits":
        """Return the distribution over a larger batch."""
        return CategoricalLogits(self.logits.expand(*batch_shape, self.logits.shape[-1]))

    def _table(self) -> Tensor:
        return self.logits


class Binomial(_Law):
    """The number of successes in `total` trials."""

    has_enumerate_support = True
    support = constraints.nonnegative_integer
    parameters = ("total", "probs")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all values on a new first axis."""
        return _values(0, self.total, self.batch_shape, expand)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        inside = (value >= 0) & (value <= self.total)
        k = torch.where(inside, value, 0 * self.total)
        rest = self.total - k
        term = _xlogy(k, self.probs) + _xlogy(rest, 1 - self.probs)
        return _check(inside, _log_choose(self.total, k) + term)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        total, probs = (self._full(sample_shape, n) for n in self.parameters)
        return torch.binomial(total.double(), probs.double()).long()


class BinomialLogits(Binomial):
    """The number of successes in `total` trials, by the log odds of success."""

    parameters = ("total", "logits")

    @property
    def probs(self) -> Tensor:  # type: ignore[override]
        """The probability of success."""
        return torch.sigmoid(self.logits)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        inside = (value >= 0) & (value <= self.total)
        k = torch.where(inside, value, 0 * self.total)
        rest = self.total - k
        sigmoid = torch.nn.functional.logsigmoid
        term = k * sigmoid(self.logits) + rest * sigmoid(-self.logits)
        return _check(inside, _log_choose(self.total, k) + term)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        total, logits = (self._full(sample_shape, n) for n in self.parameters)
        return torch.binomial(total.double(), torch.sigmoid(logits.double())).long()


class BetaBinomial(_Law):
    """A binomial count whose probability is Beta(a, b)."""

    has_enumerate_support = True
    support = constraints.nonnegative_integer
    parameters = ("total", "a", "b")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all values on a new first axis."""
        return _values(0, self.total, self.batch_shape, expand)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        inside = (value >= 0) & (value <= self.total)
        k = torch.where(inside, value, 0 * self.total)
        rest = self.total - k
        term = _lbeta(k + self.a, rest + self.b) - _lbeta(self.a, self.b)
        return _check(inside, _log_choose(self.total, k) + term)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        total, a, b = (self._full(sample_shape, n) for n in self.parameters)
        probs = torch.distributions.Beta(a.double(), b.double()).sample()
        return torch.binomial(total.double(), probs).long()


def _log_choose(n: Tensor, k: Tensor) -> Tensor:
    return torch.lgamma(n + 1.0) - torch.lgamma(k + 1.0) - torch.lgamma(n - k + 1.0)


def _lbeta(a: Tensor, b: Tensor) -> Tensor:
    return torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)


class DiscreteUniform(_Law):
    """The integers from `low` to `high`, both included."""

    has_enumerate_support = True
    support = constraints.integer
    parameters = ("low", "high")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all values on a new first axis."""
        return _values(self.low, self.high, self.batch_shape, expand)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return minus the log of the number of values."""
        inside = (value >= self.low) & (value <= self.high)
        return _check(inside, -log((self.high - self.low + 1).clamp(min=1).double()))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw an integer."""
        low, high = (self._full(sample_shape, n) for n in self.parameters)
        return (low + (torch.rand(low.shape) * (high - low + 1)).floor()).long()


class Poisson(_Law):
    """Counts with a rate that may be 0."""

    support = constraints.nonnegative_integer
    parameters = ("rate",)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        k = value.clamp(min=0)
        return _check(value >= 0, _xlogy(k, self.rate) - self.rate - torch.lgamma(k + 1.0))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        return torch.poisson(self._full(sample_shape, "rate").double()).long()


class NegativeBinomial(_Law):
    """Counts with variance mean + mean^2 / dispersion."""

    support = constraints.nonnegative_integer
    parameters = ("mean_count", "dispersion")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        k, r, m = value.clamp(min=0), self.dispersion, self.mean_count
        choose = torch.lgamma(k + r) - torch.lgamma(r) - torch.lgamma(k + 1.0)
        return _check(value >= 0, choose + _xlogy(k, m / (m + r)) - r * torch.log1p(m / r))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count through its Gamma rate."""
        mean, r = (self._full(sample_shape, n).double() for n in self.parameters)
        rate = torch.distributions.Gamma(r, r / mean.clamp(min=1e-300)).sample()
        return torch.poisson(rate).long()


class Geometric(_Law):
    """Failures before the first success."""

    support = constraints.nonnegative_integer
    parameters = ("probs",)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of a count."""
        k = value.clamp(min=0)
        return _check(value >= 0, _xlogy(k, 1 - self.probs) + log(self.probs))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a count."""
        return torch.distributions.Geometric(self._full(sample_shape, "probs")).sample().long()


class Multinomial(dist.TorchDistribution):
    """Counts of `total` draws over the categories of the last axis."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING
    support = constraints.independent(constraints.nonnegative_integer, 1)

    def __init__(self, total: Tensor | int, probs: Tensor) -> None:
        self.total = torch.as_tensor(total)
        self.probs = probs
        batch = torch.broadcast_shapes(self.total.shape, probs.shape[:-1])
        super().__init__(batch, probs.shape[-1:], validate_args=False)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "Multinomial":
        """Return the distribution over a larger batch."""
        shape = tuple(batch_shape)
        return Multinomial(self.total.expand(shape), self.probs.expand(*shape, *self.event_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log probability of counts, -inf where they do not add up to the total."""
        inside = (value >= 0).all(-1) & (value.sum(-1) == self.total)
        k = value.clamp(min=0)
        term = torch.lgamma(k.sum(-1) + 1.0) - torch.lgamma(k + 1.0).sum(-1)
        return _check(inside, term + _xlogy(k, self.probs).sum(-1))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw counts, binomial by binomial."""
        shape = (*sample_shape, *self.batch_shape)
        left = self.total.expand(shape).double()
        probs = self.probs.expand(*shape, *self.event_shape).double()
        rest = torch.ones(shape, dtype=torch.double)
        counts = []
        for i in range(probs.shape[-1]):
            share = (probs[..., i] / rest.clamp(min=1e-300)).clamp(0, 1)
            drawn = torch.binomial(left, share)
            counts.append(drawn)
            left, rest = left - drawn, rest - probs[..., i]
        return torch.stack(counts, -1).long()


class Flat(_Law):
    """Improper: log density 0 on the whole line."""

    parameters = ("location",)

    def __init__(self, location: Tensor | float = 0.0) -> None:
        super().__init__(torch.as_tensor(location))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return 0."""
        return torch.zeros(torch.broadcast_shapes(value.shape, self.batch_shape))


class _Wrapped(dist.TorchDistribution):
    """A univariate distribution between bounds."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, base: Any, low: Any, high: Any) -> None:
        self.base, self.low, self.high = base, low, high
        bounds = [torch.as_tensor(b).shape for b in (low, high) if b is not None]
        shape = torch.broadcast_shapes(base.batch_shape, *bounds)
        super().__init__(shape, validate_args=False)

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "_Wrapped":
        """Return the distribution over a larger batch."""
        return type(self)(self.base.expand(torch.Size(batch_shape)), self.low, self.high)

    def _inside(self, value: Tensor) -> Tensor:
        inside = torch.ones_like(value, dtype=torch.bool)
        if self.low is not None:
            inside = inside & (value >= self.low)
        if self.high is not None:
            inside = inside & (value <= self.high)
        return inside


class inside(dist.TorchDistribution):  # noqa: N801 (reads as a word in the program)
    """A continuous distribution of torch with -inf outside its support."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, base: Any) -> None:
        self.base = base
        super().__init__(base.batch_shape, validate_args=False)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """As the distribution inside."""
        return bool(self.base.has_rsample)

    @property
    def support(self) -> constraints.Constraint:
        """The support of the distribution inside."""
        match self.base:
            case torch.distributions.Uniform(low=low, high=high):
                return constraints.interval(low, high)
            case _ if self.base.support is constraints.nonnegative:
                return constraints.positive
            case _:
                return self.base.support

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "inside":
        """Return the distribution over a larger batch."""
        return inside(self.base.expand(torch.Size(batch_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, -inf outside."""
        match self.base:
            case torch.distributions.Uniform(low=low, high=high):
                within = (value >= low) & (value <= high)
                return _check(within, -(high - low).log())
            case _:
                within = self.base.support.check(value)
                neutral = self.base.mean.new_full((), 0.5) + torch.zeros_like(value)
                if isinstance(self.base, torch.distributions.Pareto):
                    neutral = neutral + self.base.scale
                return _check(within, self.base.log_prob(torch.where(within, value, neutral)))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw with a gradient."""
        return self.base.rsample(torch.Size(sample_shape))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw."""
        return self.base.sample(torch.Size(sample_shape))


class _TruncatedNormal(_Wrapped):
    @property
    def support(self) -> constraints.Constraint:
        return _between(self.low, self.high)

    def _ends(self) -> tuple[Tensor, Tensor]:
        loc, scale = self.base.loc, self.base.scale
        ends = [
            torch.full_like(loc, sign * math.inf) if b is None else (b - loc) / scale
            for b, sign in ((self.low, -1), (self.high, 1))
        ]
        return ends[0], ends[1]

    def log_prob(self, value: Tensor) -> Tensor:
        within = self._inside(value)
        return _check(within, self.base.log_prob(value) - _log_mass(*self._ends()))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        low, high = (torch.special.ndtr(e) for e in self._ends())
        shape = (*sample_shape, *self.batch_shape)
        u = low + (high - low) * torch.rand(shape).clamp(1e-12, 1 - 1e-12)
        return self.base.loc + self.base.scale * torch.special.ndtri(u)


def _log_mass(a: Tensor, b: Tensor) -> Tensor:
    """Return log(Phi(b) - Phi(a)), accurate in both tails (through the nearer tail)."""
    flip = a > 0
    low, high = torch.where(flip, -b, a), torch.where(flip, -a, b)
    none = low == -math.inf
    below = torch.special.log_ndtr(torch.where(none, -1.0, low)).masked_fill(none, -math.inf)
    full = high == math.inf
    above = torch.where(full, 0.0, torch.special.log_ndtr(torch.where(full, 0.0, high)))
    gap = torch.where(none, -1.0, below - above)
    return above + torch.where(none, 0.0, torch.log(-torch.expm1(gap)))


class _TruncatedByCdf(_Wrapped):
    @property
    def support(self) -> constraints.Constraint:
        natural = self.base.support
        low = self.low
        if low is None and natural is not constraints.real:
            low = 0.0
        return _between(low, self.high)

    def log_prob(self, value: Tensor) -> Tensor:
        below = 0.0 if self.low is None else self.base.cdf(torch.as_tensor(self.low))
        above = 1.0 if self.high is None else self.base.cdf(torch.as_tensor(self.high))
        mass = torch.as_tensor(above - below)
        return _check(self._inside(value), self.base.log_prob(value) - mass.log())

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = (*sample_shape, *self.batch_shape)
        below = 0.0 if self.low is None else self.base.cdf(torch.as_tensor(self.low))
        above = 1.0 if self.high is None else self.base.cdf(torch.as_tensor(self.high))
        base = self.base.base if isinstance(self.base, inside) else self.base
        return base.icdf(below + (above - below) * torch.rand(shape))


class _TruncatedCount(_Wrapped):
    support = constraints.nonnegative_integer

    has_enumerate_support = True

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self.high is None:
            message = "the values have no upper bound"
            raise NotImplementedError(message)
        return _values(0 if self.low is None else self.low, self.high, self.batch_shape, expand)

    def _mass(self) -> Tensor:
        def up_to(k: Any) -> Tensor:
            top = int(torch.as_tensor(k).max()) if torch.as_tensor(k).numel() else 0
            counts = torch.arange(max(top, 0) + 1)
            terms = self.base.expand((1, *self.batch_shape)).log_prob(
                counts.reshape(-1, *[1] * len(self.batch_shape))
            )
            kept = counts.reshape(-1, *[1] * len(self.batch_shape)) <= torch.as_tensor(k)
            return torch.where(kept, terms.exp(), 0.0).sum(0)

        above = torch.ones(()) if self.high is None else up_to(self.high)
        below = torch.zeros(()) if self.low is None else up_to(torch.as_tensor(self.low) - 1)
        return above - below

    def log_prob(self, value: Tensor) -> Tensor:
        return _check(self._inside(value), self.base.log_prob(value) - log(self._mass()))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        drawn = self.base.sample(torch.Size(sample_shape)).expand(*sample_shape, *self.batch_shape)
        for _ in range(10_000):
            outside = ~self._inside(drawn)
            if not outside.any():
                break
            drawn = torch.where(outside, self.base.sample(torch.Size(sample_shape)), drawn)
        return drawn


def _between(low: Any, high: Any) -> constraints.Constraint:
    if low is None and high is None:
        return constraints.real
    if high is None:
        return constraints.greater_than(low)
    return constraints.less_than(high) if low is None else constraints.interval(low, high)


def truncated(base: Any, low: Any, high: Any) -> dist.TorchDistribution:
    """Return `base` between inclusive bounds (None: no bound), renormalized."""
    match base:
        case Flat():
            return _FlatBetween(base, low, high)
        case torch.distributions.Normal():
            return _TruncatedNormal(base, low, high)
        case Poisson() | NegativeBinomial() | Geometric():
            return _TruncatedCount(base, low, high)
        case inside(base=within):
            return _TruncatedByCdf(within, low, high)
        case _:
            return _TruncatedByCdf(base, low, high)


class _FlatBetween(_Wrapped):
    @property
    def support(self) -> constraints.Constraint:
        return _between(self.low, self.high)

    def log_prob(self, value: Tensor) -> Tensor:
        return _check(self._inside(value), torch.zeros(value.shape))


def normalized(weights: Tensor) -> Tensor:
    """Return weights divided by their sum over the last axis."""
    return weights / weights.sum(-1, keepdim=True)


def one_hot(position: Tensor | int, size: int) -> Tensor:
    """Return vectors with 1 at a position and 0 elsewhere."""
    return torch.nn.functional.one_hot(torch.as_tensor(position), size).double()


class _Choice(dist.TorchDistribution):
    """One of two distributions, by a condition."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = NOTHING

    def __init__(self, test: Tensor, then: Any, otherwise: Any) -> None:
        self.test, self.then, self.otherwise = test, then, otherwise
        shape = torch.broadcast_shapes(test.shape, then.batch_shape, otherwise.batch_shape)
        super().__init__(shape, then.event_shape, validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        return self.then.support

    @property
    def has_enumerate_support(self) -> bool:
        return bool(self.then.has_enumerate_support)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        then, otherwise = (p.enumerate_support(expand) for p in (self.then, self.otherwise))
        if then.shape != otherwise.shape or not torch.equal(then, otherwise):
            message = "the two distributions have different values"
            raise NotImplementedError(message)
        return then

    def expand(self, batch_shape: Sequence[int], _instance: object = None) -> "_Choice":
        shape = torch.Size(batch_shape)
        parts = (self.then.expand(shape), self.otherwise.expand(shape))
        return _Choice(self.test.expand(shape), *parts)

    def log_prob(self, value: Tensor) -> Tensor:
        return torch.where(self.test, self.then.log_prob(value), self.otherwise.log_prob(value))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        test = self.test.reshape(*self.test.shape, *[1] * len(self.event_shape))
        parts = (p.sample(torch.Size(sample_shape)) for p in (self.then, self.otherwise))
        return torch.where(test, *parts)


def choice(test: Tensor, then: Any, otherwise: Any) -> dist.TorchDistribution:
    """Return `then` where the test holds, `otherwise` elsewhere."""
    return _Choice(torch.as_tensor(test) != 0, then, otherwise)
