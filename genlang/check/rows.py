"""Whole rows of arrays whose cells do not all exist: ragged rows, and arrays over a part of a dim.

    sum(x[s])     with `x[s in S, t in T[s]]`   -->  sum(x[s, t] for t in T[s])
    sum(w)        with `w[n]` in N[1:]          -->  sum(w[n] for n in N[1:])

Rows are padded when they run, so a function that takes a row takes the padding too: reductions run
over the cells that exist, other functions of such rows are refused.
"""

from dataclasses import replace

from genlang.check.functions import REDUCTIONS, reduction_kind
from genlang.check.model import (
    Apply,
    Array,
    Expr,
    Index,
    Loop,
    Model,
    Reduce,
    Ref,
    Slice,
    Symbol,
    Type,
    Variable,
)
from genlang.check.scope import Scope
from genlang.check.subscripts import PARTIAL
from genlang.check.walk import bounds, children, expressions, index_type, substitute, symbols
from genlang.diagnostics import Diagnostic
from genlang.lang.functions import FUNCTIONS
from genlang.source import NOWHERE, Span

# Functions of a vector that leave every cell in its place, whatever stands behind it.
HARMLESS = ("cumsum", "cumprod")
OPERATORS = frozenset(["+", "-", "*", "/", "^", "%", "neg", "not", "and", "or",
                       "==", "!=", "<", "<=", ">", ">="])  # fmt: skip


def over_cells(name: str, given: tuple[Expr, ...], span: Span, scope: Scope) -> Expr | None:
    """A function of rows as a reduction over their cells; None where all cells exist.

    Other functions of ragged rows are refused (E290, E301).
    """
    if name in REDUCTIONS and len(given) == 1:
        return _reduced(name, given[0], span, scope)
    if name == "dot" and len(given) == 2:
        return contracted(given[0], given[1], span, scope)
    ragged = next((e for e in given if _ragged(e)), None)
    if ragged is not None and name not in HARMLESS and _takes_rows(name):
        scope.fail("E290", f"`{name}` of ragged rows is not supported yet", span,
                   why="rows have different lengths",
                   help="write it with sums over the row: `sum(... for t in T[s])`")  # fmt: skip
    return None


def _takes_rows(name: str) -> bool:
    return FUNCTIONS[name].shape != "elementwise"


def _ragged(expr: Expr) -> bool:
    return any(d.of for d in expr.type.dims)


def _reduced(name: str, row: Expr, span: Span, scope: Scope) -> Expr | None:
    cells = _cells(row)
    if cells is None:
        return None
    if len(row.type.dims) > 1:
        scope.fail("E301", f"`{name}` of rows of different lengths", row.span,
                   why="the result has no row to stand in",
                   help=f"take them one by one, `{name}(x[s])`, or write "
                   f"`{name}(x[s, t] for t in T[s])`")  # fmt: skip
    element, loop = cells
    kind = reduction_kind(name, element)
    return Reduce(name, element, (loop,), None, None, Type(kind), span)


def contracted(left: Expr, right: Expr, span: Span, scope: Scope) -> Expr | None:
    """The sum of products of two rows as one over the cells that exist; None where all do.

    Matrices with ragged rows are refused (E290).
    """
    rows = [_cells(e) for e in (left, right)]
    if rows == [None, None]:
        return None
    one, two = rows
    if one is None or two is None or len(left.type.dims) != 1 or len(right.type.dims) != 1:
        scope.fail("E290", "a product with rows that are not all there is not supported yet", span,
                   why="rows have different lengths, or begin and end elsewhere",
                   help="write it as a sum: `sum(x[s, t] * b[t] for t in T[s])`")  # fmt: skip
    (element, loop), (other, beside) = one, two
    if (loop.extent, loop.start, loop.stop) != (beside.extent, beside.start, beside.stop):
        scope.fail("E301", "the two sides have cells in different parts of their dim", span)
    other = substitute(other, {beside: Ref(loop, index_type(loop))})
    product = Apply("*", (element, other), Type("real"), span)
    return Reduce("sum", product, (loop,), None, None, Type("real"), span)


