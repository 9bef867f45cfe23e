"""One cell of an expression: a parameter of a line without indices is read in its loops."""

from dataclasses import replace
from typing import NoReturn

from genlang.check.model import Apply, Expr, Extent, Index, Loop, Ref, Type
from genlang.check.scope import Scope
from genlang.check.shapes import same, show, size

Dims = tuple[Extent, ...]


def cell(expr: Expr, rank: int, unnamed: tuple[Loop, ...], scope: Scope, each: Dims = ()) -> Expr:
    """Read a parameter in the loops of the unnamed dims: `(alpha + x @ beta)[i]`.

    Its last dims may be `each`: then it has a value for each element of one draw.
    """
    dims = expr.type.dims
    if each and len(dims) >= len(each) and all(map(same, dims[-len(each) :], each)):
        rank = len(each)
    batch = dims[: len(dims) - rank]
    if not batch:
        return expr
    wanted = tuple(loop.extent for loop in unnamed)
    if len(batch) != len(wanted) or not all(map(same, batch, wanted)):
        _misfit(expr, batch, (*wanted, *each), scope)
    subs = tuple(Ref(loop, Type("index", dim=loop.extent.dim)) for loop in unnamed)
    rest = replace(
        expr.type, dims=dims[len(batch) :], structure=expr.type.structure if rank else ""
    )
    return Index(expr, subs, rest, expr.span)


def _misfit(
    expr: Expr, batch: tuple[Extent, ...], wanted: tuple[Extent, ...], scope: Scope
) -> NoReturn:
    why = "what a parameter has beyond one draw must be exactly the dims of the line without index"
    fixed = [(b, w) for b, w in zip(batch, wanted, strict=False) if w.dim and size(w) is not None]
    if len(batch) == len(wanted) and all(b.dim is None for b in batch) and fixed:
        name, count = fixed[0][1].dim, size(fixed[0][1])
        why = f"`{name.name if name else ''}` has {count} elements"
    edit = ""
    match expr:
        case Apply(function="*", arguments=(left, right)) if left.type.dims and right.type.dims:
            one, two = scope.text(left.span), scope.text(right.span)
            edit = f"`{one} @ {two}` multiplies and sums" if not wanted else ""
        case _ if not wanted and all(b.dim is not None and not b.of for b in batch):
            names = ", ".join(b.dim.name for b in batch if b.dim)
            edit = f"draw one for each element, `name[{names}] ~ ...`, or index this"
    message = f"this has dims {show(batch)}, the line draws {show(wanted)}"
    scope.fail("E406", message, expr.span, why=why, help=edit)
