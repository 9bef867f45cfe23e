"""Model -> terms: one log-density term a statement, over plates (loops) and states.

A term reads a latent's cell directly (`z[n]` in the loop over n), through a data index
(`truth[of_item[r]]`), or couples cells of the array (`z[0] + z[1]`, `sum(z[j] for j in J)`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeGuard

from genlang.check.model import (
    Array,
    Define,
    Draw,
    Expr,
    Factor,
    Given,
    Index,
    Law,
    Loop,
    Model,
    Param,
    Reduce,
    Ref,
    Require,
    Slice,
    Statement,
    Symbol,
    Variable,
)
from genlang.check.walk import (
    bounds,
    cell_of,
    children,
    index_type,
    law_expressions,
    substitute,
    substitute_law,
    symbols,
)
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.lags import Lag, Lagged, chain_loop, chained_parts
from genlang.plan.plates import canonical
from genlang.plan.rewrite import loops_of, map_law, reads_any, write_out
from genlang.plan.written import bounded
from genlang.records import dataclass

DISCRETE = frozenset({"bool", "index", "count", "int"})
NO_MARKS: Mapping[Variable, Variable] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Read:
    """How a term reads a latent: an index for each of its loops; None where it couples cells."""

    subscripts: tuple[Expr | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A statement's log density: its plates, outermost first, and its reads of discrete latents.

    `law` and `value` are those of the statement with `let`s of latents written out and loops
    replaced by plates; a `Draw` has a law, a `Factor` a value. `guard` says where in its plates the
    statement stands. `place` is (p, last) for the part of a chain that holds at place p of its
    loop, from `last` on for p = last; None where the term holds everywhere.
    """

    statement: Draw | Factor
    plates: tuple[Loop, ...]
    law: Law | None
    value: Expr | None
    subscripts: tuple[Expr, ...]
    reads: tuple[tuple[Variable, tuple[Read, ...]], ...]
    guard: tuple[Expr, ...] = ()
    place: tuple[int, int] | None = None


def is_state(statement: Statement) -> TypeGuard[Draw]:
    """Whether a statement declares a latent that is summed out."""
    return (
        isinstance(statement, Draw)
        and statement.target.role == "latent"
        and statement.target.cell.kind in DISCRETE
    )


def on_plates(model: Model) -> tuple[Statement, ...]:
    """Rewrite every statement over plates, `let`s that read discrete latents written out.

    Raises ModelError for a recursion that reads discrete latents (E705), and where the result is
    too large (E707).
    """
    plates = canonical(model)
    index: dict[Symbol, Expr] = {
        old: Ref(new, index_type(new)) for old, new in plates.items() if old is not new
    }
    states = {s.target for s in model.statements if is_state(s)}
    lets: dict[Variable, Define] = {}
    result: list[Statement] = []
    for statement in model.statements:
        new = _rewrite(statement, plates, index, lets)
        if lets:
            bounded(new, model.source)
        match new:
            case Define(target=target, value=value) if reads_any(value, states):
                if reads_any(value, {target}):
                    raise ModelError([_recursion(new, states)], model.source)
                lets[target] = new
                if target.role == "report":
                    result.append(new)
            case _:
                result.append(new)
    return tuple(result)


def _recursion(define: Define, states: set[Variable]) -> Diagnostic:
    name = define.target.name
    latent = next(s.name for s in symbols(define.value) if isinstance(s, Variable) and s in states)
    return Diagnostic(
        "E705",
        f"`{name}` runs on over `{latent}`, which is summed out",
        define.span,
        why=f"each of its values depends on all earlier ones of `{latent}`, whose joint values "
        "would have to be enumerated",
        help="make it a latent with a few values that a chain carries, `A then B`",
    )


def _rewrite(
    statement: Statement,
    plates: dict[Loop, Loop],
    index: dict[Symbol, Expr],
    lets: dict[Variable, Define],
) -> Statement:
    def rewrite(expr: Expr) -> Expr:
        return write_out(substitute(expr, index), lets)

    loops = tuple(plates[loop] for loop in loops_of(statement))
    match statement:
        case Draw(law=law, subscripts=subscripts):
            law = map_law(substitute_law(law, index), lets)
            return replace(
                statement, law=law, loops=loops, subscripts=tuple(map(rewrite, subscripts))
            )
        case Define(value=value) | Factor(value=value):
            return replace(statement, value=rewrite(value), loops=loops)
        case Param(start=start, lower=lower, upper=upper):
            ends = [None if e is None else rewrite(e) for e in (start, lower, upper)]
            return replace(statement, loops=loops, start=ends[0], lower=ends[1], upper=ends[2])
        case Require():
            return replace(statement, loops=loops)
        case Given():
            return statement


