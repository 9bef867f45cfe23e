"""Declarations of the AST -> symbols and statements of the Model."""

from dataclasses import replace

from genlang.check.expressions import as_extent, expression, integer, iteration
from genlang.check.kinds import inside
from genlang.check.laws import cell, law
from genlang.check.model import (
    Array,
    Choice,
    Const,
    Define,
    Dim,
    Distribution,
    Draw,
    Expr,
    Extent,
    Factor,
    Given,
    Law,
    Loop,
    Param,
    Ref,
    Require,
    Statement,
    Type,
    Variable,
)
from genlang.check.scope import Scope
from genlang.check.shapes import same, show
from genlang.diagnostics import suggest
from genlang.lang.types import SCALARS, SQUARE, STRUCTURES, fits
from genlang.source import Span
from genlang.syntax import nodes


def dims(node: nodes.DimDecl, scope: Scope) -> None:
    """Declare the dims of a line."""
    for item in node.items:
        of = tuple(scope.dim(n.name, n.span) for n in item.of)
        name, span = item.name.name, item.span
        found = Dim(name, of=of, start=item.start, span=span)
        if item.size is not None:
            size = expression(item.size, scope)
            match size:
                case Const(value=int(value)):
                    found = Dim(name, size=value, of=of, start=item.start, span=span)
                case Array(items=items, loops=()) if all(
                    isinstance(i, Const) and isinstance(i.value, str) for i in items
                ):
                    labels = tuple(str(i.value) for i in items if isinstance(i, Const))
                    found = Dim(name, len(labels), labels, of, span=span)
                case Ref(symbol=Variable(role="data") as lengths) if of:
                    found = Dim(name, of=of, lengths=lengths, span=span)
                case _ if size.type.dims or size.type.kind not in ("count", "int"):
                    scope.fail("E303", "the size of a dim is an int or a list of labels",
                               item.size.span)  # fmt: skip
                case _:
                    found = Dim(name, of=of, derived=size, span=span)
        scope.declare(name, found, item.name.span)


def written_type(node: nodes.TypeNode, scope: Scope) -> Type:
    """Type of a written type: kind, structure, event dims, bounds."""
    if node.name not in SCALARS and node.name not in STRUCTURES:
        edit = suggest(node.name, [*SCALARS, *STRUCTURES])
        scope.fail("E314", f"there is no type `{node.name}`", node.span, help=edit)
    extents = tuple(as_extent(expression(d, scope), scope) for d in node.dims)
    if node.name in SQUARE and len(extents) == 1:
        extents *= 2
    if node.name == "index":
        if len(node.arguments) != 1 or not isinstance(node.arguments[0].value, nodes.Name):
            scope.fail("E314", "`index` wants a dim: `index(D)`", node.span)
        name = node.arguments[0].value
        return Type("index", extents, scope.dim(name.name, name.span))
    bounds: dict[str, Expr] = {}
    for a in node.arguments:
        if a.name not in ("lower", "upper"):
            scope.fail("E314", f"`{node.name}` takes `lower=` and `upper=`", a.span)
        bounds[a.name] = expression(a.value, scope)
    kind, structure = node.name, ""
    if node.name not in SCALARS or (node.name == "real" and extents):
        structure = "" if node.name == "real" else node.name
        kind = {"simplex": "unit", "positive_ordered": "positive"}.get(node.name, "real")
        if not extents:
            scope.fail("E314", f"`{node.name}` wants its dims: `{node.name}[K]`", node.span)
    elif kind == "real" and "lower" in bounds and inside(bounds["lower"], "nonneg"):
        kind = "positive" if inside(bounds["lower"], "positive") else "nonneg"
    return Type(kind, extents, None, structure, bounds.get("lower"), bounds.get("upper"))


