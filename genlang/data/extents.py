"""Sizes and labels of the dims, from all columns together; `ragged` has those of ragged dims."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Dim, Expr, Model, Variable
from genlang.data.cells import Cells, is_missing
from genlang.data.faults import Faults, values
from genlang.data.labels import Codes, decide, listed, ordered, plain
from genlang.data.numbers import EXACT
from genlang.data.ragged import Ragged
from genlang.data.sources import Column, Columns
from genlang.data.table import Label
from genlang.diagnostics import suggest

Raw = dict[Variable, Cells]


@dataclass(frozen=True, slots=True)
class Origin:
    """A size, who says so, and the column that does; the axis of an array, if it is one."""

    size: int
    who: str
    column: Column | None = None
    variable: Variable | None = None
    axis: int = 0


class Extents:
    """What is found out about the dims of a model; `measure` fills it in.

    `orders` holds, for a dim and a source, the order that puts its cells in label order.
    `lacking` are the dims of arrays that are not there, whose absence says why nothing else does.
    `number` evaluates the expression of a derived dim; None where data do not tell.
    """

    def __init__(
        self,
        model: Model,
        columns: Columns,
        given: Mapping[str, int],
        faults: Faults,
        lacking: set[Dim],
        number: Callable[[Expr], float | None],
    ) -> None:
        self.model, self.columns, self.given, self.faults = model, columns, given, faults
        self.number, self.lacking = number, lacking
        self.sizes: dict[str, int] = {}
        self.lengths: dict[str, NDArray[Any]] = {}
        self.labels: dict[str, tuple[Label, ...]] = {}
        self.codes: dict[Dim, Codes] = {}
        self.orders: dict[tuple[str, int], NDArray[Any]] = {}  # by dim and source
        self.notes: list[str] = []
        self.used: set[str] = set()

    def measure(self, raw: Raw) -> bool:
        """Find every size, length and code; whether all arrays have the shapes that these say."""
        before = len(self.faults)
        names = [d.name for d in self.model.dims]
        for name in sorted(set(self.given) - set(names)):
            edit = suggest(name, names)
            self.faults.of("D113", f"the model has no dim `{name}`", [], help=edit)
        for dim in self.model.dims:
            if not dim.of:
                self._plain(dim, raw)
        self._order(raw)
        ragged = Ragged(self.columns, self.given, self.sizes, self.orders, self.faults)
        for dim in self.model.dims:
            if dim.of:
                ragged.measure(dim, raw)
        self.lengths = ragged.lengths
        self.used |= ragged.used
        shape = frozenset({"D111", "D112", "D113", "D141"})
        wrong = ragged.broken or any(f.code in shape for f in self.faults[before:])
        plain = {d.name for d in self.model.dims if not d.of}
        return not wrong and plain <= self.sizes.keys()

    def _order(self, raw: Raw) -> None:
        """Put arrays over a dim whose labels their source gives in label order."""
        for variable, cells in raw.items():
            for axis, extent in enumerate(variable.dims):
                name = "" if extent.dim is None else extent.dim.name
                order = self.orders.get((name, cells.column.table))
                if order is not None and cells.array.shape[axis] == len(order):
                    raw[variable] = raw[variable].taken(order, axis)

    def _plain(self, dim: Dim, raw: Raw) -> None:
        axes = self._axes(dim, raw)
        own = self._own_labels(dim, axes)
        says = self._fixed(dim)
        if own:
            says.append(Origin(len(own), "labels", self._labels_of(dim)[0]))
        says += axes
        size = says[0].size if says else None
        indexed = [c for v, c in raw.items() if v.cell.kind == "index" and v.cell.dim is dim]
        codes: Codes | None = Codes(size=size, start=0)
        if own:
            codes = Codes(own)
        elif indexed:
            codes = decide(dim, size, indexed, self.faults)
        elif dim.labels is not None:
            codes = Codes(dim.labels)
        if codes is None:
            codes = Codes(size=size)
        else:
            self.codes[dim] = codes
        if codes.labels:
            self.labels[dim.name] = codes.labels
        elif codes.start and codes.size is not None:
            # Results show the codes that the user's data have.
            self.labels[dim.name] = tuple(range(codes.start, codes.start + codes.size))
        if size is None:
            size = codes.count
        if size is None:
            edit = f"`--set {dim.name}=100`, or `dim {dim.name} = 100` in the model"
            if dim not in self.lacking:
                message = f"nothing says how large the dim `{dim.name}` is"
                self.faults.of("D113", message, [], dim.span, help=edit)
            return
        self.sizes[dim.name] = size
        self._agree(dim, size, says)
        if not own and codes.labels and codes.start is None and indexed and dim.labels is None:
            self._unlabelled(dim, axes, indexed[0].column)

    # -- sizes

    def _fixed(self, dim: Dim) -> list[Origin]:
        """The sizes that are not those of an array, the one that counts first."""
        written = dim.size if dim.labels is None else len(dim.labels)
        column = self.columns.named.get(dim.name)
        scalar = self.scalar(dim, column)
        found: list[Origin] = []
        if dim.name in self.given:
            found.append(Origin(self.given[dim.name], "as asked"))
        elif scalar is not None:
            found.append(Origin(scalar, "in the data", column))
        if written is not None and (not found or dim.labels is not None):
            # Labels cannot be overridden: their number must agree.
            found.append(
                Origin(written, "in the model" if dim.labels is None else "labels in the model")
            )
        elif written is not None and written != found[0].size:
            self.notes.append(
                f"{dim.name} = {found[0].size} {found[0].who}, instead of {written} in the model"
            )
        if not found and dim.derived is not None:
            value = self.number(dim.derived)
            if value is not None and (value < 0 or value != int(value)):
                message = f"the size of `{dim.name}` would be {value:g}"
                self.faults.of("D113", message, [], dim.span, why="a size is a count")
            elif value is not None:
                found.append(Origin(int(value), "derived in the model"))
        return found

    def scalar(self, dim: Dim, column: Column | None) -> int | None:
        """The value of a scalar of the data that bears the dim's name."""
        if column is None or column.rows or np.ndim(column.values) != 0:
            return None
        value = column.values.item() if isinstance(column.values, np.ndarray) else column.values
        self.used.add(dim.name)
        real = isinstance(value, int | float | np.integer | np.floating)
        if not real or isinstance(value, bool) or not 0 <= value < EXACT or value != int(value):
            message = f"the size of `{dim.name}` must be a count, not {value!r}"
            self.faults.of("D113", message, [column])
            return None
        return int(value)

    def _axes(self, dim: Dim, raw: Raw) -> list[Origin]:
        found: list[Origin] = []
        for variable, cells in raw.items():
            for axis, extent in enumerate(variable.dims):
                length = cells.array.shape[axis]
                # Below an axis without cells nothing is known.
                if extent.dim is dim and 0 not in cells.array.shape[:axis]:
                    found.append(Origin(length, "", cells.column, variable, axis))
        return found

    def _agree(self, dim: Dim, size: int, says: list[Origin]) -> None:
        """Every array over a dim must have its size."""
        wrong = [o for o in says if o.size != size]
        if not wrong:
            return
        first = next((o for o in says if o.size == size), None)
        told = [f"{o.size} {_who(o)}" for o in (first, *wrong) if o is not None]
        message = f"the sizes of `{dim.name}` disagree: {', '.join(dict.fromkeys(told))}"
        columns = {o.column.place: o.column for o in wrong if o.column is not None}
        self.faults.of("D112", message, columns.values())

    # -- labels

    def _labels_of(self, dim: Dim) -> list[Column]:
        """The columns that are named like a dim and hold a label a cell."""
        every = [self.columns.named.get(dim.name), *self.columns.again]
        found = [c for c in every if c is not None and c.name == dim.name]
        return [c for c in found if np.ndim(c.values) == 1]

    def _own_labels(self, dim: Dim, axes: list[Origin]) -> tuple[Label, ...]:
        """The labels that columns named like the dim bring; sets the orders that they ask for."""
        brought: list[tuple[Column, list[Label], list[Origin]]] = []
        for column in self._labels_of(dim):
            along = [o for o in axes if o.column is not None and o.column.table == column.table]
            if column.rows and not along and self._tabled(column):
                continue
            found = self._distinct_labels(dim, column, along)
            if found:
                brought.append((column, found, along))
        if not brought:
            return ()
        known = dim.labels or _union([(c, v) for c, v, _ in brought])
        for column, found, along in brought:
            self.used.add(dim.name)
            alien = np.array([v not in known and str(v) not in known for v in found])
            if alien.any():
                message = (
                    f"`{dim.name}` has no label {values(np.array(found, dtype=object), alien)}"
                )
                self.faults.at(
                    "D130", message, column, alien, why=f"its labels are {listed(known)}"
                )
                return ()
            self._put_in_order(dim, known, found, along)
        tables = {c.table for c, _, _ in brought}
        bare = [o for o in axes if o.column is not None and o.column.table not in tables]
        self._unlabelled(dim, bare, brought[0][0])
        return tuple(known)

    def _tabled(self, column: Column) -> bool:
        """Whether the model reads other columns of a column's table."""
        names = {v.name for v in self.model.variables if v.role in ("data", "observed")}
        return any(c.table == column.table and n in names for n, c in self.columns.named.items())

    def _distinct_labels(self, dim: Dim, column: Column, along: list[Origin]) -> list[Label]:
        cells = list(column.values)
        found = [plain(c) for c in cells]
        first: dict[Label, int] = {}
        bad = np.array([is_missing(c) for c in cells], dtype=bool)
        for i, label in enumerate(found):
            bad[i] |= first.setdefault(label, i) != i
        if not bad.any():
            return found
        if any(o.size == len(found) for o in along):
            message = f"the labels of `{dim.name}` repeat, or some are missing"
            why = (
                f"`{along[0].variable.name}` has one cell for each `{dim.name}`"
                if along[0].variable
                else ""
            )
            self.faults.at("D130", message, column, bad, why=why)
        return []

    def _put_in_order(
        self, dim: Dim, known: tuple[Label, ...], found: list[Label], along: list[Origin]
    ) -> None:
        places = {v: i for i, v in enumerate(found)}
        places |= {str(v): i for v, i in places.items()}
        lacking = [v for v in known if v not in places]
        for origin in along:
            if origin.variable is None or origin.column is None or origin.size != len(found):
                continue
            if lacking:
                message = f"`{origin.variable.name}` has no cell for {listed(tuple(lacking))}"
                why = f"the labels of `{dim.name}` are {listed(known)}"
                self.faults.of("D130", message, [origin.column], why=why)
                continue
            order = np.array([places[v] for v in known], dtype=np.int64)
            self.orders[dim.name, origin.column.table] = order

    def _unlabelled(self, dim: Dim, axes: list[Origin], source: Column) -> None:
        """An array over a dim that other columns label must bring the labels itself."""
        if dim.labels is not None:
            return
        columns = {o.column.name: o.column for o in axes if o.column is not None}
        if columns:
            names = ", ".join(f"`{n}`" for n in columns)
            message = f"nothing says which cell of {names} belongs to which `{dim.name}`"
            why = f"the labels of `{dim.name}` come from {source.place}"
            edit = f"add a column `{dim.name}` beside it"
            self.faults.of("D130", message, columns.values(), why=why, help=edit)


def _union(brought: list[tuple[Column, list[Label]]]) -> tuple[Label, ...]:
    """The labels of several columns: categories in their order, then the others sorted."""
    seen = {v for _, found in brought for v in found}
    every = (plain(c) for column, _ in brought for c in column.categories)
    categories = dict.fromkeys(c for c in every if c in seen)
    return ordered(seen, categories)


def _who(origin: Origin) -> str:
    if origin.who and origin.column is None:
        return origin.who
    assert origin.column is not None
    return f"{'labels ' if origin.who == 'labels' else ''}in `{origin.column.name}`"
