"""The least and the greatest value of an expression over the states that it reads.

    latent n ~ Binomial(10, p);  2 * n + k[i]   -->   0 + k[i] and 20 + k[i]

Ends of a support are such expressions: of data, sizes and loop indices only.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial, reduce

from genlang.check.kinds import inside
from genlang.check.model import (
    Apply,
    Const,
    Expr,
    Index,
    Loop,
    Net,
    Reduce,
    Ref,
    Select,
    Slice,
    Symbol,
    Type,
    Variable,
)
from genlang.check.rows import at
from genlang.check.walk import index_type, substitute, symbols, walk
from genlang.plan.rewrite import rebuild
from genlang.records import dataclass

INT = Type("int")
FEW = 64  # values of a latent on which a condition is tried one by one
# Functions that grow with each of their arguments.
GROWING = frozenset({"min2", "max2", "clamp", "floor", "ceil", "round", "sqrt", "exp", "log"})
CONDITIONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "and", "or", "not"})


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of a latent's values in the cell that `at` picks; None for one not known."""

    low: Expr | None
    high: Expr | None
    at: tuple[Expr, ...] = ()


Known = Mapping[Variable, Ends]


def number(value: int) -> Const:
    """Return an integer constant."""
    return Const(value, Type("count" if value >= 0 else "int"))


def extreme(expr: Expr, known: Known, *, top: bool) -> Expr | None:
    """Return the greatest (`top`) or least value of an expression; None where it cannot be told."""
    read = tuple(symbols(expr))
    if any(isinstance(s, Net) for s in read):
        return None
    if not any(s in known for s in read):
        return expr
    match expr:
        case Ref(symbol=Variable() as z) if z in known and not expr.type.dims:
            return _end(known[z], (), top=top)
        case Index(base=Ref(symbol=Variable() as z), subscripts=subs) if z in known:
            found = _end(known[z], subs, top=top)
            return None if found is None else extreme(found, known, top=top)
        case Index(base=Ref(symbol=Variable() as table)):
            return _over_table(expr, table, known, top=top)
        case Apply(function=function, arguments=arguments):
            return _apply(expr, function, arguments, known, top=top)
        case Select():
            return _select(expr, known, top=top)
        case Reduce(function="any" | "all"):
            return number(int(top))
        case Reduce(function="sum" | "min" | "max" as function, condition=condition):
            element = extreme(expr.element, known, top=top)
            if element is None or (condition is not None and _reads(condition, known)):
                return None
            if function == "sum" and condition is None and _even(expr.loops, element):
                return _times(expr.loops, element)
            return replace(expr, element=element) if expr.default is None else None
        case _:
            return None


def _even(loops: tuple[Loop, ...], element: Expr) -> bool:
    """Whether an element is the same for each index of loops over whole dims."""
    return not any(s in loops for s in symbols(element)) and not any(
        loop.extent.of or loop.start or loop.stop or loop.extent.dim is None for loop in loops
    )


def _times(loops: tuple[Loop, ...], element: Expr) -> Expr:
    """As many times an element as loops run."""
    for loop in loops:
        assert loop.extent.dim is not None
        size = Ref(loop.extent.dim, Type("count"))
        element = _folded(Apply("*", (element, size), INT), (element, size))
    return element


def _reads(expr: Expr, known: Known) -> bool:
    return any(s in known for s in symbols(expr))


def _end(ends: Ends, subs: tuple[Expr | Slice, ...], *, top: bool) -> Expr | None:
    """One end of a latent in the cell that is read."""
    found = ends.high if top else ends.low
    if found is None:
        return None
    here: dict[Symbol, Expr] = {
        own.symbol: sub
        for own, sub in zip(ends.at, subs, strict=False)
        if isinstance(own, Ref) and not isinstance(sub, Slice)
    }
    own = {e.symbol for e in ends.at if isinstance(e, Ref)}
    if any(s in own and s not in here for s in symbols(found)):
        return None
    return substitute(found, here)


