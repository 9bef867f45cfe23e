"""Model -> terms: one log-density term a statement, over plates (loops) and states.

Loops that run over the same thing are one plate: two `for n in N:` blocks share it, while the `j`
of `for i in N: for j in N:` is another (the second use of N in its nest). `let`s that read a
discrete latent are written out in their readers; the others stay variables of the program.

A term reads a latent's cell directly (`z[n]` in the loop over n), through a data index
(`truth[of_item[r]]`), or couples cells of the array (`z[0] + z[1]`, `sum(z[j] for j in J)`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from genlang.check.model import (
    Apply,
    Array,
    Choice,
    Define,
    Distribution,
    Draw,
    Expr,
    Extent,
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
    Select,
    Slice,
    Statement,
    Symbol,
    Variable,
)
from genlang.check.walk import (
    bounds,
    children,
    index_type,
    law_expressions,
    substitute,
    substitute_law,
    symbols,
)

DISCRETE = frozenset({"bool", "index", "count", "int"})


@dataclass(frozen=True, slots=True)
class Read:
    """How a term reads a latent: an index for each of its loops; None where it couples cells."""

    subscripts: tuple[Expr | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A statement's log density: its plates, outermost first, and its reads of discrete latents.

    `law` and `value` are those of the statement with `let`s of latents written out and loops
    replaced by plates; a `Draw` has a law, a `Factor` a value.
    """

    statement: Draw | Factor
    plates: tuple[Loop, ...]
    law: Law | None
    value: Expr | None
    subscripts: tuple[Expr, ...]
    reads: tuple[tuple[Variable, tuple[Read, ...]], ...]


def is_state(statement: Statement) -> TypeGuard[Draw]:
    """Whether a statement declares a latent that is summed out."""
    return (
        isinstance(statement, Draw)
        and statement.target.role == "latent"
        and statement.target.cell.kind in DISCRETE
    )


def loops_of(statement: Statement) -> tuple[Loop, ...]:
    """Return the loops of a statement (none for `data`)."""
    return () if isinstance(statement, Given) else statement.loops


def target_of(statement: Statement) -> Variable | None:
    """Return the variable that a statement declares, None for `factor` and `require`."""
    return None if isinstance(statement, Factor | Require) else statement.target


Key = tuple[object, int]


@dataclass(slots=True)
class _Plates:
    """The plates found so far, by what they run over; `inside` are the plates seen within each."""

    plates: dict[Key, Loop] = field(default_factory=dict)
    inside: dict[Key, set[Key]] = field(default_factory=dict)
    result: dict[Loop, Loop] = field(default_factory=dict)
    keys: dict[Loop, Key] = field(default_factory=dict)

    def add(self, loop: Loop, outer: list[Key]) -> Key:
        """Map a loop inside `outer` to its plate; returns the plate's key."""
        if loop in self.keys:
            key = self.keys[loop]
        else:
            fresh = self._over_plates(loop)
            bare = (loop.extent.dim or id(loop), fresh.extent.of, fresh.start, fresh.stop,
                    fresh.weight)  # fmt: skip
            key = (bare, 0)
            # The second use in one nest is another plate, and so is one that would stand both
            # outside and inside the same plate.
            while key in outer or self.inside.get(key, set()) & set(outer):
                key = (bare, key[1] + 1)
            self.keys[loop] = key
            self._name(key, fresh, loop)
            self.result[loop] = self.plates[key]
        for o in outer:
            self.inside.setdefault(o, set()).update({key} | self.inside.get(key, set()))
        return key

    def _over_plates(self, loop: Loop) -> Loop:
        """A loop whose bounds and weight read plates."""
        values: dict[Symbol, Expr] = {
            old: Ref(new, index_type(new)) for old, new in self.result.items() if old is not new
        }
        of = tuple(substitute(e, values) for e in loop.extent.of)
        ends = [None if e is None else substitute(e, values) for e in (loop.start, loop.stop)]
        weight = None if loop.weight is None else substitute(loop.weight, values)
        extent = Extent(loop.extent.dim, of, loop.extent.size)
        same = (extent, *ends, weight) == (loop.extent, loop.start, loop.stop, loop.weight)
        return loop if same else replace(
            loop, extent=extent, start=ends[0], stop=ends[1], weight=weight
        )  # fmt: skip

    def _name(self, key: Key, fresh: Loop, loop: Loop) -> None:
        """Keep a plate; one without a name takes that of a later loop over the same thing."""
        if key not in self.plates:
            self.plates[key] = fresh
        elif loop.name and not self.plates[key].name:
            old, named = self.plates[key], replace(self.plates[key], name=loop.name)
            self.plates[key] = named
            for mapped, plate in self.result.items():
                if plate is old:
                    self.result[mapped] = named


def canonical(model: Model) -> dict[Loop, Loop]:
    """Map every loop to its plate: the first loop over the same part in the same kind of nest."""
    plates = _Plates()
    for statement in model.statements:
        outer: list[Key] = []
        for loop in loops_of(statement):
            outer.append(plates.add(loop, outer))
    return plates.result


