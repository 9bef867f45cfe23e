"""Observed names with missing cells: left out of the density, or unknown where something reads.

    nothing else reads y       its term holds where the cell was seen: `data.y_seen`
    y is a normal vector       its law is that of the elements that were seen
    y is discrete and finite   y becomes a latent, summed out, and a factor says what was seen of it
    y is continuous            its missing cells are a latent, `y_missing`, in their order
    else                       refused (E706)

(LANGUAGE section 6, Missing.) The plan depends on which names have missing cells, never on which
cells these are. A `data` name that an `observed` statement covers has missing cells like an
observed one; what must be known from data (a `let` of data, a bound, a `require`) still reads what
was given, and binding looks that these cells are there.
"""

from dataclasses import replace

from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Define,
    Dim,
    Distribution,
    Draw,
    Expr,
    Extent,
    Factor,
    Law,
    Model,
    Ref,
    Select,
    Statement,
    Symbol,
    Type,
    Variable,
)
from genlang.check.supports import of_kind
from genlang.check.supports import support as support_of
from genlang.check.walk import (
    cell_of,
    leaves,
    substitute,
    substitute_law,
    symbols,
)
from genlang.diagnostics import Diagnostic, ModelError
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.plan.imputable import decided, depending, not_continuous, not_summed, read_by
from genlang.plan.support import support
from genlang.records import dataclass
from genlang.source import Source

BOOL = Type("bool")
# Domains of arguments that values of a cell may leave.
DOUBTED = frozenset({"positive", "nonneg", "unit"})


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

    marks   of observed variables whose missing cells are left out: the data that mark the others,
            unless their laws tell
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
        mark = mark_of(variable, now)
        given = given_lets(now) if variable.role == "data" else None
        reader = next((s for s in now.statements if variable in read_by(s, given)), None)
        if reader is None and elementwise(variable, now):
            found = replace(found, model=_partly(now, variable, mark))
            continue
        if reader is None:
            found.marks[variable] = mark
            continue
        draws = [s for s in now.statements if isinstance(s, Draw) and s.target is variable]
        discrete = len(draws) == 1 and _finite(draws[0])
        why = decided(variable, now)
        why = why or (not_summed(draws[0], now) if discrete else not_continuous(variable, draws))
        if why:
            faults.append(_refused(variable, reader, why))
            continue
        if discrete:
            found = replace(found, model=_unknown(now, draws[0], mark, given))
            continue
        found.filled[variable] = _cells(variable)
    if faults:
        raise ModelError(faults, model.source)
    variables = (*found.model.variables, *found.filled.values())
    return replace(found, model=replace(found.model, variables=variables))


def drawn_cells(model: Model) -> tuple[Variable, ...]:
    """Return the names that may have missing cells: `observed` ones, and `data` that are drawn."""
    drawn = {s.target for s in model.statements if isinstance(s, Draw)}
    return tuple(
        v for v in model.variables if v.role == "observed" or (v.role == "data" and v in drawn)
    )


def elementwise(variable: Variable, model: Model) -> bool:
    """Whether a part of a vector may be missing: every law of the variable is a normal one."""
    laws = [s.law for s in model.statements if isinstance(s, Draw) and s.target is variable]
    names = {leaf.name for law in laws for leaf in leaves(law)}
    return names == {"MultivariateNormal"}


def mark_of(variable: Variable, model: Model) -> Variable:
    """Return the data that say which cells were seen, elements of vectors where these may lack."""
    rank = len(variable.dims)
    if not elementwise(variable, model):
        rank -= len(variable.cell.dims)
    cell = replace(BOOL, dims=variable.dims[len(variable.dims) - len(variable.cell.dims) : rank])
    return Variable(seen_name(variable.name), "data", cell, variable.dims[:rank], variable.loops)


