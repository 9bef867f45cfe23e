"""Graph -> SVG: a picture that needs no other program, no script and no font of its own."""

from collections.abc import Iterator, Sequence
from math import hypot

from genlang.graph.fonts import text_width
from genlang.graph.graph import Graph, Node, Role
from genlang.graph.layout import MARGIN, Layout, layout
from genlang.graph.routes import HEAD
from genlang.graph.shapes import (
    CAPTION_FONT,
    FONT,
    LOOP,
    MARK,
    RING,
    TAG_FONT,
    Point,
    Rect,
    Shape,
    shape,
)

INK, SHADE, HATCH, FRAME, QUIET = "#1a1a1a", "#d4d4d4", "#b8b8b8", "#8a8a8a", "#555555"
HEAD_WIDTH = 3.2  # half of an arrow's
ROUND = 26.0  # the most that is cut off a corner of an edge
PATTERN = (
    '<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><rect width="5" height="5" fill="white"/>'
    f'<line x1="0" y1="0" x2="0" y2="5" stroke="{HATCH}" stroke-width="2"/></pattern>'
)
# What the legend calls each role.
WORDS: dict[Role, str] = {
    "data": "data",
    "param": "param",
    "net": "network",
    "latent": "latent",
    "summed out": "summed out",
    "observed": "observed",
    "partly observed": "observed in part",
    "let": "computed",
    "report": "computed",
    "generated": "generated",
    "factor": "factor",
}
LEGEND_GAP, LEGEND_HEIGHT, MOST = 20.0, 30.0, 3
NARROW = 250.0  # a legend is not set narrower than this


def svg(graph: Graph) -> str:
    """Return the picture of a graph."""
    found = layout(graph)
    legend = list(_legend(graph, max(found.width, NARROW) - 2 * MARGIN))
    width = max([found.width, *(r.right + MARGIN for _, r in legend)])
    height = found.height + max((r.bottom for _, r in legend), default=0.0)
    size = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="sans-serif">',
        f"<title>{_escaped(graph.name or 'model')}</title>",
        f"<defs>{PATTERN}</defs>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<g transform="translate({_n((width - found.width) / 2)} 0)">',
        *_plates(graph, found),
        *_edges(graph, found),
    ]
    for kind, centre in zip(found.shapes, found.centres, strict=True):
        body += _node(kind, centre)
    body.append("</g>")
    for kind, rect in legend:
        x, y = rect.x, found.height + rect.y + LEGEND_HEIGHT / 2 - 4
        body += _outline(kind, Point(x + kind.half.x, y))
        label = WORDS[kind.node.role]
        body.append(_text(Point(x + 2 * kind.half.x + 6, y), label, CAPTION_FONT, QUIET, "start"))
    return "\n".join([*body, "</svg>"]) + "\n"


def _n(value: float) -> str:
    """A coordinate, to a tenth."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _escaped(text: str) -> str:
    """Text between tags or quotes; XML has no way to write most control characters."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        shown = shown.replace(sign, entity)
    return shown


def _p(point: Point) -> str:
    return f"{_n(point.x)},{_n(point.y)}"


def _text(
    at: Point, text: str, size: float, ink: str, anchor: str = "middle", *, halo: bool = False
) -> str:
    """A line of text about a point; with a halo it is read above lines, too."""
    place = f'x="{_n(at.x)}" y="{_n(at.y + size * 0.35)}" font-size="{_n(size)}"'
    written = f'<text {place} text-anchor="{anchor}" fill="{{}}"{{}}>{_escaped(text)}</text>'
    back = written.format("white", ' stroke="white" stroke-width="3"') if halo else ""
    return back + written.format(ink, "")


# -- Nodes ------------------------------------------------------------------------------------


def _node(kind: Shape, at: Point) -> Iterator[str]:
    node = kind.node
    about = f"<title>{_escaped(node.description)}</title>" if node.description else ""
    yield f'<g data-name="{_escaped(node.name)}" data-role="{node.role}">{about}'
    yield from _outline(kind, at)
    if node.label:
        centre = Point(
            at.x + kind.text.x + kind.text.width / 2, at.y + kind.text.y + kind.text.height / 2
        )
        yield _text(centre, node.label, FONT, INK, halo=node.role == "summed out")
    yield "</g>"


def _outline(kind: Shape, at: Point) -> Iterator[str]:
    x, y = kind.half
    line = f'stroke="{INK}" stroke-width="1.2"'
    match kind.node.role:
        case "data":
            corner = Rect(at.x - x, at.y - y, 2 * x, 2 * y)
            yield _rect(corner, f'rx="5" fill="none" {line}')
        case "net":
            ends = (
                (x, 0),
                (x - y / 2, -y),
                (y / 2 - x, -y),
                (-x, 0),
                (y / 2 - x, y),
                (x - y / 2, y),
            )
            corners = " ".join(_p(Point(at.x + a, at.y + b)) for a, b in ends)
            yield f'<polygon points="{corners}" fill="white" {line}/>'
        case "param":
            points = (Point(at.x, at.y - y), Point(at.x + x, at.y),
                      Point(at.x, at.y + y), Point(at.x - x, at.y))  # fmt: skip
            yield f'<polygon points="{" ".join(map(_p, points))}" fill="{INK}"/>'
        case "factor":
            yield _rect(Rect(at.x - x, at.y - y, 2 * x, 2 * y), f'fill="{INK}"')
        case "observed":
            yield _ellipse(at, kind.half, f'fill="{SHADE}" {line}')
        case "partly observed":
            yield _ellipse(at, kind.half, 'fill="white"')
            top, bottom = Point(at.x, at.y - y), Point(at.x, at.y + y)
            half = f"M{_p(top)} A{_n(x)},{_n(y)} 0 0 0 {_p(bottom)} Z"
            yield f'<path d="{half}" fill="{SHADE}"/>'
            yield _ellipse(at, kind.half, f'fill="none" {line}')
        case "summed out":
            yield _ellipse(at, kind.half, f'fill="url(#hatch)" {line}')
        case "generated":
            yield _ellipse(at, kind.half, f'fill="white" {line} stroke-dasharray="5 3"')
        case "let" | "report":
            yield _ellipse(at, kind.half, f'fill="white" {line}')
            yield _ellipse(at, Point(x - RING, y - RING), f'fill="none" {line}')
        case "latent":
            yield _ellipse(at, kind.half, f'fill="white" {line}')


