"""Graph -> Layout: where everything stands.

A level is arranged once those inside it are, of which it needs the sizes and the places at which
edges leave; these would rather know where their edges go. So all levels are arranged a few times,
from the innermost, each time with the places outside that were found the time before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from math import dist

from genlang.graph.fonts import text_width
from genlang.graph.graph import Graph
from genlang.graph.layers import Cell, Level, Levels, Thread, layers
from genlang.graph.place import Extent, Places, Rows, arrange
from genlang.graph.routes import Obstacle, crossings, route, tagged
from genlang.graph.shapes import CAPTION_FONT, TAG_FONT, Point, Rect, Shape, shape
from genlang.records import dataclass

PASSES = 5
MARGIN, PAD, ROW_GAP = 14.0, 12.0, 30.0
CAPTION, INSET, BESIDE = 16.0, 6.0, 8.0  # a plate's label: height, to the frame, to edges
BEND = Extent(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands; all in the order of the graph.

    `routes` are the corners of each edge, from outline to outline, none for a loop; `tags` the
    places of their labels; `captions` those of the labels of plates.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    centres: tuple[Point, ...]
    plates: tuple[Rect, ...]
    captions: tuple[Rect, ...]
    routes: tuple[tuple[Point, ...], ...]
    tags: tuple[Rect | None, ...]


@dataclass(frozen=True, slots=True)
class _Arranged:
    """A level in coordinates of its own: anchors, upper and lower ends of rows, and its frame.

    `ports` are the places where edges leave it, upwards or downwards.
    """

    rows: Rows
    places: Places
    heights: Mapping[Cell, float]
    ends: tuple[tuple[float, float], ...]
    ports: Mapping[int, float]
    frame: Rect
    caption: Rect

    @property
    def centre(self) -> Point:
        return Point(self.frame.x + self.frame.width / 2, self.frame.y + self.frame.height / 2)


@dataclass(slots=True)
class _Page:
    """All levels arranged, and where each one's own coordinates begin on the page."""

    graph: Graph
    levels: Levels
    shapes: tuple[Shape, ...]
    arranged: dict[int | None, _Arranged] = field(default_factory=dict)
    origins: dict[int | None, Point] = field(default_factory=dict)
    centres: dict[int, Point] = field(default_factory=dict)

    def arrange(self) -> None:
        """Arrange every level, inner ones first, and put them on the page."""
        outside = self._outside() if self.arranged else {}
        for plate in self.levels:
            hints = {e: x for (p, e), x in outside.items() if p == plate}
            self.arranged[plate] = self._arrange(plate, hints)
        page = self.arranged[None].frame
        self.origins = {None: Point(MARGIN - page.x, MARGIN - page.y)}
        for plate in (*self.levels,)[::-1]:  # outer ones first
            self._put(plate)

    def _arrange(self, plate: int | None, hints: Mapping[int, float]) -> _Arranged:
        level = self.levels[plate]
        rows, places = arrange(level, self._extent, self._port, hints.get)
        heights, ends = self._rows(level, rows)
        ports: list[dict[int, float]] = [{}, {}]  # those of edges that leave upwards, downwards
        for thread in level.threads:
            if thread.above or thread.below:
                cell = thread.cells[0 if thread.above else -1]
                at = places[cell] + self._port(cell, thread.edge)
                ports[thread.below][thread.edge] = at
        left = min((places[c] - self._extent(c).left for c in places), default=0.0)
        right = max((places[c] + self._extent(c).right for c in places), default=0.0)
        content = Rect(left, 0.0, right - left, ends[-1][1] if ends else 0.0)
        if plate is None:
            frame, caption = content, content
        else:
            crossing = [list(p.values()) for p in ports]
            frame, caption = framed(content, self.graph.plates[plate].label, *crossing)
        every = ports[0] | ports[1]
        return _Arranged(rows, places, heights, ends, every, frame, caption)

    def _rows(
        self, level: Level, rows: Rows
    ) -> tuple[dict[Cell, float], tuple[tuple[float, float], ...]]:
        """The heights of all anchors, and the upper and lower ends of the rows.

        In a row with room, what only edges from below reach stands low, and the other way round.
        """
        after: set[Cell] = set()
        before: set[Cell] = set()
        for thread in level.threads:
            after.update(thread.cells if thread.above else thread.cells[1:])
            before.update(thread.cells if thread.below else thread.cells[:-1])
        heights: dict[Cell, float] = {}
        ends: list[tuple[float, float]] = []
        y = 0.0
        for row in rows:
            sizes = {c: self._extent(c) for c in row}
            high = max(e.top + e.bottom for e in sizes.values())
            for cell, size in sizes.items():
                room = high - size.top - size.bottom
                low = 0.5 + 0.5 * (cell in before) - 0.5 * (cell in after)
                heights[cell] = y + size.top + room * low
            ends.append((y, y + high))
            y += high + ROW_GAP
        return heights, tuple(ends)

    def _extent(self, cell: Cell) -> Extent:
        match cell.kind:
            case "node":
                return self.shapes[cell.number].extent
            case "plate":
                frame = self.arranged[cell.number].frame
                return Extent(*(frame.width / 2,) * 2, *(frame.height / 2,) * 2)
            case "bend":
                return BEND

    def _port(self, cell: Cell, edge: int) -> float:
        if cell.kind != "plate":
            return 0.0
        inner = self.arranged[cell.number]
        return inner.ports[edge] - inner.centre.x

    def _put(self, plate: int | None) -> None:
        """Put what stands directly in a plate on the page."""
        origin, found = self.origins[plate], self.arranged[plate]
        for cell, x in found.places.items():
            at = Point(origin.x + x, origin.y + found.heights[cell])
            if cell.kind == "node":
                self.centres[cell.number] = at
            elif cell.kind == "plate":
                centre = self.arranged[cell.number].centre
                self.origins[cell.number] = Point(at.x - centre.x, at.y - centre.y)

    def _outside(self) -> dict[tuple[int | None, int], float]:
        """For each level and edge that goes beyond it, where the edge goes, as it would say it."""
        found: dict[tuple[int | None, int], float] = {}
        for pieces in self._pieces():
            across = next((i for i, (_, t) in enumerate(pieces) if not t.above | t.below), 0)
            # From where the ends meet outwards-in: upwards along one half, downwards the other.
            for half, beside in ((pieces[across::-1], 1), (pieces[across:], -2)):
                there = 0.0
                for (outer, around), (plate, thread) in pairwise(half):
                    if len(around.cells) > 1:
                        cell = around.cells[beside]
                        x = self.arranged[outer].places[cell] + self._port(cell, thread.edge)
                        there = self.origins[outer].x + x
                    found[plate, thread.edge] = there - self.origins[plate].x
        return found

    def _pieces(self) -> list[list[tuple[int | None, Thread]]]:
        """The pieces of every edge, downwards."""
        found: list[list[tuple[int | None, Thread]]] = [[] for _ in self.graph.edges]
        for plate, level in self.levels.items():
            for thread in level.threads:
                found[thread.edge].append((plate, thread))
        for pieces in found:
            pieces.sort(key=lambda p: _downwards(p[1], len(self.graph.nest(p[0]))))
        return found

    def corners(self) -> list[tuple[Point, ...]]:
        """A way of each edge around everything, from centre to centre: of a loop, none."""
        found: list[tuple[Point, ...]] = []
        for edge, pieces in zip(self.graph.edges, self._pieces(), strict=True):
            points: list[Point] = []
            for plate, thread in pieces:
                points += self._through(plate, thread)
            if points and points[0] != self.centres[self._number(edge.source)]:
                points.reverse()
            found.append(tuple(dict.fromkeys(points)))
        return found

    def _number(self, name: str) -> int:
        return next(i for i, n in enumerate(self.graph.nodes) if n.name == name)

    def _through(self, plate: int | None, thread: Thread) -> list[Point]:
        """A piece's way: down from the middle or the lower end of a row to those of the last."""
        found, origin = self.arranged[plate], self.origins[plate]
        row_of = {cell: r for r, row in enumerate(found.rows) for cell in row}
        points: list[Point] = []
        last = len(thread.cells) - 1
        for i, cell in enumerate(thread.cells):
            x = origin.x + found.places[cell] + self._port(cell, thread.edge)
            top, bottom = found.ends[row_of[cell]]
            middle = found.heights[cell]
            starts = i == 0 and not thread.above
            finishes = i == last and not thread.below
            ys = [bottom] if starts else [top] if finishes else [top, bottom]
            if cell.kind == "node":
                ys = [middle, bottom] if starts else [top, middle]
            points += [Point(x, origin.y + y) for y in ys]
        return points


