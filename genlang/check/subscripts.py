"""What a subscript must be: of its dim, inside it, and of a cell that exists.

No expressions are typed here; `expressions` calls these checks when it has typed a subscript.
"""

from typing import NoReturn

from genlang.check.interval import INF
from genlang.check.model import Apply, Const, Dim, Expr, Extent, Index, Loop, Ref, Slice, Variable
from genlang.check.scope import Scope
from genlang.check.shapes import same, show, size
from genlang.check.supports import support
from genlang.source import Edit, Span
from genlang.syntax import nodes


def fits_dim(expr: Expr, extent: Extent, span: Span, scope: Scope, *, there: bool = False) -> None:
    """An index of one dim subscripts only that dim; no value may lie outside it.

    `there`: the element is known to exist.
    """
    dim = expr.type.dim
    if dim is not None and extent.dim is not None and dim is not extent.dim:
        scope.fail(
            "E302",
            f"an index of `{dim.name}` subscripts the dim `{extent.dim.name}`",
            span,
            why="indices of different dims count different things, even when the sizes agree",
            second=(extent.dim.span, f"`{extent.dim.name}` is declared here"),
        )
    if dim is None and not scope.guarded and not there:
        _in_range(expr, extent, span, scope)


def _in_range(expr: Expr, extent: Extent, span: Span, scope: Scope) -> None:
    values = support(expr, scope.supports)
    limit = size(extent)
    text = scope.text(span)
    match expr:
        case Apply(
            function="+", arguments=(Ref(symbol=Loop(stop=None) as loop), Const(value=int(by)))
        ) if same(loop.extent, extent) and by > 0:
            scope.fail("E311", f"the subscript `{text}` leaves the dim at its end", span,
                       why=f"`{loop.name}` runs to the last element",
                       help=f"end the loop earlier, or write `... if {loop.name} + {by} < "
                       f"{_dim_name(extent)} else ...`")  # fmt: skip
        case Ref(symbol=Dim() as symbol) if symbol is extent.dim:
            scope.fail("E311", f"the subscript `{text}` is out of range", span,
                       why=f"`{text}` is the size, and subscripts count from 0",
                       help=f"the last element is `{text} - 1`")  # fmt: skip
    if values.given or not values.exact:
        return
    if values.low < 0 or (limit is not None and values.high >= limit):
        upto = f" to {limit - 1}" if limit else ""
        taken = "" if isinstance(expr, Const) else f", and this can be {values.show()}"
        edit = _start_later(expr)
        scope.fail("E311", f"the subscript `{text}` is out of range", span,
                   why=f"subscripts count from 0{upto}{taken}", help=edit)  # fmt: skip


def _start_later(expr: Expr) -> str:
    match expr:
        case Apply(function="-", arguments=(Ref(symbol=Loop(name=name) as loop), Const(value=by))):
            return f"begin the loop later: `for {name} in {_dim_name(loop.extent)}[{by}:]`"
        case Const(value=int(value)) if value < 0:
            return "the last element of a dim `K` is `K - 1`"
        case _:
            return ""


def _dim_name(extent: Extent) -> str:
    return show((extent,))[1:-1]


def lag(node: nodes.Subscript, scope: Scope) -> None:
    """A lagged read of a name that is not declared yet has no start."""
    if not isinstance(node.base, nodes.Name):
        return
    name = node.base.name
    if name in scope.names or name in scope.broken or name not in scope.later:
        return
    for sub in node.subscripts:
        match sub:
            case nodes.Binary(op="-", left=nodes.Name(name=index)) if scope.loop(index):
                text = scope.text(node.span)
                scope.fail(
                    "E332",
                    f"the lag `{text}` has no start",
                    node.span,
                    why=f"the first `{name}` has none before it",
                    help=f"give the first element its own distribution: `... then ...{text}...`",
                    second=(scope.later[name], "declared here"),
                )
            case nodes.Binary(op="+", left=nodes.Name(name=index)) if scope.loop(index):
                scope.fail("E333", f"`{scope.text(node.span)}` reads the future", node.span,
                           why="a value depends on what comes before it",
                           second=(scope.later[name], "declared here"))  # fmt: skip
            case _:
                continue


def row(base: Expr) -> tuple[Expr, list[Expr | Slice]]:
    """Return what is subscripted, and by what already: `x[n][d]` is `x[n, d]`."""
    match base:
        case Index(base=Ref(symbol=Variable()) as whole, subscripts=subs) if not any(
            isinstance(s, Slice) for s in subs
        ):
            return whole, list(subs)
        case _:
            return base, []


def too_many(node: nodes.Subscript, base: Expr, scope: Scope) -> NoReturn:
    """Refuse more subscripts than there are dims."""
    dims, text = base.type.dims, scope.text(node.base.span)
    second = None
    if isinstance(base, Ref) and isinstance(base.symbol, Variable):
        second = (base.symbol.span, "declared here")
    message = f"`{text}` has dims {show(dims)}, here are {len(node.subscripts)} subscripts"
    if not dims:
        message = f"`{text}` is a scalar and takes no subscript"
    scope.fail("E312", message, node.span, second=second)


# Variables that have cells only in the part of a dim that their loop runs over.
PARTIAL = ("latent", "let", "param", "report", "generated")


def exists(expr: Expr, variable: Variable, loop: Loop, span: Span, scope: Scope) -> None:
    """Cells outside the part that a variable's loop covers do not exist."""
    if variable.role not in PARTIAL or scope.guarded:
        return
    values = support(expr, scope.supports)
    start, stop = loop.start, loop.stop
    before = isinstance(start, Const) and values.low < float(start.value)
    after_end = isinstance(stop, Const) and values.high >= float(stop.value) and values.high < INF
    if values.exact and not values.given and (before or after_end):
        scope.fail("E321", f"`{variable.name}` has no such element", span,
                   why="it is declared over a part of the dim only",
                   second=(loop.span, "this part"))  # fmt: skip


def wrong_rows(node: nodes.Iteration, dim: Dim, scope: Scope) -> NoReturn:
    """Refuse a loop over a ragged dim without its row, or over a plain one with a row."""
    if not dim.of:
        plain = len(node.parts) == 1 and not isinstance(node.parts[0], nodes.Slice)
        scope.fail("E309", f"`{dim.name}` is not ragged and takes no subscript", node.span,
                   help=f"write `{dim.name}`", second=(dim.span, "declared here"),
                   edits=(Edit(node.span, dim.name),) if plain else ())  # fmt: skip
    rows = [
        next((x.name for x in reversed(scope.loops) if x.extent.dim is d and x.name), "...")
        for d in dim.of
    ]
    names = ", ".join(f"`{d.name}`" for d in dim.of)
    written = f"{dim.name}[{', '.join(rows)}]"
    edits = () if "..." in rows or node.parts else (Edit(node.span, written),)
    scope.fail("E309", f"`{dim.name}` is ragged: it has one size for each element of {names}",
               node.span, help=f"write `{written}`", second=(dim.span, "declared here"),
               edits=edits)  # fmt: skip
