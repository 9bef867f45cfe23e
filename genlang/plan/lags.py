"""Lagged reads: `z[s, t-1]` becomes a read of a state of its own, `z` one step back.

A latent that some statement reads with a lag along a loop is *carried* along it: its cells form
chains (or trees, where the lag is a node's parent) that `eliminate` takes as a whole. The element
before has an axis beside that of the element itself, so it is a variable here, a *shadow*: the same
values, the same loops, one for each lag.

A statement over a part of the chain's dim (`for t in T[1:]`) is put on the chain's own loop, with a
guard that says where it holds.
"""

from collections.abc import Mapping
from dataclasses import replace

from genlang.check.chains import at, offset, parent_of
from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Define,
    Draw,
    Expr,
    Factor,
    Index,
    Law,
    Loop,
    Ref,
    Slice,
    Statement,
    Symbol,
    Type,
    Variable,
)
from genlang.check.walk import children, index_type, law_expressions, substitute, substitute_law
from genlang.plan.rewrite import rebuild, rewrite_law
from genlang.records import dataclass

BOOL = Type("bool")


@dataclass(frozen=True, slots=True)
class Lag:
    """A latent `by` steps back along a loop; in a tree, at the parent of the loop's node."""

    of: Variable
    loop: Loop
    by: int
    parent: Expr | None = None

    def at(self, place: int) -> Expr:
        """The condition that the loop is at a place of its part; for a tree 0 is the root."""
        if self.parent is not None:
            return Apply("==", (self.parent, Ref(self.loop, index_type(self.loop))), BOOL)
        return at(self.loop, place)


@dataclass(frozen=True, slots=True)
class Lagged:
    """Statements with shadows for lagged reads, the shadows, and the guards of moved statements.

    `written` are the statements and their guards with the lagged reads as they are in the model.
    """

    statements: tuple[Statement, ...]
    shadows: dict[Variable, Lag]
    guards: dict[Statement, tuple[Expr, ...]]
    written: tuple[tuple[Statement, tuple[Expr, ...]], ...] = ()


def lagged(
    statements: tuple[Statement, ...],
    states: set[Variable],
    profiles: Mapping[Variable, tuple[Loop, ...]],
) -> Lagged:
    """Replace the lagged reads of discrete latents, in their own loops, by reads of shadows.

    A latent is carried along one loop: that of its `then`, else the first that a lag is read along.
    Neighbours along another loop are ordinary cells, which couple like any others; so are those of
    a latent whose `profiles` already cover the loop.
    """
    own = {
        s.target: tuple(e.symbol for e in s.subscripts if isinstance(e, Ref))
        for s in statements
        if isinstance(s, Draw) and s.target in states
    }
    trees = _trees(statements)
    shadows: dict[Variable, Lag] = {}
    made: dict[tuple[Variable, int], Variable] = {}
    guards: dict[Statement, tuple[Expr, ...]] = {}
    result: list[Statement] = []
    moved = [_on_chain(statement, own) for statement in statements]
    along = _along(moved, own, trees)
    whole = {z for z, (loop, _) in along.items() if loop in profiles.get(z, ())}
    if whole:
        own = {z: loops for z, loops in own.items() if z not in whole}
        moved = [_on_chain(statement, own) for statement in statements]
    for statement, guard in moved:
        new = _shadowed(statement, own, trees, along, made, shadows)
        if guard:
            guards[new] = guard
        result.append(new)
    return Lagged(tuple(result), shadows, guards, tuple(moved))


Own = dict[Variable, tuple[Symbol, ...]]
# The loop that a latent is carried along; for a tree with the parent of the loop's node.
Along = dict[Variable, tuple[Loop, Expr | None]]


def _along(moved: list[tuple[Statement, tuple[Expr, ...]]], own: Own, trees: set[Expr]) -> Along:
    along: Along = {}
    for statement, _ in moved:
        loop = chain_loop(statement.law) if isinstance(statement, Draw) else None
        if isinstance(statement, Draw) and loop in own.get(statement.target, ()):
            assert loop is not None
            along[statement.target] = loop, _root(statement.law, loop)
    for statement, _ in moved:
        for expr in expressions_of(statement):
            for read in _reads(expr, own):
                lag = _lag_of(read, own, _loops(statement), trees)
                if lag is not None:
                    along.setdefault(lag.of, (lag.loop, lag.parent))
    return along


def _root(law: Law, loop: Loop) -> Expr | None:
    """The parent of a tree's node where a law's first part is for roots, else None."""
    assert isinstance(law, Choice)
    assert isinstance(law.condition, Apply)
    return next((e for e in law.condition.arguments if parent_of(e, loop) is not None), None)


def _trees(statements: tuple[Statement, ...]) -> set[Expr]:
    """The parents of all trees: `parent[v]` of a law whose first part is for roots.

    Only these are lags; any other data index within a dim reads a cell like any other.
    """
    return {
        parent
        for s in statements
        if isinstance(s, Draw) and (loop := chain_loop(s.law)) is not None
        if (parent := _root(s.law, loop)) is not None
    }


def expressions_of(statement: Statement) -> tuple[Expr, ...]:
    """Return the expressions of a statement with a density or a definition."""
    match statement:
        case Draw(law=law, subscripts=subscripts):
            return (*law_expressions(law), *subscripts)
        case Define(value=value) | Factor(value=value):
            return (value,)
        case _:
            return ()


def _changed(
    statement: Statement, change: "dict[Symbol, Expr]", loops: tuple[Loop, ...]
) -> Statement:
    match statement:
        case Draw(law=law, subscripts=subscripts):
            subs = tuple(substitute(e, change) for e in subscripts)
            return replace(statement, law=substitute_law(law, change), subscripts=subs, loops=loops)
        case Define(value=value) | Factor(value=value):
            return replace(statement, value=substitute(value, change), loops=loops)
        case _:
            return statement