def _downwards(thread: Thread, depth: int) -> tuple[int, int]:
    """The order of an edge's pieces: out of plates, across, and into plates."""
    return (0, -depth) if thread.below else (2, depth) if thread.above else (1, 0)


def layout(graph: Graph) -> Layout:
    """Return where everything stands: of a few arrangements the one with the fewest crossings."""
    loops = {e.source: e.label for e in graph.edges if e.source == e.target}
    shapes = tuple(shape(n, loops.get(n.name)) for n in graph.nodes)
    levels = layers(graph)
    found: list[Layout] = []
    for turned in (False, True):
        start = {p: level.turned() for p, level in levels.items()} if turned else levels
        page = _Page(graph, start, shapes)
        for i in range(PASSES):
            page.arrange()
            if i > 1:
                found.append(_drawn(page))
    return min(found, key=_cost)


def _cost(found: Layout) -> tuple[int, float]:
    """Crossings; the length of all edges and the size of the page."""
    ways = [w for w in found.routes if w]
    length = sum(dist(a, b) for w in ways for a, b in pairwise(w))
    return crossings(ways), round(length + found.width + found.height, 3)


def _drawn(page: _Page) -> Layout:
    """The layout of a page whose levels are arranged."""
    graph, shapes = page.graph, page.shapes
    centres = tuple(page.centres[i] for i in range(len(shapes)))
    places = [(page.arranged[i], page.origins[i]) for i in range(len(graph.plates))]
    plates = tuple(a.frame.moved(o) for a, o in places)
    captions = tuple(a.caption.moved(o) for a, o in places)
    rects = tuple(s.around.moved(c) for s, c in zip(shapes, centres, strict=True))
    obstacles = [Obstacle(r, frozenset([n.name])) for r, n in zip(rects, graph.nodes, strict=True)]
    for i, rect in enumerate(plates):
        members = frozenset(n.name for n in graph.nodes if i in graph.nest(n.plate))
        obstacles.append(Obstacle(rect, members))
    obstacles += [Obstacle(rect, frozenset()) for rect in captions]
    by_name = {s.node.name: s for s in shapes}
    pairs = {(e.source, e.target) for e in graph.edges}
    routes = tuple(
        route(corners, obstacles, by_name[e.source], by_name[e.target],
              bowed=(e.target, e.source) in pairs) if corners else ()
        for e, corners in zip(graph.edges, page.corners(), strict=True)
    )  # fmt: skip
    frame = page.arranged[None].frame
    whole = Rect(0.0, 0.0, frame.width + 2 * MARGIN, frame.height + 2 * MARGIN)
    tags: list[Rect | None] = []
    for edge, way in zip(graph.edges, routes, strict=True):
        taken = (*rects, *captions, *(t for t in tags if t is not None))
        wide = text_width(edge.label, TAG_FONT)
        tags.append(tagged(way, wide, whole, taken, routes) if edge.label and way else None)
    found = (shapes, centres, plates, captions, routes, tuple(tags))
    return Layout(whole.width, whole.height, *found)


