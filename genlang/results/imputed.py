"""Missing cells of observed names, drawn from their posterior.

nothing reads them     drawn from their statement, given each draw of what is unknown
discrete, summed out   exact joint draws of the states
continuous             unknowns of the fit: its draws
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Draw, Model, Ref, Variable
from genlang.check.walk import cell_of, index_type
from genlang.diagnostics import Diagnostic, OptionError, suggest
from genlang.plan.missing import beside, cell_name, elementwise, mark_of, missing_name
from genlang.results.coordinates import Sizes, begins, gaps

if TYPE_CHECKING:
    from genlang.pipeline import Compiled
    from genlang.results.fit import Fit


def imputed(fit: "Fit", name: str) -> Any:
    """Return draws of the missing cells of an observed name as xarray, dims (draw, NAME_cell).

    Cells are labelled by their rows. One draw for each of up to 200 draws of the posterior, all of
    them where the cells are unknowns of the fit. Raises OptionError (E923) where none is missing.
    """
    import xarray

    from genlang.pipeline import compile_text

    seen = fit.table.seen
    if name not in seen:
        message = f"`{name}` has no missing cells"
        known = f"names that have some: {', '.join(seen)}" if seen else "no name has any"
        raise OptionError([Diagnostic("E923", message, help=suggest(name, seen) or known)])
    compiled = compile_text(fit.text, fit.name, frozenset(seen))
    variable = next(v for v in compiled.model.variables if v.name == name)
    about: dict[str, Any] = {}
    if missing_name(name) in fit.estimates:
        array = fit.estimates[missing_name(name)].draws
    elif any(z.name == name for z in compiled.plan.summed):
        states = fit.states(name, "draws")
        about = states.attrs
        array = _whole(states.values, compiled, variable, seen[name].shape)[:, ~seen[name]]
    else:
        array = _drawn(fit, compiled.model, variable)
    labels = gaps(Sizes(fit.table.sizes, fit.table.labels), variable, seen[name])
    dim = cell_name(name)
    event = [] if elementwise(variable, compiled.model) else _event(variable)
    return xarray.DataArray(array, dims=["draw", dim, *event],
                            coords={dim: list(labels)}, attrs=about, name=name)  # fmt: skip


def _whole(
    drawn: NDArray[Any], compiled: "Compiled", variable: Variable, shape: tuple[int, ...]
) -> NDArray[Any]:
    """States over a part of a dim in their places in the whole, [draws, *shape]; -1 elsewhere."""
    draw = next(s.draw for z, s in compiled.plan.summed.items() if z.name == variable.name)
    found = np.full((len(drawn), *shape), -1, drawn.dtype)
    place = [
        slice(start, start + n)
        for loop, full, n in zip(draw.loops, shape, drawn.shape[1:], strict=True)
        for start in (begins(loop, full, n),)
    ]
    found[(slice(None), *place)] = drawn
    return found


def _event(variable: Variable) -> list[str]:
    """The dims of a vector in a cell."""
    return ["i" if e.dim is None else e.dim.name for e in variable.cell.dims]


def _drawn(fit: "Fit", model: Model, variable: Variable) -> NDArray[Any]:
    """Draw every cell of an observed variable anew, [draws, missing cells, ...]."""
    import torch

    from genlang.emit.program import emit
    from genlang.infer.density import Density
    from genlang.infer.session import session
    from genlang.infer.simulate import Collector
    from genlang.infer.tensors import cells, namespace
    from genlang.plan.plan import plan
    from genlang.results.run import after_draws
    from genlang.results.states import chosen
    from genlang.runtime.load import load

    copies = _copies(model, variable)
    targets = tuple(c.target for c in copies)
    again = replace(
        model, variables=model.variables + targets, statements=model.statements + copies
    )
    planned = plan(again, frozenset(fit.table.seen))
    draws = [s for s in planned.statements if isinstance(s, Draw)]
    own = [s for s in draws if s.target is variable]
    made = [s for s in draws if s.target in targets]
    found: list[NDArray[Any]] = []
    with session(fit.seed, cells(fit.table)):
        data = namespace(fit.table)
        density = Density(load(fit.program).model, data)
        every = (
            {n: torch.as_tensor(e.draws[i]) for n, e in fit.estimates.items()}
            for i in chosen(fit, "draws")
        )
        collector = Collector(planned, fit.table, data)
        for arrays in after_draws(density, load(emit(planned)), collector, every):
            whole: NDArray[Any] | None = None
            for s, copy in zip(own, made, strict=True):
                whole = collector.put(arrays[copy.target.name], list(copy.loops), s, whole)
            assert whole is not None
            found.append(whole[~fit.table.seen[variable.name]])
    return np.stack(found)


def _copies(model: Model, variable: Variable) -> tuple[Draw, ...]:
    """The statements of an observed variable with a generated value in its place."""
    taken = {v.name for v in model.variables} | {d.name for d in model.dims}
    copies: list[Draw] = []
    for s in model.statements:
        if not (isinstance(s, Draw) and s.target is variable):
            continue
        name = f"{variable.name}_again"
        while name in taken:
            name += "_"
        taken.add(name)
        dims = (*(p.extent for p in s.loops), *variable.cell.dims)
        target = Variable(name, "generated", variable.cell, dims, s.loops, variable.event)
        here = tuple(Ref(p, index_type(p)) for p in s.loops)
        law = s.law
        if elementwise(variable, model):
            seen = (mark_of(variable, model), replace(variable, role="data"))
            law = beside(law, *(cell_of(v, s.subscripts) for v in seen))
        copies.append(replace(s, target=target, subscripts=here, law=law))
    return tuple(copies)
