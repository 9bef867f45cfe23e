"""The unknowns of a density as one vector of real numbers, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.distributions import biject_to

from genlang.infer.density import Density, Site


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

    blocks: tuple[Block, ...]
    size: int

    def values(self, vector: Tensor) -> dict[str, Tensor]:
        """Return the natural values of a vector [size]."""
        return {
            b.site.name: b.transform(vector[b.start : b.stop].reshape(b.free)) for b in self.blocks
        }

    def log_jacobian(self, vector: Tensor) -> Tensor:
        """Return the log volume of the map from the vector to the natural scale."""
        total = vector.new_zeros(())
        for b in self.blocks:
            free = vector[b.start : b.stop].reshape(b.free)
            total = total + b.transform.log_abs_det_jacobian(free, b.transform(free)).sum()
        return total

    def vector(self, values: Mapping[str, Tensor]) -> Tensor:
        """Return the coordinates of natural values."""
        parts = [b.transform.inv(values[b.site.name]).reshape(-1) for b in self.blocks]
        return torch.cat(parts) if parts else torch.zeros(0)


def layout(density: Density) -> Layout:
    """Lay out the unknowns of a density, each through the bijection of torch for its support."""
    blocks: list[Block] = []
    start = 0
    for site in density.sites:
        transform = biject_to(site.constraint)
        free = tuple(transform.inverse_shape(torch.Size(site.shape)))
        blocks.append(Block(site, transform, free, start))
        start = blocks[-1].stop
    return Layout(tuple(blocks), start)
