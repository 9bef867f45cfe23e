"""The density of a program at given values: the emitted text run with a light stand-in for Pyro.

The stand-in takes values by site name and adds up log densities; nothing is sampled. The same
text under Pyro gives the same number (a test holds them equal).
"""

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.distributions import biject_to

from genlang.runtime.either import Either
from genlang.runtime.exact import scalar
from genlang.runtime.reductions import eliminating


@dataclass(frozen=True, slots=True)
class Site:
    """An unknown: its name, shape and the set it lives in; a `param` has no distribution.

    A set that reads other unknowns (`Uniform(0, a)`) is moving: `constraint` is it at one point.
    """

    name: str
    shape: tuple[int, ...]
    constraint: Any
    param: bool = False
    moving: bool = False


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

    def module(self, name: str, module: Any) -> Any:
        """Return a network at the weights that it has."""
        del name
        return module

    def plate(self, name: str, size: int, dim: int) -> "Plate":
        """Return a plate, which may be entered several times."""
        del name
        return Plate(self.plates, size, dim)


class Recorder(StandIn):
    """A stand-in that finds the unknowns: their shapes and supports, one coordinate for all."""

    def __init__(self, coordinate: float) -> None:
        super().__init__({})
        self.coordinate = coordinate
        self.sites: list[Site] = []
        self.halves: list[Tensor] = []  # what a coordinate of 1/2 is, one for each site

    def sample(self, name: str, law: Any, obs: Tensor | None = None) -> Tensor:
        """Record an unknown and take a value for it."""
        if obs is not None:
            return obs
        with torch.no_grad():
            shape = law.batch_shape + law.event_shape
            transform = biject_to(law.support)
            free = torch.zeros(transform.inverse_shape(shape))
            self.halves.append(transform(free + 0.5))
            self.sites.append(Site(name, tuple(shape), law.support))
            return transform(free + self.coordinate)

    def factor(self, name: str, term: Tensor) -> None:
        """Factors hold no unknown."""

    def param(self, name: str, init: Any = None, constraint: Any = None) -> Tensor:
        """Record a parameter."""
        shape = tuple(init().shape)
        transform = biject_to(constraint)
        free = torch.zeros(transform.inverse_shape(torch.Size(shape)))
        self.sites.append(Site(name, shape, constraint, param=True))
        self.halves.append(transform(free + 0.5))
        value: Tensor = transform(free + self.coordinate)
        return value


class Placement(StandIn):
    """A stand-in that takes each value from `place`, which gets the bijection to its support.

    A support may read the unknowns before it.
    """

    def __init__(self, place: Callable[[str, Any], Tensor]) -> None:
        super().__init__({})
        self.place = place
        self.placed: dict[str, Tensor] = {}

    def sample(self, name: str, law: Any, obs: Tensor | None = None) -> Tensor:
        """Place an unknown on its support."""
        return self._value(name, law.support) if obs is None else obs

    def factor(self, name: str, term: Tensor) -> None:
        """Factors hold no unknown."""

    def param(self, name: str, init: Any = None, constraint: Any = None) -> Tensor:
        """Place a parameter in its set."""
        del init
        return self._value(name, constraint)

    def _value(self, name: str, support: Any) -> Tensor:
        self.placed[name] = self.place(name, biject_to(support))
        return self.placed[name]


class Outside(StandIn):
    """A stand-in that finds the unknowns, named in `outside`, whose values leave their sets.

    Of latents it looks at `sets`, whose edge the formula of a log density does not know.
    """

    def __init__(self, values: Mapping[str, Tensor], sets: tuple[type, ...]) -> None:
        super().__init__(values)
        self.sets = sets
        self.outside: list[str] = []

    def sample(self, name: str, law: Any, obs: Tensor | None = None) -> Tensor:
        """Look whether the cells that exist lie in their set."""
        if obs is not None:
            return obs
        value, rule = self.values[name], scalar(law.support)
        if isinstance(rule, self.sets):
            exists = _mask(law)
            inside = rule.check(value)
            if not bool((inside if exists is None else inside | ~exists).all()):
                self.outside.append(name)
        return value

    def factor(self, name: str, term: Tensor) -> None:
        """Factors hold no unknown."""

    def param(self, name: str, init: object = None, constraint: Any = None) -> Tensor:
        """Look whether a value lies in its set."""
        del init
        if not bool(constraint.check(self.values[name]).all()):
            self.outside.append(name)
        return self.values[name]


def _mask(law: Any) -> Tensor | None:
    """Which cells of a site exist, None where all do."""
    while law is not None:
        mask = getattr(law, "_mask", None)
        if isinstance(mask, Tensor):
            return mask
        law = getattr(law, "base_dist", None)
    return None


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


def _sites(program: Callable[..., None], data: object) -> Iterator[Site]:
    """The unknowns; those are moving whose supports differ between three points."""
    runs = [Recorder(c) for c in (0.0, -1.0, 1.0)]
    with torch.no_grad():
        for run in runs:
            execute(program, data, run)
    first, *others = runs
    for index, site in enumerate(first.sites):
        still = all(torch.equal(first.halves[index], o.halves[index]) for o in others)
        # A choice by an unknown may fall otherwise at points that were not tried.
        chosen = not site.param and isinstance(scalar(site.constraint), Either)
        yield replace(site, moving=chosen or not still)


class Density:
    """Log density, pointwise terms and states of a program with its data."""

    def __init__(self, program: Callable[..., None], data: object) -> None:
        self.program = program
        self.data = data
        self.taps: dict[str, torch.Size] | None = None
        self.sites = tuple(_sites(program, data))

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
        if not total.requires_grad:  # the density reads no cell of any latent
            return {n: torch.zeros(shape) for n, shape in self.taps.items()}
        grads = torch.autograd.grad(total, [leaves[n] for n in names], allow_unused=True)
        return {
            n: torch.zeros_like(leaves[n]) if g is None else g
            for n, g in zip(names, grads, strict=True)
        }
