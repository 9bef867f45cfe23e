"""The forms in which a graph can be written."""

import json
from collections.abc import Callable
from dataclasses import asdict

from genlang.diagnostics import Diagnostic, OptionError, suggest
from genlang.graph.dot import dot
from genlang.graph.graph import Graph
from genlang.graph.mermaid import mermaid


def svg(graph: Graph) -> str:
    """Return a graph as SVG; its layout is loaded here, so that the other forms start sooner."""
    from genlang.graph.svg import svg as drawn

    return drawn(graph)


def nodes_and_edges(graph: Graph) -> str:
    """Return a graph as JSON: its nodes, edges and plates."""
    return json.dumps(asdict(graph), ensure_ascii=False, indent=1) + "\n"


FORMS: dict[str, Callable[[Graph], str]] = {
    "mermaid": mermaid, "dot": dot, "svg": svg, "json": nodes_and_edges,
}  # fmt: skip
ENDINGS = {
    ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg",
    ".json": "json",
}  # fmt: skip


def written(graph: Graph, form: str) -> str:
    """Return a graph in a form; raises OptionError (E924) where there is none of the name."""
    if form not in FORMS:
        edit = suggest(form, FORMS) or f"one of {', '.join(FORMS)}"
        raise OptionError([Diagnostic("E924", f"graphs are not written as `{form}`", help=edit)])
    return FORMS[form](graph)