def state_reads(expr: Expr, states: set[Variable]) -> Iterator[tuple[Variable, Read]]:
    """Yield every read of a discrete latent; indices of inner comprehensions make it whole."""
    yield from _reads(expr, states, frozenset())


def _reads(
    expr: Expr, states: set[Variable], inner: frozenset[Loop]
) -> Iterator[tuple[Variable, Read]]:
    match expr:
        case Index(base=Ref(symbol=Variable() as z), subscripts=subscripts) if z in states:
            found: list[Expr | None] = [None] * len(z.loops)
            for i, e in enumerate(subscripts):
                if not isinstance(e, Slice):
                    # An index that is itself random, or runs inside the expression, couples cells.
                    couples = reads_any(e, states) or any(s in inner for s in symbols(e))
                    found[i] = None if couples else e
                    yield from _reads(e, states, inner)
            yield z, Read(tuple(found))
        case Ref(symbol=Variable() as z) if z in states:
            yield z, Read((None,) * len(z.loops))
        case Reduce(loops=loops) | Array(loops=loops):
            below = inner | frozenset(loops)
            for child in children(expr):
                yield from _reads(child, states, below)
        case _:
            for child in children(expr):
                yield from _reads(child, states, inner)


def terms(found: Lagged, marks: Mapping[Variable, Variable] = NO_MARKS) -> tuple[Term, ...]:
    """Return the terms of all statements that have a density.

    `marks` are data that say which cells of an observed variable were seen: its term holds there.
    """
    draws = {s.target: s for s in found.statements if is_state(s)}
    chains = Chains(draws, found.shadows)
    result: list[Term] = []
    for statement in found.statements:
        guard = found.guards.get(statement, ())
        match statement:
            case Draw(target=target, law=law, subscripts=subscripts) if target.role != "generated":
                if target in marks:
                    guard = (*guard, cell_of(marks[target], subscripts))
                whole = _term(statement, law, None, subscripts, chains, guard)
                result += _parts(whole, chains)
            case Factor(value=value):
                result.append(_term(statement, None, value, (), chains, guard))
            case _:
                pass
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Chains:
    """The statements of all discrete latents, and the lags of the shadows."""

    draws: dict[Variable, Draw]
    shadows: dict[Variable, Lag]

    @property
    def states(self) -> set[Variable]:
        """All discrete latents and shadows."""
        return self.draws.keys() | self.shadows.keys()

    def carried(self, loop: Loop) -> set[Variable]:
        """The latents that chains along a loop carry, and their shadows."""
        along = {s: lag for s, lag in self.shadows.items() if lag.loop is loop}
        return along.keys() | {lag.of for lag in along.values()}

    def loops(self, z: Variable) -> tuple[Loop, ...]:
        """The loops of a latent or of a shadow's latent."""
        return self.draws[self.shadows[z].of if z in self.shadows else z].loops


def _parts(whole: Term, chains: Chains) -> list[Term]:
    """One term for each part of a chain's law, if it reads the chain and outer states only.

    A term that reads latents of its own step stays whole: they are summed out of it first.
    """
    assert whole.law is not None
    assert isinstance(whole.statement, Draw)
    loop = chain_loop(whole.law)
    if loop is None:
        return [whole]
    carried = chains.carried(loop)
    reads = {z for z, _ in whole.reads}
    lags = any(z in chains.shadows and chains.shadows[z].loop is loop for z in reads)
    here = set(whole.plates)
    if (
        not (lags or whole.statement.target in carried)
        or any(z not in carried and loop in chains.loops(z) for z in reads)
        or any(set(chains.loops(z)) != here for z in reads if z in carried)
    ):
        return [whole]
    laws = chained_parts(whole.law)
    last = len(laws) - 1
    return [
        replace(
            _term(whole.statement, law, None, whole.subscripts, chains, whole.guard),
            place=(i, last),
        )
        for i, law in enumerate(laws)
    ]


def _term(
    statement: Draw | Factor,
    law: Law | None,
    value: Expr | None,
    subscripts: tuple[Expr, ...],
    chains: Chains,
    guard: tuple[Expr, ...],
) -> Term:
    states = chains.states
    expressions = [*(law_expressions(law) if law is not None else ()), *subscripts]
    if value is not None:
        expressions.append(value)
    reads: dict[Variable, dict[Read, None]] = {}
    if is_state(statement):
        reads[statement.target] = {Read(subscripts): None}
    for expr in expressions:
        for z, read in state_reads(expr, states):
            reads.setdefault(z, {})[read] = None
    for loop in statement.loops:
        for expr in bounds(loop):
            for z, _ in state_reads(expr, states):
                reads.setdefault(z, {})[Read((None,) * len(z.loops))] = None
    found = tuple((z, tuple(r)) for z, r in reads.items())
    return Term(statement, statement.loops, law, value, subscripts, found, guard)
