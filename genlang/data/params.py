"""What data decide about a `param`: that its bounds leave room, and its start is of its type."""

import numpy as np

from genlang.check.model import Expr, Param
from genlang.data.evaluate import Evaluator
from genlang.data.supports import outside
from genlang.data.told import Told
from genlang.data.values import Value, any_cell


def look(statement: Param, mask: Value | None, known: Evaluator, told: Told) -> None:
    """Tell what is wrong with a `param` in the iterations that the mask holds for."""

    def where(bad: Value) -> Value:
        found = known.meet(mask, Value(bad.axes, any_cell(bad.array == 1, bad).astype(float)))
        assert found is not None
        return found

    def value(expr: Expr | None) -> Value | None:
        return None if expr is None else known.value(expr, mask)

    name, cell = f"`{statement.target.name}`", statement.target.cell
    low, high = value(statement.lower), value(statement.upper)
    if low is not None and high is not None:
        message = f"the bounds of {name} leave nothing between them"
        told.message("D123", message, statement.span, where(known.compare(">=", low, high)))
    start = value(statement.start)
    if start is None or statement.start is None:
        return
    faults: list[tuple[str, Value]] = []
    for domain in (cell.structure, cell.kind if cell.structure != "simplex" else ""):
        found = outside(domain, start.event, start)
        if found is not None:
            faults.append((found[0], Value(start.axes, np.asarray(found[1]))))
    for end, op, words in ((low, "<=", "above its lower"), (high, ">=", "below its upper")):
        if end is not None:
            faults.append((f"be {words} bound", known.compare(op, start, end)))
    for words, bad in faults:
        told.numbers(f"the start of {name}", words, statement.start, start, where(bad))
