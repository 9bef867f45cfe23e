"""Eliminating the states of a forest: one differentiable operation around the compiled kernels.

Three operations, each the derivative of the one before:

    forest_total   log Z of each tree, and what its messages leave for the second
    forest_moved   its gradient: posterior marginals (`sum`), the mode (`max`) or a draw (`draw`)
    forest_second  the derivative of the marginals along a direction, for Hessian-vector products

They are opaque to torch (`operations`), so they can be traced, and know how to be
batched: `vmap` adds one leading axis, which the kernels take. A third derivative raises. Everything
is computed in float64; results have the dtype of the log weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genlang.runtime.chains import kernels, layout, moves
from genlang.runtime.chains.operations import Last, operation

HOWS = ("sum", "max", "draw")


@dataclass(frozen=True, slots=True)
class Forest:
    """The shape of a forest: `nodes` [nodes, 5] as `kernels` reads them, and how many trees."""

    nodes: Tensor
    trees: int


def eliminate(
    first: Tensor, then: Sequence[Tensor], steps: Tensor, forest: Forest, how: str
) -> Tensor:
    """Return log Z (`sum`, `draw`) or the greatest log weight (`max`) of each tree: [trees].

    first [R, Q], steps [R, Q] and for each stage then [R, P, fan], in logs: windows of P states
    whose newest variables have Q. The gradient holds the marginals, the mode or one exact draw of
    all states.
    """
    sizes = _sizes(first, then, steps, forest)
    flat = [first.reshape(1, -1), _one([t.reshape(1, -1) for t in then]), steps.reshape(1, -1)]
    count = len(forest.nodes)
    uniform = (
        torch.rand((1, count), dtype=torch.float64) if how == "draw" else steps.new_empty((1, 0))
    )
    total: Tensor = _Total.apply(
        *flat, uniform, forest.nodes, sizes, forest.trees, HOWS.index(how)
    )[0]
    return total[0]


def _one(tables: list[Tensor]) -> Tensor:
    return tables[0] if len(tables) == 1 else torch.cat(tables, 1)


def _sizes(first: Tensor, then: Sequence[Tensor], steps: Tensor, forest: Forest) -> list[int]:
    """[Q, rows of first, of steps, P, then fan and rows of each stage]; raises on wrong shapes."""
    shapes = [tuple(t.shape) for t in (first, *then, steps)]
    good = [len(s) for s in shapes] == [2, *[3] * len(then), 2] and forest.nodes.shape[1:] == (5,)
    width = then[0].shape[-2] if good and then else 0
    last = first.shape[-1]
    good = good and last == steps.shape[-1] and last > 0 and width > 0 and width % last == 0
    if not good or any(t.shape[1] != width or width % max(t.shape[2], 1) for t in then):
        message = f"tables of a forest do not fit together: {shapes}"
        raise ValueError(message)
    stages = [n for t in then for n in (t.shape[2], t.shape[0])]
    return [last, first.shape[0], steps.shape[0], width, *stages]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """The list of sizes that operations take, as kernels read it."""

    last: int
    width: int
    rows: Any
    stages: Any

    @classmethod
    def of(cls, sizes: Sequence[int]) -> "_Sizes":
        last, _, _, width = sizes[:4]
        fan, rows = np.array(sizes[4::2]), np.array(sizes[5::2])
        tables = np.concatenate([[0], np.cumsum(rows * width * fan)[:-1]])
        shifts = np.concatenate([[0], np.cumsum(rows)[:-1]])
        return cls(last, width, rows, np.stack([fan, width // fan, tables, shifts], 1))


def _numpy(*tensors: Tensor) -> list[Any]:
    return [
        (t.detach().double() if t.is_floating_point() else t).contiguous().numpy() for t in tensors
    ]


def _batches(*tensors: Tensor) -> int:
    return max(t.shape[0] for t in tensors)


def _like(dtype: torch.dtype, *arrays: Any) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(a).to(dtype) for a in arrays)


def _total_shapes(
    first: Tensor, then: Tensor, steps: Tensor, nodes: Tensor, sizes: Sequence[int], trees: int,
    how: int,
) -> Any:  # fmt: skip
    batches = _batches(first, then, steps)
    nothing = HOWS[how] == "max"
    every = (batches, nodes.shape[0] * sizes[3])
    none = (batches, 0)
    shapes = (every, none, none) if nothing else (every, every, tuple(then.shape))
    return (
        first.new_empty((batches, trees)),
        *(first.new_empty(s, dtype=torch.float64) for s in shapes),
        first.new_empty(none if nothing else (batches, trees), dtype=torch.bool),
    )


def _moved_shapes(gradient: Tensor, first: Tensor, then: Tensor, steps: Tensor, *rest: Any) -> Any:
    del rest
    batches = _batches(gradient, first, then, steps)
    return tuple(t.new_empty((batches, t.shape[1])) for t in (first, then, steps))


def _second_shapes(
    by_first: Tensor, by_then: Tensor, by_steps: Tensor, gradient: Tensor, first: Tensor,
    then: Tensor, steps: Tensor, *rest: Any,
) -> Any:  # fmt: skip
    del rest
    batches = _batches(by_first, by_then, by_steps, gradient, first, then, steps)
    parts = tuple(t.new_empty((batches, t.shape[1])) for t in (first, then, steps))
    return (first.new_empty((batches, gradient.shape[1])), *parts)


def _batched(count: int) -> Any:
    """The rule of `vmap`: its axis and the leading axis of the first `count` arguments are one."""

    def rule(op: Any, info: Any, dims: tuple[int | None, ...], *args: Any) -> Any:
        if any(isinstance(d, int) for d in dims[count:]):
            message = "the shape of a forest cannot be batched"
            raise NotImplementedError(message)
        size = info.batch_size
        first = [
            t if d is None else t.movedim(d, 0)
            for t, d in zip(args[:count], dims[:count], strict=True)
        ]
        flags = [d is not None for d in dims[:count]]
        inner = max(t.shape[int(many)] for t, many in zip(first, flags, strict=True))
        for i, many in enumerate(flags):
            t = first[i]
            if not many:
                first[i] = t.repeat(size, *[1] * (t.dim() - 1)) if inner > 1 < t.shape[0] else t
            else:
                wide = t.expand(-1, inner, *t.shape[2:])
                first[i] = wide.reshape(size * inner, *t.shape[2:])
        whole = size * inner
        out = [
            (r.reshape(size, inner, *r.shape[1:]), 0) if r.shape[0] == whole else (r, None)
            for r in op(*first, *args[count:])
        ]
        return tuple(r for r, _ in out), tuple(d for _, d in out)

    return lambda op: partial(rule, op)


@operation(_total_shapes, _batched(3))
def forest_total(
    first: Tensor, then: Tensor, steps: Tensor, nodes: Tensor, sizes: Sequence[int], trees: int,
    how: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """The log weight of each tree, [batches, trees], and the messages of its upward pass.

    The messages of a greatest weight are the best states, as floats; the others are empty.
    """
    firsts, thens, logs, places = _numpy(first, then, steps, nodes)
    size = _Sizes.of(sizes)
    bad = layout.fault(places, trees, sizes[1], size.rows, sizes[2])
    if bad >= 0:
        message = f"node {bad} of a forest reads what does not exist: {places[bad].tolist()}"
        raise ValueError(message)
    batches = _batches(first, then, steps)
    total = np.zeros((batches, trees))
    weight = np.empty((batches, len(nodes) * size.width))
    if HOWS[how] == "max":
        moves.best(firsts, thens, logs, places, size.stages, size.last, total, weight)
        empty = [np.zeros((batches, 0)), np.zeros((batches, 0)), np.zeros((batches, 0), np.bool_)]
        one, two, three, four, five = map(torch.from_numpy, (total, weight, *empty))
        return one.to(first.dtype), two, three, four, five
    table = np.empty_like(thens)
    shift = np.empty((len(thens), int(size.rows.sum())))
    kernels.exponentiated(thens, size.stages, size.rows, table, shift)
    mass = np.empty_like(weight)
    hard = np.zeros((batches, trees), np.bool_)
    kernels.upward(firsts, thens, table, shift, logs, places, size.stages, size.last, total, hard,
                   weight, mass)  # fmt: skip
    one, two, three, four, five = map(torch.from_numpy, (total, weight, mass, table, hard))
    return one.to(first.dtype), two, three, four, five


@operation(_moved_shapes, _batched(9))
def forest_moved(
    gradient: Tensor, first: Tensor, then: Tensor, steps: Tensor, weight: Tensor, mass: Tensor,
    table: Tensor, hard: Tensor, uniform: Tensor, nodes: Tensor, sizes: Sequence[int], how: int,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The gradient of `gradient` [batches, trees] times the totals, as to first, then and steps."""
    size = _Sizes.of(sizes)
    outer, firsts, thens, places, messages = _numpy(gradient, first, then, nodes, weight)
    batches = _batches(gradient, first, then, steps)
    out = [np.zeros((batches, t.shape[1])) for t in (first, then, steps)]
    if HOWS[how] == "max":
        moves.mark(outer, places, size.stages, size.last, messages, *out)
        one, two, three = _like(first.dtype, *out)
        return one, two, three
    masses, tables, tight, numbers = _numpy(mass, table, hard, uniform)
    if HOWS[how] == "sum":
        kernels.downward(outer, firsts, thens, tables, places, size.stages, size.last, tight,
                         messages, masses, *out)  # fmt: skip
    else:
        chosen = np.empty((batches, messages.shape[1]))
        moves.choose(firsts, thens, tables, places, size.stages, size.last, tight, messages,
                     masses, numbers, chosen)  # fmt: skip
        moves.mark(outer, places, size.stages, size.last, chosen, *out)
    one, two, three = _like(first.dtype, *out)
    return one, two, three


