"""Checks of the data that stand for what could not be shown of the arguments of a `def`."""

from collections.abc import Iterable, Iterator

from genlang.check.model import (
    Apply,
    Const,
    Define,
    Draw,
    Expr,
    Require,
    Statement,
    Symbol,
    Type,
    Variable,
)
from genlang.check.scope import Scope
from genlang.check.walk import symbols
from genlang.source import Span

BOOL, COUNT = Type("bool"), Type("count")


def leave_to_data(expr: Expr, wanted: Type, what: str, span: Span, scope: Scope) -> None:
    """Add a check that a value is of its type, to be made once data are bound.

    None is added for what may never be evaluated.
    """
    if scope.guarded or any(d.of for d in expr.type.dims):
        return
    loops = (*scope.around, *scope.loops)
    for test, words in _tests(expr, wanted):
        whole = test
        for _ in expr.type.dims:
            whole = Apply("all", (whole,), Type("bool", whole.type.dims[:-1]), span)
        message = f"{what} must be {words}"
        why = "its type says so, and is checked here"
        if not any(c.condition == whole and c.message == message for c in scope.checks):
            scope.checks.append(Require(whole, message, loops, span, why))


def _tests(expr: Expr, wanted: Type) -> Iterator[tuple[Apply, str]]:
    """What a type says of a value, in conditions and in words."""
    zero, one = Const(0, COUNT), Const(1, COUNT)

    def test(op: str, end: Expr) -> Apply:
        return Apply(op, (expr, end), Type("bool", expr.type.dims))

    match wanted.kind:
        case "positive":
            yield test(">", zero), "above 0"
        case "nonneg" | "count":
            yield test(">=", zero), "0 or more"
        case "unit" | "bool":
            yield test(">=", zero), "0 or more"
            yield test("<=", one), "1 or less"
        case _:
            pass
    if wanted.lower is not None:
        yield test(">=", wanted.lower), "at least its lower bound"
    if wanted.upper is not None:
        yield test("<=", wanted.upper), "at most its upper bound"


def known_checks(checks: Iterable[Require], statements: Iterable[Statement]) -> list[Require]:
    """Return those checks that read nothing but data, and `let`s of data."""
    every = list(statements)
    drawn = {s.target for s in every if isinstance(s, Draw)}
    lets = {s.target: s.value for s in every if isinstance(s, Define)}

    def known(symbol: Symbol, above: frozenset[Variable]) -> bool:
        if not isinstance(symbol, Variable):
            return True
        if symbol in drawn or symbol in above:
            return False
        if symbol.role == "data":
            return True
        inner = above | {symbol}
        return symbol in lets and all(known(s, inner) for s in symbols(lets[symbol]))

    return [c for c in checks if all(known(s, frozenset()) for s in symbols(c.condition))]
