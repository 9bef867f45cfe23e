"""Expressions of the AST -> typed expressions of the Model."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from genlang.check import structures
from genlang.check.calls import applied, called, defined, in_order, refuse_attribute
from genlang.check.chains import covered, early
from genlang.check.forward import called_net, forward
from genlang.check.functions import REDUCTIONS, listed, reduction_kind, size_of_axis
from genlang.check.kinds import inside, join, number_kind
from genlang.check.model import (
    Apply,
    Array,
    Const,
    Dim,
    Expr,
    Extent,
    Index,
    Loop,
    Reduce,
    Ref,
    Select,
    Type,
    Variable,
)
from genlang.check.names import named
from genlang.check.operators import labelled, operation
from genlang.check.scope import Scope
from genlang.check.shapes import after, joined, show, whole
from genlang.check.slices import between, from_end
from genlang.check.subscripts import exists, fits_dim, lag, row, too_many, wrong_rows
from genlang.check.walk import symbols
from genlang.lang.distributions import DENSITIES
from genlang.lang.types import INTEGERS
from genlang.source import Span
from genlang.syntax import nodes

COUNT, BOOL = Type("count"), Type("bool")


def expression(node: nodes.Expr, scope: Scope) -> Expr:
    """Type an expression; a fault is reported and raises Poison."""
    net = called_net(node, scope)
    if net is not None:
        return forward(node, net, lambda e: expression(e, scope), scope)
    match node:
        case nodes.Number(span=span, value=value):
            return Const(value, Type(number_kind(value)), span)
        case nodes.Truth(span=span, value=value):
            return Const(value, BOOL, span)
        case nodes.String(span=span, value=value):
            return Const(value, Type("string"), span)
        case nodes.Name():
            return named(node, scope)
        case nodes.Unary():
            return _unary(node, scope)
        case nodes.Binary():
            return _binary(node, scope)
        case nodes.Ternary():
            return _ternary(node, scope)
        case nodes.Call(function=nodes.Attribute(name=nodes.Name(name=name))) if name in DENSITIES:
            return scope.density(node, scope)
        case nodes.Call():
            return _call(node, scope)
        case nodes.Subscript():
            return _subscript(node, scope)
        case nodes.Attribute():
            refuse_attribute(node, scope)
        case nodes.ListOf():
            return _list(node, scope)
        case nodes.Comprehension():
            return _comprehension(node, scope)
        case nodes.Reduction():
            return _reduction(node, scope)


def _expressions(every: Iterable[nodes.Expr], scope: Scope) -> tuple[Expr, ...]:
    return tuple(scope.every(*(partial(expression, node, scope) for node in every)))


def _guarded(
    node: nodes.Expr, scope: Scope, read: Callable[[nodes.Expr, Scope], Expr] = expression
) -> Expr:
    """Type what is evaluated in one case only."""
    with scope.branch():
        return read(node, scope)


def integer(node: nodes.Expr, scope: Scope, what: str) -> Expr:
    """Type an expression that must be an int scalar."""
    expr = expression(node, scope)
    if expr.type.dims or expr.type.kind not in INTEGERS:
        scope.fail("E303", f"{what} must be an int, this is {_shown(expr.type)}", node.span)
    return expr


def known_expression(node: nodes.Expr, scope: Scope, what: str) -> Expr:
    """Type an expression that must be known before a fit: of data, sizes and indices."""
    expr = expression(node, scope)
    known_before(expr, scope, what, node.span)
    return expr


def known_before(expr: Expr, scope: Scope, what: str, span: Span) -> None:
    """Refuse an expression that reads an unknown."""
    unknown = scope.unknowns(symbols(expr))
    if unknown:
        name = unknown[0].name
        second = (unknown[0].span, f"`{name}` is unknown until the model is fitted")
        message = f"{what} must be known from data, sizes and indices"
        scope.fail("E319", message, span, second=second)


def condition(node: nodes.Expr, scope: Scope) -> Expr:
    """Type a condition: a bool, or the number 0 or 1."""
    expr = expression(node, scope)
    if not inside(expr, "bool"):
        text = scope.text(node.span)
        edit = f"compare it: `{text} != 0`, `{text} > 0`, ..."
        scope.fail("E320", f"a condition is true or false, this is {_shown(expr.type)}", node.span,
                   help="" if expr.type.kind == "string" else edit)  # fmt: skip
    return expr


def _shown(kind: Type) -> str:
    if kind.dim is not None and not kind.dims:
        return f"an index of `{kind.dim.name}`"
    return f"{kind.kind} over {show(kind.dims)}" if kind.dims else f"of type {kind.kind}"


def _unary(node: nodes.Unary, scope: Scope) -> Expr:
    operand = expression(node.operand, scope)
    if operand.type.kind == "string":
        scope.fail("E305", "a label is no number", operand.span)
    if node.op == "+":
        return operand
    if node.op == "not":
        operand = condition(node.operand, scope)
        return Apply("not", (operand,), replace(BOOL, dims=operand.type.dims), node.span)
    if isinstance(operand, Const) and isinstance(operand.value, int | float):
        value = -operand.value
        return Const(value, Type(number_kind(value)), node.span)
    kind = "int" if operand.type.kind in INTEGERS else "real"
    structure = structures.applied("neg", (operand,), operand.type.dims)
    whole = Type(kind, operand.type.dims, structure=structure)
    return Apply("neg", (operand,), whole, node.span)


def _binary(node: nodes.Binary, scope: Scope) -> Expr:
    if node.op in ("and", "or"):
        left, right = scope.every(
            lambda: condition(node.left, scope),
            lambda: _guarded(node.right, scope, condition),
        )
        dims = joined(left.type, right.type, f"`{node.op}`", node.span, scope)
        return Apply(node.op, (left, right), replace(BOOL, dims=dims), node.span)
    left, right = _expressions((node.left, node.right), scope)
    return operation(node.op, left, right, node.span, scope)


def _ternary(node: nodes.Ternary, scope: Scope) -> Expr:
    decides, then, otherwise = scope.every(
        lambda: condition(node.condition, scope),
        lambda: _guarded(node.then, scope),
        lambda: _guarded(node.otherwise, scope),
    )
    dims = joined(then.type, otherwise.type, "`if`", node.span, scope)
    dims = joined(Type("real", dims), decides.type, "`if`", node.span, scope)
    dim = then.type.dim if then.type.dim is otherwise.type.dim else None
    kind = "index" if dim is not None else join((then, otherwise))
    both = then.type.structure == otherwise.type.structure
    structure = then.type.structure if both and not decides.type.dims else ""
    whole = Type(kind, dims, dim, structure)
    return Select(decides, then, otherwise, whole, node.span)


# -- Calls ------------------------------------------------------------------------------------


def _call(node: nodes.Call, scope: Scope) -> Expr:
    definition = defined(node.function, scope)
    if definition is not None:
        return definition.call(node, scope)
    name = called(node, scope)
    places: list[int | Const] = []
    given: list[Expr] = []
    scope.every(
        lambda: places.extend(in_order(name, node, scope)),
        lambda: given.extend(_expressions([a.value for a in node.arguments], scope)),
    )
    arguments = tuple(given[p] if isinstance(p, int) else p for p in places)
    return applied(name, arguments, node.span, scope)


def _list(node: nodes.ListOf, scope: Scope) -> Expr:
    items = _expressions(node.items, scope)
    if not items:
        scope.fail("E308", "an empty list has no type", node.span)
    return listed(items, node.span, scope)


def iteration(node: nodes.Iteration, name: str, span: Span, scope: Scope) -> Loop:
    """The loop of `for name in node`."""
    parts = list(node.parts)
    part = parts.pop() if parts and isinstance(parts[-1], nodes.Slice) else None
    extent = scope.extents.get(node.dim.name)
    if extent is None:
        extent = _axis(node, parts, scope)
    else:
        size_of_axis(extent, node.dim, scope)
    ends: list[Expr | None] = [None, None]
    if isinstance(part, nodes.Slice):
        ends = [None if e is None else _bound(e, scope) for e in (part.start, part.stop)]
        ends = [from_end(e, extent, part.span, scope) for e in ends]
    return Loop(name, extent, ends[0], ends[1], span=span)


def _axis(node: nodes.Iteration, rows: list[nodes.Expr | nodes.Slice], scope: Scope) -> Extent:
    """The dim that is run over; of a ragged one the row."""
    dim = scope.dim(node.dim.name, node.dim.span)
    if len(rows) != len(dim.of):
        wrong_rows(node, dim, scope)
    of: list[Expr] = []
    for sub, outer in zip(rows, dim.of, strict=True):
        assert not isinstance(sub, nodes.Slice)
        expr = integer(sub, scope, "an index")
        fits_dim(expr, Extent(outer), sub.span, scope)
        of.append(expr)
    return Extent(dim, tuple(of))


def _bound(node: nodes.Expr, scope: Scope) -> Expr:
    expr = integer(node, scope, "a bound")
    known_before(expr, scope, "the bound of a loop", node.span)
    return expr


def _clauses(clauses: tuple[nodes.Clause, ...], scope: Scope) -> tuple[list[Loop], list[Expr]]:
    """Open the loops of a comprehension in the scope; the caller closes them."""
    loops: list[Loop] = []
    conditions: list[Expr] = []
    for clause in clauses:
        scope.taken(clause.name.name, clause.name.span)
        loop = iteration(clause.over, clause.name.name, clause.span, scope)
        loops.append(loop)
        scope.loops.append(loop)
        if clause.condition is not None:
            conditions.append(condition(clause.condition, scope))
    return loops, conditions


def _together(conditions: list[Expr]) -> Expr | None:
    result: Expr | None = None
    for c in conditions:
        result = c if result is None else Apply("and", (result, c), BOOL, c.span)
    return result


def _comprehension(node: nodes.Comprehension, scope: Scope) -> Expr:
    with scope.nest():
        loops, conditions = _clauses(node.clauses, scope)
        element = expression(node.element, scope)
    if conditions:
        scope.fail("E310", "a filter stands only in a reduction", node.span,
                   help="use it inside `sum(...)`, or write `e if condition else 0`")  # fmt: skip
    dims = tuple(x.extent if whole(x) else Extent(None) for x in loops)
    if not all(whole(x) for x in loops):
        scope.fail("E310", "a list over a part of a dim has no dim", node.span,
                   help="run over the whole dim, or reduce")  # fmt: skip
    kind = replace(element.type, dims=(*dims, *element.type.dims), structure=element.type.structure)
    return Array((element,), tuple(loops), None, kind, node.span)


def _reduction(node: nodes.Reduction, scope: Scope) -> Expr:
    definition = defined(node.function, scope)
    if definition is not None:
        scope.fail("E209", f"`{definition.name}` does not run over a dim", node.function.span,
                   help=f"give it a list: `{definition.name}([... for k in K])`",
                   second=(definition.span, "declared here"))  # fmt: skip
    if not isinstance(node.function, nodes.Name) or node.function.name not in REDUCTIONS:
        scope.fail("E209", f"`{scope.text(node.function.span)}` does not run over a dim",
                   node.function.span, help="one of: " + ", ".join(REDUCTIONS))  # fmt: skip
    name = node.function.name
    test = name in ("any", "all")
    with scope.nest():
        loops, conditions = _clauses(node.clauses, scope)
        with scope.branch() if conditions else nullcontext():
            element = condition(node.element, scope) if test else expression(node.element, scope)
    if element.type.dims:
        scope.fail("E301", f"`{name}` runs over scalars, this is {show(element.type.dims)}",
                   node.element.span, help="index it, or add a `for`")  # fmt: skip
    kind = reduction_kind(name, element)
    whole_condition = _together(conditions)
    default = _default(node, name, scope)
    return Reduce(name, element, tuple(loops), whole_condition, default, Type(kind), node.span)


def _default(node: nodes.Reduction, name: str, scope: Scope) -> Expr | None:
    """`default=`: the value of a `min` or `max` over nothing."""
    found: Expr | None = None
    for argument in node.named:
        if argument.name != "default" or name not in ("min", "max"):
            scope.fail("E307", f"`{name}` has no argument `{argument.name}`", argument.span)
        found = expression(argument.value, scope)
        if found.type.dims:
            scope.fail("E301", "`default` is a scalar", argument.span)
    return found


def _subscript(node: nodes.Subscript, scope: Scope) -> Expr:
    base = early(node, scope)
    if base is None:
        lag(node, scope)
        base = expression(node.base, scope)
    dims = list(base.type.dims)
    if len(node.subscripts) > len(dims):
        too_many(node, base, scope)
    base, subs = row(base)
    first = len(subs)
    variable = base.symbol if isinstance(base, Ref) and isinstance(base.symbol, Variable) else None
    loops = () if variable is None else variable.loops[first:]
    kept: list[Extent] = []
    for place, sub in enumerate(node.subscripts):
        match sub:
            case nodes.Slice(start=start, stop=stop):
                ends = [None if e is None else integer(e, scope, "a bound") for e in (start, stop)]
                subs.append(between(ends, node, place, dims[place], scope))
                kept.append(dims[place] if start is None and stop is None else Extent(None))
            case nodes.Binder():
                scope.fail("E313", "a binder stands only in a declaration", sub.span)
            case _:
                beside = Ref(Dim(""), Type("index", dim=dims[place].dim))
                expr = labelled(expression(sub, scope), beside, scope)
                if expr.type.dims or expr.type.kind not in INTEGERS:
                    scope.fail("E303", "a subscript must be an int scalar", sub.span)
                there = covered(expr, variable, first + place, node.span, scope)
                fits_dim(expr, dims[place], sub.span, scope, there=there)
                loop = loops[place] if place < len(loops) else None
                if variable is not None and loop is not None and not there:
                    exists(expr, variable, loop, sub.span, scope)
                subs.append(expr)
                dims[place + 1 :] = after(tuple(dims[place + 1 :]), loop, expr)
    rest = tuple(dims[len(node.subscripts) :])
    left = (*kept, *rest)
    structured = structures.indexed(base, tuple(subs))
    kind = Type(base.type.kind, left, base.type.dim, structured)
    return Index(base, tuple(subs), kind, node.span)
