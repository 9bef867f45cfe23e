"""One level's cells from left to right: their order in each row, and where they stand.

Sweeps down and up: every cell wants to stand at the mean of what it is joined to in the row before
(the barycentre of Sugiyama et al. 1981), at first in any order of the row, the order with the
fewest crossings being kept, then in that order. The places nearest to those wanted that keep the
distances of a row are a least-squares problem with an order, which pooling adjacent violators
solves exactly (Ayer et al. 1955).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from genlang.graph.layers import Cell, Level
from genlang.records import dataclass

GAP, BEND_GAP = 22.0, 9.0
SWEEPS, SETTLING = 2, 6


class Extent(NamedTuple):
    """How far something reaches from its anchor."""

    left: float
    right: float
    top: float
    bottom: float


class Pull(NamedTuple):
    """Where a neighbour wants a cell: at the neighbour's place (0 where None), moved by `shift`."""

    cell: Cell | None
    shift: float
    weight: float


class Segment(NamedTuple):
    """A piece of an edge between two rows, with its ends' distances from the cells' anchors."""

    upper: Cell
    lower: Cell
    leaves: float
    enters: float


Places = dict[Cell, float]
Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What pulls at each cell from above and from below, and all segments by upper row."""

    above: Mapping[Cell, tuple[Pull, ...]]
    below: Mapping[Cell, tuple[Pull, ...]]
    segments: tuple[tuple[Segment, ...], ...]


def arrange(
    level: Level,
    extent: Callable[[Cell], Extent],
    port: Callable[[Cell, int], float],
    outside: Callable[[int], float | None],
) -> tuple[Rows, Places]:
    """Return the ordered rows of a level, and the place of each cell's anchor.

    `port` is where an edge ends in a cell, from its anchor; `outside` where an edge comes from or
    goes to beyond the level, if that is known.
    """
    reach = {cell: extent(cell) for row in level.rows for cell in row}
    joined = _neighbours(level, port, outside)
    rows = level.rows
    places: Places = {}
    for row in rows:
        places |= _spread(row, [(0.0, 1.0)] * len(row), reach)
    best = (*_cost(joined, places), rows, places)
    for _ in range(SWEEPS if len(reach) > 1 else 0):
        for pulls, order in ((joined.above, range(len(rows))),
                             (joined.below, reversed(range(len(rows))))):  # fmt: skip
            turned = list(rows)
            for r in order:
                wants = {c: _wish(c, pulls.get(c, ()), places)[0] for c in turned[r]}
                turned[r] = tuple(sorted(turned[r], key=wants.__getitem__))
                places = places | _spread(turned[r], [(wants[c], 1.0) for c in turned[r]], reach)
            rows = tuple(turned)
            found = (*_cost(joined, places), rows, places)
            best = min(best, found, key=lambda b: b[:2])
    _, _, rows, places = best
    for i in range(SETTLING):
        for row in rows if i % 2 else reversed(rows):
            wishes = [
                _wish(c, (*joined.above.get(c, ()), *joined.below.get(c, ())), places) for c in row
            ]
            places = places | _spread(row, wishes, reach)
    return rows, places


def _neighbours(
    level: Level, port: Callable[[Cell, int], float], outside: Callable[[int], float | None]
) -> Neighbours:
    above: dict[Cell, tuple[Pull, ...]] = {}
    below: dict[Cell, tuple[Pull, ...]] = {}
    row_of = {cell: r for r, row in enumerate(level.rows) for cell in row}
    segments: list[list[Segment]] = [[] for _ in level.rows]
    for thread in level.threads:
        cells = thread.cells
        for upper, lower in pairwise(cells):
            leaves, enters = port(upper, thread.edge), port(lower, thread.edge)
            segments[row_of[upper]].append(Segment(upper, lower, leaves, enters))
            # Long edges are straight rather than short ones, as far as both can be had.
            weight = 1.0 + (upper.kind == "bend") + (lower.kind == "bend")
            above[lower] = (*above.get(lower, ()), Pull(upper, leaves - enters, weight))
            below[upper] = (*below.get(upper, ()), Pull(lower, enters - leaves, weight))
        beyond = outside(thread.edge)
        if beyond is not None and thread.above:
            pull = Pull(None, beyond - port(cells[0], thread.edge), 0.5)
            above[cells[0]] = (*above.get(cells[0], ()), pull)
        if beyond is not None and thread.below:
            pull = Pull(None, beyond - port(cells[-1], thread.edge), 0.5)
            below[cells[-1]] = (*below.get(cells[-1], ()), pull)
    return Neighbours(above, below, tuple(map(tuple, segments)))


def _wish(cell: Cell, pulls: Sequence[Pull], places: Places) -> tuple[float, float]:
    """Where a cell wants to be, and how much: where it is, if nothing pulls."""
    total = sum(p.weight for p in pulls)
    if not total:
        return places[cell], 0.1
    moment = sum(p.weight * (p.shift + (0.0 if p.cell is None else places[p.cell])) for p in pulls)
    return moment / total, total


def _spread(
    row: Sequence[Cell], wishes: Sequence[tuple[float, float]], reach: Mapping[Cell, Extent]
) -> Places:
    """The places of a row nearest to the wishes, in its order and without overlaps."""
    starts: list[float] = []
    at = 0.0
    for i, cell in enumerate(row):
        if i:
            both = row[i - 1].kind == "bend" or cell.kind == "bend"
            at += reach[row[i - 1]].right + (BEND_GAP if both else GAP) + reach[cell].left
        starts.append(at)
    # Blocks of cells that stand at their least distance: wanted place of the first, weight, size.
    blocks: list[tuple[float, float, int]] = []
    for (wish, weight), start in zip(wishes, starts, strict=True):
        mean, total, count = wish - start, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, more, number = blocks.pop()
            mean = (before * more + mean * total) / (more + total)
            total, count = total + more, count + number
        blocks.append((mean, total, count))
    firsts = [mean for mean, _, count in blocks for _ in range(count)]
    return {c: f + s for c, f, s in zip(row, firsts, starts, strict=True)}


def _cost(joined: Neighbours, places: Places) -> tuple[int, float]:
    """Crossings, and the total sideways length of all edges."""
    crossings, length = 0, 0.0
    for row in joined.segments:
        ends = sorted((places[s.upper] + s.leaves, places[s.lower] + s.enters) for s in row)
        length += sum(abs(a - b) for a, b in ends)
        for i, (a, b) in enumerate(ends):
            crossings += sum(c > a + 1e-6 and d < b - 1e-6 for c, d in ends[i + 1 :])
    return crossings, round(length, 3)
