"""Declarations of the AST -> symbols and statements of the Model."""

from dataclasses import replace

from genlang.check.cells import cell
from genlang.check.chains import at, chain_loop, covering
from genlang.check.expressions import condition, expression, known_before
from genlang.check.header import Header
from genlang.check.kinds import join
from genlang.check.law_names import draws, name_law
from genlang.check.model import (
    Array,
    Const,
    Define,
    Dim,
    Expr,
    Factor,
    Given,
    Loop,
    Param,
    Ref,
    Require,
    Select,
    Statement,
    Type,
    Variable,
)
from genlang.check.operators import positions
from genlang.check.rows import rows_of_loops
from genlang.check.scope import Poison, Scope
from genlang.check.shapes import joined, same, show
from genlang.check.starts import starts_inside
from genlang.check.supports import of_type, support
from genlang.check.walk import symbols
from genlang.check.written import bounded, estimable, fits_written, written_type
from genlang.syntax import nodes


def dims(node: nodes.DimDecl, scope: Scope) -> None:
    """Declare the dims of a line."""
    for item in node.items:
        try:
            _dim(item, scope)
        except Poison:
            scope.broken.add(item.name.name)


def _dim(item: nodes.DimItem, scope: Scope) -> None:
    of = tuple(scope.dim(n.name, n.span) for n in item.of)
    name, span = item.name.name, item.name.span
    start = item.start
    if isinstance(start, float):
        scope.fail("E303", "codes begin at an int", item.span, help=f"write `{name} = ... from 1`")
    found = Dim(name, of=of, start=start, span=span)
    if item.size is not None:
        size = expression(item.size, scope)
        place = item.size.span
        match size:
            case Const(value=bool()):
                scope.fail("E303", "the size of a dim is an int or a list of labels", place)
            case Const(value=int(value)):
                if value < 0:
                    scope.fail("E303", "the size of a dim is not negative", place)
                found = Dim(name, size=value, of=of, start=start, span=span)
            case Array(items=items, loops=()) if all(
                isinstance(i, Const) and isinstance(i.value, str) for i in items
            ):
                labels = tuple(str(i.value) for i in items if isinstance(i, Const))
                for k, one in enumerate(items):
                    if labels[k] in labels[:k]:
                        first = (items[labels.index(labels[k])].span, "first written here")
                        scope.fail("E322", f'the label "{labels[k]}" is written twice', one.span,
                                   second=first)  # fmt: skip
                found = Dim(name, len(labels), labels, of, span=span)
            case Ref(symbol=Variable(role="data") as lengths) if of:
                found = Dim(name, of=of, lengths=lengths, span=span)
            case _ if size.type.dims or size.type.kind not in ("count", "int"):
                scope.fail("E303", "the size of a dim is an int or a list of labels", place)
            case _:
                known_before(size, scope, "the size of a dim", place)
                found = Dim(name, of=of, derived=size, span=span)
    scope.declare(name, found, span)


def _all_loops(header: Header, scope: Scope) -> tuple[Loop, ...]:
    """The loops around a value: in the order of its subscripts, those that it lacks before them."""
    return (*(x for x in scope.loops if x not in header.loops), *header.loops)


