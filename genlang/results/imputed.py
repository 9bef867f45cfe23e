"""Missing cells of observed names, drawn from their posterior.

nothing reads them     drawn from their statement, given each draw of what is unknown
discrete, summed out   exact joint draws of the states
continuous             unknowns of the fit: its draws

A draw is a joint one: whatever the name asked for, all names are drawn at once, from the fit's
seed, so that arrays of two names go together by their `draw`, the number of the posterior draw.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Define, Draw, Model, Ref, Variable
from genlang.check.walk import cell_of, index_type
from genlang.diagnostics import Diagnostic, OptionError, suggest
from genlang.plan.missing import beside, cell_name, elementwise, mark_of, missing_name
from genlang.results.coordinates import Sizes, gaps

if TYPE_CHECKING:
    from genlang.results.fit import Fit

Copy = tuple[Draw, Draw | Define]


def imputed(fit: "Fit", name: str) -> Any:
    """Return draws of the missing cells of an observed name as xarray, dims (draw, NAME_cell).

    Cells are labelled by their rows. One draw for each of up to 200 draws of the posterior, all of
    them where the cells are unknowns of the fit. Raises OptionError (E923) where none is missing.
    """
    import xarray

    from genlang.pipeline import compile_text
    from genlang.results.states import chosen

    seen = fit.table.seen
    if name not in seen:
        message = f"`{name}` has no missing cells"
        known = f"names that have some: {', '.join(seen)}" if seen else "no name has any"
        raise OptionError([Diagnostic("E923", message, help=suggest(name, seen) or known)])
    model = compile_text(fit.text, fit.name, frozenset(seen)).model
    variable = next(v for v in model.variables if v.name == name)
    if missing_name(name) in fit.estimates:
        array = fit.estimates[missing_name(name)].draws
        draws = list(range(len(array)))
    else:
        array = _drawn(fit, model, variable)
        draws = chosen(fit, "draws")
        draws = draws if len(set(draws)) == len(draws) else list(range(len(draws)))
    labels = gaps(Sizes(fit.table.sizes, fit.table.labels), variable, seen[name])
    dim = cell_name(name)
    event = [] if elementwise(variable, model) else _event(variable)
    return xarray.DataArray(array, dims=["draw", dim, *event], name=name,
                            coords={"draw": draws, dim: list(labels)},
                            attrs=_about(fit, variable))  # fmt: skip


def _event(variable: Variable) -> list[str]:
    """The dims of a vector in a cell."""
    return ["i" if e.dim is None else e.dim.name for e in variable.cell.dims]


def _about(fit: "Fit", variable: Variable) -> dict[str, Any]:
    """What the positions of an index stand for."""
    dim = variable.cell.dim
    labels = None if dim is None else fit.table.labels.get(dim.name)
    return {} if labels is None else {"labels": list(labels), "low": 0}


def _drawn(fit: "Fit", model: Model, variable: Variable) -> NDArray[Any]:
    """Draw the missing cells of all names anew, and return those of one, [draws, cells, ...]."""
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

    seen = fit.table.seen
    copies = [c for v in model.variables if v.name in seen for c in _copies(fit, model, v)]
    again = replace(
        model,
        variables=model.variables + tuple(c.target for _, c in copies),
        statements=model.statements + tuple(c for _, c in copies),
    )
    planned = plan(again, frozenset(seen))
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
            for own, copy in copies:
                if own.target is variable:
                    array = arrays[copy.target.name]
                    whole = collector.put(array, list(own.loops), own, whole)
            assert whole is not None
            found.append(whole[~seen[variable.name]])
    return np.stack(found)


def _copies(fit: "Fit", model: Model, variable: Variable) -> list[Copy]:
    """The statements of a variable, each with what is drawn in its place.

    A generated value, or where the variable is summed out, a report of its state.
    """
    from genlang.plan.missing import with_missing

    if missing_name(variable.name) in fit.estimates:
        return []
    unknown = with_missing(model, frozenset(fit.table.seen)).model
    summed = any(v.name == variable.name and v.role == "latent" for v in unknown.variables)
    taken = {v.name for v in model.variables} | {d.name for d in model.dims}
    copies: list[Copy] = []
    for s in model.statements:
        if not (isinstance(s, Draw) and s.target is variable):
            continue
        name = f"{variable.name}_again"
        while name in taken:
            name += "_"
        taken.add(name)
        copies.append((s, _copy(s, name, model, summed=summed)))
    return copies


def _copy(s: Draw, name: str, model: Model, *, summed: bool) -> Draw | Define:
    variable = s.target
    dims = (*(p.extent for p in s.loops), *variable.cell.dims)
    role = "report" if summed else "generated"
    target = Variable(name, role, variable.cell, dims, s.loops, variable.event)
    if summed:
        return Define(target, cell_of(variable, s.subscripts), s.loops, s.span)
    law = s.law
    if elementwise(variable, model):
        seen = (mark_of(variable, model), replace(variable, role="data"))
        law = beside(law, *(cell_of(v, s.subscripts) for v in seen))
    here = tuple(Ref(p, index_type(p)) for p in s.loops)
    return replace(s, target=target, subscripts=here, law=law)
