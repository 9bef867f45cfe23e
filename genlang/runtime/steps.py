"""Loops that run in Python: the values of their steps as arrays, and the order of a tree."""

from collections.abc import Mapping

import torch
from torch import Tensor

CROSS = "this program reads a latent across its loops, which Pyro cannot enumerate"
Step = int | tuple[int, ...]


def drawn(value: Tensor, *shape: int) -> Tensor:
    """Return the draws of a variable whose plates have this shape.

    Raises ValueError where Pyro enumerates the variable: it then holds values, not cells.
    """
    whole = torch.as_tensor(value)
    if whole.dim() > len(shape) or any(
        n not in (1, m) for n, m in zip(whole.shape[::-1], shape[::-1], strict=False)
    ):
        raise ValueError(CROSS)
    return whole.expand(shape)


def chosen(value: Tensor, index: Tensor, after: int = 0) -> Tensor:
    """Return a cell of one dim of `value`, [..., size, *after dims], at `index`, [...].

    The dims in front broadcast: those that Pyro enumerates, and those of plates.
    """
    split = value.dim() - 1 - after
    dims = torch.broadcast_shapes(value.shape[:split], index.shape)
    places = index.expand(dims).reshape((*dims, *[1] * (1 + after)))
    whole = value.expand((*dims, *value.shape[split:]))
    return torch.take_along_dim(whole, places, split - value.dim()).squeeze(split - value.dim())


def stacked(values: Mapping[Step, Tensor], axes: tuple[int, ...], *shape: int) -> Tensor:
    """Return the values of all steps of some loops as one array.

    `axes` are the places of those loops in the array, `shape` the sizes of its other axes. Raises
    ValueError where Pyro enumerates the values.
    """
    steps = sorted(values, key=lambda s: s if isinstance(s, tuple) else (s,))
    if not steps:
        whole = list(shape)
        for axis in sorted(axes):
            whole.insert(axis, 0)
        return torch.zeros(whole)
    every = torch.stack([drawn(values[s], *shape) for s in steps])
    if len(axes) > 1:
        places = [s if isinstance(s, tuple) else (s,) for s in steps]
        every = every.reshape(*(len(set(column)) for column in zip(*places, strict=True)), *shape)
    return every.movedim(tuple(range(len(axes))), axes)


def parents_first(parent: Tensor) -> list[int]:
    """Return the nodes of a forest, each after its parent; a root's parent is itself or below 0."""
    above = [v if p < 0 else p for v, p in enumerate(parent.tolist())]
    depth: dict[int, int] = {}
    for node in range(len(above)):
        path = [node]
        while path[-1] not in depth and above[path[-1]] != path[-1]:
            path.append(above[path[-1]])
        top = depth.get(path[-1], 0)
        for i, v in enumerate(reversed(path)):
            depth[v] = top + i
    return sorted(depth, key=lambda v: (depth[v], v))