def _on_chain(statement: Statement, own: Own) -> tuple[Statement, tuple[Expr, ...]]:
    """Put a statement over a part of a dim, which reads neighbours of a latent, on its loop."""
    offsets: dict[Loop, dict[Symbol, set[int]]] = {}
    for expr in expressions_of(statement):
        for read in _reads(expr, own):
            assert isinstance(read.base, Ref)
            assert isinstance(read.base.symbol, Variable)
            for sub, loop in zip(read.subscripts, own[read.base.symbol], strict=False):
                found = None if isinstance(sub, Slice) else offset(sub)
                if found is not None and found[0] is not loop and _same_dim(found[0], loop):
                    offsets.setdefault(found[0], {}).setdefault(loop, set()).add(found[1])
    for part, chains in offsets.items():
        chain = next((c for c, ks in chains.items() if len(ks) > 1), None)
        if not isinstance(chain, Loop) or part.weight is not None or part not in _loops(statement):
            continue
        ahead = max(chains[chain])
        here: Expr = Ref(chain, index_type(chain))
        if ahead:
            here = Apply("-" if ahead > 0 else "+", (here, Const(abs(ahead), Type("count"))),
                         Type("int"))  # fmt: skip
        loops = tuple(chain if loop is part else loop for loop in _loops(statement))
        guard: list[Expr] = []
        if part.start is not None or ahead > 0:
            low = Const(0, Type("count")) if part.start is None else part.start
            guard.append(Apply(">=", (here, low), BOOL))
        if part.stop is not None:
            guard.append(Apply("<", (here, part.stop), BOOL))
        return _changed(statement, {part: here}, loops), tuple(guard)
    return statement, ()


def _loops(statement: Statement) -> tuple[Loop, ...]:
    return getattr(statement, "loops", ())


def _same_dim(one: Loop, two: Symbol) -> bool:
    return (
        isinstance(two, Loop)
        and one.extent.dim is not None
        and one.extent.dim is two.extent.dim
        and one.extent.of == two.extent.of
    )


def _reads(expr: Expr, own: Own) -> list[Index]:
    found = [e for child in children(expr) for e in _reads(child, own)]
    if isinstance(expr, Index) and isinstance(expr.base, Ref) and expr.base.symbol in own:
        found.append(expr)
    return found


def _shadowed(
    statement: Statement,
    own: Own,
    trees: set[Expr],
    along: Along,
    made: dict[tuple[Variable, int], Variable],
    shadows: dict[Variable, Lag],
) -> Statement:
    loops = _loops(statement)

    def change(expr: Expr) -> Expr:
        match expr:
            case Index(base=Ref(symbol=Variable() as z)) if z in own:
                lag = _lag_of(expr, own, loops, trees)
                if lag is not None and (lag.loop, lag.parent) == along[z]:
                    key = (z, lag.by)
                    if key not in made:
                        made[key] = replace(z, name=f"{z.name}_{lag.by}")
                        shadows[made[key]] = lag
                    refs = tuple(Ref(s, index_type(s)) for s in own[z] if isinstance(s, Loop))
                    base = Ref(made[key], expr.base.type, expr.base.span)
                    return replace(expr, base=base, subscripts=refs)
        return rebuild(expr, change)

    # A statement in which nothing changes stays itself: statements are compared by identity.
    match statement:
        case Draw(law=law, subscripts=subscripts):
            new, subs = rewrite_law(law, change), tuple(map(change, subscripts))
            same = (new, subs) == (law, subscripts)
            return statement if same else replace(statement, law=new, subscripts=subs)
        case Define(value=value) | Factor(value=value):
            read = change(value)
            return statement if read == value else replace(statement, value=read)
        case _:
            return statement


def _lag_of(read: Index, own: Own, loops: tuple[Loop, ...], trees: set[Expr]) -> Lag | None:
    assert isinstance(read.base, Ref)
    z = read.base.symbol
    assert isinstance(z, Variable)
    return _lag(z, read.subscripts, own[z], loops, trees)


def _lag(
    z: Variable,
    subs: tuple[Expr | Slice, ...],
    own: tuple[Symbol, ...],
    loops: tuple[Loop, ...],
    trees: set[Expr],
) -> Lag | None:
    """The lag of a read in the latent's own loops; None for any other read."""
    if len(subs) != len(own):
        return None
    found: Lag | None = None
    for sub, loop in zip(subs, own, strict=True):
        if isinstance(sub, Slice) or not isinstance(loop, Loop) or loop not in loops:
            return None
        if isinstance(sub, Ref) and sub.symbol is loop:
            continue
        if found is not None:
            return None
        step = offset(sub)
        if step is not None and step[0] is loop and step[1] < 0:
            found = Lag(z, loop, -step[1])
        elif sub in trees and parent_of(sub, loop) is not None:
            found = Lag(z, loop, 1, sub)
        else:
            return None
    return found


def chained_parts(law: Law) -> tuple[Law, ...]:
    """Return the parts of `A then B then C`; a law that is no chain is its only part."""
    if isinstance(law, Choice) and law.chained:
        return (law.then, *chained_parts(law.otherwise))
    return (law,)


def chain_loop(law: Law) -> Loop | None:
    """Return the loop that a chained law runs along, None for others."""
    if not (isinstance(law, Choice) and law.chained and isinstance(law.condition, Apply)):
        return None
    return next(
        (
            e.symbol
            for e in law.condition.arguments
            if isinstance(e, Ref) and isinstance(e.symbol, Loop)
        ),
        None,
    )
