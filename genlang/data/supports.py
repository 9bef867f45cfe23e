"""Whether numbers lie inside a type, its bounds, and the support of the distribution that draws them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Distribution, Draw, Expr, Model, Variable
from genlang.data.evaluate import Known, Unknown
from genlang.data.faults import Faults, values
from genlang.data.sources import Column

KINDS: dict[str, tuple[str, Any]] = {
    "positive": ("above 0", lambda x: x > 0),
    "nonneg": ("0 or more", lambda x: x >= 0),
    "unit": ("from 0 to 1", lambda x: (x >= 0) & (x <= 1)),
    "count": ("0, 1, 2, ...", lambda x: x >= 0),
    "bool": ("0 or 1, true or false", lambda x: (x == 0) | (x == 1)),
}
# Their densities at 0 are finite.
FROM_ZERO = frozenset({"HalfNormal", "HalfCauchy", "Exponential", "Normal", "Cauchy"})
# Upper and lower ends of supports that a parameter gives.
ENDS = {
    "Binomial": (None, "total"), "BetaBinomial": (None, "total"), "Uniform": ("low", "high"),
    "DiscreteUniform": ("low", "high"),
}  # fmt: skip
MOST = 20_000  # cells for which ends that differ from cell to cell are looked at one by one


def check(
    variable: Variable,
    found: NDArray[Any],
    there: NDArray[Any],
    column: Column,
    model: Model,
    faults: Faults,
) -> None:
    """Add a fault for the cells (where `there`) outside the kind of a variable, or its structure."""
    draws = [s for s in model.statements if isinstance(s, Draw) and s.target is variable]
    kind = variable.cell.kind
    laws = [d.law.name for d in draws if isinstance(d.law, Distribution)]
    if kind == "positive" and variable.role == "observed" and set(laws) <= FROM_ZERO:
        kind = "nonneg"
    if kind in KINDS and variable.cell.structure != "simplex":
        words, inside = KINDS[kind]
        bad = there & ~inside(np.where(there, found, 1))
        if bad.any():
            message = f"`{variable.name}` must be {words}, here {values(found, bad)}"
            faults.at("D122", message, column, bad)
    _structure(variable, found, there, column, faults)


def _structure(
    variable: Variable, found: NDArray[Any], there: NDArray[Any], column: Column, faults: Faults
) -> None:
    if not there.all() or not variable.cell.dims or not found.size:
        return
    match variable.cell.structure:
        case "simplex":
            bad = (np.abs(found.sum(-1) - 1) > 1e-6) | (found < 0).any(-1)
            words = "must be probabilities that add up to 1"
        case "ordered" | "positive_ordered":
            bad = (np.diff(found, axis=-1) <= 0).any(-1)
            words = "must increase"
        case "corr" | "cov":
            even = np.abs(found - np.swapaxes(found, -1, -2)).max((-1, -2)) < 1e-8
            least = np.linalg.eigvalsh((found + np.swapaxes(found, -1, -2)) / 2).min(-1)
            bad = ~even | (least <= 0)
            words = "must be symmetric and positive definite"
        case _:
            return
    if np.any(bad):
        faults.at("D122", f"`{variable.name}` {words}", column, np.asarray(bad))


def ends(model: Model, known: Known, columns: dict[str, Column], faults: Faults) -> None:
    """Check written bounds and ends of supports that data decide, cell by cell."""
    for statement in model.statements:
        if not isinstance(statement, Draw) or statement.target.role not in ("observed", "data"):
            continue
        name = statement.target.name
        if name not in known.arrays or name not in columns:
            continue
        array = known.arrays[name]
        if array.size > MOST or array.ndim != len(statement.subscripts):
            continue
        for low, high in _limits(statement):
            _outside(statement, low, high, known, columns[name], faults)


def _limits(statement: Draw) -> Iterator[tuple[Expr | None, Expr | None]]:
    law = statement.law
    if not isinstance(law, Distribution):
        return
    if law.lower is not None or law.upper is not None:
        yield law.lower, law.upper
    if law.name in ENDS:
        given = dict(law.parameters)
        yield tuple(given.get(e) if e is not None else None for e in ENDS[law.name])  # type: ignore[misc]


def _outside(
    statement: Draw,
    low: Expr | None,
    high: Expr | None,
    known: Known,
    column: Column,
    faults: Faults,
) -> None:
    array = known.arrays[statement.target.name]
    bad = np.zeros(array.shape, dtype=bool)
    try:
        for env in known.iterations(statement.loops, {}):
            at = tuple(int(known.value(s, env)) for s in statement.subscripts)
            value = array[at]
            bad[at] |= low is not None and value < known.value(low, env)
            bad[at] |= high is not None and value > known.value(high, env)
    except (Unknown, IndexError):
        return
    if bad.any():
        message = (
            f"`{column.name}` is outside the support of its distribution: {values(array, bad)}"
        )
        faults.at("D122", message, column, bad)