def _cells(row: Expr) -> tuple[Expr, Loop] | None:
    """A cell of a row and the loop over those that exist; None where all of an axis do."""
    if not row.type.dims:
        return None
    extent = row.type.dims[-1]
    match row:
        case Ref(symbol=Variable() as variable):
            subs: tuple[Expr | Slice, ...] = (Slice(None, None),) * len(row.type.dims)
        case Index(base=Ref(symbol=Variable() as variable), subscripts=given):
            subs = given + (Slice(None, None),) * (len(variable.dims) - len(given))
        case _:
            if not extent.of:
                return None
            loop = Loop("", extent, span=row.span)
            return at(row, Ref(loop, index_type(loop))), loop
    place = max(i for i, s in enumerate(subs) if isinstance(s, Slice))
    found = _part(variable, subs, place)
    if found is None:
        return None
    loop = replace(found, span=row.span)
    cell = (*subs[:place], Ref(loop, index_type(loop)), *subs[place + 1 :])
    base = Ref(variable, replace(variable.cell, dims=variable.dims), row.span)
    kind = replace(row.type, dims=row.type.dims[:-1], structure="")
    return Index(base, cell, kind, row.span), loop


def _part(variable: Variable, subs: tuple[Expr | Slice, ...], place: int) -> Loop | None:
    """The loop over the cells of one axis that exist; None where all of it do."""
    here = subs[place]
    assert isinstance(here, Slice)
    own = variable.loops[place] if place < len(variable.loops) else None
    extent = variable.dims[place]
    change = _row(variable, subs)
    extent = replace(extent, of=tuple(substitute(e, change) for e in extent.of))
    ends = [here.start, here.stop]
    if variable.role in PARTIAL and own is not None and (own.start or own.stop):
        if here.start or here.stop:
            return None  # a part of a part
        ends = [*_bounds(variable, place, subs)]
    elif not extent.of:
        return None
    return Loop("", extent, ends[0], ends[1])


def _row(variable: Variable, subs: tuple[Expr | Slice, ...]) -> dict[Symbol, Expr]:
    """The indices that pick a row, by the loops of the variable's declaration."""
    return {
        loop: s for loop, s in zip(variable.loops, subs, strict=False) if not isinstance(s, Slice)
    }


def _bounds(
    variable: Variable, place: int, subs: tuple[Expr | Slice, ...]
) -> tuple[Expr | None, Expr | None]:
    """Where the part of an axis begins and ends in the row that is read."""
    own, change = variable.loops[place], _row(variable, subs)
    start, stop = (None if e is None else substitute(e, change) for e in (own.start, own.stop))
    return start, stop


def at(row: Expr, index: Expr) -> Expr:
    """One cell of a row, of which there is one for each cell of its parts where it has some."""
    kind = replace(row.type, dims=row.type.dims[1:], structure="")
    match row:
        case Index(base=base, subscripts=subs) if not any(isinstance(s, Slice) for s in subs):
            return Index(base, (*subs, index), kind, row.span)
        case Apply(function=name, arguments=given) if name in OPERATORS or (
            name in FUNCTIONS and FUNCTIONS[name].shape == "elementwise"
        ):
            cells = tuple(at(e, index) if e.type.dims else e for e in given)
            return replace(row, arguments=cells, type=kind)
        case Array(items=(item,), loops=(loop,), condition=None):
            return substitute(item, {loop: index})
        case _:
            return Index(row, (index,), kind, row.span)


def rows_of_loops(expr: Expr, scope: Scope) -> None:
    """Refuse to name a whole ragged array (E290): nothing says which row is read of it later."""
    foreign = {s for d in expr.type.dims for e in d.of for s in symbols(e) if isinstance(s, Loop)}
    if foreign - set(scope.loops):
        scope.fail("E290", "a whole ragged array as a value is not supported yet", expr.span,
                   why="its rows have different lengths",
                   help="write it in its loops: `let r[s in S, t in T[s]] = ...`")  # fmt: skip


