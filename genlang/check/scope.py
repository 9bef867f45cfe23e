"""Names in scope, the diagnostics found so far, and how a fault stops only its own statement."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NoReturn, TypedDict, TypeVar, Unpack

from genlang.check.early import moved_up
from genlang.check.foreign import NAMES
from genlang.check.interval import Interval
from genlang.check.model import Dim, Expr, Extent, Loop, Net, Require, Symbol, Variable
from genlang.diagnostics import Diagnostic, correction, suggest
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.functions import CONSTANTS, FUNCTIONS
from genlang.source import Edit, Source, Span
from genlang.syntax import nodes

T = TypeVar("T")


class Parts(TypedDict, total=False):
    """What a diagnostic says besides its message."""

    why: str
    help: str
    second: tuple[Span, str] | None
    edits: tuple[Edit, ...]


class Poison(Exception):  # noqa: N818 (never leaves the checker)
    """The statement holds a fault that has been reported; nothing more is said about it."""


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A `def`: its name, and how a call of it in some scope is read."""

    name: str
    span: Span
    call: Callable[..., Expr]


@dataclass(slots=True)
class Scope:
    """The symbol tables of one check: declared names, loop indices from outside in, faults.

    `density` types `D.cdf(x)`. `broken` names have a faulty declaration, `later` the places of all
    declarations, `local` the loops that a `let` without their indices belongs to, `supports` the
    values of each variable, `lets` the definitions, `unknown` the variables that a fit finds.
    `guarded` counts the branches around what is read: it may never be taken. `declaring` is the
    name whose declaration is read, `laws` the distributions that names stand for, `indices` the
    places of all loops' indices. `early` are variables that only a lagged read may name yet,
    `pending` makes those further down in this block, of a `guessed` type where it depends on the
    read; `covered` counts the elements before a loop's index by the parts of a `then`. `nets` are
    the names of networks, `definitions` are all `def`s of the file, `functions` those above,
    `python` whether nets may be Python's, `guided` what a guide declares, `reading` may refuse.

    The body of a `def` has a scope of its own: `bound` are the expressions that its names stand
    for, `extents` the axes that its dims do, `outside` the names that it may not read, `around` the
    loops of the call, `depth` how many calls are being written out. `checks` are left to the data.
    """

    source: Source
    density: "Callable[[nodes.Call, Scope], Expr]"
    names: dict[str, Dim | Variable | Net] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    found: list[Diagnostic] = field(default_factory=list)
    later: dict[str, Span] = field(default_factory=dict)
    local: dict[str, tuple[Loop, ...]] = field(default_factory=dict)
    supports: dict[Variable, Interval] = field(default_factory=dict)
    lets: dict[Variable, Expr] = field(default_factory=dict)
    unknown: set[Variable] = field(default_factory=set)
    guarded: int = 0
    declaring: str = ""
    early: dict[str, Variable] = field(default_factory=dict)
    pending: dict[str, Callable[..., Variable | None]] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    covered: dict[Loop, int] = field(default_factory=dict)
    indices: dict[str, Span] = field(default_factory=dict)
    definitions: Mapping[str, nodes.DefDecl] = field(default_factory=dict)
    functions: dict[str, Definition] = field(default_factory=dict)
    bound: dict[str, Expr] = field(default_factory=dict)
    extents: dict[str, Extent] = field(default_factory=dict)
    outside: Mapping[str, Span] = field(default_factory=dict)
    around: tuple[Loop, ...] = ()
    depth: int = 0
    checks: list[Require] = field(default_factory=list)
    nets: set[str] = field(default_factory=set)
    python: bool = False
    guided: dict[str, Span] = field(default_factory=dict)
    reading: Callable[[Variable, Span], None] | None = None
    laws: dict[str, nodes.Expr] = field(default_factory=dict)

    def every(self, *reads: Callable[[], T]) -> list[T]:
        """What each returns; a fault in one does not hide those of the others."""
        found: list[T] = []
        for read in reads:
            with suppress(Poison):
                found.append(read())
        if len(found) < len(reads):
            raise Poison
        return found

    @contextmanager
    def nest(self) -> Iterator[None]:
        """Loops that are added here end here."""
        depth = len(self.loops)
        try:
            yield
        finally:
            del self.loops[depth:]

    @contextmanager
    def declaration(self, name: str) -> Iterator[None]:
        """The declaration of a name: a fault in it stops no other, and leaves the name broken."""
        self.declaring = name
        try:
            with self.nest():
                yield
        except Poison:
            if name not in self.names:
                self.broken.add(name)
        finally:
            self.declaring = ""
            self.early.pop(name, None)

    def fail(self, code: str, message: str, span: Span, **parts: Unpack[Parts]) -> NoReturn:
        """Report a fault and give up the statement."""
        if span.call is not None:
            # In a function that is written out, the text is that of another line than the values.
            parts.pop("edits", None)
        self.found.append(Diagnostic(code, message, span, **parts))
        raise Poison

    def warn(self, code: str, message: str, span: Span, **parts: Unpack[Parts]) -> None:
        """Report something doubtful and go on."""
        found = Diagnostic(code, message, span, **parts)
        if found not in self.found:  # what is typed again is no second doubt
            self.found.append(found)

    def text(self, span: Span) -> str:
        """Return the source text of a span, on one line."""
        return " ".join(self.source.slice(span).split())

    def loop(self, name: str) -> Loop | None:
        """Return the innermost loop with an index of this name."""
        return next((x for x in reversed(self.loops) if x.name == name), None)

    def lookup(self, name: str, span: Span) -> Dim | Loop | Variable:
        """Return the symbol of a name; an unknown one is an error with near names."""
        loop = self.loop(name)
        if loop is not None:
            return loop
        if name in self.names:
            self.used.add(name)
            symbol = self.names[name]
            if isinstance(symbol, Net):
                self.fail("E203", f"`{name}` is a network, not a value", span,
                          help=f"call it: `{name}(...)`",
                          second=(symbol.span, "declared here"))  # fmt: skip
            if isinstance(symbol, Variable) and self.reading is not None:
                self.reading(symbol, span)
            self._in_its_loops(name, span)
            return symbol
        if name in self.broken:
            raise Poison
        self._apart(name, span)
        if name in self.functions:
            self.fail("E203", f"`{name}` is a function", span, help=f"call it: `{name}(...)`")
        self.foreseen(name, span)
        if name in NAMES:
            message = f"`{name}` is written `{NAMES[name]}`"
            self.fail("E209", message, span, help=f"write `{NAMES[name]}`",
                      edits=(Edit(span, NAMES[name]),))  # fmt: skip
        if name in DISTRIBUTIONS:
            self.fail(
                "E203",
                f"`{name}` is a distribution, not a value",
                span,
                help=f"draw from it: `latent x ~ {name}(...)`",
            )
        if name in FUNCTIONS:
            self.fail("E203", f"`{name}` is a function", span, help=f"call it: `{name}(...)`")
        if name in self.indices:
            self.fail(
                "E212",
                f"`{name}` is the index of another loop",
                span,
                why="an index is known inside its loop or its line only",
                help=f"stand inside that loop, or bind it here: `name[{name} in ...]`",
                second=(self.indices[name], "this loop"),
            )
        if name in self.guided:
            self.fail("E630", f"`{name}` belongs to the guide", span,
                      why="a model reads nothing of its guide",
                      help="declare it above, outside the guide",
                      second=(self.guided[name], "declared here"))  # fmt: skip
        known = [*self.names, *(x.name for x in self.loops if x.name), *CONSTANTS]
        edit = suggest(name, known) or f"declare it above, for example `data {name}: real`"
        message = f"`{name}` is not declared"
        if any(d.code == "E201" and d.message == message for d in self.found):
            raise Poison  # once is enough
        self.fail("E201", message, span, help=edit, edits=correction(name, known, span))

    def lagged(self, name: str) -> Variable | None:
        """Return a variable that a lagged read names before its declaration; None for others."""
        if name in self.names or self.loop(name) is not None:
            return None
        if name not in self.early and name in self.pending:
            made = self.pending[name]()
            if made is not None:
                self.early[name] = made
        if name in self.early:
            self.used.add(name)
        return self.early.get(name)

    def _in_its_loops(self, name: str, span: Span) -> None:
        """A `let` without its loops' indices is read in these loops only."""
        missing = [x for x in self.local.get(name, ()) if x not in self.loops]
        if missing:
            index, place = missing[0].name, self.names[name].span
            edit = f"write `let {name}[{index}] = ...` there and `{name}[...]` here"
            edit = "draw from it in that loop" if name in self.laws else edit
            self.fail(
                "E211",
                f"`{name}` belongs to one turn of the loop over `{index}`",
                span,
                why="a `let` without the loop's index is not an array",
                help=edit,
                second=(place, "declared here"),
            )

    def _apart(self, name: str, span: Span) -> None:
        """A name of the model in the body of a `def`."""
        if name in self.outside:
            self.fail(
                "E213",
                f"`{name}` is not an argument of `{self.declaring}`",
                span,
                why="a function reads its arguments, sizes of dims and functions above it, no more",
                help=f"add it to the arguments, for example `{name}: real`",
                second=(self.outside[name], "a name of the model"),
            )

    def foreseen(self, name: str, span: Span) -> None:
        """Refuse a name that is declared further down, or by this very line."""
        if name == self.declaring:
            self.fail(
                "E210",
                f"`{name}` is read in its own declaration",
                span,
                why="a value cannot depend on itself",
                help="an earlier element is read by a chain, `A then B`",
            )
        guided = self.guided if self.reading is not None else {}
        place = guided.get(name) or self.later.get(name)
        if place is not None:
            self.fail(
                "E210",
                f"`{name}` is read before it is declared",
                span,
                why="a model is read from top to bottom",
                help="move its declaration above this line",
                second=(place, "declared here"),
                edits=() if name in guided else moved_up(self.source.text, span, name, self.later),
            )

    def dim(self, name: str, span: Span) -> Dim:
        """Return a dim by name."""
        symbol = self.names.get(name)
        if isinstance(symbol, Dim):
            self.used.add(name)
            return symbol
        if name in self.broken:
            raise Poison
        dims = [d for d, s in self.names.items() if isinstance(s, Dim)]
        known = symbol or self.functions.get(name)
        if known is not None or self.loop(name) is not None:
            place = known.span if known is not None else None
            second = (place, "declared here") if place is not None else None
            edit = suggest(name, dims) or "a dim is declared by `dim`"
            self.fail("E204", f"`{name}` is not a dim", span, help=edit, second=second,
                      edits=correction(name, dims, span))  # fmt: skip
        self.foreseen(name, span)
        edit = suggest(name, dims) or f"declare it above: `dim {name}`"
        self.fail("E202", f"the dim `{name}` is not declared", span, help=edit,
                  edits=correction(name, dims, span))  # fmt: skip

    def declare(self, name: str, symbol: Dim | Variable | Net, span: Span) -> None:
        """Add a name; a second declaration is an error."""
        self.once(name, span)
        loop = self.loop(name)
        if loop is not None:
            self.taken(name, span)
        self.names[name] = symbol
        self.broken.discard(name)

    def place(self, name: str) -> Span | None:
        """Return where a name is declared; that of a `def` is known in the whole file."""
        if name in self.names:
            return self.names[name].span
        return self.definitions[name].name.span if name in self.definitions else None

    def once(self, name: str, span: Span) -> None:
        """Refuse a second declaration."""
        known = self.names.get(name) or self.functions.get(name)
        if known is not None:
            self.fail("E205", f"`{name}` is declared twice", span,
                      why="every name is declared once", help="choose another name",
                      second=(known.span, "first declared here"))  # fmt: skip

    def taken(self, name: str, span: Span) -> None:
        """Refuse a name or an index that is in use here."""
        loop = self.loop(name)
        if loop is not None:
            second = (loop.span, "an index of this loop")
            self._shadows(f"`{name}` is already the index of a loop here", span, second)
        known = self.names.get(name) or self.functions.get(name)
        if known is not None:
            second = (known.span, "declared here")
            self._shadows(f"`{name}` is already a name here", span, second)

    def _shadows(self, message: str, span: Span, second: tuple[Span, str]) -> NoReturn:
        why, edit = "an index shadows nothing", "choose another name"
        self.fail("E206", message, span, why=why, help=edit, second=second)

    @contextmanager
    def inside(self, *loops: Loop) -> Iterator[None]:
        """Within this block the indices of loops are in scope."""
        self.loops.extend(loops)
        try:
            yield
        finally:
            del self.loops[len(self.loops) - len(loops) :]

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Within this block what is read may never be taken."""
        self.guarded += 1
        try:
            yield
        finally:
            self.guarded -= 1

    def unknowns(self, symbols: Iterable[Symbol]) -> list[Variable | Net]:
        """Return those of the symbols that a fit has to find."""
        return [s for s in symbols if isinstance(s, Net) or
                (isinstance(s, Variable) and s in self.unknown)]  # fmt: skip
