"""Operators between typed expressions: labels beside indices, `@`, comparisons, arithmetic."""

from dataclasses import replace

from genlang.check import structures
from genlang.check.kinds import arithmetic
from genlang.check.model import (
    Apply,
    Array,
    Const,
    Dim,
    Expr,
    Ref,
    Type,
)
from genlang.check.rows import contracted
from genlang.check.scope import Scope
from genlang.check.shapes import joined, same, show
from genlang.diagnostics import correction, suggest
from genlang.source import Span

ARITHMETIC = frozenset("+-*/%^")
BOOL = Type("bool")


def labelled(side: Expr, other: Expr, scope: Scope) -> Expr:
    """A label beside an index is its position, where the model writes the labels."""
    if not (isinstance(side, Const) and isinstance(side.value, str)):
        return side
    dim = other.type.dim
    if dim is None:
        scope.fail("E305", "a label is compared with something that has no labels", side.span,
                   why="only an index of a dim has labels",
                   help="declare it as `data x[N]: index(D)`")  # fmt: skip
    if dim.labels is None:
        scope.fail(
            "E306",
            f"the labels of `{dim.name}` are not written in the model",
            side.span,
            help=f'write them: `dim {dim.name} = ["{side.value}", ...]`',
            second=(dim.span, "declared here"),
        )
    if side.value not in dim.labels:
        edit = suggest(side.value, dim.labels) or "its labels: " + ", ".join(dim.labels)
        inside = Span(side.span.start + 1, side.span.end - 1)
        scope.fail("E306", f'`{dim.name}` has no label "{side.value}"', side.span, help=edit,
                   second=(dim.span, "declared here"),
                   edits=correction(side.value, dim.labels, inside))  # fmt: skip
    return Const(dim.labels.index(side.value), Type("index", dim=dim), side.span)


def positions(value: Expr, kind: Type, scope: Scope) -> Expr:
    """The labels in a default as positions of the dim that its type is an index of."""
    match value:
        case Const(value=str()):
            return labelled(value, Ref(Dim(""), kind), scope)
        case Array(items=items) if value.type.kind == "string":
            found = tuple(positions(item, kind, scope) for item in items)
            return replace(value, items=found, type=replace(value.type, kind="index", dim=kind.dim))
        case _:
            return value


def matmul(left: Expr, right: Expr, span: Span, scope: Scope) -> Expr:
    """Type `left @ right`, a sum over the one dim that they share."""
    a, b = left.type.dims, right.type.dims
    if not (1 <= len(a) <= 2 and 1 <= len(b) <= 2):
        edit = "a number is multiplied by `*`" if not (a and b) else ""
        scope.fail("E301", f"`@` wants vectors or matrices, here {show(a)} and {show(b)}", span,
                   help=edit)  # fmt: skip
    if not same(a[-1], b[0]):
        why = "the last dim of the left side and the first of the right differ"
        scope.fail("E301", f"`@` sums over one dim, here {show(a)} and {show(b)}", span, why=why)
    cells = contracted(left, right, span, scope)
    if cells is not None:
        return cells
    dims = (*a[:-1], *b[1:])
    structure = structures.applied("@", (left, right), dims)
    return Apply("@", (left, right), Type("real", dims, structure=structure), span)


def operation(op: str, left: Expr, right: Expr, span: Span, scope: Scope) -> Expr:
    """Type an operator between two values; a fault is reported and raises Poison."""
    if op == "@":
        return matmul(left, right, span, scope)
    if op in ARITHMETIC:
        for side in (left, right):
            if side.type.kind == "string":
                scope.fail("E305", "a label is no number", side.span,
                           why="only `==`, `!=` and subscripts take labels")  # fmt: skip
    left, right = labelled(left, right, scope), labelled(right, left, scope)
    dims = joined(left.type, right.type, f"`{op}`", span, scope)
    if op in ARITHMETIC:
        found = structures.applied(op, (left, right), dims)
        if op in "-/" and not found:
            found = structures.shifted(op, left, right)
        kind = Type(arithmetic(op, left, right), dims, structure=found)
        return Apply(op, (left, right), kind, span)
    a, b = left.type.dim, right.type.dim
    if a is not None and b is not None and a is not b:
        scope.fail(
            "E302",
            f"an index of `{a.name}` is compared with an index of `{b.name}`",
            span,
            why="indices of different dims count different things",
        )
    return Apply(op, (left, right), replace(BOOL, dims=dims), span)