# -- What is left -----------------------------------------------------------------------------


def rows_left(model: Model) -> list[Diagnostic]:
    """Return an error (E326) for every array of which a whole row is read that is not all there.

    Reductions of such rows run over their cells by now.
    """
    found: dict[Span, Diagnostic] = {}
    guided = () if model.guide is None else model.guide.statements
    for statement in (*model.statements, *guided):
        for expr in expressions(statement):
            for bad in _left(expr):
                found.setdefault(bad.span or NOWHERE, bad)
    return list(found.values())


def _left(expr: Expr) -> list[Diagnostic]:
    match expr:
        case Ref(symbol=Variable() as variable) if variable.dims:
            faults = [_refused(variable, i, expr.span) for i in range(len(variable.loops))]
            return [f for f in faults if f is not None][:1]
        case Index(base=Ref(symbol=Variable() as variable), subscripts=subs):
            inner = [e for s in subs if not isinstance(s, Slice) for e in _left(s)]
            every = subs + (Slice(None, None),) * (len(variable.dims) - len(subs))
            for i, s in enumerate(every):
                if isinstance(s, Slice):
                    sliced = s.start is not None or s.stop is not None
                    fault = _refused(variable, i, expr.span, sliced=sliced)
                    inner += [fault] if fault is not None else []
                elif _outside(variable, i, subs):
                    fault = _refused(variable, i, expr.span)
                    inner += [fault] if fault is not None else []
            return inner
        case Index(base=base, subscripts=subs) if any(
            isinstance(s, Slice) and (s.start or s.stop) and d.of
            for s, d in zip(subs, base.type.dims, strict=False)
        ):
            return [_ragged_slice(expr.span), *_left(base)]
        case _:
            return [e for child in children(expr) for e in _left(child)]


def _outside(variable: Variable, place: int, subs: tuple[Expr | Slice, ...]) -> bool:
    """Whether the loop of an unnamed dim runs over more cells than there are."""
    sub = subs[place]
    if place >= len(variable.loops) or not isinstance(sub, Ref):
        return False
    loop = sub.symbol
    if not isinstance(loop, Loop) or loop.name or loop is variable.loops[place]:
        return False
    return _bounds(variable, place, subs) != (loop.start, loop.stop)


def _refused(
    variable: Variable, place: int, span: Span, *, sliced: bool = False
) -> Diagnostic | None:
    own = variable.loops[place] if place < len(variable.loops) else None
    name = variable.name
    partial = own is not None and variable.role in PARTIAL and (own.start or own.stop)
    if own is not None and partial and not (sliced and _fixed(own)):
        dim = own.extent.dim.name if own.extent.dim is not None else "the dim"
        return Diagnostic(
            "E326", f"`{name}` has cells in a part of `{dim}` only, and is read as a whole", span,
            why="its other cells do not exist",
            help=f"read them one by one, in a loop or reduction over the same part: "
            f"`sum({name}[i] for i in {dim}[...])`",
            second=(own.span, "this part"),
        )  # fmt: skip
    if sliced and variable.dims[place].of:
        return _ragged_slice(span)
    return None


def _fixed(loop: Loop) -> bool:
    """Whether a loop's part is the same in every row: a slice has whole-dim positions there."""
    return not loop.extent.of and not any(
        isinstance(s, Loop) or (isinstance(s, Variable) and bool(s.dims))
        for e in bounds(loop)
        for s in symbols(e)
    )


def _ragged_slice(span: Span) -> Diagnostic:
    return Diagnostic(
        "E326", "a part of a ragged row has another length in every row", span,
        why="an array has one size",
        help="take its cells one by one, in a loop or reduction: `sum(x[s, t] for t in T[s, 1:])`",
    )  # fmt: skip
