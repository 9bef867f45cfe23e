"""Model -> Plan: what is summed out, in which order.

The plan depends on the model and on the set of observed names with missing cells, never on sizes
or values: `emit` turns it into text, `explain` into words.
"""

from dataclasses import dataclass

from genlang.check.model import Draw, Model, Statement, Variable
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.eliminate import State, Step, eliminate
from genlang.plan.graph import Term, is_state, on_plates, terms
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
    every = terms(statements)
    summed = tuple(t for t in every if t.reads)
    try:
        states, steps = eliminate(summed, states)
    except ModelError as error:
        raise ModelError(error.diagnostics, model.source) from None
    plain = tuple(t for t in every if not t.reads)
    return Plan(model, statements, tuple(states.items()), plain, steps, missing)


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
