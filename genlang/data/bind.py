"""Model and columns -> Table: every fault of the data in one pass (LANGUAGE, section 9)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Extent, Given, Model, Require, Variable
from genlang.data import supports
from genlang.data.cells import Cells, cells, numbers
from genlang.data.evaluate import Known, Unknown
from genlang.data.extents import Extents
from genlang.data.faults import Faults
from genlang.data.labels import positions
from genlang.data.sources import Column, read
from genlang.data.table import Table
from genlang.diagnostics import DataError, suggest

INTEGERS = frozenset({"int", "count", "bool", "index"})
Array = NDArray[Any]


def bind(
    model: Model,
    source: Any,
    sizes: Mapping[str, int] | None = None,
    *,
    require_observed: bool = True,
) -> Table:
    """Match data to the declared names of a model; `sizes` override those of dims.

    `source` is a path to a CSV, TSV, JSON or NPZ file, a mapping of arrays, a frame, or a list of
    these. With `require_observed` false, observed names may be absent. Raises DataError with every
    fault.
    """
    faults = Faults()
    columns = read(source, faults)
    if faults:
        raise DataError(faults)
    return _Binder(model, columns, dict(sizes or {}), faults).table(required=require_observed)


class _Binder:
    """The state of one binding: raw cells, sizes and codes of dims, finished arrays."""

    def __init__(
        self, model: Model, columns: dict[str, Column], sizes: dict[str, int], faults: Faults
    ) -> None:
        self.model, self.columns, self.faults = model, columns, faults
        self.wanted = [v for v in model.variables if v.role in ("data", "observed")]
        self.raw: dict[str, Cells] = {}
        self.absent: set[str] = set()
        self.missing: set[str] = set()
        self.extents = Extents(model, columns, sizes, faults)
        self.arrays: dict[str, Array] = {}

    def table(self, *, required: bool) -> Table:
        """Bind everything; raises DataError if anything is wrong."""
        self._collect(required=required)
        self.extents.measure({v: self.raw[v.name] for v in self.wanted if v.name in self.raw})
        if self.faults:
            self._parse_what_can_be()
            raise DataError(self.faults)
        self._order()
        for variable in self.wanted:
            if variable.name in self.raw:
                self._parse(variable)
        known = Known(self.extents.sizes, self.extents.lengths, self.arrays)
        self._defaults(known)
        if not self.faults:
            supports.ends(self.model, known, self.columns, self.faults)
            self._require(known)
        if self.faults:
            raise DataError(self.faults)
        return Table(
            dict(self.extents.sizes),
            dict(self.extents.lengths),
            self.arrays,
            self.extents.labels,
            tuple(self._notes()),
            frozenset(self.missing),
        )

    # -- columns

    def _collect(self, *, required: bool) -> None:
        given = {s.target: s.default for s in self.model.statements if isinstance(s, Given)}
        for variable in self.wanted:
            column = self.columns.get(variable.name) or self._wide(variable)
            if column is not None and column.values is None:
                column, self.missing = None, self.missing | {variable.name}
                if variable.role == "data":
                    self.faults.of("D110", f"`{variable.name}` is null", [])
                continue
            if column is None:
                self.absent.add(variable.name)
                optional = given.get(variable) is not None or (
                    variable.role == "observed" and not required
                )
                if not optional:
                    self._lacking(variable)
                continue
            found = cells(column, len(variable.dims), self.faults)
            if found is not None:
                self.raw[variable.name] = found

    def _wide(self, variable: Variable) -> Column | None:
        """The columns that are named like the labels of a variable's last dim, side by side."""
        last = variable.dims[-1].dim if variable.dims else None
        if last is None or last.labels is None or len(variable.dims) != 2:
            return None
        if not all(label in self.columns for label in last.labels):
            return None
        parts = [self.columns[label] for label in last.labels]
        if len({len(p.values) for p in parts}) != 1:
            return None
        side = [np.asarray(p.values, dtype=object) for p in parts]
        for label in last.labels:
            self.extents.used.add(label)
        return Column(variable.name, np.stack(side, -1), parts[0].source)

    def _lacking(self, variable: Variable) -> None:
        known = [n for n in self.columns if n not in {v.name for v in self.wanted}]
        last = variable.dims[-1].dim if len(variable.dims) == 2 else None
        edit = suggest(variable.name, known)
        if not edit and last is not None and last.labels is not None:
            lacking = [label for label in last.labels if label not in self.columns]
            edit = (
                f"or one column for each of `{last.name}`; there is none for {', '.join(lacking)}"
            )
        have = f"the data have {', '.join(self.columns) or 'no columns'}"
        message = f"there is no column `{variable.name}`, which the model calls {variable.role}"
        self.faults.of("D110", message, [], why=have, help=edit)

    # -- cells

    def _order(self) -> None:
        """Put arrays over a dim whose labels a column of its name gives in label order."""
        for dim, order in self.extents.orders.items():
            for variable in self.wanted:
                raw = self.raw.get(variable.name)
                for axis, extent in enumerate(variable.dims):
                    if raw is not None and extent.dim is not None and extent.dim.name == dim:
                        raw = raw.taken(order, axis)
                if raw is not None:
                    self.raw[variable.name] = raw

    def _parse_what_can_be(self) -> None:
        """Look for faults inside cells too when sizes are wrong already."""
        for variable in self.wanted:
            raw = self.raw.get(variable.name)
            if raw is not None and variable.cell.kind != "index":
                self._numbers(variable, raw)

    def _parse(self, variable: Variable) -> None:
        raw = self.raw[variable.name]
        dim = variable.cell.dim
        if variable.cell.kind == "index" and dim is not None:
            codes = self.extents.codes[dim]
            found, missing = positions(raw, dim, codes, self.faults)
            self._empty(variable, raw, missing)
        else:
            found, missing = self._numbers(variable, raw)
        integers = variable.cell.kind in INTEGERS
        filled = np.where(missing, -1 if integers else np.nan, found)
        filled = _padded(filled, raw.exists & ~missing, raw.exists)
        if not filled.size:
            filled = filled.reshape([self._cells_along(e) for e in variable.dims])
        self.arrays[variable.name] = filled.astype(np.int64 if integers else np.float64)

    def _cells_along(self, extent: Extent) -> int:
        """The length of an axis of an array that has no cells to show it."""
        if extent.dim is None:
            return extent.size or 0
        if extent.of:
            lengths = self.extents.lengths[extent.dim.name]
            return int(lengths.max()) if lengths.size else 0
        return self.extents.sizes[extent.dim.name]

    def _numbers(self, variable: Variable, raw: Cells) -> tuple[Array, Array]:
        kind = variable.cell.kind
        found, missing = numbers(raw, self.faults, integers=kind in INTEGERS, truth=kind == "bool")
        self._empty(variable, raw, missing)
        there = raw.exists & ~missing
        supports.check(variable, found, there, raw.column, self.model, self.faults)
        return found, missing

    def _empty(self, variable: Variable, raw: Cells, missing: Array) -> None:
        if not missing.any():
            return
        if variable.role == "observed":
            self.missing.add(variable.name)
            return
        edit = "fill the cell, leave the row out, or model the variable as `observed`"
        message = f"`{variable.name}` has missing cells, and is `data`"
        self.faults.at("D121", message, raw.column, missing, help=edit)

    def _defaults(self, known: Known) -> None:
        for statement in self.model.statements:
            if not isinstance(statement, Given) or statement.target.name not in self.absent:
                continue
            variable, default = statement.target, statement.default
            if default is None or variable.role != "data":
                continue
            try:
                value = np.asarray(known.value(default, {}))
                shape = tuple(known.length(e, {}) for e in variable.dims)
                integers = variable.cell.kind in INTEGERS
                array = np.broadcast_to(value, shape)
                self.arrays[variable.name] = array.astype(np.int64 if integers else np.float64)
            except (Unknown, ValueError):
                message = f"the default of `{variable.name}` does not fit its dims"
                self.faults.of("D112", message, [])

    def _require(self, known: Known) -> None:
        for statement in self.model.statements:
            if not isinstance(statement, Require):
                continue
            try:
                bad = [
                    ", ".join(str(i + 1) for i in env.values())
                    for env in known.iterations(statement.loops, {})
                    if not np.all(known.value(statement.condition, env))
                ]
            except Unknown:
                continue
            if bad:
                where = f" (row {'; '.join(bad[:5])})" if bad[0] else ""
                self.faults.of(
                    "D140", statement.message + where, [], why="a `require` of the model"
                )

    def _notes(self) -> list[str]:
        notes = list(self.extents.notes)
        used = {v.name for v in self.wanted} | self.extents.used
        ignored = [n for n in self.columns if n not in used]
        if ignored:
            notes.append(f"not read by the model: {', '.join(ignored)}")
        return notes


def _padded(array: Array, good: Array, exists: Array) -> Array:
    """Fill cells that do not exist with a value of the array, so that it is in the support."""
    if exists.all():
        return array
    value = array[good][0] if good.any() else 0
    return np.where(exists, array, value)
