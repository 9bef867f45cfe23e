"""Plan -> words: each variable's role, shape and loops; what is summed out, where and when."""

from collections.abc import Iterator

from genlang.check.model import (
    Const,
    Define,
    Dim,
    Draw,
    Expr,
    Factor,
    Loop,
    Net,
    Ref,
    Type,
    Variable,
)
from genlang.check.shapes import show
from genlang.lang.types import STRUCTURES
from genlang.plan.cost import Known, costs, fixed
from genlang.plan.evidence import remarks
from genlang.plan.mathematics import marginal_likelihood
from genlang.plan.plan import Plan
from genlang.plan.rewrite import loops_of, reads_any, target_of
from genlang.plan.steps import (
    Finish,
    Make,
    Piece,
    Push,
    State,
    Step,
    SumCells,
    SumChain,
    SumOut,
)
from genlang.records import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One variable in words."""

    name: str
    role: str
    type: str
    shape: str
    loops: str
    treatment: str
    description: str


@dataclass(frozen=True, slots=True)
class Elimination:
    """One step of the elimination in words, the formula of its operations, and numbers.

    `operations` and `bytes`, those of its largest array, are None where a size is not known.
    """

    words: str
    formula: str
    operations: float | None
    bytes: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rows of all variables, the steps of the elimination, remarks, and the formula."""

    rows: tuple[Row, ...]
    steps: tuple[Elimination, ...]
    notes: tuple[str, ...]
    likelihood: str
    latex: str


def explain(plan: Plan, known: Known = fixed) -> Explanation:
    """Return a plan in words; `known` gives sizes of dims, by default those written."""
    states = plan.summed
    loops: dict[Variable, tuple[Loop, ...]] = {}
    for statement in plan.model.statements:
        target = target_of(statement)
        if target is not None:
            loops.setdefault(target, loops_of(statement))
    rows = tuple(_row(v, loops.get(v, ()), plan, states) for v in plan.model.variables)
    rows += tuple(map(_net_row, plan.model.nets))
    steps = tuple(_steps(plan, known))
    formulas = (marginal_likelihood(plan), marginal_likelihood(plan, latex=True))
    return Explanation(rows, steps, tuple(_notes(plan)), *formulas)


def _row(
    variable: Variable, loops: tuple[Loop, ...], plan: Plan, states: dict[Variable, State]
) -> Row:
    shape = "" if not variable.dims else show(variable.dims)
    nest = " > ".join(_loop(loop) for loop in loops)
    treatment = _treatment(variable, plan, states)
    kind = _type(variable.cell)
    role = "observed" if variable.name in plan.missing else variable.role
    return Row(variable.name, role, kind, shape, nest, treatment, variable.description)


def _net_row(net: Net) -> Row:
    takes = ", ".join(f"{name}: {_type(kind)}" for name, kind in net.inputs)
    named = [f"{name}: {_type(kind)}" if name else _type(kind) for name, kind in net.outputs]
    gives = named[0] if net.outputs[0][0] == "" else f"({', '.join(named)})"
    hidden = ", ".join(map(_expr, net.hidden))
    what = f'python("{net.module}")' if net.module else f"mlp({hidden})"
    return Row(net.name, "net", f"({takes}) -> {gives}", "", "", what, net.description)


def _type(cell: Type) -> str:
    name = cell.structure if cell.structure in STRUCTURES else cell.kind
    if cell.kind == "index" and cell.dim is not None:
        name = f"index({cell.dim.name})"
    return f"{name}{show(cell.dims)}" if cell.dims else name


def _loop(loop: Loop) -> str:
    dim = loop.extent.dim.name if loop.extent.dim else str(loop.extent.size)
    of = f"[{', '.join(_expr(e) for e in loop.extent.of)}]" if loop.extent.of else ""
    part = ""
    if loop.start is not None or loop.stop is not None:
        part = f"[{_end(loop.start)}:{_end(loop.stop)}]"
    weight = " weighted" if loop.weight is not None else ""
    return f"{loop.name + ' in ' if loop.name else ''}{dim}{of}{part}{weight}"


def _end(expr: Expr | None) -> str:
    return "" if expr is None else _expr(expr)


def _expr(expr: Expr) -> str:
    match expr:
        case Const(value=value):
            return str(value)
        case Ref(symbol=symbol):
            return symbol.name
        case _:
            return "..."


