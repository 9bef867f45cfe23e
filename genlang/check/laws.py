"""Distribution expressions of the AST -> laws of the Model, and the type of one draw."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NoReturn

from genlang.check import foreign
from genlang.check.arguments import form_of, matched, ways
from genlang.check.around import Measure, around, bounded_inside, measure, parts, words
from genlang.check.calls import completed
from genlang.check.cells import cell
from genlang.check.domains import domain
from genlang.check.expressions import condition, expression
from genlang.check.functions import as_extent
from genlang.check.kinds import inside, join
from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Dim,
    Distribution,
    Expr,
    Extent,
    Law,
    Loop,
    Ref,
    Type,
)
from genlang.check.scope import Poison, Scope
from genlang.check.shapes import same, show
from genlang.check.supports import support
from genlang.check.walk import symbols
from genlang.diagnostics import correction, suggest
from genlang.lang.distributions import DISTRIBUTIONS, LAWS, Parameter, Row
from genlang.source import Edit, Span
from genlang.syntax import nodes

Dims = tuple[Extent, ...]


def law(
    node: nodes.Expr, unnamed: tuple[Loop, ...], scope: Scope, each: Dims = ()
) -> tuple[Law, Type]:
    """Type a distribution; parameters with the statement's unnamed dims are read cell by cell.

    `each` are the dims of the written type, whose elements a distribution of numbers draws.
    """
    match node:
        case nodes.Ternary(span=span):
            decides = cell(condition(node.condition, scope), 0, unnamed, scope)
            with scope.branch():
                (then, one), (otherwise, two) = scope.every(
                    lambda: law(node.then, unnamed, scope, each),
                    lambda: law(node.otherwise, unnamed, scope, each),
                )
            _alike(node, (one, two), (measure(then), measure(otherwise)), scope)
            return Choice(decides, then, otherwise, span), wider(one, two)
        case nodes.Call(function=nodes.Name(name=name)) if name in DISTRIBUTIONS:
            return _distribution(node, DISTRIBUTIONS[name], unnamed, scope, each)
        case nodes.Call(function=nodes.Name(name=name, span=where)):
            _unknown_law(name, node, where, scope)
        case nodes.Call(function=nodes.Attribute(name=nodes.Name(name=name)) as path):
            arguments = scope.text(Span(path.span.end, node.span.end))
            near = name if name in DISTRIBUTIONS else suggest(name, DISTRIBUTIONS)
            edit = f"write `{name}{arguments}`" if name in DISTRIBUTIONS else near
            base = scope.text(path.base.span)
            edits = (Edit(path.span, name),) if name in DISTRIBUTIONS else ()
            scope.fail("E402", f"`{base}.{name}` is not the name of a distribution here",
                       path.span, help=edit, edits=edits)  # fmt: skip
        case nodes.Name(name=name, span=where) if name in DISTRIBUTIONS:
            scope.fail("E402", f"`{name}` wants its parameters", where,
                       help=f"write {ways(DISTRIBUTIONS[name])}")  # fmt: skip
        case nodes.Name(name=name, span=where) if name in scope.laws:
            scope.lookup(name, where)
            before = tuple(scope.found)
            try:
                return law(scope.laws[name], unnamed, scope, each)
            finally:  # what was said of it where it was named is not said again
                said = [d for d in scope.found[len(before) :] if d not in before]
                scope.found[len(before) :] = said
        case nodes.Name(name=name) if name in scope.broken:
            raise Poison
        case nodes.Name(name=name, span=where) if name in scope.later and name not in scope.names:
            scope.lookup(name, where)
            raise Poison
        case _:
            _no_law(node, scope)


def _no_law(node: nodes.Expr, scope: Scope) -> NoReturn:
    text = scope.text(node.span)
    inner = next((d for d in DISTRIBUTIONS if re.search(rf"\b{d}\(", text)), None)
    if inner is not None:
        why = "a distribution stands alone after `~`; values are computed by `let`"
        edit = f"name the draw, `latent e ~ {inner}(...)`, and compute with it"
        message = f"`{inner}` stands inside an expression"
        scope.fail("E402", message, node.span, why=why, help=edit)
    message = f"`{text}` is a value; what follows `~` is a distribution"
    edit = f"write `Normal({text}, 1)` to draw around it, or `let` to name a known value"
    scope.fail("E402", message, node.span, help=edit)


def _unknown_law(name: str, node: nodes.Call, where: Span, scope: Scope) -> NoReturn:
    if name in scope.broken:
        raise Poison
    known = scope.place(name)
    if known is not None:
        why = "" if name in scope.names else "a function gives a value, `~` wants a distribution"
        scope.fail("E402", f"`{name}` is no distribution", where, why=why,
                   second=(known, "declared here"))  # fmt: skip
    if name in foreign.LAWS:
        arguments = [scope.text(a.value.span) for a in node.arguments]
        spelt = foreign.rewrite(foreign.LAWS[name], arguments)
        why = "it takes a standard deviation where BUGS takes a precision (and R's own is one)" \
            if name in foreign.PRECISION else ""  # fmt: skip
        named = any(a.name is not None for a in node.arguments)
        scope.fail("E402", f"`{name}` has another spelling here", where, why=why,
                   help=f"write `{spelt}`",
                   edits=() if named else foreign.whole(node.span, spelt))  # fmt: skip
    if name in foreign.LATER:
        scope.fail("E290", f"the distribution `{name}` is not supported yet", where)
    edit = suggest(name, DISTRIBUTIONS)
    scope.fail("E402", f"there is no distribution `{name}`", where, help=edit,
               edits=correction(name, DISTRIBUTIONS, where))  # fmt: skip


def _alike(
    node: nodes.Ternary, types: tuple[Type, Type], measures: tuple[Measure, Measure], scope: Scope
) -> None:
    """Both branches draw values of one shape, both densities or both masses."""
    one, two = types
    second = (node.otherwise.span, f"this draws {show(two.dims)}")
    if len(one.dims) != len(two.dims) or not all(map(same, one.dims, two.dims)):
        message = f"the two distributions draw values of different dims, here {show(one.dims)}"
        scope.fail("E401", message, node.then.span, second=second)
    if measures[0] != measures[1]:
        one_, two_ = map(words, measures)
        other = "another one" if one_ == two_ else two_
        scope.fail("E401", f"one branch has {one_}, the other {other}", node.then.span,
                   why="a probability and a density cannot be compared",
                   second=(node.otherwise.span, other))  # fmt: skip


def wider(one: Type, two: Type) -> Type:
    """Return the narrowest type that holds the draws of both."""
    if one.dim is two.dim:
        a, b = (Ref(Dim(""), replace(t, dims=())) for t in (one, two))
        return replace(one, kind=one.kind if one.kind == two.kind else join((a, b)))
    return replace(one, kind="count", dim=None)


def _distribution(
    node: nodes.Call, row: Row, unnamed: tuple[Loop, ...], scope: Scope, each: Dims
) -> tuple[Distribution, Type]:
    each = () if row.rank or row.over else each
    where = scope.place(row.name)
    if where is not None:
        place = (where, "declared here")
        scope.fail("E208", f"`{row.name}` is a declared name and hides the distribution",
                   node.function.span, second=place, help="choose another name for it")  # fmt: skip
    if row.name == "DiscreteUniform" and len(node.arguments) == 1:
        return _uniform_over(node, scope)
    given = matched(node, row, scope)
    own = {p.name for form in row.forms for p in form.parameters}
    ending = [k for k in ("lower", "upper") if k in given and k not in own]
    bounds: dict[str, nodes.Argument] = {k: given.pop(k) for k in ending}
    if bounds and not row.truncates:
        first = next(iter(bounds.values()))
        scope.fail("E403", f"`{row.name}` cannot be truncated", first.span,
                   why=row.without or row.why_without_cdf,
                   help=bounded_inside(node, bounds, scope) if row.around else "")  # fmt: skip
    form = form_of(node, row, set(given), scope)
    unsure: list[tuple[str, str]] = []

    def parameter(p: Parameter) -> Expr:
        value = given[p.name].value
        if p.domain == "kernel":
            value = completed(value, given["x"], scope)
        read, proved = _parameter(expression(value, scope), p, row, unnamed, scope, each)
        if not proved and not scope.guarded and scope.unknowns(symbols(read)):
            line, _ = scope.source.position(node.span.start)
            unsure.append((p.name, f"`{p.name}` of `{row.name}`, line {line}"))
        return read

    def end(name: str) -> Expr:
        return cell(expression(bounds[name].value, scope), 0, unnamed, scope, each)

    made_of = [
        n for p in form.parameters if p.domain in LAWS for n in parts(given[p.name], p, row, scope)
    ]
    inner = scope.every(*(partial(law, part, unnamed, scope) for part in made_of))
    named = [p for p in form.parameters if p.name in given and p.domain not in LAWS]
    read = scope.every(*(partial(parameter, p) for p in named), *(partial(end, k) for k in bounds))
    parameters = [(p.name, expr) for p, expr in zip(named, read, strict=False)]
    _of_one_size(list(zip(named, read, strict=False)), row, scope)
    written = dict(zip(bounds, read[len(named) :], strict=True))
    ends = [written.get(k) for k in ("lower", "upper")]
    _bounds_in_order(ends, bounds, scope)
    made = tuple(part for part, _ in inner)
    found = Distribution(row.name, tuple(parameters), ends[0], ends[1], "", node.span,
                         unsure=tuple(unsure), inside=made)  # fmt: skip
    if made:
        return found, around(found, [kind for _, kind in inner], node, scope)
    return found, _drawn(row, dict(parameters), ends, scope)


def _of_one_size(given: list[tuple[Parameter, Expr]], row: Row, scope: Scope) -> None:
    """Vectors and matrices that are parameters of one distribution have one dim."""
    shaped = [(p, e) for p, e in given if p.rank and p.domain not in ("points", "kernel")]
    for p, expr in shaped:
        first, beside = shaped[0]
        dim, dims = beside.type.dims[-first.rank], expr.type.dims[-p.rank :]
        square = p.domain in ("cov", "cholesky_cov")
        if not all(same(dim, d) for d in (dims if square else dims[:1])):
            second = None if p is first else (beside.span, f"`{first.name}` has {show((dim,))}")
            scope.fail("E405", f"`{p.name}` of `{row.name}` has the dims {show(dims)}", expr.span,
                       why=f"one draw has {show((dim,))}", second=second)  # fmt: skip


def _bounds_in_order(
    ends: list[Expr | None], written: Mapping[str, nodes.Argument], scope: Scope
) -> None:
    low, high = ends
    if low is None or high is None:
        return
    one, two = support(low, scope.supports), support(high, scope.supports)
    if isinstance(low, Const) and isinstance(high, Const) and one.low >= two.high:
        scope.fail("E403", "the bounds leave nothing between them", written["upper"].span,
                   help="`lower` is the smaller one",
                   second=(written["lower"].span, "the lower bound"))  # fmt: skip


def _uniform_over(node: nodes.Call, scope: Scope) -> tuple[Distribution, Type]:
    over = expression(node.arguments[0].value, scope)
    if not (isinstance(over, Ref) and isinstance(over.symbol, Dim)):
        scope.fail("E404", "`DiscreteUniform` wants a dim, or a low and a high end", node.span)
    count = Type("count")
    high = Apply("-", (over, Const(1, count)), count)
    low = Const(0, count)
    found = Distribution("DiscreteUniform", (("low", low), ("high", high)), span=node.span)
    return found, Type("index", dim=over.symbol)


def _parameter(
    expr: Expr, p: Parameter, row: Row, unnamed: tuple[Loop, ...], scope: Scope, each: Dims
) -> tuple[Expr, bool]:
    """Read one parameter; returns also whether it is proved to lie in its domain."""
    if len(expr.type.dims) < p.rank:
        what = ("a scalar", "a vector", "a matrix")[p.rank]
        text = scope.text(expr.span)
        edit = f"`full(K, {text})` repeats it" if p.rank == 1 and not expr.type.dims else ""
        message = f"`{p.name}` of `{row.name}` is {what}, this is {show(expr.type.dims)}"
        scope.fail("E405", message, expr.span, help=edit)
    if p.rank and any(d.of for d in expr.type.dims[-p.rank :]):
        scope.fail("E290", f"`{p.name}` of `{row.name}` as a ragged row is not supported yet",
                   expr.span, why="rows have different lengths",
                   help="give every row the same length")  # fmt: skip
    if expr.type.kind == "string":
        scope.fail("E405", f"`{p.name}` of `{row.name}` is a number, this is a label", expr.span)
    rank = len(expr.type.dims) if p.domain == "points" else p.rank
    result = cell(expr, rank, unnamed, scope, each if not p.rank else ())
    return result, domain(result, p, row.name, expr.span, scope)


def _drawn(row: Row, given: dict[str, Expr], ends: list[Expr | None], scope: Scope) -> Type:
    """The type of one draw."""
    if row.over:
        extent = next(iter(given.values())).type.dims[-1]
        return Type("index", dim=extent.dim) if extent.dim is not None else Type("count")
    if row.size:
        if row.size not in given:
            return Type(row.kind)  # the written type will say
        extent = as_extent(given[row.size], scope)
        return Type(row.kind, (extent,) * row.rank, structure=row.structure)
    if row.rank:
        points = {p.name for p in row.forms[0].parameters if p.domain == "points"}
        vector = next(e for name, e in given.items() if e.type.dims and name not in points)
        return Type(row.kind, vector.type.dims[-row.rank :], structure=row.structure)
    if row.name == "Delta":
        return given["x"].type
    low, high = (given[row.ends[0]], given[row.ends[1]]) if row.ends else ends
    return Type(_bounded(row.kind, low, high))


def _bounded(kind: str, low: Expr | None, high: Expr | None) -> str:
    """The kind of a draw between bounds."""
    from_zero = kind in ("positive", "unit") or (low is not None and inside(low, "nonneg"))
    match kind:
        case "int":
            return "count" if low is not None and inside(low, "count") else "int"
        case "real" | "positive" if from_zero:
            return "unit" if high is not None and inside(high, "unit") else "positive"
        case _:
            return kind
