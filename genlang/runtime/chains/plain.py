"""The same eliminations step by step in torch: the specification of the kernels, and CUDA's form.

Levels of a forest are taken from the leaves up, all nodes of a level at once; autograd does the
rest. Memory and time per level are those of torch operations.
"""

import torch
from torch import Tensor

from genlang.runtime.chains.forest import Forest
from genlang.runtime.reductions import sum_out


def eliminate(first: Tensor, then: Tensor, steps: Tensor, forest: Forest) -> Tensor:
    """Return the log weight of each tree, [trees]; states are reduced as `eliminating` says."""
    below = steps[forest.rows[2]]
    total = steps.new_zeros(forest.trees)
    for level in reversed(levels(forest)):
        parents = forest.parent[level]
        inner = level[parents >= 0]
        if len(inner):
            pairs = then[forest.rows[1, inner]] + below[inner][:, None, :]
            below = below.index_add(0, forest.parent[inner], sum_out(pairs))
        roots = level[parents < 0]
        if len(roots):
            ends = sum_out(first[forest.rows[0, roots]] + below[roots])
            total = total.index_add(0, forest.tree[roots], ends)
    return total


def levels(forest: Forest) -> list[Tensor]:
    """Return the nodes by depth, roots first."""
    left, found = forest.order, []
    parents = forest.parent[left]
    above = torch.zeros(len(forest.parent) + 1, dtype=torch.bool)
    above[-1] = True  # the parent -1 of roots
    while len(left):
        ready = above[parents]
        found.append(left[ready])
        above[left[ready]] = True
        left, parents = left[~ready], parents[~ready]
    return found