def _over_table(expr: Index, table: Variable, known: Known, *, top: bool) -> Expr | None:
    """A table that a state picks a cell of: the extreme over that axis."""
    loops: list[Loop] = []
    subs: list[Expr | Slice] = []
    for sub, extent in zip(expr.subscripts, table.dims, strict=False):
        if isinstance(sub, Slice) or not _reads(sub, known):
            subs.append(sub)
            continue
        if extent.dim is None or extent.of:
            return None
        loops.append(Loop(f"k{len(loops) or ''}", extent))
        subs.append(Ref(loops[-1], index_type(loops[-1])))
    if expr.type.dims:
        return None
    cell = replace(expr, subscripts=tuple(subs))
    return Reduce("max" if top else "min", cell, tuple(loops), None, None, expr.type, expr.span)


def _apply(
    expr: Apply, function: str, arguments: tuple[Expr, ...], known: Known, *, top: bool
) -> Expr | None:
    if function in CONDITIONS:
        return number(int(top))
    if function == "*" and not all(inside(a, "nonneg") for a in arguments):
        return _scaled(expr, arguments, known, top=top)
    given = [extreme(a, known, top=top) for a in arguments]
    near = tuple(e for e in given if e is not None)
    if function == ("min2" if top else "max2") and len(near) == 1:
        return near[0]  # one bound is enough
    if function in ("sum", "min", "max") and len(arguments) == 1 and arguments[0].type.dims:
        return _row(expr, arguments[0], known, top=top)
    if function == "abs" and not inside(arguments[0], "nonneg"):
        return _absolute(expr, arguments[0], known, top=top)
    if function in ("-", "neg"):
        found = extreme(arguments[-1], known, top=not top)
        if found is None or (function == "-" and given[0] is None):
            return None
        return _folded(expr, (found,) if function == "neg" else (near[0], found))
    if len(near) < len(arguments):
        return None
    match function:
        case "+":
            return _folded(expr, near)
        case "*":
            return _folded(expr, near)
        case "/" if not _reads(arguments[1], known) and inside(arguments[1], "nonneg"):
            return replace(expr, arguments=(near[0], arguments[1]))
        case "%" if not _reads(arguments[1], known) and inside(arguments[1], "nonneg"):
            last = _folded(Apply("-", (arguments[1], number(1)), INT), (arguments[1], number(1)))
            return last if top else number(0)
        case "^" if inside(arguments[0], "count") and not _reads(arguments[1], known):
            return replace(expr, arguments=near)
        case "square" | "abs" if inside(arguments[0], "nonneg"):
            return replace(expr, arguments=near)
        case name if name in GROWING:
            return _folded(expr, near)
        case _:
            return None


def _scaled(expr: Apply, arguments: tuple[Expr, ...], known: Known, *, top: bool) -> Expr | None:
    """A product whose factors may be negative: at one of their ends each."""
    ends: list[list[Expr]] = []
    for a in arguments:
        both = [extreme(a, known, top=end) for end in (False, True)]
        if both[0] is None or both[1] is None:
            return None
        ends.append([both[0]] if both[0] == both[1] else [both[0], both[1]])
    corners = [_folded(expr, (x, y)) for x in ends[0] for y in ends[1]]
    return reduce(partial(outermost, "max2" if top else "min2"), corners)


def _row(expr: Apply, row: Expr, known: Known, *, top: bool) -> Expr | None:
    """`sum(z[s])` as the reduction over its cells that it is."""
    if len(row.type.dims) != 1:
        return None
    loop = Loop("", row.type.dims[0])
    cell = at(row, Ref(loop, index_type(loop)))
    whole = Reduce(expr.function, cell, (loop,), None, None, expr.type, expr.span)
    return extreme(whole, known, top=top)


def _absolute(expr: Apply, given: Expr, known: Known, *, top: bool) -> Expr | None:
    """The greater of both ends' sizes; no value is below 0."""
    ends = [extreme(given, known, top=end) for end in (False, True)]
    if not top:
        return number(0)
    if ends[0] is None or ends[1] is None:
        return None
    return outermost("max2", replace(expr, arguments=(ends[1],)), Apply("neg", (ends[0],), INT))


