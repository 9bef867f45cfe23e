"""Whether numbers are proved to add up to 1, `[p * q, p * (1 - q), 1 - p]`, or to increase.

The items of a list are expanded as polynomials of their names; their sum must be the number 1.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from genlang.check.kinds import inside
from genlang.check.model import (
    Apply,
    Array,
    Const,
    Dim,
    Expr,
    Forward,
    Index,
    Ref,
    Slice,
    Symbol,
    Type,
    Variable,
)
from genlang.check.scope import Scope
from genlang.check.supports import support
from genlang.check.walk import substitute, symbols
from genlang.source import Span

TOLERANCE = 1e-6
TERMS = 200
DEPTH = 3  # definitions that read definitions
Polynomial = Mapping[tuple[int, ...], float]
HELP = "`weights=` are normalized; `logits=` may be any numbers; `simplex[K]` values add up to 1"


def simplex(expr: Expr, what: str, span: Span, scope: Scope) -> bool:
    """Check that an argument is a simplex: refuted is an error, unproved a warning.

    Returns whether it is proved.
    """
    message = f"{what} must be a simplex: numbers from 0 that add up to 1"
    for row in _rows(expr, scope):
        match row:
            case _ if _proved(row, expr, scope):
                continue
            case Array(items=items, loops=()) if all(isinstance(i, Const) for i in items):
                numbers = [float(i.value) for i in items if isinstance(i, Const)]
                if min(numbers) < 0 or abs(sum(numbers) - 1) > TOLERANCE:
                    second = None if row is expr else (row.span, "this row")
                    why = f"these add up to {sum(numbers):g}"
                    scope.fail("E407", message, span, why=why, help=HELP, second=second)
                continue
            case Ref(symbol=Variable(role="latent" | "param" | "argument") as symbol):
                second = (symbol.span, f"`{symbol.name}` is declared here")
                why = f"these are {expr.type.kind} and free of each other"
                scope.fail("E407", message, span, why=why, help=HELP, second=second)
            case Forward(net=net):
                second = (net.span, f"`{net.name}` is declared here")
                why = f"these are {expr.type.kind} and free of each other"
                scope.fail("E407", message, span, why=why, second=second,
                           help="declare the output as `simplex[K]`")  # fmt: skip
            case _:
                why = "their sum is not known to be 1"
                unsure = f"{message}, which is not certain here"
                scope.warn("W407", unsure, span, why=why, help=HELP)
                return False
    return True


def is_simplex(expr: Expr, scope: Scope) -> bool:
    """Whether an expression is proved to be a simplex, or rows of them."""
    return all(_proved(row, expr, scope) for row in _rows(expr, scope))


def _rows(expr: Expr, scope: Scope) -> tuple[Expr, ...]:
    """The rows that an expression is made of, through definitions."""
    base = expr
    while isinstance(base, Index) and _whole_rows(base):
        base = base.base
    if isinstance(base, Ref) and isinstance(base.symbol, Variable):
        base = scope.lets.get(base.symbol, base)
    return base.items if isinstance(base, Array) and base.items[0].type.dims else (base,)


def _proved(row: Expr, expr: Expr, scope: Scope) -> bool:
    """Whether a row of an expression is a simplex."""
    if expr.type.structure == "simplex" or row.type.structure == "simplex":
        return True
    match row:
        case Array(items=items, loops=()):
            return _adds_up(items, scope)
        case Apply(function="/", arguments=(Apply(function="ones", arguments=(size,)), count)) if (
            size == count
        ):
            return True
        case Apply(function="one_hot", arguments=(place, Ref(symbol=Dim() as dim))) if (
            place.type.dim is dim
        ):
            return True
        case Apply():
            return _mixes(row, scope)
        case _:
            return False


def _whole_rows(expr: Index) -> bool:
    """Whether subscripts leave the last axis as it is."""
    if len(expr.subscripts) < len(expr.base.type.dims):
        return True
    last = expr.subscripts[-1]
    return isinstance(last, Slice) and last.start is last.stop is None


def _mixes(expr: Expr, scope: Scope) -> bool:
    """Whether an expression averages simplexes: `w * p + (1 - w) * q`."""
    if support(expr, scope.supports).low < 0 and not inside(expr, "nonneg"):
        return False
    total = _mass(expr, [])
    return total is not None and all(
        abs(factor - (monomial == ())) < TOLERANCE
        for monomial, factor in {(): 0.0, **total}.items()
    )


def _mass(expr: Expr, atoms: list[Expr]) -> Polynomial | None:
    """The sum over the last dim, expanded over `atoms`; None where it is not known."""
    if expr.type.structure == "simplex":
        return {(): 1.0}
    match expr:
        case Apply(function="+" | "-" as sign, arguments=(left, right)) if (
            left.type.dims and right.type.dims
        ):
            one = _mass(left, atoms)
            two = _times({(): -1.0 if sign == "-" else 1.0}, _mass(right, atoms))
            if one is None or two is None:
                return None
            return {m: one.get(m, 0.0) + two.get(m, 0.0) for m in {*one, *two}}
        case Apply(function="*", arguments=(left, right)) if not left.type.dims:
            return _times(_polynomial(left, atoms), _mass(right, atoms))
        case Apply(function="*", arguments=(left, right)) if not right.type.dims:
            return _times(_polynomial(right, atoms), _mass(left, atoms))
        case Apply(function="/", arguments=(left, Const(value=int() | float() as value))) if value:
            return _times({(): 1 / value}, _mass(left, atoms))
        case _:
            return None


def _adds_up(items: tuple[Expr, ...], scope: Scope) -> bool:
    """Whether the items are not negative and their sum is 1, whatever the names' values."""
    total: dict[tuple[int, ...], float] = {}
    atoms: list[Expr] = []
    for item in items:
        low = support(item, scope.supports).low
        if not (inside(item, "nonneg") or low >= 0):
            return False
        terms = _polynomial(_spelt_out(item, scope), atoms)
        if terms is None:
            return False
        for monomial, factor in terms.items():
            total[monomial] = total.get(monomial, 0.0) + factor
    total[()] = total.get((), 0.0) - 1
    return all(abs(factor) < TOLERANCE for factor in total.values())


