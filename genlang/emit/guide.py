"""`guide(data)`: the guide as written; its latents are sites of natural shape, as in `model`."""

from genlang.check.model import Define, Draw, Factor, Loop, Variable
from genlang.emit.latents import Latents
from genlang.emit.spelling import Spelling
from genlang.emit.writer import Context
from genlang.plan.graph import Term
from genlang.plan.plan import Plan


class Guide(Latents):
    """Writes the lines of the guide, after those `let`s and params of the model that it reads."""

    name = "guide"

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.statements = plan.guide
        self.names = Spelling(plan, plan.guide, summed=True)
        for s in plan.guide:
            if isinstance(s, Draw):
                # It may draw as one vector what the model draws in a loop, and the reverse.
                self.names.own[s.target] = s.loops
                self.terms[s] = Term(s, s.loops, s.law, None, s.subscripts, ())

    def fill(self, variable: Variable, cells: Variable) -> None:
        """A guide reads no name with missing cells."""

    def written_out(self, define: Define) -> bool:
        """Every definition has a line."""
        del define
        return False

    def plates(self, loops: tuple[Loop, ...]) -> tuple[Context, ...]:
        """Its sites stand in no plates."""
        del loops
        return ()

    def density(self, statement: Draw | Factor, term: Term) -> None:
        """Write a draw."""
        assert isinstance(statement, Draw)
        self.comment(statement)
        self.latent(statement, term)
