"""The posterior of summed-out latents: marginals, the joint mode, exact joint draws."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Define
from genlang.data.evaluate import Evaluator
from genlang.data.table import Table
from genlang.data.values import Value
from genlang.diagnostics import Diagnostic, OptionError
from genlang.plan.plan import Plan
from genlang.results.coordinates import Axis, Sizes, axes, unique

if TYPE_CHECKING:
    from genlang.results.fit import Fit

KINDS = ("marginals", "means", "mode", "draws", "counts", "transitions")
AVERAGED = ("marginals", "means", "counts", "transitions")
HALF = 0.5  # the values of a cell that exists add up to 1, of another to 0
MOST = 200  # draws of the posterior that are averaged or drawn for


def states(fit: "Fit", name: str | None, kind: str) -> Any:
    """Return one latent's posterior, or a dict of all, as xarray.

    marginals  probabilities, dims (*loops, state), averaged over the posterior draws
    means      expected values of the states, averaged likewise, dims (*loops)
    mode       the jointly most probable values at the most central draw, dims (*loops)
    counts     expected number of cells of each state, averaged likewise, dims (state)
    transitions  expected number of steps from state to state, dims (before, state), of the latents
                 that chains and trees carry; of a chain of order two (before_2, before, state)
    draws      one exact joint draw for each of up to 200 posterior draws, dims (draw, *loops)

    Cells outside a ragged row or a part are NaN, or -1 for values. Raises OptionError (E904, E905).
    """
    known_kind(kind)
    found = _every(fit, kind)
    if name is None:
        return found
    if name not in found:
        known = ", ".join(found) or "none"
        what = "carried by a chain" if kind == "transitions" else "summed out"
        message = f"no latent `{name}` was {what}; those that were: {known}"
        raise OptionError([Diagnostic("E905", message)])
    return found[name]


def known_kind(kind: str) -> None:
    """Raise OptionError (E904) where there is no such kind of states."""
    if kind not in KINDS:
        message = f"there is no kind `{kind}` of states"
        raise OptionError([Diagnostic("E904", message, help=f"one of {', '.join(KINDS)}")])


def _every(fit: "Fit", kind: str) -> dict[str, Any]:
    import torch

    from genlang.infer.density import Density
    from genlang.infer.session import session
    from genlang.infer.tensors import cells, namespace
    from genlang.pipeline import compile_text
    from genlang.runtime.load import load

    planned = compile_text(fit.text, fit.name, frozenset(fit.table.seen)).plan
    if not planned.states:
        return {}
    with session(fit.seed, cells(fit.table)):
        density = Density(load(fit.program).model, namespace(fit.table))
        places = chosen(fit, kind)
        known = {s.name for s in density.sites}
        total: dict[str, NDArray[Any]] = {}
        drawn: list[dict[str, NDArray[Any]]] = []
        for i in places:
            values = {
                n: torch.as_tensor(e.draws[i]) for n, e in fit.estimates.items() if n in known
            }
            one = {n: g.numpy() for n, g in _one(density, planned, values, kind).items()}
            if kind in AVERAGED:
                for n, g in one.items():
                    total[n] = total.get(n, 0.0) + g / len(places)
            else:
                drawn.append(one)
    sizes = Sizes(fit.table.sizes, fit.table.labels)
    result: dict[str, Any] = {}
    lows = low_values(planned, fit.table)
    for z, state in planned.summed.items():
        low = lows[z.name]
        if kind in AVERAGED and z.name not in total:
            continue  # no chain carries it
        stacked = total[z.name] if kind in AVERAGED else np.stack([d[z.name] for d in drawn])
        result[z.name] = _labelled(z, state.draw.loops, stacked, kind, low, sizes)
    return result


def _one(density: Any, plan: Plan, values: dict[str, Any], kind: str) -> dict[str, Any]:
    """The arrays of one draw of the posterior, by latent."""
    from genlang.infer.counts import expected, transitions

    if kind not in ("counts", "transitions"):
        how = {"marginals": "sum", "means": "sum", "mode": "max", "draws": "draw"}[kind]
        found: dict[str, Any] = density.states(values, how)
        return found
    counts = expected(density, values)
    return counts.values if kind == "counts" else transitions(plan, counts)


def means(array: NDArray[Any], low: int) -> NDArray[Any]:
    """Return the expected values from marginals over the values from `low` on."""
    found = array @ np.arange(low, low + array.shape[-1])
    return np.where(array.sum(-1) < HALF, np.nan, found)


def low_values(plan: Plan, table: Table) -> dict[str, int]:
    """Return the least value of every summed-out latent: what its first state stands for."""
    found: dict[str, int] = {}
    for z, state in plan.summed.items():
        known = Evaluator(table.sizes, table.lengths, table.arrays)
        for s in plan.model.statements:
            if isinstance(s, Define):
                known.defines[s.target] = s
        mask = None
        for loop in state.draw.loops:
            mask = known.enter(loop, mask)
        value = known.value(state.support.low, mask)
        if value is not None and mask is not None and all(a in mask.axes for a in value.axes):
            # Cells that a part leaves out have no say.
            _, (array, there) = known.lined_up(value, mask)
            value = Value((), np.where(there == 1, array, np.inf))
        least = np.nanmin(value.array.astype(float), initial=np.inf) if value is not None else 0
        found[z.name] = int(least) if np.isfinite(least) else 0
    return found


def chosen(fit: "Fit", kind: str) -> list[int]:
    """The draws of a fit that a kind of states is averaged over, taken at or drawn for."""
    count = max((len(e.draws) for e in fit.estimates.values()), default=1)
    if not any(e.role in ("latent", "param") for e in fit.estimates.values()):
        # Nothing but states is unknown: one posterior, of which draws may be taken at will.
        return [0] * (MOST if kind == "draws" else 1)
    if kind == "mode":
        return [_central(fit, count)]
    return sorted(set(np.linspace(0, count - 1, min(count, MOST)).astype(int).tolist()))


def _central(fit: "Fit", count: int) -> int:
    """The draw nearest to the middle of all, in units of each cell's spread."""
    distance = np.zeros(count)
    for e in fit.estimates.values():
        flat = e.draws.reshape(count, -1).astype(float)
        spread = flat.std(0)
        spread[spread == 0] = 1
        distance += np.nansum(((flat - np.median(flat, 0)) / spread) ** 2, axis=1)
    return int(distance.argmin())


