"""Values that a caller gives for the unknowns -> tensors of their sites."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from pyro.distributions import constraints
from torch import Tensor

from genlang.diagnostics import Diagnostic, OptionError, suggest
from genlang.infer.density import Density, Outside, Site, execute

# Sets that a log density formula does not know the edge of; scalar supports are in the programs.
SETS = (
    type(constraints.simplex),
    type(constraints.corr_cholesky),
)


def given(sites: tuple[Site, ...], values: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return a tensor for every site.

    Raises OptionError with every fault: E911 a value is missing, E912 a name is no unknown, E913
    the shape differs, E914 it holds no numbers.
    """
    faults: list[Diagnostic] = []
    names = [s.name for s in sites]
    for name in values:
        if name not in names:
            edit = suggest(name, names) or f"the unknowns are {', '.join(names) or 'none'}"
            faults.append(Diagnostic("E912", f"`{name}` is no unknown of the model", help=edit))
    found: dict[str, Tensor] = {}
    for site in sites:
        if site.name not in values:
            faults.append(Diagnostic("E911", f"a value for `{site.name}` is missing"))
            continue
        try:
            array = _array(values[site.name], site.shape)
        except (TypeError, ValueError):
            faults.append(Diagnostic("E914", f"the value of `{site.name}` is no array of numbers"))
            continue
        if array.shape != site.shape:
            message = f"`{site.name}` has shape {list(site.shape)}, the value {list(array.shape)}"
            faults.append(Diagnostic("E913", message))
            continue
        found[site.name] = torch.as_tensor(array)
    if faults:
        raise OptionError(faults)
    return found


def _array(value: Any, shape: tuple[int, ...]) -> Any:
    """Numbers as an array; nested lists of unequal length are padded with their last value."""
    if isinstance(value, Tensor):
        return value.detach().double().numpy()
    try:
        return np.array(value, dtype=float)
    except ValueError:
        if not isinstance(value, list | tuple) or len(shape) < 2 or len(value) != shape[0]:
            raise
    rows = [_array(row, shape[1:]) for row in value]
    padded = np.ones(shape)
    for i, row in enumerate(rows):
        padded[i][tuple(slice(n) for n in row.shape)] = row
    return padded


def inside(density: Density, values: Mapping[str, Tensor]) -> bool:
    """Whether every value of a param, and of a structured type, lies in its set."""
    run = Outside(values, SETS)
    execute(density.program, density.data, run)
    return not run.outside
