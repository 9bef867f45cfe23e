"""The subscripts of a declared name (`y[n]`, `y[n in N]`, `beta[D]`) and the loops they open."""

from genlang.check.expressions import iteration, known_expression
from genlang.check.model import (
    Dim,
    Expr,
    Extent,
    Loop,
    Ref,
    Type,
    Variable,
)
from genlang.check.scope import Poison, Scope
from genlang.syntax import nodes


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


def loop_of(node: nodes.ForBlock, scope: Scope) -> Loop | None:
    """Return the loop of a block's first line; None after a fault, which is reported."""
    name = node.name.name
    try:
        scope.taken(name, node.name.span)
        loop = iteration(node.over, name, node.span, scope)
        if node.weight is not None:
            with scope.inside(loop):
                weight = known_expression(node.weight, scope, "the weight of a loop")
            # The weight is read in the loop that carries it: the one symbol that refers to itself.
            object.__setattr__(loop, "weight", weight)
    except Poison:
        return None
    return loop
