"""Run a method on a bound model and keep what it found as a Fit."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from genlang.check.model import Model
from genlang.infer.density import Density, StandIn, execute
from genlang.infer.method import Method
from genlang.infer.simulate import Collector, later
from genlang.infer.target import Target, target
from genlang.infer.tensors import namespace
from genlang.plan.evidence import remarks
from genlang.plan.rewrite import loops_of, target_of
from genlang.results.coordinates import Sizes, axes, with_gaps
from genlang.results.fit import Estimate, Fit
from genlang.results.states import low_values
from genlang.results.summary import FACTS
from genlang.runtime.load import Program

if TYPE_CHECKING:
    from genlang.api import Bound


# Draws between two lines of progress.
EVERY = 50
# Roles whose draws are kept.
STORED = ("latent", "param", "report", "generated")


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
    plan = bound.compiled.plan
    draws = {**outcome.draws, **_reports(prepared, outcome.draws)}
    if bound.program.after is not None:
        count = max((len(d) for d in draws.values()), default=0 if outcome.point else
                    getattr(method, "draws", 1))  # fmt: skip
        draws |= _later(bound, prepared, draws, max(count, 1), report)
    variables = {v.name: v for v in plan.model.variables}
    loops = {
        v.name: loops_of(s)[-len(v.loops) :] if v.loops else ()
        for s in plan.statements
        if (v := target_of(s)) is not None and v.role in STORED
    }
    sizes = with_gaps(Sizes(bound.table.sizes, bound.table.labels), plan, bound.table.seen)
    estimates: dict[str, Estimate] = {}
    for name in (v.name for v in plan.model.variables if v.name in draws):
        array = draws[name].numpy()
        found = axes(variables[name], array.shape[1:], loops.get(name, ()), sizes)
        estimates[name] = Estimate(variables[name].role, found, array)
    return Fit(
        bound.model.name,
        plan.model.source.text,
        bound.compiled.text,
        bound.table,
        method.name,
        options,
        seed,
        outcome.point,
        outcome.facts,
        outcome.faults,
        estimates,
        (*outcome.notes, *_of_evidence(plan.model, outcome.facts)),
    )


def _of_evidence(model: Model, facts: Mapping[str, float]) -> Iterator[str]:
    """What to know of an evidence: it is only as good as the density is normalized."""
    named = [words for key, words in FACTS.items() if key in facts and key != "log_density"]
    for remark in remarks(model) if named else ():
        yield f"{remark}; so the {named[0]} is no evidence"


def _reports(prepared: Target, draws: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Compute every `report` at every draw."""
    from torch.func import vmap

    density = prepared.density

    def derived(values: dict[str, Tensor]) -> dict[str, Tensor]:
        stand_in = StandIn(values)
        execute(density.program, density.data, stand_in)
        return stand_in.deterministics

    return dict(vmap(derived, chunk_size=100)(dict(draws))) if draws else {}


def _later(
    bound: "Bound",
    prepared: Target,
    draws: Mapping[str, Tensor],
    count: int,
    report: Callable[[str], None],
) -> dict[str, Tensor]:
    """Draw the states, and what `after` draws and computes, once for every draw."""
    collector = Collector(bound.compiled.plan, bound.table, namespace(bound.table))
    every = ({n: d[i] for n, d in draws.items()} for i in range(count))
    found: dict[str, list[Tensor]] = {}
    runs = after_draws(prepared.density, bound.program, collector, every)
    for i, made in enumerate(runs):
        for name, array in made.items():
            found.setdefault(name, []).append(torch.as_tensor(array))
        if i % EVERY == 0:
            report(f"drawing states, reports and generated values: {i} of {count}")
    return {n: torch.stack(arrays) for n, arrays in found.items()}


def after_draws(
    density: Density,
    program: Program,
    collector: Collector,
    every: Iterable[Mapping[str, Tensor]],
) -> Iterator[dict[str, Any]]:
    """Yield what `after` draws and computes at each draw of the unknowns, and of the states."""
    plan = collector.plan
    lows = low_values(plan, collector.table)
    known = {s.name for s in density.sites}
    for values in every:
        own = {n: v for n, v in values.items() if n in known}
        drawn = density.states(own, "draw") if plan.states else {}
        states = {n: g.argmax(-1) + lows[n] for n, g in drawn.items() if n in lows}
        yield later(program, collector.data, {**values, **states}, collector)
