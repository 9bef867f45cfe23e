"""Values as they came -> arrays: shapes, ragged rows, numbers, missing cells."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.data.faults import Faults, values
from genlang.data.sources import Column

MISSING = frozenset({"", "na", "nan", "null", "none", "n/a"})
TRUTH = {"true": 1, "yes": 1, "false": 0, "no": 0, "t": 1, "f": 0}


@dataclass(frozen=True, slots=True)
class Cells:
    """An array of raw cells; `exists` marks those of ragged rows that are there."""

    column: Column
    array: NDArray[Any]
    exists: NDArray[Any]

    def taken(self, order: NDArray[Any], axis: int) -> "Cells":
        """Return the cells with one axis in another order."""
        return Cells(self.column, self.array.take(order, axis), self.exists.take(order, axis))


def cells(column: Column, rank: int, faults: Faults) -> Cells | None:
    """Return a column as an array of `rank` axes; None, with a fault, where it is none."""
    array = regular(column.values)
    if array is None:
        shape = _extent(column.values, rank)
        array = np.full(shape, None, dtype=object)
        exists = np.zeros(shape, dtype=bool)
        if not _fill(array, exists, column.values):
            faults.of("D111", f"`{column.name}` mixes lists and numbers", [column])
            return None
    else:
        exists = np.ones(array.shape, dtype=bool)
    if rank == 0 and array.ndim == 1 and len(array) and len({str(v) for v in array}) == 1:
        # A table has one row a line: a scalar is repeated in all of them.
        array, exists = array[0:1].reshape(()), exists[0:1].reshape(())
    if array.size == 0 and array.ndim < rank:
        array = array.reshape((*array.shape, *[0] * (rank - array.ndim)))
        exists = exists.reshape(array.shape)
    if array.ndim != rank:
        message = f"`{column.name}` has {_axes(array.ndim)}, the model declares {_axes(rank)}"
        faults.of("D111", message, [column])
        return None
    return Cells(column, array, exists)


def regular(value: Any) -> NDArray[Any] | None:
    """Return a value as an array, None where its rows have unequal lengths."""
    if isinstance(value, np.ndarray):
        return value
    try:
        found = np.array(value)
    except ValueError:
        return None
    if found.dtype.kind in "US" and isinstance(value, list | tuple):
        return np.array(value, dtype=object)
    return found


def _axes(count: int) -> str:
    return "no axis" if count == 0 else f"{count} {'axis' if count == 1 else 'axes'}"


def _extent(value: Any, rank: int) -> tuple[int, ...]:
    if rank == 0 or not isinstance(value, list | tuple | np.ndarray):
        return ()
    below = [_extent(v, rank - 1) for v in value]
    depth = max((len(b) for b in below), default=rank - 1)
    width = [max((b[i] for b in below if len(b) > i), default=0) for i in range(depth)]
    return (len(value), *width)


def _fill(array: NDArray[Any], exists: NDArray[Any], value: Any) -> bool:
    """Copy nested lists into the corner of an array; whether they are nested evenly."""
    if array.ndim == 0:
        array[()], exists[()] = value, True
        return not isinstance(value, list | tuple)
    if not isinstance(value, list | tuple | np.ndarray):
        return False
    return all(_fill(array[i, ...], exists[i, ...], v) for i, v in enumerate(value))


def numbers(
    raw: Cells, faults: Faults, *, integers: bool, truth: bool = False
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the numbers as float64 (NaN where missing) and a mask of the missing cells."""
    array = raw.array
    if array.dtype.kind in "fiub":
        found = array.astype(float)
    else:
        found = np.full(array.shape, np.nan)
        wrong = np.zeros(array.shape, dtype=bool)
        for place in np.argwhere(raw.exists):
            at = tuple(place)
            number = _number(array[at], truth=truth)
            if number is None:
                wrong[at] = True
            else:
                found[at] = number
        if wrong.any():
            message = f"`{raw.column.name}` must hold numbers, here {values(array, wrong)}"
            faults.at("D120", message, raw.column, wrong)
            found[wrong] = 0
            raw = Cells(raw.column, array, raw.exists & ~wrong)
    missing = np.isnan(found) & raw.exists
    endless = np.isinf(found)
    if endless.any():
        faults.at("D120", f"`{raw.column.name}` is infinite", raw.column, endless)
        found[endless] = 0
    if integers:
        odd = raw.exists & ~missing & (found != np.round(found))
        if odd.any():
            message = f"`{raw.column.name}` must hold integers, here {values(found, odd)}"
            faults.at("D122", message, raw.column, odd)
            found[odd] = np.round(found[odd])
    return found, missing


def _number(cell: Any, *, truth: bool) -> float | None:
    """The number of a cell: NaN where it is missing, None where it is no number."""
    if cell is None:
        return float("nan")
    if isinstance(cell, str):
        text = cell.strip().lower()
        if text in MISSING:
            return float("nan")
        if truth and text in TRUTH:
            return TRUTH[text]
        cell = text
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None


def is_missing(cell: Any) -> bool:
    """Whether a cell is empty, NA, NaN or null."""
    if isinstance(cell, str):
        return cell.strip().lower() in MISSING
    return cell is None or cell != cell
