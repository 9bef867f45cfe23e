"""Whether a default, or the start of a `param`, is a value of its type, as far as text tells."""

from collections.abc import Callable
from itertools import pairwise
from math import hypot, isclose

from genlang.check.expressions import known_before
from genlang.check.kinds import inside
from genlang.check.model import Apply, Array, Const, Expr, Type
from genlang.check.scope import Scope
from genlang.check.shapes import same, show, size
from genlang.check.supports import of_type, support
from genlang.lang.types import INTEGERS, SQUARE

TOLERANCE = 1e-6
Numbers = list[float]

# What vectors of a set do, and whether one does.
VECTORS: dict[str, tuple[str, Callable[[Numbers], bool]]] = {
    "simplex": ("add up to 1", lambda x: isclose(sum(x), 1, abs_tol=TOLERANCE) and min(x) >= 0),
    "ordered": ("increase", lambda x: all(a < b for a, b in pairwise(x))),
    "positive_ordered": (
        "increase from above 0",
        lambda x: all(a < b for a, b in pairwise([0.0, *x])),
    ),
    "baseline": ("begin with 0", lambda x: x[0] == 0),
    "unit_vector": ("have length 1", lambda x: isclose(hypot(*x), 1, abs_tol=TOLERANCE)),
}
EXAMPLES = {"simplex": "ones({0}) / {0}", "ordered": "linspace(-1, 1, {0})",
            "positive_ordered": "linspace(1, 2, {0})", "baseline": "zeros({0})",
            "unit_vector": "ones({0}) / sqrt({0})"}  # fmt: skip


def starts_inside(given: Expr, kind: Type, word: str, scope: Scope) -> None:
    """Refuse a default or a start outside the type: other dims, or numbers that are not in it."""
    what = "default" if word == "data" else "start"
    if kind.kind == "index" or given.type.kind == "string":
        return
    if word == "param":
        known_before(given, scope, "the start of a `param`", given.span)
        _dims(given, kind, scope)
    values = support(given, scope.supports)
    whole = kind.kind not in INTEGERS or inside(given, "int")
    rows = elements(given)
    wanted = of_type(kind, scope.supports)
    if rows is not None and kind.structure in VECTORS:
        words, test = VECTORS[kind.structure]
        if not all(test(row) for row in rows):
            edit = EXAMPLES[kind.structure].format(show(kind.dims[-1:])[1:-1])
            scope.fail("E316", f"the {what} is outside the type", given.span,
                       why=f"the elements of `{kind.structure}` {words}",
                       help=f"for example `{edit}`")  # fmt: skip
    if rows is None or (values.within(wanted) and whole):
        return
    shown = f"{given.value}" if isinstance(given, Const) else values.show()
    scope.fail("E316", f"the {what} is outside the type", given.span,
               why=f"the type is {_written(kind)}, this is {shown}")  # fmt: skip


def _dims(given: Expr, kind: Type, scope: Scope) -> None:
    """A start has the dims of its value; a number stands for all elements that are free."""
    dims = given.type.dims
    if len(dims) == len(kind.dims) and all(map(same, dims, kind.dims)):
        return
    if not dims and not kind.structure:
        return
    dim = show(kind.dims[-1:])[1:-1]
    edit = EXAMPLES.get(kind.structure, "eye({0})" if kind.structure in SQUARE else "")
    scope.fail("E315", f"the start has {show(dims)}, the type {show(kind.dims)}"
               if dims else f"a number is no start of `{kind.structure}[{dim}]`",
               given.span, help=f"for example `{edit.format(dim)}`" if edit else "")  # fmt: skip


def elements(given: Expr) -> list[Numbers] | None:
    """The rows of a value of written numbers; None where something else stands in it."""
    match given:
        case Const(value=int() | float() as value):
            return [[float(value)]]
        case Array(items=items, loops=()):
            rows = [elements(i) for i in items]
            if any(r is None for r in rows):
                return None
            found = [row for rows_ in rows if rows_ is not None for row in rows_]
            return found if items[0].type.dims else [[x for row in found for x in row]]
        case Apply(function="ones" | "zeros" as name) if (n := _length(given)) is not None:
            return [[float(name == "ones")] * n]
        case Apply(function="/" | "*" as sign, arguments=(left, right)) if not right.type.dims:
            one, two = elements(left), elements(right)
            if one is None or two is None or (sign == "/" and two[0][0] == 0):
                return None
            factor = 1 / two[0][0] if sign == "/" else two[0][0]
            return [[x * factor for x in row] for row in one]
        case _:
            return None


def _length(given: Expr) -> int | None:
    return size(given.type.dims[-1]) if len(given.type.dims) == 1 else None


def _written(kind: Type) -> str:
    ends = [
        f"{name}={e.value}"
        for name, e in (("lower", kind.lower), ("upper", kind.upper))
        if isinstance(e, Const)
    ]
    return f"`{kind.structure or kind.kind}" + (f"({', '.join(ends)})`" if ends else "`")
