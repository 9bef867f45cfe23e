"""Model -> Plan: what is summed out, in which order.

The plan depends on the model and on the set of observed names with missing cells, never on sizes
or values: `emit` turns it into text, `explain` into words.
"""

from collections.abc import Mapping
from dataclasses import field, replace

from genlang.check.model import Draw, Expr, Factor, Loop, Model, Statement, Variable
from genlang.check.walk import law_expressions, symbols
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.coupled import Stuck, profile
from genlang.plan.eliminate import eliminate
from genlang.plan.graph import Term, is_state, on_plates, terms
from genlang.plan.guide import guided
from genlang.plan.lags import Lagged, expressions_of, lagged
from genlang.plan.missing import with_missing
from genlang.plan.steps import State, Step
from genlang.plan.support import of_type, support, supports, unknowns
from genlang.plan.totals import totals
from genlang.records import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """A model over plates, its summed-out latents, and the steps that sum them out.

    `terms` are all statements with a density; those that read a state are made by `steps`, the
    others (`plain`) are ordinary sites of the program.
    """

    model: Model
    statements: tuple[Statement, ...]
    states: tuple[tuple[Variable, State], ...]
    plain: tuple[Term, ...]
    steps: tuple[Step, ...]
    missing: frozenset[str] = frozenset()
    # Statements and their guards with lagged reads as in the model: what `joint` writes.
    written: tuple[tuple[Statement, tuple[Expr, ...]], ...] = ()
    # Observed names with missing cells that nothing reads, and the data that mark the others.
    marks: tuple[tuple[Variable, Variable], ...] = ()
    # Observed names whose missing cells are continuous latents, and these latents.
    filled: tuple[tuple[Variable, Variable], ...] = ()
    # What the function of the guide writes.
    guide: tuple[Statement, ...] = ()

    @property
    def drawn(self) -> frozenset[Variable]:
        """The latents that the guide draws."""
        return frozenset(s.target for s in self.guide if isinstance(s, Draw))

    @property
    def summed(self) -> dict[Variable, State]:
        """The latents that are summed out, without shadows and latents of our own."""
        return {z: s for z, s in self.states if s.lag is None and not s.made}


def plan(model: Model, missing: frozenset[str] = frozenset()) -> Plan:
    """Plan the elimination of every finite discrete latent.

    `missing` are the observed names with missing cells. Raises ModelError where a discrete latent
    cannot be summed out (E7xx), all such together.
    """
    guide = guided(model, missing)
    unknown = with_missing(model, missing)
    model, marks = unknown.model, unknown.marks
    statements = on_plates(model)
    draws = tuple(s for s in statements if is_state(s))
    known, faults = supports(draws, statements)
    states = {s.target: State(s, known[s.target]) for s in draws if s.target in known}
    faults += _weighted(statements)
    if faults:
        raise ModelError(faults, model.source)
    sums = start = _Sums(statements, states)
    coupled: dict[Variable, Coupled] = {}
    while True:
        profiles = {z: loops for z, (loops, _) in coupled.items()}
        chains = lagged(sums.statements, set(sums.states), profiles)
        every = terms(chains, marks)
        whole = _with_shadows(sums.states, chains, coupled)
        try:
            steps = eliminate(tuple(t for t in every if t.reads), whole)
        except Stuck as stuck:
            lag = whole[stuck.state].lag
            # A latent and its shadows are one array, so they are profiles together.
            z = stuck.state if lag is None else lag.of
            if z in sums.arrays:  # totals do not take it apart: its profiles will
                refused = sums.refused | {sums.arrays[z]}
                sums = replace(start, tried=refused, refused=refused)
                continue
            if z not in sums.tried and not whole[z].carried:
                sums = sums.folded(z)
                continue
            try:
                loops = profile(stuck, whole)
            except ModelError as error:
                raise ModelError(error.diagnostics, model.source) from None
            coupled[z] = (loops, stuck.term.statement)
            continue
        plain = tuple(t for t in every if not t.reads)
        written = chains.written if sums.statements is statements else (
            lagged(statements, set(states), profiles).written
        )  # fmt: skip
        rest = (missing, written, tuple(marks.items()), tuple(unknown.filled.items()), guide)
        return Plan(model, chains.statements, tuple(whole.items()), plain, steps, *rest)