@operation(_second_shapes, _batched(11))
def forest_second(
    by_first: Tensor, by_then: Tensor, by_steps: Tensor, gradient: Tensor, first: Tensor,
    then: Tensor, steps: Tensor, weight: Tensor, mass: Tensor, table: Tensor, hard: Tensor,
    nodes: Tensor, sizes: Sequence[int],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """The derivative of totals and of `forest_moved` along the direction `by_*`."""
    size = _Sizes.of(sizes)
    outer, firsts, thens, places = _numpy(gradient, first, then, nodes)
    batches = _batches(by_first, by_then, by_steps, gradient, first, then, steps)
    total = np.zeros((batches, gradient.shape[1]))
    out = [np.zeros((batches, t.shape[1])) for t in (first, then, steps)]
    messages = _numpy(weight, mass)
    moves.second(outer, firsts, thens, *_numpy(table), places, size.stages, size.last,
                 *_numpy(hard), *messages, *_numpy(by_first, by_then, by_steps), total,
                 *out)  # fmt: skip
    zero, one, two, three = _like(first.dtype, total, *out)
    return zero, one, two, three


def _summed(value: Tensor, like: Tensor) -> Tensor:
    """Add up batches for an argument that has one for all of them."""
    return value if value.shape[0] == like.shape[0] else value.sum(0, keepdim=True)


class _Total(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(
        first: Tensor, then: Tensor, steps: Tensor, uniform: Tensor, *rest: Any
    ) -> tuple[Tensor, ...]:
        del uniform
        return tuple(forest_total(first, then, steps, *rest))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        ctx.save_for_backward(*inputs[:3], *output[1:], *inputs[3:5])
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)  # zeros as large as all messages
        ctx.sizes, ctx.how = inputs[5], inputs[7]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor | None, *rest: Tensor) -> Any:
        del rest
        if gradient is None:
            return (None,) * 8
        first, then, steps, *others = ctx.saved_tensors
        moved = _Moved.apply(gradient, first, then, steps, *others, ctx.sizes, ctx.how)
        parts = (_summed(m, t) for m, t in zip(moved, (first, then, steps), strict=True))
        return (*parts, *[None] * 5)


class _Moved(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(*args: Any) -> Any:
        return forest_moved(*args)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        del output
        ctx.save_for_backward(*inputs[:8], inputs[9])
        ctx.sizes, ctx.how = inputs[10:]

    @staticmethod
    def backward(ctx: Any, *by: Tensor) -> Any:
        if HOWS[ctx.how] != "sum":
            message = "modes and draws of states have no derivative"
            raise NotImplementedError(message)
        gradient, first, then, steps, *rest = ctx.saved_tensors
        total, *moved = _Second.apply(*by, gradient, first, then, steps, *rest, ctx.sizes)
        parts = (_summed(m, t) for m, t in
                 zip((total, *moved), (gradient, first, then, steps), strict=True))  # fmt: skip
        return (*parts, *[None] * 8)


class _Second(Last):
    @staticmethod
    def forward(*args: Any) -> Any:
        return forest_second(*args)
