"""`after(data, values)`: what is drawn and computed once a posterior draw is at hand.

A third function rather than lines of `joint`: `generated` values and reports of states take no part
in the density, and here they read whole arrays, the states among them, so that nothing has to be
replayed step by step. `values` are the unknowns by name, and one exact joint draw of the states.
"""

from genlang.check.model import Define, Statement, Variable
from genlang.check.walk import bounds
from genlang.emit.joint import Joint
from genlang.emit.stepping import loops, reads
from genlang.plan.lags import expressions_of
from genlang.plan.later import later
from genlang.plan.plan import Plan
from genlang.plan.rewrite import target_of


class After(Joint):
    """Writes the statements that wait for the states or read generated values, and their `let`s."""

    name = "after"
    decorator = ""
    arguments = "data, values"

    def __init__(self, plan: Plan) -> None:
        self.needed = _needed(plan)
        super().__init__(plan)

    def belongs(self, statement: Statement) -> bool:
        """Whether the function writes a statement."""
        return statement in self.needed

    def written_out(self, define: Define) -> bool:
        """Nothing is enumerated here: every definition has a line."""
        del define
        return False

    def enumerable(self) -> set[Variable]:
        """States are given."""
        return set()

    def fill(self, variable: Variable, cells: Variable) -> None:
        """Missing cells are among the values."""
        if any(variable in _reads(s) for s in self.needed):
            self.filled(variable, f'values["{cells.name}"]')

    def given(self) -> list[str]:
        """The lines that take the unknowns out of `values`."""
        made = {target_of(s) for s in self.needed}
        read = {v for s in self.needed for v in _reads(s)} - made
        names = [
            v for v in self.plan.model.variables
            if v in read and v.role in ("latent", "param", "report")
        ]  # fmt: skip
        if not names:
            return []
        left = ", ".join(self.names.locals.symbol(v) for v in names)
        right = ", ".join(f'values["{v.name}"]' for v in names)
        return [f"    {left} = {right}"]


def _needed(plan: Plan) -> tuple[Statement, ...]:
    waiting = later(plan)
    every = [s for s, _ in plan.written]
    needed = {s for s in every if target_of(s) in waiting}
    # A definition that nothing waits for is computed again, except reports, which are stored.
    for s in reversed(every):
        let = isinstance(s, Define) and s.target.role == "let"
        if let and any(target_of(s) in _reads(other) for other in needed):
            needed.add(s)
    return tuple(s for s in every if s in needed)


def _reads(statement: Statement) -> set[Variable]:
    ends = [e for loop in loops(statement) for e in bounds(loop)]
    return {v for e in (*expressions_of(statement), *ends) for v, _ in reads(e)}
