"""Chains and trees of emitted programs -> forests: which nodes there are, which rows they read.

Shapes before broadcasting, `S` standing for one axis for each latent that the chain carries:

    first  [..., *S]              log weights of the states at the first position
    then   [..., T, *S, *S]       log weights of a step: the states before, the states now
    steps  [..., T, *S]           all other terms of a position, the taps among them

Everything left of them is a batch of independent chains and broadcasts; an axis of size 1 (time,
too) is one table for all, never copied.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from genlang.runtime.chains import forest, plain
from genlang.runtime.reductions import reduction

Bound = Tensor | int | None


def sum_chain(
    first: Tensor | Sequence[Tensor],
    then: Tensor,
    steps: Tensor,
    end: Bound = None,
    begin: Tensor | int = 0,
    states: int = 1,
) -> Tensor:
    """Eliminate the states of positions begin, ..., end - 1 of every chain; returns [...].

    `states` is the number of latents that the chain carries. A chain of order L has `first` of
    length L (the second is [..., T, *S, *S], and so on) and a `then` with L + 1 groups of states.
    An empty chain weighs 1 (log 0).
    """
    given: list[Tensor] = [first] if isinstance(first, Tensor) else list(first)
    order, sizes = len(given), steps.shape[steps.dim() - states :]
    firsts = [
        _flat(given[0], sizes, 1, 0),
        *(_flat(f, sizes, i + 2, 1) for i, f in enumerate(given[1:])),
    ]
    then, steps = _flat(then, sizes, order + 1, 1), _flat(steps, sizes, 1, 1)
    if order > 1:
        firsts, then, steps = _windows(firsts, then, steps)
    length = steps.shape[-2]
    begin = torch.as_tensor(begin)
    end = torch.as_tensor(length if end is None else end)
    batch = torch.broadcast_shapes(
        firsts[0].shape[:-1], then.shape[:-3], steps.shape[:-2], begin.shape, end.shape,
        *(f.shape[:-3] for f in firsts[1:]),
    )  # fmt: skip
    return _eliminate(_chains(firsts, then, steps, begin, end, batch, length)).reshape(batch)


def sum_tree(first: Tensor, then: Tensor, steps: Tensor, parent: Tensor, states: int = 1) -> Tensor:
    """Eliminate the states of the nodes of forests; returns [...], the sum over their trees.

    first   [..., V | 1, *S] at roots      then  [..., V | 1, *S, *S], the parent's states first
    steps   [..., V, *S]                   parent  [V]: a root's parent is -1 or itself
    """
    sizes = steps.shape[steps.dim() - states :]
    first, then, steps = (_flat(t, sizes, g, 1) for t, g in ((first, 1), (then, 2), (steps, 1)))
    size, nodes = steps.shape[-1], steps.shape[-2]
    if parent.shape != (nodes,):
        message = f"{nodes} nodes have {tuple(parent.shape)} parents"
        raise ValueError(message)
    batch = torch.broadcast_shapes(first.shape[:-2], then.shape[:-3], steps.shape[:-2])
    own = torch.arange(nodes)
    parent = torch.where(parent == own, -1, parent)
    count = math.prod(batch)
    offset = torch.arange(count)[:, None] * nodes
    parents = torch.where(parent >= 0, parent + offset, -1).reshape(-1)
    rows = torch.stack([
        _rows(first.shape[:-1], (*batch, nodes)),
        _rows(then.shape[:-2], (*batch, nodes)),
        _rows(steps.shape[:-1], (*batch, nodes)),
    ])  # fmt: skip
    tree = torch.arange(count).repeat_interleave(nodes)
    order = (parents_first(parent) + offset).reshape(-1)
    shape = forest.Forest(rows, parents, tree, order, count)
    tables = (first.reshape(-1, size), then.reshape(-1, size, size), steps.reshape(-1, size))
    return _eliminate((*tables, shape)).reshape(batch)


def parents_first(parent: Tensor) -> Tensor:
    """Return the nodes of a forest with every parent before its children.

    Raises ValueError where parents go round in a circle.
    """
    nodes = torch.arange(len(parent))
    found: list[Tensor] = []
    known = torch.zeros(len(parent) + 1, dtype=torch.bool)
    known[-1] = True
    left = nodes
    while len(left):
        ready = known[parent[left]]
        if not ready.any():
            message = f"the parents of node {int(left[0])} go round in a circle"
            raise ValueError(message)
        found.append(left[ready])
        known[left[ready]] = True
        left = left[~ready]
    return torch.cat(found) if found else nodes


Problem = tuple[Tensor, Tensor, Tensor, forest.Forest]


def _eliminate(problem: Problem) -> Tensor:
    first, then, steps, shape = problem
    dtype = torch.promote_types(torch.promote_types(first.dtype, then.dtype), steps.dtype)
    first, then, steps = (t.to(dtype) for t in (first, then, steps))
    if steps.is_cuda:
        return plain.eliminate(first, then, steps, shape)
    return forest.eliminate(first, then, steps, shape, reduction())


def _chains(
    firsts: list[Tensor],
    then: Tensor,
    steps: Tensor,
    begin: Tensor,
    end: Tensor,
    batch: torch.Size,
    length: int,
) -> Problem:
    """Lay the positions of all chains out as the nodes of a forest, chain by chain."""
    size = steps.shape[-1]
    cells = (*batch, length)
    begin, end = (t.expand(batch)[..., None] for t in (begin, end))
    time = torch.arange(length)
    real = ((time >= begin) & (time < end)).reshape(-1)
    nodes = torch.arange(len(real))
    parent = torch.where((time == begin).expand(cells).reshape(-1), -1, nodes - 1)
    table, row = then.reshape(-1, size, size), _rows(then.shape[:-2], cells)
    for place, early in enumerate(firsts[1:], 1):
        # The positions before a full window have tables of their own.
        here = (time == begin + place).expand(cells).reshape(-1)
        row = torch.where(here, len(table) + _rows(early.shape[:-2], cells), row)
        table = torch.cat([table, early.reshape(-1, size, size)])
    start = _rows(firsts[0].shape[:-1], batch)[:, None].expand(-1, length).reshape(-1)
    rows = torch.stack([start, row, _rows(steps.shape[:-1], cells)])
    tree = torch.arange(math.prod(batch)).repeat_interleave(length)
    shape = forest.Forest(rows, parent, tree, nodes[real], math.prod(batch))
    return firsts[0].reshape(-1, size), table, steps.reshape(-1, size), shape


def _rows(shape: Sequence[int], cells: Sequence[int]) -> Tensor:
    """For every cell, the row that it reads of an array whose leading axes broadcast to `cells`."""
    return torch.arange(math.prod(shape)).reshape(tuple(shape)).expand(tuple(cells)).reshape(-1)


def _flat(table: Tensor, sizes: Sequence[int], groups: int, time: int) -> Tensor:
    """Make one axis of each group of states, at their full sizes; `time` axes stand before them."""
    states = len(sizes) * groups
    if table.dim() < states + time:
        table = table.reshape(*[1] * (states + time - table.dim()), *table.shape)
    lead = table.shape[: table.dim() - states]
    table = table.expand(*lead, *[*sizes] * groups)
    return table.reshape(*lead, *[math.prod(sizes)] * groups)


def _windows(
    firsts: list[Tensor], then: Tensor, steps: Tensor
) -> tuple[list[Tensor], Tensor, Tensor]:
    """A chain of order L as one of order 1: its state is the window of the last L states.

    Windows that overlap differently have weight 0; before the first state stands state 0.
    """
    order, size = len(firsts), steps.shape[-1]
    states = torch.cartesian_prod(*[torch.arange(size)] * order)  # [size ** order, order]
    follows = (states[:, None, 1:] == states[None, :, :-1]).all(-1)
    unbegun = [(states[:, : order - i - 1] == 0).all(-1) for i in range(order)]
    flat = len(states)

    def step(table: Tensor, place: int) -> Tensor:
        """[..., (place + 1) groups] -> [..., windows, windows]."""
        lead = table.shape[: table.dim() - place - 1]
        whole = table.reshape(*lead, *[1] * (order - place), *table.shape[len(lead) :])
        whole = whole.expand(*lead, *[size] * (order + 1))
        # whole[..., w, z] with w the window before and z the state now
        pairs = whole.reshape(*lead, flat, size)[..., states[:, -1]]
        return pairs.masked_fill(~(follows & unbegun[place - 1][:, None]), -math.inf)

    start = firsts[0][..., states[:, -1]].masked_fill(~unbegun[0], -math.inf)
    whole = steps[..., states[:, -1]]
    seconds = [step(f, i) for i, f in enumerate(firsts[1:], 1)]
    return [start, *seconds], step(then, order), whole
