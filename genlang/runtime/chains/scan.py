"""Chains as a scan in torch, for devices: the products of neighbouring steps, all pairs at once.

A step into a node is a matrix in logs over windows, M[i, j] = then[i, j] + steps[j], and a chain
weighs first . M_1 ... M_n . 1, in whichever way the product is bracketed. Halves at a time it is
done in log2(n) rounds of torch operations, where `plain` needs n (Blelloch 1990, "Prefix sums and
their applications"; Rush 2020, "Torch-Struct"; Särkkä and García-Fernández 2021, "Temporal
parallelization of Bayesian smoothers").

Each matrix, [n, P, P] of a round, is held less its greatest entry, whose sum is kept apart: so its
entries stay small and float32 loses nothing on long chains. Lines of any lengths are laid end to
end; the odd matrix of a line waits for the next round, and nothing is padded. Derivatives keep two
matrices for each node, five where they are differentiated again (`products`).

Modes and draws choose a state between two others, given both. Draws are exact. Of modes of the same
weight it may be another than the one that `plain` finds: a chain's first state is the lowest, then
its last, then those between.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genlang.runtime.chains import plain
from genlang.runtime.chains.forest import Forest
from genlang.runtime.chains.products import multiply
from genlang.runtime.reductions import reduction, sum_out

# What the launches of one level or round cost, in terms that a level adds up: with its derivative
# some 70 of 5 us, against 150 bytes at 1 TB/s. A product adds terms up this many times as fast.
ROUND = 2**21
FASTER = 8
MOST = 2**28  # entries of all matrices of steps, 2 GB in float64


@dataclass(frozen=True, slots=True)
class Lines:
    """Nodes whose parents stand just before them; all tensors on the CPU.

    inner  the nodes that have a parent, line after line
    root   of each, the root of its line
    place  of each, the number of nodes between it and its root
    depth  how many nodes stand below the root of the longest line
    """

    inner: Tensor
    root: Tensor
    place: Tensor
    depth: int

    @classmethod
    def of(cls, nodes: Tensor) -> "Lines | None":
        """Return the lines of a forest; None where a parent stands elsewhere."""
        parent = nodes[:, 0].cpu()
        every = torch.arange(len(parent))
        if ((parent >= 0) & (parent != every - 1)).any().tolist():
            return None
        inner = (parent >= 0).nonzero()[:, 0]
        root = torch.where(parent < 0, every, 0).cummax(0).values[inner]
        place = inner - root - 1
        return cls(inner, root, place, len(torch.bincount(place)))

    @property
    def halvings(self) -> int:
        """How many rounds leave one matrix of each line."""
        return max(self.depth - 1, 0).bit_length()

    def pay(self, width: int, fans: Sequence[int]) -> bool:
        """Whether a scan costs no more than the same chains level by level, and fits in memory.

        Level by level: depth * ROUND + nodes * P * fan, the mean of the stages' fans.
        A scan:         log2(depth) * ROUND + nodes * P^3 / FASTER, if nodes * P^2 <= MOST.

        So windows of many values, which stages keep cheap, and many chains of large P, which keep a
        device busy at every level, are eliminated level by level.
        """
        count = len(self.inner)
        by_level = self.depth * ROUND + count * width * sum(fans) // len(fans)
        by_scan = self.halvings * ROUND + count * width**3 // FASTER
        return by_scan <= by_level and count * width**2 <= MOST

    def rounds(self, at: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return left, right and the rest of each round, and the roots of what the last leaves.

        `at` has the matrix of each inner node. A round's matrices are its products, then the rest
        of the matrices before.
        """
        found = []
        root, place = self.root, self.place
        for _ in range(self.halvings):
            first = place % 2 == 0
            pair = first & torch.cat([root[1:] == root[:-1], first.new_zeros(1)])
            left, rest = pair.nonzero()[:, 0], (first & ~pair).nonzero()[:, 0]
            found += [at[left], at[left + 1], at[rest]]
            order = torch.cat([left, rest])
            at = torch.empty_like(at)
            at[order] = torch.arange(len(order))
            at, root, place = at[first], root[first], place[first] // 2
        return found, root[at.argsort()]


