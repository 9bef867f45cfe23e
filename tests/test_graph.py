"""Graphs of models and their pictures: what they show, and that nothing stands on anything else.

Pictures of a few models lie in `graph/`; `pytest tests/test_graph.py --update` writes them.
"""

import json
import re
import time
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise
from math import hypot
from pathlib import Path
from random import Random
from typing import get_args

import pytest

import genlang
from genlang.cli.main import main
from genlang.diagnostics import OptionError
from genlang.graph.fonts import text_width
from genlang.graph.graph import Edge, Graph, Node, Plate, Role, graph
from genlang.graph.layout import layout
from genlang.graph.shapes import TAG_FONT, Point, Rect
from genlang.pipeline import specialized

ROOT = Path(__file__).parents[1]
BUNDLED = sorted(p.stem for p in ROOT.glob("models/*/*.gen"))
GOLDEN = ("iris", "dipper", "dawid_skene")
ENDINGS = {"svg": "svg", "mermaid": "mmd", "dot": "dot"}
REGRESSION = """
dim N, D
data x[N, D]: real
latent alpha ~ Normal(0, 10)
latent beta[D] ~ Normal(0, 2.5)
latent sigma ~ HalfNormal(1)
observed y[n in N] ~ Normal(alpha + x[n] @ beta, sigma)
"""
HMM = """
dim S, T[S], K = 3
latent start ~ Dirichlet(ones(K))
latent move[K] ~ Dirichlet(ones(K))
latent mu[K] ~ Normal(0, 5)
for s in S:
    for t in T[s]:
        latent z[s, t] ~ Categorical(start) then Categorical(move[z[s, t-1]])
        observed y[s, t] ~ Normal(mu[z[s, t]], 1)
"""
GARCH = """
dim day
latent mu ~ Normal(0, 1)
latent a ~ Uniform(0, 0.5)
for t in day:
    let spread[t] = 1 then sqrt(0.1 + a * square(y[t-1] - mu) + a * square(spread[t-1]))
    observed y[t] ~ Normal(mu, spread[t])
"""
SERIES = """
dim day
data x[day]: real
param w: real = 0.5
latent keep ~ Uniform(0, 1)
latent noise ~ HalfNormal(1)
for t in day:
    observed y[t] ~ Normal(0, 2) then Normal(keep * y[t-1] + w * x[t], noise)
    generated again[t] ~ Normal(y[t], noise)
report scale = noise ^ 2
factor prior = -scale
factor -square(w)
"""
CROSSED = """
dim person, item
latent ability[person] ~ Normal(0, 1)
latent hard[item] ~ Normal(0, 1)
for i in person:
    for j in item:
        observed right[i, j] ~ Bernoulli(logits = ability[i] - hard[j])
"""
CIRCLE = """
dim K, N
latent a[K] ~ Normal(0, 1)
latent m ~ Normal(sum(a), 1)
latent b[k in K] ~ Normal(a[k] + m, 1)
observed y[N] ~ Normal(sum(b), 1)
"""
HOSTILE = r"""
dim n_a
## a "quoted" <b>bold</b> & \N back`tick` #35; ]]> %% --> end
data end[n_a]: real
data default[n_a]: positive
latent x, o, a_b, click, style, node, graph, strict ~ Normal(0, 1)
latent subgraph ~ HalfNormal(1)
latent λ, lambda ~ HalfNormal(1)
latent данные ~ Normal(0, 1)
latent 漢字 ~ Normal(0, 1)
for i in n_a:
    latent class[i] ~ Bernoulli(0.5)
    observed linkStyle[i] ~ Normal(
        x + o + a_b + click + style + node + graph + strict + end[i] + данные + 漢字 + class[i],
        subgraph * default[i] * λ * lambda
    )
"""
NAMES = [f"parameter_{i}" for i in range(40)]
FORTY = (
    f"dim N\nlatent {', '.join(NAMES)} ~ Normal(0, 1)\n"
    f"observed y[N] ~ Normal({' + '.join(NAMES)}, 1)\n"
)
DEEP = (
    "dim A, B[A], C, D, E\nlatent mu ~ Normal(0, 1)\n"
    "for a in A:\n    latent u[a] ~ Normal(mu, 1)\n"
    "    for b in B[a]:\n        latent v[a, b] ~ Normal(u[a], 1)\n"
    "        for c in C:\n            latent w[a, b, c] ~ Normal(v[a, b] + mu, 1)\n"
    "            for d in D:\n                latent p[a, b, c, d] ~ Normal(w[a, b, c], 1)\n"
    "                for e in E:\n"
    "                    observed y[a, b, c, d, e] ~ Normal(p[a, b, c, d] + u[a] + mu, 1)\n"
)
TEXTS = {
    "regression": REGRESSION, "hmm": HMM, "garch": GARCH, "series": SERIES, "crossed": CROSSED,
    "circle": CIRCLE, "hostile": HOSTILE, "forty": FORTY, "deep": DEEP, "empty": "\n",
}  # fmt: skip
EVERY = [*BUNDLED, *TEXTS]


