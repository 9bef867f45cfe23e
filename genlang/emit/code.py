"""Pieces of emitted text with named axes, and how they are lined up.

A `Code` is a Python expression whose value has the axes `axes` (plates, states, comprehension
indices) and then `event` further dims. Two codes meet by lining their axes up in one order:
`data.y` over (n) meets `mu` over (z) as `data.y[:, None]` and `mu`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from genlang.check.model import Extent, Loop, Variable
from genlang.records import dataclass

Axis = Loop | Variable

# The dims that Pyro adds on the left of an enumerated value, however many there are.
ENUMERATED = Loop("...", Extent(None))

# How tightly Python binds the outermost operator of a text; names, calls and subscripts are ATOM.
TERNARY, COMPARE, OR, AND, SUM, PRODUCT, SIGN, POWER, ATOM = range(9)


@dataclass(frozen=True, slots=True)
class Code:
    """Text with axes. `number`: a Python number, not a tensor; `truth`: a bool tensor.

    `level`: how tightly its outermost operator binds.
    """

    text: str
    axes: tuple[Axis, ...] = ()
    event: int = 0
    number: bool = False
    truth: bool = False
    level: int = ATOM

    def __str__(self) -> str:
        """The text."""
        return self.text

    @property
    def atom(self) -> str:
        """The text, in parentheses where a subscript or a method follows."""
        return self.above(ATOM)

    def above(self, level: int) -> str:
        """The text, in parentheses where its outermost operator binds less tightly."""
        return self.text if self.level >= level else f"({self.text})"


def union(order: Sequence[Axis], codes: Iterable[Code]) -> tuple[Axis, ...]:
    """Return all axes of the codes in the given order."""
    present = {id(a) for c in codes for a in c.axes}
    return tuple(a for a in order if id(a) in present)


def permuted(code: Code, order: Sequence[Axis]) -> Code:
    """Bring a code's axes into the given order."""
    wanted = union(order, [code])
    if wanted == code.axes:
        return code
    if len(code.axes) + code.event == 2:
        return replace(code, text=f"{code.atom}.T", axes=wanted, level=ATOM)
    moves = [code.axes.index(a) for a in wanted]
    moves += range(len(code.axes), len(code.axes) + code.event)
    text = f"{code.atom}.permute({', '.join(map(str, moves))})"
    return replace(code, text=text, axes=wanted, level=ATOM)


def aligned(code: Code, axes: tuple[Axis, ...], event: int = 0, order: Sequence[Axis] = ()) -> str:
    """Write a code so that it broadcasts against `axes` and `event` trailing dims."""
    return lined_up(code, axes, event, order).text


def lined_up(
    code: Code, axes: tuple[Axis, ...], event: int = 0, order: Sequence[Axis] = ()
) -> Code:
    """As `aligned`; keeps how tightly the text binds."""
    if code.number:
        return code
    code = permuted(code, order or axes)
    marks: list[str] = []
    for axis in axes:
        if axis in code.axes:
            marks.append("..." if axis is ENUMERATED else ":")
        elif marks:
            marks.append("None")
    if not marks:
        return code
    marks += ["None"] * max(0, event - code.event)
    while marks and marks[-1] == ":":
        marks.pop()
    while marks[:2] == ["...", ":"]:
        del marks[1]
    if not marks or marks == ["..."]:
        return code
    return replace(code, text=f"{code.atom}[{', '.join(marks)}]", level=ATOM)


def integer(code: Code) -> Code:
    """A bool tensor as numbers 0 and 1; other codes as they are."""
    if not code.truth:
        return code
    return replace(code, text=f"{code.atom}.long()", truth=False, level=ATOM)


def tensor(code: Code) -> Code:
    """A Python number as a tensor."""
    if not code.number:
        return code
    return replace(code, text=f"torch.tensor({code.text})", number=False, level=ATOM)
