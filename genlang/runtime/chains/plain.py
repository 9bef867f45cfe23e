"""The same eliminations level by level in torch: the specification of the kernels and of `scan`.

CUDA's form of trees that branch, and of chains that a scan would cost more. Levels of a forest are
taken from the leaves up, all nodes of a level at once; autograd does the rest. Memory and time per
level are those of torch operations.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from genlang.runtime.chains import layout
from genlang.runtime.chains.forest import Forest
from genlang.runtime.chains.operations import operation
from genlang.runtime.reductions import sum_out


@operation(lambda nodes: nodes.new_empty(nodes.shape[:1]))
def node_depths(nodes: Tensor) -> Tensor:
    """How many nodes stand above each node; an operation, as `torch.func` hides values from us."""
    return torch.from_numpy(layout.depths(nodes.cpu().contiguous().numpy()))


def eliminate(first: Tensor, then: Sequence[Tensor], steps: Tensor, forest: Forest) -> Tensor:
    """Return the log weight of each tree, [trees]; states are reduced as `eliminating` says."""
    width, last = then[0].shape[1], steps.shape[1]
    nodes, levels, place = _levels(forest.nodes, steps.device)
    rows = torch.cat([steps, steps.new_zeros((1, last))])  # -1 is the row of nodes without
    total = steps.new_zeros(forest.trees)
    message, receivers = steps.new_zeros((0, width)), place[:0]
    for level in reversed(levels):
        parent, tree, row, own, stage = nodes[level].unbind(1)
        below = rows[own].repeat(1, width // last).index_add(0, receivers, message)
        roots = parent < 0
        ends = sum_out(first[row[roots]] + below[roots][:, :last])
        total = total.index_add(0, tree[roots], ends)
        parts, inner = [], []
        for k, table in enumerate(then):
            here = (~roots & (stage == k)).nonzero()[:, 0]
            fan = table.shape[2]
            state = torch.arange(width, device=steps.device)[:, None] % (width // fan) * fan
            next_ = state + torch.arange(fan, device=steps.device)
            parts.append(sum_out(table[row[here]] + below[here][:, next_]))
            inner.append(here)
        message, receivers = torch.cat(parts), place[parent[torch.cat(inner)]]
    return total


def _levels(nodes: Tensor, device: torch.device) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
    """The nodes, those of each depth, and the place of each node in its level."""
    depth = node_depths(nodes)
    order = depth.argsort(stable=True)
    counts = torch.bincount(depth + 1).tolist()
    _, *levels = order.split(counts) if counts else (order,)
    place = torch.empty_like(depth)
    for level in levels:
        place[level] = torch.arange(len(level), device=level.device)
    return nodes.to(device), tuple(x.to(device) for x in levels), place.to(device)
