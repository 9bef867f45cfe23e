"""The type of a function's result: its kind and dims, from those of its arguments."""

from dataclasses import replace

from genlang.check import structures
from genlang.check.domains import domain
from genlang.check.kinds import inside, join
from genlang.check.model import (
    Apply,
    Array,
    Const,
    Dim,
    Expr,
    Extent,
    Loop,
    Reduce,
    Ref,
    Type,
)
from genlang.check.scope import Scope
from genlang.check.shapes import joined, same, show, size
from genlang.check.subscripts import fits_dim
from genlang.check.walk import symbols
from genlang.lang.functions import FUNCTIONS, Function
from genlang.lang.types import INTEGERS
from genlang.source import NOWHERE, Span
from genlang.syntax import nodes

COUNT = Type("count")

# What runs over a dim, `name(... for t in T)`, or takes one array.
REDUCTIONS = ("sum", "prod", "mean", "min", "max", "logsumexp", "any", "all")


def result(name: str, given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    """Return the type of a call of the table's functions."""
    found = _result(name, given, span, scope)
    structure = structures.applied(name, given, found.dims) if found.dims else ""
    return replace(found, structure=structure)


def _result(name: str, given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    row = FUNCTIONS[name]
    first = given[0].type
    match row.shape:
        case "elementwise":
            dims: tuple[Extent, ...] = ()
            for expr in given:
                dims = joined(Type("real", dims), expr.type, f"`{name}`", span, scope)
            return Type(result_kind(row.kind, given), dims)
        case "reduce" | "vector":
            if not first.dims:
                scope.fail("E301", f"`{name}` wants an array, this is a scalar", span)
            if name in ("any", "all") and first.kind != "bool":
                edit = f"`{name}(x[i] > 0 for i in ...)`"
                scope.fail("E320", f"`{name}` wants truth values, this is of type {first.kind}",
                           given[0].span, help=f"compare each: {edit}")  # fmt: skip
            dims = first.dims[:-1] if row.shape == "reduce" else first.dims
            if row.kind == "simplex" and (name != "normalize" or inside(given[0], "nonneg")):
                return Type("unit", dims)
            return Type("real" if row.kind == "simplex" else result_kind(row.kind, given), dims)
        case "forms":
            return _by_form(row, given, span, scope)
        case _:
            return _special(name, given, span, scope)


def result_kind(kind: str, given: tuple[Expr, ...]) -> str:
    """Return the kind of a result: a row's `kind`, worked out for these arguments."""
    match kind:
        case "join":
            return join(given)
        case "same":
            inner = given[-1].type.kind
            return "count" if inner == "bool" else "nonneg" if inner == "unit" else inner
        case "product":
            return next(
                k for k in ("positive", "nonneg", "real") if all(inside(e, k) for e in given)
            )
        case "zeros":
            return join((*given, Const(0, COUNT)))
        case "between":
            kinds = ("unit", "positive", "nonneg", "real")
            return next(k for k in kinds if all(inside(e, k) for e in given))
        case "abs" if given[0].type.kind in INTEGERS:
            return "count"
        case "abs" | "square":
            return "positive" if inside(given[0], "positive") else "nonneg"
        case _:
            return kind


def reduction_kind(name: str, element: Expr) -> str:
    """Return the kind of `name(element for ...)`."""
    kind = "bool" if name in ("any", "all") else result_kind("same", (element,))
    if name in ("mean", "logsumexp"):
        return "real" if name == "logsumexp" or kind in ("int", "index", "real") else "nonneg"
    return "nonneg" if name == "sum" and kind == "positive" else kind


def _special(name: str, given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    match name:
        case "ones" | "zeros" | "full" | "eye":
            sizes = given[:1] if name == "full" else given
            extents = tuple(as_extent(e, scope) for e in sizes)
            if name == "eye":
                extents = extents * 2
            kind = given[1].type.kind if name == "full" else FUNCTIONS[name].kind
            return Type(kind, extents)
        case "one_hot":
            index, extent = given[0], as_extent(given[1], scope)
            if index.type.dims or index.type.kind not in INTEGERS:
                what = show(index.type.dims) if index.type.dims else index.type.kind
                scope.fail(
                    "E303",
                    f"`one_hot` takes one index, this is {what}",
                    index.span,
                    help="`[one_hot(i, K) for ...]` takes each" if index.type.dims else "",
                )
            fits_dim(index, extent, index.span, scope)
            return Type("unit", (extent,))
        case "linspace":
            return Type(result_kind("between", given[:2]), (as_extent(given[2], scope),))
        case _:
            return _end_to_end(given, span, scope)


def _by_form(row: Function, given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    """The type of a function that lists the dims that it takes and gives."""
    form = row.form(tuple(len(e.type.dims) for e in given))
    found: dict[str, Extent] = {}
    if form is None or not all(
        same(found.setdefault(letter, extent), extent)
        for letters, expr in zip(form.takes, given, strict=False)
        for letter, extent in zip(letters, expr.type.dims, strict=True)
    ):
        wanted = ", or ".join(" and ".join(map(_letters, f.takes)) for f in row.forms)
        here = " and ".join(show(e.type.dims) for e in given[: len(row.forms[0].takes)])
        scope.fail("E301", f"`{row.name}` wants {wanted}, here {here}", span,
                   why="equal letters are equal dims")  # fmt: skip
    for expr, parameter in zip(given[len(form.takes) :], row.named, strict=True):
        if expr.type.dims:
            scope.fail("E301", f"`{parameter.name}` of `{row.name}` is a scalar", expr.span)
        domain(expr, parameter, row.name, expr.span, scope)
    dims = tuple(found[letter] for letter in form.gives)
    counted = given[-1:] if row.kind == "between" else given
    return Type(result_kind(row.kind, counted), dims)


def _letters(letters: tuple[str, ...]) -> str:
    return f"[{', '.join(letters)}]" if letters else "a scalar"


def _end_to_end(given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    """The type of arrays laid end to end along their first dim; a scalar is one element."""
    rank = max(1, *(len(e.type.dims) for e in given), 1)
    counts: list[int | None] = []
    rest: tuple[Extent, ...] | None = None
    for expr in given:
        dims = expr.type.dims or (Extent(None, size=1),)
        beyond = dims[1:]
        if len(dims) != rank or (rest is not None and not all(map(same, rest, beyond))):
            every = ", ".join(show(e.type.dims) for e in given)
            scope.fail("E301", f"`concat` wants equal dims beyond the first, here {every}", span)
        rest = beyond if rest is None else rest
        counts.append(size(dims[0]))
    known = [c for c in counts if c is not None]
    total = sum(known) if len(known) == len(counts) else None
    return Type(join(given), (Extent(None, size=total), *(rest or ())))


def listed(items: tuple[Expr, ...], span: Span, scope: Scope) -> Expr:
    """`[a, b]`, or `stack(a, b)`: items of equal dims on a new first dim."""
    dims = items[0].type.dims
    for item in items[1:]:
        if len(item.type.dims) != len(dims) or not all(map(same, item.type.dims, dims)):
            both = f"{show(dims)} and {show(item.type.dims)}"
            message = f"the items of a list have different dims: {both}"
            scope.fail("E301", message, item.span, second=(items[0].span, "the first item"))
    strings = [i.type.kind == "string" for i in items]
    if any(strings) and not all(strings):
        scope.fail("E305", "a list holds labels or numbers, not both", span)
    rows = {i.type.structure for i in items}
    structure = rows.pop() if len(rows) == 1 else ""
    kind = Type(join(items), (Extent(None, size=len(items)), *dims), structure=structure)
    return Array(items, (), None, kind, span)


def size_of(array: Expr, span: Span, scope: Scope) -> Expr:
    """`size(x)`: the number of elements along the first dim."""
    if not array.type.dims:
        scope.fail("E301", "`size` wants an array, this is a scalar", span)
    found = extent_size(array.type.dims[0], span)
    return Apply("size", (array,), COUNT, span) if found is None else found


def extent_size(extent: Extent, span: Span = NOWHERE) -> Expr | None:
    """The size of an axis as an expression, None where only the data tell."""
    if extent.of:
        return Reduce(
            "sum", Const(1, COUNT), (Loop("", extent, span=span),), None, None, COUNT, span
        )
    if extent.dim is not None:
        return Ref(extent.dim, COUNT, span)
    return None if extent.size is None else Const(extent.size, COUNT, span)


def size_of_axis(extent: Extent, name: nodes.Name, scope: Scope) -> Expr:
    """The size of what a name for any dim stands for."""
    found = extent_size(extent, name.span)
    if found is None:
        scope.fail("E217", f"the size of `{name.name}` is not known in this call", name.span,
                   why="a part of an array has no dim",
                   help="give an array over a whole dim")  # fmt: skip
    return found


def as_extent(expr: Expr, scope: Scope) -> Extent:
    """The axis of a size: `K` is the dim K, a number an anonymous extent."""
    match expr:
        case Ref(symbol=Dim() as dim):
            return Extent(dim)
        case Const(value=int(value)) if value >= 0:
            return Extent(None, size=value)
        case _ if any(s in scope.loops or s in scope.around for s in symbols(expr)):
            scope.fail("E290", "an array whose size differs by row is not supported yet", expr.span,
                       help="write a sum over the row: `sum(... for t in T[s])`")  # fmt: skip
        case _ if expr.type.kind in INTEGERS and not expr.type.dims:
            return Extent(None)
        case _:
            scope.fail("E303", "a size must be an int", expr.span)
