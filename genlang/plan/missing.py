"""Observed names with missing cells: left out of the density, or unknown where something reads.

    nothing else reads y       its term holds where the cell was seen: `data.y_seen`
    y is discrete and finite   y becomes a latent, summed out, and a factor says what was seen of it
    y is continuous            its missing cells are a latent, `y_missing`, in their order
    else                       refused (E706)

(LANGUAGE section 6, Missing.) The plan depends on which names have missing cells, never on which
cells these are.
"""

from dataclasses import dataclass, replace

from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Define,
    Dim,
    Draw,
    Expr,
    Extent,
    Factor,
    Given,
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
from genlang.check.supports import drawn, of_kind
from genlang.check.walk import bounds, law_expressions, leaves, substitute, substitute_law, symbols
from genlang.diagnostics import Diagnostic, ModelError
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.plan.support import support

BOOL = Type("bool")


CONTINUOUS = frozenset(["real", "positive", "nonneg", "unit"])


def seen_name(name: str) -> str:
    """The name of the data that mark the cells of an observed variable that are there."""
    return f"{name}_seen"


def gaps_name(name: str) -> str:
    """The name of the data that hold the places of the cells that are not."""
    return f"{name}_gaps"


def missing_name(name: str) -> str:
    """The name of the latent of continuous missing cells."""
    return f"{name}_missing"


def cell_name(name: str) -> str:
    """The name of the dim of these cells."""
    return f"{name}_cell"


@dataclass(frozen=True, slots=True)
class Missing:
    """A model with unknown cells.

    marks   of observed variables whose missing cells are left out: the data that mark the others
    filled  of those whose missing cells are continuous latents: these latents
    """

    model: Model
    marks: dict[Variable, Variable]
    filled: dict[Variable, Variable]


def with_missing(model: Model, missing: frozenset[str]) -> Missing:
    """Return the model with what becomes of missing cells.

    Raises ModelError (E706) with every name that cannot be unknown.
    """
    found = Missing(model, {}, {})
    faults: list[Diagnostic] = []
    for name in sorted(missing):
        now = found.model  # in which earlier names may be latents by now
        variable = next(v for v in now.variables if v.name == name)
        faults += _taken(variable, now)
        mark = _mark(variable)
        reader = next((s for s in now.statements if variable in _read(s)), None)
        if reader is None:
            found.marks[variable] = mark
            continue
        draws = [s for s in now.statements if isinstance(s, Draw) and s.target is variable]
        discrete = len(draws) == 1 and _finite(draws[0])
        why = _decided(variable, now)
        why = why or (_not_summed(draws[0], now) if discrete else _not_continuous(variable, draws))
        if why:
            faults.append(_refused(variable, reader, why))
            continue
        if discrete:
            found = replace(found, model=_unknown(now, draws[0], mark))
            continue
        found.filled[variable] = _cells(variable)
    if faults:
        raise ModelError(faults, model.source)
    variables = (*found.model.variables, *found.filled.values())
    return replace(found, model=replace(found.model, variables=variables))


def _taken(variable: Variable, model: Model) -> list[Diagnostic]:
    """Names that the program needs for the missing cells, and the model has for something else."""
    name = variable.name
    needed = {seen_name(name), gaps_name(name), missing_name(name), cell_name(name)}
    known: dict[str, Variable | Dim] = {v.name: v for v in model.variables}
    known |= {d.name: d for d in model.dims}
    return [
        Diagnostic(
            "E706", f"`{known[other].name}` is what the missing cells of `{name}` are called",
            known[other].span, help="choose another name for it",
            second=(variable.span, f"`{name}` is declared here"),
        )
        for other in sorted(needed & known.keys())
    ]  # fmt: skip


def _not_summed(draw: Draw, model: Model) -> str:
    """Why missing cells of a discrete name cannot be summed out; empty where they can."""
    own = [e.symbol for e in draw.subscripts if isinstance(e, Ref)]
    if [p for p in draw.loops if p in own] != own:
        order = ", ".join(p.name for p in draw.loops if p in own)
        right = f"`{draw.target.name}[{order}]`"
        return f"its axes stand in another order than its loops; that needs {right} as yet"
    parts = any(p.start is not None or p.stop is not None for p in draw.loops)
    others = [s for s in model.statements if s is not draw and draw.target in _read(s)]
    if parts and (others or not (isinstance(draw.law, Choice) and draw.law.chained)):
        return "its statement covers a part of a dim only, and other cells may be read"
    return ""


def _not_continuous(variable: Variable, draws: list[Draw]) -> str:
    """Why missing cells of a name cannot be a continuous latent; empty where they can."""
    kind, unknown = variable.cell.kind, "a missing cell that something reads is an unknown"
    if kind in ("count", "int"):
        return f"{unknown}, and this one can be any {kind}: `upper=` bounds it"
    if kind not in CONTINUOUS or variable.cell.dims or variable.cell.structure:
        what = "vectors" if variable.cell.dims else "a name that several statements draw"
        return f"{unknown}, which is not supported yet for {what}"
    if any(loop.weight is not None for s in draws for loop in s.loops):
        return "it stands in a weighted loop, where one cell would be several unknowns"
    whole = of_kind(kind)
    for law in (law for draw in draws for law in leaves(draw.law)):
        row = DISTRIBUTIONS[law.name]
        given = dict(law.parameters)
        ends = [law.lower, law.upper, *(given[n] for n in row.ends or ())]
        values = drawn(law, Type(row.kind), {})
        known = law.name != "Pareto" and all(e is None or isinstance(e, Const) for e in ends)
        if not known or (values.low, values.high) != (whole.low, whole.high):
            where = f"`{law.name}` draws " + (values.show() if known else "between bounds")
            return f"{unknown}; {where}, and an unknown cell can only be any {kind} number yet"
    return ""


def _decided(variable: Variable, model: Model) -> str:
    """Why a name has to be known before a fit, also through `let`; empty where it has not."""
    depends: set[Symbol] = {variable}
    for s in model.statements:
        if isinstance(s, Define) and depends & set(symbols(s.value)):
            depends.add(s.target)
    for s in model.statements:
        if isinstance(s, Given):
            continue
        for loop in s.loops:
            if depends & {x for e in bounds(loop) for x in symbols(e)}:
                return "it decides what a loop runs over, which must be known from data"
            if loop.weight is not None and depends & set(symbols(loop.weight)):
                return "it is the weight of a loop, which must be known from data"
        if isinstance(s, Require) and depends & set(symbols(s.condition)):
            return "it is read by a `require`, which is checked before the fit"
    return ""


def _cells(variable: Variable) -> Variable:
    """The latent of a variable's missing cells, in their order."""
    name = variable.name
    dims = (Extent(Dim(cell_name(name))),)
    cell = replace(variable.cell, lower=None, upper=None)
    about = f"Missing cells of {name}"
    return Variable(missing_name(name), "latent", cell, dims, description=about, span=variable.span)


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
    ends += tuple(loop.weight for loop in statement.loops if loop.weight is not None)
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


def _refused(variable: Variable, reader: Statement, why: str) -> Diagnostic:
    return Diagnostic(
        "E706",
        f"`{variable.name}` has missing cells, and this statement reads it",
        reader.span,
        why=why,
        help="leave the rows out, or declare the missing values as a latent",
        second=(variable.span, f"`{variable.name}` is declared here"),
    )
