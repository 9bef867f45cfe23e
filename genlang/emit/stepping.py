"""Which loops of `joint` run in Python, one step at a time, and in which order statements stand.

A loop steps for a statement that reads earlier elements of what the loop draws, for whatever reads
that element by element, and for the discrete values that such a statement reads. All other
statements keep their plates. The statements of one stepping loop stand together in it, as far as
nothing outside needs the whole of what it draws first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from genlang.check.chains import offset, parent_of
from genlang.check.model import (
    Apply,
    Choice,
    Define,
    Draw,
    Expr,
    Index,
    Loop,
    Ref,
    Slice,
    Statement,
    Variable,
)
from genlang.check.walk import bounds, children, symbols
from genlang.plan.lags import chain_loop, expressions_of

Subscripts = tuple[Expr | Slice, ...]
DRAWN = ("latent", "observed", "generated")


def reads(expr: Expr) -> Iterator[tuple[Variable, Subscripts]]:
    """Yield every read of a variable with its subscripts."""
    match expr:
        case Index(base=Ref(symbol=Variable() as variable), subscripts=subs):
            yield variable, subs
            for sub in subs:
                if not isinstance(sub, Slice):
                    yield from reads(sub)
        case Ref(symbol=Variable() as variable):
            yield variable, ()
        case _:
            for child in children(expr):
                yield from reads(child)


def loops(statement: Statement) -> tuple[Loop, ...]:
    """Return the loops of a statement (none for `data`)."""
    return getattr(statement, "loops", ())


def own_loops(statement: Statement) -> tuple[Loop | None, ...]:
    """Return the loops that subscript what a statement draws or defines; None for other places."""
    match statement:
        case Draw(subscripts=subscripts):
            return tuple(
                e.symbol if isinstance(e, Ref) and isinstance(e.symbol, Loop) else None
                for e in subscripts
            )
        case Define(target=target, loops=nest) if target.loops:
            return nest[len(nest) - len(target.loops) :]
        case _:
            return ()


def tree(statement: Statement) -> tuple[Loop, Expr] | None:
    """Return the loop over a tree's nodes and their parents, `parent[v]`; None for no tree."""
    choice = statement.law if isinstance(statement, Draw) else None
    loop = None if choice is None else chain_loop(choice)
    if loop is None or not isinstance(choice, Choice):
        return None
    assert isinstance(choice.condition, Apply)
    above = (e for e in choice.condition.arguments if parent_of(e, loop) is not None)
    found = next(above, None)
    return None if found is None else (loop, found)


def parents(statements: Sequence[Statement]) -> dict[Loop, Expr]:
    """Return the parents of the trees by the loop over their nodes; of several, the last."""
    return dict(found for s in statements if (found := tree(s)) is not None)


def _reports(statement: Statement) -> bool:
    return isinstance(statement, Define) and statement.target.role == "report"


def near(sub: Expr | Slice, loop: Loop, trees: Mapping[Loop, Expr]) -> bool:
    """Whether a subscript is a loop's own index, one some steps back, or a node's parent."""
    found = None if isinstance(sub, Slice) else offset(sub)
    return (found is not None and found[0] is loop) or (loop in trees and sub == trees[loop])