def _ellipse(at: Point, half: Point, style: str) -> str:
    place = f'cx="{_n(at.x)}" cy="{_n(at.y)}" rx="{_n(half.x)}" ry="{_n(half.y)}"'
    return f"<ellipse {place} {style}/>"


def _rect(rect: Rect, style: str) -> str:
    place = f'x="{_n(rect.x)}" y="{_n(rect.y)}"'
    return f'<rect {place} width="{_n(rect.width)}" height="{_n(rect.height)}" {style}/>'


# -- Plates and edges -------------------------------------------------------------------------


def _plates(graph: Graph, found: Layout) -> Iterator[str]:
    for rect in found.plates:
        yield _rect(rect, f'rx="8" fill="none" stroke="{FRAME}"')
    for plate, caption in zip(graph.plates, found.captions, strict=True):
        middle = Point(caption.x, caption.y + caption.height / 2)
        yield _text(middle, plate.label, CAPTION_FONT, QUIET, "start")


def _edges(graph: Graph, found: Layout) -> Iterator[str]:
    number = {n.name: i for i, n in enumerate(graph.nodes)}
    for edge, way in zip(graph.edges, found.routes, strict=True):
        if way:
            yield from _arrow(way)
        else:
            i = number[edge.source]
            yield from _loop(found.shapes[i], found.centres[i], edge.label)
    for edge, tag in zip(graph.edges, found.tags, strict=True):
        if tag is not None:
            middle = Point(tag.x + tag.width / 2, tag.y + tag.height / 2)
            yield _text(middle, edge.label, TAG_FONT, QUIET, halo=True)


def _towards(one: Point, two: Point, far: float) -> Point:
    """The point some way from one towards another."""
    length = hypot(two.x - one.x, two.y - one.y) or 1.0
    return Point(one.x + (two.x - one.x) * far / length, one.y + (two.y - one.y) * far / length)


def _arrow(way: Sequence[Point]) -> Iterator[str]:
    """A line with rounded corners and a head."""
    last = _towards(way[-1], way[-2], HEAD - 1)
    path = [f"M{_p(way[0])}"]
    for before, corner, after in zip(way, way[1:], way[2:], strict=False):
        cut = min(ROUND, *(hypot(corner.x - p.x, corner.y - p.y) / 2 for p in (before, after)))
        path.append(f"L{_p(_towards(corner, before, cut))}")
        path.append(f"Q{_p(corner)} {_p(_towards(corner, after, cut))}")
    path.append(f"L{_p(last)}")
    yield f'<path d="{" ".join(path)}" fill="none" stroke="{INK}"/>'
    yield _head(way[-1], way[-2])


def _head(tip: Point, behind: Point) -> str:
    back = _towards(tip, behind, HEAD)
    x, y = (tip.y - back.y) * HEAD_WIDTH / HEAD, (back.x - tip.x) * HEAD_WIDTH / HEAD
    points = (tip, Point(back.x + x, back.y + y), Point(back.x - x, back.y - y))
    return f'<polygon points="{" ".join(map(_p, points))}" fill="{INK}"/>'


def _loop(kind: Shape, at: Point, label: str) -> Iterator[str]:
    """An edge from a node to itself: on its right."""
    leaves, enters = kind.edge(Point(1.0, -0.45)), kind.edge(Point(1.0, 0.45))
    start, end = Point(at.x + leaves.x, at.y + leaves.y), Point(at.x + enters.x, at.y + enters.y)
    out = at.x + kind.half.x + LOOP * 4 / 3 - 4
    last = _towards(end, Point(out, end.y + 6), HEAD - 1)
    bows = f"{_p(Point(out, start.y - 6))} {_p(Point(out, end.y + 6))}"
    yield f'<path d="M{_p(start)} C{bows} {_p(last)}" fill="none" stroke="{INK}"/>'
    yield _head(end, Point(out, end.y + 6))
    yield _text(Point(at.x + kind.half.x + LOOP, at.y), label, TAG_FONT, QUIET, "start")


# -- Legend -----------------------------------------------------------------------------------


def _legend(graph: Graph, width: float) -> Iterator[tuple[Shape, Rect]]:
    """The kinds of nodes with their places below the picture, where there are many kinds."""
    there = {n.role for n in graph.nodes}
    kinds = {WORDS[role]: role for role in WORDS if role in there}
    if len(kinds) <= MOST:
        return
    x, y = MARGIN, 0.0
    for words, role in kinds.items():
        kind = shape(Node("", "", role, None), None)
        half = Point(MARK, MARK) if role in ("param", "factor") else Point(14, 9)
        wide = 2 * half.x + 6 + text_width(words, CAPTION_FONT)
        if x > MARGIN and x + wide > MARGIN + width:
            x, y = MARGIN, y + LEGEND_HEIGHT - 6
        yield Shape(kind.node, half, kind.text, None), Rect(x, y, wide, LEGEND_HEIGHT)
        x += wide + LEGEND_GAP
