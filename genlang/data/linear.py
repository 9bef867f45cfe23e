"""Functions of vectors and matrices on values over named axes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from genlang.data.functions import linalg
from genlang.data.values import Axes, Value
from genlang.lang.functions import FUNCTIONS

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
        case "linspace" if len(plain) == len(values):
            low, high, count = (v.array for v in values)
            return Value((), np.linspace(low, high, int(count)))
        case "size" if first.event:
            return Value((), np.array(float(first.array.shape[len(first.axes)])))
        case "concat":
            return _end_to_end(open_axes, values)
        case "@" if all(1 <= v.event <= MATRIX for v in values):
            return _product(open_axes, *values)
        case _ if name in FORMS:
            return _by_form(open_axes, name, values)
        case _:
            return None


def _product(open_axes: Axes, left: Value, right: Value) -> Value | None:
    """`a @ b`, a vector as a row on the left and as a column on the right."""
    one = left if left.event == MATRIX else Value(left.axes, left.array[..., None, :])
    two = right if right.event == MATRIX else Value(right.axes, right.array[..., None])
    axes, (a, b) = open_axes.lined_up(one, two)
    if a.shape[-1] != b.shape[-2]:
        return None
    found = a @ b
    found = found if left.event == MATRIX else found[..., 0, :]
    return Value(axes, found if right.event == MATRIX else found[..., 0])


def _end_to_end(open_axes: Axes, values: list[Value]) -> Value:
    """Arrays laid end to end along their first dim."""
    rank = max(1, *(v.event for v in values))
    whole = [Value(v.axes, v.array[..., None]) if v.event < rank else v for v in values]
    axes, arrays = open_axes.lined_up(*whole)
    lead = np.broadcast_shapes(*(a.shape[: len(axes)] for a in arrays))
    parts = [np.broadcast_to(a, (*lead, *a.shape[len(axes) :])) for a in arrays]
    return Value(axes, np.concatenate(parts, len(axes)))


def _by_form(open_axes: Axes, name: str, values: list[Value]) -> Value | None:
    """A function that lists its dims: of all iterations at once, or one by one."""
    form = FUNCTIONS[name].form(tuple(v.event for v in values))
    if form is None:
        return None
    axes = tuple(dict.fromkeys(a for v in values for a in v.axes))
    arrays = [open_axes.ordered(v, axes) for v in values]
    lead = np.broadcast_shapes(*(a.shape[: len(axes)] for a in arrays))
    every = [
        np.broadcast_to(a, (*lead, *a.shape[len(axes) :])).reshape((-1, *a.shape[len(axes) :]))
        for a in arrays
    ]
    try:
        cells = [FORMS[name](*cell) for cell in zip(*every, strict=True)]
    except (np.linalg.LinAlgError, ValueError):  # what is not known, or has no inverse
        return None
    if not cells:
        return None
    return Value(axes, np.array(cells, dtype=float).reshape((*lead, *np.shape(cells[0]))))


def _kernel(of: Callable[[Any], Any]) -> Callable[..., Any]:
    """A covariance function of the distances in lengths."""

    def matrix(x1: Any, x2: Any, length: Any, scale: Any) -> Any:
        gap = (_rows(x1)[:, None] - _rows(x2)[None]) / length
        return scale**2 * of(np.sqrt((gap**2).sum(-1)))

    return matrix


def _rows(points: Any) -> Any:
    return points if points.ndim == MATRIX else points[:, None]


def _periodic(x1: Any, x2: Any, length: Any, scale: Any, period: Any) -> Any:
    wave = np.sin(np.pi * (_rows(x1)[:, None] - _rows(x2)[None]) / period) / length
    return scale**2 * np.exp(-2 * (wave**2).sum(-1))


# One cell of each function that lists the dims that it takes.
FORMS: dict[str, Callable[..., Any]] = {
    "dot": lambda a, b: (a * b).sum(-1), "outer": np.outer, "transpose": np.transpose,
    "diag": lambda a: a[..., None] * np.eye(a.shape[-1]), "inverse": np.linalg.inv,
    "det": np.linalg.det, "logdet": lambda a: np.linalg.slogdet(a)[1],
    "cholesky": np.linalg.cholesky, "matrix_exp": linalg("expm"), "solve": np.linalg.solve,
    "solve_triangular": lambda a, b: np.linalg.solve(np.tril(a), b),
    "quad_form": lambda a, x: x.T @ a @ x, "interpolate": np.interp,
    "rbf": _kernel(lambda r: np.exp(-(r**2) / 2)),
    "matern32": _kernel(lambda r: (1 + 3**0.5 * r) * np.exp(-(3**0.5) * r)),
    "matern52": _kernel(lambda r: (1 + 5**0.5 * r + 5 * r**2 / 3) * np.exp(-(5**0.5) * r)),
    "periodic": _periodic,
}  # fmt: skip
