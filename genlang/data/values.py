"""Arrays over named axes: lined up, compared, masked, subscripted.

An axis is a loop, or a read of a summed-out latent, which stands for all of its values. NaN is a
number that is not known; a mask is a value of ones and zeros, None where everything holds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Expr, Extent, Loop, Slice
from genlang.data.functions import ELEMENTWISE, both

Axis = Loop | Expr
LARGEST = 4_000_000  # cells of one value: the caller takes fewer rows of the outermost loop at once


@dataclass(frozen=True, slots=True)
class Value:
    """An array over named axes, then its own dims."""

    axes: tuple[Axis, ...]
    array: NDArray[Any]

    @property
    def event(self) -> int:
        """The number of its own dims."""
        return self.array.ndim - len(self.axes)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Iterations (`bad` is 1) in which an expression or a loop cannot be what it says.

    `part` is the subscript or the end of a part that lies outside `extent`, where it has `limit`
    cells and `found` is asked for; None for a reduction over nothing and for sizes that differ.
    `missing` is the name whose missing cells are read where they have to be known.
    """

    expr: Expr | Loop
    part: Expr | Slice | None
    extent: Extent
    found: Value
    limit: Value | None
    bad: Value
    missing: str = ""


def any_cell(mask: NDArray[Any], value: Value) -> NDArray[Any]:
    """Whether a mask holds for any cell of a value's own dims."""
    return np.asarray(mask.any(tuple(range(len(value.axes), mask.ndim))))


class TooLarge(Exception):  # noqa: N818 (a reason to take less at once, not an error)
    """A value would have more cells than are looked at together."""


class Undecided(Exception):  # noqa: N818 (a reason to look no further, not an error)
    """Data do not tell what a loop runs over."""


class Axes:
    """The axes that are open: the positions along each, and their order."""

    def __init__(self) -> None:
        self.positions: dict[Axis, NDArray[Any]] = {}
        self.rank: dict[Axis, int] = {}

    def add_axis(self, axis: Axis, positions: NDArray[Any]) -> Value:
        """Open an axis; returns the positions along it."""
        self.rank.setdefault(axis, len(self.rank))
        self.positions[axis] = positions
        return Value((axis,), positions.astype(float))

    def lined_up(self, *values: Value) -> tuple[tuple[Axis, ...], list[NDArray[Any]]]:
        """Give values the same axes and number of dims (of size 1 where they do not vary)."""
        axes = tuple(sorted({a for v in values for a in v.axes}, key=self.rank.__getitem__))
        event = max(v.event for v in values)
        sizes = [len(self.positions[a]) for a in axes]
        if np.prod(sizes, dtype=float) > LARGEST:
            raise TooLarge
        found = []
        for v in values:
            array = self.ordered(v, axes)
            pad = event - v.event
            found.append(
                array.reshape((*array.shape[: len(axes)], *[1] * pad, *array.shape[len(axes) :]))
            )
        return axes, found

    def ordered(self, value: Value, axes: tuple[Axis, ...]) -> NDArray[Any]:
        """The array with axes in an order; those that it lacks have size 1."""
        have = [value.axes.index(a) for a in axes if a in value.axes]
        dims = range(len(value.axes), value.array.ndim)
        array = value.array.transpose(*have, *dims)
        shape = iter(array.shape)
        lead = [next(shape) if a in value.axes else 1 for a in axes]
        return array.reshape((*lead, *shape))

    def compare(self, op: str, a: Value, b: Value) -> Value:
        """Compare two values."""
        axes, arrays = self.lined_up(a, b)
        return Value(axes, ELEMENTWISE[op](*arrays))

    def meet(self, mask: Value | None, other: Value | None) -> Value | None:
        """Where both masks hold; what is not known counts as holding."""
        if other is None:
            return mask
        other = Value(other.axes, np.where(np.isnan(other.array), 1.0, other.array))
        if mask is None:
            return other
        axes, arrays = self.lined_up(mask, other)
        return Value(axes, both(*arrays))

    def take(self, base: Value, at: list[Value]) -> Value:
        """Subscript the first dims of a value; positions outside read NaN."""
        axes, lined = self.lined_up(
            *at, *(Value((a,), np.arange(len(self.positions[a]), dtype=float)) for a in base.axes)
        )
        own, places = lined[len(at) :], lined[: len(at)]
        limits = base.array.shape[len(base.axes) : len(base.axes) + len(at)]
        inside: Any = True
        whole = []
        for place, limit in zip(places, limits, strict=True):
            inside = inside & (place >= 0) & (place < limit)
            whole.append(np.where((place >= 0) & (place < limit), place, 0).astype(np.int64))
        shape = np.broadcast_shapes(*(p.shape for p in (*own, *whole)))
        rest = base.array.shape[len(base.axes) + len(at) :]
        if 0 in limits:
            return Value(axes, np.full((*shape, *rest), np.nan))
        found = base.array[(*(p.astype(np.int64) for p in own), *whole)]
        inside = np.broadcast_to(inside, shape).reshape((*shape, *[1] * len(rest)))
        return Value(axes, found if inside.all() else np.where(inside, found, np.nan))

    def spread(self, value: Value, loops: tuple[Loop, ...], mask: Value | None) -> Value:
        """Turn the axes of loops into the first dims; cells that are not there are NaN."""
        ones = [Value((loop,), np.ones(len(self.positions[loop]))) for loop in loops]
        axes, arrays = self.lined_up(value, *ones)
        shape = np.broadcast_shapes(*(a.shape[: len(axes)] for a in arrays))
        array = np.broadcast_to(
            self.ordered(value, axes), (*shape, *value.array.shape[len(value.axes) :])
        )
        if mask is not None:
            axes, (array, holds) = self.lined_up(Value(axes, array), mask)
            array = np.where(holds == 1, array, np.nan)
        rest = tuple(a for a in axes if a not in loops)
        order = [axes.index(a) for a in (*rest, *loops)]
        return Value(rest, array.transpose(*order, *range(len(axes), array.ndim)))