def _labelled(z: Any, loops: Any, array: NDArray[Any], kind: str, low: int, sizes: Sizes) -> Any:
    import xarray

    values = array.shape[-1]
    labels: tuple[Any, ...] = tuple(range(low, low + values))
    if z.cell.dim is not None and len(sizes.labels.get(z.cell.dim.name, ())) == values:
        labels = tuple(sizes.labels[z.cell.dim.name])
    if kind in ("counts", "transitions"):
        names = ["state", "before", *(f"before_{i}" for i in range(2, array.ndim))][: array.ndim]
        return xarray.DataArray(array, dims=names[::-1], coords={n: list(labels) for n in names})
    lead = 0 if kind in AVERAGED else 1
    found = axes(z, array.shape[lead:-1], loops, sizes)
    if kind == "means":
        coords = {a.dim: list(a.labels) for a in found}
        return xarray.DataArray(means(array, low), dims=[a.dim for a in found], coords=coords)
    if kind == "marginals":
        # A cell that does not exist took no part: its gradient is 0.
        outside = array.sum(-1) < HALF
        array = np.where(outside[..., None], np.nan, array)
        found = unique((*found, Axis("state", labels)))
        return xarray.DataArray(
            array, dims=[a.dim for a in found], coords={a.dim: list(a.labels) for a in found}
        )
    picked = np.where(array.sum(-1) < HALF, -1, array.argmax(-1) + low)
    dims = [a.dim for a in found]
    coords = {a.dim: list(a.labels) for a in found}
    # The values are positions (or counts); `labels` names those from `low` on.
    about = {"labels": list(labels), "low": low}
    if kind == "mode":
        return xarray.DataArray(picked[0], dims=dims, coords=coords, attrs=about)
    return xarray.DataArray(picked, dims=["draw", *dims], coords=coords, attrs=about)
