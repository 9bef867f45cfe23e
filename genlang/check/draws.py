"""`latent`, `observed`, `generated`: what they draw, over which loops, chains part by part."""

from dataclasses import replace
from functools import partial

from genlang.check.around import as_latent
from genlang.check.chains import chain_loop, covering, together
from genlang.check.drawn import drawn
from genlang.check.elements import each_of
from genlang.check.expressions import expression, integer, iteration
from genlang.check.header import Header
from genlang.check.laws import law, wider
from genlang.check.model import (
    Dim,
    Draw,
    Expr,
    Extent,
    Law,
    Loop,
    Net,
    Ref,
    Statement,
    Type,
    Variable,
)
from genlang.check.scope import Poison, Scope
from genlang.check.shapes import same, show
from genlang.check.walk import leaves
from genlang.check.written import drawn_as, sized, written_type
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.types import INTEGERS
from genlang.syntax import nodes


def draw(node: nodes.DrawDecl, scope: Scope, out: list[Statement]) -> None:
    """Check `latent`, `observed` and `generated`."""
    for target in node.targets:
        with scope.declaration(target.name.name):
            out.append(_draw(node, target, scope))


def _draw(node: nodes.DrawDecl, target: nodes.Target, scope: Scope) -> Draw:
    known = scope.names.get(target.name.name)
    if node.word == "observed" and isinstance(known, Variable) and known.role in ("data", "let"):
        return _over_cells(node, target, known, scope)
    header = Header(target, scope)
    written = None if node.type is None else written_type(node.type, scope)
    variable, found = typed(node, header, written, scope)
    cell = variable.cell
    header.carries_its_loops(node.word, scope)
    if node.word == "latent":
        as_latent(found, variable.name, scope)
    if node.word == "latent" and cell.kind in INTEGERS and cell.dims:
        alone = written is not None and all(leaf.each for leaf in leaves(found))
        edit = f"`latent {variable.name}[{show(cell.dims)[1:-1]}] ~ ...` enumerates each element"
        scope.fail("E318", "a latent vector of counts cannot be summed out", node.span,
                   why="only single values are enumerated", help=edit if alone else "")  # fmt: skip
    loops = tuple(scope.loops)
    subscripts = header.subscripts()
    scope.declare(variable.name, variable, variable.span)
    values = drawn(found, cell, scope.supports)
    scope.supports[variable] = replace(values, given=node.word == "observed")
    if node.word != "observed":
        scope.unknown.add(variable)
    return Draw(variable, found, loops, subscripts, node.span)


def typed(
    node: nodes.DrawDecl, header: Header, written: Type | None, scope: Scope
) -> tuple[Variable, Law]:
    """Type a distribution, part by part where it is a chain.

    A part may read the variable's own lag, of the type that the parts together draw: so they are
    typed again where a later part draws more than the first.
    """
    chain, name = node.distribution, header.name
    loop = chain_loop(chain, scope) if len(chain.parts) > 1 else None
    foretold = scope.early.get(name)
    guess = _guess(chain.parts[0]) if node.word == "observed" and foretold is None else None
    if guess is not None:
        # `y[t] ~ Normal(y[t-1], 1)` over a part that has an element before reads itself at once.
        scope.early[name] = header.variable(node.word, guess, node.description)
    while True:
        laws: list[Law] = []
        whole: Type | None = None
        for place, part in enumerate(chain.parts):
            try:
                with covering(loop, place, scope):
                    found, one = law(part, tuple(header.unnamed), scope, each_of(written))
                found, cell = drawn_as(found, one, written, node, scope)
            except Poison:
                # The other parts have faults of their own; reads of this name are quiet in them.
                scope.broken.add(name)
                continue
            if whole is not None and (
                len(cell.dims) != len(whole.dims) or not all(map(same, cell.dims, whole.dims))
            ):
                scope.fail("E335", "the parts of a chain draw values of the same dims, here "
                           f"{show(whole.dims)} and {show(cell.dims)}", part.span)  # fmt: skip
            laws.append(found)
            whole = cell if whole is None else wider(whole, cell)
            if place == 0 and name not in scope.early and loop is not None:
                scope.early[name] = header.variable(node.word, whole, node.description)
        if whole is None or len(laws) < len(chain.parts):
            raise Poison
        known = scope.early.get(name)
        if known is None:
            return header.variable(node.word, whole, node.description), laws[0]
        if known.cell == whole:
            if loop is None:
                return known, laws[0]
            return known, together(laws, loop, known, chain.span)
        if known is foretold:
            scope.fail("E334", f"`{name}` is read above before its type can be told", header.span,
                       help="declare it above the statement that reads its lag")  # fmt: skip
        scope.early[name] = header.variable(node.word, whole, node.description)


def _guess(node: nodes.Expr) -> Type | None:
    """The type of one draw, by the distribution's name alone; None for vectors and indices."""
    match node:
        case nodes.Call(function=nodes.Name(name=name)) if name in DISTRIBUTIONS:
            row = DISTRIBUTIONS[name]
            return None if row.rank or row.around or row.kind == "index" else Type(row.kind)
        case _:
            return None


def predeclare(
    node: nodes.DrawDecl | nodes.ValueDecl,
    target: nodes.Target,
    scope: Scope,
    known: dict[str, Dim | Variable | Net] | None = None,
) -> Variable | None:
    """Return the variable of a statement further down, for a lagged read; None where it fails.

    It may read what stands between here and there: `known` has these names already.
    """
    if known is None:
        known = {**scope.names, **scope.early}
        for name, make in scope.pending.items():
            if name == target.name.name:
                break
            made = None if name in known else make(known)
            if made is not None:
                known[name] = made
    trial = replace(scope, names=known, loops=list(scope.loops), found=[], pending={},
                    declaring="")  # fmt: skip
    header: Header | None = None
    guess: Type | None = None
    try:
        header = Header(target, trial)
        if header.opened:
            return None
        written = None if node.type is None else written_type(node.type, trial)
        if isinstance(node, nodes.ValueDecl):
            assert node.value is not None
            cell = expression(node.value.parts[0], trial).type
        else:
            if node.word == "observed" and written is None:
                # Its distribution may read the very `let` that reads its lag.
                guess = _guess(node.distribution.parts[0])
            found, one = law(node.distribution.parts[0], (), trial, each_of(written))
            _, cell = drawn_as(found, one, written, node, trial)
    except Poison:
        if header is None or guess is None:
            return None
        scope.guessed.add(header.name)
        return header.variable(node.word, guess, node.description)
    return header.variable(node.word, cell, node.description)


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
    parts = node.distribution.parts
    along = chain_loop(node.distribution, scope) if len(parts) > 1 else None

    def read(place: int, part: nodes.Expr) -> Law:
        with covering(along, place, scope):
            found, one = sized(*law(part, tuple(unnamed), scope), known.cell.dims, scope)
        if len(one.dims) != len(known.cell.dims) or not all(map(same, one.dims, known.cell.dims)):
            scope.fail("E315", f"one draw is {show(one.dims)}, a cell of `{known.name}` is "
                       f"{show(known.cell.dims)}", part.span,
                       second=(known.span, "declared here"))  # fmt: skip
        return found

    laws = scope.every(*(partial(read, place, part) for place, part in enumerate(parts)))
    found = laws[0] if along is None else together(laws, along, None, node.distribution.span)
    return Draw(known, found, tuple(scope.loops), tuple(subs), node.span)
