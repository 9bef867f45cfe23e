"""Operators between pieces of text: parentheses by precedence, conditions, conjunctions."""

from dataclasses import replace

from genlang.emit.code import AND, COMPARE, OR, POWER, PRODUCT, SUM, Code, lined_up, union
from genlang.emit.scope import Scope

PYTHON = {"^": "**"}
LEVELS = {
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT, "^": POWER, "&": AND, "|": OR,
}  # fmt: skip


def truth(code: Code) -> Code:
    """Write a number as a condition."""
    if code.truth:
        return code
    return replace(code, text=f"{code.above(OR)} != 0", truth=True, level=COMPARE)


def binary(op: str, codes: list[Code], scope: Scope, *, boolean: bool) -> Code:
    """Write an operator between two codes, lined up."""
    axes = union(scope.order, codes)
    event = max(c.event for c in codes)
    left, right = (lined_up(c, axes, event, scope.order) for c in codes)
    number = all(c.number for c in codes)
    level = LEVELS.get(op, COMPARE)
    # `a - (b - c)`, `(a ** b) ** c` and chained comparisons keep their parentheses.
    first = left.above(level + (op == "^" or level == COMPARE))
    second = right.above(level + (op not in ("+", "&", "|")))
    text = f"{first} {PYTHON.get(op, op)} {second}"
    return Code(text, axes, event, number=number, truth=boolean and not number, level=level)


def comparison(op: str, left: Code, right: Code, scope: Scope) -> Code:
    """Write a comparison of two codes."""
    return binary(op, [left, right], scope, boolean=True)


def conjunction(codes: list[Code], scope: Scope) -> Code | None:
    """Write the conjunction of conditions, None for no condition."""
    if not codes:
        return None
    result = codes[0]
    for code in codes[1:]:
        result = binary("&", [result, code], scope, boolean=True)
    return result
