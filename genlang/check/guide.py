"""`guide:`: the variational family of the latents that it names, checked against the model.

A guide draws a latent over the model's own loops and dims, from a distribution with the model's
support. It is checked last, wherever it stands: it may read whatever the model knows, and the model
reads nothing of it.
"""

from collections.abc import Iterator
from contextlib import suppress

from genlang.check.draws import typed
from genlang.check.family import same_values
from genlang.check.header import Header, loop_of
from genlang.check.model import (
    Define,
    Draw,
    Expr,
    Extent,
    Guide,
    Loop,
    Net,
    Ref,
    Statement,
    Symbol,
    Variable,
)
from genlang.check.scope import Poison, Scope
from genlang.check.shapes import same, show, size
from genlang.check.statements import value
from genlang.check.walk import index_type, substitute, substitute_law, symbols
from genlang.check.written import written_type
from genlang.diagnostics import suggest
from genlang.lang.types import INTEGERS
from genlang.source import Span
from genlang.syntax import nodes

ALLOWED = "a guide has `latent`, `param`, `let` and `for` lines"
REASONS = {
    "dim": "its loops are those of the model",
    "data": "data are declared by the model, and a guide reads them",
    "observed": "a guide draws unknowns only, and reads what was observed",
    "generated": "a `generated` value is drawn after inference",
    "report": "a `report` is computed after inference",
    "factor": "a guide is a distribution, and has no terms of its own",
    "require": "data are checked by the model",
    "net": "networks are declared by the model, and a guide reads them",
    "def": "functions are declared by the model, and a guide calls them",
    "guide": "a model has one guide",
}


def blocks(statements: tuple[nodes.Statement, ...]) -> Iterator[nodes.GuideBlock]:
    """Yield the guides of a file, those inside loops as well."""
    for node in statements:
        match node:
            case nodes.GuideBlock():
                yield node
            case nodes.ForBlock(body=body):
                yield from blocks(body)
            case _:
                continue


def own_names(statements: tuple[nodes.Statement, ...]) -> Iterator[tuple[str, Span]]:
    """Yield what a guide declares for itself, with the places."""
    for node in statements:
        match node:
            case nodes.ValueDecl(word="let" | "param", targets=targets):
                yield from ((t.name.name, t.name.span) for t in targets)
            case nodes.ForBlock(body=body):
                yield from own_names(body)
            case _:
                continue


def guide(node: nodes.GuideBlock, model: tuple[Statement, ...], scope: Scope) -> Guide:
    """Check a guide against the statements of its model; faults are reported."""
    found = _Guide(model, scope)
    before = set(scope.names)
    scope.reading = found.readable
    for child in node.body:
        found.statement(child)
    scope.reading = None
    own = tuple(
        s for name, s in scope.names.items() if name not in before and isinstance(s, Variable)
    )
    return Guide(own, tuple(found.out), node.span)


