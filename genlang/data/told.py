"""Faults of the model's statements, gathered over all iterations, then written with their rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Expr, Loop, Model, Reduce, Slice, Variable
from genlang.check.walk import parts, symbols
from genlang.data.cells import Cells
from genlang.data.evaluate import Evaluator
from genlang.data.faults import SHOWN, VALUES, Faults, shown, values
from genlang.data.sources import Column
from genlang.data.table import Label
from genlang.data.values import Trouble, Value
from genlang.diagnostics import Diagnostic
from genlang.source import NOWHERE, Span


@dataclass(slots=True)
class Entry:
    """One fault of the model: where it is, the loops and positions at which it occurs."""

    code: str
    message: str
    span: Span | None
    loops: tuple[Loop, ...]
    why: str = ""
    columns: tuple[Variable, ...] = ()
    places: dict[tuple[int, ...], None] = field(default_factory=dict)
    numbers: dict[str, None] = field(default_factory=dict)
    whole: int = 0
    help: str = ""


@dataclass(slots=True)
class Cellwise:
    """Values of one variable that lie outside a support."""

    target: Variable
    why: str
    places: list[NDArray[Any]] = field(default_factory=list)


class Told:
    """What the checks found. Between `begin` and `keep` it can still be dropped."""

    def __init__(
        self,
        model: Model,
        raw: Mapping[str, Cells],
        labels: Mapping[str, tuple[Label, ...]],
        known: Evaluator,
    ) -> None:
        self.model, self.raw, self.labels = model, raw, labels
        self.arrays, self.positions = known.arrays, known.positions
        self.kept: dict[Any, Entry | Cellwise] = {}
        self.new: list[tuple[Any, Entry | Cellwise]] = []

    def begin(self) -> None:
        """Open a statement."""
        self.new = []

    def drop(self) -> None:
        """Forget what was told since `begin`."""
        self.new = []

    def keep(self) -> None:
        """Take in what was told since `begin`."""
        for key, found in self.new:
            self._take(key, found)
        self.new = []

    def _take(self, key: Any, found: Entry | Cellwise) -> None:
        known = self.kept.setdefault(key, found)
        if known is found:
            return
        if isinstance(known, Entry) and isinstance(found, Entry):
            known.whole += found.whole
            known.places |= found.places
            known.numbers |= found.numbers
        elif isinstance(known, Cellwise) and isinstance(found, Cellwise):
            known.places += found.places

    # -- telling

    def trouble(self, fault: Trouble) -> None:
        """Take a subscript or part that lies outside, a reduction over nothing, unequal sizes."""
        expr, part, found = fault.expr, fault.part, fault.found
        text = self._text(expr.span)
        if fault.missing and not isinstance(expr, Loop):
            why = "a `let` of data, a bound and a `require` are known before the fit"
            message = f"missing cells of `{fault.missing}` are read"
            message += f" by `{text}`" if text != fault.missing else ""
            self._add(Entry("D121", message, expr.span, (), why, tuple(self._data(expr)),
                            help="fill the cells in, or read others"), fault.bad, None)  # fmt: skip
            self._take(*self.new.pop())  # whatever else the statement is
            return
        if isinstance(expr, Reduce):
            why = f"`{expr.function}` over no element has no value"
            message = f"`{text}` runs over nothing"
            self._add(Entry("D143", message, expr.span, (), why), fault.bad, None)
            return
        if fault.limit is not None and part is None:
            sizes = f"{int(found.array.max())} and {int(fault.limit.array.max())}"
            message = f"the sizes of the sides of `{text}` differ: {sizes}"
            self._add(Entry("D112", message, expr.span, ()), fault.bad, None)
            return
        reads = () if part is None else parts(part)
        sub = "" if isinstance(part, Slice) or part is None else self._text(part.span)
        if isinstance(expr, Loop):
            dim = expr.extent.dim.name if expr.extent.dim is not None else expr.name
            message = f"a part of `{dim}` reaches outside it"
        elif isinstance(part, Slice):
            message = f"`{text}` reaches outside its axis"
        elif sub:
            message = f"the subscript `{sub}` of `{text}` is out of range"
        else:
            message = f"a subscript of `{text}` is out of range"
        columns = tuple(dict.fromkeys(v for e in reads for v in self._data(e)))
        span = expr.span if expr.span != NOWHERE else None
        entry = Entry("D142", message, span, (), self._range(fault), columns)
        self._add(entry, fault.bad, found, key=id(part))

    def numbers(self, what: str, words: str, expr: Expr, value: Value, bad: Value) -> None:
        """Take an expression whose values leave a domain."""
        columns = tuple(dict.fromkeys(self._data(expr)))
        verb = words.split(maxsplit=1)[0] in ("be", "increase", "have", "add")
        words = words if verb else f"be {words}"
        found = value if not value.event else None
        self._add(Entry("D123", f"{what} must {words}", expr.span, (), "", columns), bad, found)

    def message(self, code: str, message: str, span: Span, bad: Value, why: str = "") -> None:
        """Take a fault with a message of its own."""
        self._add(Entry(code, message, span, (), why), bad, None)

    def cells(self, target: Variable, places: NDArray[Any], why: str) -> None:
        """Take cells of a variable that lie outside a support."""
        self.new.append((("cells", target, why), Cellwise(target, why, [places])))

    def _add(self, entry: Entry, bad: Value, found: Value | None, key: object = None) -> None:
        """Note the positions at which `bad` is 1, and the values there."""
        loops = tuple(a for a in bad.axes if isinstance(a, Loop))
        other = tuple(i for i, a in enumerate(bad.axes) if not isinstance(a, Loop))
        holds = bad.array == 1
        if not holds.any():
            return
        entry.loops = loops
        at = np.argwhere(holds.any(other))
        entry.whole = len(at)
        entry.places = dict.fromkeys(
            tuple(int(self.positions[x][i]) for x, i in zip(loops, p, strict=True))
            for p in at[:SHOWN]
        )
        if found is not None:
            order = [found.axes.index(a) for a in bad.axes if a in found.axes]
            shape = iter(found.array.transpose(order).shape)
            lined = found.array.transpose(order).reshape(
                [next(shape) if a in found.axes else 1 for a in bad.axes]
            )
            seen = np.broadcast_to(lined, holds.shape)[holds]
            entry.numbers = dict.fromkeys(shown(float(v)) for v in seen[:50])
        self.new.append(((entry.code, entry.message, entry.span, key), entry))

    # -- words

    def _text(self, span: Span) -> str:
        return self.model.source.slice(span) if span != NOWHERE else ""

    def _range(self, fault: Trouble) -> str:
        dim = fault.extent.dim
        if fault.limit is None:
            return "its loop runs over a part of the dim, and has no cells beyond it"
        name = f"`{dim.name}`" if dim is not None else "the axis"
        if fault.limit.axes:
            return (
                f"a row of {name} has as many elements as its length says; positions count from 0"
            )
        size = int(fault.limit.array)
        return f"{name} has {size} {'element' if size == 1 else 'elements'}, positions count from 0"

    def _data(self, expr: Expr) -> list[Variable]:
        return [s for s in symbols(expr) if isinstance(s, Variable) and s.name in self.raw]

    def finish(self, faults: Faults) -> None:
        """Add everything that was kept to the faults."""
        for found in self.kept.values():
            if isinstance(found, Cellwise):
                self._write_cells(found, faults)
            else:
                self._write(found, faults)

    def _write(self, entry: Entry, faults: Faults) -> None:
        message = entry.message + _few(entry.numbers)
        rows = self._rows(entry)
        place = ", ".join([*self._places(entry.columns), *([rows] if rows else [])])
        faults.append(Diagnostic(entry.code, message, entry.span, where=place, why=entry.why,
                                 help=entry.help))  # fmt: skip

    def _places(self, columns: tuple[Variable, ...]) -> list[str]:
        """The columns that an expression reads, those of one source together."""
        found: dict[tuple[str, bool], list[Column]] = {}
        for variable in columns:
            column = self.raw[variable.name].column
            found.setdefault((column.source, column.rows), []).append(column)
        return [c[0].named(", ".join(f"`{x.name}`" for x in c)) for c in found.values()]

    def _rows(self, entry: Entry) -> str:
        """Where in the loops: `row 3 of N`, `year 1875`, `cell [1, 3] of S, T`."""
        if not entry.loops:
            return ""
        names = [
            x.extent.dim.name if x.extent.dim is not None else x.name or "?" for x in entry.loops
        ]
        places = list(entry.places)[:SHOWN]
        more = f" and {entry.whole - SHOWN} more" if entry.whole > SHOWN else ""
        if len(names) == 1:
            labels = self.labels.get(names[0])
            words = ", ".join(str(labels[p[0]] if labels else p[0] + 1) for p in places)
            if labels:
                return f"`{names[0]}` {words}{more}"
            return f"{'row' if entry.whole == 1 else 'rows'} {words}{more} of `{names[0]}`"
        every = [self.labels.get(n) for n in names]
        cells = ", ".join(
            f"[{', '.join(str(v[i] if v else i + 1) for v, i in zip(every, p, strict=True))}]"
            for p in places
        )
        dims = ", ".join(f"`{n}`" for n in names)
        return f"{'cell' if entry.whole == 1 else 'cells'} {cells}{more} of {dims}"

    def _write_cells(self, found: Cellwise, faults: Faults) -> None:
        target = found.target
        what = (
            "bounds of its type"
            if found.why.startswith("its type")
            else "support of its distribution"
        )
        message = f"`{target.name}` is outside the {what}"
        places = np.unique(np.concatenate(found.places), axis=0)
        if target.name in self.raw:
            raw, array = self.raw[target.name], self.arrays[target.name]
            bad = np.zeros(array.shape[: places.shape[1]], dtype=bool)
            bad[tuple(places.T)] = True
            bad = raw.as_came(bad)
            if bad.ndim == array.ndim:
                message += f": {values(raw.as_came(array), bad)}"
            faults.at("D122", message, raw.column, bad, why=found.why)
            return
        rows = ", ".join(str(int(p[0]) + 1) for p in places[:SHOWN]) if places.shape[1] else ""
        where = f"`{target.name}`, row {rows}" if rows else f"`{target.name}`"
        faults.append(Diagnostic("D122", message, target.span, where=where, why=found.why))


def _few(numbers: Mapping[str, None]) -> str:
    found = list(numbers)
    if not found:
        return ""
    return ": " + ", ".join(found[:VALUES]) + (", ..." if len(found) > VALUES else "")
