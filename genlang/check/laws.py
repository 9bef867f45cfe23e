"""Distribution expressions of the AST -> laws of the Model, and the type of one draw."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NoReturn

from genlang.check import foreign
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
from genlang.diagnostics import correction, meant, suggest
from genlang.lang.distributions import DISTRIBUTIONS, Form, Parameter, Row, signature
from genlang.lang.types import INTEGERS
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
            _alike(node, one, two, scope)
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
                       help=f"write {_ways(DISTRIBUTIONS[name])}")  # fmt: skip
        case nodes.Name(name=name) if name in scope.broken:
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


def _alike(node: nodes.Ternary, one: Type, two: Type, scope: Scope) -> None:
    """Both branches draw values of one shape, both densities or both masses."""
    second = (node.otherwise.span, f"this draws {show(two.dims)}")
    if len(one.dims) != len(two.dims) or not all(map(same, one.dims, two.dims)):
        message = f"the two distributions draw values of different dims, here {show(one.dims)}"
        scope.fail("E401", message, node.then.span, second=second)
    if (one.kind in INTEGERS) != (two.kind in INTEGERS):
        words = ("a density", "a mass") if two.kind in INTEGERS else ("a mass", "a density")
        scope.fail("E401", f"one branch has {words[0]}, the other {words[1]}", node.then.span,
                   why="a probability and a density cannot be compared",
                   second=(node.otherwise.span, words[1]))  # fmt: skip


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
    given = _match_arguments(node, row, scope)
    bounds: dict[str, nodes.Argument] = {k: given.pop(k) for k in ("lower", "upper") if k in given}
    if bounds and not row.truncates:
        first = next(iter(bounds.values()))
        scope.fail("E403", f"`{row.name}` cannot be truncated", first.span,
                   why=row.why_without_cdf)  # fmt: skip
    form = _form(node, row, set(given), scope)
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

    named = [p for p in form.parameters if p.name in given]
    read = scope.every(*(partial(parameter, p) for p in named), *(partial(end, k) for k in bounds))
    parameters = [(p.name, expr) for p, expr in zip(named, read, strict=False)]
    _of_one_size(list(zip(named, read, strict=False)), row, scope)
    written = dict(zip(bounds, read[len(named) :], strict=True))
    ends = [written.get(k) for k in ("lower", "upper")]
    _bounds_in_order(ends, bounds, scope)
    found = Distribution(row.name, tuple(parameters), ends[0], ends[1], "", node.span,
                         unsure=tuple(unsure))  # fmt: skip
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


def _match_arguments(node: nodes.Call, row: Row, scope: Scope) -> dict[str, nodes.Argument]:
    own = list(dict.fromkeys(p.name for f in row.forms for p in f.parameters))
    names = [*own, "lower", "upper"]
    result: dict[str, nodes.Argument] = {}
    canonical = row.forms[0].parameters
    for i, a in enumerate(node.arguments):
        if a.name is None:
            if i >= row.positional:
                _not_by_position(node, row, a, scope)
            result[canonical[i].name] = a
        elif a.name not in names:
            spelt = foreign.parameter(a.name, own, scope.text(a.value.span))
            near = [n for n in names if n.startswith(a.name) and len(a.name) > 2]  # `prob`
            near = near if len(near) == 1 else [n for n in names if n == meant(a.name, names)]
            edit = f"write `{spelt}`" if spelt else suggest(a.name, names) or f"write {_ways(row)}"
            spelt = spelt or "".join(f"{n} = {scope.text(a.value.span)}" for n in near)
            scope.fail("E404", f"`{row.name}` has no parameter `{a.name}`", a.span, help=edit,
                       edits=(Edit(a.span, spelt),) if spelt else ())  # fmt: skip
        elif a.name in result:
            scope.fail("E404", f"`{a.name}` is given twice", a.span,
                       second=(result[a.name].span, "first given here"))  # fmt: skip
        else:
            result[a.name] = a
    return result


def _not_by_position(node: nodes.Call, row: Row, extra: nodes.Argument, scope: Scope) -> NoReturn:
    if row.positional:
        count = f"{row.positional} parameter{'s' if row.positional > 1 else ''}"
        scope.fail("E404", f"`{row.name}` takes {count} by position", extra.span,
                   help=f"write {_ways(row)}")  # fmt: skip
    texts = [scope.text(a.value.span) for a in node.arguments]
    spelt: list[str] = []
    for form in row.forms:
        if len(form.parameters) == len(texts):
            named = zip(form.parameters, texts, strict=True)
            spelt.append(f"`{row.name}({', '.join(f'{p.name} = {t}' for p, t in named)})`")
    scope.fail("E404", f"`{row.name}` takes its parameters by name", extra.span,
               why="what stands first differs from system to system" if spelt else "",
               help="write " + (" or ".join(spelt) or _ways(row)))  # fmt: skip


def _ways(row: Row) -> str:
    """The ways to give a distribution's parameters."""
    return " or ".join(f"`{row.name}({signature(row, form)})`" for form in row.forms)


def _form(node: nodes.Call, row: Row, given: set[str], scope: Scope) -> Form:
    for form in row.forms:
        names = {p.name for p in form.parameters}
        if given <= names and {p.name for p in form.parameters if p.default is None} <= given:
            return form
    open_forms = [f for f in row.forms if given <= {p.name for p in f.parameters}]
    edit = f"write {_ways(row)}"
    if not open_forms:
        forms = [{p.name for p in f.parameters} for f in row.forms]
        apart = [n for n in given if any(not any({n, m} <= f for f in forms) for m in given)]
        pair = " and ".join(f"`{n}`" for n in sorted(apart or given))
        scope.fail("E404", f"{pair} of `{row.name}` exclude each other", node.span, help=edit)
    lacking = [
        " and ".join(f"`{p.name}`" for p in f.parameters if p.name not in given) for f in open_forms
    ]
    scope.fail("E404", f"`{row.name}` lacks {' or '.join(dict.fromkeys(lacking))}", node.span,
               help=edit)  # fmt: skip


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
