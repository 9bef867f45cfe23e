"""Lengths of the rows of ragged dims: written in a column, or counted in nested lists."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Dim, Variable
from genlang.data.cells import Cells, regular
from genlang.data.faults import Faults, values
from genlang.data.numbers import numbers
from genlang.data.sources import Column, Columns


class Ragged:
    """What is found out about ragged dims; `measure` adds to `lengths`."""

    def __init__(
        self,
        columns: Columns,
        given: Mapping[str, int],
        sizes: Mapping[str, int],
        orders: Mapping[tuple[str, int], NDArray[Any]],
        faults: Faults,
    ) -> None:
        self.columns, self.given, self.sizes, self.faults = columns, given, sizes, faults
        self.orders = orders
        self.lengths: dict[str, NDArray[Any]] = {}
        self.used: set[str] = set()
        self.broken = False  # whether lengths are wrong that were reported with a variable

    def measure(self, dim: Dim, raw: Mapping[Variable, Cells]) -> None:
        """Find the lengths of one dim; padded arrays lose the cells beyond them."""
        if not all(o.name in self.sizes or o.name in self.lengths for o in dim.of):
            return  # the fault is already known
        shape = tuple(self._size(o) for o in dim.of)
        before = len(self.faults)
        written = self._written(dim, raw, shape)
        if self.broken or len(self.faults) > before:
            return
        lengths = written
        who: Column | None = None
        for variable, cells in raw.items():
            axis = next((i for i, e in enumerate(variable.dims) if e.dim is dim), None)
            if axis is None or 0 in cells.array.shape[axis + 1 :]:
                continue  # rows of elements that have no cells cannot be counted
            counted = _counted(variable, dim, cells, axis)
            if counted is None:
                message = f"the rows of `{variable.name}` cannot be told apart along `{dim.name}`"
                self.faults.of("D141", message, [cells.column])
            elif counted.shape != shape:
                continue  # the sizes of the outer dims disagree, which has been said
            elif written is not None:
                self._cut(variable, cells, axis, counted, written)
            elif lengths is None:
                lengths, who = counted, cells.column
            elif (lengths != counted).any():
                other = f"; `{who.name}` has {values(lengths, lengths != counted)}" if who else ""
                message = (
                    f"the rows of `{variable.name}` have other lengths along `{dim.name}`: "
                    f"{values(counted, lengths != counted)}{other}"
                )
                wrong = cells.as_came(lengths != counted)
                self.faults.at("D141", message, cells.column, wrong)
        limit = self._limit(dim)
        if lengths is None and limit is not None:
            lengths = np.full(shape, limit)
        if lengths is None:
            outer = ", ".join(o.name for o in dim.of)
            edit = f"`dim {dim.name}[{outer}] = lengths`, after `data lengths[{outer}]: count`"
            message = f"nothing says how long the rows of `{dim.name}` are"
            self.faults.of("D113", message, [], help=edit)
            return
        if limit is not None and (lengths > limit).any():
            message = (
                f"rows of `{dim.name}` are longer than {limit}: {values(lengths, lengths > limit)}"
            )
            column = who or self._column(dim, raw)
            if column is not None:
                self.faults.at("D141", message, column, lengths > limit)
        self.lengths[dim.name] = lengths.astype(np.int64)

    def _size(self, dim: Dim) -> int:
        """The size of an axis: of the longest row, where it is ragged itself."""
        if dim.name in self.sizes:
            return self.sizes[dim.name]
        return int(self.lengths[dim.name].max(initial=0))

    def _limit(self, dim: Dim) -> int | None:
        """The greatest length: `--set T=50`, or a scalar of the data that bears the dim's name."""
        if dim.name in self.given:
            return self.given[dim.name]
        column = self.columns.named.get(dim.name)
        if column is None or np.ndim(column.values) != 0:
            return None
        self.used.add(dim.name)
        value = column.values
        if isinstance(value, int | np.integer) and value >= 0:
            return int(value)
        message = f"the greatest length of `{dim.name}` must be a count, not {value!r}"
        self.faults.of("D141", message, [column])
        return None

    def _column(self, dim: Dim, raw: Mapping[Variable, Cells]) -> Column | None:
        """The column of lengths: the one that the model names, or one that bears the dim's name."""
        if dim.lengths is not None:
            return raw[dim.lengths].column if dim.lengths in raw else None
        column = self.columns.named.get(dim.name)
        return None if column is None or np.ndim(column.values) == 0 else column

    def _written(
        self, dim: Dim, raw: Mapping[Variable, Cells], shape: tuple[int, ...]
    ) -> NDArray[Any] | None:
        column = self._column(dim, raw)
        if column is None:
            return None
        self.used.add(dim.name)
        array = regular(column.values)
        cells = raw.get(dim.lengths) if dim.lengths is not None else None
        if array is None or array.shape != shape:
            if dim.lengths is None:  # else its axes have been compared with the dims
                message = f"the lengths of `{dim.name}` must be counts, one for each row"
                self.faults.of("D141", message, [column])
            return None
        if cells is None:
            cells = Cells(column, array, np.ones(array.shape, dtype=bool))
            order = self.orders.get((dim.of[0].name, column.table))
            cells = cells if order is None else cells.taken(order, 0)
        # The cells of a declared variable are looked at with all others.
        told = dim.lengths is not None
        found = numbers(cells, Faults() if told else self.faults, integers=True).found
        negative = found < 0
        if negative.any() and not (dim.lengths is not None and dim.lengths.cell.kind == "count"):
            message = f"the lengths of `{dim.name}` must be counts, here "
            message += values(cells.array, negative)
            self.faults.at("D141", message, column, cells.as_came(negative))
        if not (found >= 0).all():
            self.broken = True
            return None
        return found.astype(np.int64)

    def _cut(
        self,
        variable: Variable,
        cells: Cells,
        axis: int,
        counted: NDArray[Any],
        written: NDArray[Any],
    ) -> None:
        """Cells of a padded array beyond the written lengths do not exist."""
        short = counted < written
        if short.any():
            message = (
                f"rows of `{variable.name}` have {values(counted, short)} cells, "
                f"and are said to be {values(written, short)} long"
            )
            self.faults.at("D141", message, cells.column, cells.as_came(short))
            return
        place = np.arange(cells.array.shape[axis])
        keep = place < written[..., None]
        cells.exists[...] &= keep.reshape((*keep.shape, *[1] * (cells.array.ndim - axis - 1)))


def _counted(variable: Variable, dim: Dim, cells: Cells, axis: int) -> NDArray[Any] | None:
    """How many cells each row of a ragged axis has; its outer axes must stand right before it."""
    before = len(dim.of)
    if axis != before or [e.dim for e in variable.dims[:before]] != list(dim.of):
        return None
    exists = cells.exists
    while exists.ndim > axis + 1:
        exists = np.asarray(exists.any(-1))
    found: NDArray[Any] = exists.sum(-1)
    return found
