"""Whether numbers are proved to add up to 1: `[p * q, p * (1 - q), 1 - p]`.

The items of a list are expanded as polynomials of their names; their sum must be the number 1.
"""

from collections.abc import Mapping

from genlang.check.kinds import inside
from genlang.check.model import Apply, Array, Const, Expr, Index, Ref, Variable
from genlang.check.scope import Scope
from genlang.check.supports import support
from genlang.source import Span

TOLERANCE = 1e-6
TERMS = 200
HELP = "`weights=` are normalized; `logits=` may be any numbers; `simplex[K]` values add up to 1"


def simplex(expr: Expr, what: str, span: Span, scope: Scope) -> None:
    """Check that an argument is a simplex: refuted is an error, unproved a warning."""
    message = f"{what} must be a simplex: numbers from 0 that add up to 1"
    base = expr
    while isinstance(base, Index):
        base = base.base
    if isinstance(base, Ref) and isinstance(base.symbol, Variable):
        base = scope.lets.get(base.symbol, base)
    rows = base.items if isinstance(base, Array) and base.items[0].type.dims else (base,)
    for row in rows:
        match row:
            case _ if expr.type.structure == "simplex" or row.type.structure == "simplex":
                continue
            case Array(items=items, loops=()) if all(isinstance(i, Const) for i in items):
                numbers = [float(i.value) for i in items if isinstance(i, Const)]
                if min(numbers) < 0 or abs(sum(numbers) - 1) > TOLERANCE:
                    second = None if row is expr else (row.span, "this row")
                    why = f"these add up to {sum(numbers):g}"
                    scope.fail("E407", message, span, why=why, help=HELP, second=second)
                continue
            case Array(items=items, loops=()) if _adds_up(items, scope):
                continue
            case Apply(
                function="/", arguments=(Apply(function="ones", arguments=(size,)), count)
            ) if size == count:
                continue
            case Ref(symbol=Variable(role="latent" | "param" | "argument") as symbol):
                second = (symbol.span, f"`{symbol.name}` is declared here")
                why = f"these are {expr.type.kind} and free of each other"
                scope.fail("E407", message, span, why=why, help=HELP, second=second)
            case _:
                why = "their sum is not known to be 1"
                unsure = f"{message}, which is not certain here"
                scope.warn("W407", unsure, span, why=why, help=HELP)
                return


def _adds_up(items: tuple[Expr, ...], scope: Scope) -> bool:
    """Whether the items are not negative and their sum is 1, whatever the names' values."""
    total: dict[tuple[int, ...], float] = {}
    atoms: list[Expr] = []
    for item in items:
        low = support(item, scope.supports).low
        if not (inside(item, "nonneg") or low >= 0):
            return False
        terms = _polynomial(item, atoms)
        if terms is None:
            return False
        for monomial, factor in terms.items():
            total[monomial] = total.get(monomial, 0.0) + factor
    total[()] = total.get((), 0.0) - 1
    return all(abs(factor) < TOLERANCE for factor in total.values())


Polynomial = Mapping[tuple[int, ...], float]


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
        case _:
            if expr not in atoms:
                atoms.append(expr)
            return {(atoms.index(expr),): 1.0}


def _times(one: Polynomial | None, two: Polynomial | None) -> Polynomial | None:
    if one is None or two is None or len(one) * len(two) > TERMS:
        return None
    result: dict[tuple[int, ...], float] = {}
    for a, x in one.items():
        for b, y in two.items():
            key = tuple(sorted((*a, *b)))
            result[key] = result.get(key, 0.0) + x * y
    return result
