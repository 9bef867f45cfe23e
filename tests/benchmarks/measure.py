"""Contenders that compute one number, measured in turns by the CPU time of one thread."""

import gc
import math
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

import genlang
from genlang.infer.density import Density
from genlang.infer.tensors import namespace

ROUNDS = 7
TIE = 1.3  # ratios below are no difference
Values = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Contender:
    """A program: it returns what it computed, numbers that equal those of the first contender.

    Where `same` is false it does other work (an iteration of EM), and only its time is of interest.
    """

    name: str
    run: Callable[[], tuple[float, ...]]
    same: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table; the first contender is genlang."""

    name: str
    contenders: tuple[Contender, ...]
    error: float = 1e-6


@dataclass(frozen=True, slots=True)
class Row:
    """CPU milliseconds of a case by contender: the median of all rounds, and all of them."""

    name: str
    medians: dict[str, float]
    rounds: dict[str, list[float]] = field(default_factory=dict)

    @property
    def ratios(self) -> dict[str, float]:
        """How many times as long as the first contender each takes."""
        first = next(iter(self.medians.values()))
        return {name: time_ / first for name, time_ in self.medians.items()}


def gradient_of(
    function: Callable[[Values], Tensor], leaves: Values, scale: Callable[[Values], Values]
) -> Callable[[], tuple[float, ...]]:
    """Return a program: the value of a function of natural values, and the norm of its gradient."""

    def run() -> tuple[float, ...]:
        own = {name: leaf.clone().requires_grad_() for name, leaf in leaves.items()}
        value = function(scale(own))
        gradients = torch.autograd.grad(value, list(own.values()))
        norm = sum(float(g.square().sum()) for g in gradients)
        return float(value.detach()), math.sqrt(norm)

    return run


def compiled(text: str, data: Mapping[str, Any], **sizes: int) -> Callable[[Values], Tensor]:
    """Return the log density of a genlang program at values of its unknowns."""
    bound = genlang.model(text).bind(dict(data), **sizes)
    density = Density(bound.program.model, namespace(bound.table))
    return density.log_density


def measured(case: Case, rounds: int = ROUNDS) -> Row:
    """Check that all contenders agree, then time them in turns."""
    first, *rest = case.contenders
    wanted = first.run()
    for other in rest:
        found = other.run()
        if other.same:
            for one, two in zip(found, wanted, strict=True):
                if not math.isclose(one, two, rel_tol=case.error):
                    raise AssertionError(f"{case.name}: {other.name} {found}, {wanted} expected")
    times: dict[str, list[float]] = {c.name: [] for c in case.contenders}
    for _ in range(rounds):
        for contender in case.contenders:
            gc.collect()
            start = time.process_time()
            contender.run()
            times[contender.name].append(1000 * (time.process_time() - start))
    return Row(case.name, {n: statistics.median(t) for n, t in times.items()}, times)


def slope(sizes: list[int], times: list[float]) -> float:
    """Return the exponent of cost in size, from the two largest sizes."""
    return math.log(times[-1] / times[-2]) / math.log(sizes[-1] / sizes[-2])


def markdown(rows: list[Row]) -> str:
    """Return a table: a line for each contender of each case."""
    lines = ["| case | program | CPU ms | x genlang |", "|---|---|---:|---:|"]
    for row in rows:
        for name, time_ in row.medians.items():
            ratio = row.ratios[name]
            mark = "" if ratio >= TIE or 1 / ratio >= TIE else " (tie)"
            own = name == next(iter(row.medians))
            lines.append(
                f"| {row.name if own else ''} | {name} | {time_:.3g} | "
                f"{'' if own else f'{ratio:.2g}{mark}'} |"
            )
    return "\n".join(lines) + "\n"


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    return {"processor": platform.processor() or platform.machine(), "torch": torch.__version__}
