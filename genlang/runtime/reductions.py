"""Log-tables, taps and the reductions that eliminate states; everything is differentiable torch.

term    a log density over plates and states, such as `log_y` of shape N by K
states  the finite values of a summed-out latent: one axis of its terms
tap     zeros of a latent's full shape added to its term; the gradient of the total log density at
        the tap is the posterior marginal, the joint mode or a joint draw, by the way states are
        reduced (Eisner 2016; Rush 2020)
"""

import contextlib
import itertools
import math
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

import torch
from torch import Tensor

from genlang.runtime.special import log


@dataclass(frozen=True, slots=True)
class Counts:
    """Taps that all cells of a latent share, by name, and those of steps, chain by chain.

    The gradient of the log density at them is the expected number of cells of each value [K], and
    of steps from values to values [*S, *S]: for a chain of order two those to its second element,
    then those to all others, [*S, *S, *S].
    """

    values: dict[str, Tensor] = field(default_factory=dict)
    moves: list[Tensor] = field(default_factory=list)

    def like(self, arrays: Sequence[Tensor]) -> "Counts":
        """The same with other arrays, in the order of `values`, then of `moves`."""
        size = len(self.values)
        return Counts(dict(zip(self.values, arrays, strict=False)), [*arrays[size:]])


@dataclass(frozen=True, slots=True)
class Elimination:
    """How states are reduced (`sum`, `max`, `draw`), and the taps by latent, None without.

    `counts` collects taps that cells share, in place of one for each cell.
    """

    how: str = "sum"
    taps: dict[str, Tensor] | None = None
    counts: Counts | None = None


_PLAIN = Elimination()
_elimination: ContextVar[Elimination] = ContextVar("elimination", default=_PLAIN)


@contextlib.contextmanager
def eliminating(how: str, taps: dict[str, Tensor] | None = None) -> Iterator[None]:
    """Within this block states are reduced by `how`; each latent reads its tap, or leaves one."""
    token = _elimination.set(Elimination(how, taps))
    try:
        yield
    finally:
        _elimination.reset(token)


@contextlib.contextmanager
def counting(counts: Counts) -> Iterator[None]:
    """Within this block latents and chains leave the taps of expected counts in `counts`."""
    token = _elimination.set(Elimination("sum", None, counts))
    try:
        yield
    finally:
        _elimination.reset(token)


def moves_tap(shape: Sequence[int]) -> Tensor | None:
    """Return the tap that all steps of a chain share at one place, where counts are asked for."""
    counts = _elimination.get().counts
    if counts is None:
        return None
    counts.moves.append(torch.zeros(tuple(shape), requires_grad=True))
    return counts.moves[-1]


def reduction() -> str:
    """Return how states are reduced: `sum`, `max` or `draw`."""
    return _elimination.get().how


def log_categorical(probs: Tensor) -> Tensor:
    """Return the log probabilities of a categorical, on the last axis."""
    return log(probs)


def log_bernoulli(probs: Tensor | float) -> Tensor:
    """Return the log probabilities of 0 and 1 on a new last axis."""
    p = torch.as_tensor(probs, dtype=torch.get_default_dtype())
    return torch.stack([log(1 - p), log(p)], -1)


def log_uniform(size: int) -> Tensor:
    """Return the log probabilities of values that are equally likely."""
    return torch.full((size,), -math.log(max(size, 1)))


def states(name: str, *shape: int) -> Tensor:
    """Return the tap of a latent: zeros of its full shape, loops first, its values last."""
    taps, counts = _elimination.get().taps, _elimination.get().counts
    if counts is not None:
        leaf = counts.values.setdefault(name, torch.zeros(shape[-1], requires_grad=True))
        return leaf.expand(shape)
    if taps is None:
        return torch.zeros(()).expand(shape)
    return taps.setdefault(name, torch.zeros(shape))


