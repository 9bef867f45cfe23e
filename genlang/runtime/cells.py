"""Reads of arrays where some places do not exist, and the values of latents that data bound."""

import torch
from torch import Tensor

Entry = Tensor | int | slice


class _Clamped:
    """An array whose subscripts are brought inside it before it is read."""

    __slots__ = ("array",)

    def __init__(self, array: Tensor) -> None:
        self.array = array

    def __getitem__(self, at: Entry | tuple[Entry, ...]) -> Tensor:
        """Read the nearest cells, zeros where the array has none."""
        entries = at if isinstance(at, tuple) else (at,)
        array = self.array
        inside: list[Entry] = []
        for axis, entry in enumerate(entries):
            if isinstance(entry, slice):
                inside.append(entry)
                continue
            last = array.shape[axis] - 1
            if last < 0:
                shape = list(array.shape)
                shape[axis], last = 1, 0
                array = array.new_zeros(shape)
            if isinstance(entry, Tensor):
                inside.append(entry.clamp(0, last))
            else:
                inside.append(min(max(entry, 0), last))
        return array[tuple(inside)]


def clamped(array: Tensor) -> _Clamped:
    """Return an array that reads its nearest cell where a subscript lies outside.

    For branches that are not taken and cells that do not exist: what is read there counts for
    nothing, but torch evaluates it, as in `torch.where(i < K, clamped(mu)[i], 0.0)`.
    """
    return _Clamped(torch.as_tensor(array))


def filled(array: Tensor, gaps: Tensor, cells: Tensor) -> Tensor:
    """Return an array with `cells` [n] at the places `gaps` [n] of its cells in their order."""
    return array.reshape(-1).index_copy(0, gaps, cells).reshape(array.shape)


def values_between(low: Tensor | int, high: Tensor | int) -> Tensor:
    """Return all whole numbers from the least of `low` to the greatest of `high`.

    They are the values of a latent whose cells have different bounds; none where it has no cells.
    """
    ends = torch.as_tensor(low), torch.as_tensor(high)
    if 0 in (ends[0].numel(), ends[1].numel()):
        return torch.arange(0)
    return torch.arange(int(ends[0].min()), int(ends[1].max()) + 1)
