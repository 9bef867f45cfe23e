"""The statements of a program of Stan as lines of genlang.

What Stan declares with bounds and draws without them is a truncated distribution here: the same
where its arguments are known, and uncertain where they are not, since Stan does not renormalize.
"""

import re
from collections.abc import Iterable
from dataclasses import field, replace

from genlang.lang.distributions import DISTRIBUTIONS, Row
from genlang.pasted import stan_syntax as stan
from genlang.pasted.expression import Call, Name, Node, Number, Subscript, Unsure
from genlang.pasted.lines import Line, over
from genlang.pasted.stan_values import OWN, SQUARE, StanWriter, base_of, fancy
from genlang.pasted.writing import law, number
from genlang.records import dataclass

STRUCTURED = {"ordered": "ordered", "positive_ordered": "positive_ordered"}
CODED = ("categorical", "categorical_logit", "ordered_logistic", "ordered_probit")
UNKNOWN = ("parameters", "transformed parameters", "model")


@dataclass(slots=True)
class Program:
    """A program while it is written; `texts` are its lines here, `drawn` the names with a law."""

    blocks: dict[str, list[stan.Statement]]
    declared: dict[str, stan.Declared] = field(default_factory=dict)
    drawn: dict[str, int] = field(default_factory=dict)
    sizes: list[str] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    loops: list[tuple[str, str]] = field(default_factory=list)
    block: str = ""

    def survey(self) -> None:
        """Collect declarations, sizes, indices and draws."""
        every = list(nested(s for b in self.blocks.values() for s in b))
        for s in every:
            match s:
                case stan.Declared(name=name):
                    self.declared[name] = s
                case stan.Drawn(left=left) if base_of(left):
                    self.drawn[base_of(left)] = self.drawn.get(base_of(left), 0) + 1
                case stan.Added(value=Call(arguments=((_, first), *_))) if base_of(first):
                    self.drawn[base_of(first)] = self.drawn.get(base_of(first), 0) + 1
                case _:
                    continue
        used = [x for d in self.declared.values() for x in d.axes + d.own]
        used += [re.sub(r"\W.*", "", s.high.lstrip("(")) for s in every if isinstance(s, stan.Loop)]
        tops = {d.name: d.upper.name for d in self.declared.values()
                if d.kind == "int" and _one(d.lower) and isinstance(d.upper, Name)}  # fmt: skip
        for name, d in self.declared.items():
            plain = d.block == "data" and d.kind == "int" and not d.axes
            if plain and name in (*used, *tops.values()):
                self.sizes.append(name)
        self.codes = {n for n, top in tops.items() if top in self.sizes}

    def writer(self) -> StanWriter:
        """A writer for the place that is read."""
        return StanWriter(1, {i for i, _ in self.loops}, self.codes, set(self.sizes), self.declared)

    def lines(self, statements: Iterable[stan.Statement]) -> list[Line]:
        """The lines of statements; a declaration that another line makes has none."""
        found: list[Line] = []
        for s in statements:
            depth = len(self.loops)
            try:
                if isinstance(s, stan.Loop):
                    found += self.loop(s)
                    continue
                text = self.text(s)
            except (Unsure, LookupError):  # what lacks a part has no line
                found.append(Line(s.start, "", depth, "no certain line here"))
            else:
                found += [Line(s.start, text, depth)] if text else []
        return found

    def text(self, s: stan.Declared | stan.Drawn | stan.Assigned | stan.Added | stan.Other) -> str:
        """The line of one statement; raises Unsure."""
        match s:
            case stan.Declared():
                return self.declaration(s)
            case stan.Drawn():
                return self.spelt(s.left, s.law, s.arguments, s.low, s.high)
            case stan.Added():
                return self.added(s)
            case stan.Assigned():
                return self.assigned(s.left, s.value)
            case stan.Other():
                raise Unsure

    def loop(self, s: stan.Loop) -> list[Line]:
        """A loop over numbers as a loop over a dim."""
        if not (isinstance(s.low, Number) and s.low.text.isdigit()):
            raise Unsure
        text = over(s.index, int(s.low.text), s.high, 1)
        head = Line(s.start, text, len(self.loops), "" if text else "declare a dim for this loop")
        self.loops.append((s.index, s.high))
        body = self.lines(s.body)
        self.loops.pop()
        return [head, *body]

    def declaration(self, d: stan.Declared) -> str:
        """The line of a declaration: of a size, of data, of a parameter without a prior."""
        if self.declared[d.name] is not d:
            raise Unsure  # declared twice
        if d.value is not None:
            return self.assigned(Name(d.name), d.value)
        if d.block == "data":
            if d.name in self.sizes:
                return f"dim {d.name}"
            along = _dims(d.axes + d.own if d.kind in OWN else d.axes)
            return "" if d.name in self.drawn else f"data {d.name}{along}: {self.type(d)}"
        if d.block != "parameters" or d.name in self.drawn:
            return ""
        if d.kind == "simplex":
            return f"latent {d.name}{_dims(d.axes)} ~ Dirichlet(ones({d.own[0]}))"
        ends = self.ends(d.lower, d.upper)
        structure = f": {STRUCTURED[d.kind]}[{d.own[0]}]" if d.kind in STRUCTURED else ""
        if d.kind not in (*OWN, *STRUCTURED):
            raise Unsure
        dims = d.axes if structure else d.axes + d.own
        return f"latent {d.name}{_dims(dims)}{structure} ~ Flat({', '.join(ends)})"

    def ends(self, lower: Node | None, upper: Node | None) -> list[str]:
        """Bounds as arguments."""
        both = (("lower", lower), ("upper", upper))
        return [f"{n}={self.writer().write(e)}" for n, e in both if e is not None]

    def type(self, d: stan.Declared) -> str:
        """The type of data."""
        zero, one = _zero(d.lower), isinstance(d.upper, Number) and number(d.upper.text) == "1"
        if d.kind == "int" and d.name in self.codes and isinstance(d.upper, Name):
            return f"index({d.upper.name})"
        if d.kind in OWN:
            scalar = "int" if d.kind == "int" else "real"
            if zero and d.upper is None:
                scalar = "count" if d.kind == "int" else "nonneg"
            elif zero and one:
                scalar = "bool" if d.kind == "int" else "unit"
            elif d.lower is not None or d.upper is not None:
                scalar = f"{scalar}({', '.join(self.ends(d.lower, d.upper))})"
            return scalar
        kinds = {
            "cov_matrix": "cov", "corr_matrix": "corr",
            "cholesky_factor_corr": "cholesky_corr", "cholesky_factor_cov": "cholesky_cov",
        }  # fmt: skip
        return f"{kinds.get(d.kind, d.kind)}[{', '.join(d.own)}]"

    def added(self, s: stan.Added) -> str:
        """`target += normal_lpdf(y | mu, sigma)` is a draw, anything else a factor."""
        call = s.value
        if isinstance(call, Call) and (m := re.fullmatch(r"(\w+)_lu?p[dm]f", call.name)):
            values = tuple(value for _, value in call.arguments)
            return self.spelt(values[0], m.group(1), values[1:], None, None)
        writer = self.writer()
        if writer.shape(s.value):
            raise Unsure
        return f"factor {writer.write(s.value)}"

    def spelt(
        self,
        left: Node,
        name: str,
        arguments: tuple[Node, ...],
        low: Node | None,
        high: Node | None,
    ) -> str:
        """A latent or observed line; raises Unsure."""
        if isinstance(left, Call) and left.name == "to_vector":
            left = left.arguments[0][1]
        base = base_of(left)
        d = self.declared.get(base)
        if d is None or d.block not in ("data", "parameters") or self.drawn[base] > 1:
            raise Unsure
        if d.block == "parameters" and base in stan.names(arguments):
            raise Unsure
        writer, each = self.each(left, arguments)
        texts = [writer.write(a) for a in arguments]
        spelling = law(name, texts, d.own[0] if d.own else "")
        row = DISTRIBUTIONS[spelling.partition("(")[0]]
        ends = self.truncation(d, row, spelling, arguments, (low, high))
        spelling = f"{spelling[:-1]}, {', '.join(ends)})" if ends else spelling
        word = "latent" if d.block == "parameters" else "observed"
        kind = ""
        if name in CODED:
            # Stan's values count from 1: as elements of a dim they are known by either count.
            if base not in self.codes or not isinstance(d.upper, Name):
                raise Unsure
            kind = f": index({d.upper.name})"
        return f"{word} {self.target(left, d, row, each)}{kind} ~ {spelling}"

    def each(self, left: Node, values: tuple[Node, ...]) -> tuple[StanWriter, str]:
        """The writer of a statement, and its index where it is written as a loop over a dim."""
        writer = self.writer()
        if not any(fancy(v, writer) for v in values):
            return writer, ""
        dims = writer.axes(base_of(left))[1]
        if not isinstance(left, Name) or len(dims) != 1:
            raise Unsure
        taken = {*self.declared, *(i for i, _ in self.loops)}
        index = next((i for i in (dims[0][0].lower(), "i", "k") if i not in taken), "")
        if not index:
            raise Unsure
        return replace(writer, each=(dims[0], index)), f"{index} in {dims[0]}"

    def truncation(
        self, d: stan.Declared, row: Row, spelling: str, arguments: tuple[Node, ...],
        cut: tuple[Node | None, Node | None],
    ) -> list[str]:  # fmt: skip
        """The bounds of a declaration or of `T[,]` as arguments of the distribution."""
        bounds = self.ends(d.lower, d.upper) if d.block == "parameters" else []
        written = self.ends(*cut)
        if written:
            if bounds and bounds != written:
                raise Unsure
            return written
        inside = {"positive": ["lower=0"], "unit": ["lower=0", "upper=1"]}.get(row.kind, [])
        ends = re.findall(r"Uniform\((.*), (.*)\)", spelling)
        if row.name == "Uniform" and ends:
            inside = [f"lower={ends[0][0]}", f"upper={ends[0][1]}"]
        if not bounds or bounds == inside or (row.kind == "unit" and bounds == ["lower=0"]):
            return []
        unknown = {n for n, x in self.declared.items() if x.block in UNKNOWN}
        if not row.truncates or stan.names(arguments) & unknown:
            raise Unsure
        return bounds

    def target(self, left: Node, d: stan.Declared, row: Row, each: str) -> str:
        """A declared name with its subscripts and, for an ordered vector, its type."""
        structure = STRUCTURED.get(d.kind, "") if not row.rank else ""
        event = 2 if d.kind in SQUARE else 1 if row.rank or structure else 0
        if d.kind in ("simplex", "unit_vector") and not row.rank:
            raise Unsure
        dims = list(d.axes + d.own)[: len(d.axes + d.own) - min(event, len(d.own))]
        if row.rank and not d.own:
            dims = list(d.axes)[:-1]
        subs: list[str] = [each] if each else list(dims)
        if isinstance(left, Subscript):
            names = [s.name for s in left.subscripts if isinstance(s, Name)]
            if len(names) != len(left.subscripts) or any(n not in dict(self.loops) for n in names):
                raise Unsure
            subs = [*names, *dims[len(names) :]]
        elif self.loops:
            raise Unsure
        kind = f": {structure}[{d.own[0]}]" if structure else ""
        return d.name + (f"[{', '.join(subs)}]" if subs else "") + kind

    def assigned(self, left: Node, value: Node) -> str:
        """`let`; after inference `report`, or `generated` where it is drawn."""
        base = base_of(left)
        after = self.block == "generated quantities"
        if after and isinstance(value, Call) and value.name.endswith("_rng"):
            texts = [self.writer().write(a) for _, a in value.arguments]
            spelling = law(value.name.removesuffix("_rng"), texts)
            return f"generated {self.made(left)} ~ {spelling}"
        writer, each = self.each(left, (value,))
        word = "report" if after else "let"
        if base in stan.names(value):
            raise Unsure
        name = f"{base}[{each}]" if each else self.made(left, whole=True)
        return f"{word} {name} = {writer.write(value)}"

    def made(self, left: Node, *, whole: bool = False) -> str:
        """A name that is assigned, with its subscripts; a whole array needs none in a `let`."""
        d = self.declared.get(base_of(left))
        if d is None or d.block == "parameters":
            raise Unsure
        if isinstance(left, Subscript):
            names = [s.name for s in left.subscripts if isinstance(s, Name)]
            if len(names) != len(left.subscripts) or any(n not in dict(self.loops) for n in names):
                raise Unsure
            return f"{d.name}[{', '.join(names)}]"
        return d.name if whole else d.name + _dims(d.axes + d.own)


def nested(statements: Iterable[stan.Statement]) -> Iterable[stan.Statement]:
    """Yield statements and those in their loops."""
    for s in statements:
        yield s
        if isinstance(s, stan.Loop):
            yield from nested(s.body)


def _dims(dims: tuple[str, ...]) -> str:
    return f"[{', '.join(dims)}]" if dims else ""


def _zero(node: Node | None) -> bool:
    return isinstance(node, Number) and number(node.text) == "0"


def _one(node: Node | None) -> bool:
    return isinstance(node, Number) and number(node.text) == "1"
