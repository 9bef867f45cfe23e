"""Values as they came -> arrays of cells: axes, ragged rows, which cells exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.data.faults import Faults, shown, values
from genlang.data.sources import Column

MISSING = frozenset({"", "na", "nan", "null", "none", "n/a"})
EMPTY = frozenset({"NAType", "NaTType"})  # pandas' own; pandas itself is not imported


@dataclass(frozen=True, slots=True)
class Cells:
    """An array of raw cells; `exists` marks those of ragged rows that are there.

    `orders` are the orders that some axes were put in, so that faults name the rows as they came.
    """

    column: Column
    array: NDArray[Any]
    exists: NDArray[Any]
    orders: tuple[tuple[int, NDArray[Any]], ...] = ()

    def taken(self, order: NDArray[Any], axis: int) -> "Cells":
        """Return the cells with one axis in another order."""
        array, exists = self.array.take(order, axis), self.exists.take(order, axis)
        return Cells(self.column, array, exists, (*self.orders, (axis, order)))

    def as_came(self, mask: NDArray[Any]) -> NDArray[Any]:
        """Return a mask of cells in the order in which the cells came."""
        for axis, order in self.orders:
            if axis < mask.ndim:
                mask = mask.take(np.argsort(order), axis)
        return mask


def cells(column: Column, rank: int, faults: Faults) -> Cells | None:
    """Return a column as an array of `rank` axes; None, with a fault, where it is none."""
    if isinstance(column.values, Mapping):
        message = f"`{column.name}` holds an object, where the model declares {_axes(rank)}"
        faults.of("D111", message, [column])
        return None
    array = regular(column.values)
    if array is None:
        shape = _extent(column.values, rank)
        array = np.full(shape, None, dtype=object)
        exists = np.zeros(shape, dtype=bool)
        if not _fill(array, exists, column.values):
            message = f"`{column.name}` mixes lists and numbers, or is nested unevenly"
            faults.of("D111", message, [column])
            return None
    else:
        exists = np.ones(array.shape, dtype=bool)
    if rank == 0 and array.ndim == 1 and len(array):
        # A table has one row a line: a scalar is repeated in all of them. R writes [2.5] for 2.5.
        if len(array) > 1 and not _repeated(column, array, faults):
            return None
        array, exists = array[0:1].reshape(()), exists[0:1].reshape(())
    if array.size == 0 and array.ndim < rank:
        array = array.reshape((*array.shape, *[0] * (rank - array.ndim)))
        exists = exists.reshape(array.shape)
    if array.ndim != rank:
        message = f"`{column.name}` has {_axes(array.ndim)}, the model declares {_axes(rank)}"
        faults.of("D111", message, [column])
        return None
    return Cells(column, array, exists)


def _repeated(column: Column, array: NDArray[Any], faults: Faults) -> bool:
    """Whether a column repeats one value; a fault where it does not."""
    texts = [str(v) for v in array]
    if column.rows and len(set(texts)) == 1:
        return True
    other = np.array([t != texts[0] for t in texts])
    if not column.rows:
        message = f"`{column.name}` has 1 axis, the model declares no axis"
        faults.of("D111", message, [column])
        return False
    message = f"`{column.name}` is one value in the model, and varies: {shown(array[0])}, then "
    faults.at("D111", message + values(array, other), column, other)
    return False


def regular(value: Any) -> NDArray[Any] | None:
    """Return a value as an array, text as objects; None where its rows have unequal lengths."""
    if isinstance(value, np.ndarray):
        found = value
    elif isinstance(value, list | tuple):
        first: Any = value
        while isinstance(first, list | tuple) and first:
            first = first[0]
        kind = object if isinstance(first, str) else None
        try:
            found = np.array(value, dtype=kind)
            if found.dtype.kind in "US":
                found = np.array(value, dtype=object)
        except (ValueError, OverflowError):
            return None
        if found.dtype == object and any(isinstance(v, list | tuple) for v in found.flat):
            return None
    else:
        found = np.empty((), dtype=object)
        found[()] = value
        if isinstance(value, int | float | np.generic):
            found = np.array(value)
    return found.astype(object) if found.dtype.kind in "USMmc" else found


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


def distinct(found: NDArray[Any]) -> tuple[list[Any], NDArray[Any]]:
    """Return the different cells of a flat array, and for each cell which of them it is."""
    if found.dtype.kind in "iufb":
        every, which = np.unique(found, return_inverse=True)
        return every.tolist(), which.reshape(-1)
    cells = found.tolist()
    kinds = set(map(type, cells))
    keys = cells
    if kinds - {str, int}:
        # True == 1 == 1.0, and lists have no hash: the type belongs to the key.
        keys = [c if type(c) is str or type(c) is int else (type(c), repr(c)) for c in cells]
    first = dict(zip(keys, cells, strict=True))
    places = {key: i for i, key in enumerate(first)}
    which = np.fromiter(map(places.__getitem__, keys), np.int64, len(keys))
    return list(first.values()), which


def is_missing(cell: Any) -> bool:
    """Whether a cell is empty, NA, NaN or null."""
    if isinstance(cell, str):
        return cell.strip().lower() in MISSING
    if cell is None or type(cell).__name__ in EMPTY:
        return True
    return isinstance(cell, float | np.floating) and bool(np.isnan(cell))
