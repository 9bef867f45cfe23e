"""Run a method on a bound model and keep what it found as a Fit."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from genlang.infer.density import StandIn, execute
from genlang.infer.method import Method
from genlang.infer.target import Target, target
from genlang.infer.tensors import namespace
from genlang.plan.rewrite import loops_of, target_of
from genlang.results.coordinates import Sizes, axes
from genlang.results.fit import Estimate, Fit

if TYPE_CHECKING:
    from genlang.api import Bound


def run(
    bound: "Bound",
    method: Method,
    seed: int,
    options: Mapping[str, Any],
    report: Callable[[str], None],
) -> Fit:
    """Fit within the current session; see `Bound.fit`."""
    prepared = target(bound.program, namespace(bound.table))
    outcome = method.run(prepared, report)
    draws = {**outcome.draws, **_reports(prepared, outcome.draws)}
    plan = bound.model.compiled.plan
    variables = {v.name: v for v in plan.model.variables}
    loops = {
        v.name: loops_of(s)[-len(v.loops) :] if v.loops else ()
        for s in plan.statements
        if (v := target_of(s)) is not None and v.role in ("latent", "param", "report")
    }
    sizes = Sizes(bound.table.sizes, bound.table.labels)
    estimates: dict[str, Estimate] = {}
    for name in (v.name for v in plan.model.variables if v.name in draws):
        array = draws[name].numpy()
        found = axes(variables[name], array.shape[1:], loops.get(name, ()), sizes)
        estimates[name] = Estimate(variables[name].role, found, array)
    return Fit(
        bound.model.name,
        plan.model.source.text,
        bound.model.to_python(),
        bound.table,
        method.name,
        options,
        seed,
        outcome.point,
        outcome.facts,
        outcome.faults,
        estimates,
        outcome.notes,
    )


def _reports(prepared: Target, draws: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Compute every `report` at every draw."""
    from torch.func import vmap

    density = prepared.density

    def derived(values: dict[str, Tensor]) -> dict[str, Tensor]:
        stand_in = StandIn(values)
        execute(density.program, density.data, stand_in)
        return stand_in.deterministics

    return dict(vmap(derived, chunk_size=100)(dict(draws))) if draws else {}