def model(name):
    return genlang.model(TEXTS[name], f"{name}.gen") if name in TEXTS else genlang.load(name)


def drawn(name, missing=(), *, lets=True):
    compiled = specialized(model(name).compiled, frozenset(missing))
    return graph(model(name).compiled.model, compiled.plan, name, lets=lets)


def roles(found):
    return {n.name: n.role for n in found.nodes}


def nests(found):
    return {n.name: tuple(found.plates[p].label for p in found.nest(n.plate)) for n in found.nodes}


class TestGraph:
    def test_shows_roles_edges_and_plates(self):
        found = drawn("iris")
        assert roles(found) == {
            "share": "latent", "mean": "latent", "spread": "latent", "corr": "latent",
            "tril": "let", "kind": "summed out", "flower": "observed",
        }  # fmt: skip
        assert nests(found)["mean"] == ("k in K", "part")
        assert nests(found)["kind"] == nests(found)["flower"] == ("n in N",)
        assert Edge("kind", "flower") in found.edges
        assert Edge("spread", "tril") in found.edges

    def test_knows_all_roles(self):
        found = drawn("series", ["y"])
        assert roles(found) == {
            "x": "data", "w": "param", "keep": "latent", "noise": "latent", "scale": "report",
            "y": "partly observed", "again": "generated", "prior": "factor", "factor 2": "factor",
        }  # fmt: skip
        assert roles(drawn("series"))["y"] == "observed"

    def test_discrete_observed_name_with_missing_cells_stays_an_observed_one(self):
        assert roles(drawn("asia", ["smoker"]))["smoker"] == "partly observed"

    def test_data_with_a_distribution_are_observed(self):
        assert roles(drawn("dipper"))["seen"] == "observed"

    def test_data_stand_in_the_plates_of_what_reads_them(self):
        assert nests(drawn("lda"))["chapter"] == ("w in W weight times[w]",)
        assert nests(drawn("regression"))["x"] == ("n in N", "D")

    def test_bounds_of_a_loop_are_in_its_label(self):
        found = drawn("dipper")
        assert nests(found)["alive"] == ("h in history weight birds[h]", "t in year[first[h]:]")
        assert Edge("first", "alive") not in found.edges
        assert nests(drawn("hmm"))["z"] == ("s in S", "t in T[s]")

    def test_dim_of_two_nests_has_a_box_in_each(self):
        found = nests(drawn("crossed"))
        assert found["hard"] == ("j in item",)
        assert found["right"] == ("i in person", "j in item")

    def test_chain_reads_itself(self):
        assert Edge("z", "z", "t-1") in drawn("hmm").edges
        assert Edge("ancestor", "ancestor", "parent[v]") in drawn("apes").edges

    def test_index_of_data_is_an_edge(self):
        edges = drawn("dawid_skene").edges
        assert {e.source for e in edges if e.target == "rating"} == {
            "confusion", "observer", "truth", "patient",
        }  # fmt: skip

    def test_lags_between_variables(self):
        edges = drawn("garch").edges
        assert Edge("y", "spread", "t-1") in edges
        assert Edge("spread", "y") in edges

    def test_without_lets_their_readers_read_what_they_read(self):
        found = drawn("asia", lets=False)
        assert "either" not in roles(found)
        assert Edge("cancer", "dyspnoea") in found.edges
        assert Edge("tuberculosis", "xray") in found.edges
        garch = drawn("garch", lets=False)
        assert Edge("y", "y", "t-1") in garch.edges
        assert Edge("a", "y") in garch.edges

    @pytest.mark.parametrize("name", EVERY)
    def test_without_lets_no_plate_is_empty(self, name):
        found = drawn(name, lets=False)
        assert {p for n in found.nodes for p in found.nest(n.plate)} == set(
            range(len(found.plates))
        )

    def test_greek_letters_unless_two_names_would_look_the_same(self):
        assert {n.name: n.label for n in drawn("regression").nodes}["beta"] == "β"
        labels = [n.label for n in drawn("hostile").nodes]
        assert len(set(labels)) == len(labels)
        assert "lambda" in labels


