"""A bound table -> the namespace that emitted programs take as `data`."""

from collections.abc import Iterable
from types import SimpleNamespace

import torch

from genlang.data.table import Table
from genlang.emit.names import attribute


def namespace(table: Table, drawn: Iterable[str] = ()) -> SimpleNamespace:
    """Return tensors by name (float64 or int64), sizes of dims, lengths of ragged dims.

    Observed names of `drawn` without values are None: Pyro draws them.
    """
    found: dict[str, object] = {}
    for name, size in table.sizes.items():
        found[attribute(name)] = size
    for name, lengths in table.lengths.items():
        found[attribute(name)] = torch.as_tensor(lengths, dtype=torch.long)
        found[f"{attribute(name)}_max"] = int(lengths.max()) if lengths.size else 0
    for name, array in table.arrays.items():
        found[attribute(name)] = torch.as_tensor(array)
    for name in drawn:
        found.setdefault(attribute(name), None)
    return SimpleNamespace(**found)


def cells(table: Table) -> int:
    """Return the number of cells of the largest array."""
    return max((a.size for a in table.arrays.values()), default=0)