def eliminate(first: Tensor, then: Sequence[Tensor], steps: Tensor, forest: Forest) -> Tensor:
    """Return the log weight of each tree, [trees], by a scan where it pays, else level by level.

    Arguments as in `forest`; states are reduced as `eliminating` says.
    """
    lines = Lines.of(forest.nodes)
    if lines is None or not lines.pay(then[0].shape[1], [t.shape[2] for t in then]):
        return plain.eliminate(first, then, steps, forest)
    return along(lines, first, then, steps, forest)


def along(
    lines: Lines, first: Tensor, then: Sequence[Tensor], steps: Tensor, forest: Forest
) -> Tensor:
    """Return the log weight of each tree, [trees], whose nodes are lines, by a scan."""
    nodes, last = forest.nodes.cpu(), steps.shape[1]
    _, tree, row, own, stage = nodes.unbind(1)
    own = own % (len(steps) + 1)  # -1 is the row of nodes without
    emissions = torch.cat([steps, steps.new_zeros((1, last))])
    matrices, at = [], torch.empty_like(lines.inner)
    done = 0
    for k, table in enumerate(then):
        here = (stage[lines.inner] == k).nonzero()[:, 0]
        at[here] = torch.arange(done, done + len(here))
        done += len(here)
        v = lines.inner[here]
        matrices.append(_matrices(table, emissions, row[v], own[v]))
    rounds, ends = lines.rounds(at)
    product, scale = _products(torch.cat(matrices), rounds)
    roots = ((nodes[:, 0] < 0) & (tree >= 0)).nonzero()[:, 0]
    below = emissions.index_select(0, own[roots].to(steps.device))
    place = torch.searchsorted(roots, ends).to(steps.device)
    below = below.index_add(0, place, sum_out(product)[:, :last])
    weight = sum_out(_rows(first, row[roots]) + below).index_add(0, place, scale)
    return steps.new_zeros(forest.trees).index_add(0, tree[roots].to(steps.device), weight)


def _rows(table: Tensor, places: Tensor) -> Tensor:
    """Take rows; one row is for all, and broadcasts."""
    return table if len(table) == 1 else table.index_select(0, places.to(table.device))


def _matrices(table: Tensor, emissions: Tensor, row: Tensor, own: Tensor) -> Tensor:
    """The matrices [n, P, P] of nodes of one stage: table [R, P, fan], emissions [rows, Q].

    Window i goes to (i % turn) * fan + z, for the `fan` new values z.
    """
    _, width, fan = table.shape
    turn, count = width // fan, len(own)
    after = emissions.index_select(0, own.to(emissions.device))
    after = after.repeat(1, width // after.shape[1]).reshape(count, 1, turn, fan)
    moves = _rows(table, row).reshape(-1, fan, turn, fan)
    found = (moves + after).reshape(count, width, fan)
    if fan == width:
        return found
    state = torch.arange(width, device=table.device)[:, None] % turn * fan
    next_ = (state + torch.arange(fan, device=table.device)).expand(count, width, fan)
    return found.new_full((count, width, width), -math.inf).scatter(2, next_, found)


def _products(matrices: Tensor, rounds: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The product of each line, [lines, P, P], and what is to be added to it, [lines]."""
    scale = matrices.new_zeros(len(matrices))
    sizes = [len(r) for r in rounds]
    places = iter(torch.cat(rounds).to(scale.device).split(sizes) if rounds else ())
    for left, right, rest in zip(places, places, places, strict=True):
        pair = matrices.index_select(0, left), matrices.index_select(0, right)
        product = multiply(*pair, reduction())
        top = product.detach().amax((1, 2))
        top = top.masked_fill(top.isinf(), 0.0)
        scale = torch.cat([scale[left] + scale[right] + top, scale[rest]])
        matrices = torch.cat([product - top[:, None, None], matrices.index_select(0, rest)])
    return matrices, scale