def boxes(found):
    """The rectangle of every node, its text and its loop included."""
    return [s.around.moved(c) for s, c in zip(found.shapes, found.centres, strict=True)]


def scattered(seed):
    """A graph that no model needs to have: nested plates, edges in all directions."""
    random = Random(seed)  # noqa: S311 (no secret)
    plates = tuple(
        Plate("t in T[s]"[: random.randint(1, 9)], random.choice([None, *range(i)]))
        for i in range(random.randint(1, 6))
    )
    nodes = [
        Node(f"n{i}", "label"[: random.randint(1, 5)], random.choice(get_args(Role)),
             random.choice([None, *range(len(plates))]))
        for i in range(random.randint(2, 16))
    ]  # fmt: skip
    nodes += [Node(f"in {p}", "x", "latent", p) for p in range(len(plates))]
    names = [n.name for n in nodes]
    pairs = {(random.choice(names), random.choice(names)) for _ in range(random.randint(1, 24))}
    edges = tuple(Edge(a, b, "t-1" if a == b or random.random() < 0.2 else "")
                  for a, b in sorted(pairs))  # fmt: skip
    return Graph(f"{seed}", tuple(nodes), edges, plates)


@pytest.fixture(params=[*EVERY, *range(60)], scope="module")
def both(request):
    """A graph with its layout."""
    name = request.param
    shown = scattered(name) if isinstance(name, int) else drawn(name)
    return shown, layout(shown)


