"""Random model texts with finite discrete latents, their data and values, for hypothesis.

A program is one to three blocks of loops that draw latents and observe them. Each block shows one
feature (`FEATURES`), and every statement reads a few of the latents in sight: in its own loops,
global, through a data index, or over a whole array. `tags` says what a program shows.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

BITS = 16.0  # log2 of the most joint states
LATENTS = 8
FEATURES = ("nest", "index", "global", "profile", "weight", "part", "ragged", "change", "count",
            "total")  # fmt: skip
NUMBERS = ("0.3", "0.5", "0.8", "1.1", "1.7")

Draw = Callable[[st.SearchStrategy[Any]], Any]
Env = dict["Loop", int]


def each(
    strategy: st.SearchStrategy[Any], count: int, start: int, check: Callable[[Any], None]
) -> None:
    """Check so many random programs: the same ones each time, as long as no code changes.

    Hypothesis takes constants from the code under test, so an edit anywhere tries others.
    """

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(strategy)
    def one(structure: Any) -> None:
        check(structure)

    one()


@dataclass(frozen=True, slots=True)
class Structure:
    """A model text with all that its density needs."""

    text: str
    data: dict[str, Any]
    values: dict[str, Any]
    sizes: dict[str, Any]
    tags: frozenset[str]
    transitions: tuple["Transition", ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """A table with uniform priors that one latent alone reads, by its lag on an axis or a parent.

    `axis` is the loop along which the element before stands; None where `parent` names the data
    with the parents of a tree.
    """

    table: str
    latent: str
    axis: int | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """`for index in dim[part]`; `start`, `stop` give its range, `of` the loop of a ragged dim."""

    dim: str
    index: str
    over: str
    start: Callable[[Env], int] = lambda env: 0
    stop: Callable[[Env], int] | None = None
    of: "Loop | None" = None
    full: bool = True
    weight: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Latent:
    """A discrete latent: `kind` is bool, count or index (of `dim`); `states` of one cell."""

    name: str
    loops: tuple[Loop, ...]
    kind: str
    dim: str
    states: int


@dataclass(frozen=True, slots=True)
class Read:
    """An expression that reads a latent's cell."""

    text: str
    latent: Latent


