"""What is known only after inference: `generated` values, and what is computed from them."""

from genlang.check.model import (
    Define,
    Draw,
    Loop,
    Model,
    Statement,
    Variable,
)
from genlang.check.walk import expressions, symbols
from genlang.diagnostics import Diagnostic


def misread(model: Model) -> list[Diagnostic]:
    """Return an error for every statement of the model that reads a `generated` value."""
    later = {v: v for v in model.variables if v.role == "generated"}
    found: list[Diagnostic] = []
    for s in model.statements:
        read = next((v for v in _reads(s) if v in later), None)
        for loop in getattr(s, "loops", ()):
            found += _weighted(s, loop)
        if read is None:
            continue
        if isinstance(s, Define):
            later[s.target] = later[read]
        elif not (isinstance(s, Draw) and s.target.role == "generated"):
            source = later[read]
            found.append(Diagnostic(
                "E291", f"`{source.name}` is drawn after inference, so nothing inferred reads it",
                s.span, why="a `generated` value takes no part in the density",
                help="`report` and `generated` lines may read it",
                second=(source.span, "declared here"),
            ))  # fmt: skip
    return found


def _weighted(statement: Statement, loop: Loop) -> list[Diagnostic]:
    drawn = isinstance(statement, Draw) and statement.target.role == "generated"
    if not drawn or loop.weight is None:
        return []
    why = "an iteration that stands for several has one value of it, not several"
    return [Diagnostic("E703", "a `generated` value stands in a weighted loop", statement.span,
                       why=why, help="declare it outside the loop")]  # fmt: skip


def _reads(statement: Statement) -> list[Variable]:
    return [s for e in expressions(statement) for s in symbols(e) if isinstance(s, Variable)]