class TestLayout:
    def test_no_two_nodes_overlap(self, both):
        assert not [pair for pair in combinations(boxes(both[1]), 2) if pair[0].meets(pair[1])]

    def test_nodes_stand_in_their_plates_and_in_no_others(self, both):
        shown, found = both
        for node, box in zip(shown.nodes, boxes(found), strict=True):
            inside = {i for i, plate in enumerate(found.plates) if plate.holds(box)}
            touched = {i for i, plate in enumerate(found.plates) if plate.meets(box)}
            assert inside == touched == set(shown.nest(node.plate)), node.name

    def test_plates_are_nested_or_apart(self, both):
        shown, found = both
        for i, j in combinations(range(len(found.plates)), 2):
            if i in shown.nest(j):
                assert found.plates[i].holds(found.plates[j])
            else:
                assert not found.plates[i].meets(found.plates[j])

    def test_labels_of_plates_stand_inside_them_and_on_nothing(self, both):
        _, found = both
        for i, caption in enumerate(found.captions):
            assert found.plates[i].holds(caption)
            assert not any(caption.meets(box) for box in boxes(found))
        for one, two in combinations(found.captions, 2):
            assert not one.meets(two)

    def test_everything_is_on_the_page(self, both):
        _, found = both
        page = Rect(0, 0, found.width, found.height)
        tags = [t for t in found.tags if t is not None]
        assert all(page.holds(r) for r in (*boxes(found), *found.plates, *found.captions, *tags))
        for way in found.routes:
            assert all(0 <= p.x <= found.width and 0 <= p.y <= found.height for p in way)

    def test_edges_end_at_their_nodes(self, both):
        shown, found = both
        number = {n.name: i for i, n in enumerate(shown.nodes)}
        for edge, way in zip(shown.edges, found.routes, strict=True):
            if edge.source == edge.target:
                assert way == ()
                continue
            for name, end, towards in ((edge.source, way[0], way[1]),
                                       (edge.target, way[-1], way[-2])):  # fmt: skip
                shape, at = found.shapes[number[name]], found.centres[number[name]]
                outline = shape.edge(Point(end.x - at.x, end.y - at.y))
                assert hypot(at.x + outline.x - end.x, at.y + outline.y - end.y) < 1e-6
                near = hypot(end.x - at.x, end.y - at.y)
                assert hypot(towards.x - at.x, towards.y - at.y) > near + 4

    def test_edges_pass_other_nodes_and_other_plates(self, both):
        shown, found = both
        for edge, way in zip(shown.edges, found.routes, strict=True):
            ends = {edge.source, edge.target}
            walls = [b for n, b in zip(shown.nodes, boxes(found), strict=True)
                     if n.name not in ends]  # fmt: skip
            around = {p for n in shown.nodes if n.name in ends for p in shown.nest(n.plate)}
            walls += [r for i, r in enumerate(found.plates) if i not in around]
            assert not any(w.crossed(a, b) for w in walls for a, b in pairwise(way)), edge

    def test_tags_stand_on_no_node(self, both):
        _, found = both
        tags = [t for t in found.tags if t is not None]
        assert not any(t.meets(box) for t in tags for box in boxes(found))

    def test_plates_are_tight(self, both):
        """To the sides of what is inside: a margin, or what a label needs beside edges."""
        shown, found = both
        for i, plate in enumerate(found.plates):
            inner = [b for n, b in zip(shown.nodes, boxes(found), strict=True)
                     if i in shown.nest(n.plate)]  # fmt: skip
            wide = max(b.right for b in inner) - min(b.x for b in inner)
            room = 24 * (len(shown.plates) + 1) + 10 * len(shown.edges)
            assert plate.width <= wide + found.captions[i].width + room

    def test_layout_is_deterministic(self, both):
        assert layout(both[0]) == both[1]


def test_edges_there_and_back_do_not_lie_on_one_another():
    shown = drawn("garch")
    ways = dict(zip(shown.edges, layout(shown).routes, strict=True))
    there, back = ways[Edge("spread", "y")], ways[Edge("y", "spread", "t-1")]
    assert hypot(there[1].x - back[1].x, there[1].y - back[1].y) > 10


def test_chain_has_its_label_beside_it():
    shown = drawn("hmm")
    found = layout(shown)
    shape = next(s for s in found.shapes if s.node.name == "z")
    assert shape.extent.right > shape.half.x + text_width("t-1", TAG_FONT)


@pytest.mark.parametrize("name", EVERY)
def test_svg_is_whole_and_needs_nothing_else(name):
    text = model(name).graph(to="svg")
    root = ET.fromstring(text)  # noqa: S314 (our own)
    tags = {e.tag.split("}")[1] for e in root.iter()}
    assert tags <= {
        "svg", "title", "defs", "pattern", "rect", "line", "g", "ellipse", "polygon", "path",
        "text",
    }  # fmt: skip
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    names = [e.get("data-name") for e in root.iter() if e.get("data-name")]
    assert names == [n.name for n in drawn(name).nodes]
    assert "nan" not in re.sub(r">[^<]*<", "><", text)


def test_legend_only_where_more_than_three_kinds_occur():
    assert ">latent</text>" in model("iris").graph(to="svg")
    assert ">latent</text>" not in model("nile").graph(to="svg")