def sum_out(term: Tensor, dim: int = -1) -> Tensor:
    """Eliminate the states on one axis of a term; -inf where all of them are impossible.

    sum   log-sum-exp; its gradient is the conditional distribution of the states
    max   the maximum; its gradient is the first state that attains it
    draw  log-sum-exp; its gradient is one exact draw of the state
    """
    if term.shape[dim] == 0:
        return term.sum(dim) - math.inf
    empty = (term == -math.inf).all(dim, keepdim=True)  # log-sum-exp has a NaN gradient here
    term = term.masked_fill(empty, 0.0)
    match _elimination.get().how:
        case "max":
            total = term.gather(dim, term.argmax(dim, keepdim=True)).squeeze(dim)
        case "draw":
            drawn = (term + gumbel_like(term)).argmax(dim, keepdim=True)
            picked = term.gather(dim, drawn).squeeze(dim)
            total = picked + (term.logsumexp(dim) - picked).detach()
        case _:
            total = term.logsumexp(dim)
    return total.masked_fill(empty.squeeze(dim), -math.inf)


def gumbel_like(term: Tensor) -> Tensor:
    """Return what makes the greatest of log weights an exact draw: noise of Gumbel's law."""
    return -(-torch.rand_like(term).log()).log()


def segment_sum(
    term: Tensor,
    index: Tensor | int | Sequence[Tensor | int],
    size: int | Sequence[int],
    rows: int = 1,
) -> Tensor:
    """Sum the rows of `term` that share an index: the product over a loop that reads z[of[r]].

    term   [*rows, *states]; `rows` counts its leading axes that are loops
    index  one index array over the loops for each axis of the result
    size   the sizes of these axes; returns [*size, *states]
    """
    indices = index if isinstance(index, tuple | list) else (index,)
    sizes = tuple(size) if isinstance(size, tuple | list) else (size,)
    shape = term.shape[:rows]
    flat: Tensor = torch.zeros((), dtype=torch.long)
    for i, n in zip(indices, sizes, strict=True):
        # Cells that a mask has set to 0 may point anywhere; clamping keeps them inside.
        flat = flat * n + torch.as_tensor(i).clamp(0, max(n - 1, 0))
    flat = flat.expand(shape).reshape(-1)
    rest = term.shape[rows:]
    total = term.new_zeros((math.prod(sizes), *rest))
    return total.index_add(0, flat, term.reshape(-1, *rest)).reshape(*sizes, *rest)


def split_sum(before: Tensor, after: Tensor, at: Tensor) -> Tensor:
    """Sum `before` at positions below each of `at` and `after` at the others, on the last axis.

    The product over a loop that a latent compared with its index splits (`t < c`), for every value
    of the latent in one pass. before, after [..., T]; at [...] of ints; returns [..., *at.shape].
    """
    before, after = torch.broadcast_tensors(before, after)
    pad = torch.nn.functional.pad
    below = pad(before.cumsum(-1), (1, 0))
    above = pad(after.flip(-1).cumsum(-1).flip(-1), (0, 1))
    return (below + above)[..., at.clamp(0, before.shape[-1])]


def only(mask: Tensor, term: Tensor) -> Tensor:
    """Return the term where its cell exists, 0 elsewhere."""
    return torch.where(mask, term, 0.0)


def weighted(term: Tensor, weight: Tensor) -> Tensor:
    """Return weight * term, 0 where the weight is 0.

    While states are asked for, the weight leaves the gradient alone: each of the equal iterations
    has the same marginals.
    """
    scaled = torch.where(weight == 0, 0.0, term * weight)
    if _elimination.get().taps is None:
        return scaled
    change = torch.where(term == -math.inf, 0.0, scaled - term)
    return term + change.detach()


def profiles(values: int, *cells: int) -> Tensor:
    """Return all joint values of an array: [values ** prod(cells), *cells], last cell fastest.

    Raises MemoryError where the table would not fit the budget of 2 ** 24 entries.
    """
    n = math.prod(cells)
    count = values**n
    if count * max(n, 1) > 2**24:
        message = f"{values}^{n} joint values of coupled cells are too many to enumerate"
        raise MemoryError(message)
    table = list(itertools.product(range(values), repeat=n))
    return torch.tensor(table, dtype=torch.long).reshape(count, *cells)


def by_profile(term: Tensor, table: Tensor) -> Tensor:
    """Return the log probability of every profile: [..., *cells, values] -> [..., profiles]."""
    cells = table.dim() - 1
    term = term.flatten(-1 - cells, -2)
    flat = table.flatten(1)
    return term[..., torch.arange(flat.shape[1]), flat].sum(-1)


def stack(items: Sequence[Tensor | float], dim: int) -> Tensor:
    """Stack numbers and tensors that broadcast against each other along a new axis."""
    return torch.stack(torch.broadcast_tensors(*map(torch.as_tensor, items)), dim)
