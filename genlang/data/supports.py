"""What numbers a type, its structure, a parameter's domain and a distribution's support allow."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Distribution, Draw, Model, Variable
from genlang.check.walk import leaves
from genlang.data.cells import Cells
from genlang.data.faults import Faults, values
from genlang.data.values import Value, any_cell
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.types import INTEGERS
from genlang.plan.support import Support, supports

TOLERANCE = 1e-6
Numbers = NDArray[Any]

# Words and test by kind; NaN passes, it is not known.
KINDS: dict[str, tuple[str, Callable[[Numbers], Numbers]]] = {
    "positive": ("above 0", lambda x: ~(x <= 0)),
    "nonneg": ("0 or more", lambda x: ~(x < 0)),
    "unit": ("from 0 to 1", lambda x: ~((x < 0) | (x > 1))),
    "int": ("an integer", lambda x: np.isnan(x) | (x == np.round(x))),
    "count": ("0, 1, 2, ...", lambda x: np.isnan(x) | ((x >= 0) & (x == np.round(x)))),
    "bool": ("0 or 1, true or false", lambda x: np.isnan(x) | (x == 0) | (x == 1)),
}
# Where a positive distribution has no density, or an infinite one, at 0.
WITHOUT_ZERO = frozenset({
    "Gamma", "InverseGamma", "LogNormal", "Weibull", "Chi2", "Pareto",
})  # fmt: skip
# Parameters that are the lower and the upper end of the support.
ENDS: dict[str, tuple[str | None, str | None]] = {
    "Binomial": (None, "total"), "BetaBinomial": (None, "total"), "Uniform": ("low", "high"),
    "DiscreteUniform": ("low", "high"), "Pareto": ("scale", None),
    "Hypergeometric": (None, "draws"), "Delta": ("x", "x"), "Censored": ("lower", "upper"),
}  # fmt: skip


def kind_of(law: Distribution) -> str:
    """The kind of the values that a distribution draws, its support's ends taken in."""
    kind = DISTRIBUTIONS[law.name].kind if law.name in DISTRIBUTIONS else "real"
    if kind == "positive" and law.name not in WITHOUT_ZERO:
        return "nonneg"
    return kind


def check(variable: Variable, found: Numbers, raw: Cells, model: Model, faults: Faults) -> Numbers:
    """Report the cells outside a variable's kind or structure; returns where they are."""
    draws = [s for s in model.statements if isinstance(s, Draw) and s.target is variable]
    kind = variable.cell.kind
    names = {d.name for s in draws for d in leaves(s.law)}  # of what is inside: `Outside`
    if kind == "positive" and variable.role == "observed" and not names & WITHOUT_ZERO:
        kind = "nonneg"  # truncated at 0, which is inside
    bad = np.zeros(found.shape, dtype=bool)
    if kind in KINDS and variable.cell.structure != "simplex":
        words, inside = KINDS[kind]
        bad = np.asarray(~inside(found))
        if bad.any():
            message = f"`{variable.name}` must be {words}, here {values(found, bad)}"
            faults.at("D122", message, raw.column, raw.as_came(bad))
    return bad | _structure(variable, np.where(raw.exists & ~bad, found, np.nan), raw, faults)


def _structure(variable: Variable, found: Numbers, raw: Cells, faults: Faults) -> Numbers:
    name = variable.cell.structure
    event = len(variable.cell.dims)
    # Where a matrix is not square, the sizes of its dim disagree, which has been said.
    oblong = event > 1 and found.shape[-1] != found.shape[-2]
    if name not in STRUCTURES or not event or not found.size or oblong:
        return np.zeros(found.shape, dtype=bool)
    whole = ~np.isnan(found).any(tuple(range(found.ndim - event, found.ndim)))
    words, test = STRUCTURES[name]
    bad = np.zeros(whole.shape, dtype=bool)
    bad[whole] = ~test(found[whole])
    if bad.any():
        sums = name == "simplex" and found.ndim
        here = f", here their sum is {values(found.sum(-1), bad)}" if sums else ""
        faults.at("D122", f"`{variable.name}` must {words}{here}", raw.column, raw.as_came(bad))
    every: Numbers = np.broadcast_to(bad[(..., *[None] * event)], found.shape)
    return every


