"""What is known later than its reader wants it.

`generated` values, and what is computed from them, are known after inference only; functions of
distributions are worked out by the program, not when data are bound.
"""

from collections.abc import Iterable

from genlang.check.model import (
    Define,
    Density,
    Draw,
    Expr,
    Loop,
    Model,
    Ref,
    Require,
    Statement,
    Symbol,
    Variable,
)
from genlang.check.walk import bounds, expressions, symbols, walk
from genlang.diagnostics import Diagnostic
from genlang.source import Span


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


def unmeasured(model: Model) -> list[Diagnostic]:
    """Return an error (E290) for what is needed to bind data and reads `D.cdf(x)` or its like."""
    lets: set[Symbol] = set()

    def reads(exprs: Iterable[Expr | None]) -> bool:
        every = [part for e in exprs if e is not None for part in walk(e)]
        return any(
            isinstance(e, Density) or (isinstance(e, Ref) and e.symbol in lets) for e in every
        )

    faults = [_unmeasured("the size of a dim", d.span) for d in model.dims if reads((d.derived,))]
    faults += [
        _unmeasured("a bound of data", v.span)
        for v in model.variables
        if v.role == "data" and reads((v.cell.lower, v.cell.upper))
    ]
    for s in model.statements:
        loops = [x for x in getattr(s, "loops", ()) if reads((*bounds(x), x.weight))]
        faults += [_unmeasured("a loop", loop.span) for loop in loops]
        if isinstance(s, Define) and reads((s.value,)):
            lets.add(s.target)
        elif isinstance(s, Require) and reads((s.condition,)):
            faults.append(_unmeasured("a `require`", s.span))
    return list({f.span: f for f in faults}.values())


def _unmeasured(what: str, span: Span) -> Diagnostic:
    return Diagnostic("E290", f"a function of a distribution in {what} is not supported yet", span,
                      why="it is worked out by the program, after data are bound")  # fmt: skip


def _weighted(statement: Statement, loop: Loop) -> list[Diagnostic]:
    drawn = isinstance(statement, Draw) and statement.target.role == "generated"
    if not drawn or loop.weight is None:
        return []
    why = "an iteration that stands for several has one value of it, not several"
    return [Diagnostic("E703", "a `generated` value stands in a weighted loop", statement.span,
                       why=why, help="declare it outside the loop")]  # fmt: skip


def _reads(statement: Statement) -> list[Variable]:
    return [s for e in expressions(statement) for s in symbols(e) if isinstance(s, Variable)]