def _treatment(variable: Variable, plan: Plan, states: dict[Variable, State]) -> str:
    match variable.role:
        case "latent" if variable in states and variable.name in plan.missing:
            return f"known where seen, else summed out, {_count(states[variable])}"
        case "observed" | "data" if variable in dict(plan.filled):
            return f"known where seen, else `{dict(plan.filled)[variable].name}`"
        case "observed" | "data" if variable.name in plan.missing:
            return "known where seen, missing cells left out"
        case "latent" if variable in states:
            return f"summed out, {_count(states[variable])}"
        case "latent" if variable in plan.drawn:
            return "unknown, drawn by the guide"
        case "latent" | "param":
            return "unknown"
        case "observed" | "data":
            return "known"
        case "let" | "report":
            define = next(
                s for s in plan.model.statements if isinstance(s, Define) and s.target is variable
            )
            if reads_any(define.value, set(states)):
                return "written out where it is read"
            return "computed"
        case _:
            return variable.role


def _count(state: State) -> str:
    one = _size(state.support.size)
    if not state.profile:
        return f"{one} values"
    cells = " * ".join(_loop_size(p) for p in state.profile)
    return f"{one} ^ ({cells}) profiles: a statement reads its cells together"


def _loop_size(loop: Loop) -> str:
    return loop.extent.dim.name if loop.extent.dim is not None else str(loop.extent.size)


def _size(expr: Expr) -> str:
    match expr:
        case Const(value=value):
            return str(value)
        case Ref(symbol=Dim() as dim):
            return dim.name
        case _:
            return "finitely many"


def _steps(plan: Plan, known: Known) -> Iterator[Elimination]:
    """The steps that change something, in their order."""
    for cost in costs(plan):
        words = _words(cost.step)
        if words:
            largest = cost.largest(known)
            size = None if largest is None else largest[0]
            yield Elimination(words, cost.formula(), cost.count(known), size)


def _words(step: Step) -> str:
    match step:
        case SumOut(state=z, pieces=pieces, result=result):
            return f"sum `{z.name}` out of {_terms(pieces, z)}{_where(result)}"
        case SumChain():
            return _chain(step)
        case SumCells(total=w, fold=fold, pieces=pieces, result=result):
            cells = f"the cells of `{fold.of.name}` along {_loop(fold.loop)}"
            out = f"of {_terms(pieces, fold.of)}{_where(result)}"
            if fold.function == "sum":
                return f"convolve {cells} into their sum `{w.name}`, out {out}"
            return f"take {cells} together into `{w.name}`, out {out}"
        case Push(piece=piece, index=index) if index:
            reached = ", ".join(f"`{z.name}`" for z, _ in piece.states)
            return f"add up {_terms((piece,))} over the cells of {reached} that its rows point to"
        case Push(piece=piece, over=over):
            nest = ", ".join(_loop(p) for p in over)
            return f"multiply {_terms((piece,))} over {nest}"
        case Finish() | Make():
            return ""


def _chain(step: SumChain) -> str:
    """One chain, or several that a term couples, in words."""
    names = " and ".join(f"`{z.name}`" for z in step.states)
    what = "tree" if step.lag.parent is not None else "chain"
    order = f" of order {step.order}" if step.order > 1 else ""
    seen = _terms(step.pieces, *step.states)
    where = _where(step.result)
    coupled = ", whose states are taken together" if step.states[1:] else ""
    along = _loop(step.lag.loop)
    return f"sum the {what}{order} of {names} along {along} out of {seen}{coupled}{where}"


def _where(piece: Piece) -> str:
    return f", for each {' and '.join(_loop(p) for p in piece.plates)}" if piece.plates else ""


def _terms(pieces: tuple[Piece, ...], *own: Variable) -> str:
    names: dict[str, None] = {}
    for piece in pieces:
        for term in piece.terms:
            match term.statement:
                case Draw(target=target) if target not in own:
                    names[f"`{target.name}`"] = None
                case Factor(name=name):
                    names[f"`{name or 'factor'}`"] = None
                case _:
                    pass
    return " and ".join(names) or "its prior"


def _notes(plan: Plan) -> list[str]:
    notes: list[str] = []
    for step in plan.steps:
        match step:
            case Finish(piece=piece):
                drawn = [t.statement for t in piece.terms]
                seen = [
                    s.name if isinstance(s, Factor) else s.target.name
                    for s in drawn
                    if (isinstance(s, Factor) and s.name in plan.missing)
                    or (isinstance(s, Draw) and s.target.role in ("observed", "data", "let"))
                ]
                loops = " and ".join(_loop(p) for p in piece.plates)
                unit = f"each {loops}" if loops else "the whole data set"
                if seen:
                    names = ", ".join(f"`{n}`" for n in dict.fromkeys(seen))
                    notes.append(f"the pointwise density of {names} is that of {unit}")
            case _:
                pass
    return [*notes, *remarks(plan.model)]
