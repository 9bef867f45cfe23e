"""Totals of arrays of states: the weights of a sum, a least or greatest value, an `any` or `all`.

Cells are taken together two by two, then the pairs, and so on: the weights of a sum of two are the
convolution of theirs. Each combination is one `sum_out`, so that modes and draws of the cells come
from the same code as the sum.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from genlang.runtime.reductions import sum_out

pad = torch.nn.functional.pad
INF = float("inf")


def fold_cells(
    function: str, logs: Tensor, values: Tensor, totals: Tensor, inside: Tensor | None = None
) -> Tensor:
    """Eliminate the cells of an array whose total is wanted, on the two last axes.

    logs      [..., I, K], the log weights of the values of each cell
    values    [K], totals [W]: consecutive integers, those of a cell and those of the total
    inside    [..., I] or fewer axes, which cells exist; all if None
    function  sum, min, max, any or all

    Returns [..., W]. Totals that no values give have weight -inf; the sum over no cells is 0, `any`
    of none is 0 and `all` of none 1.
    """
    if not len(values):  # there is no cell at all
        values, logs = values.new_zeros(1), logs.new_zeros((*logs.shape[:-1], 1))
    if function == "sum":
        return _sum(logs, values, totals, inside)
    greatest = function in ("max", "any")
    # Of no effect beside others: the least value for a maximum, the greatest for a minimum.
    idle = 0 if greatest else logs.shape[-1] - 1
    logs = _existing(logs, idle, inside)
    found = _paired(logs, idle, _max if greatest else _min)
    return _on(found, values[:1], totals)


def _sum(logs: Tensor, values: Tensor, totals: Tensor, inside: Tensor | None) -> Tensor:
    """The axis of a cell is made to hold 0, which missing cells have."""
    below, above = values[:1].clamp(max=0), values[-1:].clamp(min=0)
    room = (int(values[0] - below), int(above - values[-1]))
    logs = _existing(pad(logs, room, value=-INF), -int(below), inside)
    cells = 1 << max(logs.shape[-2] - 1, 0).bit_length()
    found = _paired(logs, -int(below), _convolved)
    return _on(found, cells * below, totals)


def _existing(logs: Tensor, idle: int, inside: Tensor | None) -> Tensor:
    """Cells that do not exist surely have the value without effect."""
    if inside is None:
        return logs
    return torch.where(inside[..., None], logs, _sure(logs, idle))


def _sure(logs: Tensor, position: int) -> Tensor:
    """The log weights of a cell that surely has one value, [K]."""
    found = logs.new_full(logs.shape[-1:], -INF)
    return torch.where(torch.arange(len(found), device=logs.device) == position, 0.0, found)


def _paired(logs: Tensor, idle: int, combine: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Combine cells two by two until one is left; returns [..., values]."""
    if logs.shape[-2] == 0:
        return _sure(logs, idle).expand(*logs.shape[:-2], -1)
    while logs.shape[-2] > 1:
        if logs.shape[-2] % 2:
            spare = _sure(logs, idle).expand(*logs.shape[:-2], 1, -1)
            logs = torch.cat([logs, spare], -2)
        one, two = logs.unflatten(-2, (-1, 2)).unbind(-2)
        logs = combine(one, two)
        idle = 2 * idle if combine is _convolved else idle
    return logs[..., 0, :]


def _convolved(one: Tensor, two: Tensor) -> Tensor:
    """The log weights of sums of two values, [..., 2 K - 1]."""
    size = one.shape[-1]
    # Window w of the second has its values w - (K - 1), ..., w; they go with the first's, reversed.
    windows = pad(two, (size - 1, size - 1), value=-INF).unfold(-1, size, 1)
    return sum_out(windows + one.flip(-1)[..., None, :])


def _max(one: Tensor, two: Tensor) -> Tensor:
    """The log weights of the greater of two values: each pair of values stands in one row."""
    size = one.shape[-1]
    row, other = (
        torch.arange(size, device=one.device)[:, None],
        torch.arange(size, device=one.device),
    )
    first = torch.where(other <= row, one[..., :, None] + two[..., None, :], -INF)
    second = torch.where(other < row, two[..., :, None] + one[..., None, :], -INF)
    return sum_out(torch.cat([first, second], -1))


def _min(one: Tensor, two: Tensor) -> Tensor:
    return _max(one.flip(-1), two.flip(-1)).flip(-1)


def _on(logs: Tensor, low: Tensor, totals: Tensor) -> Tensor:
    """Log weights of low, low + 1, ... as those of `totals`, [..., W]."""
    start = int(totals[0] - low[0]) if len(totals) else 0
    return pad(logs, (-start, start + len(totals) - logs.shape[-1]), value=-INF)
