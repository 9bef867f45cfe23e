"""Written types: what they say, and whether a value, a start or a draw lies in them."""

from dataclasses import replace
from math import isfinite

from genlang.check import foreign
from genlang.check.drawn import drawn
from genlang.check.elements import elementwise, over_elements
from genlang.check.expressions import expression
from genlang.check.functions import as_extent, extent_size
from genlang.check.kinds import inside
from genlang.check.model import (
    Apply,
    Const,
    Distribution,
    Expr,
    Extent,
    Law,
    Net,
    Symbol,
    Type,
    Variable,
)
from genlang.check.scope import Scope
from genlang.check.shapes import same, show
from genlang.check.simplex import increases, is_simplex
from genlang.check.starts import VECTORS, elements
from genlang.check.structures import is_in
from genlang.check.supports import of_kind, of_type, support
from genlang.check.walk import law_expressions, leaves, symbols
from genlang.diagnostics import meant, suggest
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.types import INTEGERS, SCALARS, SQUARE, STRUCTURES, fits
from genlang.source import Edit, Span
from genlang.syntax import nodes


def written_type(node: nodes.TypeNode, scope: Scope) -> Type:
    """Type of a written type: kind, structure, event dims, bounds."""
    if node.name not in SCALARS and node.name not in STRUCTURES:
        spelt = foreign.TYPES.get(node.name, "")
        edit = f"write `{spelt}`" if spelt else suggest(node.name, [*SCALARS, *STRUCTURES])
        if edit == "":
            edit = "one of: " + ", ".join(dict.fromkeys((*SCALARS, *STRUCTURES)))
        near = meant(node.name, [*SCALARS, *STRUCTURES]) or (spelt if spelt in SCALARS else "")
        place = Span(node.span.start, node.span.start + len(node.name))
        scope.fail("E314", f"there is no type `{node.name}`", node.span, help=edit,
                   edits=(Edit(place, near),) if near and not node.dims else ())  # fmt: skip
    extents = tuple(extent_of(d, scope) for d in node.dims)
    if STRUCTURES.get(node.name) and len(extents) > 1:
        inner = scope.text(node.dims[-1].span)
        scope.fail("E314", f"`{node.name}` has one dim, here {len(extents)}", node.span,
                   help=f"write `{node.name}[{inner}]`; other dims stand at the name, "
                   f"`x[N]: {node.name}[{inner}]`")  # fmt: skip
    if node.name in SQUARE and len(extents) == 1:
        extents *= 2
    if node.name == "index":
        if len(node.arguments) != 1 or not isinstance(node.arguments[0].value, nodes.Name):
            scope.fail("E314", "`index` wants a dim: `index(D)`", node.span)
        name = node.arguments[0].value
        if name.name in scope.extents:
            return Type("index", extents, scope.extents[name.name].dim)
        return Type("index", extents, scope.dim(name.name, name.span))
    bounds: dict[str, Expr] = {}
    for a in node.arguments:
        if a.name not in ("lower", "upper"):
            scope.fail("E314", f"`{node.name}` takes `lower=` and `upper=`", a.span)
        bounds[a.name] = expression(a.value, scope)
        if bounds[a.name].type.dims or bounds[a.name].type.kind == "string":
            scope.fail("E314", "a bound is a number", a.value.span)
    _ends(node, bounds, scope)
    kind, structure = node.name, ""
    if node.name not in SCALARS or (node.name == "real" and extents):
        structure = "" if node.name == "real" else node.name
        kind = {"simplex": "unit", "positive_ordered": "positive"}.get(node.name, "real")
        if not extents:
            scope.fail("E314", f"`{node.name}` wants its dims: `{node.name}[K]`", node.span)
    elif kind == "real" and "lower" in bounds and inside(bounds["lower"], "nonneg"):
        kind = "positive" if inside(bounds["lower"], "positive") else "nonneg"
    return Type(kind, extents, None, structure, bounds.get("lower"), bounds.get("upper"))


def extent_of(node: nodes.Expr, scope: Scope) -> Extent:
    """The axis that a written size or dim says."""
    if isinstance(node, nodes.Name) and node.name in scope.extents:
        return scope.extents[node.name]
    return as_extent(expression(node, scope), scope)


