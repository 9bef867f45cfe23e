"""The ways of edges: pulled tight around what stands between their ends."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import dist, hypot

from genlang.graph.shapes import TAG_FONT, Point, Rect, Shape
from genlang.records import dataclass

CLEAR = 4.0  # between an edge and what it passes
HEAD = 8.0  # of an arrow
BOW = 14.0  # how far an edge bows out that has one back beside it


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A node or a plate; edges that end in one of its members may cross it."""

    rect: Rect
    members: frozenset[str]


def route(
    corners: Sequence[Point],
    obstacles: Iterable[Obstacle],
    one: Shape,
    two: Shape,
    *,
    bowed: bool,
) -> tuple[Point, ...]:
    """Return the corners of an edge that are needed, the ends moved to the nodes' outlines.

    From each corner the way goes straight to the last one that can be seen from there.
    """
    ends = {one.node.name, two.node.name}
    walls = [o.rect.grown(CLEAR if o.members else 1.0) for o in obstacles if not ends & o.members]

    def clear(here: Point, there: Point) -> bool:
        return not any(w.crossed(here, there) for w in walls)

    way = [corners[0]]
    at = 0
    while at < len(corners) - 1:
        last = range(len(corners) - 1, at, -1)
        at = next(j for j in last if j == at + 1 or clear(way[-1], corners[j]))
        way.append(corners[at])
    if bowed and len(way) == 2:  # straight, and another one comes back
        (x, y), (u, v) = way
        for bow in (BOW, BOW / 2):
            far = bow / hypot(u - x, v - y)
            middle = Point((x + u) / 2 + (y - v) * far, (y + v) / 2 + (u - x) * far)
            if clear(way[0], middle) and clear(middle, way[-1]):
                way.insert(1, middle)
                break
    towards = (way[1], way[-2])
    start, end = _outline(one, way[0], towards[0]), _outline(two, way[-1], towards[1])
    # A corner at the outline is where the edge ends: an arrow's head needs room.
    inner = [c for c in way[1:-1] if min(dist(c, start), dist(c, end)) > HEAD]
    return (start, *inner, end)


def _outline(shape: Shape, centre: Point, towards: Point) -> Point:
    x, y = shape.edge(Point(towards.x - centre.x, towards.y - centre.y))
    return Point(centre.x + x, centre.y + y)


def crossings(ways: Sequence[Sequence[Point]]) -> int:
    """Return how often edges cross; those that only meet at a node do not."""
    pieces = [(i, *p) for i, way in enumerate(ways) for p in pairwise(way)]
    count = 0
    for n, (i, a, b) in enumerate(pieces):
        for j, c, d in pieces[n + 1 :]:
            if (
                i != j
                and _side(a, b, c) * _side(a, b, d) < 0
                and _side(c, d, a) * _side(c, d, b) < 0
            ):
                count += 1
    return count


def _side(one: Point, two: Point, place: Point) -> float:
    """Positive on one side of a line, negative on the other."""
    return (two.x - one.x) * (place.y - one.y) - (two.y - one.y) * (place.x - one.x)


def tagged(
    way: Sequence[Point],
    width: float,
    page: Rect,
    taken: Sequence[Rect],
    ways: Iterable[Sequence[Point]],
) -> Rect:
    """Return the place of an edge's label: beside a long stretch of it, or on it, where free."""
    stretches = sorted(pairwise(way), key=lambda s: -round(dist(*s), 1))
    bowed = len(way) == 3 and way[1].x < (way[0].x + way[2].x) / 2
    places = [p for s in stretches for p in _along(*s, width, leftwards=bowed)]
    lines = [s for w in ways for s in pairwise(w)]
    fit = [p for p in places if page.holds(p) and not any(p.meets(r) for r in taken)]
    best = (p for p in fit if not any(p.crossed(a, b) for a, b in lines))
    return next(best, (fit or places)[0])


def _along(one: Point, two: Point, width: float, *, leftwards: bool) -> Iterator[Rect]:
    """Places of a label along a line: on its right, on its left, on it."""
    high = TAG_FONT * 1.2
    # As far aside as the line goes to the side over half the height of the text, and a little.
    slope = abs(two.x - one.x) / max(abs(two.y - one.y), 1.0)
    aside = width / 2 + 3 + min(slope, 2.0) * high / 2
    for by in (-aside, aside, 0.0) if leftwards else (aside, -aside, 0.0):
        for t in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
            x, y = one.x + t * (two.x - one.x) + by, one.y + t * (two.y - one.y)
            yield Rect(x - width / 2, y - high / 2, width, high)