def framed(
    content: Rect, label: str, above: Sequence[float], below: Sequence[float]
) -> tuple[Rect, Rect]:
    """Return the frame of a plate around its content, and the place of its label.

    The label stands in a corner, at the bottom unless edges leave only there, where it is in no
    edge's way; the frame is widened a little for that, on the side where less is needed.
    """
    wide = text_width(label, CAPTION_FONT)
    left, right = content.x - PAD, content.right + PAD
    short = max(0.0, wide + 2 * INSET - (right - left)) / 2
    left, right = left - short, right + short
    top = len(above) < len(below) and not above
    crossing = above if top else below
    need = wide + INSET + BESIDE
    rightwards = max((max(0.0, p + need - right) for p in crossing), default=0.0)
    leftwards = max((max(0.0, left + need - p) for p in crossing), default=0.0)
    if min(rightwards, leftwards) > wide + INSET:  # so many edges that the label is crossed anyway
        rightwards = 0.0
    if rightwards <= leftwards:
        right += rightwards
    else:
        left -= leftwards
    at = right - wide - INSET if rightwards <= leftwards else left + INSET
    high = content.height + 2 * PAD + CAPTION
    y = -PAD - CAPTION if top else -PAD
    frame = Rect(left, y, right - left, high)
    return frame, Rect(at, frame.y + 1 if top else frame.bottom - CAPTION - 1, wide, CAPTION)
