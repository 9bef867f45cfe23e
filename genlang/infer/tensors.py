"""A bound table -> the namespace that emitted programs take as `data`."""

from collections.abc import Iterable
from types import SimpleNamespace

import torch

from genlang.check.model import Variable
from genlang.data.table import Table
from genlang.emit.names import attribute
from genlang.lang.types import INTEGERS
from genlang.plan.missing import gaps_name, seen_name
from genlang.runtime.load import Program


def namespace(table: Table, drawn: Iterable[Variable] = ()) -> SimpleNamespace:
    """Return tensors by name (float64 or int64), sizes of dims, lengths of ragged dims.

    Observed names of `drawn` without values hold no number that counts: Pyro draws them.
    """
    found: dict[str, object] = {}
    for name, size in table.sizes.items():
        found[attribute(name)] = size
    for name, lengths in table.lengths.items():
        found[attribute(name)] = torch.as_tensor(lengths, dtype=torch.long)
        found[f"{attribute(name)}_max"] = int(lengths.max()) if lengths.size else 0
    for name, array in table.arrays.items():
        found[attribute(name)] = torch.as_tensor(array)
    for name, there in table.seen.items():
        found[attribute(seen_name(name))] = torch.as_tensor(there)
        found[attribute(gaps_name(name))] = torch.as_tensor(~there).reshape(-1).nonzero()[:, 0]
    for v in drawn:
        if v.name not in table.arrays:
            whole = v.cell.kind in INTEGERS
            blank = torch.full(shape(table, v), 0 if whole else torch.nan)
            found[attribute(v.name)] = blank.long() if whole else blank
    return SimpleNamespace(**found)


def with_nets(data: SimpleNamespace, program: Program) -> SimpleNamespace:
    """Add the modules of a program's networks, at the weights that they start from.

    These take no part in gradients: they are no unknowns of a density.
    """
    if program.nets is not None:
        vars(data).update(
            {
                n: net.requires_grad_(requires_grad=False).eval()
                for n, net in program.nets(data).items()
            }
        )
    return data


def shape(table: Table, variable: Variable) -> tuple[int, ...]:
    """Return the shape of a variable's array over its whole dims, ragged ones padded."""
    sizes = (
        extent.size if extent.dim is None else table.greatest(extent.dim)
        for extent in variable.dims
    )
    return tuple(int(n or 0) for n in sizes)


def cells(table: Table) -> int:
    """Return the number of cells of the largest array."""
    return max((a.size for a in table.arrays.values()), default=0)
