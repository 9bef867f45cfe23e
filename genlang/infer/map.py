"""MAP: the mode of the log density on the natural scale, by L-BFGS from several starts at once."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from genlang.diagnostics import Diagnostic, ModelError
from genlang.infer.lbfgs import minimize
from genlang.infer.method import Outcome, Report
from genlang.infer.target import Target, detached

GRADIENT = 1e-3  # a greater gradient than this at the end is reported


@dataclass(frozen=True, slots=True)
class Map:
    """Maximum a posteriori; `starts` points are improved together for at most `steps` steps."""

    name: ClassVar[str] = "map"
    starts: int = 16
    steps: int = 1000

    def run(self, target: Target, report: Report) -> Outcome:
        """Return the best mode that was found, without Jacobian."""
        vector, facts, faults = mode(target, self.starts, self.steps, report, jacobian=False)
        values = detached(target.layout.values(vector))
        draws = {k: v[None] for k, v in values.items()}
        return Outcome(draws, point=True, facts=facts, faults=faults)


def mode(
    target: Target, starts: int, steps: int, report: Report, *, jacobian: bool
) -> tuple[Tensor, dict[str, float], tuple[str, ...]]:
    """Return the best of several modes as a vector, facts about it, and failed checks.

    Raises ModelError (E801) where every start has density 0.
    """
    if target.layout.size == 0:
        value = float(target.log_density(torch.zeros(0), jacobian=jacobian))
        return torch.zeros(0), {"log_density": value}, ()
    points = target.starts(starts)
    if not len(points):
        raise ModelError([_impossible(target)])

    def line(step: int, value: float) -> None:
        if step % 10 == 0:
            report(f"mode: step {step}, log density {-value:.4f}")

    found = minimize(
        lambda v: target.objective(v, jacobian=jacobian), points, steps=steps, report=line
    )
    best = int(found.values.argmin())
    value = -float(found.values[best])
    steep = float(found.gradients[best])
    near = int((found.values <= found.values[best] + 1e-3).sum())
    facts = {
        "log_density": value,
        "gradient": steep,
        "starts": float(len(points)),
        "starts_at_best": float(near),
        "steps": float(found.steps),
    }
    faults: tuple[str, ...] = ()
    if steep > GRADIENT * (1 + abs(value)):
        faults = (f"the search ended with a gradient of {steep:.2g}: the mode is not reached",)
    return found.points[best], facts, faults


def _impossible(target: Target) -> Diagnostic:
    """Say which observed cells have density 0 at every start."""
    density = target.density
    values = detached(target.layout.values(torch.zeros(target.layout.size)))
    where: list[str] = []
    for name, term in density.pointwise(values).items():
        bad = (~torch.isfinite(term)).nonzero()
        if len(bad):
            rows = ", ".join(str([int(i) + 1 for i in row]).strip("[]") for row in bad[:5])
            where.append(f"`{name}`, row {rows}" if rows else f"`{name}`")
    return Diagnostic(
        "E801",
        "the data are impossible under the model at every starting point",
        why="; ".join(where) or "the prior excludes every start",
        help="look at the values named, or widen the distribution's support",
    )
