"""Trees: a root's parent is empty or the root itself, and no node is its own ancestor."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.chains import parent_of
from genlang.check.model import Apply, Choice, Draw, Index, Model, Ref, Variable
from genlang.data.cells import Cells
from genlang.data.faults import Faults


def parents(model: Model) -> frozenset[Variable]:
    """Return the data that hold the parents of a tree's nodes."""
    return frozenset(
        e.base.symbol
        for s in model.statements
        if isinstance(s, Draw) and isinstance(s.law, Choice) and s.law.chained
        if isinstance(s.law.condition, Apply)
        for e in s.law.condition.arguments
        if any(parent_of(e, loop) is not None for loop in s.loops)
        if isinstance(e, Index) and isinstance(e.base, Ref) and isinstance(e.base.symbol, Variable)
    )


def rooted(found: NDArray[Any], missing: NDArray[Any]) -> NDArray[Any]:
    """Return parents in which a root is its own."""
    own = np.arange(len(found), dtype=float)
    return np.where(missing, own, found)


def check(variable: Variable, found: NDArray[Any], raw: Cells, faults: Faults) -> None:
    """Report the nodes of circles: those that never reach a root, and lie on the way round."""
    size = len(found)
    known = np.isfinite(found) & (found >= 0) & (found < size)
    up = np.where(known, found, np.arange(size)).astype(np.int64)
    # Doubling: after 2^k steps every node is at a root or on a circle.
    high = up
    for _ in range(max(size, 2).bit_length()):
        high = high[high]
    circle = np.zeros(size, dtype=bool)
    circle[high] = True
    circle &= up != np.arange(size)
    if circle.any():
        message = f"`{variable.name}` goes round in a circle"
        why = "these nodes are their own ancestors, so no root is above them"
        edit = "leave the parent of a root empty, or name the root itself"
        faults.at("D132", message, raw.column, raw.as_came(circle), why=why, help=edit)
