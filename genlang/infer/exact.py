"""Exact answers: a model whose only unknowns are summed out needs no optimizer."""

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

import torch

from genlang.diagnostics import Diagnostic, OptionError
from genlang.infer.method import Outcome, Report
from genlang.infer.target import Target


@dataclass(frozen=True, slots=True)
class Exact:
    """The evidence; states are exact, reports and generated values have `draws` joint draws."""

    name: ClassVar[str] = "exact"
    draws: int = 1000

    def run(self, target: Target, report: Report) -> Outcome:
        """Return the log evidence; raises OptionError (E909) where an unknown is left."""
        del report
        unknown = [b.site.name for b in target.layout.blocks]
        if unknown:
            names = ", ".join(f"`{n}`" for n in unknown)
            message = f"`exact` wants every unknown summed out; {names} cannot be"
            raise OptionError([Diagnostic("E909", message, help="leave the method out")])
        value = float(target.log_density(torch.zeros(0), jacobian=True))
        note = "no continuous unknowns: the states are exact"
        faults = () if isfinite(value) else ("the data are impossible under the model",)
        return Outcome({}, {"log_evidence": value}, faults, notes=(note,))
