"""Names in scope, the diagnostics found so far, and how a fault stops only its own statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from genlang.check.model import Dim, Loop, Symbol, Variable
from genlang.diagnostics import Diagnostic, suggest
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.functions import CONSTANTS, FUNCTIONS
from genlang.source import Source, Span


class Poison(Exception):  # noqa: N818 (never leaves the checker)
    """The statement holds a fault that has been reported; nothing more is said about it."""


@dataclass(slots=True)
class Scope:
    """The symbol tables of one check: declared names, loop indices from outside in, faults."""

    source: Source
    names: dict[str, Dim | Variable] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    found: list[Diagnostic] = field(default_factory=list)

    def fail(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        why: str = "",
        help: str = "",  # noqa: A002 (the part of a diagnostic)
        second: tuple[Span, str] | None = None,
    ) -> NoReturn:
        """Report a fault and give up the statement."""
        self.found.append(Diagnostic(code, message, span, why, help, second))
        raise Poison

    def loop(self, name: str) -> Loop | None:
        """Return the innermost loop with an index of this name."""
        return next((x for x in reversed(self.loops) if x.name == name), None)

    def lookup(self, name: str, span: Span) -> Symbol:
        """Return the symbol of a name; an unknown one is an error with near names."""
        loop = self.loop(name)
        if loop is not None:
            return loop
        if name in self.names:
            self.used.add(name)
            return self.names[name]
        if name in self.broken:
            raise Poison
        if name in DISTRIBUTIONS:
            self.fail(
                "E203",
                f"`{name}` is a distribution, not a value",
                span,
                help=f"draw from it: `latent x ~ {name}(...)`",
            )
        if name in FUNCTIONS:
            self.fail("E203", f"`{name}` is a function", span, help=f"call it: `{name}(...)`")
        known = [*self.names, *(x.name for x in self.loops if x.name), *CONSTANTS]
        self.fail("E201", f"`{name}` is not declared", span, help=suggest(name, known))

    def dim(self, name: str, span: Span) -> Dim:
        """Return a dim by name."""
        symbol = self.names.get(name)
        if isinstance(symbol, Dim):
            self.used.add(name)
            return symbol
        if name in self.broken:
            raise Poison
        dims = [d for d, s in self.names.items() if isinstance(s, Dim)]
        if symbol is not None or self.loop(name) is not None:
            self.fail("E204", f"`{name}` is not a dim", span, help=suggest(name, dims))
        edit = suggest(name, dims) or f"declare it: `dim {name}`"
        self.fail("E202", f"the dim `{name}` is not declared", span, help=edit)

    def declare(self, name: str, symbol: Dim | Variable, span: Span) -> None:
        """Add a name; a second declaration is an error."""
        if name in self.names:
            second = (self.names[name].span, "first declared here")
            self.fail("E205", f"`{name}` is declared twice", span, second=second)
        if self.loop(name) is not None:
            self.fail("E206", f"`{name}` is a loop's index here", span, help="choose another name")
        self.names[name] = symbol
        self.broken.discard(name)

    @contextmanager
    def inside(self, *loops: Loop) -> Iterator[None]:
        """Within this block the indices of loops are in scope."""
        self.loops.extend(loops)
        try:
            yield
        finally:
            del self.loops[len(self.loops) - len(loops) :]
