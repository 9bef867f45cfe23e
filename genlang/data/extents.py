"""Sizes, lengths and labels of the dims, from all columns together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Dim, Model, Variable
from genlang.data.cells import Cells, is_missing
from genlang.data.evaluate import Known, Unknown
from genlang.data.faults import Faults
from genlang.data.labels import Codes, decide, plain
from genlang.data.sources import Column
from genlang.data.table import Label

Origin = tuple[int, str, Column | None]  # a size, who says so, and the column that does


class Extents:
    """What is found out about the dims of a model; `measure` fills it in."""

    def __init__(
        self, model: Model, columns: dict[str, Column], sizes: dict[str, int], faults: Faults
    ) -> None:
        self.model, self.columns, self.given, self.faults = model, columns, sizes, faults
        self.sizes: dict[str, int] = {}
        self.lengths: dict[str, NDArray[Any]] = {}
        self.labels: dict[str, tuple[Label, ...]] = {}
        self.codes: dict[Dim, Codes] = {}
        self.orders: dict[str, NDArray[Any]] = {}
        self.notes: list[str] = []
        self.used: set[str] = set()

    def measure(self, raw: Mapping[Variable, Cells]) -> None:
        """Find every size and length, and the codes of every dim that columns index."""
        unknown = sorted(set(self.given) - {d.name for d in self.model.dims})
        for name in unknown:
            self.faults.of("D113", f"the model has no dim `{name}`", [])
        for dim in self.model.dims:
            if not dim.of:
                self._plain(dim, raw)
        for dim in self.model.dims:
            if dim.of:
                self._ragged(dim, raw)

    # -- plain dims

    def _plain(self, dim: Dim, raw: Mapping[Variable, Cells]) -> None:
        fixed = self._fixed(dim)
        axes = self._axes(dim, raw)
        own = self._own_labels(dim, axes)
        says = [*fixed, *axes]
        size = says[0][0] if says else None
        indexed = [c for v, c in raw.items() if v.cell.kind == "index" and v.cell.dim is dim]
        codes = Codes(size=size, start=0)
        if own:
            codes = Codes(own)
        elif indexed:
            codes = decide(dim, size, indexed, self.faults)
        elif dim.labels is not None:
            codes = Codes(dim.labels)
        self.codes[dim] = codes
        if codes.labels:
            self.labels[dim.name] = codes.labels
        elif codes.start == 1 and codes.size is not None:
            # Results show the codes that the user's data have.
            self.labels[dim.name] = tuple(range(1, codes.size + 1))
        if size is None:
            size = codes.count
        if size is None:
            edit = f"`--set {dim.name}=100`, or `dim {dim.name} = 100` in the model"
            self.faults.of("D113", f"nothing says how large the dim `{dim.name}` is", [], help=edit)
            return
        self.sizes[dim.name] = size
        self._agree(dim, size, says)
        self._unlabelled(dim, codes, axes, own, indexed)

    def _fixed(self, dim: Dim) -> list[Origin]:
        """The sizes that are not those of an array, the one that counts first."""
        written = dim.size if dim.labels is None else len(dim.labels)
        scalar = self._scalar(dim)
        if dim.name in self.given:
            if written is not None and written != self.given[dim.name]:
                self.notes.append(
                    f"{dim.name} = {self.given[dim.name]} as asked, instead of {written} in the model"
                )
            return [(self.given[dim.name], "as asked", None)]
        if scalar is not None:
            if written is not None and written != scalar:
                self.notes.append(
                    f"{dim.name} = {scalar} in the data, instead of {written} in the model"
                )
            return [(scalar, "in the data", self.columns[dim.name])]
        if written is not None:
            return [(written, "in the model", None)]
        if dim.derived is not None:
            try:
                value = int(Known(self.sizes, {}, {}).value(dim.derived, {}))
            except Unknown:
                return []
            return [(value, "derived in the model", None)]
        return []

    def _scalar(self, dim: Dim) -> int | None:
        """The value of a scalar of the data that bears the dim's name."""
        column = self.columns.get(dim.name)
        if column is None or column.rows or np.ndim(column.values) != 0:
            return None
        value = column.values
        self.used.add(dim.name)
        if (
            not isinstance(value, int | float | np.integer | np.floating)
            or value != int(value)
            or value < 0
        ):
            self.faults.of(
                "D113", f"the size of `{dim.name}` must be a count, not {value!r}", [column]
            )
            return None
        return int(value)

    def _axes(self, dim: Dim, raw: Mapping[Variable, Cells]) -> list[Origin]:
        found: list[Origin] = []
        for variable, cells in raw.items():
            for axis, extent in enumerate(variable.dims):
                # Below an axis without cells nothing is known.
                if extent.dim is dim and 0 not in cells.array.shape[:axis]:
                    found.append((cells.array.shape[axis], "", cells.column))
                if extent.dim is None and extent.size not in (None, cells.array.shape[axis]):
                    message = f"an axis of `{variable.name}` has {cells.array.shape[axis]} cells"
                    self.faults.of("D112", f"{message}, not {extent.size}", [cells.column])
        return found

    def _own_labels(self, dim: Dim, axes: list[Origin]) -> tuple[Label, ...]:
        """The labels that a column named like the dim brings, and the order that they ask for."""
        column = self.columns.get(dim.name)
        if column is None or np.ndim(column.values) != 1:
            return ()
        if any(v.name == dim.name for v in self.model.variables):
            return ()
        self.used.add(dim.name)
        values = [plain(c) for c in column.values if not is_missing(c)]
        if len(values) != len(column.values) or len(set(values)) != len(values):
            if axes and axes[0][0] == len(column.values):
                message = f"the labels of `{dim.name}` repeat, or some are missing"
                self.faults.of("D130", message, [column])
            return ()
        known = dim.labels or tuple(plain(c) for c in column.categories)
        if not known:
            numeric = all(isinstance(v, int) for v in values)
            known = tuple(sorted(values) if numeric else sorted(values, key=str))  # type: ignore[type-var]
        lacking = [v for v in values if v not in known]
        if lacking:
            message = f"`{dim.name}` has no label {lacking[0]!r}"
            self.faults.of(
                "D130", message, [column], why=f"its labels are {', '.join(map(str, known))}"
            )
            return ()
        if len(known) == len(values):
            self.orders[dim.name] = np.array([values.index(v) for v in known], dtype=int)
        return tuple(known)

    def _agree(self, dim: Dim, size: int, says: list[Origin]) -> None:
        """Every array over a dim must have its size."""
        wrong = [o for o in says if o[0] != size]
        if not wrong:
            return
        first = next((o for o in says if o[0] == size), None)
        who = "" if first is None else first[1] or (first[2].place if first[2] else "")
        lengths = ", ".join(
            f"{o[0]} in {o[2].place}" if o[2] is not None else f"{o[0]} {o[1]}" for o in wrong
        )
        message = f"the sizes of `{dim.name}` disagree: {size} {'in ' if ',' in who else ''}{who}, {lengths}"
        columns = [o[2] for o in wrong if o[2] is not None]
        self.faults.of("D112", message, columns)

    def _unlabelled(
        self,
        dim: Dim,
        codes: Codes,
        axes: list[Origin],
        own: tuple[Label, ...],
        indexed: list[Cells],
    ) -> None:
        """An array over a dim that other columns label must bring the labels itself."""
        if (
            own
            or not indexed
            or not codes.labels
            or dim.labels is not None
            or codes.start is not None
        ):
            return
        columns = [o[2] for o in axes if o[2] is not None]
        if columns:
            message = (
                f"nothing says which cell of `{columns[0].name}` belongs to which `{dim.name}`"
            )
            why = f"the labels of `{dim.name}` come from {indexed[0].column.place}"
            edit = f"add a column `{dim.name}` beside it"
            self.faults.of("D130", message, columns, why=why, help=edit)

    # -- ragged dims

    def _ragged(self, dim: Dim, raw: Mapping[Variable, Cells]) -> None:
        shape = tuple(self.sizes.get(o.name, 0) for o in dim.of)
        written = self._written_lengths(dim, raw, shape)
        lengths = written
        for variable, cells in list(raw.items()):
            axis = next((i for i, e in enumerate(variable.dims) if e.dim is dim), None)
            if axis is None:
                continue
            counted = _counted(variable, dim, cells, axis)
            if counted is None:
                message = f"the rows of `{variable.name}` cannot be told apart along `{dim.name}`"
                self.faults.of("D141", message, [cells.column])
                continue
            if written is not None and counted.shape == written.shape:
                self._cut(variable, cells, axis, counted, written, raw)
                continue
            if lengths is None:
                lengths = counted
            elif lengths.shape != counted.shape or (lengths != counted).any():
                message = f"the rows of `{variable.name}` have other lengths along `{dim.name}`"
                self.faults.of("D141", message, [cells.column])
        if lengths is None and dim.name in self.given:
            lengths = np.full(shape, self.given[dim.name])
        if lengths is None:
            self.faults.of("D113", f"nothing says how long the rows of `{dim.name}` are", [])
            return
        self.lengths[dim.name] = lengths.astype(np.int64)

    def _written_lengths(
        self, dim: Dim, raw: Mapping[Variable, Cells], shape: tuple[int, ...]
    ) -> NDArray[Any] | None:
        """The lengths in a column: the one that the model names, or one that bears the dim's name."""
        if dim.lengths is not None and dim.lengths in raw:
            found, column = raw[dim.lengths].array, raw[dim.lengths].column
        elif dim.name in self.columns:
            column = self.columns[dim.name]
            found = np.asarray(column.values)
            self.used.add(dim.name)
        else:
            return None
        try:
            lengths = found.astype(float)
        except (TypeError, ValueError):
            lengths = np.full(shape, np.nan)
        if lengths.shape != shape or not (lengths >= 0).all() or (lengths % 1).any():
            message = f"the lengths of `{dim.name}` must be counts, one for each row"
            self.faults.of("D141", message, [column])
            return None
        return lengths.astype(int)

    def _cut(
        self,
        variable: Variable,
        cells: Cells,
        axis: int,
        counted: NDArray[Any],
        written: NDArray[Any],
        raw: Mapping[Variable, Cells],
    ) -> None:
        """Cells of a padded array beyond the written lengths do not exist."""
        del raw
        short = counted < written
        if short.any():
            message = f"`{variable.name}` has fewer cells than its row is long"
            self.faults.at("D141", message, cells.column, short)
            return
        place = np.arange(cells.array.shape[axis])
        keep = place < written[..., None]
        cells.exists[...] &= keep.reshape(*keep.shape, *[1] * (cells.array.ndim - axis - 1))


def _counted(variable: Variable, dim: Dim, cells: Cells, axis: int) -> NDArray[Any] | None:
    """How many cells each row of a ragged axis has; its outer axes must stand right before it."""
    before = len(dim.of)
    if axis != before or [e.dim for e in variable.dims[:before]] != list(dim.of):
        return None
    exists = cells.exists
    while exists.ndim > axis + 1:
        exists = exists.any(-1)
    return exists.sum(-1)