@dataclass(slots=True)
class Program:
    """What is written so far."""

    draw: Draw
    random: np.random.Generator
    sizes: dict[str, Any]
    zeros: bool
    header: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    latents: list[Latent] = field(default_factory=list)
    unread: list[Latent] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    bits: float = 0.0
    most: float = BITS
    names: int = 0
    plain: bool = False  # no `let` may be written: the expression reads a lag
    transitions: list[Transition] = field(default_factory=list)

    # -- Small choices --

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) < percent)

    def name(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def dim(self, name: str) -> str:
        if name == "T":
            self.dim("S")
        if name not in self.used:
            self.used.append(name)
        return name

    def line(self, loops: tuple[Loop, ...], text: str) -> None:
        self.body.append("    " * len(loops) + text)

    # -- Loops --

    def positions(self, loop: Loop, env: Env) -> range:
        size = self.sizes[loop.dim]
        size = size if loop.of is None else size[env[loop.of]]
        return range(loop.start(env), size if loop.stop is None else min(size, loop.stop(env)))

    def cells(self, loops: tuple[Loop, ...], env: Env | None = None) -> int:
        env = env or {}
        if not loops:
            return 1
        rest = loops[1:]
        return sum(self.cells(rest, {**env, loops[0]: k}) for k in self.positions(loops[0], env))

    def enter(self, loops: tuple[Loop, ...], loop: Loop) -> tuple[Loop, ...]:
        weight = f" weight {loop.weight}[{loop.index}]" if loop.weight else ""
        self.line(loops, f"for {loop.index} in {loop.over}{weight}:")
        return (*loops, loop)

    def whole(self, dim: str, taken: tuple[Loop, ...], weight: str = "") -> Loop:
        self.dim(dim)
        index = dim.lower()
        while index in {loop.index for loop in taken}:
            index += "_"
        return Loop(dim, index, dim, weight=weight)

    def part(self, dim: str, taken: tuple[Loop, ...]) -> Loop:
        """Return a loop over a part: from 1, up to 2, or up to the index of an outer loop."""
        loop, size = self.whole(dim, taken), self.sizes[dim]
        outer = [o for o in taken if o.dim == dim and o.of is None]
        self.tags.add("part")
        if outer and self.chance(70):
            last = outer[-1]
            over = f"{dim}[:{last.index}]"
            return Loop(dim, loop.index, over, stop=lambda env: env[last], full=False)
        if size >= 2 and self.chance(50):
            return Loop(dim, loop.index, f"{dim}[:2]", stop=lambda env: 2, full=False)
        if size >= 1:
            return Loop(dim, loop.index, f"{dim}[1:]", start=lambda env: 1, full=False)
        return loop

    # -- Data --

    def table(self, cell: str, loops: tuple[Loop, ...], make: Callable[[], Any], stem: str) -> str:
        """Declare data over whole dims of plain or ragged loops and return its name."""
        name = self.name(stem)
        ragged = any(loop.of for loop in loops)
        axes = [f"{o.index} in {o.over}" if ragged else o.dim for o in loops]
        self.header.append(f"data {name}{_brackets(axes)}: {cell}")
        self.data[name] = self.fill(loops, make)
        return name

    def fill(self, loops: tuple[Loop, ...], make: Callable[[], Any], env: Env | None = None) -> Any:
        """Return nested lists over the whole dims of the loops."""
        env = env or {}
        if not loops:
            return make()
        size = self.sizes[loops[0].dim]
        size = size if loops[0].of is None else size[env[loops[0].of]]
        return [self.fill(loops[1:], make, {**env, loops[0]: k}) for k in range(size)]

    def nested(self, dims: list[str], make: Callable[[], Any]) -> Any:
        if not dims:
            return make()
        return [self.nested(dims[1:], make) for _ in range(self.sizes[dims[0]])]

    def unit(self) -> float:
        if self.zeros and self.random.random() < 0.3:
            return float(self.random.integers(2))
        return round(float(self.random.uniform(0.1, 0.9)), 3)

    def simplex(self, size: int) -> list[float]:
        weights = self.random.uniform(0.2, 1.0, size)
        if self.zeros and size > 1 and self.random.random() < 0.6:
            weights[self.random.integers(size)] = 0.0
        return [float(w) for w in weights / weights.sum()]

    def real(self) -> float:
        return round(float(self.random.normal()), 3)

    # -- Reads --

    def visible(self, loops: tuple[Loop, ...], index: bool = True) -> list[Read]:
        """Return one read of each latent whose cells exist here."""
        reads = []
        for latent in self.latents:
            text = self.reach(latent, loops, index)
            if text is not None:
                reads.append(Read(text, latent))
        return reads

    def reach(self, latent: Latent, loops: tuple[Loop, ...], index: bool) -> str | None:
        name, own = latent.name, latent.loops
        if latent.kind == "hidden":
            return None
        if own == loops[: len(own)]:
            return name + _brackets([o.index for o in own])
        if len(own) != 1 or not own[0].full or own[0].of or own[0].weight or not index:
            return None
        same = [o for o in loops if o.dim == own[0].dim and not o.of]
        if same and self.chance(50):
            return f"{name}[{same[-1].index}]"
        plain = [o for o in loops if not o.of]
        if not plain or self.sizes[own[0].dim] == 0:
            return None
        self.tags.add("index")
        size = self.sizes[own[0].dim]
        last = plain[-1]
        make = lambda: int(self.random.integers(size))  # noqa: E731
        of = self.table(f"index({own[0].dim})", (last,), make, "of")
        return f"{name}[{of}[{last.index}]]"

    def choose(self, loops: tuple[Loop, ...], must: list[Read]) -> list[Read]:
        """Return up to three reads, those of `must` first."""
        chosen = list(must)
        if self.chance(65):
            others = [r for r in self.visible(loops) if r.latent not in {m.latent for m in must}]
            if others:
                chosen.append(self.pick(others))
        chosen = chosen[:3]
        for read in chosen:
            if read.latent in self.unread:
                self.unread.remove(read.latent)
        if len({len(r.latent.loops) for r in chosen if r.latent.loops}) > 1:
            self.tags.add("nested-factor")
        if any(not r.latent.loops for r in chosen) and loops:
            self.tags.add("global")
        return chosen

    # -- Expressions --

    def score(self, reads: list[Read], loops: tuple[Loop, ...]) -> str:
        """Return a real expression of the reads: arithmetic, a comparison, `if`, a `let`."""
        if not reads:
            return str(self.pick(NUMBERS))
        terms = [self.term(read) for read in reads]
        if len(reads) > 1 and self.chance(25):
            self.tags.add("product")
            terms = [" * ".join(read.text for read in reads)]
        text = f"{self.pick(NUMBERS)}" + "".join(f" {self.pick('+-')} {term}" for term in terms)
        if not self.plain and self.chance(25):
            self.tags.add("let")
            name = self.name("e")
            full = self.chance(50)
            self.line(
                loops, f"let {name}{_brackets([o.index for o in loops] if full else [])} = {text}"
            )
            return name + _brackets([o.index for o in loops] if full else [])
        return text

    def term(self, read: Read) -> str:
        number = self.pick(NUMBERS)
        match self.pick(("times", "if", "compare", "times")):
            case "if":
                self.tags.add("if")
                return f"({number} if {self.condition(read)} else {self.pick(NUMBERS)})"
            case "compare":
                self.tags.add("compare")
                return f"{number} * ({self.condition(read)})"
            case _:
                self.tags.add("arithmetic")
                return f"{number} * {read.text}"

    def condition(self, read: Read) -> str:
        if read.latent.kind == "bool" and self.chance(50):
            return f"{self.pick(('', 'not '))}{read.text}"
        return f"{read.text} {self.pick(('==', '!=', '<', '>='))} {self.pick((0, 1))}"

    def axes(self, reads: list[Read]) -> list[str] | None:
        """Return the dims that a table over the reads would have, or None."""
        dims = {"bool": "B", "index": ""}
        if not reads or any(r.latent.kind not in dims for r in reads):
            return None
        return [self.dim(dims[r.latent.kind] or r.latent.dim) for r in reads]

    def lookup(self, reads: list[Read], cell: str, make: Callable[[], Any]) -> str | None:
        """Return `table[reads]` over the reads' dims, or None where one has no dim."""
        axes = self.axes(reads)
        if axes is None:
            return None
        self.tags.add("table")
        name = self.name("p")
        # A table of unknowns: its prior is a density of given values.
        priors = {"real": "Normal(0, 2)", "unit": "Beta(2, 2)"}
        if cell in priors and not self.zeros and self.chance(50):
            self.header.append(f"latent {name}{_brackets(axes)} ~ {priors[cell]}")
            self.values[name] = self.nested(axes, make)
        else:
            self.header.append(f"data {name}{_brackets(axes)}: {cell}")
            self.data[name] = self.nested(axes, make)
        return name + _brackets([r.text for r in reads])

    def probability(self, reads: list[Read], loops: tuple[Loop, ...]) -> str:
        found = self.lookup(reads, "unit", self.unit) if self.chance(60) else None
        if found is not None:
            return found
        if not reads:
            return str(self.table("unit", (), self.unit, "p"))
        return f"sigmoid({self.score(reads, loops)})"

    def shares(self, reads: list[Read], dim: str) -> str:
        """Return a simplex over a dim: a row of a table, or a softmax."""

        def make() -> object:
            return self.simplex(self.sizes[dim])

        found = self.lookup(reads, f"simplex[{dim}]", make)
        if found is not None:
            return found
        if not reads:
            if not self.zeros and self.chance(30):
                name = self.name("p")
                self.header.append(f"latent {name} ~ Dirichlet(ones({dim}))")
                self.values[name] = make()
                return name
            return str(self.table(f"simplex[{dim}]", (), make, "p"))
        base = self.table(f"real[{dim}]", (), lambda: self.nested([dim], self.real), "b")
        index = dim.lower() + "0"
        return f"softmax([{base}[{index}] * ({self.score(reads, loops=())}) for {index} in {dim}])"

    # -- Statements --

    def afford(self, bits: float) -> bool:
        """Take so many bits of joint states from the budget, if it has them."""
        if self.bits + bits > self.most or len(self.latents) >= LATENTS:
            return False
        self.bits += bits
        return True

    def latent(self, loops: tuple[Loop, ...], kind: str = "") -> Latent | None:
        """Draw a latent with parents in sight, where the budget of states allows."""
        kind = kind or self.pick(("bool", "index", "bool", "int", "count"))
        dim = self.dim(self.pick("KL")) if kind == "index" else ""
        sure = self.visible(loops, index=False) if kind == "count" and self.chance(40) else []
        sure = [r for r in sure if r.latent.states <= 3][:2]
        states = {"bool": 2, "int": 3, "count": 3}.get(kind) or int(self.sizes[dim])
        if sure:
            states = sum(r.latent.states - 1 for r in sure) + 1
        bits = self.cells(loops) * math.log2(states)
        if not self.afford(bits):
            return None
        reads = self.choose(loops, []) if self.latents else []
        if kind == "index" and self.axes(reads) is None:
            reads = []
        name = self.name("z")
        match kind:
            case "bool":
                law = f"Bernoulli({self.probability(reads, loops)})"
            case "index":
                law = f"Categorical({self.shares(reads, dim)})"
            case "int":
                law = "DiscreteUniform(0, 2)"
            case _ if sure:
                law = f"Delta({' + '.join(r.text for r in sure)})"
                self.tags.add("Delta")
            case _:
                parents = [r for r in self.visible(loops, index=False) if r.latent.kind == "count"]
                total = parents[0].text if parents and self.chance(60) else "2"
                law = f"Binomial({total}, {self.probability([], loops)})"
        self.line(loops, f"latent {name}{_brackets([o.index for o in loops])} ~ {law}")
        latent = Latent(name, loops, kind, dim, states)
        self.latents.append(latent)
        self.unread.append(latent)
        return latent

    def observe(self, loops: tuple[Loop, ...], must: list[Read]) -> None:
        """Observe something that depends on `must` and perhaps on more."""
        reads = self.choose(loops, must)
        name = self.name("y")
        kind = self.pick(("Normal", "Bernoulli", "Poisson", "Categorical", "Choice", "factor"))
        if kind == "factor":
            self.tags.add("factor")
            self.line(loops, f"factor {self.score(reads, loops)}")
            return
        law, make = self.law(kind, reads, loops)
        self.line(loops, f"observed {name}{_brackets([o.index for o in loops])} ~ {law}")
        self.data[name] = self.fill(loops, make)

    def law(
        self, kind: str, reads: list[Read], loops: tuple[Loop, ...]
    ) -> tuple[str, Callable[[], Any]]:
        """Return a distribution of something observed, and what makes its values."""
        match kind:
            case "Normal":
                found = self.lookup(reads, "real", self.real) if self.chance(50) else None
                law = f"Normal({found or self.score(reads, loops)}, {self.pick(NUMBERS)})"
                return law, self.real
            case "Bernoulli":
                law = f"Bernoulli({self.probability(reads, loops)})"
                return law, lambda: bool(self.random.integers(2))
            case "Categorical" if self.axes(reads) is not None:
                dim = self.dim(self.pick("KL"))
                law = f"Categorical({self.shares(reads, dim)})"
                return law, lambda: int(self.random.integers(self.sizes[dim]))
            case "Choice" if reads:
                self.tags |= {"if", "zeros"}
                rate = f"exp({self.score(reads[1:], loops)})" if reads[1:] else self.pick(NUMBERS)
                law = f"Poisson(0 if {self.condition(reads[0])} else {rate})"
            case _:
                law = f"Poisson(exp({self.score(reads, loops)} - 1))"
        return law, lambda: int(self.random.poisson(1.0))

    def settle(self, loops: tuple[Loop, ...]) -> None:
        """Observe each latent of these loops that nothing has read."""
        for latent in list(self.unread):
            if latent.loops == loops and latent in self.unread:
                self.observe(
                    loops, [Read(latent.name + _brackets([o.index for o in loops]), latent)]
                )

    def plate(self, loops: tuple[Loop, ...], depth: int) -> None:
        """Write the body of a loop: latents, a nested loop, observations."""
        before = len(self.body)
        for _ in range(self.pick((1, 1, 2))):
            self.latent(loops)
        if depth > 0:
            dim = self.pick("NM")
            nested = self.part(dim, loops) if self.chance(35) else self.whole(dim, loops)
            if self.cells((*loops, nested)) <= 12:
                self.plate(self.enter(loops, nested), depth - 1)
        self.settle(loops)
        if len(self.body) == before or self.chance(40):
            self.observe(loops, [])

    # -- Blocks --

    def block(self, feature: str) -> None:
        match feature:
            case "nest":
                self.plate(self.enter((), self.whole(self.pick("NM"), ())), self.pick((1, 2)))
            case "part":
                self.plate(self.enter((), self.part(self.pick("NM"), ())), self.pick((0, 1)))
            case "global":
                self.latent(())
                self.plate(self.enter((), self.whole(self.pick("NM"), ())), self.pick((0, 1)))
            case "index":
                self.indexed()
            case "profile":
                self.profile()
            case "weight":
                self.weighted()
            case "ragged":
                self.ragged()
            case "change":
                self.change()
            case "total":
                self.total()
            case _:
                loops = self.enter((), self.whole(self.pick("NM"), ()))
                self.latent(loops, "count")
                self.latent(loops, "count")
                self.plate(loops, 0)
        if self.latents:
            self.tags.add(feature)

    def indexed(self) -> None:
        """Write latents of one loop that rows of another reach by a data index."""
        items = self.enter((), self.whole("J", ()))
        if self.latent(items) is None:
            self.observe(items, [])
        rows = self.enter((), self.whole(self.pick("NM"), ()))
        self.latent(rows)
        reads = [r for r in self.visible(rows) if r.latent.loops == items]
        self.observe(rows, reads)
        self.settle(rows)
        # Only where a row cannot reach it (no element): an observation of its own.
        left = [z for z in self.unread if z.loops == items]
        for latent in left:
            again = self.enter((), self.whole("J", ()))
            self.observe(again, [Read(f"{latent.name}[{again[-1].index}]", latent)])

    def profile(self) -> None:
        """Write an array of latents that a statement outside its loop couples."""
        loops = self.enter((), self.whole("J", ()))
        latent = self.latent(loops)
        if latent is None:
            self.observe(loops, [])
            return
        if self.chance(40):
            self.observe(loops, [Read(f"{latent.name}[{loops[0].index}]", latent)])
        one = latent.name
        texts = [f"sum({one}[j0] for j0 in J)", f"{one}[0] + {one}[1]", f"{one}[0] * {one}[1]"]
        texts = texts if self.sizes["J"] >= 2 else texts[:1]
        texts += [f"sum({one}[j0] for j0 in J if j0 > 0)"]
        read = Read(f"({self.pick(texts)})", Latent(one, (), "count", "", 0))
        outside = () if self.chance(50) else self.enter((), self.whole(self.pick("NM"), ()))
        self.observe(outside, [read])
        self.unread = [z for z in self.unread if z is not latent]

    def weighted(self) -> None:
        """Write a weighted loop, perhaps inside another loop."""
        dim = self.dim(self.pick("NM"))
        make = lambda: float(self.pick((0.5, 1.0, 2.0, 3.0)))  # noqa: E731
        weight = self.table("nonneg", (Loop(dim, "", dim),), make, "w")
        outer: tuple[Loop, ...] = ()
        if self.chance(40):
            outer = self.enter((), self.whole("J", ()))
            self.latent(outer)
        inner = self.enter(outer, self.whole(dim, outer, weight))
        self.latent(inner)
        self.settle(inner)
        self.observe(inner, [])
        self.settle(outer)

    def ragged(self) -> None:
        outer = self.enter((), self.whole("S", ()))
        self.latent(outer)
        self.dim("T")
        inner = self.enter(outer, Loop("T", "t", "T[s]", of=outer[0]))
        self.latent(inner)
        self.settle(inner)
        self.observe(inner, [])
        self.settle(outer)

    def total(self) -> None:
        """Write an array whose cells an outer statement reads only together."""
        outer: tuple[Loop, ...] = ()
        if self.chance(70):
            outer = self.enter((), self.whole("S", ()))
            if self.chance(50):
                self.latent(outer)
        ragged = bool(outer) and self.chance(50)
        loop = self.whole(self.pick("NJ"), outer)
        if ragged:
            self.dim("T")
            loop = Loop("T", "t", "T[s]", of=outer[0])
        elif self.chance(30):
            loop = self.part(loop.dim, outer)
        inner = self.enter(outer, loop)
        cells = [z for z in (self.latent(inner), self.latent(inner)) if z is not None]
        cells = [z for z in cells if z.loops == inner][: 1 if self.chance(70) else 2]
        if not cells:
            self.observe(inner, [])
            self.settle(outer)
            return
        if self.chance(40):
            self.settle(inner)
        self.unread = [z for z in self.unread if z not in cells]
        subs = _brackets([*(o.index for o in outer), "k"])
        first = f"{cells[0].name}{subs}"
        whole, part = first, f"{first} {self.pick(('==', '!=', '>='))} {self.pick((0, 1))}"
        if len(cells) > 1:
            whole = f"{first} * {cells[1].name}{subs}"
            part = f"{part} {self.pick(('and', 'or'))} {cells[1].name}{subs} == 1"
        elif self.chance(40):
            scale = self.table("int", inner, lambda: int(self.random.integers(-2, 3)), "a")
            whole = f"{scale}{subs} * {first}"
        function = self.pick(("sum", "sum", "sum", "any", "all", "count", "max", "min"))
        sizes = [len(self.positions(loop, env)) for env in self.envs(outer)]
        if function in ("max", "min") and (0 in sizes or not sizes):
            function = "any"
        text = {
            "any": f"any({part} for k in {loop.over})",
            "all": f"all({part} for k in {loop.over})",
            "count": f"sum(1 for k in {loop.over} if {part})",
        }.get(function, f"{function}({whole} for k in {loop.over})")
        self.tags.add("total")
        again = self.enter((), self.whole("S", ())) if outer else ()
        self.observe(again, [Read(f"({text})", Latent(first, (), "count", "", 0))])
        self.settle(outer)

    def envs(self, loops: tuple[Loop, ...]) -> list[Env]:
        """The indices of all iterations of some loops."""
        found: list[Env] = [{}]
        for loop in loops:
            found = [{**env, loop: k} for env in found for k in self.positions(loop, env)]
        return found

    def change(self) -> None:
        """Write a change point: a position of a dim, compared with the loop's index."""
        dim = self.pick("NM")
        size = self.sizes[dim]
        if size == 0 or not self.afford(math.log2(size)):
            self.block("nest")
            return
        name = self.name("c")
        loop = self.whole(dim, ())
        self.line((), f"latent {name} ~ DiscreteUniform({dim})")
        # Read only in comparisons with indices of its own dim, so it is not put in sight.
        loops = self.enter((), loop)
        reads = self.choose(loops, [])
        mean = f"({self.score(reads, loops)} if {loop.index} < {name} else {self.pick(NUMBERS)})"
        observed = self.name("y")
        self.line(loops, f"observed {observed}[{loop.index}] ~ Normal({mean}, 0.9)")
        self.data[observed] = self.fill(loops, self.real)
        self.latents.append(Latent(name, loops, "hidden", dim, size))
        self.tags |= {"if", "compare"}


def _brackets(parts: list[str]) -> str:
    return f"[{', '.join(parts)}]" if parts else ""


@st.composite
def dim_sizes(draw: Draw) -> tuple[dict[str, Any], str]:
    """Draw the sizes of all dims: all equal, all different, or free with 0 and 1."""
    mode = draw(st.sampled_from(("equal", "different", "free")))
    if mode == "equal":
        size = draw(st.sampled_from((2, 2, 3)))
        return {**dict.fromkeys("NMSJKL", size), "T": [size] * size, "B": 2}, mode
    if mode == "different":
        n, m, s, j = draw(st.permutations((1, 2, 3, 4)))
        sizes = {"N": n, "M": m, "S": s, "J": j, "K": 5, "L": 6}
    else:
        plates = st.sampled_from((0, 1, 1, 2, 3, 4))
        sizes = {name: draw(plates) for name in "NMSJ"}
        sizes |= {name: draw(st.sampled_from((1, 2, 3))) for name in "KL"}
    lengths = [draw(st.integers(0, 3)) for _ in range(sizes["S"])]
    return {**sizes, "T": lengths, "B": 2}, mode


@st.composite
def structures(draw: Draw, features: tuple[str, ...] = FEATURES) -> Structure:
    """Draw a program of one to three blocks, the first of one of `features`."""
    sizes, mode = draw(dim_sizes())
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    program = Program(draw, random, sizes, zeros=draw(st.integers(0, 3)) == 0)
    program.tags.add(mode)
    program.block(draw(st.sampled_from(features)))
    for _ in range(draw(st.integers(0, 2))):
        program.block(draw(st.sampled_from(FEATURES)))
    return finished(program)


def finished(program: Program) -> Structure:
    """Observe what nothing has read, and write the text."""
    program.settle(())
    if program.zeros:
        program.tags.add("zeros")
    used = {k: v for k, v in program.sizes.items() if k in program.used}
    for size in used.values():
        program.tags |= {f"size-{n}" for n in ([size] if isinstance(size, int) else size) if n < 2}
    # K, L and B are written in the text, so that bounds are known to the compiler.
    dims = [f"{d} = {used[d]}" if d in "KLB" else f"{d}[S]" if d == "T" else d for d in used]
    dims.sort(key=lambda text: text == "T[S]")
    text = f"dim {', '.join(dims)}\n" if dims else ""
    text += "\n".join((*program.header, *program.body)) + "\n"
    return Structure(text, program.data, program.values, used, frozenset(program.tags),
                     tuple(program.transitions))  # fmt: skip
