"""How large everything is that a picture shows; what is inside a rectangle and what crosses it."""

from math import hypot
from typing import NamedTuple

from genlang.graph.fonts import text_width
from genlang.graph.graph import Node
from genlang.graph.place import Extent
from genlang.records import dataclass

FONT, CAPTION_FONT, TAG_FONT = 13.0, 11.0, 10.5
HEIGHT = 17.0  # from the centre of a node to its top
MARK = 5.0  # from the centre of a param's or a factor's mark to its edges
RING = 3.0  # between the two lines of what is computed
LOOP = 22.0  # how far a loop of an edge reaches beyond its node


class Point(NamedTuple):
    """A place in the picture, `y` downwards."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def grown(self, by: float) -> "Rect":
        """The same with a margin."""
        return Rect(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def moved(self, by: Point) -> "Rect":
        """The same elsewhere."""
        return Rect(self.x + by.x, self.y + by.y, self.width, self.height)

    def holds(self, other: "Rect") -> bool:
        """Whether another is inside."""
        return (
            self.x <= other.x and other.right <= self.right
            and self.y <= other.y and other.bottom <= self.bottom
        )  # fmt: skip

    def meets(self, other: "Rect") -> bool:
        """Whether both have a place in common."""
        return (
            self.x < other.right and other.x < self.right
            and self.y < other.bottom and other.y < self.bottom
        )  # fmt: skip

    def crossed(self, one: Point, two: Point) -> bool:
        """Whether a straight line passes through (Liang and Barsky 1984)."""
        low, high = (one.y, two.y) if one.y < two.y else (two.y, one.y)
        if high <= self.y or low >= self.y + self.height:  # most lines: they are tested often
            return False
        enters, leaves = 0.0, 1.0
        for start, end, low, high in (
            (one.x, two.x, self.x, self.right),
            (one.y, two.y, self.y, self.bottom),
        ):
            step = end - start
            if step == 0:
                if not low < start < high:
                    return False
                continue
            near, far = sorted(((low - start) / step, (high - start) / step))
            enters, leaves = max(enters, near), min(leaves, far)
        return enters < leaves


@dataclass(frozen=True, slots=True)
class Shape:
    """A node's outline, half its width and height, and its text, from the centre of the outline.

    `loop` is the label of an edge from the node to itself, None where there is none.
    """

    node: Node
    half: Point
    text: Rect
    loop: str | None

    @property
    def extent(self) -> Extent:
        """How far it reaches, with its text and its loop."""
        right = max(self.half.x, self.text.right)
        if self.loop is not None:
            right = max(right, self.half.x + LOOP + text_width(self.loop, TAG_FONT) + 4)
        left = max(self.half.x, -self.text.x)
        top, bottom = max(self.half.y, -self.text.y), max(self.half.y, self.text.bottom)
        return Extent(left, right, top, bottom)

    @property
    def around(self) -> Rect:
        """The rectangle of all that, from the centre of the outline."""
        left, right, top, bottom = self.extent
        return Rect(-left, -top, left + right, top + bottom)

    def edge(self, towards: Point) -> Point:
        """Where a line from the centre crosses the outline, from the centre."""
        x, y = self.half
        match self.node.role:
            case "data" | "factor" | "net":
                scale = 1 / max(abs(towards.x) / x, abs(towards.y) / y, 1e-9)
            case "param":
                scale = 1 / max(abs(towards.x) / x + abs(towards.y) / y, 1e-9)
            case _:
                scale = 1 / max(hypot(towards.x / x, towards.y / y), 1e-9)
        return Point(towards.x * scale, towards.y * scale)


def shape(node: Node, loop: str | None) -> Shape:
    """Return the shape of a node."""
    width, height = text_width(node.label, FONT), FONT * 1.2
    inside = Rect(-width / 2, -height / 2, width, height)
    match node.role:
        case "param":
            above = Rect(inside.x, -MARK - 2 - height, width, height)
            return Shape(node, Point(MARK + 1, MARK + 1), above, loop)
        case "factor":
            return Shape(node, Point(MARK, MARK), Rect(inside.x, MARK + 2, width, height), loop)
        case "data":
            return Shape(node, Point(max(width / 2 + 8, HEIGHT - 2), HEIGHT - 2), inside, loop)
        case "net":
            return Shape(node, Point(width / 2 + HEIGHT, HEIGHT), inside, loop)
        case "let" | "report":
            half = Point(max(width * 0.54 + 8, HEIGHT) + RING, HEIGHT + RING)
            return Shape(node, half, inside, loop)
        case _:
            half = Point(max(width * 0.54 + 8, HEIGHT + 2), HEIGHT)
            return Shape(node, half, inside, loop)
