"""Whether a parameter's values lie in its domain: proved, refuted, or neither.

Where the support of an argument is exact and leaves the domain, that is an error; where inference
only bounds it, a warning.
"""

from genlang.check.kinds import inside
from genlang.check.model import Apply, Array, Const, Expr, Index, Ref, Variable
from genlang.check.scope import Scope
from genlang.check.supports import Interval, of_kind, support
from genlang.check.walk import walk
from genlang.lang.distributions import Parameter
from genlang.lang.types import INTEGERS
from genlang.source import Span

WORDS = {
    "positive": "must be positive",
    "nonneg": "must not be negative",
    "unit": "must be between 0 and 1",
    "count": "must be a count (0, 1, 2, ...)",
    "int": "must be an int",
}
EDITS = {
    "positive": "`exp(...)` makes it positive; a prior such as `HalfNormal` or `Exponential` is",
    "nonneg": "`exp(...)` makes it positive; a prior such as `HalfNormal` or `Exponential` is",
    "unit": "`sigmoid(...)` maps it into (0, 1), or give it as `logits=`; a `Beta` prior is inside",
}


def domain(expr: Expr, p: Parameter, law: str, span: Span, scope: Scope) -> None:
    """Check one argument of a distribution."""
    if p.domain == "simplex":
        _simplex(expr, p, law, span, scope)
        return
    if p.domain not in WORDS or inside(expr, p.domain):
        return
    integer = p.domain in ("count", "int")
    if integer and expr.type.kind not in INTEGERS and not isinstance(expr, Const):
        message = f"`{p.name}` of `{law}` {WORDS[p.domain]}, this is {expr.type.kind}"
        edit = "`floor(...)` or `round(...)` gives an int"
        scope.fail("E408", message, span, help=edit, second=_declaration(expr))
    wanted = of_kind(p.domain)
    values = support(expr, scope.supports)
    if values.within(wanted) and not (integer and isinstance(expr, Const)):
        return
    edge = values.within(wanted.closed())
    if edge and not values.given and expr.type.kind not in INTEGERS and not isinstance(expr, Const):
        # A continuous value meets the end of the domain with probability 0.
        return
    message = f"`{p.name}` of `{law}` {WORDS[p.domain]}"
    why = f"this can be {values.show()}"
    if isinstance(expr, Const):
        scope.fail("E408", message, span, why=f"this is {expr.value}")
    if scope.guarded or not values.exact or (edge and values.given):
        scope.warn("W408", f"{message}, which is not certain here", span,
                   why=f"as far as can be told, {why}")  # fmt: skip
        return
    scope.fail("E408", message, span, why=why, help=_edit(expr, p.domain, values),
               second=_declaration(expr))  # fmt: skip


def _edit(expr: Expr, wanted: str, values: Interval) -> str:
    if values.given and wanted in ("positive", "nonneg", "unit", "count"):
        names = [e.symbol.name for e in walk(expr) if isinstance(e, Ref) and e.type.kind != "index"]
        name = names[0] if names else "x"
        return f"declare `{name}` as `{wanted}` if it is"
    return EDITS.get(wanted, "")


def _declaration(expr: Expr) -> tuple[Span, str] | None:
    for part in walk(expr):
        role = getattr(part.symbol, "role", "") if isinstance(part, Ref) else ""
        if isinstance(part, Ref) and role in ("latent", "param", "data"):
            return part.symbol.span, f"`{part.symbol.name}` is declared here"
    return None


# -- Simplexes --------------------------------------------------------------------------------

TOLERANCE = 1e-6
HELP = "`weights=` are normalized; `logits=` may be any numbers; `simplex[K]` values add up to 1"


def _simplex(expr: Expr, p: Parameter, law: str, span: Span, scope: Scope) -> None:
    if expr.type.structure == "simplex":
        return
    message = f"`{p.name}` of `{law}` must be a simplex: numbers from 0 that add up to 1"
    match expr:
        case Array(items=items, loops=()) if all(isinstance(i, Const) for i in items):
            numbers = [float(i.value) for i in items if isinstance(i, Const)]
            if min(numbers) < 0 or abs(sum(numbers) - 1) > TOLERANCE:
                scope.fail("E407", message, span, why=f"these add up to {sum(numbers):g}",
                           help=HELP)  # fmt: skip
            return
        case Array(items=items, loops=()) if _complement(items):
            return
        case Apply(function="/", arguments=(Apply(function="ones", arguments=(size,)), count)) if (
            size == count
        ):
            return
    base = expr
    while isinstance(base, Index):
        base = base.base
    if isinstance(base, Ref) and isinstance(base.symbol, Variable):
        base = scope.lets.get(base.symbol, base)
    if base is not expr and isinstance(base, Apply):
        _simplex(base, p, law, span, scope)
        return
    if isinstance(base, Array) and not base.loops:
        for item in base.items:
            _simplex(item, p, law, span, scope)
        return
    declared = isinstance(base, Ref) and getattr(base.symbol, "role", "") in ("latent", "param")
    if declared:
        scope.fail("E407", message, span, why=f"these are {expr.type.kind} and free of each other",
                   help=HELP, second=_declaration(expr))  # fmt: skip
    scope.warn("W407", f"{message}, which is not certain here", span, help=HELP)


def _complement(items: tuple[Expr, ...]) -> bool:
    """Whether one item is 1 minus all the others: `[p, 1 - p]`."""
    for i, item in enumerate(items):
        others = list(items[:i] + items[i + 1 :])
        rest = _minus_one(item)
        if rest is not None and len(rest) == len(others) and all(o in rest for o in others):
            return all(inside(e, "unit") for e in others)
    return False


def _minus_one(expr: Expr) -> list[Expr] | None:
    """`1 - a - b` as [a, b]."""
    match expr:
        case Apply(function="-", arguments=(Const(value=1), right)):
            return _sum(right)
        case Apply(function="-", arguments=(left, right)):
            found = _minus_one(left)
            return None if found is None else [*found, *_sum(right)]
        case _:
            return None


def _sum(expr: Expr) -> list[Expr]:
    match expr:
        case Apply(function="+", arguments=(left, right)):
            return [*_sum(left), *_sum(right)]
        case _:
            return [expr]