def _spelt_out(expr: Expr, scope: Scope) -> Expr:
    """An expression with the definitions of the scalars that it names in their places."""
    for _ in range(DEPTH):
        lets: dict[Symbol, Expr] = {
            v: scope.lets[v]
            for v in symbols(expr)
            if isinstance(v, Variable) and v in scope.lets and not v.dims
        }
        if not lets:
            break
        expr = substitute(expr, lets)
    return expr


def _polynomial(expr: Expr, atoms: list[Expr]) -> Polynomial | None:
    """Expand an expression over `atoms`, to which new ones are added; None where it is too long."""
    match expr:
        case Const(value=int() | float() as value):
            return {(): float(value)}
        case Apply(function="neg", arguments=(operand,)):
            return _times({(): -1.0}, _polynomial(operand, atoms))
        case Apply(function="+" | "-" as sign, arguments=(left, right)):
            one = _polynomial(left, atoms)
            two = _times({(): -1.0 if sign == "-" else 1.0}, _polynomial(right, atoms))
            if one is None or two is None:
                return None
            return {m: one.get(m, 0.0) + two.get(m, 0.0) for m in {*one, *two}}
        case Apply(function="*", arguments=(left, right)):
            return _times(_polynomial(left, atoms), _polynomial(right, atoms))
        case Apply(function="/", arguments=(left, Const(value=int() | float() as value))) if value:
            return _times({(): 1 / value}, _polynomial(left, atoms))
        case Apply(function="^", arguments=(base, Const(value=2))):
            found = _polynomial(base, atoms)
            return _times(found, found)
        case Index(
            base=Ref(symbol=Variable(cell=Type(structure="simplex"))) as base,
            subscripts=(*rows, Const(value=int(last)) as place),
        ) if _size(base) == last + 1 and len(rows) + 1 == len(base.type.dims):
            rest: Polynomial | None = {(): 1.0}
            for k in range(last):
                other = replace(expr, subscripts=(*rows, replace(place, value=k)))
                rest = _plus(rest, -1.0, _polynomial(other, atoms))
            return rest
        case _:
            if expr not in atoms:
                atoms.append(expr)
            return {(atoms.index(expr),): 1.0}


def _size(expr: Expr) -> int | None:
    """The size of the last dim where it is fixed; one that has a name may be overridden."""
    return expr.type.dims[-1].size if expr.type.dims else None


def _plus(one: Polynomial | None, factor: float, two: Polynomial | None) -> Polynomial | None:
    if one is None or two is None:
        return None
    return {m: one.get(m, 0.0) + factor * two.get(m, 0.0) for m in {*one, *two}}


def _times(one: Polynomial | None, two: Polynomial | None) -> Polynomial | None:
    if one is None or two is None or len(one) * len(two) > TERMS:
        return None
    result: dict[tuple[int, ...], float] = {}
    for a, x in one.items():
        for b, y in two.items():
            key = tuple(sorted((*a, *b)))
            result[key] = result.get(key, 0.0) + x * y
    return result


def increases(expr: Expr, scope: Scope) -> bool:
    """Whether the items of a list increase whatever the names' values: `[a, a + b]`, b positive."""
    if not isinstance(expr, Array) or expr.loops:
        return False
    atoms: list[Expr] = []
    expanded = [_polynomial(item, atoms) for item in expr.items]
    signs = [support(atom, scope.supports) for atom in atoms]
    for one, two in pairwise(expanded):
        if one is None or two is None:
            return False
        step = {m: two.get(m, 0.0) - one.get(m, 0.0) for m in {*one, *two}}
        terms = {m: f for m, f in step.items() if f}
        if not terms or any(f < 0 or any(signs[a].low < 0 for a in m) for m, f in terms.items()):
            return False
    return True
