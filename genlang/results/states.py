"""The posterior of summed-out latents: marginals, the joint mode, exact joint draws."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genlang.diagnostics import Diagnostic, OptionError
from genlang.results.coordinates import Axis, Sizes, axes, unique

if TYPE_CHECKING:
    from genlang.results.fit import Fit

KINDS = ("marginals", "mode", "draws")
HALF = 0.5  # the values of a cell that exists add up to 1, of another to 0
MOST = 200  # draws of the posterior that are averaged or drawn for


def states(fit: "Fit", name: str | None, kind: str) -> Any:
    """Return one latent's posterior, or a dict of all, as xarray.

    marginals  probabilities, dims (*loops, state), averaged over the posterior draws
    mode       the jointly most probable values at the most central draw, dims (*loops)
    draws      one exact joint draw for each of up to 200 posterior draws, dims (draw, *loops)

    Cells outside a ragged row or a part are NaN, or -1 for values. Raises OptionError (E904, E905).
    """
    if kind not in KINDS:
        message = f"there is no kind `{kind}` of states"
        raise OptionError([Diagnostic("E904", message, help=f"one of {', '.join(KINDS)}")])
    found = _every(fit, kind)
    if name is None:
        return found
    if name not in found:
        known = ", ".join(found) or "none"
        message = f"no latent `{name}` was summed out; those that were: {known}"
        raise OptionError([Diagnostic("E905", message)])
    return found[name]


def _every(fit: "Fit", kind: str) -> dict[str, Any]:
    import torch

    from genlang.infer.density import Density
    from genlang.infer.session import session
    from genlang.infer.tensors import cells, namespace
    from genlang.pipeline import compile_text
    from genlang.runtime.load import load

    planned = compile_text(fit.text, fit.name).plan
    if not planned.states:
        return {}
    with session(fit.seed, cells(fit.table)):
        density = Density(load(fit.program).model, namespace(fit.table))
        chosen = _chosen(fit, kind)
        how = {"marginals": "sum", "mode": "max", "draws": "draw"}[kind]
        known = {s.name for s in density.sites}
        total: dict[str, NDArray[Any]] = {}
        drawn: list[dict[str, NDArray[Any]]] = []
        for i in chosen:
            values = {
                n: torch.as_tensor(e.draws[i]) for n, e in fit.estimates.items() if n in known
            }
            one = {n: g.numpy() for n, g in density.states(values, how).items()}
            if kind == "marginals":
                for n, g in one.items():
                    total[n] = total.get(n, 0.0) + g / len(chosen)
            else:
                drawn.append(one)
    sizes = Sizes(fit.table.sizes, fit.table.labels)
    result: dict[str, Any] = {}
    tapped = set(total) | {n for one in drawn for n in one}
    for z, state in planned.states:
        if z.name not in tapped:  # the shadow of a chain: its state one step back
            continue
        low = int(getattr(state.support.low, "value", 0))
        stacked = total[z.name] if kind == "marginals" else np.stack([d[z.name] for d in drawn])
        result[z.name] = _labelled(z, state.draw.loops, stacked, kind, low, sizes)
    return result


def _chosen(fit: "Fit", kind: str) -> list[int]:
    count = max((len(e.draws) for e in fit.estimates.values()), default=1)
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
    lead = 0 if kind == "marginals" else 1
    found = axes(z, array.shape[lead:-1], loops, sizes)
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
