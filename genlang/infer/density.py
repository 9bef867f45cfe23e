"""The density of a program at given values: the emitted text run with a light stand-in for Pyro.

The stand-in takes values by site name and adds up log densities; nothing is sampled. The same
text under Pyro gives the same number (a test holds them equal).
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genlang.runtime.reductions import eliminating


@dataclass(frozen=True, slots=True)
class Site:
    """An unknown: its name, shape and the set it lives in; a `param` has no distribution."""

    name: str
    shape: tuple[int, ...]
    constraint: Any
    param: bool = False


@dataclass(frozen=True, slots=True)
class Plate:
    """Remembers the size of a plate while it is entered."""

    sizes: dict[int, int]
    size: int
    dim: int

    def __enter__(self) -> None:
        self.sizes[self.dim] = self.size

    def __exit__(self, *error: object) -> None:
        del self.sizes[self.dim]


class StandIn:
    """Stands in for the name `pyro`: takes given values and adds up log densities by site."""

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        self.values = values
        self.terms: dict[str, Tensor] = {}
        self.observed: set[str] = set()
        self.deterministics: dict[str, Tensor] = {}
        self.plates: dict[int, int] = {}

    def sample(self, name: str, law: Any, obs: Tensor | None = None) -> Tensor:
        """Add a site's log density; returns its value."""
        value = self.values[name] if obs is None else obs
        log_prob = law.log_prob(value)
        if obs is None:
            self.terms[name] = log_prob
        else:
            self.observed.add(name)
            # A law that no loop's index reads has one value for all cells.
            self._add(name, log_prob.expand(torch.broadcast_shapes(log_prob.shape, self._shape())))
        return value

    def factor(self, name: str, term: Tensor) -> None:
        """Add a term over the plates around it."""
        self.observed.add(name)
        self._add(name, term)

    def _shape(self) -> tuple[int, ...]:
        """The shape of the plates around a statement."""
        return tuple(self.plates.get(d, 1) for d in range(min(self.plates, default=0), 0))

    def _add(self, name: str, term: Tensor) -> None:
        shape = self._shape()
        if tuple(term.shape) != shape:
            message = f"site {name} has shape {tuple(term.shape)}, its plates {shape}"
            raise AssertionError(message)
        self.terms[name] = term

    def deterministic(self, name: str, value: Tensor) -> Tensor:
        """Keep a derived quantity."""
        self.deterministics[name] = value
        return value

    def param(self, name: str, init: object = None, constraint: object = None) -> Tensor:
        """Return a parameter's value."""
        del init, constraint
        return self.values[name]

    def plate(self, name: str, size: int, dim: int) -> "Plate":
        """Return a plate, which may be entered several times."""
        del name
        return Plate(self.plates, size, dim)


class Recorder(StandIn):
    """A stand-in that finds the unknowns: their shapes and supports, at a first draw of each."""

    def __init__(self) -> None:
        super().__init__({})
        self.sites: list[Site] = []

    def sample(self, name: str, law: Any, obs: Tensor | None = None) -> Tensor:
        """Record an unknown and draw a value for it."""
        if obs is not None:
            return obs
        with torch.no_grad():
            shape = law.batch_shape + law.event_shape
            value = torch.distributions.biject_to(law.support)(
                torch.zeros(torch.distributions.biject_to(law.support).inverse_shape(shape))
            )
        self.sites.append(Site(name, tuple(shape), law.support))
        return value

    def factor(self, name: str, term: Tensor) -> None:
        """Factors hold no unknown."""

    def param(self, name: str, init: Any = None, constraint: Any = None) -> Tensor:
        """Record a parameter."""
        value: Tensor = init()
        self.sites.append(Site(name, tuple(value.shape), constraint, param=True))
        return value


class Prior(StandIn):
    """A stand-in that draws every unknown from its distribution; `drawn` are the values.

    Raises NotImplementedError where a distribution is improper.
    """

    def __init__(self) -> None:
        super().__init__({})
        self.drawn: dict[str, Tensor] = {}

    def sample(self, name: str, law: Any, obs: Tensor | None = None) -> Tensor:
        """Draw an unknown."""
        if obs is not None:
            return obs
        with torch.no_grad():
            self.drawn[name] = law.sample()
        return self.drawn[name]

    def factor(self, name: str, term: Tensor) -> None:
        """Factors hold no unknown."""

    def param(self, name: str, init: Any = None, constraint: Any = None) -> Tensor:
        """Take the starting value of a parameter."""
        del constraint
        self.drawn[name] = init()
        return self.drawn[name]


def execute(program: Callable[..., None], data: object, pyro: StandIn) -> StandIn:
    """Run a program's own code with `pyro` replaced."""
    code = program.__code__
    types.FunctionType(code, {**program.__globals__, "pyro": pyro})(data)
    return pyro


class Density:
    """Log density, pointwise terms and states of a program with its data."""

    def __init__(self, program: Callable[..., None], data: object) -> None:
        self.program = program
        self.data = data
        self.taps: dict[str, torch.Size] | None = None
        recorder = Recorder()
        with torch.no_grad():
            execute(program, data, recorder)
        self.sites = tuple(recorder.sites)

    def terms(self, values: Mapping[str, Tensor]) -> StandIn:
        """Run the program at values on the natural scale."""
        return execute(self.program, self.data, StandIn(values))

    def log_density(self, values: Mapping[str, Tensor]) -> Tensor:
        """Return the log joint density of data and unknowns, discrete latents summed out."""
        total = torch.zeros(())
        for term in self.terms(values).terms.values():
            total = total + term.sum()
        return total

    def pointwise(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the log density of the observed names by cell, or by the unit that was summed."""
        run = self.terms(values)
        return {name: term for name, term in run.terms.items() if name in run.observed}

    def states(self, values: Mapping[str, Tensor], how: str = "sum") -> dict[str, Tensor]:
        """Return marginals (`sum`), the joint mode (`max`) or a joint draw (`draw`), one-hot.

        One array for each latent: its loops, then its values.
        """
        if self.taps is None:
            found: dict[str, Tensor] = {}
            with torch.no_grad(), eliminating(how, found):
                self.log_density(values)
            self.taps = {name: tap.shape for name, tap in found.items()}
        leaves = {n: torch.zeros(shape, requires_grad=True) for n, shape in self.taps.items()}
        with eliminating(how, leaves):
            total = self.log_density(values)
        names = list(leaves)
        if not names:
            return {}
        grads = torch.autograd.grad(total, [leaves[n] for n in names], allow_unused=True)
        return {
            n: torch.zeros_like(leaves[n]) if g is None else g
            for n, g in zip(names, grads, strict=True)
        }