class _Guide:
    """What a guide has drawn so far; `places` are those of its lines by the latent's name."""

    def __init__(self, model: tuple[Statement, ...], scope: Scope) -> None:
        self.scope = scope
        self.draws = {s.target: s for s in model if isinstance(s, Draw)}
        self.defines = {s.target: s.value for s in model if isinstance(s, Define)}
        self.places: dict[str, Span] = {}
        self.done: set[Variable] = set()
        self.out: list[Statement] = []

    def statement(self, node: nodes.Statement) -> None:
        """Check one line or loop."""
        with suppress(Poison):
            match node:
                case nodes.ForBlock():
                    self._block(node)
                case nodes.DrawDecl(word="latent"):
                    for target in node.targets:
                        self._draw(node, target)
                case nodes.ValueDecl(word="let" | "param"):
                    value(node, self.scope, self.out)
                case _:
                    self._refuse(node)

    def _refuse(self, node: nodes.Statement) -> None:
        text = self.scope.source.slice(node.span)
        word = text.split(maxsplit=1)[0].rstrip(":")
        place = Span(node.span.start, node.span.start + len(word))
        self.scope.fail("E622", f"`{word}` does not stand in a guide", place,
                        why=REASONS.get(word, ""), help=ALLOWED)  # fmt: skip

    def _block(self, node: nodes.ForBlock) -> None:
        if node.weight is not None:
            self.scope.fail(
                "E622",
                "a loop of a guide has no weight",
                node.weight.span,
                why="an unknown is drawn once",
                help="leave the weight out",
            )
        loop = loop_of(node, self.scope) or Loop(node.name.name, Extent(None), span=node.span)
        with self.scope.inside(loop):
            for child in node.body:
                self.statement(child)

    # -- what is read

    def readable(self, variable: Variable, span: Span) -> None:
        """Refuse what a guide does not know when it draws: latents that it has not drawn yet."""
        match variable.role:
            case "latent" if variable not in self.done:
                self._undrawn(variable, span)
            case "report" | "generated":
                self.scope.fail("E628", f"a guide does not read the {variable.role} "
                                f"`{variable.name}`", span,
                                why="it is known after inference only",
                                second=(variable.span, "declared here"))  # fmt: skip
            case "let" if (latent := self._behind(variable)) is not None:
                self.scope.fail("E628", f"`{variable.name}` is computed from `{latent.name}`, a "
                                "latent of the model", span,
                                why="the model computes it from what the guide draws",
                                help="write a `let` in the guide that says it",
                                second=(variable.span, "declared here"))  # fmt: skip
            case _:
                pass

    def _undrawn(self, variable: Variable, span: Span) -> None:
        name, free = variable.name, _continuous(variable)
        later = self.places.get(name)
        if later is not None and later.start <= span.start:
            self.scope.fail("E628", f"`{name}` is read in the line that draws it", span,
                            why="a value cannot depend on itself")  # fmt: skip
        self.scope.fail("E628", f"the guide reads `{name}`, which it has not drawn", span,
                        why="a guide draws its latents one after the other, each given those "
                        "before it" if free else "it is summed out exactly, and a guide draws what "
                        "is left", help=f"draw `{name}` in a line above this one" if free else "",
                        second=(variable.span, "a latent of the model"))  # fmt: skip

    def _behind(self, variable: Variable) -> Variable | None:
        """A latent that a `let` of the model depends on; None for the guide's own."""
        agenda, seen = [variable], {variable}
        while agenda and variable.name not in self.scope.guided:
            for s in symbols(self.defines[agenda.pop()]):
                if isinstance(s, Variable) and s.role == "latent":
                    return s
                if isinstance(s, Variable) and s in self.defines and s not in seen:
                    seen.add(s)
                    agenda.append(s)
        return None

    # -- what is drawn

    def _draw(self, node: nodes.DrawDecl, target: nodes.Target) -> None:
        scope = self.scope
        variable = self._named(target)
        name = variable.name
        self.places[name] = target.name.span
        try:
            with suppress(Poison), scope.nest():
                chain = node.distribution
                if len(chain.parts) > 1:
                    scope.fail(
                        "E290",
                        "a chain in a guide is not supported yet",
                        chain.span,
                        why="a guide draws all cells of a latent at once",
                        help="draw them free of each other, or from what data say",
                    )
                header = Header(target, scope)
                written = None if node.type is None else written_type(node.type, scope)
                made, law = typed(node, header, written, scope)
                self._outside(variable, header)
                header.carries_its_loops("latent", scope)
                draw = Draw(variable, law, tuple(scope.loops), header.subscripts(), node.span)
                self._fits(variable, made, draw)
                self.out.append(draw)
        finally:
            self.done.add(variable)
            scope.broken.discard(name)

    def _named(self, target: nodes.Target) -> Variable:
        """The continuous latent of the model that a line names; all else is refused."""
        scope, name, span = self.scope, target.name.name, target.name.span
        symbol = scope.names.get(name)
        if name in self.places:
            scope.fail("E624", f"the guide draws `{name}` twice", span,
                       why="one line draws all cells of a latent",
                       second=(self.places[name], "first drawn here"))  # fmt: skip
        if symbol is None:
            if name in scope.broken:
                raise Poison
            free = [v.name for v in self.draws if v.role == "latent" and _continuous(v)]
            every = ", ".join(f"`{n}`" for n in free)
            edit = suggest(name, free) or (f"the model's latents are {every}" if free else "")
            scope.fail("E623", f"the model has no latent `{name}`", span, help=edit)
        second = (symbol.span, "declared here")
        what = symbol.role if isinstance(symbol, Variable) else (
            "network" if isinstance(symbol, Net) else "dim"
        )  # fmt: skip
        if isinstance(symbol, Variable) and what == "latent":
            if _continuous(symbol):
                return symbol
            scope.fail("E623", f"`{name}` is summed out, so a guide does not draw it", span,
                       why="a finite discrete latent is summed out exactly under every method",
                       help="delete the line", second=second)  # fmt: skip
        why = {
            "param": "a param is one number that is optimized, not a random one",
            "observed": "its values are known",
            "data": "its values are known",
            "let": "it follows from other values",
        }.get(what, "")
        shown = {
            "observed": "an observed name", "data": "a data name", "generated": "a generated value"
        }.get(what, f"a {what}")  # fmt: skip
        scope.fail("E623", f"`{name}` is {shown}, and a guide draws latents only", span,
                   why=why, second=second)  # fmt: skip

    def _outside(self, variable: Variable, header: Header) -> None:
        """Refuse a loop around a latent that the model draws outside of it."""
        loop = next((x for x in self.scope.loops if x not in header.loops), None)
        if loop is not None and len(header.loops) == len(self.draws[variable].loops):
            name = variable.name
            self.scope.fail("E625", f"the guide draws `{name}` in the loop over `{loop.name}`",
                            header.span, why="the model draws it outside of that loop",
                            help="write the line outside of the loop",
                            second=(variable.span, "the model draws it here"))  # fmt: skip

    def _fits(self, variable: Variable, made: Variable, draw: Draw) -> None:
        """The same cells, the same structure, the same support as in the model."""
        scope, name = self.scope, variable.name
        model = self.draws[variable]
        second = (variable.span, "the model draws it here")
        change: dict[Symbol, Expr] = {
            old: Ref(new, index_type(new))
            for old, new in zip(model.loops, draw.loops, strict=False)
        }
        wanted = tuple(_moved(d, change) for d in variable.dims)
        if len(wanted) != len(made.dims) or not all(map(_alike, wanted, made.dims)):
            scope.fail("E625", f"`{name}` is {show(variable.dims)} in the model, here "
                       f"{show(made.dims)}", made.span, second=second)  # fmt: skip
        for i, loop in enumerate(model.loops):
            ends = [None if e is None else substitute(e, change) for e in (loop.start, loop.stop)]
            here = draw.loops[i] if i < len(draw.loops) else None
            own = [here.start, here.stop] if here is not None else [None, None]
            if own != ends:
                scope.fail("E626", f"the guide draws other cells of `{name}` than the model has",
                           made.span if here is None else here.span,
                           why="one line draws all cells of a latent",
                           help="run over the same part of the dim",
                           second=(loop.span, "the model's loop"))  # fmt: skip
        same_values(variable, made.cell, (draw.law, substitute_law(model.law, change)), scope)


def _continuous(variable: Variable) -> bool:
    return variable.cell.kind not in INTEGERS


def _alike(one: Extent, two: Extent) -> bool:
    """Whether two axes surely have one size: the same dim, or the same number."""
    sizes = {size(one), size(two)}
    return same(one, two) and ((one.dim is not None and one.dim is two.dim) or None not in sizes)


def _moved(extent: Extent, change: dict[Symbol, Expr]) -> Extent:
    return Extent(extent.dim, tuple(substitute(e, change) for e in extent.of), extent.size)
