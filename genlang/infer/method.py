"""What every inference method is: options as fields, a target in, draws or a point out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import Tensor

from genlang.infer.target import Target

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method found.

    `draws`: natural values by name, [draws, ...]; a point has one draw. `facts`: numbers worth
    keeping (ELBO, log density, gradient). `faults`: the checks that the fit did not pass.
    """

    draws: Mapping[str, Tensor]
    facts: Mapping[str, float]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    point: bool = False


class Method(Protocol):
    """An inference method; its fields are its options, on the command line too."""

    name: ClassVar[str]

    def run(self, target: Target, report: Report) -> Outcome:
        """Fit the program; `report` takes one progress line after another."""
        ...