def given_lets(model: Model) -> frozenset[Statement]:
    """Return the definitions that data decide: each reads data and other such ones alone."""
    known: set[Symbol] = {v for v in model.variables if v.role == "data"}
    found: list[Statement] = []
    for s in model.statements:
        if isinstance(s, Define) and s.target.role == "let":
            reads = {x for x in symbols(s.value) if isinstance(x, Variable)}
            if reads <= known:
                known.add(s.target)
                found.append(s)
    return frozenset(found)


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


def _cells(variable: Variable) -> Variable:
    """The latent of a variable's missing cells, in their order."""
    name = variable.name
    dims = (Extent(Dim(cell_name(name))),)
    cell = replace(variable.cell, lower=None, upper=None)
    about = f"Missing cells of {name}"
    return Variable(missing_name(name), "latent", cell, dims, description=about, span=variable.span)


def _finite(draw: Draw) -> bool:
    if draw.target.role not in ("observed", "data") or draw.target.cell.dims:
        return False
    try:
        support(draw, {})
    except ModelError:
        return False
    return draw.target.cell.kind in ("bool", "index", "count", "int")


def _partly(model: Model, variable: Variable, mark: Variable) -> Model:
    """The model with laws of those elements of a variable's vectors that were seen."""

    def partly(statement: Statement) -> Statement:
        if not (isinstance(statement, Draw) and statement.target is variable):
            return statement
        return replace(statement, law=beside(statement.law, cell_of(mark, statement.subscripts)))

    return replace(model, statements=tuple(map(partly, model.statements)))


def beside(law: Law, *seen: Expr) -> Law:
    """Return the law of the elements that were seen, or of the others beside these."""
    match law:
        case Choice(then=then, otherwise=otherwise):
            return replace(law, then=beside(then, *seen), otherwise=beside(otherwise, *seen))
        case Distribution():
            return replace(law, seen=seen)


def _unknown(model: Model, draw: Draw, mark: Variable, given: frozenset[Statement] | None) -> Model:
    """The model with a variable as a latent, and what was seen of it as a factor.

    The definitions of `given` go on reading what data give.
    """
    known = replace(draw.target, role="data")
    latent = replace(draw.target, role="latent")
    change: dict[Symbol, Expr] = {draw.target: Ref(latent, latent.cell)}
    statements: list[Statement] = []
    depends = depending(draw.target, model)
    for statement in model.statements:
        kept = given is not None and statement in given
        new = statement if kept else _changed(statement, draw, latent, change)
        if isinstance(statement, Draw) and isinstance(new, Draw):
            law = _doubted(statement.law, depends, model.source)
            new = replace(new, law=substitute_law(law, change))
        statements.append(new)
        if statement is draw:
            statements.append(_evidence(draw, latent, known, mark))
    variables = tuple(latent if v is draw.target else v for v in model.variables)
    return replace(model, variables=variables, statements=tuple(statements))


def _doubted(law: Law, depends: set[Symbol], source: Source) -> Law:
    """A law whose arguments are looked at as they are used, where data no longer decide them."""
    match law:
        case Choice(then=then, otherwise=otherwise):
            parts = (_doubted(part, depends, source) for part in (then, otherwise))
            return replace(law, then=next(parts), otherwise=next(parts))
        case Distribution(name=name, parameters=parameters, unsure=unsure, span=span):
            line = source.position(span.start)[0]
            domains = {p.name: p.domain for f in DISTRIBUTIONS[name].forms for p in f.parameters}
            found = tuple(
                (n, f"`{n}` of `{name}`, line {line}")
                for n, e in parameters
                if domains[n] in DOUBTED
                and n not in dict(unsure)
                and depends & set(symbols(e))
                and not support_of(e, {}).within(of_kind(domains[n]))
            )
            return replace(law, unsure=(*unsure, *found))


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
    subs = draw.subscripts
    differs = Apply("!=", (cell_of(latent, subs), cell_of(given, subs)), BOOL)
    wrong = Apply("and", (cell_of(mark, subs), differs), BOOL)
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