class Header:
    """The subscripts of a declared name: its loops, those without a name, its dims."""

    def __init__(self, target: nodes.Target, scope: Scope) -> None:
        self.name = target.name.name
        self.span = target.name.span
        self.loops: list[Loop] = []
        self.unnamed: list[Loop] = []
        self.opened: list[Loop] = []
        self.cells: list[Expr] | None = None
        for sub in target.subscripts:
            self._subscript(sub, scope)

    def _subscript(self, sub: object, scope: Scope) -> None:
        match sub:
            case nodes.Binder(span=span, name=name, over=over):
                if scope.loop(name.name) or name.name in scope.names:
                    scope.fail("E206", f"`{name.name}` is already a name here", name.span)
                loop = iteration(over, name.name, span, scope)
                self._open(loop, scope)
            case nodes.Name(name=name, span=span) if scope.loop(name) is None and isinstance(
                scope.names.get(name), Dim
            ):
                dim = scope.dim(name, span)
                if dim.of:
                    scope.fail("E309", f"`{name}` is ragged", span,
                               help=f"`{self.name}[s in {dim.of[0].name}, t in {name}[s]]`")  # fmt: skip
                loop = Loop("", Extent(dim), span=span)
                self.unnamed.append(loop)
                self._open(loop, scope)
            case nodes.Name(name=name) if (loop := scope.loop(name)) is not None:
                self.loops.append(loop)
            case nodes.Name(name=name, span=span):
                scope.dim(name, span)
            case nodes.Number(value=int(value), span=span):
                loop = Loop("", Extent(None, size=value), span=span)
                self.unnamed.append(loop)
                self._open(loop, scope)
            case nodes.Slice(span=span):
                scope.fail("E313", "a slice declares nothing", span)
            case _:
                assert isinstance(sub, nodes.Expr)
                scope.fail("E313", "this declares no dim", sub.span,
                           help="write a loop's index, `n in N`, or a dim")  # fmt: skip

    def _open(self, loop: Loop, scope: Scope) -> None:
        scope.loops.append(loop)
        self.opened.append(loop)
        self.loops.append(loop)

    @property
    def dims(self) -> tuple[Extent, ...]:
        """The axes of the array outside its loops."""
        return tuple(loop.extent for loop in self.loops)

    def subscripts(self) -> tuple[Expr, ...]:
        """The subscripts as expressions."""
        return tuple(Ref(x, Type("index", dim=x.extent.dim)) for x in self.loops)

    def variable(self, role: str, cell: Type, description: str) -> Variable:
        """The declared variable."""
        every = (*self.dims, *cell.dims)
        loops = tuple(self.loops)
        return Variable(self.name, role, cell, every, loops, len(cell.dims), description, self.span)


def _all_loops(scope: Scope) -> tuple[Loop, ...]:
    return tuple(scope.loops)


