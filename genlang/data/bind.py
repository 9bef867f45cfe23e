"""Model and columns -> Table: every fault of the data in one pass (LANGUAGE, section 9)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Dim, Expr, Extent, Given, Model, Variable
from genlang.data import parts, supports, trees
from genlang.data.cells import Cells, cells
from genlang.data.checks import Checks
from genlang.data.evaluate import Evaluator
from genlang.data.extents import Extents
from genlang.data.faults import Faults
from genlang.data.fill import filled
from genlang.data.labels import positions
from genlang.data.missing import Gaps
from genlang.data.numbers import Parsed, numbers
from genlang.data.sources import Column, Columns, read
from genlang.data.table import Table
from genlang.data.told import Told
from genlang.data.values import TooLarge, Undecided
from genlang.diagnostics import DataError, ModelError, suggest
from genlang.lang.types import INTEGERS
from genlang.plan.missing import with_missing

Numbers = NDArray[Any]


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
    binder = _Binder(model, columns, sizes or {}, faults, required=require_observed)
    table = binder.table()
    if faults:
        raise DataError(faults, model.source)
    return table


class _Binder:
    """The state of one binding: raw cells, sizes and codes of dims, finished arrays."""

    def __init__(
        self,
        model: Model,
        columns: Columns,
        sizes: Mapping[str, int],
        faults: Faults,
        *,
        required: bool,
    ) -> None:
        self.model, self.columns, self.faults, self.required = model, columns, faults, required
        self.wanted = [v for v in model.variables if v.role in ("data", "observed")]
        self.defaults = {
            s.target: s.default
            for s in model.statements
            if isinstance(s, Given) and s.default is not None
        }
        self.raw: dict[Variable, Cells] = {}
        self.gaps = Gaps(model, faults)
        self.nulls: dict[Variable, Column] = {}
        self.used: set[str] = set()
        self.lacking: set[Dim] = set()
        self.extents = Extents(model, columns, sizes, faults, self.lacking, self._number)
        self.arrays: dict[str, Numbers] = {}
        self.parents = trees.parents(model)

    def table(self) -> Table:
        """Bind everything; the faults are added to the list."""
        for variable in self.wanted:
            self._collect(variable)
        self._given_twice()
        sound = self.extents.measure(self.raw)
        partial = [v for v in parts.partial(self.model) if v in self.raw]
        for variable, raw in self.raw.items():
            if variable not in partial:
                self._parse(variable, raw)
        for variable in partial:
            self._parse(variable, self._read(variable) if sound else self.raw[variable])
        if sound:
            self._all_missing()
            self._check()
        return Table(
            dict(self.extents.sizes),
            dict(self.extents.lengths),
            {} if self.faults else self._finished(),
            self.extents.labels,
            tuple(self._notes()),
            frozenset(self.gaps.names),
            self.gaps.seen,
        )

    # -- columns

    def _collect(self, variable: Variable) -> None:
        column = self.columns.named.get(variable.name) or self._wide(variable)
        if column is not None and column.values is None:
            if variable not in self.gaps.allowed:
                why = "only what a statement draws may be missing"
                self.faults.of("D110", f"`{variable.name}` is null", [column], why=why)
                return
            self.gaps.names.add(variable.name)
            if self.required:
                self.nulls[variable] = column
        elif column is not None:
            found = cells(column, len(variable.dims), self.faults)
            if found is not None:
                self.raw[variable] = found
            else:
                self._says_nothing(variable)
        elif variable not in self.defaults and (variable.role == "data" or self.required):
            self._lacking(variable)

    def _wide(self, variable: Variable) -> Column | None:
        """The columns that are named like the labels of a variable's last dim, side by side."""
        last = variable.dims[-1].dim if variable.dims else None
        if last is None or last.labels is None or len(variable.dims) != 2:
            return None
        parts = [self.columns.named.get(label) for label in last.labels]
        found = [p for p in parts if p is not None and np.ndim(p.values) == 1]
        if len(found) < len(parts) or len({len(p.values) for p in found}) != 1:
            return None
        side = [np.asarray(p.values, dtype=object) for p in found]
        self.used.update(last.labels)
        values = np.stack(side, -1)
        return replace(
            found[0], name=variable.name, values=values, categories=(), parts=last.labels
        )

    def _says_nothing(self, variable: Variable) -> None:
        """That the dims of this array have no size is no fault of its own."""
        self.lacking.update(e.dim for e in variable.dims if e.dim is not None)
        if variable.cell.dim is not None:
            self.lacking.add(variable.cell.dim)  # its labels would have told the size

    def _lacking(self, variable: Variable) -> None:
        self._says_nothing(variable)
        names = self.columns.named
        known = [n for n in names if n not in {v.name for v in self.wanted}]
        last = variable.dims[-1].dim if len(variable.dims) == 2 else None
        edit = suggest(variable.name, known) or _separated(list(names))
        if not edit and last is not None and last.labels is not None:
            lacking = [label for label in last.labels if label not in names]
            edit = f"or one column for each of `{last.name}`"
            if lacking:
                edit += f"; there is none for {', '.join(lacking)}"
        have = f"the data have {', '.join(names) or 'no columns'}"
        message = f"there is no column `{variable.name}`, which the model calls {variable.role}"
        self.faults.of("D110", message, [], variable.span, why=have, help=edit)

    def _given_twice(self) -> None:
        """A name may come from two sources only where it labels a dim."""
        dims = {d.name for d in self.model.dims}
        for column in self.columns.again:
            first = self.columns.named[column.name]
            if column.name not in dims or np.ndim(column.values) != 1:
                self.faults.of("D102", f"`{column.name}` is given twice", [first, column])

    # -- cells

    def _all_missing(self) -> None:
        """Make the cells of names that are null, now that the sizes are known."""
        for variable, column in self.nulls.items():
            shape = tuple(self._cells_along(e) for e in variable.dims)
            self.raw[variable] = self.gaps.nothing(variable, column, shape, self.extents.lengths)
            partial = variable in parts.partial(self.model)
            self._parse(variable, self._read(variable) if partial else self.raw[variable])

    def _read(self, variable: Variable) -> Cells:
        """The cells of an observed name over parts of dims: those outside are not there."""
        raw = self.raw[variable]
        known = Evaluator(self.extents.sizes, self.extents.lengths, self.arrays)
        inside = parts.covered(variable, self.model, known, raw.exists.shape)
        self.raw[variable] = replace(raw, exists=raw.exists & inside)
        return self.raw[variable]

    def _parse(self, variable: Variable, raw: Cells) -> None:
        """Read the cells of a variable as numbers; NaN where one is missing, wrong or not there."""
        found = self._numbers(variable, raw)
        if found is None:
            return
        outside = found.wrong
        if variable.cell.kind != "index":
            outside = supports.check(variable, found.found, raw, self.model, self.faults)
        array = np.where(outside, np.nan, found.found)
        if variable in self.parents:
            if found.missing.any() and variable in self.gaps.allowed:
                self.gaps.refuse(variable, raw, found.missing, "a root's `parent` is not drawn")
            array = trees.rooted(array, found.missing)
            trees.check(variable, array, raw, self.faults)
        elif found.missing.any():
            self.gaps.take(variable, raw, found.missing)
        if not array.size and array.ndim:
            shape = [self._cells_along(e) for e in variable.dims]
            array = np.zeros(shape) if 0 in shape else array
        self.arrays[variable.name] = array

    def _numbers(self, variable: Variable, raw: Cells) -> Parsed | None:
        kind, dim = variable.cell.kind, variable.cell.dim
        if kind != "index" or dim is None:
            integers = kind in INTEGERS
            return numbers(raw, self.faults, integers=integers, truth=kind == "bool")
        codes = self.extents.codes.get(dim)
        # Without codes there is nothing to look up; that fault has been reported.
        return None if codes is None else positions(raw, dim, codes, self.faults)

    def _cells_along(self, extent: Extent) -> int:
        """The length of an axis of an array that has no cells to show it."""
        if extent.dim is None:
            return extent.size or 0
        if extent.of:
            lengths = self.extents.lengths.get(extent.dim.name)
            return int(lengths.max()) if lengths is not None and lengths.size else 0
        return self.extents.sizes.get(extent.dim.name, 0)

    # -- what the model says about the values

    def _number(self, expr: Expr) -> float | None:
        """The value of an expression over sizes and data, None where these do not tell."""
        arrays = {
            v.name: numbers(raw, Faults(), integers=v.cell.kind in INTEGERS).found
            for v, raw in self.raw.items()
            if v.cell.kind != "index"
        }
        try:
            found = Evaluator(self.extents.sizes, {}, arrays).value(expr, None)
        except (TooLarge, Undecided):
            return None
        return None if found is None or found.axes or np.isnan(found.array) else float(found.array)

    def _check(self) -> None:
        """Fill in defaults, and look at every statement."""
        known = Evaluator(self.extents.sizes, self.extents.lengths, self.arrays)
        for variable, default in self.defaults.items():
            if variable.name not in self.arrays and self.columns.named.get(variable.name) is None:
                self._default(variable, default, known)
        self.gaps.uncovered(self.raw, known)
        known.gone |= self.gaps.gone()
        raw = {v.name: cells for v, cells in self.raw.items()}
        told = Told(self.model, raw, self.extents.labels, known)
        Checks(self.model, known, told).run()
        if not told.kept and not self.faults:
            self._whatever_is_missing(known, told)
        told.finish(self.faults)

    def _whatever_is_missing(self, known: Evaluator, told: Told) -> None:
        """Look at every value that missing cells may have, where they are summed out."""
        try:
            unknown = with_missing(self.model, frozenset(self.gaps.seen)).model
        except ModelError:
            return  # refused where the program is made
        names = {v.name for v in unknown.variables if v.role == "latent"} & self.gaps.seen.keys()
        if names:
            known.unseen |= {n: (~self.gaps.seen[n]).astype(float) for n in names}
            Checks(unknown, known, told).run()

    def _default(self, variable: Variable, default: Expr, known: Evaluator) -> None:
        array: Numbers | None
        try:
            mask = None
            for loop in variable.loops:
                mask = known.enter(loop, mask)
            value = known.value(default, mask)
            shape = tuple(self._cells_along(e) for e in variable.dims)
            if value is not None and not value.axes and value.event == len(shape):
                array = np.broadcast_to(value.array, shape).copy()
            elif value is not None:
                array = known.spread(value, variable.loops, None).array
                array = array.reshape((*array.shape, *[1] * (len(shape) - array.ndim)))
                array = np.broadcast_to(array, shape).copy()
            else:
                array = None
        except (TooLarge, Undecided, ValueError):
            array = None
        if array is None:
            message = f"the default of `{variable.name}` does not fit its dims"
            self.faults.of("D112", message, [], default.span)
            return
        cells = Cells(Column(variable.name, array, "the default"), array, ~np.isnan(array))
        supports.check(variable, array, cells, self.model, self.faults)
        self.arrays[variable.name] = array

    # -- the table

    def _finished(self) -> dict[str, Numbers]:
        """The arrays as programs take them: padding holds a value that is in the support."""
        found: dict[str, Numbers] = {}
        exists = {v.name: raw.exists for v, raw in self.raw.items()}
        for variable in self.wanted:
            array = self.arrays.get(variable.name)
            if array is None:
                continue
            integers = variable.cell.kind in INTEGERS
            there = exists.get(variable.name, np.ones(array.shape, dtype=bool))
            if there.shape == array.shape:
                array = filled(variable, array, there & ~np.isnan(array), self.model)
            whole = np.where(np.isnan(array), -1, array) if integers else array
            found[variable.name] = whole.astype(np.int64 if integers else np.float64)
        return found

    def _notes(self) -> list[str]:
        notes = list(self.extents.notes)
        used = {v.name for v in self.wanted} | self.extents.used | self.used
        ignored = [n for n in self.columns.named if n not in used]
        if ignored:
            notes.append(f"not read by the model: {', '.join(ignored)}")
        return notes


def _separated(names: list[str]) -> str:
    """What to do about a file whose columns are separated by something else."""
    if len(names) != 1:
        return ""
    mark = next((m for m in (";", "\t", "|") if m in names[0]), "")
    words = {";": "semicolons", "\t": "tabs", "|": "bars"}
    return f"the columns are separated by {words[mark]}: write commas" if mark else ""