def _select(expr: Select, known: Known, *, top: bool) -> Expr | None:
    found = _by_value(expr, known, top=top)
    if found is not None:
        return found
    ends = [extreme(e, known, top=top) for e in (expr.then, expr.otherwise)]
    if ends[0] is None or ends[1] is None:
        return None
    if not _reads(expr.condition, known):
        return replace(expr, then=ends[0], otherwise=ends[1])
    return outermost("max2" if top else "min2", ends[0], ends[1])


def _by_value(expr: Select, known: Known, *, top: bool) -> Expr | None:
    """The extreme over the values of the one latent that a condition reads; None if not so."""
    cells = {e for e in walk(expr.condition) if isinstance(e, Ref | Index) and _cell(e, known)}
    if len(cells) != 1:
        return None
    (cell,) = cells
    ends = [extreme(cell, known, top=end) for end in (False, True)]
    match ends:
        case [Const(value=int(low)), Const(value=int(high))] if high - low < FEW:
            pass
        case _:
            return None
    found: list[Expr] = []
    for value in range(low, high + 1):
        taken = _test(_put(expr.condition, cell, value))
        if taken is None:
            return None
        branch = extreme(_put(expr.then if taken else expr.otherwise, cell, value), known, top=top)
        if branch is None:
            return None
        found.append(branch)
    return reduce(partial(outermost, "max2" if top else "min2"), found)


def _cell(expr: Ref | Index, known: Known) -> bool:
    """Whether an expression is one value of a latent."""
    base = expr.base if isinstance(expr, Index) else expr
    return isinstance(base, Ref) and base.symbol in known and not expr.type.dims


def _put(expr: Expr, cell: Expr, value: int) -> Expr:
    """An expression where a cell has a value, whole numbers worked out."""
    if expr == cell:
        return number(value)
    new = rebuild(expr, lambda e: _put(e, cell, value))
    return _folded(new, new.arguments) if isinstance(new, Apply) else new


TESTS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


def _test(expr: Expr) -> bool | None:
    """Whether a condition holds; None where its numbers are not all known."""
    match expr:
        case Const(value=value) if not isinstance(value, str):
            return bool(value)
        case Apply(function=name, arguments=(Const(value=int(a)), Const(value=int(b)))) if (
            name in TESTS
        ):
            return TESTS[name](a, b)
        case Apply(function="not", arguments=(one,)):
            inner = _test(one)
            return None if inner is None else not inner
        case Apply(function="and" | "or" as name, arguments=(one, two)):
            sides = _test(one), _test(two)
            if None in sides:
                return None
            return all(sides) if name == "and" else any(sides)
        case _:
            return None


def outermost(function: str, one: Expr, two: Expr) -> Expr:
    """Return the smaller (`min2`) or larger (`max2`) of two ends, worked out where it is known."""
    match one, two:
        case Const(value=int(a)), Const(value=int(b)):
            return number(min(a, b) if function == "min2" else max(a, b))
        case _ if one == two:
            return one
        case _, Apply(function=other, arguments=given) if other != function and (
            other in ("min2", "max2") and one in given
        ):
            return one  # min(x, c) is never above c
        case Apply(function=other, arguments=given), _ if other != function and (
            other in ("min2", "max2") and two in given
        ):
            return two
        case Apply(function=same, arguments=arguments), _ if same == function and two in arguments:
            return one
        case _:
            return Apply(function, (one, two), INT)


def _folded(expr: Apply, arguments: tuple[Expr, ...]) -> Expr:
    """Apply an operator; whole numbers are worked out."""
    match expr.function, arguments:
        case ("min2" | "max2") as function, (one, two):
            return outermost(function, one, two)
        case "floor" | "ceil" | "round", (Const(value=int()) as one,):
            return one
        case "neg", (Const(value=int(a)),):
            return number(-a)
        case "+", (Const(value=int(a)), Const(value=int(b))):
            return number(a + b)
        case "-", (Const(value=int(a)), Const(value=int(b))):
            return number(a - b)
        case "*", (Const(value=int(a)), Const(value=int(b))):
            return number(a * b)
        case "+", (Const(value=0), one) | (one, Const(value=0)):
            return one
        case "*", (Const(value=0) as zero, _) | (_, Const(value=0) as zero):
            return zero
        case "*", (Const(value=1), one) | (one, Const(value=1)):
            return one
        case _:
            return replace(expr, arguments=arguments)