def on_plates(model: Model) -> tuple[Statement, ...]:
    """Rewrite every statement over plates, `let`s that read discrete latents written out."""
    plates = canonical(model)
    index: dict[Symbol, Expr] = {
        old: Ref(new, index_type(new)) for old, new in plates.items() if old is not new
    }
    states = {s.target for s in model.statements if is_state(s)}
    lets: dict[Variable, Define] = {}
    result: list[Statement] = []
    for statement in model.statements:
        new = _rewrite(statement, plates, index, lets)
        match new:
            case Define(target=target, value=value) if reads_any(value, states):
                lets[target] = new
                if target.role == "report":
                    result.append(new)
            case _:
                result.append(new)
    return tuple(result)


def reads_any(expr: Expr, variables: set[Variable]) -> bool:
    """Whether an expression refers to one of the variables."""
    return any(s in variables for s in symbols(expr))


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
        case Param() | Require():
            return replace(statement, loops=loops)
        case Given():
            return statement


def map_law(law: Law, lets: dict[Variable, Define]) -> Law:
    """Write out `let`s in a distribution."""
    return rewrite_law(law, lambda e: write_out(e, lets))


def rewrite_law(law: Law, change: Callable[[Expr], Expr]) -> Law:
    """Apply a function to every expression of a distribution."""
    match law:
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return replace(
                law,
                condition=change(condition),
                then=rewrite_law(then, change),
                otherwise=rewrite_law(otherwise, change),
            )
        case Distribution(parameters=parameters, lower=lower, upper=upper):
            return replace(
                law,
                parameters=tuple((name, change(e)) for name, e in parameters),
                lower=None if lower is None else change(lower),
                upper=None if upper is None else change(upper),
            )


def write_out(expr: Expr, lets: dict[Variable, Define]) -> Expr:
    """Replace reads of the given `let`s by their definitions at the indices read.

    `theta[of[r]]` with `let theta[i] = a * z[i]` becomes `a * z[of[r]]`.
    """
    match expr:
        case Index(base=Ref(symbol=Variable() as let), subscripts=subscripts) if let in lets:
            define = lets[let]
            given = tuple(s if isinstance(s, Slice) else write_out(s, lets) for s in subscripts)
            n = len(let.loops)
            if any(isinstance(s, Slice) for s in given[:n]) or len(given) < n:
                return _whole(expr, define, given)
            own = define.loops[len(define.loops) - n :] if n else ()
            values: dict[Symbol, Expr] = {
                loop: e for loop, e in zip(own, given[:n], strict=True) if not isinstance(e, Slice)
            }
            body = substitute(define.value, values)
            rest = given[n:]
            return replace(expr, base=body, subscripts=rest) if rest else body
        case Ref(symbol=Variable() as let) if let in lets:
            if let.loops and let.dims:
                return _whole(expr, lets[let], ())
            return lets[let].value
        case _:
            return rebuild(expr, lambda e: write_out(e, lets))


def _whole(expr: Expr, define: Define, given: tuple[Expr | Slice, ...]) -> Expr:
    """The array of a `let` of latents as a comprehension over its loops."""
    n = len(define.target.loops)
    own = define.loops[len(define.loops) - n :]
    fresh = tuple(replace(loop) for loop in own)
    values: dict[Symbol, Expr] = {
        old: Ref(new, index_type(new)) for old, new in zip(own, fresh, strict=True)
    }
    body = substitute(define.value, values)
    array: Expr = body
    for i in range(n - 1, -1, -1):
        dims = (fresh[i].extent, *array.type.dims)
        array = Array((array,), (fresh[i],), None, replace(array.type, dims=dims), expr.span)
    return Index(array, given, expr.type, expr.span) if given else array


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Apply a function to the direct subexpressions (loop bounds left as they are)."""
    match expr:
        case Apply(arguments=arguments):
            return replace(expr, arguments=tuple(map(change, arguments)))
        case Index(base=base, subscripts=subscripts):
            new = tuple(s if isinstance(s, Slice) else change(s) for s in subscripts)
            return replace(expr, base=change(base), subscripts=new)
        case Select(condition=condition, then=then, otherwise=otherwise):
            return replace(
                expr,
                condition=change(condition),
                then=change(then),
                otherwise=change(otherwise),
            )
        case Reduce(element=element, condition=condition):
            return replace(
                expr,
                element=change(element),
                condition=None if condition is None else change(condition),
            )
        case Array(items=items, condition=condition):
            return replace(
                expr,
                items=tuple(map(change, items)),
                condition=None if condition is None else change(condition),
            )
        case _:
            return expr


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


def terms(statements: tuple[Statement, ...]) -> tuple[Term, ...]:
    """Return the term of every statement that has a density."""
    states = {s.target for s in statements if is_state(s)}
    result: list[Term] = []
    for statement in statements:
        match statement:
            case Draw(target=target, law=law, subscripts=subscripts) if target.role != "generated":
                expressions = (*law_expressions(law), *subscripts)
                result.append(_term(statement, law, None, subscripts, expressions, states))
            case Factor(value=value):
                result.append(_term(statement, None, value, (), (value,), states))
            case _:
                pass
    return tuple(result)


def _term(
    statement: Draw | Factor,
    law: Law | None,
    value: Expr | None,
    subscripts: tuple[Expr, ...],
    expressions: tuple[Expr, ...],
    states: set[Variable],
) -> Term:
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
    return Term(statement, statement.loops, law, value, subscripts, found)
