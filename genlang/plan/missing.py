"""Observed names with missing cells: left out of the density, or unknown where something reads.

    nothing else reads y       its term holds where the cell was seen: `data.y_seen`
    y is discrete and finite   y becomes a latent, summed out, and a factor says what was seen of it
    else                       refused (E706)

(LANGUAGE section 6, Missing.) The plan depends on which names have missing cells, never on which
cells these are.
"""

from dataclasses import replace

from genlang.check.model import (
    Apply,
    Const,
    Define,
    Draw,
    Expr,
    Factor,
    Index,
    Model,
    Param,
    Ref,
    Require,
    Select,
    Statement,
    Symbol,
    Type,
    Variable,
)
from genlang.check.walk import bounds, law_expressions, substitute, substitute_law, symbols
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.support import support

BOOL = Type("bool")


def seen_name(name: str) -> str:
    """The name of the data that mark the cells of an observed variable that are there."""
    return f"{name}_seen"


def with_missing(model: Model, missing: frozenset[str]) -> tuple[Model, dict[Variable, Variable]]:
    """Return the model with unknown cells, and the marks of the cells whose terms hold.

    Raises ModelError (E706) with every name that cannot be unknown.
    """
    marks: dict[Variable, Variable] = {}
    faults: list[Diagnostic] = []
    for name in sorted(missing):
        variable = next(v for v in model.variables if v.name == name)
        mark = _mark(variable)
        reader = next((s for s in model.statements if variable in _read(s)), None)
        if reader is None:
            marks[variable] = mark
            continue
        draws = [s for s in model.statements if isinstance(s, Draw) and s.target is variable]
        if len(draws) == 1 and _finite(draws[0]):
            model = _unknown(model, draws[0], mark)
            continue
        faults.append(_refused(variable, reader))
    if faults:
        raise ModelError(faults, model.source)
    return model, marks


def _mark(variable: Variable) -> Variable:
    rank = len(variable.dims) - len(variable.cell.dims)
    cell = replace(BOOL, dims=())
    return Variable(seen_name(variable.name), "data", cell, variable.dims[:rank], variable.loops)


def _read(statement: Statement) -> set[Symbol]:
    """What a statement reads, its target's own cell aside."""
    match statement:
        case Draw(law=law, subscripts=subscripts):
            exprs: tuple[Expr, ...] = (*law_expressions(law), *subscripts)
        case Define(value=value) | Factor(value=value):
            exprs = (value,)
        case Require(condition=condition):
            exprs = (condition,)
        case Param(start=start):
            exprs = () if start is None else (start,)
        case _:
            return set()
    ends = tuple(e for loop in statement.loops for e in bounds(loop))
    return {s for e in (*exprs, *ends) for s in symbols(e)}


def _finite(draw: Draw) -> bool:
    if draw.target.role != "observed" or draw.target.cell.dims:
        return False
    try:
        support(draw, {})
    except ModelError:
        return False
    return draw.target.cell.kind in ("bool", "index", "count", "int")


def _unknown(model: Model, draw: Draw, mark: Variable) -> Model:
    """The model with a variable as a latent, and what was seen of it as a factor."""
    given = replace(draw.target, role="data")
    latent = replace(draw.target, role="latent")
    change: dict[Symbol, Expr] = {draw.target: Ref(latent, latent.cell)}
    statements: list[Statement] = []
    for statement in model.statements:
        statements.append(_changed(statement, draw, latent, change))
        if statement is draw:
            statements.append(_evidence(draw, latent, given, mark))
    variables = tuple(latent if v is draw.target else v for v in model.variables)
    return replace(model, variables=variables, statements=tuple(statements))


def _changed(
    statement: Statement, draw: Draw, latent: Variable, change: dict[Symbol, Expr]
) -> Statement:
    match statement:
        case Draw(law=law, subscripts=subscripts):
            subs = tuple(substitute(s, change) for s in subscripts)
            new = replace(statement, law=substitute_law(law, change), subscripts=subs)
            return replace(new, target=latent) if statement is draw else new
        case Define(value=value) | Factor(value=value):
            return replace(statement, value=substitute(value, change))
        case _:
            return statement


def _evidence(draw: Draw, latent: Variable, given: Variable, mark: Variable) -> Factor:
    """0 where the cell is missing or has the value that was seen, else -inf."""

    def cell(variable: Variable) -> Expr:
        whole = Ref(variable, variable.cell)
        return Index(whole, draw.subscripts, variable.cell) if draw.subscripts else whole

    differs = Apply("!=", (cell(latent), cell(given)), BOOL)
    wrong = Apply("and", (cell(mark), differs), BOOL)
    real = Type("real")
    value = Select(wrong, Const(float("-inf"), real), Const(0.0, real), real)
    return Factor(draw.target.name, value, draw.loops, draw.span)


def _refused(variable: Variable, reader: Statement) -> Diagnostic:
    return Diagnostic(
        "E706",
        f"`{variable.name}` has missing cells, and this statement reads it",
        reader.span,
        why="a missing cell that something reads is an unknown; only discrete ones with finitely "
        "many values are summed out, continuous ones are not supported yet",
        help="leave the rows out, or declare the missing values as a latent",
        second=(variable.span, f"`{variable.name}` is declared here"),
    )