@dataclass(slots=True)
class Stepping:
    """Finds the stepping loops of statements; `plated` are the variables that stand in plates.

    `discrete` are the latents that Pyro can enumerate. `lags` says how far back a loop is read.
    """

    statements: tuple[Statement, ...]
    discrete: set[Variable]
    defined: dict[Variable, list[Draw | Define]] = field(default_factory=dict)
    steps: dict[Statement, set[Loop]] = field(default_factory=dict)
    lags: dict[Loop, int] = field(default_factory=dict)
    trees: set[tuple[Loop, Expr]] = field(default_factory=set)
    plated: set[Variable] = field(default_factory=set)
    found: dict[Statement, tuple[tuple[Variable, Subscripts], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find everything."""
        self.trees = {found for s in self.statements if (found := tree(s)) is not None}
        for s in self.statements:
            self.found[s] = tuple(r for e in expressions_of(s) for r in reads(e))
            # A name with a `data` line is read as it was given, drawn or not.
            if isinstance(s, Define) or (isinstance(s, Draw) and s.target.role in DRAWN):
                self.defined.setdefault(s.target, []).append(s)
        for s in self.statements:
            self._carry(s)
        self._find_plated()
        while self._close() | self._find_plated():
            pass

    def along(self, statement: Statement) -> tuple[Loop, ...]:
        """The loops of a statement that step, outermost first."""
        mine = self.steps.get(statement, set())
        return tuple(loop for loop in loops(statement) if loop in mine)

    # -- which loops step

    def _carry(self, statement: Statement) -> None:
        """Step the loops along which a statement reads earlier elements."""
        for variable, subs in self.found[statement]:
            for source in self.defined.get(variable, ()):
                if isinstance(source, Define) and not self._varies(source, set()):
                    continue
                for sub, loop in zip(subs, own_loops(source), strict=False):
                    if loop is None or isinstance(sub, Slice) or loop not in loops(statement):
                        continue
                    lag = self._lag(sub, loop, own=source is statement)
                    if lag:
                        self.lags[loop] = max(lag, self.lags.get(loop, 0))
                        self.steps.setdefault(statement, set()).add(loop)
                        self.steps.setdefault(source, set()).add(loop)

    def _lag(self, sub: Expr, loop: Loop, *, own: bool) -> int:
        """How many elements back a subscript reads, 0 for none."""
        found = offset(sub)
        if found is not None:
            return max(0, -found[1]) if found[0] is loop else 0
        if (loop, sub) in self.trees:
            return 1
        # `y[t-1-k]` for k in K: a window whose length is known later.
        return int(own and loop in set(symbols(sub)))

    def _varies(self, define: Define, seen: set[Variable]) -> bool:
        """Whether a definition depends on what a statement in its own loops draws."""
        for variable, _ in self.found[define]:
            if variable in seen:
                continue
            seen.add(variable)
            for source in self.defined.get(variable, ()):
                shared = any(loop in loops(define) for loop in own_loops(source))
                if shared and (isinstance(source, Draw) or self._varies(source, seen)):
                    return True
        return False

    def _close(self) -> bool:
        """Let a loop step for whatever reads its elements, and for the discrete values it reads."""
        before = sum(map(len, self.steps.values()))
        for statement, read in self.found.items():
            if _reports(statement):
                continue
            for variable, subs in read:
                for source in self.defined.get(variable, ()):
                    for sub, loop in zip(subs, own_loops(source), strict=False):
                        if not (isinstance(sub, Ref) and sub.symbol is loop) or loop is None:
                            continue
                        if loop in self.steps.get(source, ()):
                            self.steps.setdefault(statement, set()).add(loop)
                        elif loop in self.steps.get(statement, ()) and variable in self.plated:
                            self.steps.setdefault(source, set()).add(loop)
        return sum(map(len, self.steps.values())) > before

    def _find_plated(self) -> bool:
        """Find what stands in plates: what Pyro enumerates, what steps, and whatever reads them."""
        before = len(self.plated)
        read = {v for s, every in self.found.items() for v, _ in every if not _reports(s)}
        for s in self.statements:
            if not isinstance(s, Draw | Define) or s not in self.defined.get(s.target, ()):
                continue
            observed = s.target.role == "observed"
            if observed and (s.target not in read or not self._whole(s)):
                continue
            if _reports(s):
                continue
            if (
                observed
                or s.target in self.discrete
                or self.steps.get(s)
                or any(v in self.plated for v, _ in self.found[s])
            ):
                self.plated.add(s.target)
        return len(self.plated) > before

    def _whole(self, statement: Draw | Define) -> bool:
        """Whether a statement alone gives an observed variable its values, cell by cell."""
        return len(self.defined[statement.target]) == 1 and None not in own_loops(statement)

    # -- in which order

    def order(self) -> tuple[tuple[Statement, ...], ...]:
        """Return single statements and the statements of stepping loops, each after its inputs."""
        inputs = {s: self._inputs(s) for s in self.statements}
        groups = {s: self._group(s) for s in self.statements}
        apart = {
            (s, d): groups[d] is not None
            and (groups[d] != groups[s] or not self._by_steps(s, d))
            for s in self.statements for d in inputs[s]
        }  # fmt: skip
        level = dict.fromkeys(self.statements, 0)
        for _ in self.statements:
            before = dict(level)
            for s in self.statements:
                level[s] = max([level[s], *(level[d] + apart[s, d] for d in inputs[s])])
            if level == before:
                break
        units: dict[object, list[Statement]] = {}
        for s in self.statements:
            group = groups[s]
            units.setdefault(s if group is None else (group, level[s]), []).append(s)
        unit = {s: key for key, every in units.items() for s in every}
        waits = {
            key: {unit[d] for s in every for d in inputs[s]} - {key}
            for key, every in units.items()
        }  # fmt: skip
        result: list[tuple[Statement, ...]] = []
        while waits:
            # The first that waits for nothing; where all do, the first.
            key = next(
                (k for k, before in waits.items() if not any(b in waits for b in before)), None
            )
            key = next(iter(waits)) if key is None else key
            del waits[key]
            result.append(tuple(units[key]))
        return tuple(result)

    def _by_steps(self, statement: Statement, source: Statement) -> bool:
        """Whether all reads of what a source draws are of steps near the one that runs."""
        own = own_loops(source)
        target = getattr(source, "target", None)
        trees = self.above(statement)
        return all(
            len(subs) >= len(own) and near(subs[own.index(loop)], loop, trees)
            for variable, subs in self.found[statement] if variable is target
            for loop in self.along(source)
        )  # fmt: skip

    def _group(self, statement: Statement) -> tuple[Loop, Expr | None] | None:
        """The loop that steps, and the parents of its nodes: a loop takes one order of them."""
        loop = next(iter(self.along(statement)), None)
        return None if loop is None else (loop, self.above(statement).get(loop))

    def above(self, statement: Statement) -> dict[Loop, Expr]:
        """The parents of the nodes that a statement's loops run over, by the loop.

        Those of its own tree, or of the last one of which it reads.
        """
        if not self.trees:
            return {}
        return parents((*self._sources(statement, set()), statement))

    def _sources(self, statement: Statement, seen: set[Statement]) -> Iterator[Statement]:
        """What is read in a statement's loops, directly or not, the nearest last."""
        for variable, _ in self.found[statement]:
            for source in self.defined.get(variable, ()):
                if source not in seen and source is not statement:
                    seen.add(source)
                    yield from self._sources(source, seen)
                    yield source

    def _inputs(self, statement: Statement) -> list[Statement]:
        """The statements that draw or define what a statement reads."""
        ends = [r for loop in loops(statement) for e in bounds(loop) for r in reads(e)]
        names = dict.fromkeys(v for v, _ in (*self.found[statement], *ends))
        return [d for v in names for d in self.defined.get(v, ()) if d is not statement]
