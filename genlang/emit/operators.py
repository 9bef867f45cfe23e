"""Operators between pieces of text: parentheses by precedence, conditions, conjunctions."""

from dataclasses import replace

from genlang.emit.code import (
    AND,
    COMPARE,
    OR,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Code,
    lined_up,
    tensor,
    union,
)
from genlang.emit.scope import Scope

PYTHON = {"^": "**"}
LEVELS = {
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT, "^": POWER, "&": AND, "|": OR,
}  # fmt: skip


def truth(code: Code) -> Code:
    """Write a number as a condition."""
    if code.truth or (code.number and code.level == COMPARE):
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


def branches(condition: Code, scope: Scope) -> tuple[Scope, Scope]:
    """Return the scopes of what is only read where a condition holds, and where it does not."""
    taken = truth(tensor(condition))
    other = replace(taken, text=f"~{taken.above(SIGN)}", level=SIGN)
    guards = [
        conjunction([*([] if scope.guard is None else [scope.guard]), c], scope)
        for c in (taken, other)
    ]
    return replace(scope, guard=guards[0]), replace(scope, guard=guards[1])
