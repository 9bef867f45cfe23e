"""All values of a cell of a summed-out latent, on an axis of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from genlang.check.model import Expr, Variable
from genlang.check.walk import substitute
from genlang.data.values import LARGEST, Value

if TYPE_CHECKING:
    from genlang.data.evaluate import Evaluator


def every_value(
    known: Evaluator, cell: Expr, variable: Variable, here: Mapping[Any, Expr], mask: Value | None
) -> Value | None:
    """Return the values that a cell can have, `known.within` says where; None if unknown.

    `here` are the cell's subscripts by loop. A cell that was seen has the value that it had.
    """
    support = known.states[variable]
    ends = [known.value(substitute(e, here), mask) for e in (support.low, support.high)]
    if ends[0] is None or ends[1] is None:
        return None
    low = np.nanmin(ends[0].array, initial=np.inf)
    high = np.nanmax(ends[1].array, initial=-np.inf)
    if not np.isfinite([low, high]).all() or high - low > LARGEST:
        return None
    at = known.add_axis(cell, np.arange(int(low), int(high) + 1))
    if ends[0].axes or ends[1].axes:
        held = known.meet(known.compare(">=", at, ends[0]), known.compare("<=", at, ends[1]))
        if held is not None:
            known.within[cell] = held
    if variable.name in known.unseen:
        _as_seen(known, cell, at, variable, [known.value(e, mask) for e in here.values()])
    return at


def _as_seen(
    known: Evaluator, cell: Expr, at: Value, variable: Variable, subs: Sequence[Value | None]
) -> None:
    places = [p for p in subs if p is not None]
    if len(places) < len(subs):
        return
    arrays = (known.arrays[variable.name], known.unseen[variable.name])
    given, gone = (known.take(Value((), a), places) if places else Value((), a) for a in arrays)
    axes, (same, missing) = known.lined_up(known.compare("==", at, given), gone)
    held = known.meet(known.within.get(cell), Value(axes, np.where(missing == 1, 1.0, same)))
    if held is not None:
        known.within[cell] = held
