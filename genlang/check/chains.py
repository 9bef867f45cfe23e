"""`A then B`: which loop a chain runs along, its parts, and what lagged reads may reach.

`z[t-1]` is a lag of 1 in the loop over `t`. It needs an element before: a part of a `then` before
the one that reads it, or a loop over a part that starts that far in (`for t in T[1:]`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace

from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Expr,
    Index,
    Law,
    Loop,
    Ref,
    Slice,
    Type,
    Variable,
)
from genlang.check.scope import Scope
from genlang.check.walk import index_type, law_expressions, walk
from genlang.source import Span
from genlang.syntax import nodes

COUNT = Type("count")


def chain_loop(node: nodes.Chain, scope: Scope) -> Loop:
    """Return the loop of a `then`: the one whose index is shifted, else the innermost."""
    if not scope.loops:
        scope.fail("E330", "`then` stands in no loop", node.span,
                   why="its first part is for a loop's first element, the second for the others",
                   help="write it inside `for t in T:`")  # fmt: skip
    shifted = list(dict.fromkeys(
        loop for part in node.parts for sub in _subscripts(part)
        if (loop := shift(sub, scope)) is not None
    ))  # fmt: skip
    if len(shifted) > 1:
        names = " and ".join(f"`{loop.name}`" for loop in shifted)
        scope.fail("E331", f"a chain runs along one loop, this one reads back along {names}",
                   node.span)  # fmt: skip
    return shifted[0] if shifted else scope.loops[-1]


def _subscripts(node: object) -> Iterator[nodes.Expr]:
    """Yield every subscript inside an expression of the AST."""
    if isinstance(node, nodes.Subscript):
        yield from (s for s in node.subscripts if not isinstance(s, nodes.Slice | nodes.Binder))
    if isinstance(node, tuple):
        for item in node:
            yield from _subscripts(item)
    elif is_dataclass(node):
        for part in fields(node):
            yield from _subscripts(getattr(node, part.name))


def shift(sub: object, scope: Scope) -> Loop | None:
    """Return the loop whose index a subscript of the AST shifts back (`t - 1`), else None."""
    match sub:
        case nodes.Binary(op="-", left=nodes.Name(name=name), right=nodes.Number()):
            return scope.loop(name)
        case nodes.Binary(op="-", left=left, right=nodes.Number()):
            return shift(left, scope)
        case _:
            return None


def offset(expr: Expr) -> tuple[Loop, int] | None:
    """Return the loop and the number `k` of a subscript `t + k`, None for others."""
    match expr:
        case Ref(symbol=Loop() as loop):
            return loop, 0
        case Apply(function="+" | "-" as sign, arguments=(inner, Const(value=int(k)))):
            found = offset(inner)
            return None if found is None else (found[0], found[1] + (k if sign == "+" else -k))
        case _:
            return None


def first_position(loop: Loop) -> Expr:
    """Return the first position of a loop's part as an expression."""
    match loop.start:
        case None:
            return Const(0, COUNT)
        case Const(value=int(k)) if k < 0 and loop.extent.dim is not None:
            return Apply("-", (Ref(loop.extent.dim, COUNT), Const(-k, COUNT)), COUNT)
        case start:
            return start


def at(loop: Loop, place: int) -> Expr:
    """Return the condition that a loop is at a place of its part, from 0."""
    start = first_position(loop)
    match start:
        case Const(value=int(k)):
            there: Expr = Const(k + place, COUNT)
        case _ if place:
            there = Apply("+", (start, Const(place, COUNT)), COUNT)
        case _:
            there = start
    return Apply("==", (Ref(loop, index_type(loop)), there), Type("bool"))


def parent_of(expr: Expr, loop: Loop) -> Expr | None:
    """Return a subscript that is the parent of a tree's node, `parent[v]`, None for others."""
    match expr:
        case Index(
            base=Ref(symbol=Variable(role="data") as data), subscripts=(Ref(symbol=own),)
        ) if own is loop and loop.extent.dim is not None and data.cell.dim is loop.extent.dim:
            return expr
        case _:
            return None


def _parents(law: Law, variable: Variable, loop: Loop) -> list[Expr]:
    return list(dict.fromkeys(
        parent
        for outer in law_expressions(law) for e in walk(outer)
        if isinstance(e, Index) and isinstance(e.base, Ref) and e.base.symbol is variable
        for sub in e.subscripts
        if not isinstance(sub, Slice) and (parent := parent_of(sub, loop)) is not None
    ))  # fmt: skip


def together(laws: list[Law], loop: Loop, variable: Variable | None, span: Span) -> Law:
    """Return `A then B then C` as choices by the place in the loop; for a tree, by root or not."""
    result = laws[-1]
    parents = [] if variable is None else _parents(result, variable, loop)
    if parents and len(laws) == 2:
        root = Apply("==", (parents[0], Ref(loop, index_type(loop))), Type("bool"))
        return Choice(root, laws[0], result, span, chained=True)
    for place in range(len(laws) - 2, -1, -1):
        result = Choice(at(loop, place), laws[place], result, span, chained=True)
    return result


@contextmanager
def covering(loop: Loop | None, places: int, scope: Scope) -> Iterator[None]:
    """Within this block `places` elements stand before the index of a loop."""
    if loop is None:
        yield
        return
    old = scope.covered.get(loop, 0)
    scope.covered[loop] = places
    try:
        yield
    finally:
        scope.covered[loop] = old


def early(node: nodes.Subscript, scope: Scope) -> Expr | None:
    """What a lagged read subscripts where it is declared here or further down, None elsewhere."""
    if not isinstance(node.base, nodes.Name):
        return None
    if all(isinstance(s, nodes.Name | nodes.Slice) for s in node.subscripts):
        return None
    name = node.base.name
    found = scope.lagged(name)
    if found is None:
        return None
    if name in scope.guessed and any(_ahead(s, scope) for s in node.subscripts):
        return None
    return Ref(found, replace(found.cell, dims=found.dims), node.base.span)


def _ahead(sub: object, scope: Scope) -> bool:
    """Whether a subscript of the AST is after a loop's index: `t + 1`."""
    match sub:
        case nodes.Binary(op="+", left=nodes.Name(name=name)):
            return scope.loop(name) is not None
        case _:
            return False


def covered(sub: Expr, base: Variable | None, place: int, span: Span, scope: Scope) -> bool:
    """Whether a subscript reads back to an element that is there for sure.

    Refuses a lag of an unknown that has no start (E332), and a read of the future (E333).
    """
    found = offset(sub)
    if found is None or found[1] == 0:
        return False
    loop, step = found
    own = (
        base is not None
        and base.role in ("latent", "generated", "let", "report")
        and place < len(base.loops)
        and base.loops[place] is loop
    )
    sure = scope.covered.get(loop, 0)
    if not own and isinstance(loop.start, Const) and isinstance(loop.start.value, int):
        sure += max(0, loop.start.value)
    if 0 < -step <= sure:
        return True
    if not own or scope.guarded or base is None:
        return False
    text = scope.text(span)
    if step > 0:
        scope.fail("E333", f"`{text}` reads the future", span,
                   why="a value depends on what comes before it",
                   second=(base.span, "declared here"))  # fmt: skip
    parts = " then ".join(["..."] * (1 - step))
    scope.fail("E332", f"the lag `{text}` has no start", span,
               why=f"the first elements of the loop over `{loop.name}` have none before them",
               help=f"give the first elements distributions of their own: `{parts}`",
               second=(loop.span, "this loop"))  # fmt: skip