def is_simplex(x: Numbers) -> Numbers:
    """Whether vectors are probabilities that add up to 1."""
    found: Numbers = (np.abs(x.sum(-1) - 1) <= TOLERANCE) & (x >= 0).all(-1)
    return found


def is_symmetric_positive(x: Numbers) -> Numbers:
    """Whether matrices are symmetric and positive definite."""
    scale = np.maximum(np.abs(x).max((-1, -2)), 1e-300)
    even: Numbers = np.abs(x - np.swapaxes(x, -1, -2)).max((-1, -2)) <= TOLERANCE * scale
    least = np.linalg.eigvalsh((x + np.swapaxes(x, -1, -2)) / 2).min(-1)
    found: Numbers = even & (least > 0)
    return found


def is_factor(x: Numbers) -> Numbers:
    """Whether matrices are lower triangular with a positive diagonal."""
    upper = np.abs(np.triu(x, 1)).max((-1, -2)) == 0
    found: Numbers = upper & (np.diagonal(x, axis1=-2, axis2=-1) > 0).all(-1)
    return found


def _is_corr(x: Numbers) -> Numbers:
    ones = np.abs(np.diagonal(x, axis1=-2, axis2=-1) - 1).max(-1) <= TOLERANCE
    found: Numbers = ones & is_symmetric_positive(x)
    return found


def _is_unit(x: Numbers) -> Numbers:
    found: Numbers = np.abs((x**2).sum(-1) - 1) <= TOLERANCE
    return found


def _increases(x: Numbers) -> Numbers:
    return np.asarray((np.diff(x, axis=-1) > 0).all(-1))


STRUCTURES: dict[str, tuple[str, Callable[[Numbers], Numbers]]] = {
    "simplex": ("be probabilities that add up to 1", is_simplex),
    "ordered": ("increase", _increases),
    "positive_ordered": ("increase", _increases),
    "baseline": ("have 0 as its first element", lambda x: x[..., 0] == 0),
    "zero_sum": ("add up to 0", lambda x: np.abs(x.sum(-1)) <= TOLERANCE * np.abs(x).max(-1)),
    "unit_vector": ("have length 1", _is_unit),
    "corr": ("be symmetric and positive definite with ones on the diagonal", _is_corr),
    "cov": ("be symmetric and positive definite", is_symmetric_positive),
    "cholesky_cov": ("be lower triangular with a positive diagonal", is_factor),
    "cholesky_corr": (
        "be lower triangular with a positive diagonal and rows of length 1",
        lambda x: is_factor(x) & _is_unit(x).all(-1),
    ),
}


def outside(domain: str, rank: int, value: Value) -> tuple[str, Numbers] | None:
    """Return what numbers must do in a domain, and where a value does not (1.0); None for any.

    `rank` counts the dims of what the domain speaks of: a vector, a matrix.
    """
    array = value.array
    if domain in STRUCTURES:
        words, test = STRUCTURES[domain]
        if value.event != rank or not rank or not array.size:
            return None
        whole = np.isfinite(array).all(tuple(range(-rank, 0)))
        beyond = np.zeros(whole.shape)
        beyond[whole] = ~test(array[whole])
        return words, beyond
    if domain in KINDS:
        words, inside = KINDS[domain]
        return f"be {words}", any_cell(~inside(array), value).astype(float)
    return None


def supports_of(model: Model) -> dict[Variable, Support]:
    """The supports of the latents that are summed out; those without are refused by the planner."""
    draws = tuple(
        s for s in model.statements
        if isinstance(s, Draw) and s.target.role == "latent" and s.target.cell.kind in INTEGERS
    )  # fmt: skip
    return supports(draws, model.statements)[0]
