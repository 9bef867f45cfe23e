"""The type of a function's result: its kind and dims, from those of its arguments."""

from genlang.check.kinds import join
from genlang.check.model import Const, Dim, Expr, Extent, Ref, Type
from genlang.check.scope import Scope
from genlang.check.shapes import joined
from genlang.lang.functions import FUNCTIONS
from genlang.lang.types import INTEGERS
from genlang.source import Span

# What runs over a dim, `name(... for t in T)`, or takes one array.
REDUCTIONS = ("sum", "prod", "mean", "min", "max", "logsumexp", "any", "all")


def result(name: str, given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    """Return the type of a call of the table's functions."""
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
            if row.kind == "simplex":
                return Type("unit", dims, structure="simplex")
            return Type(result_kind(row.kind, given), dims)
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
        case "abs":
            return "count" if given[0].type.kind in INTEGERS else "nonneg"
        case _:
            return kind


def reduction_kind(name: str, element: Expr) -> str:
    """Return the kind of `name(element for ...)`."""
    kind = "bool" if name in ("any", "all") else result_kind("same", (element,))
    if name in ("mean", "logsumexp"):
        return "real" if name == "logsumexp" or kind in ("int", "index", "real") else "nonneg"
    return "nonneg" if name == "sum" and kind == "positive" else kind


def _special(name: str, given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    first = given[0].type
    match name:
        case "ones" | "zeros" | "full" | "eye":
            sizes = given[:1] if name == "full" else given
            extents = tuple(as_extent(e, scope) for e in sizes)
            if name == "eye":
                extents = extents * 2
            kind = given[1].type.kind if name == "full" else FUNCTIONS[name].kind
            return Type(kind, extents)
        case "one_hot":
            return Type("unit", (as_extent(given[1], scope),))
        case "dot":
            joined(first, given[1].type, "`dot`", span, scope)
            return Type("real", first.dims[:-1])
        case "outer":
            return Type("real", (*first.dims, *given[1].type.dims))
        case "diag":
            if not first.dims:
                scope.fail("E301", "`diag` wants a vector", span)
            return Type(first.kind, (*first.dims, first.dims[-1]))
        case "transpose":
            if len(first.dims) != 2:
                scope.fail("E301", "`transpose` wants a matrix", span)
            return Type(first.kind, (first.dims[1], first.dims[0]))
        case _:
            if len(first.dims) != 2:
                scope.fail("E301", f"`{name}` wants a matrix", span)
            return Type("real", first.dims)


def as_extent(expr: Expr, scope: Scope) -> Extent:
    """The axis of a size: `K` is the dim K, a number an anonymous extent."""
    match expr:
        case Ref(symbol=Dim() as dim):
            return Extent(dim)
        case Const(value=int(value)) if value >= 0:
            return Extent(None, size=value)
        case _ if expr.type.kind in INTEGERS and not expr.type.dims:
            return Extent(None)
        case _:
            scope.fail("E303", "a size must be an int", expr.span)
