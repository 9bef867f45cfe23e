"""Observed names over a part of a dim: their cells outside the part are not read at all.

Whatever such a cell holds (nothing, -1, a word) is no fault, and the program never sees it.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import (
    Choice,
    Define,
    Draw,
    Expr,
    Factor,
    Loop,
    Model,
    Ref,
    Require,
    Variable,
)
from genlang.check.walk import bounds, law_expressions, symbols
from genlang.data.evaluate import Evaluator
from genlang.data.values import TooLarge, Undecided


def partial(model: Model) -> tuple[Variable, ...]:
    """Return the observed names over parts of dims that nothing reads beside their own draws."""
    draws: dict[Variable, list[Draw]] = {}
    read: set[object] = set()
    for statement in model.statements:
        own = _own_chain(statement)
        for expr in _expressions(statement):
            read.update(s for s in symbols(expr) if s is not own)
        if isinstance(statement, Draw) and statement.target.role == "observed":
            draws.setdefault(statement.target, []).append(statement)
    for dim in model.dims:
        if dim.derived is not None:
            read.update(symbols(dim.derived))
    return tuple(
        variable
        for variable, every in draws.items()
        if variable not in read and all(any(map(_is_part, s.loops)) for s in every)
    )


def _own_chain(statement: object) -> Variable | None:
    """The variable whose own earlier elements a chain reads: never those before its part."""
    match statement:
        case Draw(target=target, law=Choice(chained=True)):
            return target
        case _:
            return None


def covered(
    variable: Variable, model: Model, known: Evaluator, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return which cells of an observed name a draw covers; all where data do not tell."""
    found = np.zeros(shape, dtype=bool)
    known.defines |= {s.target: s for s in model.statements if isinstance(s, Define)}
    try:
        for statement in model.statements:
            if isinstance(statement, Draw) and statement.target is variable:
                _cover(found, statement, known)
    except (TooLarge, Undecided):
        return np.ones(shape, dtype=bool)
    return found


def _cover(found: NDArray[np.bool_], statement: Draw, known: Evaluator) -> None:
    mask = None
    for loop in statement.loops:
        mask = known.enter(loop, mask)
    at = [known.value(s, mask) for s in statement.subscripts]
    places = [v for v in at if v is not None]
    if len(places) < len(at) or mask is None:
        raise Undecided
    _, (holds, *arrays) = known.lined_up(mask, *places)
    holds, *arrays = np.broadcast_arrays(holds, *arrays)
    cells = np.stack([a[holds == 1] for a in arrays], -1)
    inside = ((cells >= 0) & (cells < found.shape[: len(places)])).all(-1)
    found[tuple(cells[inside].astype(np.int64).T)] = True


def _is_part(loop: Loop) -> bool:
    return loop.start is not None or loop.stop is not None


def _expressions(statement: object) -> Iterator[Expr]:
    match statement:
        case Draw():
            yield from law_expressions(statement.law)
            yield from (s for s in statement.subscripts if not isinstance(s, Ref))
        case Define(value=value) | Factor(value=value):
            yield value
        case Require(condition=condition):
            yield condition
        case _:
            pass
    for loop in getattr(statement, "loops", ()):
        yield from bounds(loop)
        if loop.weight is not None:
            yield loop.weight