MERMAID = [
    re.compile(pattern)
    for pattern in (
        r"flowchart TD",
        r'    +n\d+(\["[^"]*"\]|\{"[^"]*"\}|\(\["[^"]*"\]\)|\(\(\("[^"]*"\)\)\)):::[a-z]+',
        r'    +subgraph p\d+\["[^"]+"\]',
        r"    +end",
        r'    n\d+ -->(\|"[^"]+"\|)? n\d+',
        r"    classDef [a-z]+ [a-z-]+:[^;]+",
        r"    class p\d+(,p\d+)* plate",
    )
]


@pytest.mark.parametrize("name", EVERY)
def test_mermaid_is_well_formed(name):
    lines = model(name).graph().splitlines()
    assert all(any(p.fullmatch(line) for p in MERMAID) for line in lines)
    depth = 0
    for line in lines:
        depth += line.lstrip().startswith("subgraph ")
        depth -= line.strip() == "end"
        assert depth >= 0
    assert depth == 0
    for label in re.findall(r'"([^"]*)"', "\n".join(lines)):
        assert not re.search(r"[<>&`\\]|#(?!\d+;)", label)


DOT = re.compile(
    r'\s+|"(?:[^"\\]|\\.)*"|->|[A-Za-z_][A-Za-z0-9_]*|-?\d*\.?\d+|[{}\[\]=;,]', re.DOTALL
)


@pytest.mark.parametrize("name", EVERY)
def test_dot_is_well_formed(name):
    text, at, tokens = model(name).graph(to="dot"), 0, []
    while at < len(text):
        token = DOT.match(text, at)
        assert token, text[at : at + 40]
        tokens.append(token[0])
        at = token.end()
    opened = []
    for bracket in (t for t in tokens if t in "{}[]"):
        if bracket in "{[":
            opened.append(bracket)
        else:
            assert opened.pop() + bracket in ("{}", "[]")
    assert opened == []


def test_hostile_names_and_descriptions_are_escaped():
    found = model("hostile")
    svg = found.graph(to="svg")
    assert "&quot;quoted&quot; &lt;b&gt;bold&lt;/b&gt; &amp; \\N" in svg
    assert "<b>" not in svg
    assert r"a \"quoted\" <b>bold</b> & \\N back`tick`" in found.graph(to="dot")
    assert '["end"]:::data' in found.graph()
    assert not re.search(r"^\s*end\[", found.graph(), re.MULTILINE)


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("form", ENDINGS)
def test_pictures_are_as_expected(name, form, request):
    text = model(name).graph(to=form)
    expected = ROOT / "tests" / "graph" / f"{name}.{ENDINGS[form]}"
    if request.config.getoption("--update"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_json_has_nodes_edges_and_plates():
    found = json.loads(model("nile").graph(to="json"))
    assert set(found) == {"name", "nodes", "edges", "plates"}
    assert found["plates"] == [{"label": "t in year", "parent": None}]
    assert {"source": "change", "target": "volume", "label": ""} in found["edges"]


def test_unknown_form_is_an_error_that_names_the_others():
    with pytest.raises(OptionError) as error:
        model("nile").graph(to="png")
    assert [d.code for d in error.value.diagnostics] == ["E924"]


@pytest.mark.parametrize(
    ("file", "begins"), [("x.svg", "<svg"), ("x.gv", "digraph"), ("x.txt", "flowchart")]
)
def test_the_ending_of_the_file_says_the_form(file, begins, tmp_path):
    assert main(["graph", "nile", "-o", str(tmp_path / file)]) == 0
    assert (tmp_path / file).read_text().startswith(begins)


def test_data_tell_which_cells_are_missing(tmp_path, capsys):
    (tmp_path / "asia.csv").write_text("asia,smoker,xray,dyspnoea\n1,,1,0\n0,1,1,1\n")
    arguments = ["graph", "asia", "--data", str(tmp_path / "asia.csv"), "--format", "json"]
    assert main(arguments) == 0
    found = {n["name"]: n["role"] for n in json.loads(capsys.readouterr().out)["nodes"]}
    assert found["smoker"] == "partly observed"
    assert found["xray"] == "observed"


def test_layout_of_a_large_model_is_quick():
    shown = drawn("forty")
    start = time.process_time()
    layout(shown)
    assert time.process_time() - start < 2