def value(node: nodes.ValueDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `data`, `param`, `let` and `report`."""
    for target in node.targets:
        depth = len(scope.loops)
        try:
            header = Header(target, scope)
            out.append(_value(node, header, scope))
        except Exception:
            scope.broken.add(target.name.name)
            raise
        finally:
            del scope.loops[depth:]


def _value(node: nodes.ValueDecl, header: Header, scope: Scope) -> Statement:
    chain = node.value
    if chain is not None and len(chain.parts) > 1:
        scope.fail("E290", "`then` is not supported yet", chain.span)
    given = None if chain is None else expression(chain.parts[0], scope)
    match node.word:
        case "data" | "param":
            assert node.type is not None
            kind = written_type(node.type, scope)
            variable = header.variable(node.word, kind, node.description)
            loops = _all_loops(scope)
            scope.declare(variable.name, variable, variable.span)
            if node.word == "data":
                return Given(variable, given, node.span)
            return Param(variable, given, loops, node.span)
        case _:
            assert given is not None
            expr = _cell_value(given, header, scope)
            found = expr.type
            if node.type is not None:
                _check_written(written_type(node.type, scope), found, node.type.span, scope)
            variable = header.variable(node.word, found, node.description)
            loops = _all_loops(scope)
            scope.declare(variable.name, variable, variable.span)
            return Define(variable, expr, loops, node.span)


def _cell_value(expr: Expr, header: Header, scope: Scope) -> Expr:
    """A `let` with unnamed dims takes an array of these dims, read cell by cell."""
    if not header.unnamed:
        return expr
    batch = len(header.unnamed)
    if len(expr.type.dims) < batch:
        return expr
    return cell(expr, len(expr.type.dims) - batch, tuple(header.unnamed), scope)


def _check_written(written: Type, found: Type, span: Span, scope: Scope) -> None:
    if len(written.dims) != len(found.dims) or not all(map(same, written.dims, found.dims)):
        scope.fail("E315", f"the type says {show(written.dims)}, the value has {show(found.dims)}",
                   span)  # fmt: skip
    if written.kind == "index" and found.kind in ("index", "count"):
        if found.dim is not None and found.dim is not written.dim:
            scope.fail("E315", f"this is an index of `{found.dim.name}`", span)
        return
    if not fits(found.kind, written.kind):
        scope.fail("E316", f"the type `{written.kind}` is narrower than the value, {found.kind}",
                   span)  # fmt: skip


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
        try:
            out.append(_draw(node, target, scope))
        except Exception:
            if target.name.name not in scope.names:
                scope.broken.add(target.name.name)
            raise
        finally:
            del scope.loops[depth:]


def _draw(node: nodes.DrawDecl, target: nodes.Target, scope: Scope) -> Draw:
    known = scope.names.get(target.name.name)
    if node.word == "observed" and isinstance(known, Variable) and known.role in ("data", "let"):
        return _over_cells(node, target, known, scope)
    header = Header(target, scope)
    written = None if node.type is None else written_type(node.type, scope)
    found, drawn = law(node.distribution.parts[0], tuple(header.unnamed), scope)
    found, cell = _with_type(found, drawn, written, node, scope)
    if node.word == "latent":
        enclosing = [x for x in scope.loops if x not in header.loops]
        if enclosing:
            name = enclosing[0].name
            scope.fail("E317", f"`{header.name}` is declared in the loop over `{name}` without it",
                       header.span, help=f"write `{header.name}[{name}, ...]`")  # fmt: skip
        if cell.kind in ("count", "int") and cell.dims:
            scope.fail("E318", "a latent vector of counts cannot be summed out", node.span)
    variable = header.variable(node.word, cell, node.description)
    loops = _all_loops(scope)
    subscripts = header.subscripts()
    scope.declare(variable.name, variable, variable.span)
    return Draw(variable, found, loops, subscripts, node.span)


def _over_cells(node: nodes.DrawDecl, target: nodes.Target, known: Variable, scope: Scope) -> Draw:
    """`observed` over cells of a `data` name or of a `let` of data."""
    scope.used.add(known.name)
    subs: list[Expr] = []
    unnamed: list[Loop] = []
    for sub in target.subscripts:
        match sub:
            case nodes.Binder(span=span, name=name, over=over):
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
    found, drawn = law(node.distribution.parts[0], tuple(unnamed), scope)
    del drawn
    return Draw(known, found, _all_loops(scope), tuple(subs), node.span)


def _with_type(
    found: Law, drawn: Type, written: Type | None, node: nodes.DrawDecl, scope: Scope
) -> tuple[Law, Type]:
    """Reconcile a written type with what the distribution draws."""
    if written is None:
        return found, drawn
    span = node.type.span if node.type else node.span
    if written.structure and not drawn.dims and isinstance(found, Distribution):
        if written.structure != "ordered":
            scope.fail("E290", f"`{written.structure}` here is not supported yet", span)
        return replace(found, structure="ordered"), replace(written, kind=drawn.kind)
    if isinstance(found, Choice) and written.structure:
        scope.fail("E290", "a structured type over a choice is not supported yet", span)
    if len(written.dims) != len(drawn.dims) or not all(map(same, written.dims, drawn.dims)):
        scope.fail("E315", f"the type says {show(written.dims)}, one draw is {show(drawn.dims)}",
                   span)  # fmt: skip
    if written.kind == "index" and drawn.kind in ("index", "count", "int"):
        if drawn.dim is not None and drawn.dim is not written.dim:
            scope.fail("E315", f"one draw is an index of `{drawn.dim.name}`", span)
        return found, replace(drawn, kind="index", dim=written.dim)
    if not fits(drawn.kind, written.kind):
        text = scope.source.slice(found.span)
        edit = f"truncate it: `{text[:-1]}, lower=0)`" if written.kind == "positive" else ""
        scope.fail("E316", f"`{written.kind}` is narrower than what the distribution draws", span,
                   why="a scalar type never narrows a distribution", help=edit)  # fmt: skip
    structure = written.structure or drawn.structure
    return found, replace(drawn, dims=written.dims or drawn.dims, structure=structure)


def factor(node: nodes.FactorDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `factor`."""
    name = node.target.name.name if node.target is not None else ""
    depth = len(scope.loops)
    try:
        if node.target is not None:
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
    condition = expression(node.condition, scope)
    out.append(Require(condition, node.message, _all_loops(scope), node.span))
