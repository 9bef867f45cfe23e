"""Kinds of results: which interval an expression's value is known to lie in."""

from genlang.check.model import Const, Expr, Law
from genlang.check.walk import leaves
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.types import INTEGERS, fits, widest

SIGNED = {"positive": "positive", "count": "nonneg", "bool": "nonneg", "index": "nonneg"}


def number_kind(value: float) -> str:
    """The narrowest kind of a written number."""
    if isinstance(value, int):
        return "count" if value >= 0 else "int"
    if value > 0:
        return "positive"
    return "nonneg" if value == 0 else "real"


def inside(expr: Expr, domain: str) -> bool:
    """Whether every value of an expression lies in a domain."""
    if isinstance(expr, Const) and isinstance(expr.value, int | float):
        value = expr.value
        match domain:
            case "positive":
                return value > 0
            case "nonneg":
                return value >= 0
            case "unit":
                return 0 <= value <= 1
            case "bool":
                return value in (0, 1)
            case "count":
                return value >= 0 and float(value).is_integer()
            case "int":
                return float(value).is_integer()
            case _:
                return True
    return fits(expr.type.kind, domain)


def arithmetic(op: str, a: Expr, b: Expr) -> str:
    """The kind of `a op b`."""
    left, right = a.type.kind, b.type.kind
    integer = left in INTEGERS and right in INTEGERS
    match op:
        case "+" if integer:
            return "count" if inside(a, "count") and inside(b, "count") else "int"
        case "+":
            return _sum(a, b)
        case "-" if integer:
            return "int"
        case "-":
            one = isinstance(a, Const) and a.value == 1
            return "unit" if one and inside(b, "unit") else "real"
        case "*" if left == right == "bool":
            return "bool"
        case "*" if integer:
            return "count" if inside(a, "count") and inside(b, "count") else "int"
        case "*" | "/":
            return _product(op, a, b)
        case "%":
            return "int" if integer else "real"
        case _:
            return _power(a, b, integer=integer)


def _sum(a: Expr, b: Expr) -> str:
    if inside(a, "nonneg") and inside(b, "nonneg"):
        return "positive" if inside(a, "positive") or inside(b, "positive") else "nonneg"
    return "real"


def _product(op: str, a: Expr, b: Expr) -> str:
    if op == "*" and inside(a, "unit") and inside(b, "unit"):
        return "unit"
    if inside(a, "positive") and inside(b, "positive"):
        return "positive"
    return "nonneg" if inside(a, "nonneg") and inside(b, "nonneg") else "real"


def _power(a: Expr, b: Expr, *, integer: bool) -> str:
    if integer and inside(b, "count"):
        return "count" if inside(a, "count") else "int"
    if inside(a, "positive"):
        return "positive"
    even = isinstance(b, Const) and isinstance(b.value, int) and b.value % 2 == 0
    return "nonneg" if even or inside(a, "nonneg") else "real"


def join(exprs: tuple[Expr, ...]) -> str:
    """The narrowest kind that holds all values; numbers take any kind that they lie in."""
    kinds = [e.type.kind for e in exprs]
    if "string" in kinds:
        return "string"
    for candidate in ("bool", "count", "unit", "positive", "int", "nonneg"):
        if all(inside(e, candidate) for e in exprs):
            return candidate
    return widest(tuple(kinds))


def discrete(law: Law) -> bool:
    """Whether a law has masses, not densities."""
    return all(
        all(map(discrete, leaf.inside)) if leaf.inside
        else DISTRIBUTIONS[leaf.name].kind in INTEGERS
        for leaf in leaves(law)
    )  # fmt: skip
