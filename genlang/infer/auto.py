"""The method that is used where none is asked for.

no continuous unknown         exact: every state is summed out
only `param`s                 the point of greatest likelihood (infer/map.py)
the guide fits, k-hat <= 0.7  variational inference, weighted draws (infer/svi.py)
it does not                   Hamiltonian chains that start from the guide (infer/hmc.py)
"""

from dataclasses import dataclass
from typing import ClassVar

from genlang.infer.hmc import sample
from genlang.infer.method import Outcome, Report
from genlang.infer.psis import resampled
from genlang.infer.svi import Svi, natural
from genlang.infer.target import Target


@dataclass(frozen=True, slots=True)
class Auto:
    """Variational inference, corrected where its own check says that it is off."""

    name: ClassVar[str] = "auto"
    steps: int = 400
    draws: int = 1000
    starts: int = 16

    def run(self, target: Target, report: Report) -> Outcome:
        """Return draws, and in a note how they were made."""
        svi = Svi(steps=self.steps, draws=self.draws, starts=self.starts)
        if (simple := svi.without_latents(target, report)) is not None:
            return simple
        made = svi.approximate(target, report)
        if made.trusted:
            draws = natural(made, made.drawn[resampled(made.weights, self.draws)])
            return Outcome(draws, made.facts, made.faults, made.notes)
        chains = sample(made, self.draws, report)
        note = (
            f"the guide alone is not enough (k-hat {made.weights.k:.2f}): the draws are of "
            f"{chains.count} Hamiltonian chains from it, R-hat at most {chains.r_hat:.3f}"
        )
        return Outcome(
            natural(made, chains.draws),
            {**made.facts, "r_hat": chains.r_hat, "acceptance": chains.acceptance},
            (*made.faults, *chains.faults), (*made.notes, note),
        )  # fmt: skip
