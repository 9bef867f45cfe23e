"""Chains and trees of emitted programs -> forests: which nodes there are, which rows they read.

Shapes before broadcasting, `S` standing for one axis for each latent that the chain carries:

    first  [..., *S]              log weights of the states at the first position
    then   [..., T, *S, *S]       log weights of a step: the states before, the states now
    steps  [..., T, *S]           all other terms of a position, the taps among them

Everything left of them is a batch of independent chains and broadcasts; an axis of size 1 (time,
too) is one table for all, never copied. `then` may be several tables, whose sum it stands for: with
an axis of size 1 for each latent that a table does not read, a step costs less (`stages`).
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from genlang.runtime.chains import forest, layout, scan
from genlang.runtime.chains.operations import operation
from genlang.runtime.chains.stages import Window, window
from genlang.runtime.reductions import moves_tap, reduction

Bound = Tensor | int | None
Tables = Tensor | Sequence[Tensor]


def sum_chain(
    first: Tables,
    then: Tables,
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
    firsts, thens = _several(first), _several(then)
    order = len(firsts)
    sizes = steps.shape[steps.dim() - states :]
    starts = _filled(firsts[0], states)
    places = [[_filled(f, states * (i + 2) + 1)] for i, f in enumerate(firsts[1:])]
    for i in range(1, order + 1):
        moves = moves_tap(tuple(sizes) * (i + 1))
        if moves is not None and i < order:
            places[i - 1].append(_filled(moves, states * (i + 1) + 1))
        thens += [] if moves is None or i < order else [moves]
    places.append([_filled(t, states * (order + 1) + 1) for t in thens])
    steps = _filled(steps, states + 1)
    frame = window(sizes, order, places[-1])
    tables = [_staged(frame, ts, i + 2) for i, ts in enumerate(places)]
    starts, steps = frame.flat(starts), frame.flat(steps)
    every = [t for place in tables for t in place]
    length = np.broadcast_shapes(steps.shape[-2:-1], *(t.shape[-3:-2] for t in every))[0]
    ends = [torch.as_tensor(length if end is None else end), torch.as_tensor(begin)]
    batch = np.broadcast_shapes(
        starts.shape[:-1], steps.shape[:-2], *(t.shape[:-3] for t in every),
        *(e.shape for e in ends),
    )  # fmt: skip
    rows = torch.stack([
        torch.stack([_rows(t.shape[:-3], batch) * t.shape[-3] for t in place]) for place in tables
    ])  # fmt: skip
    strides = [int(t.shape[-3] > 1) for t in every]
    stages = [_joined([place[k] for place in tables]) for k in range(len(frame.stages))]
    above = [[t.shape[:-2].numel() for t in place] for place in tables]
    for i in range(1, order):
        above_i = torch.tensor([sum(a[k] for a in above[:i]) for k in range(len(stages))])
        rows[i] += above_i[:, None]
    nodes = chain_nodes(
        *(e.expand(batch).reshape(-1) for e in reversed(ends)),
        _rows(starts.shape[:-1], batch), rows, strides,
        _rows(steps.shape[:-2], batch) * steps.shape[-2], int(steps.shape[-2] > 1), length,
    )  # fmt: skip
    shape = forest.Forest(nodes, math.prod(batch))
    return _eliminate(_rows_of(starts, 1), stages, _rows_of(steps, 1), shape).reshape(batch)


def sum_tree(first: Tensor, then: Tables, steps: Tensor, parent: Tensor, states: int = 1) -> Tensor:
    """Eliminate the states of the nodes of forests; returns [...], the sum over their trees.

    first   [..., V | 1, *S] at roots      then  [..., V | 1, *S, *S], the parent's states first
    steps   [..., V, *S]                   parent  [V]: a root's parent is -1 or itself
    """
    sizes = steps.shape[steps.dim() - states :]
    thens, moves = _several(then), moves_tap(tuple(sizes) * 2)
    thens += [] if moves is None else [moves]
    thens = [_filled(t, 2 * states + 1) for t in thens]
    frame = window(sizes, 1, thens)
    first, steps = (frame.flat(_filled(t, states + 1)) for t in (first, steps))
    tables = _staged(frame, thens, 2)
    count = steps.shape[-2]
    if parent.shape != (count,):
        message = f"{count} nodes have {tuple(parent.shape)} parents"
        raise ValueError(message)
    batch = np.broadcast_shapes(first.shape[:-2], steps.shape[:-2], *(t.shape[:-3] for t in tables))
    cells, copies = (*batch, count), math.prod(batch)
    nodes = tree_nodes(
        parent,
        _rows(first.shape[:-1], cells).reshape(copies, count),
        torch.stack([_rows(t.shape[:-2], cells).reshape(copies, count) for t in tables]),
        _rows(steps.shape[:-1], cells).reshape(copies, count),
    )
    stages = [_rows_of(t, 2) for t in tables]
    shape = forest.Forest(nodes, copies)
    return _eliminate(_rows_of(first, 1), stages, _rows_of(steps, 1), shape).reshape(batch)


def _several(tables: Tables) -> list[Tensor]:
    return [tables] if isinstance(tables, Tensor) else list(tables)


def _filled(table: Tensor, axes: int) -> Tensor:
    """Add the axes on the left that a table lacks."""
    return table.reshape(*[1] * (axes - table.dim()), *table.shape)


def _staged(frame: Window, tables: Sequence[Tensor], groups: int) -> list[Tensor]:
    """One table for each stage, [..., T, window, fan]."""
    of = [frame.stage_of(t, groups) for t in tables]
    none = tables[0].new_zeros((1,) * (groups * len(frame.sizes) + 1))
    return [
        frame.table([t for t, s in zip(tables, of, strict=True) if s == k] or [none], k, groups)
        for k in range(len(frame.stages))
    ]


def _joined(tables: Sequence[Tensor]) -> Tensor:
    flat = [_rows_of(t, 2) for t in tables]
    return flat[0] if len(flat) == 1 else torch.cat(flat)


def _rows_of(table: Tensor, axes: int) -> Tensor:
    """One axis of all rows, before the last `axes`."""
    kept = table.shape[table.dim() - axes :]
    return table.reshape(table.shape[: table.dim() - axes].numel(), *kept)


def _rows(shape: Sequence[int], cells: Sequence[int]) -> Tensor:
    """For every cell, the row that it reads of an array whose leading axes broadcast to `cells`."""
    return torch.arange(math.prod(shape)).reshape(tuple(shape)).expand(tuple(cells)).reshape(-1)


def _eliminate(
    first: Tensor, then: Sequence[Tensor], steps: Tensor, shape: forest.Forest
) -> Tensor:
    dtype = steps.dtype
    for t in (first, *then):
        dtype = torch.promote_types(dtype, t.dtype)
    first, steps, *then = (t.to(dtype) for t in (first, steps, *then))
    if steps.is_cuda:
        return scan.eliminate(first, then, steps, shape)
    return forest.eliminate(first, then, steps, shape, reduction())


def _chain_shape(begin: Tensor, end: Tensor, first: Tensor, rows: Tensor, strides: Sequence[int],
      steps: Tensor, stride: int, length: int) -> Tensor:  # fmt: skip
    del end, strides, steps, stride
    return first.new_empty((begin.shape[0] * length * rows.shape[1], 5))


@operation(_chain_shape)
def chain_nodes(
    begin: Tensor, end: Tensor, first: Tensor, rows: Tensor, strides: Sequence[int], steps: Tensor,
    stride: int, length: int,
) -> Tensor:  # fmt: skip
    """The nodes of chains, as `layout.chains` lays them out."""
    starts, stops = (t.cpu().to(torch.int64) for t in (begin, end))
    real = starts < stops
    if bool((real & ((starts < 0) | (stops > length))).any()):
        message = f"a chain leaves its {length} positions"
        raise ValueError(message)
    arrays = [t.contiguous().numpy() for t in (starts, stops, first, rows)]
    moves = torch.tensor(strides).reshape(rows.shape[:2]).numpy()
    nodes = layout.chains(*arrays, moves, steps.numpy(), stride, length, rows.shape[1])
    return torch.from_numpy(nodes)


def _tree_shape(parent: Tensor, first: Tensor, rows: Tensor, steps: Tensor) -> Tensor:
    del parent, steps
    return first.new_empty((first.numel() * rows.shape[0], 5))


@operation(_tree_shape)
def tree_nodes(parent: Tensor, first: Tensor, rows: Tensor, steps: Tensor) -> Tensor:
    """The nodes of forests, as `layout.trees` lays them out; raises where parents form a circle."""
    above = parent.cpu().to(torch.int64).contiguous().numpy()
    order, left = layout.parents_first(above)
    if left >= 0:
        message = f"the parents of node {left} go round in a circle"
        raise ValueError(message)
    arrays = (t.contiguous().numpy() for t in (first, rows, steps))
    nodes = layout.trees(above, order, *arrays, first.shape[0], rows.shape[0])
    return torch.from_numpy(nodes)
