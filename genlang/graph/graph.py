"""Model, Plan -> a graph: what is known, unknown or summed out, what it depends on, in plates.

    for n in N:                                     N{ z --> y },  weight --> z,  mu --> y
        latent z[n] ~ Categorical(weight)
        observed y[n] ~ Normal(mu[z[n]], 1)

Plates are nested boxes. A dim that occurs in several nests (`beta[D]`, `x[N, D]`) has a box in
each: boxes that cross, as people draw them by hand, have no layout that is clear in every case.
Where a name has statements for several parts, its node stands in the deepest nest of them. A guide
and networks that only it calls are no part of the picture.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Literal

from genlang.check.model import Draw, Factor, Given, Loop, Model, Param, Require, Variable
from genlang.graph.reads import reads
from genlang.plan.notation import Notation
from genlang.plan.plan import Plan
from genlang.plan.plates import canonical
from genlang.plan.rewrite import target_of
from genlang.records import dataclass

Role = Literal[
    "data", "param", "net", "latent", "summed out", "observed", "partly observed", "let", "report",
    "generated", "factor",
]  # fmt: skip
LETTERS = dict(zip(
    ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
     "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi",
     "omega"),
    "αβγδεζηθικλμνξπρστυφχψω",
    strict=True,
))  # fmt: skip
Pairs = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Node:
    """A variable or a factor; `plate` is the innermost one that it stands in, by number."""

    name: str
    label: str
    role: Role
    plate: int | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """`target` reads `source`; `label` says which other cell it reads (`t-1`), "" its own."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Plate:
    """What is repeated: `n in N`; `parent` is the plate around it, by number, always earlier."""

    label: str
    parent: int | None


@dataclass(frozen=True, slots=True)
class Graph:
    """A model as a graph; nodes stand in the order of their declarations."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    plates: tuple[Plate, ...]

    def nest(self, plate: int | None) -> tuple[int, ...]:
        """A plate and those around it, outermost first."""
        if plate is None:
            return ()
        return (*self.nest(self.plates[plate].parent), plate)

    def inside(self, plate: int | None) -> tuple[int, ...]:
        """The plates directly within a plate, or within none."""
        return tuple(i for i, p in enumerate(self.plates) if p.parent == plate)


def graph(model: Model, plan: Plan, name: str = "", *, lets: bool = True) -> Graph:
    """Return the graph of a model; the plan tells what is summed out and what has missing cells.

    Without `lets`, what reads a `let` reads what the `let` does.
    """
    factors = {s: s.name or f"factor {i}" for i, s in enumerate(
        (s for s in model.statements if isinstance(s, Factor)), 1)}  # fmt: skip
    boxes = _Boxes(Notation({}))
    homes = _homes(model, boxes)
    taken = {v.name for v in model.variables} | {n.name for n in model.nets}
    called = {n for s in model.statements for n, _ in reads(s, boxes.notation)}
    nodes = [
        Node(n.name, _label(n.name, taken), "net", None, n.description)
        for n in model.nets if n in called
    ]  # fmt: skip
    nodes += [
        Node(v.name, _label(v.name, taken), _role(v, model, plan), homes[v], v.description)
        for v in model.variables
    ]
    nodes += [Node(n, s.name, "factor", homes[s]) for s, n in factors.items()]
    pairs: dict[tuple[str, str], tuple[str, ...]] = {}
    for statement in model.statements:
        target = target_of(statement)
        if isinstance(statement, Factor):
            reader = factors[statement]
        elif target is not None:
            reader = target.name
        else:
            continue
        for source, label in reads(statement, boxes.notation):
            _join(pairs, source.name, reader, (label,))
    if not lets:
        hidden = [n.name for n in nodes if n.role == "let"]
        pairs = _without(pairs, hidden)
        nodes = [n for n in nodes if n.role != "let"]
    edges = (Edge(*pair, ", ".join(filter(None, labels))) for pair, labels in pairs.items())
    found = Graph(name, tuple(nodes), tuple(edges), boxes.plates())
    return _tidy(found)


def _label(name: str, taken: set[str]) -> str:
    """A name as it is printed: `mu` is μ, unless another variable is called so."""
    letter = LETTERS.get(name, name)
    return name if letter in taken else letter


def _role(variable: Variable, model: Model, plan: Plan) -> Role:
    """What a variable is to the reader of a picture; the plan may have made it another one."""
    drawn = any(isinstance(s, Draw) and s.target is variable for s in model.statements)
    match variable.role:
        case "observed" | "data" | "let" if drawn:
            return "partly observed" if variable.name in plan.missing else "observed"
        case "latent" if variable.name in {z.name for z in plan.summed}:
            return "summed out"
        case "data" | "param" | "latent" | "let" | "report" | "generated" as role:
            return role
        case _:
            return "observed"


def _join(
    pairs: dict[tuple[str, str], tuple[str, ...]], source: str, target: str, labels: Iterable[str]
) -> None:
    """Add an edge, or labels to the edge that is there."""
    before = pairs.get((source, target), ())
    pairs[source, target] = tuple(dict.fromkeys((*before, *labels)))


def _without(pairs: Pairs, hidden: list[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Leave nodes out, one after the other: their readers read what they read."""
    found = dict(pairs)
    for name in hidden:
        into = {s: labels for (s, t), labels in found.items() if t == name and s != name}
        out = {t: labels for (s, t), labels in found.items() if s == name and t != name}
        found = {pair: labels for pair, labels in found.items() if name not in pair}
        for source, first in into.items():
            for target, second in out.items():
                # A lag on the way is a lag of the whole; without one the way is a plain read.
                lagged = [x for x in (*first, *second) if x] or [""]
                if source != target or lagged != [""]:
                    _join(found, source, target, lagged)
    return found


