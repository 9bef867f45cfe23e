"""MAP: the mode of the log density on the natural scale, by L-BFGS from several starts at once."""

from dataclasses import dataclass
from typing import ClassVar

from genlang.infer.method import Outcome, Report
from genlang.infer.modes import modes
from genlang.infer.target import Target, detached


@dataclass(frozen=True, slots=True)
class Map:
    """Maximum a posteriori; `starts` points are improved together for at most `steps` steps."""

    name: ClassVar[str] = "map"
    starts: int = 16
    steps: int = 1000

    def run(self, target: Target, report: Report) -> Outcome:
        """Return the best mode that was found, without Jacobian."""
        found = modes(target, self.starts, self.steps, report, jacobian=False)
        best = max(found.every, key=lambda m: m.log_density)
        values = detached(target.layout.values(best.vector))
        draws = {name: value[None] for name, value in values.items()}
        return Outcome(draws, found.facts(best), found.faults(best), point=True)
