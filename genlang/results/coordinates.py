"""Names for the cells of an array: the dims of its axes and their labels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Const, Extent, Loop, Variable
from genlang.plan.plan import Plan

Label = str | int


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of an array: the dim's name (`K_2` where it occurs again) and a label a cell."""

    dim: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes and labels of the dims, as bound to the data."""

    sizes: Mapping[str, int]
    labels: Mapping[str, tuple[Label, ...]]

    def axis(self, extent: Extent, length: int, start: int = 0) -> Axis:
        """Return the axis of `length` cells of a dim from a position on."""
        name = "i" if extent.dim is None else extent.dim.name
        labels = self.labels.get(name) if extent.dim is not None and not extent.of else None
        every = labels if labels is not None else range(start + length)
        return Axis(name, tuple(every[start : start + length]))


def gaps(sizes: Sizes, variable: Variable, seen: NDArray[Any]) -> tuple[Label, ...]:
    """Name the missing cells of a variable by the labels of their rows: `3`, or `ann, 2`."""
    own = [sizes.axis(e, n).labels for e, n in zip(variable.dims, seen.shape, strict=False)]
    places = np.argwhere(~seen)
    if len(own) == 1:
        return tuple(own[0][i] for (i,) in places)
    return tuple(
        ", ".join(str(names[i]) for names, i in zip(own, place, strict=True)) for place in places
    )


def with_gaps(sizes: Sizes, plan: Plan, seen: Mapping[str, NDArray[Any]]) -> Sizes:
    """The sizes with labels for missing cells that are unknowns."""
    labels = dict(sizes.labels)
    for variable, cells in plan.filled:
        dim = cells.dims[0].dim
        assert dim is not None
        labels[dim.name] = gaps(sizes, variable, seen[variable.name])
    return Sizes(sizes.sizes, labels)


def axes(
    variable: Variable, shape: tuple[int, ...], loops: tuple[Loop, ...], sizes: Sizes
) -> tuple[Axis, ...]:
    """Return the axes of a stored array; `loops` are those that subscript the name.

    A latent over a part of a dim, such as `T[1:]`, has the labels of that part.
    """
    found: list[Axis] = []
    for place, (extent, length) in enumerate(zip(variable.dims, shape, strict=True)):
        loop = loops[place] if place < len(loops) else None
        full = sizes.sizes.get(extent.dim.name, length) if extent.dim is not None else length
        start = begins(loop, full, length)
        found.append(sizes.axis(extent, length, start))
    return unique(tuple(found))


def begins(loop: Loop | None, full: int, length: int) -> int:
    """Where an array that is shorter than its dim begins: at the end if the part is open."""
    if loop is None or length == full or loop.start is None:
        return 0
    if loop.stop is None:
        return full - length
    return int(loop.start.value) if isinstance(loop.start, Const) else 0


def unique(found: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Call a dim that occurs again `K_2`, `K_3`."""
    seen: dict[str, int] = {}
    result: list[Axis] = []
    for axis in found:
        seen[axis.dim] = seen.get(axis.dim, 0) + 1
        name = axis.dim if seen[axis.dim] == 1 else f"{axis.dim}_{seen[axis.dim]}"
        result.append(Axis(name, axis.labels))
    return tuple(result)


def cells(
    name: str, found: tuple[Axis, ...]
) -> Iterator[tuple[str, dict[str, Label], tuple[int, ...]]]:
    """Yield the name, the labels by dim and the place of every cell: `mu[1]`, {"K": 1}, (1,)."""
    for place in product(*(range(len(a.labels)) for a in found)):
        labels = {a.dim: a.labels[i] for a, i in zip(found, place, strict=True)}
        text = f"{name}[{', '.join(map(str, labels.values()))}]" if labels else name
        yield text, labels, place
