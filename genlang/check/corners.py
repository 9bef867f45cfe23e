"""Bounds of sums and products in which names repeat: `guess + (1 - guess) * knows` is in [0, 1].

Where every name has degree one (`a * a` has two) the function is linear in each of them, so that
its extremes over a box are among its values at the corners.
"""

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import product

from genlang.check.interval import Interval
from genlang.check.model import Apply, Const, Expr

NODES = 40
NAMES = 6


@dataclass(slots=True)
class _Box:
    """The parts of an expression that are no sums or products, and how many nodes were seen."""

    atoms: list[Expr] = field(default_factory=list)
    nodes: int = 0

    def degrees(self, expr: Expr) -> Counter[int] | None:
        """The degree of each atom; None where there are too many nodes."""
        self.nodes += 1
        if self.nodes > NODES:
            return None
        match expr:
            case Const(value=int() | float()):
                return Counter()
            case Apply(function="neg", arguments=(operand,)):
                return self.degrees(operand)
            case Apply(function="+" | "-" | "*" as sign, arguments=(left, right)):
                one, two = self.degrees(left), self.degrees(right)
                if one is None or two is None:
                    return None
                return one + two if sign == "*" else one | two
            case _:
                if expr not in self.atoms:
                    self.atoms.append(expr)
                return Counter([self.atoms.index(expr)])

    def at(self, expr: Expr, corner: tuple[float, ...]) -> float:
        """The value of an expression at a corner of the box of its atoms."""
        match expr:
            case Const(value=int() | float() as value):
                return float(value)
            case Apply(function="neg", arguments=(operand,)):
                return -self.at(operand, corner)
            case Apply(function="+" | "-" | "*" as sign, arguments=(left, right)):
                a, b = self.at(left, corner), self.at(right, corner)
                return a * b if sign == "*" else a + b if sign == "+" else a - b
            case _:
                return corner[self.atoms.index(expr)]


def atoms_of(expr: Expr) -> tuple[Expr, ...]:
    """Return the parts that `bounds` wants intervals of; none where it cannot tell more."""
    box = _Box()
    degrees = box.degrees(expr)
    if degrees is None or len(box.atoms) > NAMES or any(n > 1 for n in degrees.values()):
        return ()
    return tuple(box.atoms)


def bounds(
    expr: Expr, found: Interval, atoms: tuple[Expr, ...], within: tuple[Interval, ...]
) -> Interval:
    """Return an interval of an expression no wider than its values over the box of its atoms."""
    if not atoms or any(math.isinf(end) for i in within for end in (i.low, i.high)):
        return found
    box = _Box(list(atoms))
    values = [box.at(expr, c) for c in product(*((i.low, i.high) for i in within))]
    if min(values) > found.low:
        found = replace(found, low=min(values), low_open=False)
    if max(values) < found.high:
        found = replace(found, high=max(values), high_open=False)
    return found
