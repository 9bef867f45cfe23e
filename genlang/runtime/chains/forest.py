"""Eliminating the states of a forest: one differentiable operation around the compiled kernels.

Three operations, each the derivative of the one before:

    forest_total   log Z of each tree, and what its messages leave for the second
    forest_moved   its gradient: posterior marginals (`sum`), the mode (`max`) or a draw (`draw`)
    forest_second  the derivative of the marginals along a direction, for Hessian-vector products

They are opaque to torch (`torch.library.custom_op`), so they can be traced, and know how to be
batched: `vmap` adds one leading axis, which the kernels take. A third derivative raises.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genlang.runtime.chains import kernels

HOWS = ("sum", "max", "draw")
NODES = ("rows", "parent", "tree", "order")


@dataclass(frozen=True, slots=True)
class Forest:
    """The shape of a forest. `rows` [3, nodes], `parent`, `tree` [nodes], `order` [real nodes].

    A node reads row `rows[0, v]` of `first` where it is a root, `rows[1, v]` of `then` where it is
    not, and `rows[2, v]` of `steps`. Nodes that `order` leaves out do not exist.
    """

    rows: Tensor
    parent: Tensor
    tree: Tensor
    order: Tensor
    trees: int


def eliminate(first: Tensor, then: Tensor, steps: Tensor, forest: Forest, how: str) -> Tensor:
    """Return log Z (`sum`, `draw`) or the greatest log weight (`max`) of each tree: [trees].

    first [R, K], then [R, K, K] (parent's state first), steps [R, K], in logs. The gradient holds
    the marginals, the mode or one exact draw of all states.
    """
    nodes = (forest.rows, forest.parent, forest.tree, forest.order)
    uniform = torch.rand(len(forest.parent), dtype=steps.dtype) if how == "draw" else steps[:0, 0]
    total: Tensor = _Total.apply(
        first[None], then[None], steps[None], uniform, *nodes, forest.trees, HOWS.index(how)
    )[0]
    return total[0]


def _numpy(tensors: Sequence[Tensor]) -> list[Any]:
    return [t.detach().contiguous().numpy() for t in tensors]


def _batches(*tensors: Tensor) -> int:
    return max(t.shape[0] for t in tensors)


@torch.library.custom_op("genlang::forest_total", mutates_args=())
def forest_total(
    first: Tensor, then: Tensor, steps: Tensor, rows: Tensor, parent: Tensor, tree: Tensor,
    order: Tensor, trees: int, how: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """The log weight of each tree, [batches, trees], and the messages of its upward pass.

    The messages of a greatest weight are the best states: first of them, int64 as floats, the
    others empty.
    """
    given, nodes = _numpy((first, then, steps)), _numpy((rows, parent, tree, order))
    batches, size = _batches(first, then, steps), first.shape[-1]
    total = np.zeros((batches, trees), given[0].dtype)
    below, weight, mass = (np.zeros((batches, len(parent), size), given[0].dtype) for _ in range(3))
    if HOWS[how] == "max":
        chosen = np.zeros(below.shape, np.int64)
        kernels.best(*given, *nodes, total, below, chosen)
        out = [total, chosen.astype(total.dtype), *[np.zeros((batches, 0), total.dtype)] * 4]
    else:
        table, shift = kernels.scaled(given[1])
        above = kernels.upward(
            *given[:2], table, shift, given[2], *nodes, total, below, weight, mass
        )
        if len(table) < batches:
            table = np.repeat(table, batches, 0)
        out = [total, below, weight, mass, above, table]
    one, two, three, four, five, six = map(torch.from_numpy, out)
    return one, two, three, four, five, six


@torch.library.custom_op("genlang::forest_moved", mutates_args=())
def forest_moved(
    gradient: Tensor, first: Tensor, then: Tensor, steps: Tensor, below: Tensor, weight: Tensor,
    mass: Tensor, above: Tensor, table: Tensor, uniform: Tensor, rows: Tensor, parent: Tensor,
    tree: Tensor, order: Tensor, trees: int, how: int,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The gradient of `gradient` [batches, trees] times the totals, as to first, then and steps."""
    given, nodes = _numpy((first, then, steps)), _numpy((rows, parent, tree, order))
    batches = _batches(gradient, first, then, steps)
    outer = np.broadcast_to(gradient.detach().numpy(), (batches, trees))
    out = [np.zeros((batches, *t.shape[1:]), t.dtype) for t in given]
    tables = _numpy((table,))
    messages = _numpy((below, weight, mass, above))
    match HOWS[how]:
        case "sum":
            kernels.downward(outer, *given[:2], *tables, *nodes, *messages, *out)
        case "max":
            best = np.broadcast_to(messages[0], (batches, *messages[0].shape[1:]))
            kernels.follow(outer, *nodes, best.astype(np.int64), *out)
        case _:
            chosen = np.zeros((batches, *messages[0].shape[1:]), np.int64)
            numbers = np.broadcast_to(uniform.numpy(), (batches, len(parent)))
            kernels.choose(*given[:2], *tables, nodes[0], nodes[1], nodes[3], *messages, numbers,
                           chosen)  # fmt: skip
            kernels.follow(outer, *nodes, chosen, *out)
    one, two, three = map(torch.from_numpy, out)
    return one, two, three


@torch.library.custom_op("genlang::forest_second", mutates_args=())
def forest_second(
    by_first: Tensor, by_then: Tensor, by_steps: Tensor, gradient: Tensor, first: Tensor,
    then: Tensor, steps: Tensor, below: Tensor, weight: Tensor, mass: Tensor, above: Tensor,
    table: Tensor, rows: Tensor, parent: Tensor, tree: Tensor, order: Tensor, trees: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """The derivative of totals and of `forest_moved` along the direction `by_*`."""
    given, nodes = _numpy((first, then, steps)), _numpy((rows, parent, tree, order))
    by = _numpy((by_first, by_then, by_steps))
    batches = _batches(by_first, by_then, by_steps, gradient, first, then, steps)
    outer = np.broadcast_to(gradient.detach().numpy(), (batches, trees))
    total = np.zeros((batches, trees), given[0].dtype)
    out = [np.zeros((batches, *t.shape[1:]), t.dtype) for t in given]
    messages = _numpy((below, weight, mass, above))
    kernels.second(outer, *given[:2], *_numpy((table,)), *nodes, *messages, *by, total, *out)
    zero, one, two, three = map(torch.from_numpy, (total, *out))
    return zero, one, two, three


@forest_total.register_fake
def _(first: Tensor, then: Tensor, steps: Tensor, rows: Tensor, parent: Tensor, tree: Tensor,
      order: Tensor, trees: int, how: int) -> Any:  # fmt: skip
    del rows, tree, order
    batches = _batches(first, then, steps)
    nodes = first.new_empty((batches, parent.shape[0], first.shape[-1]))
    rest = [nodes] * 4 + [then.new_empty((batches, *then.shape[1:]))]
    if HOWS[how] == "max":
        rest = [nodes, *[first.new_empty((batches, 0))] * 4]
    return (first.new_empty((batches, trees)), *(t.clone() for t in rest))


@forest_moved.register_fake
def _(gradient: Tensor, first: Tensor, then: Tensor, steps: Tensor, *rest: Any) -> Any:
    del rest
    batches = _batches(gradient, first, then, steps)
    return tuple(t.new_empty((batches, *t.shape[1:])) for t in (first, then, steps))


@forest_second.register_fake
def _(by_first: Tensor, by_then: Tensor, by_steps: Tensor, gradient: Tensor, first: Tensor,
      then: Tensor, steps: Tensor, *rest: Any) -> Any:  # fmt: skip
    batches = _batches(by_first, by_then, by_steps, gradient, first, then, steps)
    parts = tuple(t.new_empty((batches, *t.shape[1:])) for t in (first, then, steps))
    return (first.new_empty((batches, rest[-1])), *parts)


def _batched(op: Any, count: int) -> Any:
    """The rule of `vmap`: its axis and the leading axis of the first `count` arguments are one."""

    def rule(info: Any, dims: tuple[int | None, ...], *args: Any) -> Any:
        given = list(args)
        size = info.batch_size
        inner = max(
            t.shape[1 if d is not None else 0] if d == 0 else t.movedim(d, 0).shape[1]
            if d is not None else t.shape[0]
            for t, d in zip(given[:count], dims[:count], strict=True)
        )  # fmt: skip
        for i in range(count):
            t, d = given[i], dims[i]
            if d is None:
                if inner > 1 and t.shape[0] > 1:
                    given[i] = t.repeat(size, *[1] * (t.dim() - 1))
                continue
            t = t.movedim(d, 0)
            if t.shape[1] < inner:
                t = t.expand(-1, inner, *t.shape[2:])
            given[i] = t.reshape(-1, *t.shape[2:])
        result = op(*given)
        many = isinstance(result, tuple | list)
        out = [r.reshape(size, -1, *r.shape[1:]) if r.shape[0] == size * inner
               else r.expand(size, *r.shape)
               for r in (result if many else (result,))]  # fmt: skip
        return (tuple(out), (0,) * len(out)) if many else (out[0], 0)

    return rule


forest_total.register_vmap(_batched(forest_total, 3))
forest_moved.register_vmap(_batched(forest_moved, 9))
forest_second.register_vmap(_batched(forest_second, 12))


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
        ctx.save_for_backward(*inputs[:3], *output[1:], *inputs[3:8])
        ctx.mark_non_differentiable(*output[1:])
        ctx.trees, ctx.how = inputs[8:]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *rest: Tensor) -> Any:
        del rest
        first, then, steps, *others = ctx.saved_tensors
        moved = _Moved.apply(gradient, first, then, steps, *others, ctx.trees, ctx.how)
        parts = (_summed(m, t) for m, t in zip(moved, (first, then, steps), strict=True))
        return (*parts, *[None] * 7)


class _Moved(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(*args: Any) -> Any:
        return forest_moved(*args)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        del output
        ctx.save_for_backward(*inputs[:9], *inputs[10:14])
        ctx.trees, ctx.how = inputs[14:]

    @staticmethod
    def backward(ctx: Any, *by: Tensor) -> Any:
        if HOWS[ctx.how] != "sum":
            message = "modes and draws of states have no derivative"
            raise NotImplementedError(message)
        gradient, first, then, steps, *rest = ctx.saved_tensors
        total, *moved = _Second.apply(*by, gradient, first, then, steps, *rest, ctx.trees)
        parts = (_summed(m, t) for m, t in
                 zip((total, *moved), (gradient, first, then, steps), strict=True))  # fmt: skip
        return (*parts, *[None] * 12)


class _Second(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(*args: Any) -> Any:
        return forest_second(*args)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        del ctx, inputs, output

    @staticmethod
    def backward(ctx: Any, *by: Tensor) -> Any:
        del ctx, by
        message = "the third derivative of a sum over chains is not implemented"
        raise NotImplementedError(message)
