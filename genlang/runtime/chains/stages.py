"""Chains that carry several latents or look several elements back, as stages of a window.

A node's state is a window: the values of all latents at the last `order` elements. A step takes it
to the next in stages; each drops the oldest value of some latents and takes in their new one. A
stage with `fan` new values costs states * fan, so a step of m latents costs prod(K) * sum(K), not
prod(K)^2, and a chain of order L K^(L+1), not K^(2L).

A table of `then` fits in a stage if the new values that it reads are there and the oldest ones are
there still: new a and oldest b in one table want a's stage no later than b's. Latents that this
orders both ways share a stage; so do neighbours of few values.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

# New values of a stage that cost about as much as one: they are added up side by side.
FEW = 16


@dataclass(frozen=True, slots=True)
class Window:
    """The sizes of the latents, how many elements a window has, and the stages of a step."""

    sizes: tuple[int, ...]
    order: int
    stages: tuple[tuple[int, ...], ...]

    @property
    def latents(self) -> tuple[int, ...]:
        """The latents in the order in which a window has them."""
        return tuple(z for stage in self.stages for z in stage)

    def flat(self, table: Tensor) -> Tensor:
        """Make one axis of one group of states [..., *S], at their full sizes."""
        count = len(self.sizes)
        lead = table.shape[: table.dim() - count]
        full = table.expand(*lead, *self.sizes)
        full = full.permute(*range(len(lead)), *(len(lead) + z for z in self.latents))
        return full.reshape(*lead, math.prod(self.sizes))

    def stage_of(self, table: Tensor, groups: int) -> int:
        """The first stage at which all new values that a table reads are there."""
        new = self.reads(table, groups)[-1]
        return max((k for k, stage in enumerate(self.stages) if new & {*stage}), default=0)

    def reads(self, table: Tensor, groups: int) -> list[set[int]]:
        """The latents that a table reads, of each group of states: those whose axis is not 1."""
        count = len(self.sizes)
        shape = table.shape[table.dim() - groups * count :]
        return [{z for z in range(count) if shape[g * count + z] > 1} for g in range(groups)]

    def table(self, tables: Sequence[Tensor], k: int, groups: int) -> Tensor:
        """Add up the tables of stage k, [..., T, groups * S] -> [..., T, window, fan]."""
        count = len(self.sizes)
        early = {z for stage in self.stages[:k] for z in stage}
        late = {z for stage in self.stages[k + 1 :] for z in stage}
        window = [
            (g, z)
            for g in range(self.order + 1)
            for z in self.latents
            if not (g == 0 and z in early)
            and not (g == self.order and (z in late or z in self.stages[k]))
        ]
        axes = [*window, *((self.order, z) for z in self.stages[k])]
        skipped = self.order + 1 - groups  # the oldest groups, which no table of these has
        total = torch.zeros((1,) * (len(axes) + 1), dtype=tables[0].dtype, device=tables[0].device)
        for t in tables:
            lead = t.dim() - groups * count
            here = [lead + (g - skipped) * count + z for g, z in axes if g >= skipped]
            rest = [a for a in range(lead, t.dim()) if a not in here]
            moved = t.permute(*range(lead), *here, *rest)
            moved = moved.reshape(*moved.shape[: moved.dim() - len(rest)])
            gap = [1] * (len(axes) - len(here))
            moved = moved.reshape(*moved.shape[:lead], *gap, *moved.shape[lead:])
            total = moved if t is tables[0] else total + moved
        fan = math.prod(self.sizes[z] for z in self.stages[k])
        lead = total.dim() - len(axes)
        full = total.expand(*total.shape[:lead], *(self.sizes[z] for _, z in axes))
        return full.reshape(*total.shape[:lead], math.prod(self.sizes) ** self.order, fan)


def window(sizes: Sequence[int], order: int, then: Sequence[Tensor]) -> Window:
    """Find the stages of a step: latents whose new and oldest values bind them both ways share."""
    count = len(sizes)
    whole = Window(tuple(sizes), order, (tuple(range(count)),))
    before = [[a == b for b in range(count)] for a in range(count)]  # a no later than b
    for table in then:
        oldest, *_, new = whole.reads(table, order + 1)
        for a in new:
            for b in oldest:
                before[a][b] = True
    for c in range(count):
        for a in range(count):
            for b in range(count):
                before[a][b] |= before[a][c] and before[c][b]
    blocks = []
    left = list(range(count))
    while left:
        # The first latent that none of the others must come before, with those tied to it.
        a = next(a for a in left if all(before[a][b] for b in left if before[b][a]))
        blocks.append(tuple(b for b in left if before[a][b] and before[b][a]))
        left = [b for b in left if b not in blocks[-1]]
    return Window(whole.sizes, order, _merged(blocks, sizes))


def _merged(blocks: Sequence[tuple[int, ...]], sizes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Take neighbouring stages together while they have few new values."""
    found: list[tuple[int, ...]] = []
    for block in blocks:
        both = (*found[-1], *block) if found else block
        if found and math.prod(sizes[z] for z in both) <= FEW:
            found[-1] = both
        else:
            found.append(block)
    return tuple(found)
