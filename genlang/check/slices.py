"""Parts of dims and of arrays: ends that count from the back, and ends that differ by row."""

from genlang.check.model import Apply, Const, Expr, Extent, Loop, Net, Ref, Slice, Type, Variable
from genlang.check.scope import Scope
from genlang.check.walk import symbols
from genlang.source import Span
from genlang.syntax import nodes


def from_end(end: Expr | None, extent: Extent, span: Span, scope: Scope) -> Expr | None:
    """Write an end that counts from the back, `-2`, as `K - 2`; others as they are."""
    match end:
        case Const(value=int(value), type=kind, span=place) if value < 0:
            back: Expr = Const(-value, Type("count"), place)
        case Apply(function="neg", arguments=(back,), type=kind, span=place):
            pass
        case _:
            return end
    if extent.dim is not None and not extent.of:
        whole: Expr = Ref(extent.dim, Type("count"), place)
    elif extent.size is not None:
        whole = Const(extent.size, Type("count"), place)
    else:
        edit = "take the lengths from a data column, `data last[S]: count` and `dim T[S] = last`, "
        edit += "and write `last[s] - ...`"
        scope.fail("E324", f"`{scope.text(span)}` counts from the end of a row", span,
                   why="rows have different lengths", help=edit if extent.of else "")  # fmt: skip
    return Apply("-", (whole, back), kind, place)


def between(
    ends: list[Expr | None], node: nodes.Subscript, place: int, extent: Extent, scope: Scope
) -> Slice:
    """Return `start:stop` in a subscript; refuses ends that differ by row, or are unknown."""
    sub = node.subscripts[place]
    start, stop = (from_end(e, extent, sub.span, scope) for e in ends)
    read = [s for e in (start, stop) if e is not None for s in symbols(e)]
    unknown = scope.unknowns(iter(read))
    rows = [s for s in read if isinstance(s, Loop) or (isinstance(s, Variable) and s.dims)]
    if not unknown and not rows:
        return Slice(start, stop)
    culprit = (unknown or rows)[0]
    second = None
    if isinstance(culprit, Variable | Net):
        why = f"`{culprit.name}` is unknown" if unknown else f"`{culprit.name}` differs by row"
        second = (culprit.span, "declared here")
    else:
        why = f"`{culprit.name}` is a loop's index"
    scope.fail("E325", f"the ends of the slice `{scope.text(node.span)}` are not the same in every "
               "row", sub.span, why=f"{why}, and an array has one size", second=second,
               help=_comprehension(node, place, extent, scope, filtered=bool(unknown)))  # fmt: skip


def _comprehension(
    node: nodes.Subscript, place: int, extent: Extent, scope: Scope, *, filtered: bool
) -> str:
    """The comprehension that says the same, where every other subscript is written out."""
    slices = [s for s in node.subscripts if isinstance(s, nodes.Slice)]
    sub = node.subscripts[place]
    if len(slices) > 1 or extent.dim is None or not isinstance(sub, nodes.Slice):
        return "write a comprehension over a part of the dim: `sum(x[k] for k in K[a:b])`"
    taken = {*scope.names, *(x.name for x in scope.loops)}
    index = next(i for i in (extent.dim.name[0].lower(), *"kijmlabcdefg", "k_") if i not in taken)
    subs = [index if s is sub else scope.text(s.span) for s in node.subscripts]
    element = f"{scope.text(node.base.span)}[{', '.join(subs)}]"
    rows = [scope.text(e.span) for e in extent.of]
    ends = ["" if e is None else scope.text(e.span) for e in (sub.start, sub.stop)]
    over = ", ".join(rows if filtered else [*rows, ":".join(ends)])
    over = f"{extent.dim.name}[{over}]" if over else extent.dim.name
    tests = [f"{index} {op} {e}" for op, e in zip((">=", "<"), ends, strict=True) if e]
    kept = f" if {' and '.join(tests)}" if filtered else ""
    return f"write a comprehension, as in `sum({element} for {index} in {over}{kept})`"