def _tidy(graph: Graph) -> Graph:
    """Leave out plates with nothing in them, and number the others anew."""
    used = sorted({p for n in graph.nodes for p in graph.nest(n.plate)})
    number: dict[int | None, int] = {p: i for i, p in enumerate(used)}
    plates = tuple(
        replace(graph.plates[p], parent=number.get(graph.plates[p].parent)) for p in used
    )
    nodes = tuple(replace(n, plate=number.get(n.plate)) for n in graph.nodes)
    return replace(graph, nodes=nodes, plates=plates)


# -- Plates -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Boxes:
    """The boxes so far, by the box around them and by what they run over and its weight."""

    notation: Notation
    boxes: dict[tuple[int | None, str, str], int] = field(default_factory=dict)
    parents: list[int | None] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=lambda: defaultdict(str))

    def box(self, loops: Iterable[Loop], *, known: bool) -> int | None:
        """The innermost box of a nest of loops.

        What follows from other values (`known`) has no density that a weight could multiply, so it
        stands in the box of a weighted loop as well as in that of a plain one.
        """
        here: int | None = None
        for loop in loops:
            over = self.notation.over(loop).split(" in ", 1)[1]
            weight = "" if loop.weight is None else self.notation.expr(loop.weight)
            key = (here, over, weight)
            if known and key not in self.boxes:
                key = next((k for k in self.boxes if k[:2] == (here, over)), key)
            if key not in self.boxes:
                self.boxes[key] = len(self.parents)
                self.parents.append(here)
            here = self.boxes[key]
            self.names[here] = self.names[here] or loop.name
        return here

    def plates(self) -> tuple[Plate, ...]:
        """All boxes with their labels."""
        found: list[Plate] = []
        for (parent, over, weight), box in self.boxes.items():
            name = f"{self.names[box]} in " if self.names[box] else ""
            found.append(Plate(f"{name}{over}" + (f" weight {weight}" if weight else ""), parent))
        return tuple(found)


def _homes(model: Model, boxes: _Boxes) -> dict[Variable | Factor, int | None]:
    """The innermost box of every variable and factor."""
    # The loops of a declaration of data are those of no statement; `param` is one that has them.
    data = [Param(v, None, v.loops) for v in model.variables if v.role == "data"]
    stated = [s for s in model.statements if not isinstance(s, Given | Require)]
    statements = (*stated, *data)
    plates = canonical(replace(model, statements=statements))
    nests: dict[Variable | Factor, tuple[Loop, ...]] = {}
    random = {s if isinstance(s, Factor) else s.target for s in stated
              if isinstance(s, Draw | Factor)}  # fmt: skip
    for statement in statements:
        key = statement if isinstance(statement, Factor) else statement.target
        nest = tuple(plates[loop] for loop in statement.loops)
        if key in random and not isinstance(statement, Draw | Factor):
            continue  # `data y[N]` with a distribution stands where that is given
        if key not in nests or len(nest) > len(nests[key]):
            nests[key] = nest
    # Random ones first: the others go into the boxes that these need.
    order = sorted(nests, key=lambda key: key not in random)
    return {key: boxes.box(nests[key], known=key not in random) for key in order}
