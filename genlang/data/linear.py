"""Functions of vectors and matrices on values over named axes."""

from typing import Any

import numpy as np

from genlang.data.values import Axes, Value

VECTOR, MATRIX = 1, 2


def linear(open_axes: Axes, name: str, values: list[Value]) -> Value | None:
    """Return the value of a function of the table, None where it is not known here."""
    first = values[0]
    plain = [v for v in values if v.array.ndim == 0 and np.isfinite(v.array)]
    match name:
        case "ones" | "zeros" | "eye" if len(plain) == len(values):
            sizes = [int(v.array) for v in values]
            make: Any = np.eye if name == "eye" else np.ones if name == "ones" else np.zeros
            return Value((), make(sizes[0] if name == "eye" else sizes).astype(float))
        case "full" if first.array.ndim == 0 and np.isfinite(first.array):
            size = int(first.array)
            return Value(values[1].axes, np.repeat(values[1].array[..., None], size, -1))
        case "one_hot" if values[1].array.ndim == 0 and not first.event:
            return Value(
                first.axes,
                (first.array[..., None] == np.arange(int(values[1].array))).astype(float),
            )
        case "@" | "dot" if first.event == values[1].event == VECTOR:
            axes, (a, b) = open_axes.lined_up(*values)
            return Value(axes, (a * b).sum(-1)) if a.shape[-1] == b.shape[-1] else None
        case "@" if first.event == MATRIX and values[1].event == VECTOR:
            column = Value(values[1].axes, values[1].array[..., None])
            axes, (a, b) = open_axes.lined_up(first, column)
            return Value(axes, (a @ b)[..., 0]) if a.shape[-1] == b.shape[-2] else None
        case "diag" if first.event == VECTOR:
            return Value(first.axes, first.array[..., None] * np.eye(first.array.shape[-1]))
        case "transpose" if first.event == MATRIX:
            return Value(first.axes, np.swapaxes(first.array, -1, -2))
        case _:
            return None
