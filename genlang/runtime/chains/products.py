"""Products of matrices in logs: product[i, k] = log sum_j exp(left[i, j] + right[j, k]).

Matrices are [n, P, P], n products at once. With the greatest entry taken off every row on the left
and every column on the right, exp, an ordinary product and log do it; a product's derivatives are
ordinary products, too. What becomes too small on the way is lost beside a sum of usual size. Where
a sum itself may be that small, as what its row and its column favour lies apart, its matrices are
multiplied in logs, P^3 terms each, CHUNK terms at a time.

Three operations, each the derivative of the one before, as in `forest`; a third derivative raises.
For modes and draws, `Choice` needs the state between two others only where these were chosen.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from genlang.runtime.chains.operations import Last, operation
from genlang.runtime.reductions import gumbel_like

CHUNK = 2**22


def multiply(left: Tensor, right: Tensor, how: str) -> Tensor:
    """Reduce the states between by `sum`, `max` or `draw`: [n, P, P]."""
    if how == "sum":
        return _Product.apply(left, right)
    noise = gumbel_like(left[:, 0]) if how == "draw" else left.new_empty((len(left), 0))
    return _Choice.apply(left, right, noise)


@dataclass(frozen=True, slots=True)
class _Scaled:
    """Weights less their greatest: exp(left - rows) and exp(right - columns), and their product.

    `hard` [m] are the matrices whose product loses something.
    """

    left: Tensor
    right: Tensor
    top: Tensor
    product: Tensor
    hard: Tensor

    @classmethod
    def of(cls, left: Tensor, right: Tensor) -> "_Scaled":
        rows, columns = _finite(left.amax(2, keepdim=True)), _finite(right.amax(1, keepdim=True))
        one, two = (left - rows).exp(), (right - columns).exp()
        product = one @ two
        kind = torch.finfo(left.dtype)
        lost = product < kind.tiny / kind.eps
        if lost.any():  # sums of nothing are exact
            lost &= (left > -math.inf).to(one) @ (right > -math.inf).to(one) > 0
        return cls(one, two, rows + columns, product, lost.flatten(1).any(1).nonzero()[:, 0])

    def per(self, value: Tensor) -> Tensor:
        """Divide by the product, where that is not 0."""
        return torch.where(self.product == 0, 0.0, value / self.product)

    def parts(self) -> Iterator[Tensor]:
        """The hard matrices, as many at a time as CHUNK allows."""
        size = max(CHUNK // max(self.left.shape[1], 1) ** 3, 1)
        return iter(self.hard.split(size) if len(self.hard) else ())


def _finite(top: Tensor) -> Tensor:
    return top.masked_fill(top.isinf(), 0.0)


def _terms(left: Tensor, right: Tensor) -> Tensor:
    """All terms of products, [n, i, j, k]."""
    return left[..., None] + right[:, None]


def _shares(left: Tensor, right: Tensor) -> Tensor:
    """The conditional probabilities of the states between, [n, i, j, k]; 0 where impossible."""
    terms = _terms(left, right)
    return (terms - _finite(terms.logsumexp(2, keepdim=True))).exp()


def _batched(op: Any) -> Any:
    """The rule of `vmap`: its axis is one with that of the matrices."""

    def rule(op: Any, info: Any, dims: tuple[int | None, ...], *args: Tensor) -> Any:
        size = info.batch_size
        wide = [
            t.expand(size, *t.shape) if d is None else t.movedim(d, 0)
            for t, d in zip(args, dims, strict=True)
        ]
        count = wide[0].shape[1]
        out = op(*(t.flatten(0, 1) for t in wide))
        if isinstance(out, Tensor):
            return out.unflatten(0, (size, count)), 0
        return tuple(t.unflatten(0, (size, count)) for t in out), (0,) * len(out)

    return partial(rule, op)


def _empties(count: int) -> Callable[..., Any]:
    return lambda *args: tuple(torch.empty_like(args[0]) for _ in range(count))


@operation(lambda left, right: torch.empty_like(left + right), _batched)
def log_product(left: Tensor, right: Tensor) -> Tensor:
    """The products, [n, P, P]."""
    x = _Scaled.of(left, right)
    product = x.product.log() + x.top
    for some in x.parts():
        product[some] = _terms(left[some], right[some]).logsumexp(2)
    return product


@operation(_empties(2), _batched)
def log_product_moved(gradient: Tensor, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient of the sum of `gradient` times products, as to left and right."""
    x = _Scaled.of(left, right)
    weight = x.per(gradient)
    one, two = x.left * (weight @ x.right.mT), x.right * (x.left.mT @ weight)
    for some in x.parts():
        terms = _shares(left[some], right[some]) * gradient[some][:, :, None]
        one[some], two[some] = terms.sum(3), terms.sum(1)
    return one, two


@operation(_empties(3), _batched)
def log_product_second(
    by_left: Tensor, by_right: Tensor, gradient: Tensor, left: Tensor, right: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The derivative of products and of `log_product_moved` along the direction `by_*`."""
    x = _Scaled.of(left, right)
    weight = x.per(gradient)
    one, two = x.left * by_left, x.right * by_right
    change = x.per(one @ x.right + x.left @ two)
    shift = weight * change
    to_left = one * (weight @ x.right.mT) + x.left * (weight @ two.mT - shift @ x.right.mT)
    to_right = two * (x.left.mT @ weight) + x.right * (one.mT @ weight - x.left.mT @ shift)
    for some in x.parts():
        terms = _shares(left[some], right[some])
        moved = terms * _terms(by_left[some], by_right[some])
        change[some] = moved.sum(2)
        moved = (moved - terms * change[some][:, :, None]) * gradient[some][:, :, None]
        to_left[some], to_right[some] = moved.sum(3), moved.sum(1)
    return change, to_left, to_right


class _Product(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(left: Tensor, right: Tensor) -> Tensor:
        return log_product(left, right)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        del output
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        return _Moved.apply(gradient, *ctx.saved_tensors)


class _Moved(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(gradient: Tensor, left: Tensor, right: Tensor) -> Any:
        return log_product_moved(gradient, left, right)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Any) -> None:
        del output
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *by: Tensor) -> Any:
        return _Second.apply(*by, *ctx.saved_tensors)


class _Second(Last):
    @staticmethod
    def forward(*args: Tensor) -> Any:
        return log_product_second(*args)


class _Choice(torch.autograd.Function):
    """The greatest terms, or sums; the gradient chooses a state between one i and one k.

    A chain's gradient is not 0 at one entry only. `noise` [n, P] makes a greatest term a draw,
    [n, 0] leaves it the first of the greatest.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(left: Tensor, right: Tensor, noise: Tensor) -> Tensor:
        if noise.shape[1]:
            return log_product(left, right)
        size = max(CHUNK // left.shape[1] ** 3, 1)
        pairs = zip(left.split(size), right.split(size), strict=True)
        return torch.cat([_terms(*pair).amax(2) for pair in pairs])

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        del output
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        left, right, noise = ctx.saved_tensors
        size = left.shape[1]
        flat = gradient.flatten(1)
        place = flat.abs().argmax(1, keepdim=True)
        i, k = place // size, place % size
        row = left.gather(1, i[..., None].expand(-1, 1, size))[:, 0]
        column = right.gather(2, k[..., None].expand(-1, size, 1))[..., 0]
        terms = row + column + noise if noise.shape[1] else row + column
        j = terms.argmax(1, keepdim=True)
        value = flat.gather(1, place)
        one, two = (
            torch.zeros_like(flat).scatter(1, at, value) for at in (i * size + j, j * size + k)
        )
        return one.view_as(left), two.view_as(right), None
