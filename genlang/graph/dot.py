"""Graph -> DOT: for Graphviz and what reads its language."""

from collections.abc import Iterator

from genlang.graph.graph import Graph, Node, Role

# Graphviz has no hatching: what is summed out is dotted and tinted.
STYLES: dict[Role, str] = {
    "data": "shape=box, style=rounded",
    "param": "shape=point, width=0.12",
    "net": "shape=hexagon, margin=0.02",
    "latent": "shape=ellipse",
    "summed out": 'shape=ellipse, style="filled,dotted", fillcolor=gray96, penwidth=2',
    "observed": "shape=ellipse, style=filled, fillcolor=gray83",
    "partly observed": 'shape=ellipse, style=filled, fillcolor="gray83;0.5:white"',
    "let": "shape=ellipse, peripheries=2",
    "report": "shape=ellipse, peripheries=2",
    "generated": "shape=ellipse, style=dashed",
    "factor": "shape=square, style=filled, fillcolor=black, fixedsize=true, width=0.14",
}
MARKS = ("param", "factor")  # too small for a label inside


def dot(graph: Graph) -> str:
    """Return the graph as a digraph with a cluster for each plate."""
    lines = [
        f"digraph {_quoted(graph.name or 'model')} {{",
        '    graph [fontname="Helvetica,Arial,sans-serif", fontsize=11, compound=true]',
        '    node [fontname="Helvetica,Arial,sans-serif", fontsize=13]',
        '    edge [fontname="Helvetica,Arial,sans-serif", fontsize=10, arrowsize=0.7]',
    ]
    lines += (f"    {line}" for line in _level(graph, None))
    for edge in graph.edges:
        label = f" [label={_quoted(edge.label)}]" if edge.label else ""
        lines.append(f"    {_quoted(edge.source)} -> {_quoted(edge.target)}{label}")
    return "\n".join([*lines, "}"]) + "\n"


def _level(graph: Graph, plate: int | None) -> Iterator[str]:
    yield from (_node(node) for node in graph.nodes if node.plate == plate)
    for inner in graph.inside(plate):
        label = _quoted(graph.plates[inner].label)
        yield f"subgraph cluster_{inner + 1} {{"
        yield f"    label={label}; labelloc=b; labeljust=r; style=rounded; color=gray54"
        yield from (f"    {line}" for line in _level(graph, inner))
        yield "}"


def _node(node: Node) -> str:
    label = f"xlabel={_quoted(node.label)}, label=" if node.role in MARKS else "label="
    text = '""' if node.role in MARKS else _quoted(node.label)
    tip = f", tooltip={_quoted(node.description)}" if node.description else ""
    return f"{_quoted(node.name)} [{label}{text}, {STYLES[node.role]}{tip}]"


def _quoted(text: str) -> str:
    """A string; a backslash would begin an escape."""
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'
