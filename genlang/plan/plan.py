"""Model -> Plan: what is summed out, in which order.

The plan depends on the model and on the set of observed names with missing cells, never on sizes
or values: `emit` turns it into text, `explain` into words.
"""

from dataclasses import dataclass, replace

from genlang.check.model import Draw, Expr, Model, Statement, Variable
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.eliminate import eliminate
from genlang.plan.graph import Term, is_state, on_plates, terms
from genlang.plan.lags import Lagged, lagged
from genlang.plan.steps import State, Step
from genlang.plan.support import Support, support


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

    @property
    def summed(self) -> dict[Variable, State]:
        """The latents that are summed out, without the shadows of lagged reads."""
        return {z: s for z, s in self.states if s.lag is None}


def plan(model: Model, missing: frozenset[str] = frozenset()) -> Plan:
    """Plan the elimination of every finite discrete latent.

    Raises ModelError where a discrete latent cannot be summed out (E7xx), all such together.
    """
    statements = on_plates(model)
    supports: dict[Variable, Support] = {}
    states: dict[Variable, State] = {}
    faults: list[Diagnostic] = []
    for statement in statements:
        if is_state(statement):
            try:
                found = support(statement, supports)
            except ModelError as error:
                faults += error.diagnostics
                continue
            supports[statement.target] = found
            states[statement.target] = State(statement, found)
    faults += _weighted(statements)
    if faults:
        raise ModelError(faults, model.source)
    chains = lagged(statements, set(states))
    statements = chains.statements
    states |= _with_shadows(states, chains)
    every = terms(chains)
    summed = tuple(t for t in every if t.reads)
    try:
        states, steps = eliminate(summed, states)
    except ModelError as error:
        raise ModelError(error.diagnostics, model.source) from None
    plain = tuple(t for t in every if not t.reads)
    return Plan(model, statements, tuple(states.items()), plain, steps, missing, chains.written)


def _with_shadows(states: dict[Variable, State], found: Lagged) -> dict[Variable, State]:
    """States of the shadows, and of the latents that have one, by what the statements are now."""
    draws = {s.target: s for s in found.statements if is_state(s)}
    carried = {lag.of for lag in found.shadows.values()}
    base = {z: replace(s, draw=draws[z], carried=z in carried) for z, s in states.items()}
    return base | {
        shadow: replace(base[lag.of], lag=lag, carried=False)
        for shadow, lag in found.shadows.items()
    }


def _weighted(statements: tuple[Statement, ...]) -> list[Diagnostic]:
    """Continuous latents in a weighted loop have no meaning (LANGUAGE section 2)."""
    return [
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
