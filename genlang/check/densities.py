"""`D.logpdf(x)`, `D.cdf(x)`, `D.logsf(x)`: functions of a distribution at a value.

An array of values, or of parameters, is taken cell by cell, as by the elementwise functions.
"""

from dataclasses import replace

from genlang.check.around import measure
from genlang.check.cells import cell
from genlang.check.expressions import expression
from genlang.check.laws import law
from genlang.check.model import Array, Density, Expr, Extent, Law, Loop, Type
from genlang.check.scope import Scope
from genlang.check.shapes import show
from genlang.check.walk import components
from genlang.lang.distributions import DISTRIBUTIONS, LAWS, Row
from genlang.source import Span
from genlang.syntax import nodes


def density(node: nodes.Call, scope: Scope) -> Expr:
    """Type the call of a function of a distribution.

    Raises Poison after E402 (no distribution), E307 (not one value), E406 (dims that do not fit),
    E409 (a function that the distribution does not have) and the faults of the distribution.
    """
    assert isinstance(node.function, nodes.Attribute)
    function, base = node.function.name.name, node.function.base
    _is_made(base, node, scope)
    if len(node.arguments) != 1 or node.arguments[0].name is not None:
        edit = f"write `{scope.text(base.span)}.{function}(x)`"
        scope.fail("E307", f"`{function}` takes one value, by position", node.span, help=edit)
    x = expression(node.arguments[0].value, scope)
    if x.type.kind == "string":
        scope.fail("E305", "a label is no number", x.span)
    rank = _rank(base, scope)
    dims = x.type.dims[: len(x.type.dims) - rank] or (batch(base, scope) if not rank else ())
    loops = tuple(Loop("", extent, span=node.span) for extent in dims)
    found, drawn = law(base, loops, scope)
    _has(function, found, node.function.name.span, scope)
    value = cell(x, rank, loops, scope)
    if len(value.type.dims) != len(drawn.dims):
        scope.fail("E406", f"one draw is {show(drawn.dims)}, this is {show(value.type.dims)}",
                   x.span, second=(base.span, "this distribution"))  # fmt: skip
    kind = Type("unit") if function == "cdf" else Type("real")
    result = Density(function, found, value, kind, node.span)
    return result if not loops else _each(result, loops, scope)


def _each(body: Density, loops: tuple[Loop, ...], scope: Scope) -> Expr:
    """An array of results, cell by cell."""
    if any(loop.extent.dim is None and loop.extent.size is None for loop in loops):
        scope.fail("E290", f"`{body.function}` of an array without a dim is not supported yet",
                   body.span, why="its size is only known from the data",
                   help=f"`[... .{body.function}(x[n]) for n in N]`")  # fmt: skip
    dims = tuple(loop.extent for loop in loops)
    return Array((body,), loops, None, replace(body.type, dims=dims), body.span)


def _is_made(base: nodes.Expr, node: nodes.Call, scope: Scope) -> None:
    """`Normal.cdf(x, 0, 1)`: the parameters belong to the distribution; `x.cdf(1)`: to no value."""
    assert isinstance(node.function, nodes.Attribute)
    if not isinstance(base, nodes.Name | nodes.Call | nodes.Ternary):
        scope.fail("E402", f"`{node.function.name.name}` is a function of a distribution, not of a "
                   "value", base.span)  # fmt: skip
    if not isinstance(base, nodes.Name) or base.name not in DISTRIBUTIONS:
        return
    if base.name in scope.names:
        return
    row, function = DISTRIBUTIONS[base.name], scope.text(node.function.span).split(".")[-1]
    names = ", ".join(p.name for p in row.forms[0].parameters)
    scope.fail("E402", f"`{base.name}` wants its parameters", base.span,
               help=f"write `{base.name}({names}).{function}(x)`")  # fmt: skip


def _rank(base: nodes.Expr, scope: Scope) -> int:
    """The number of dims of one draw, by the distribution's name."""
    match base:
        case nodes.Ternary(then=then):
            return _rank(then, scope)
        case nodes.Call(function=nodes.Name(name="Mixture"), arguments=arguments):
            listed = (a.value for a in arguments if isinstance(a.value, nodes.ListOf))
            return next((_rank(v.items[0], scope) for v in listed if v.items), 0)
        case nodes.Call(function=nodes.Name(name=name)) if name in DISTRIBUTIONS:
            return DISTRIBUTIONS[name].rank
        case nodes.Name(name=name) if name in scope.laws:
            return _rank(scope.laws[name], scope)
        case _:
            return 0


def batch(base: nodes.Expr, scope: Scope) -> tuple[Extent, ...]:
    """Return the dims of the first parameter that is an array of scalar parameters."""
    match base:
        case nodes.Name(name=name) if name in scope.laws:
            return batch(scope.laws[name], scope)
        case nodes.Ternary(condition=condition, then=then, otherwise=otherwise):
            test = expression(condition, scope).type.dims
            return test or batch(then, scope) or batch(otherwise, scope)
        case nodes.ListOf(items=items):
            return next((d for d in (batch(item, scope) for item in items) if d), ())
        case nodes.Call(function=nodes.Name(name=name), arguments=arguments) if (
            name in DISTRIBUTIONS
        ):
            row, given = DISTRIBUTIONS[name], [a.value for a in arguments]
            if row.around:
                inner = (batch(v, scope) for v in given)
                return next((d for d in inner if d), ())
            every = given if _all_scalar(row) else []
            dims = (expression(v, scope).type.dims for v in every)
            return next((d for d in dims if d), ())
        case _:
            return ()


def _all_scalar(row: Row) -> bool:
    return not any(p.rank or p.domain in LAWS for form in row.forms for p in form.parameters)


def _has(function: str, found: Law, span: Span, scope: Scope) -> None:
    """Refuse a function that one of the distributions does not have."""
    for leaf in components(found):
        row = DISTRIBUTIONS[leaf.name]
        if function != "logpdf" and measure(leaf)[0] == "flagged":
            scope.fail("E409", f"`{leaf.name}` by a flag has no `{function}`", span,
                       why="whether a value is censored is known of observations",
                       second=(leaf.span, "this distribution"))  # fmt: skip
        if function != "logpdf" and not row.has_cdf:
            names = [r.name for r in DISTRIBUTIONS.values() if r.has_cdf and not r.around]
            scope.fail("E409", f"`{leaf.name}` has no `{function}`", span, why=row.why_without_cdf,
                       second=(leaf.span, "this distribution"),
                       help=f"these have one: {', '.join(names)}")  # fmt: skip
