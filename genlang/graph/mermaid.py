"""Graph -> Mermaid: a flowchart for pages that draw such (GitHub, GitLab, many notebooks).

Nodes go by numbers, for Mermaid reserves words (`end`) that are ordinary names of a model, and
reads `o` and `x` after a link as the shape of its head. What a label may hold is told by entities.
"""

from collections.abc import Iterator

from genlang.graph.graph import Edge, Graph, Node, Role

# The brackets of a node's shape, and the name of its class.
SHAPES: dict[Role, tuple[str, str, str]] = {
    "data": ("[", "]", "data"),
    "param": ("{", "}", "param"),
    "net": ("{{", "}}", "net"),
    "latent": ("([", "])", "latent"),
    "summed out": ("([", "])", "summed"),
    "observed": ("([", "])", "observed"),
    "partly observed": ("([", "])", "partly"),
    "let": ("(((", ")))", "computed"),
    "report": ("(((", ")))", "computed"),
    "generated": ("([", "])", "generated"),
    "factor": ("[", "]", "factor"),
}
# Mermaid has no hatching: what is summed out is dotted.
STYLES = {
    "data": "fill:#fff,stroke:#1a1a1a,color:#1a1a1a",
    "param": "fill:#1a1a1a,stroke:#1a1a1a,color:#fff",
    "net": "fill:#fff,stroke:#1a1a1a,color:#1a1a1a",
    "latent": "fill:#fff,stroke:#1a1a1a,color:#1a1a1a",
    "summed": "fill:#fff,stroke:#1a1a1a,color:#1a1a1a,stroke-dasharray:2 3,stroke-width:2px",
    "observed": "fill:#d4d4d4,stroke:#1a1a1a,color:#1a1a1a",
    "partly": "fill:#ececec,stroke:#1a1a1a,color:#1a1a1a",
    "computed": "fill:#fff,stroke:#1a1a1a,color:#1a1a1a",
    "generated": "fill:#fff,stroke:#1a1a1a,color:#1a1a1a,stroke-dasharray:6 4",
    "factor": "fill:#1a1a1a,stroke:#1a1a1a,color:#fff",
}
PLATE = "fill:none,stroke:#8a8a8a"
ESCAPED = '#&"<>`\\'


def mermaid(graph: Graph) -> str:
    """Return the flowchart of a graph."""
    number = {n.name: i for i, n in enumerate(graph.nodes, 1)}
    lines = ["flowchart TD"]
    lines += (f"    {line}" for line in _level(graph, None, number))
    lines += (f"    {_edge(edge, number)}" for edge in graph.edges)
    there = dict.fromkeys(SHAPES[n.role][2] for n in graph.nodes)
    lines += (f"    classDef {name} {STYLES[name]}" for name in STYLES if name in there)
    if graph.plates:
        lines.append(f"    classDef plate {PLATE}")
        names = ",".join(f"p{i}" for i in range(1, len(graph.plates) + 1))
        lines.append(f"    class {names} plate")
    return "\n".join(lines) + "\n"


def _level(graph: Graph, plate: int | None, number: dict[str, int]) -> Iterator[str]:
    for node in graph.nodes:
        if node.plate == plate:
            yield _node(node, number[node.name])
    for inner in graph.inside(plate):
        yield f'subgraph p{inner + 1}["{_text(graph.plates[inner].label)}"]'
        yield from (f"    {line}" for line in _level(graph, inner, number))
        yield "end"


def _node(node: Node, number: int) -> str:
    opens, closes, style = SHAPES[node.role]
    label = node.label or ("factor" if node.role == "factor" else " ")
    return f'n{number}{opens}"{_text(label)}"{closes}:::{style}'


def _edge(edge: Edge, number: dict[str, int]) -> str:
    label = f'|"{_text(edge.label)}"|' if edge.label else ""
    return f"n{number[edge.source]} -->{label} n{number[edge.target]}"


def _text(text: str) -> str:
    return "".join(f"#{ord(c)};" if c in ESCAPED else c for c in text)
