"""What stands around an expression while it is written: the order of axes, and the names."""

from dataclasses import dataclass, replace
from typing import Protocol

from genlang.check.model import Dim, Expr, Loop, Slice, Variable
from genlang.emit.code import Axis, Code


class Names(Protocol):
    """How symbols are spelt in the program; `emit.spelling.Spelling` is the one implementation."""

    def write(self, expr: Expr, scope: "Scope") -> Code: ...
    def dim(self, dim: Dim) -> str: ...
    def variable(self, variable: Variable) -> Code: ...
    def index(self, loop: Loop) -> Code: ...
    def length(self, loop: Loop) -> str: ...
    def mask(self, loop: Loop, scope: "Scope") -> Code | None: ...
    def covers(self, loop: Loop, variable: Variable, place: int) -> bool: ...
    def shift(self, variable: Variable, place: int) -> Expr | None: ...
    def dim_text(self, variable: Variable, place: int) -> str: ...
    def axis_length(self, axis: Axis) -> str: ...
    def state(self, z: Variable, subs: tuple[Expr | Slice, ...], scope: "Scope") -> Code | None: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What stands around an expression: the order of axes, and how symbols are spelt."""

    names: Names
    order: tuple[Axis, ...] = ()

    def write(self, expr: Expr) -> Code:
        """Write an expression. The result's axes are in the order of the scope."""
        return self.names.write(expr, self)

    def inside(self, loops: tuple[Loop, ...]) -> "Scope":
        """Return the scope inside a comprehension: its indices are the last axes."""
        return replace(self, order=(*self.order, *loops))
