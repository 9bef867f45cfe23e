"""What stands where no value is: padding of ragged rows, and missing cells.

A missing cell's term counts for nothing, but torch evaluates it: a value outside the support would
give a gradient that is not a number.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.drawn import drawn
from genlang.check.model import Draw, Model, Type, Variable
from genlang.check.walk import leaves
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.types import INTEGERS

Numbers = NDArray[Any]
# Vectors and matrices of each structure, n the size of their last dim.
STRUCTURED: dict[str, Callable[[int], Numbers]] = {
    "simplex": lambda n: np.full(n, 1 / n),
    "unit_vector": lambda n: np.eye(n)[0],
    "ordered": lambda n: np.arange(n) + 1.0,
    "positive_ordered": lambda n: np.arange(n) + 1.0,
} | dict.fromkeys(("corr", "cov", "cholesky_corr", "cholesky_cov"), np.eye)
KINDS = {"positive": 1.0, "nonneg": 1.0, "unit": 0.5}


def filled(variable: Variable, array: Numbers, good: Numbers, model: Model) -> Numbers:
    """Return an array with values of the support in the cells that are not `good`."""
    if good.all():
        return array
    event = len(variable.cell.dims)
    whole = good.all(tuple(range(good.ndim - event, good.ndim)))
    if whole.any():
        return np.where(good, array, array[whole][0])
    if good.any() and not variable.cell.structure:
        return np.where(good, array, array[good][0])
    size = array.shape[-1] if event else 1
    name = variable.cell.structure
    inside = STRUCTURED[name](size) if name in STRUCTURED and size else _number(variable, model)
    return np.where(good, array, inside)


def _number(variable: Variable, model: Model) -> float:
    """A number inside the ends that the first law of a variable has, where they are numbers."""
    kind = variable.cell.kind
    laws = (s.law for s in model.statements if isinstance(s, Draw) and s.target is variable)
    law = next((leaf for law in laws for leaf in leaves(law)), None)
    if law is None or kind == "index":
        return KINDS.get(kind, 0.0)
    found = drawn(law, Type(DISTRIBUTIONS[law.name].kind), {})
    low, high = float(found.low), float(found.high)
    if kind in INTEGERS:
        return low if np.isfinite(low) else high if np.isfinite(high) else 0.0
    if np.isfinite([low, high]).all():
        return 0.5 * (low + high)
    if np.isfinite(low):
        return low + 1
    return high - 1 if np.isfinite(high) else 0.0