def _ends(node: nodes.TypeNode, bounds: dict[str, Expr], scope: Scope) -> None:
    """Written bounds have numbers between them, some of which are of the type's kind."""
    ends = {name: support(e, scope.supports) for name, e in bounds.items()}
    spans = {a.name: a.value.span for a in node.arguments}
    if len(ends) == 2 and ends["lower"].low >= ends["upper"].high:
        low, high = (isinstance(bounds[n], Const) for n in ("lower", "upper"))
        if low and high and not (node.name in INTEGERS and ends["lower"].low == ends["upper"].high):
            scope.fail("E314", "the bounds leave nothing between them", spans["upper"],
                       help="`lower` is the smaller one",
                       second=(spans["lower"], "the lower bound"))  # fmt: skip
    own = of_kind("positive" if node.name == "positive_ordered" else node.name)
    for name, end in bounds.items():
        if not isinstance(end, Const):
            continue
        value = ends[name].low
        beyond = value >= own.high if name == "lower" else value <= own.low
        wider = value > own.high if name == "upper" else value < own.low
        whole = node.name in INTEGERS and isfinite(value) and value % 1 != 0
        if beyond or wider or whole:
            scope.fail("E314", f"a bound of `{node.name}` lies outside of it", spans[name or ""],
                       why=f"`{node.name}` is {own.show(whole=node.name in INTEGERS)}")  # fmt: skip


def estimable(kind: Type, span: Span, scope: Scope) -> None:
    """A `param` is a real number, between bounds of data and earlier params."""
    if kind.kind in INTEGERS:
        edit = "give it a distribution: a finite discrete `latent` is summed out"
        scope.fail("E326", f"a `param` of type `{kind.kind}` cannot be estimated", span,
                   why="a param is found by its gradient, which whole numbers do not have",
                   help=edit)  # fmt: skip
    for bound in (kind.lower, kind.upper):
        if bound is None:
            continue
        drawn = [
            v
            for v in scope.unknowns(_origins(bound, scope))
            if isinstance(v, Net) or v.role == "latent"
        ]
        if drawn:
            name = drawn[0].name
            scope.fail("E319", "the bound of a `param` depends on no latent", bound.span,
                       why=f"a param is one point, whatever the value of `{name}`",
                       help="give it a distribution: the bounds of a `latent` may read others",
                       second=(drawn[0].span, f"`{name}` is declared here"))  # fmt: skip
        if kind.structure:
            scope.fail("E290", f"bounds of `{kind.structure}` are not supported yet", span)


def _origins(expr: Expr, scope: Scope) -> set[Symbol]:
    """The names that an expression reads, through definitions."""
    found: set[Symbol] = set()
    ahead = list(symbols(expr))
    while ahead:
        symbol = ahead.pop()
        if symbol in found:
            continue
        found.add(symbol)
        if isinstance(symbol, Variable) and symbol in scope.lets:
            ahead += symbols(scope.lets[symbol])
    return found


def bounded(kind: Type, scope: Scope) -> tuple[Expr | None, Expr | None]:
    """The ends of a `param`: those written, as far as its kind reaches."""
    own = of_kind(kind.kind)
    low, high = kind.lower, kind.upper
    if low is not None and support(low, scope.supports).low < own.low:
        low = Apply("max2", (low, Const(own.low, Type("nonneg"))), Type(kind.kind), low.span)
    if high is not None and support(high, scope.supports).high > own.high:
        high = Apply("min2", (high, Const(own.high, Type("nonneg"))), Type(kind.kind), high.span)
    return low, high


def fits_written(written: Type, expr: Expr, span: Span, scope: Scope) -> Type:
    """Refuse a written type that has other dims than the value, or is narrower; return its type."""
    found = expr.type
    if len(written.dims) != len(found.dims) or not all(map(same, written.dims, found.dims)):
        scope.fail("E315", f"the type says {show(written.dims)}, the value has {show(found.dims)}",
                   span)  # fmt: skip
    if written.kind == "index" and found.kind in ("index", "count"):
        if found.dim is not None and found.dim is not written.dim:
            scope.fail("E315", f"this is an index of `{found.dim.name}`", span)
        return found
    values, wanted = support(expr, scope.supports), of_type(written, scope.supports)
    if written.structure:
        if not _lies_in(expr, written.structure, scope):
            text = scope.text(span)
            scope.fail("E316", f"the value is not known to be `{text}`", span,
                       why="a type beside a `let` is proved, it changes nothing",
                       help="leave it out",
                       second=(expr.span, "this value"))  # fmt: skip
        found = replace(found, structure=found.structure or written.structure)
    elif not fits(found.kind, written.kind) and not (
        values.within(wanted) and (written.kind not in INTEGERS or found.kind in INTEGERS)
    ):
        scope.fail("E316", f"the type `{written.kind}` is narrower than the value, {found.kind}",
                   span)  # fmt: skip
    ends = [e for e in (written.lower, written.upper) if e is not None]
    if ends and not (values.within(wanted) and all(isinstance(e, Const) for e in ends)):
        scope.fail("E316", f"the value is not known to lie in `{scope.text(span)}`", span,
                   why=f"as far as can be told, it is {values.show()}")  # fmt: skip
    return found


def _lies_in(expr: Expr, structure: str, scope: Scope) -> bool:
    """Whether a value is proved to lie in a set."""
    if is_in(expr.type, structure):
        return True
    rows = elements(expr)
    if rows is not None and structure in VECTORS:
        return all(VECTORS[structure][1](row) for row in rows)
    match structure:
        case "simplex":
            return is_simplex(expr, scope)
        case "ordered":
            return increases(expr, scope)
        case "positive_ordered":
            above = support(expr, scope.supports).within(of_kind("positive"))
            return above and (increases(expr, scope) or is_in(expr.type, "ordered"))
        case _:
            return False


