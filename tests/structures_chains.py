"""Random model texts with chains and trees, for hypothesis: blocks beside those of `structures`.

A block is one chain: loops outside and inside its own, a part of a dim, an order, a kind of state,
and around it whatever a model may hang on a chain. Its feature is there for sure, others by chance.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.structures import (
    FEATURES,
    NUMBERS,
    Draw,
    Env,
    Latent,
    Loop,
    Program,
    Read,
    Structure,
    Transition,
    finished,
)

CHAINS = (
    "one", "two", "tree", "coupled", "later latent", "later observed", "step-local", "mixture",
    "rows", "outer lag", "lagged let", "observed then", "continuous", "recursion", "neighbours",
    "ends", "counts", "lag factor", "absorbing", "impossible", "part of a dim",
    "row start",
)  # fmt: skip
EXTRAS = ("step-local", "lagged let", "observed then", "recursion", "neighbours", "lag factor")
BITS = 12.0  # log2 of the most joint states


@st.composite
def chain_sizes(draw: Draw) -> tuple[dict[str, Any], str]:
    """Draw the sizes of all dims: all equal, all different, or free with 0 and 1."""
    mode = draw(st.sampled_from(("equal", "different", "free", "free")))
    if mode == "equal":
        size = draw(st.sampled_from((2, 2, 3)))
        return {**dict.fromkeys("NMSUJKLVR", size), "T": [size] * size, "B": 2}, mode
    if mode == "different":
        s, u, k = draw(st.permutations((2, 3, 4)))
        sizes = {"S": s, "U": u, "K": k, "N": 1, "V": 5, "M": 6, "J": 7, "L": 8, "R": 9}
    else:
        plates = st.sampled_from((0, 1, 1, 2, 3))
        sizes = {name: draw(plates) for name in "NMSJR"}
        sizes |= {name: draw(st.sampled_from((1, 2, 2, 3))) for name in "KL"}
        sizes |= {name: draw(st.sampled_from((0, 1, 2, 3, 4, 5))) for name in "UV"}
    lengths = [draw(st.integers(0, 4)) for _ in range(sizes["S"])]
    return {**sizes, "T": lengths, "B": 2}, mode


@st.composite
def chain_structures(draw: Draw, features: tuple[str, ...] = CHAINS) -> Structure:
    """Draw a program of one or two blocks, the first a chain that shows one of `features`."""
    sizes, mode = draw(chain_sizes())
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    program = Program(draw, random, sizes, zeros=draw(st.integers(0, 3)) == 0, most=BITS)
    program.tags.add(mode)
    Block(program, draw(st.sampled_from(features))).write()
    if draw(st.integers(0, 3)) == 0:
        Block(program, draw(st.sampled_from(features))).write()
    if draw(st.integers(0, 3)) == 0:
        program.block(draw(st.sampled_from(FEATURES)))
    return finished(program)


@dataclass(slots=True)
class Block:
    """One chain: `outer` loops, those and the chain's as `loops`, `time` the one it runs along."""

    p: Program
    feature: str
    outer: tuple[Loop, ...] = ()
    loops: tuple[Loop, ...] = ()
    time: Loop = field(default_factory=lambda: Loop("", "", ""))
    extras: set[str] = field(default_factory=set)
    recursions: list[str] = field(default_factory=list)
    ahead: Latent | None = None  # a chain declared below the statement that reads its lag
    seen: str = ""  # an observed name declared below the statement that reads its lag

    def has(self, feature: str) -> bool:
        """Whether the block shows a feature, which counts as shown then."""
        if feature == self.feature or feature in self.extras:
            self.p.tags.add(feature)
            return True
        return False

    def at(self, name: str, by: int = 0) -> str:
        """A cell of an array over the block's loops, `by` elements back."""
        subs = [f"{o.index}-{by}" if by and o is self.time else o.index for o in self.loops]
        return f"{name}[{', '.join(subs)}]"

    def read(self, latent: Latent, by: int = 0) -> Read:
        return Read(self.at(latent.name, by), latent)

    # -- The block

    def write(self) -> None:
        p = self.p
        self.extras = {e for e in EXTRAS if p.chance(12)}
        if self.feature == "tree":
            self.tree()
            return
        outside = self.outside()
        self.loops = self.enter()
        before = self.local(outside) if self.has("step-local") and p.chance(50) else []
        self.seen = p.name("o") if self.has("later observed") else ""
        self.recursion()
        chain = self.chain([*outside, *before])
        if chain is None:
            self.emit([])
            return
        latents = [chain]
        if self.has("coupled") or self.ahead:
            latents += self.second(chain)
        if self.feature == "step-local" and not before:
            self.local([self.read(chain)])
        self.emit(latents)
        self.after(latents)

    def outside(self) -> list[Read]:
        """Enter the outer loop, and draw the latent that the whole chain reads."""
        p = self.p
        reads = []
        if self.has("mixture") and p.chance(40):
            found = p.latent(())
            reads += [Read(found.name, found)] if found else []
        if p.chance(70):
            self.outer = p.enter((), p.whole("S", ()))
            if self.feature == "mixture" and not reads:
                found = p.latent(self.outer)
                reads += [Read(f"{found.name}[{self.outer[0].index}]", found)] if found else []
        for read in reads:
            if read.latent in p.unread:
                p.unread.remove(read.latent)
        return reads

    def enter(self) -> tuple[Loop, ...]:
        """Enter the chain's loop, with one inside it where the lag is along the outer one."""
        p = self.p
        self.time = self.along()
        loops = p.enter(self.outer, self.time)
        if self.has("outer lag"):
            inner = p.whole("N", loops)
            loops = p.enter(loops, inner)
        sizes = self.lengths()
        p.tags |= {"ragged chain" for _ in [0] if self.time.of}
        p.tags |= {f"length-{n}" for n in sizes if n < 2}
        return loops

    def lengths(self) -> list[int]:
        envs: list[Env] = [{}]
        for loop in self.outer:
            envs = [{**env, loop: k} for env in envs for k in self.p.positions(loop, env)]
        return [len(self.p.positions(self.time, env)) for env in envs]

    def along(self) -> Loop:
        """A loop for a chain: ragged, whole, or a part of a dim."""
        p, outer = self.p, self.outer
        part = self.has("part of a dim") or self.feature == "row start"
        rows = ("rows from 1", "row start", "row ends") if outer else ()
        if self.feature == "row start" and outer:
            rows = ("row start", "row ends") * 3
        choice = p.pick(("1:", ":3", "data start", *rows) if part else ("T", "U") if outer else "U")
        if choice in ("T", "rows from 1"):
            p.dim("T")
            if part:
                return Loop("T", "t", "T[s, 1:]", lambda env: 1, of=outer[0], full=False)
            return Loop("T", "t", "T[s]", of=outer[0])
        p.dim("U")
        if not part:
            return Loop("U", "u", "U")
        size = p.sizes["U"]
        start = int(p.random.integers(0, size + 1))
        if choice == "1:" and size >= 1:
            return Loop("U", "u", "U[1:]", lambda env: 1, full=False)
        if choice == ":3" and size >= 3:
            return Loop("U", "u", "U[:3]", stop=lambda env: 3, full=False)
        if choice == "data start" or not outer:
            name = p.table("count", (), lambda: start, "f")
            return Loop("U", "u", f"U[{name}:]", lambda env: start, full=False)
        p.tags.add("row start")
        one = [sorted(p.random.integers(0, size + 1, 2).tolist()) for _ in range(p.sizes["S"])]
        starts, stops = [a for a, _ in one], [b for _, b in one]
        rows = iter(starts)
        first = p.table("count", outer, lambda: next(rows), "f")
        begin: Callable[[Env], int] = lambda env: starts[env[outer[0]]]  # noqa: E731
        if choice == "row start":
            return Loop("U", "u", f"U[{first}[s]:]", begin, full=False)
        ends = iter(stops)
        last = p.table("count", outer, lambda: next(ends), "l")
        end: Callable[[Env], int] = lambda env: stops[env[outer[0]]]  # noqa: E731
        return Loop("U", "u", f"U[{first}[s]:{last}[s]]", begin, end, full=False)

    # -- Latents

    def chain(self, reads: list[Read]) -> Latent | None:
        """The main chain: its first parts read `reads`, its later ones lags too."""
        p = self.p
        order = 2 if self.feature == "two" or p.chance(12) else 1
        kind = p.pick(("bool", "bool", "index"))
        if self.feature in ("absorbing", "impossible"):
            kind = "bool"
        if self.has("counts"):
            kind = p.pick(("binomial", "poisson", "uniform"))
        latent = self.state(kind)
        if latent is None:
            return None
        later: list[Read] = []
        if self.has("later latent"):
            self.ahead = self.state("bool")
            later += [self.read(self.ahead, 1)] if self.ahead else []
        if self.seen:
            later.append(Read(self.at(self.seen, 1), Latent(self.seen, self.loops, "bool", "", 2)))
        p.plain = True
        laws = [self.law(latent, kind, reads[:1])]
        for place in range(1, order + 1):
            lags = [self.read(latent, by) for by in range(1, place + 1)]
            more = reads[:1] if p.chance(60) else []
            laws.append(self.law(latent, kind, [*lags, *later, *more][:4], lags[0]))
        p.plain = False
        if self.has("absorbing") or self.has("impossible"):
            sure = "0" if self.feature == "impossible" else p.pick((0, 1, 0.6))
            lag = self.at(latent.name, 1)
            laws = [f"Bernoulli({sure})", f"Bernoulli({p.pick((0.4, 0.8, 1))} * {lag})"]
        elif order == 1 and kind == "index" and not later and p.chance(50):
            laws[1] = self.counted(latent, self.at(latent.name, 1), self.loops.index(self.time))
        p.line(self.loops, f"latent {self.at(latent.name)} ~ {' then '.join(laws)}")
        p.tags.add(f"order {len(laws) - 1}")
        self.keep(latent)
        return latent

    def keep(self, latent: Latent) -> None:
        self.p.latents.append(latent)
        self.p.unread.append(latent)

    def state(self, kind: str) -> Latent | None:
        """A latent of the block's loops, where the budget of states allows one."""
        p = self.p
        dim = p.dim(p.pick("KL")) if kind == "index" else ""
        states = {"bool": 2, "binomial": 3, "poisson": 4, "uniform": 3}.get(kind) or p.sizes[dim]
        if not p.afford(p.cells(self.loops) * math.log2(states)):
            return None
        kept = kind if kind in ("bool", "index") else "count"
        return Latent(p.name("z"), self.loops, kept, dim, states)

    def law(self, latent: Latent, kind: str, reads: list[Read], lag: Read | None = None) -> str:
        """A distribution of a state that reads `reads`."""
        p = self.p
        match kind:
            case "bool":
                return f"Bernoulli({p.probability(reads, self.loops)})"
            case "index":
                return f"Categorical({p.shares(reads, latent.dim)})"
            case "binomial":
                total = lag.text if lag else "2"
                return f"Binomial({total}, {p.probability(reads[1:], self.loops)})"
            case "uniform":
                if lag and p.chance(50):
                    p.tags.add("Delta")
                    more = [r.text for r in reads[1:] if r.latent.kind == "bool"]
                    return f"Delta(min({' + '.join([lag.text, *more])}, 2))"
                return f"DiscreteUniform({lag.text if lag else 0}, 2)"
            case _:
                return f"Poisson(exp({p.score(reads, self.loops)} - 1), upper=3)"

    def counted(self, latent: Latent, read: str, axis: int | None, parent: str = "") -> str:
        """A row of a table of its own, whose expected counts the gradient gives."""
        p = self.p
        name = p.name("q")
        p.header.append(f"latent {name}[{latent.dim}] ~ Dirichlet(ones({latent.dim}))")
        size = p.sizes[latent.dim]
        p.values[name] = [p.simplex(size) for _ in range(size)]
        p.transitions.append(Transition(name, latent.name, axis, parent))
        p.tags.add("expected counts")
        return f"Categorical({name}[{read}])"

    def local(self, reads: list[Read]) -> list[Read]:
        """A latent of each step that is no chain."""
        p = self.p
        latent = self.state("bool")
        if latent is None:
            return []
        p.line(
            self.loops,
            f"latent {self.at(latent.name)} ~ Bernoulli({p.probability(reads[:1], self.loops)})",
        )
        self.keep(latent)
        return [self.read(latent)]

    def second(self, chain: Latent) -> list[Latent]:
        """A second chain along the same loop, coupled to the first."""
        p = self.p
        latent = self.ahead or self.state("bool")
        if latent is None:
            return []
        here = [self.read(chain)] if p.chance(60) else []
        p.plain = True
        one = p.probability(here, self.loops)
        lags = [self.read(latent, 1), *(here if p.chance(50) else [self.read(chain, 1)])]
        two = p.probability(lags[0 if p.chance(70) else 1 :], self.loops)
        p.plain = False
        name = self.at(latent.name)
        if "-1" not in two and p.chance(50):
            p.line(self.loops, f"latent {name} ~ Bernoulli({one})")
        else:
            p.line(self.loops, f"latent {name} ~ Bernoulli({one}) then Bernoulli({two})")
        self.keep(latent)
        return [latent]

    # -- What hangs on the chain

    def recursion(self) -> None:
        """A deterministic recursion, which may read observed values one step back."""
        p = self.p
        if not self.has("recursion"):
            return
        name = p.name("a")
        more = f" + 0.1 * {self.at(self.seen, 1)}" if self.seen else ""
        whole = all(o.full for o in self.loops)
        data = p.table("real", self.loops, p.real, "x") if whole else ""
        more += f" + 0.2 * {self.at(data)}" if data and p.chance(50) else ""
        p.line(self.loops, f"let {self.at(name)} = 0.4 then 0.5 * {self.at(name, 1)}{more}")
        self.recursions.append(name)

    def emit(self, latents: list[Latent]) -> None:
        """Observe inside the loop: by lagged lets, chains of observed and continuous values."""
        p = self.p
        must = [self.read(z) for z in latents]
        mean = f" + {must[0].text}" if must else ""
        if must and self.has("lagged let"):
            name = p.name("e")
            p.line(self.loops, f"let {self.at(name)} = {p.pick(NUMBERS)} * {must[0].text}")
            pseudo = Read(self.at(name, 1), replace(latents[0], kind="count"))
            self.observed(must[:1], [pseudo, *must])
        if self.seen:
            law, make = p.law("Bernoulli", must, self.loops)
            p.line(self.loops, f"observed {self.at(self.seen)} ~ {law}")
            p.data[self.seen] = p.fill(self.loops, make)
        if must and self.has("observed then"):
            lag = self.read(latents[0], 1)
            self.observed(must, [lag, *must] if p.chance(50) else must, own=True)
        for name in self.recursions:
            law = f"Normal({self.at(name)}{mean}, 0.8)"
            other = p.name("y")
            p.line(self.loops, f"observed {self.at(other)} ~ {law}")
            p.data[other] = p.fill(self.loops, p.real)
        if must and self.feature == "impossible":
            other = p.name("y")
            p.line(
                self.loops, f"observed {self.at(other)} ~ Bernoulli(0.6 * ({must[0].text} == 1))"
            )
            p.data[other] = p.fill(self.loops, lambda: bool(p.random.random() < 0.3))
        if must and self.has("continuous"):
            self.continuous(must)
        if not must or p.chance(60):
            p.observe(self.loops, must)
        p.settle(self.loops)

    def observed(self, first: list[Read], then: list[Read], *, own: bool = False) -> None:
        """Observe something with a distribution of its own at the first element."""
        p = self.p
        name = p.name("y")
        kind = p.pick(("Normal", "Bernoulli", "Poisson"))
        p.plain = True
        one, make = p.law(kind, first, self.loops)
        if own and kind == "Bernoulli":
            # The reads of its own lag stand in a table or a score like any other.
            then = [Read(self.at(name, 1), Latent(name, self.loops, "bool", "", 2)), *then][:3]
        two, _ = p.law(kind, then, self.loops)
        p.plain = False
        p.line(self.loops, f"observed {self.at(name)} ~ {one} then {two}")
        p.data[name] = p.fill(self.loops, make)

    def continuous(self, must: list[Read]) -> None:
        """A continuous chain beside the discrete one, alone or moved by it."""
        p = self.p
        if any(not o.full for o in self.loops):
            return
        name = p.name("x")
        moved = f" + {must[0].text}" if p.chance(50) else ""
        lag = self.at(name, 1)
        p.line(
            self.loops, f"latent {self.at(name)} ~ Normal(0, 1) then Normal(0.7 * {lag}{moved}, 1)"
        )
        p.values[name] = p.fill(self.loops, p.real)
        other = p.name("y")
        p.line(
            self.loops, f"observed {self.at(other)} ~ Normal({self.at(name)} + {must[0].text}, 1)"
        )
        p.data[other] = p.fill(self.loops, p.real)

    def after(self, latents: list[Latent]) -> None:
        """Read the chain outside its loop: neighbours, ends, rows of a long table."""
        p, z = self.p, latents[0]
        whole = self.time.full and self.loops[-1] is self.time
        if (self.has("neighbours") or self.has("lag factor")) and whole:
            over = f"{self.time.dim}[s, 1:]" if self.time.of else f"{self.time.dim}[1:]"
            if self.time.of or p.sizes["U"] >= 1:
                part = Loop(self.time.dim, self.time.index, over, lambda env: 1, of=self.time.of,
                            full=False)  # fmt: skip
                loops = p.enter(self.outer, part)
                reads = [self.read(z), self.read(z, 1)]
                p.plain = True
                if self.has("lag factor"):
                    p.line(loops, f"factor {p.score(reads, loops)}")
                else:
                    name = p.name("y")
                    law, make = p.law(p.pick(("Normal", "Bernoulli")), reads, loops)
                    p.line(loops, f"observed {self.at(name)} ~ {law}")
                    p.data[name] = p.fill(loops, make)
                p.plain = False
        if self.has("ends") and whole and not self.time.of and p.sizes["U"] >= 1:
            end = p.pick(("0", "U-1", "0"))
            row = f"{self.outer[0].index}, " if self.outer else ""
            p.observe(self.outer, [Read(f"{z.name}[{row}{end}]", z)])
        if self.has("rows"):
            self.rows(z)

    def rows(self, z: Latent) -> None:
        """A table with one row per observation, which reads the chain through data indices."""
        p = self.p
        envs: list[Env] = [{}]
        for loop in z.loops:
            envs = [{**env, loop: k} for env in envs for k in p.positions(loop, env)]
        if not envs:
            return
        rows = p.enter((), p.whole("R", ()))
        size = p.sizes["R"]
        chosen = [envs[int(k)] for k in p.random.integers(0, len(envs), size)]
        subs = []
        for loop in z.loops:
            cells = iter([env[loop] for env in chosen])
            cell = "count" if loop.of else f"index({loop.dim})"
            make: Callable[[], Any] = lambda it=cells: next(it)  # type: ignore[misc]  # noqa: E731
            subs.append(f"{p.table(cell, rows, make, 'of')}[{rows[0].index}]")
        read = Read(f"{z.name}[{', '.join(subs)}]", z)
        local = p.latent(rows) if p.chance(25) else None
        p.observe(rows, [read, *([Read(f"{local.name}[r]", local)] if local else [])])

    # -- Trees

    def tree(self) -> None:
        """A forest, nodes in any order; a root's parent is missing or the root itself."""
        p = self.p
        self.has("tree")
        size = p.sizes["V"]
        order = p.random.permutation(size)
        parents: list[int | None] = [0] * size
        missing = p.chance(40)
        for k, v in enumerate(order.tolist()):
            root = k == 0 or p.random.random() < 0.25
            own = None if missing and p.random.random() < 0.7 else v
            parents[v] = own if root else int(order[p.random.integers(0, k)])
        nodes = iter(parents)
        name = p.table("index(V)", (Loop("V", "v", "V"),), lambda: next(nodes), "parent")
        if p.chance(30):
            self.outer = p.enter((), p.whole("N", ()))
        self.time = p.whole("V", self.outer)
        self.loops = p.enter(self.outer, self.time)
        kind = p.pick(("bool", "index"))
        latent = self.state(kind)
        if latent is None:
            # Without a tree the column is data like any other: a missing cell is a fault.
            p.data[name] = [v if own is None else own for v, own in enumerate(parents)]
            p.observe(self.loops, [])
            return
        subs = [f"{name}[{o.index}]" if o is self.time else o.index for o in self.loops]
        lag = Read(f"{latent.name}[{', '.join(subs)}]", latent)
        p.plain = True
        laws = [self.law(latent, kind, []), self.law(latent, kind, [lag])]
        p.plain = False
        if kind == "index" and p.chance(60):
            laws[1] = self.counted(latent, lag.text, len(self.loops) - 1, name)
        p.line(self.loops, f"latent {self.at(latent.name)} ~ {laws[0]} then {laws[1]}")
        self.keep(latent)
        if p.chance(30):
            p.observe(self.loops, [self.read(latent)])
        p.settle(self.loops)
        if p.chance(20) and size >= 1:
            # Neighbours in the table's order are no neighbours in the tree.
            part = Loop("V", "v", "V[1:]", lambda env: 1, full=False)
            loops = p.enter(self.outer, part)
            self.time = self.loops[-1]
            p.plain = True
            p.line(loops, f"factor {p.score([self.read(latent), self.read(latent, 1)], loops)}")
            p.plain = False
        if p.chance(30) and len(self.loops) == 1:
            self.rows(latent)
