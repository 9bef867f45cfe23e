"""Declarations of the AST -> symbols and statements of the Model."""

from dataclasses import replace

from genlang.check import foreign
from genlang.check.expressions import condition, expression, integer, iteration, known_before
from genlang.check.functions import as_extent
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
from genlang.check.scope import Poison, Scope
from genlang.check.shapes import same, show
from genlang.check.supports import drawn, of_type, support
from genlang.check.walk import law_expressions, symbols
from genlang.diagnostics import suggest
from genlang.lang.types import INTEGERS, SCALARS, SQUARE, STRUCTURES, fits
from genlang.source import Span
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


def written_type(node: nodes.TypeNode, scope: Scope) -> Type:
    """Type of a written type: kind, structure, event dims, bounds."""
    if node.name not in SCALARS and node.name not in STRUCTURES:
        spelt = foreign.TYPES.get(node.name)
        edit = f"write `{spelt}`" if spelt else suggest(node.name, [*SCALARS, *STRUCTURES])
        if edit == "":
            edit = "one of: " + ", ".join(dict.fromkeys((*SCALARS, *STRUCTURES)))
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
        if bounds[a.name].type.dims or bounds[a.name].type.kind == "string":
            scope.fail("E314", "a bound is a number", a.value.span)
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
                scope.taken(name.name, name.span)
                loop = iteration(over, name.name, span, scope)
                self._open(loop, scope)
            case nodes.Name(name=name, span=span) if scope.loop(name) is None and isinstance(
                scope.names.get(name), Dim
            ):
                dim = scope.dim(name, span)
                if dim.of:
                    row = dim.of[0].name
                    scope.fail("E309", f"`{name}` is ragged: it has one size for each element of "
                               f"`{row}`", span, second=(dim.span, "declared here"),
                               help=f"write `{self.name}[s in {row}, t in {name}[s]]`")  # fmt: skip
                loop = Loop("", Extent(dim), span=span)
                self.unnamed.append(loop)
                self._open(loop, scope)
            case nodes.Name(name=name) if (index := scope.loop(name)) is not None:
                self.loops.append(index)
            case nodes.Name(name=name, span=span):
                scope.dim(name, span)  # says that it is none
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

    def carries_its_loops(self, word: str, scope: Scope) -> None:
        """Refuse a name that lacks an index of its loops, or a latent with them out of order."""
        named = [x.name for x in scope.loops if x.name]
        missing = [x for x in scope.loops if x not in self.loops]
        written = f"{self.name}[{', '.join(named)}]"
        edit = f"write `{written}`" if len(named) == len(scope.loops) else ""
        if any(x.name and x.extent.dim is None for x in scope.loops):
            raise Poison  # in a loop whose header has a fault
        if missing:
            index = missing[0].name
            scope.fail("E317", f"`{self.name}` is declared in the loop over `{index}` without it",
                       self.span, why=f"every turn of the loop would declare the same {word}",
                       help=edit or "give it the loop's index",
                       second=(missing[0].span, "this loop"))  # fmt: skip
        if word == "latent" and self.loops != scope.loops:
            scope.fail("E317", f"`{self.name}` carries its indices in the order of the loops",
                       self.span, help=edit)  # fmt: skip

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
                _starts_inside(given, kind, node.word, scope)
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
                _check_written(written_type(node.type, scope), found, node.type.span, scope)
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


def _starts_inside(given: Expr, kind: Type, word: str, scope: Scope) -> None:
    """A default or a starting value must lie in the type."""
    what = "default" if word == "data" else "starting value"
    if kind.kind == "index" or given.type.kind == "string":
        return
    if not isinstance(given, Const):
        return
    values = support(given, scope.supports)
    whole = kind.kind not in INTEGERS or inside(given, "int")
    if not values.within(of_type(kind, scope.supports)) or not whole:
        scope.fail("E316", f"the {what} is outside the type", given.span,
                   why=f"the type is {_written(kind)}, this is {given.value}")  # fmt: skip


def _written(kind: Type) -> str:
    ends = [
        f"{name}={e.value}"
        for name, e in (("lower", kind.lower), ("upper", kind.upper))
        if isinstance(e, Const)
    ]
    return f"`{kind.structure or kind.kind}" + (f"({', '.join(ends)})`" if ends else "`")


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
    found, cell = _with_type(found, one_draw, written, node, scope)
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


def _with_type(
    found: Law, draws: Type, written: Type | None, node: nodes.DrawDecl, scope: Scope
) -> tuple[Law, Type]:
    """Reconcile a written type with what the distribution draws."""
    if written is None:
        return found, draws
    span = node.type.span if node.type else node.span
    if written.structure and not draws.dims and isinstance(found, Distribution):
        if written.structure != "ordered":
            scope.fail("E290", f"`{written.structure}` here is not supported yet", span)
        return replace(found, structure="ordered"), replace(written, kind=draws.kind)
    if isinstance(found, Choice) and written.structure:
        scope.fail("E290", "a structured type over a choice is not supported yet", span)
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
    if written.kind in ("int", "count", "bool") and draws.kind not in INTEGERS:
        scope.fail("E316", f"`{written.kind}` is written, the distribution draws {draws.kind}",
                   span, second=(found.span, "this distribution"))  # fmt: skip
    if not narrow:
        return
    text = scope.text(found.span)
    ends = _truncation(written, scope)
    edit = f"truncate it: `{text[:-1]}, {ends})`" if ends and text.endswith(")") else ""
    scope.fail("E316", f"`{scope.text(span)}` is narrower than what the distribution draws", span,
               why="a scalar type never narrows a distribution", help=edit,
               second=(found.span, f"this draws {values.show()}"))  # fmt: skip


def _truncation(written: Type, scope: Scope) -> str:
    low = "0" if written.kind in ("positive", "nonneg", "unit", "count") else ""
    high = "1" if written.kind == "unit" else ""
    low = scope.text(written.lower.span) if written.lower is not None else low
    high = scope.text(written.upper.span) if written.upper is not None else high
    return ", ".join(f"{n}={e}" for n, e in (("lower", low), ("upper", high)) if e)


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
