"""Why missing cells that something reads cannot be unknowns: words, empty where they can."""

from genlang.check.around import DENSITY, measure, words
from genlang.check.drawn import drawn
from genlang.check.interval import Interval
from genlang.check.model import (
    Choice,
    Const,
    Define,
    Distribution,
    Draw,
    Expr,
    Factor,
    Given,
    Model,
    Param,
    Ref,
    Require,
    Statement,
    Symbol,
    Type,
    Variable,
)
from genlang.check.walk import bounds, cell_of, law_expressions, leaves, symbols
from genlang.lang.distributions import DISTRIBUTIONS

CONTINUOUS = frozenset(["real", "positive", "nonneg", "unit"])


def not_summed(draw: Draw, model: Model) -> str:
    """Return why missing cells of a discrete name cannot be summed out; empty where they can."""
    own = [e.symbol for e in draw.subscripts if isinstance(e, Ref)]
    if [p for p in draw.loops if p in own] != own:
        order = ", ".join(p.name for p in draw.loops if p in own)
        right = f"`{draw.target.name}[{order}]`"
        return f"its axes stand in another order than its loops; that needs {right} as yet"
    parts = any(p.start is not None or p.stop is not None for p in draw.loops)
    others = [
        s for s in model.statements
        if s is not draw and draw.target in read_by(s) and not _repeats(s, draw)
    ]  # fmt: skip
    if parts and (others or not (isinstance(draw.law, Choice) and draw.law.chained)):
        return "its statement covers a part of a dim only, and other cells may be read"
    return ""


def _repeats(statement: Statement, draw: Draw) -> bool:
    """Whether a definition reads the very cells that a statement draws."""
    cell = cell_of(draw.target, draw.subscripts)
    return (
        isinstance(statement, Define) and statement.loops == draw.loops and statement.value == cell
    )


def not_continuous(variable: Variable, draws: list[Draw]) -> str:
    """Return why missing cells of a name cannot be a continuous latent; empty where they can."""
    kind, unknown = variable.cell.kind, "a missing cell that something reads is an unknown"
    if kind in ("count", "int"):
        return f"{unknown}, and this one can be any {kind}: `upper=` bounds it"
    if kind not in CONTINUOUS or variable.cell.dims or variable.cell.structure:
        what = "vectors" if variable.cell.dims else "a name that several statements draw"
        return f"{unknown}, which is not supported yet for {what}"
    if any(loop.weight is not None for s in draws for loop in s.loops):
        return "it stands in a weighted loop, where one cell would be several unknowns"
    laws = [law for draw in draws for law in leaves(draw.law)]
    mass = next((law for law in laws if measure(law) != DENSITY), None)
    if mass is not None:
        return f"{unknown}, and `{mass.name}` here has {words(measure(mass))}"
    moving = next((law for law in laws if not all(isinstance(e, Const) for e in ends(law))), None)
    if moving is not None:
        return f"{unknown}; the ends of `{moving.name}` must be numbers for that as yet"
    found = {(v.low, v.high): v for v in map(values_of, laws)}
    if len(found) > 1:
        shown = " and ".join(v.show() for v in list(found.values())[:2])
        return f"{unknown}, and its laws draw {shown}: that needs one range as yet"
    return ""


def values_of(law: Distribution) -> Interval:
    """Return the numbers that a distribution draws, whatever its parameters."""
    return drawn(law, Type(DISTRIBUTIONS[law.name].kind), {})


def ends(law: Distribution) -> list[Expr]:
    """Return the expressions that bound what a distribution draws."""
    given = dict(law.parameters)
    own = ("scale",) if law.name == "Pareto" else DISTRIBUTIONS[law.name].ends or ()
    inner = [e for part in law.inside for leaf in leaves(part) for e in ends(leaf)]
    bounds_ = [e for e in (law.lower, law.upper) if e is not None]
    return [*inner, *(given[n] for n in own), *bounds_]


def depending(variable: Variable, model: Model) -> set[Symbol]:
    """Return a variable with the `let`s that depend on it."""
    found: set[Symbol] = {variable}
    for s in model.statements:
        if isinstance(s, Define) and found & set(symbols(s.value)):
            found.add(s.target)
    return found


def decided(variable: Variable, model: Model) -> str:
    """Return why a name has to be known before a fit, also through `let`."""
    if variable.role == "data":
        return ""  # binding looks at the cells that are read
    depends = depending(variable, model)
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


def read_by(statement: Statement, given: frozenset[Statement] | None = None) -> set[Symbol]:
    """Return what a statement reads, its target's own cell aside.

    With `given`, the definitions that data decide, without what has to be known from data.
    """
    if given is not None and (statement in given or isinstance(statement, Require)):
        return set()
    match statement:
        case Draw(law=law, subscripts=subscripts):
            exprs: tuple[Expr, ...] = (*law_expressions(law), *subscripts)
        case Define(value=value) | Factor(value=value):
            exprs = (value,)
        case Require(condition=condition):
            exprs = (condition,)
        case Param(start=start, lower=lower, upper=upper):
            exprs = tuple(e for e in (start, lower, upper) if e is not None)
        case _:
            return set()
    ends: tuple[Expr, ...] = ()
    if given is None:
        ends = tuple(e for loop in statement.loops for e in bounds(loop))
        ends += tuple(loop.weight for loop in statement.loops if loop.weight is not None)
    return {s for e in (*exprs, *ends) for s in symbols(e)}