def drawn_as(
    found: Law, draws: Type, written: Type | None, node: nodes.DrawDecl, scope: Scope
) -> tuple[Law, Type]:
    """Reconcile a written type with what the distribution draws."""
    found, draws = sized(found, draws, None if written is None else written.dims, scope)
    if written is None:
        return found, draws
    span = node.type.span if node.type else node.span
    made = [leaf for leaf in leaves(found) if leaf.inside]
    if made and written.dims and not draws.dims:
        scope.fail("E290", f"a structured type over `{made[0].name}` is not supported yet", span)
    if not made and elementwise(found, written):
        if not written.structure:
            _not_narrower(found, draws, written, span, scope)
        chained = len(node.distribution.parts) > 1
        return over_elements(found, draws, written, span, scope, chained=chained)
    if len(written.dims) != len(draws.dims) or not all(map(same, written.dims, draws.dims)):
        scope.fail("E315", f"the type says {show(written.dims)}, one draw is {show(draws.dims)}",
                   span, second=(found.span, "this distribution"))  # fmt: skip
    if written.kind == "index" and draws.kind in ("index", "count", "int"):
        if draws.dim is not None and draws.dim is not written.dim:
            scope.fail("E315", f"one draw is an index of `{draws.dim.name}`", span,
                       second=(found.span, "this distribution"))  # fmt: skip
        return found, replace(draws, kind="index", dim=written.dim)
    if not written.structure:
        _not_narrower(found, draws, written, span, scope)
    structure = written.structure or draws.structure
    return found, replace(draws, dims=written.dims or draws.dims, structure=structure)


def sized(
    found: Law, draws: Type, dims: tuple[Extent, ...] | None, scope: Scope
) -> tuple[Law, Type]:
    """A distribution whose size the written type says."""
    for leaf in leaves(found):
        row = DISTRIBUTIONS[leaf.name]
        if not row.size or row.size in dict(leaf.parameters):
            continue
        if leaf is not found:
            scope.fail("E290", f"a choice of `{leaf.name}` is not supported yet", found.span)
        extent = dims[0] if dims is not None and len(dims) == row.rank else None
        count = None if extent is None else extent_size(extent)
        if extent is None or count is None:
            named = ", ".join(p.name for p in row.forms[0].parameters[: row.positional])
            edit = f"write its type, `: real[K] ~ {leaf.name}({named})`"
            scope.fail("E404", f"`{leaf.name}` wants the dim of one draw", leaf.span, help=edit)
        whole = replace(leaf, parameters=(*leaf.parameters, (row.size, count)))
        return whole, Type(row.kind, (extent,) * row.rank, structure=row.structure)
    return found, draws


def _not_narrower(found: Law, draws: Type, written: Type, span: Span, scope: Scope) -> None:
    """A scalar type never narrows a distribution."""
    values = drawn(found, draws, scope.supports)
    wanted = of_type(written, scope.supports)
    same_ends = isinstance(found, Distribution) and all(
        isinstance(e, Const) or e in tuple(law_expressions(found))
        for e in (written.lower, written.upper)
        if e is not None
    )
    narrow = not values.within(wanted) and not fits(draws.kind, written.kind)
    if written.lower is not None or written.upper is not None:
        narrow = not values.within(wanted) or not same_ends
    if written.kind in INTEGERS and draws.kind not in INTEGERS:
        scope.fail("E316", f"`{written.kind}` is written, the distribution draws {draws.kind}",
                   span, second=(found.span, "this distribution"))  # fmt: skip
    if not narrow:
        return
    text = scope.text(found.span)
    ends = _truncation(written, scope)
    edit = f"truncate it: `{text[:-1]}, {ends})`" if ends and text.endswith(")") else ""
    place = Span(found.span.end - 1, found.span.end)
    certain = isinstance(found, Distribution) and (
        DISTRIBUTIONS[found.name].truncates and found.lower is found.upper is None
    )
    scope.fail("E316", f"`{scope.text(span)}` is narrower than what the distribution draws", span,
               why="a scalar type never narrows a distribution", help=edit,
               second=(found.span, f"this draws {values.show()}"),
               edits=(Edit(place, f", {ends})"),) if edit and certain else ())  # fmt: skip


def _truncation(written: Type, scope: Scope) -> str:
    low = "0" if written.kind in ("positive", "nonneg", "unit", "count") else ""
    high = "1" if written.kind == "unit" else ""
    low = scope.text(written.lower.span) if written.lower is not None else low
    high = scope.text(written.upper.span) if written.upper is not None else high
    return ", ".join(f"{n}={e}" for n, e in (("lower", low), ("upper", high)) if e)
