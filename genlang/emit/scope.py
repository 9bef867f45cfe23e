"""What stands around an expression while it is written: the order of axes, and the names."""

from dataclasses import replace
from typing import Protocol

from genlang.check.model import Dim, Expr, Loop, Net, Slice, Variable
from genlang.emit.code import Axis, Code
from genlang.records import dataclass


class Names(Protocol):
    """How symbols are spelt in the program; `emit.spelling.Spelling` is the one implementation."""

    def possible(self, expr: Expr) -> Expr | None:
        """Return the condition that the states in an expression are values of their cells."""
        ...

    def write(self, expr: Expr, scope: "Scope") -> Code:
        """Return an expression's text in a scope."""
        ...

    def dim(self, dim: Dim) -> str:
        """Return the local that holds a dim's size."""
        ...

    def variable(self, variable: Variable) -> Code:
        """Return an array: of the data, or a local of the program."""
        ...

    def index(self, loop: Loop) -> Code:
        """Return the positions that a loop runs over, on its axis."""
        ...

    def runs(self, loop: Loop) -> bool:
        """Return whether a loop runs in Python here."""
        ...

    def fixed_part(self, loop: Loop) -> bool:
        """Return whether a loop's part of its dim is the same in every row."""
        ...

    def length(self, loop: Loop) -> str:
        """Return the size of a loop's axis."""
        ...

    def mask(self, loop: Loop, scope: "Scope") -> Code | None:
        """Return which cells of a loop's axis exist, None where all do."""
        ...

    def covers(self, loop: Loop, variable: Variable, place: int) -> bool:
        """Return whether a loop runs over exactly one axis of an array, in its order."""
        ...

    def shift(self, variable: Variable, place: int) -> Expr | None:
        """Return where an array over a part of a dim begins."""
        ...

    def varies(self, z: Variable) -> bool:
        """Return whether some values on a latent's axis are impossible in some of its cells."""
        ...

    def dim_text(self, variable: Variable, place: int) -> str:
        """Return the size of one axis of an array."""
        ...

    def axis_length(self, axis: Axis) -> str:
        """Return the size of any axis."""
        ...

    def stepped(
        self, variable: Variable, subs: tuple[Expr | Slice, ...], scope: "Scope"
    ) -> tuple[Code, tuple[int, ...]] | None:
        """Return the value at one step of loops that run in Python, and those subscripts."""
        ...

    def net(self, net: Net) -> str:
        """Return the local that holds a network's module."""
        ...

    def outputs(self, net: Net, call: str) -> str:
        """Return what holds all outputs of one call of a network: a local, or the call itself."""
        ...

    def state(self, z: Variable, subs: tuple[Expr | Slice, ...], scope: "Scope") -> Code | None:
        """Return the value of a latent's cell, None for other variables."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What stands around an expression: the order of axes, and how symbols are spelt.

    `guard`: the condition under which the value is read at all, None for always; `partial`: whether
    what is written is evaluated at cells that do not exist, too, where nobody reads its value.
    """

    names: Names
    order: tuple[Axis, ...] = ()
    guard: Code | None = None
    partial: bool = False

    def write(self, expr: Expr) -> Code:
        """Write an expression. The result's axes are in the order of the scope."""
        return self.names.write(expr, self)

    def inside(self, loops: tuple[Loop, ...]) -> "Scope":
        """Return the scope inside a comprehension: its indices are the last axes."""
        return replace(self, order=(*self.order, *loops))
