"""Which row everything stands in, and through which rows every edge runs.

The picture is made level by level: what stands directly in a plate, or in none, are its items,
nodes and inner plates, in rows. An edge between two items runs downwards, from row to row, through
a bend in each row between them; where it leaves or enters a plate it goes on in the rows of the
level inside. So plates are rectangles around their members and nothing else by construction, which
a single layering of all nodes would have to be forced to.

Rows are those of Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system
structures" (1981): longest paths; what could stand in several rows stands near its readers. Levels
within levels: Sander, "Layout of compound directed graphs" (1996), simplified.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from genlang.graph.graph import Graph
from genlang.records import dataclass

WIDEST = 8  # nodes that nothing leads to in one row, above which they take several


class Cell(NamedTuple):
    """What takes room in a row: a node, a plate or an edge's bend there, by its number."""

    kind: Literal["node", "plate", "bend"]
    number: int
    row: int = 0


class Link(NamedTuple):
    """An edge between two items of a level; a weak one reads an earlier step only."""

    source: Cell
    target: Cell
    edge: int
    weak: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """An edge's way through a level, one cell a row, downwards.

    `above` and `below`: whether it comes from above the level, and goes on below it.
    """

    edge: int
    cells: tuple[Cell, ...]
    above: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """The rows of what stands directly in a plate, and the edges' ways through them."""

    rows: tuple[tuple[Cell, ...], ...]
    threads: tuple[Thread, ...]

    def turned(self) -> "Level":
        """The same with its rows from right to left."""
        return Level(tuple(row[::-1] for row in self.rows), self.threads)


Levels = Mapping[int | None, Level]


def layers(graph: Graph) -> Levels:
    """Return the level within every plate, innermost first, that outside all (None) last."""
    number = {n.name: i for i, n in enumerate(graph.nodes)}
    nests = [graph.nest(n.plate) for n in graph.nodes]
    plates: list[int | None] = [*reversed(range(len(graph.plates))), None]
    items: dict[int | None, dict[Cell, None]] = {p: {} for p in plates}
    for i, nest in enumerate(nests):
        for plate, item in _items(i, nest):
            items[plate][item] = None
    links: dict[int | None, list[Link]] = {p: [] for p in plates}
    ends: list[tuple[int, int] | None] = []
    for e, edge in enumerate(graph.edges):
        source, target = number[edge.source], number[edge.target]
        ends.append(None if source == target else (source, target))
        if source != target:
            plate, one, two = _meet(source, nests[source], target, nests[target])
            links[plate].append(Link(one, two, e, edge.label != ""))
    rows = {p: _ranks(tuple(items[p]), links[p]) for p in plates}
    threads: dict[int | None, list[Thread]] = {p: [] for p in plates}
    for e, pair in enumerate(ends):
        if pair is not None:
            for plate, thread in _threads(e, *pair, nests, rows):
                threads[plate].append(thread)
    return {p: _level(rows[p], threads[p]) for p in plates}


def _items(node: int, nest: tuple[int, ...]) -> Iterator[tuple[int | None, Cell]]:
    """A node's item at each level, outermost first: the plate that it stands in, or itself."""
    plates: tuple[int | None, ...] = (None, *nest)
    for plate, inner in zip(plates, nest, strict=False):
        yield plate, Cell("plate", inner)
    yield plates[-1], Cell("node", node)


def _meet(
    source: int, one: tuple[int, ...], target: int, two: tuple[int, ...]
) -> tuple[int | None, Cell, Cell]:
    """The innermost plate around both ends of an edge, and their items at its level."""
    pairs = zip(_items(source, one), _items(target, two), strict=False)
    return next((p, a, b) for (p, a), (_, b) in pairs if a != b)


def _threads(
    edge: int, source: int, target: int, nests: list[tuple[int, ...]],
    rows: Mapping[int | None, Mapping[Cell, int]],
) -> Iterator[tuple[int | None, Thread]]:  # fmt: skip
    """The pieces of an edge, downwards: at the level where its ends meet, and inside."""
    meet, one, two = _meet(source, nests[source], target, nests[target])
    upper, lower = source, target
    if rows[meet][one] > rows[meet][two]:
        upper, lower, one, two = target, source, two, one
    between = range(rows[meet][one] + 1, rows[meet][two])
    yield meet, Thread(edge, (one, *(Cell("bend", edge, r) for r in between), two))
    for node, above in ((upper, False), (lower, True)):
        every = tuple(_items(node, nests[node]))
        start = next(i for i, (plate, _) in enumerate(every) if plate == meet)
        for plate, item in every[start + 1 :]:
            row, count = rows[plate][item], max(rows[plate].values()) + 1
            bends = tuple(
                Cell("bend", edge, r) for r in (range(row) if above else range(row + 1, count))
            )
            cells = (*bends, item) if above else (item, *bends)
            yield plate, Thread(edge, cells, above=above, below=not above)


def _level(rows: Mapping[Cell, int], threads: list[Thread]) -> Level:
    count = max(rows.values(), default=-1) + 1
    cells = [[c for c, r in rows.items() if r == row] for row in range(count)]
    for thread in threads:
        for cell in thread.cells:
            if cell.kind == "bend":
                cells[cell.row].append(cell)
    return Level(tuple(map(tuple, cells)), tuple(threads))


def _ranks(items: tuple[Cell, ...], links: list[Link]) -> dict[Cell, int]:
    """The row of every item: below all that it reads, where no cycle forbids that."""
    order = {item: i for i, item in enumerate(_order(items, links))}
    down = {item: set[Cell]() for item in order}
    up = {item: set[Cell]() for item in order}
    for link in links:
        one, two = sorted((link.source, link.target), key=order.__getitem__)
        down[one].add(two)
        up[two].add(one)
    row: dict[Cell, int] = {}
    for item in order:
        row[item] = max((row[u] + 1 for u in up[item]), default=0)
    for item in reversed(order):
        if len(down[item]) > len(up[item]):
            row[item] = min(row[d] for d in down[item]) - 1
    roots: dict[int, list[Cell]] = {}
    for item in items:
        if not up[item] and item.kind == "node":
            roots.setdefault(row[item], []).append(item)
    for level, crowd in roots.items():
        lines = -(-len(crowd) // WIDEST)
        for i, item in enumerate(crowd):
            row[item] = level - (len(crowd) - 1 - i) * lines // len(crowd)
    compact = {r: i for i, r in enumerate(sorted(set(row.values())))}
    return {item: compact[row[item]] for item in items}


def _order(items: tuple[Cell, ...], links: list[Link]) -> Iterator[Cell]:
    """Items after those that they read; where they read in a circle, the one with the least left.

    Two plates may read one another though no two variables do.
    """
    left = {item: [x for x in links if x.target == item] for item in items}
    while left:
        item = min(left, key=lambda i: (sum(not x.weak for x in left[i]), len(left[i])))
        del left[item]
        left = {i: [x for x in links if x.source != item] for i, links in left.items()}
        yield item
