"""Declarations of the AST -> symbols and statements of the Model."""

from dataclasses import replace

from genlang.check.expressions import condition, expression, integer, iteration, known_before
from genlang.check.header import Header
from genlang.check.laws import cell, law
from genlang.check.model import (
    Array,
    Const,
    Define,
    Dim,
    Draw,
    Expr,
    Extent,
    Factor,
    Given,
    Loop,
    Param,
    Ref,
    Require,
    Statement,
    Type,
    Variable,
)
from genlang.check.scope import Poison, Scope
from genlang.check.shapes import show
from genlang.check.supports import drawn, of_type, support
from genlang.check.walk import symbols
from genlang.check.written import drawn_as, fits_written, starts_inside, written_type
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


def _all_loops(scope: Scope) -> tuple[Loop, ...]:
    return tuple(scope.loops)


def value(node: nodes.ValueDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `data`, `param`, `let` and `report`."""
    for target in node.targets:
        depth = len(scope.loops)
        scope.declaring = target.name.name
        try:
            header = Header(target, scope)
            out.append(_value(node, header, scope))
        except Poison:
            if target.name.name not in scope.names:
                scope.broken.add(target.name.name)
        finally:
            del scope.loops[depth:]
            scope.declaring = ""


def _value(node: nodes.ValueDecl, header: Header, scope: Scope) -> Statement:
    chain = node.value
    if chain is not None and len(chain.parts) > 1:
        scope.fail("E290", "`then` is not supported yet", chain.span)
    given = None if chain is None else expression(chain.parts[0], scope)
    match node.word:
        case "data" | "param":
            assert node.type is not None
            kind = written_type(node.type, scope)
            if given is not None:
                starts_inside(given, kind, node.word, scope)
            if node.word == "param":
                header.carries_its_loops("param", scope)
            variable = header.variable(node.word, kind, node.description)
            loops = _all_loops(scope)
            scope.declare(variable.name, variable, variable.span)
            given_data = node.word == "data"
            values = of_type(kind, scope.supports)
            scope.supports[variable] = replace(values, given=given_data)
            if given_data:
                return Given(variable, given, node.span)
            scope.unknown.add(variable)
            return Param(variable, given, loops, node.span)
        case _:
            assert given is not None
            expr = _cell_value(given, header, scope)
            found = expr.type
            if node.type is not None:
                fits_written(written_type(node.type, scope), found, node.type.span, scope)
            variable = header.variable(node.word, found, node.description)
            loops = _all_loops(scope)
            scope.declare(variable.name, variable, variable.span)
            scope.supports[variable] = support(expr, scope.supports)
            scope.lets[variable] = expr
            if scope.unknowns(symbols(expr)):
                scope.unknown.add(variable)
            local = tuple(x for x in loops if x not in header.loops)
            if local:
                scope.local[variable.name] = local
            return Define(variable, expr, loops, node.span)


def _cell_value(expr: Expr, header: Header, scope: Scope) -> Expr:
    """A `let` with unnamed dims takes an array of these dims, read cell by cell."""
    if not header.unnamed:
        return expr
    batch = len(header.unnamed)
    if len(expr.type.dims) < batch:
        return expr
    return cell(expr, len(expr.type.dims) - batch, tuple(header.unnamed), scope)


def draw(node: nodes.DrawDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `latent` and `observed`."""
    if len(node.distribution.parts) > 1:
        scope.broken.update(t.name.name for t in node.targets)
        scope.fail("E290", "`then` is not supported yet", node.distribution.span)
    if node.word == "generated":
        scope.broken.update(t.name.name for t in node.targets)
        scope.fail("E290", "`generated` is not supported yet", node.span)
    for target in node.targets:
        depth = len(scope.loops)
        scope.declaring = target.name.name
        try:
            out.append(_draw(node, target, scope))
        except Poison:
            if target.name.name not in scope.names:
                scope.broken.add(target.name.name)
        finally:
            del scope.loops[depth:]
            scope.declaring = ""


def _draw(node: nodes.DrawDecl, target: nodes.Target, scope: Scope) -> Draw:
    known = scope.names.get(target.name.name)
    if node.word == "observed" and isinstance(known, Variable) and known.role in ("data", "let"):
        return _over_cells(node, target, known, scope)
    header = Header(target, scope)
    written = None if node.type is None else written_type(node.type, scope)
    found, one_draw = law(node.distribution.parts[0], tuple(header.unnamed), scope)
    found, cell = drawn_as(found, one_draw, written, node, scope)
    header.carries_its_loops(node.word, scope)
    if node.word == "latent" and cell.kind in ("count", "int") and cell.dims:
        scope.fail("E318", "a latent vector of counts cannot be summed out", node.span,
                   why="only single values are enumerated")  # fmt: skip
    variable = header.variable(node.word, cell, node.description)
    loops = _all_loops(scope)
    subscripts = header.subscripts()
    scope.declare(variable.name, variable, variable.span)
    values = drawn(found, cell, scope.supports)
    scope.supports[variable] = replace(values, given=node.word == "observed")
    if node.word == "latent":
        scope.unknown.add(variable)
    return Draw(variable, found, loops, subscripts, node.span)


def _over_cells(node: nodes.DrawDecl, target: nodes.Target, known: Variable, scope: Scope) -> Draw:
    """`observed` over cells of a `data` name or of a `let` of data."""
    scope.used.add(known.name)
    if known in scope.unknown:
        scope.fail("E323", f"`{known.name}` depends on unknowns and cannot be observed",
                   target.span, why="an observed value is data, or computed from data alone",
                   second=(known.span, "declared here"))  # fmt: skip
    subs: list[Expr] = []
    unnamed: list[Loop] = []
    for sub in target.subscripts:
        match sub:
            case nodes.Binder(span=span, name=name, over=over):
                scope.taken(name.name, name.span)
                loop = iteration(over, name.name, span, scope)
                scope.loops.append(loop)
                subs.append(Ref(loop, Type("index", dim=loop.extent.dim)))
            case nodes.Name(name=name, span=span) if isinstance(scope.names.get(name), Dim):
                loop = Loop("", Extent(scope.dim(name, span)), span=span)
                scope.loops.append(loop)
                unnamed.append(loop)
                subs.append(Ref(loop, Type("index", dim=loop.extent.dim)))
            case nodes.Slice(span=span):
                scope.fail("E313", "a slice declares nothing", span)
            case _:
                subs.append(integer(sub, scope, "a subscript"))
    event = len(known.dims) - len(subs)
    if event != len(known.cell.dims):
        scope.fail("E312", f"`{known.name}` has dims {show(known.dims)}", target.span)
    found, _ = law(node.distribution.parts[0], tuple(unnamed), scope)
    return Draw(known, found, _all_loops(scope), tuple(subs), node.span)


def factor(node: nodes.FactorDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `factor`."""
    name = node.target.name.name if node.target is not None else ""
    depth = len(scope.loops)
    try:
        if node.target is not None:
            if not node.target.name.name:
                scope.fail("E313", "a factor's name stands before `=`", node.target.span,
                           help="write `factor name[n] = ...`, or leave the name out")  # fmt: skip
            Header(node.target, scope)
        expr = expression(node.value, scope)
        if expr.type.dims:
            scope.fail("E301", f"a factor is a scalar, this is {show(expr.type.dims)}",
                       node.value.span, help="sum over it, or write a loop")  # fmt: skip
        out.append(Factor(name, expr, _all_loops(scope), node.span))
    finally:
        del scope.loops[depth:]


def require(node: nodes.RequireDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `require`."""
    checked = condition(node.condition, scope)
    if checked.type.dims:
        scope.fail("E320", f"a condition is one bool, this is {show(checked.type.dims)}",
                   node.condition.span, help="write `all(... for n in N)`, or a loop")  # fmt: skip
    known_before(checked, scope, "what `require` checks", node.condition.span)
    out.append(Require(checked, node.message, _all_loops(scope), node.span))
