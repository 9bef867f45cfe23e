"""Whether subscripts, slices and parts lie inside their dims, and sizes agree, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genlang.check.model import Apply, Const, Expr, Extent, Index, Loop, Ref, Slice, Variable
from genlang.check.walk import substitute
from genlang.data.functions import ELEMENTWISE
from genlang.data.values import Trouble, Value, any_cell
from genlang.lang.functions import FUNCTIONS, Form

if TYPE_CHECKING:
    from genlang.data.evaluate import Evaluator


def part(
    known: Evaluator, loop: Loop, end: Expr | None, value: Value, length: Value, mask: Value | None
) -> None:
    """A part lies inside its dim; rows that are shorter than a fixed part have none of it."""
    bad = known.compare("<", value, Value((), np.zeros(())))
    beyond = known.compare(">", value, length)
    if not (isinstance(end, Const) and loop.extent.of):
        axes, (one, two) = known.lined_up(bad, beyond)
        bad = Value(axes, np.fmax(one, two))
    known.report(Trouble(loop, end, loop.extent, value, length, bad), mask)


def inside(known: Evaluator, expr: Index, at: list[Value | None], mask: Value | None) -> None:
    """Look whether the subscripts lie inside the axes."""
    base = expr.base
    variable = base.symbol if isinstance(base, Ref) and isinstance(base.symbol, Variable) else None
    here: dict[Any, Expr] = {}
    dims = base.type.dims if variable is None else variable.dims
    for place, (sub, found) in enumerate(zip(expr.subscripts, at, strict=True)):
        loop = variable.loops[place] if variable and place < len(variable.loops) else None
        extent = dims[place]
        if variable is not None and here:
            extent = Extent(extent.dim, tuple(substitute(e, here) for e in extent.of), extent.size)
        limit = known.length(extent)
        if loop is not None and not isinstance(sub, Slice):
            here[loop] = sub
        if limit is None:
            continue
        start = None
        if variable and loop and variable.role not in ("data", "observed"):
            start, limit = _cells(known, loop, here, limit, mask)
        if isinstance(sub, Slice):
            for end in (sub.start, sub.stop):
                value = None if end is None else known.value(end, mask)
                if value is not None:
                    _look(known, expr, Asked(sub, extent, value, start, limit), mask)
        elif found is not None:
            _look(known, expr, Asked(sub, extent, found, start, limit), mask)


def _cells(
    known: Evaluator, loop: Loop, here: Mapping[Any, Expr], limit: Value, mask: Value | None
) -> tuple[Value | None, Value]:
    """Where the cells of a latent begin and end, whose loop runs over a part of a dim."""
    outer = {k: v for k, v in here.items() if k is not loop}
    ends = [
        None if e is None else known.value(substitute(e, outer), mask)
        for e in (loop.start, loop.stop)
    ]
    return ends[0], limit if ends[1] is None else ends[1]


@dataclass(frozen=True, slots=True)
class Asked:
    """A subscript, or an end of a slice: what it asks for, and where the cells begin and end."""

    part: Expr | Slice
    extent: Extent
    found: Value
    start: Value | None
    limit: Value


def _look(known: Evaluator, expr: Index, asked: Asked, mask: Value | None) -> None:
    first = asked.start if asked.start is not None else Value((), np.zeros(()))
    # A slice may end where the axis does.
    op = ">" if isinstance(asked.part, Slice) else ">="
    low = known.compare("<", asked.found, first)
    high = known.compare(op, asked.found, asked.limit)
    axes, (one, two) = known.lined_up(low, high)
    bad = Value(axes, np.fmax(one, two))
    if (bad.array == 1).any():
        limit = asked.limit if asked.start is None else None
        known.report(Trouble(expr, asked.part, asked.extent, asked.found, limit, bad), mask)


def agree(known: Evaluator, expr: Apply, given: list[Value | None], mask: Value | None) -> bool:
    """Whether the sizes of dims that must be equal are; anonymous ones wait for the data."""
    dims = [a.type.dims for a in expr.arguments]
    form = FUNCTIONS[expr.function].form(tuple(map(len, dims)))
    if form is not None:
        pairs = _alike(form)
    elif expr.function == "@":
        pairs = [(0, len(dims[0]) - 1, 1, 0)]
    elif expr.function in ELEMENTWISE:
        wide = [i for i, d in enumerate(dims) if d]
        pairs = [(wide[0], k, i, k) for i in wide[1:] for k in range(len(dims[i]))]
    else:
        return True
    for i, k, j, m in pairs:
        one, two = _size(known, dims[i][k], given[i], k), _size(known, dims[j][m], given[j], m)
        if one is None or two is None or (dims[i][k].dim is not None and dims[i][k] == dims[j][m]):
            continue
        bad = known.compare("!=", one, two)
        if (bad.array == 1).any():
            known.report(Trouble(expr, None, dims[i][k], one, two, bad), mask)
            return False
    return True


def _alike(form: Form) -> list[tuple[int, int, int, int]]:
    """The dims of a form that are equal: argument and place, beside the first of their letter."""
    first: dict[str, tuple[int, int]] = {}
    return [
        (*first.setdefault(letter, (i, k)), i, k)
        for i, letters in enumerate(form.takes)
        for k, letter in enumerate(letters)
    ]


def _size(known: Evaluator, extent: Extent, value: Value | None, place: int) -> Value | None:
    """The size of an axis of an argument."""
    if extent.dim is None and extent.size is None and value is not None and place < value.event:
        return Value((), np.array(float(value.array.shape[len(value.axes) + place])))
    return known.length(extent)


def cut(
    known: Evaluator,
    base: Value,
    subs: Sequence[Expr | Slice],
    at: Sequence[Value | None],
    mask: Value | None,
) -> Value | None:
    """Return a value with its first dims subscripted or sliced; None where an end is not known."""
    # Subscripted dims first, then those that are sliced, then the rest.
    lead = len(base.axes)
    first = [lead + i for i, a in enumerate(at) if a is not None]
    moved = [*range(lead), *first, *(i for i in range(lead, base.array.ndim) if i not in first)]
    found = known.take(
        Value(base.axes, base.array.transpose(moved)), [a for a in at if a is not None]
    ) if first else base  # fmt: skip
    for place, s in enumerate(s for s in subs if isinstance(s, Slice)):
        ends = [None if e is None else known.value(e, mask) for e in (s.start, s.stop)]
        if any(
            e is not None and (v is None or v.axes)
            for e, v in zip((s.start, s.stop), ends, strict=True)
        ):
            return None
        numbers = [
            None if v is None else int(v.array) if np.isfinite(v.array) else -1 for v in ends
        ]
        if any(n is not None and n < 0 for n in numbers):
            return None
        cut = (slice(None),) * (len(found.axes) + place)
        found = Value(found.axes, found.array[(*cut, slice(*numbers))])
    return found


def missed(
    known: Evaluator,
    expr: Expr,
    name: str,
    subs: Sequence[Expr | Slice],
    at: Sequence[Value | None],
    mask: Value | None,
) -> None:
    """Tell where a read of a name that has to be known from data meets a missing cell."""
    whole = Value((), known.gone[name])
    gone = cut(known, whole, subs, at, mask) if whole.event >= len(subs) else None
    if gone is not None:
        bad = Value(gone.axes, any_cell(gone.array == 1, gone).astype(float))
        known.report(Trouble(expr, None, Extent(None), bad, None, bad, name), mask)
