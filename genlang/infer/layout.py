"""The unknowns of a density as one vector of real numbers, and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.distributions import biject_to

from genlang.infer.density import Density, Placement, Site, execute


@dataclass(frozen=True, slots=True)
class Block:
    """A site's part of the vector: from `start`, in the unconstrained shape `free`."""

    site: Site
    transform: Any
    free: tuple[int, ...]
    start: int

    @property
    def stop(self) -> int:
        """The end of the part."""
        return self.start + prod(self.free)


@dataclass(frozen=True, slots=True)
class Layout:
    """Every unknown in the order of the program; `size` real coordinates in all."""

    density: Density
    blocks: tuple[Block, ...]
    size: int

    def values(self, vector: Tensor) -> dict[str, Tensor]:
        """Return the natural values of a vector [size]."""
        return self.place(vector)[0]

    def place(self, vector: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the natural values of a vector [size], and the log volume of the map to them.

        A `param` is a point, without a density that the map could change: it adds no volume.
        """
        free = {b.site.name: vector[b.start : b.stop].reshape(b.free) for b in self.blocks}
        points = {b.site.name for b in self.blocks if b.site.param}
        volumes = [vector.new_zeros(())]

        def place(name: str, transform: Any) -> Tensor:
            value: Tensor = transform(free[name])
            if name not in points:
                volumes.append(transform.log_abs_det_jacobian(free[name], value).sum())
            return value

        values = self._placed(place)
        return values, torch.stack(volumes).sum()

    def vector(self, values: Mapping[str, Tensor]) -> Tensor:
        """Return the coordinates of natural values."""
        parts = [torch.zeros(0)]

        def place(name: str, transform: Any) -> Tensor:
            parts.append(transform.inv(values[name]).reshape(-1))
            return values[name]

        self._placed(place)
        return torch.cat(parts)

    def _placed(self, place: Callable[[str, Any], Tensor]) -> dict[str, Tensor]:
        """Place every unknown; the program is run only where a support reads unknowns."""
        if any(b.site.moving for b in self.blocks):
            placement = Placement(place)
            execute(self.density.program, self.density.data, placement)
            return placement.placed
        return {b.site.name: place(b.site.name, b.transform) for b in self.blocks}


def layout(density: Density) -> Layout:
    """Lay out the unknowns of a density, each through the bijection of torch for its support."""
    blocks: list[Block] = []
    start = 0
    for site in density.sites:
        transform = biject_to(site.constraint)
        free = tuple(transform.inverse_shape(torch.Size(site.shape)))
        blocks.append(Block(site, transform, free, start))
        start = blocks[-1].stop
    return Layout(density, tuple(blocks), start)