def value(node: nodes.ValueDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `data`, `param`, `let` and `report`."""
    for target in node.targets:
        with scope.declaration(target.name.name):
            if node.word == "let" and node.value is not None and draws(node.value.parts[0], scope):
                name_law(node, target, scope)
                continue
            out.append(_value(node, Header(target, scope), scope))


def _value(node: nodes.ValueDecl, header: Header, scope: Scope) -> Statement:
    given = None if node.value is None else _recursion(node, node.value, header, scope)
    match node.word:
        case "data" | "param":
            assert node.type is not None
            kind = written_type(node.type, scope)
            if given is not None:
                if kind.kind == "index":
                    given = positions(given, kind, scope)
                elif given.type.kind == "string":
                    scope.fail("E305", "a label is no number", given.span,
                               help="only an `index(D)` has labels")  # fmt: skip
                if node.word == "param":
                    given = _cell_start(given, kind, header, scope)
                starts_inside(given, kind, node.word, scope)
            if node.word == "param":
                estimable(kind, node.type.span, scope)
                header.carries_its_loops("param", scope)
            variable = header.variable(node.word, kind, node.description)
            loops = _all_loops(header, scope)
            scope.declare(variable.name, variable, variable.span)
            given_data = node.word == "data"
            values = of_type(kind, scope.supports)
            scope.supports[variable] = replace(values, given=given_data)
            if given_data:
                return Given(variable, given, node.span)
            scope.unknown.add(variable)
            return Param(variable, given, loops, node.span, *bounded(kind, scope))
        case _:
            assert given is not None
            expr = _cell_value(given, header, scope)
            found = expr.type
            rows_of_loops(expr, scope)
            if node.type is not None:
                written = written_type(node.type, scope)
                found = fits_written(written, expr, node.type.span, scope)
            if node.word == "report":
                header.carries_its_loops("report", scope)  # only a `let` may be local
            early = scope.early.pop(header.name, None)
            variable = early or header.variable(node.word, found, node.description)
            loops = _all_loops(header, scope)
            scope.declare(variable.name, variable, variable.span)
            scope.supports[variable] = support(expr, scope.supports)
            if variable not in symbols(expr):  # a recursion has no one expression
                scope.lets[variable] = expr
            if scope.unknowns(symbols(expr)):
                scope.unknown.add(variable)
            local = tuple(x for x in loops if x not in header.loops)
            if local:
                scope.local[variable.name] = local
            return Define(variable, expr, loops, node.span)


def _recursion(node: nodes.ValueDecl, chain: nodes.Chain, header: Header, scope: Scope) -> Expr:
    """The value of a `let`: one expression, or the parts of a chain by the place in its loop."""
    first = expression(chain.parts[0], scope)
    if len(chain.parts) == 1:
        return first
    loop = chain_loop(chain, scope)
    kind = first.type
    while True:
        known = scope.early.get(header.name)
        if known is None or known.cell != kind:
            scope.early[header.name] = header.variable(node.word, kind, node.description)
        values = [first]
        for place, part in enumerate(chain.parts[1:], 1):
            with covering(loop, place, scope):
                values.append(expression(part, scope))
        result = values[-1]
        for place in range(len(values) - 2, -1, -1):
            dims = joined(values[place].type, result.type, "`then`", chain.span, scope)
            dim = values[place].type.dim if values[place].type.dim is result.type.dim else None
            found = "index" if dim is not None else join((values[place], result))
            both = Type(found, dims, dim)
            result = Select(at(loop, place), values[place], result, both, chain.span, chained=True)
        if result.type == kind:
            return result
        kind = result.type


def _cell_value(expr: Expr, header: Header, scope: Scope) -> Expr:
    """A `let` with unnamed dims takes an array of these dims, read cell by cell."""
    if not header.unnamed:
        return expr
    batch = len(header.unnamed)
    if len(expr.type.dims) < batch:
        return expr
    return cell(expr, len(expr.type.dims) - batch, tuple(header.unnamed), scope)


def _cell_start(expr: Expr, kind: Type, header: Header, scope: Scope) -> Expr:
    """The start of one cell of a `param`: its last dims are those of the type, if they are."""
    dims, own, unnamed = expr.type.dims, len(kind.dims), tuple(header.unnamed)
    whole = own <= len(dims) and all(map(same, dims[len(dims) - own :], kind.dims))
    batch = dims[: len(dims) - own] if whole else dims
    if len(batch) != len(unnamed) or not batch:
        return expr
    return cell(expr, 0, unnamed, scope, kind.dims)


def factor(node: nodes.FactorDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `factor`."""
    name = node.target.name.name if node.target is not None else ""
    with scope.nest():
        if node.target is not None:
            if not node.target.name.name:
                scope.fail("E313", "a factor's name stands before `=`", node.target.span,
                           help="write `factor name[n] = ...`, or leave the name out")  # fmt: skip
            Header(node.target, scope)
        expr = expression(node.value, scope)
        if expr.type.dims:
            scope.fail("E301", f"a factor is a scalar, this is {show(expr.type.dims)}",
                       node.value.span, help="sum over it, or write a loop")  # fmt: skip
        out.append(Factor(name, expr, tuple(scope.loops), node.span))


def require(node: nodes.RequireDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `require`."""
    checked = condition(node.condition, scope)
    if checked.type.dims:
        scope.fail("E320", f"a condition is one bool, this is {show(checked.type.dims)}",
                   node.condition.span, help="write `all(... for n in N)`, or a loop")  # fmt: skip
    known_before(checked, scope, "what `require` checks", node.condition.span)
    out.append(Require(checked, node.message, tuple(scope.loops), node.span))