@dataclass(frozen=True, slots=True)
class _Sums:
    """The statements and the states, totals of coupled arrays among them.

    `tried` are the latents whose totals were looked for, `refused` those whose totals were of no
    use. `arrays` has what totals are made of, and all latents of our own, with the array that each
    belongs to.
    """

    statements: tuple[Statement, ...]
    states: dict[Variable, State]
    tried: frozenset[Variable] = frozenset()
    refused: frozenset[Variable] = frozenset()
    arrays: Mapping[Variable, Variable] = field(default_factory=dict)

    def folded(self, z: Variable) -> "_Sums":
        """The same with totals of a latent's cells, where statements read no more of them."""
        tried = self.tried | {z}
        found = totals(self.statements, z, set(self.states))
        if found is None:
            return replace(self, tried=tried)
        known = {v: s.support for v, s in self.states.items()}
        free = {w: of_type(w.cell) for w in unknowns(self.statements)}
        made = found.terms | found.folds.keys()
        states = dict(self.states)
        for draw in found.statements:
            if isinstance(draw, Draw) and draw.target in made:
                try:
                    known[draw.target] = support(draw, known, free)
                except ModelError:  # no bounds that can be told: the array's profiles have some
                    return replace(self, tried=tried)
                fold = found.folds.get(draw.target)
                states[draw.target] = State(draw, known[draw.target], made=True, fold=fold)
        read = {s for d in found.statements if isinstance(d, Draw) and d.target in found.terms
                for e in law_expressions(d.law) for s in symbols(e)}  # fmt: skip
        beside = {v for v in self.states if v in read and v not in self.arrays}
        arrays = {**self.arrays, **dict.fromkeys(made | beside | {z}, z)}
        return _Sums(found.statements, states, tried, self.refused, arrays)


# The loops that the profiles of a latent cover, and the statement that couples its cells.
Coupled = tuple[tuple[Loop, ...], Statement]


def _with_shadows(
    states: dict[Variable, State], found: Lagged, coupled: dict[Variable, Coupled]
) -> dict[Variable, State]:
    """States of the shadows, and of the latents that have one, by what the statements are now."""
    draws = {s.target: s for s in found.statements if is_state(s)}
    carried = {lag.of for lag in found.shadows.values()}
    base: dict[Variable, State] = {}
    for z, state in states.items():
        loops, by = coupled.get(z, ((), None))
        base[z] = replace(state, draw=draws[z], carried=z in carried, profile=loops, coupled=by)
    return base | {
        shadow: replace(base[lag.of], lag=lag, carried=False)
        for shadow, lag in found.shadows.items()
    }


def _weighted(statements: tuple[Statement, ...]) -> list[Diagnostic]:
    """What has no meaning in a weighted loop: continuous latents, and reads from outside it."""
    weighted = {
        s.target: {loop for loop in s.loops if loop.weight is not None}
        for s in statements
        if is_state(s)
    }
    outside = [
        Diagnostic(
            "E703",
            f"`{z.name}` stands in a weighted loop and is read outside of it",
            s.span,
            why="an iteration that stands for several has a state for each of them",
            help="read it inside the loop, or write the rows out",
        )
        for s in statements
        if isinstance(s, Draw | Factor)
        for z in dict.fromkeys(x for e in expressions_of(s) for x in symbols(e))
        if isinstance(z, Variable) and weighted.get(z, set()) - set(s.loops)
    ]
    return outside + [
        Diagnostic(
            "E703",
            f"the continuous latent `{s.target.name}` stands in a weighted loop",
            s.span,
            why="an iteration that stands for several has one value of it, not several",
            help="declare it outside the loop, or write the rows out",
        )
        for s in statements
        if isinstance(s, Draw)
        and s.target.role == "latent"
        and not is_state(s)
        and any(loop.weight is not None for loop in s.loops)
    ]
