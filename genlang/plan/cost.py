"""What a plan costs: cells and operations of each step as formulas in the sizes, and the budget.

    make      the cells of a term, one for each combination of its loops and of the states it reads
    sum out   the cells of the sum of the pieces, before the state is gone
    chain     T * K^2 for one carried latent of K values; T * K*J * (K + J) for two, one after the
              other, and T * (K*J)^2 where the new value of each needs the old one of the other
    cells     V^2 for a total of V values: two halves of the cells, every value with every value
    profiles  K^J joint values of J cells that a statement reads together

Numbers need the sizes of dims; those that the model fixes are known at compile time, the others
once data are bound. Above the budget nothing is allocated: the statement that couples is named.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf, prod

from genlang.check.model import (
    Apply,
    Const,
    Dim,
    Draw,
    Expr,
    Extent,
    Index,
    Reduce,
    Ref,
    Statement,
    Variable,
)
from genlang.diagnostics import Diagnostic
from genlang.plan.graph import Term
from genlang.plan.plan import Plan
from genlang.plan.split import Split, splits
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

BYTES = 8  # a number, float64
BUDGET = 2**30  # bytes of the largest array of log densities
MOST = 1e300
UNNAMED = "V"  # a number of values that no short formula gives

# The size of a dim, or the greatest value of a data variable; None where it is not known.
Known = Callable[[Dim | Variable], float | None]


@dataclass(frozen=True, slots=True)
class Size:
    """The length of an axis: of a loop, or a latent's number of values, `over` profile loops."""

    base: Extent | Expr
    over: tuple[Extent, ...] = ()

    def text(self) -> str:
        """The length as a formula: `N`, `K`, `K^J`."""
        base = _named(self.base)
        if not self.over:
            return base
        cells = "*".join(map(_named, self.over))
        return f"{base}^{cells}" if len(self.over) == 1 else f"{base}^({cells})"

    def value(self, known: Known) -> float | None:
        """The length as a number, None where a size is not known yet."""
        base = _number(self.base, known)
        cells = [_number(e, known) for e in self.over]
        if base is None or any(c is None for c in cells):
            return None
        power = prod(c for c in cells if c is not None) if cells else 1.0
        if base > 1 and power > 1000:
            return MOST
        return min(MOST, float(base**power))


@dataclass(frozen=True, slots=True)
class Cost:
    """One step: the axes of its arrays, and those of its operations, once for each stage."""

    step: Step
    arrays: tuple[tuple[Size, ...], ...]
    operations: tuple[Size, ...]
    stages: tuple[tuple[Size, ...], ...] = ((),)

    def count(self, known: Known) -> float | None:
        """The number of operations, None where a size is not known."""
        found = [_product((*self.operations, *stage), known) for stage in self.stages]
        return None if None in found else sum(n for n in found if n is not None)

    def formula(self) -> str:
        """The number of operations as text: `T*K*J*(K+J)`."""
        if len(self.stages) == 1:
            return formula((*self.operations, *self.stages[0]))
        return f"{formula(self.operations)}*({'+'.join(map(formula, self.stages))})"

    def largest(self, known: Known) -> tuple[float, tuple[Size, ...]] | None:
        """The bytes and the axes of the largest array, None where a size is not known."""
        found = [(n, axes) for axes in self.arrays if (n := _product(axes, known)) is not None]
        if not found:
            return None
        cells, axes = max(found, key=lambda x: x[0])
        return BYTES * cells, axes


def costs(plan: Plan) -> tuple[Cost, ...]:
    """Return the cost of every step that makes an array."""
    states, halves = dict(plan.states), splits(plan.steps)
    return tuple(found for step in plan.steps if (found := _cost(step, states, halves)) is not None)


def _cost(step: Step, states: dict[Variable, State], halves: Mapping[Piece, Split]) -> Cost | None:
    match step:
        case Make(result=piece) | Push(piece=piece) if piece in halves:
            # Two running sums along the loop; the states come in where they are read off.
            cells = tuple(Size(p.extent) for p in piece.plates)
            return Cost(step, (cells,), cells)
        case Make(result=piece, term=term):
            cells = _axes((piece,), states)
            target = term.statement.target if isinstance(term.statement, Draw) else None
            inner = states[target].profile if target in states else ()
            return Cost(step, (cells,), (*cells, *(Size(p.extent) for p in inner)))
        case SumOut(pieces=pieces):
            cells = _axes(pieces, states)
            return Cost(step, (cells,), cells)
        case SumChain(lag=lag, states=carried, order=order, result=piece):
            batch = [Size(p.extent) for p in piece.plates]
            batch += [_values(states[z]) for z, _ in piece.states]
            new = [_values(states[z]) for z in carried]
            window = new * order
            cells = (*batch, Size(lag.loop.extent), *window)
            stages = [tuple(_values(states[z]) for z in s) for s in _stages(step, states)]
            return Cost(step, (cells, *((*window, *s) for s in stages)), cells, tuple(stages))
        case SumCells(total=total, pieces=pieces, result=piece):
            pairs = (*_axes((piece,), states), _values(states[total]))
            return Cost(step, (_axes(pieces, states), pairs), pairs)
        case Push(piece=piece):
            cells = _axes((piece,), states)
            return Cost(step, (cells,), cells)
        case Finish():
            return None


def _stages(step: SumChain, states: dict[Variable, State]) -> Iterator[tuple[Variable, ...]]:
    """The latents of a chain that a step takes together, each in the place of its oldest value.

    A piece that reads the new a and the oldest b wants a no later than b (`runtime/chains`).
    """
    later = {z: {z} for z in step.states}  # what must not be taken in before
    for piece in step.pieces:
        lags = [(z, states[z].lag) for z, _ in piece.states]
        oldest = {lag.of for _, lag in lags if lag is not None and lag.by == step.order}
        for z, lag in lags:
            if lag is None and z in later:
                later[z] |= oldest
    for z in step.states:
        for other in step.states:
            if z in later[other]:
                later[other] |= later[z]
    done: set[Variable] = set()
    for z in step.states:
        if z not in done:
            tied = tuple(o for o in step.states if o in later[z] and z in later[o])
            done.update(tied)
            yield tied


def _axes(pieces: Iterable[Piece], states: dict[Variable, State]) -> tuple[Size, ...]:
    """The axes of the sum of some pieces: their plates, then their states."""
    plates = dict.fromkeys(p for piece in pieces for p in piece.plates)
    reads = dict.fromkeys(z for piece in pieces for z, _ in piece.states)
    return (*(Size(p.extent) for p in plates), *(_values(states[z]) for z in reads))


def _values(state: State) -> Size:
    return Size(state.support.size, tuple(p.extent for p in state.profile))


# -- Numbers and formulas ---------------------------------------------------------------------


def _named(part: Extent | Expr) -> str:
    match part:
        case Extent(dim=Dim(name=name)):
            return name
        case Extent(size=size):
            return "?" if size is None else str(size)
        case Const(value=value):
            return str(value)
        case Ref(symbol=symbol):
            return symbol.name
        case Index(base=base):
            return f"max {_named(base)}"
        case Apply(function="+" | "-" | "*" as sign, arguments=(left, right)):
            sides = _named(left), _named(right)
            return UNNAMED if UNNAMED in sides else f"({sides[0]} {sign} {sides[1]})"
        case _:
            return UNNAMED


def _number(part: Extent | Expr, known: Known) -> float | None:
    """The greatest value of a size."""
    match part:
        case Extent(dim=Dim() as dim):
            return known(dim)
        case Extent(size=size):
            return size
        case Const(value=int(value)):
            return value
        case Ref(symbol=Dim() | Variable() as symbol):
            return known(symbol)
        case Index(base=base):
            return _number(base, known)
        case Apply(function="+" | "-" | "*" as sign, arguments=(left, right)):
            a, b = _number(left, known), _number(right, known)
            if a is None or b is None:
                return None
            return a + b if sign == "+" else a - b if sign == "-" else a * b
        case Apply(function="max2" | "min2" as name, arguments=(left, right)):
            sides = _number(left, known), _number(right, known)
            given = [s for s in sides if s is not None]
            if not given or (name == "max2" and len(given) < len(sides)):
                return None
            return max(given) if name == "max2" else min(given)
        case Reduce(function="sum" | "min" | "max" as name, element=element, loops=loops):
            one, sizes = _number(element, known), [_number(p.extent, known) for p in loops]
            if one is None or (name == "sum" and None in sizes):
                return None
            return one * prod(s for s in sizes if s is not None) if name == "sum" else one
        case _:
            return None


def _product(sizes: tuple[Size, ...], known: Known) -> float | None:
    found = 1.0
    for size in sizes:
        value = size.value(known)
        if value is None:
            return None
        found = min(MOST, found * max(value, 0.0))
    return found


def formula(sizes: tuple[Size, ...]) -> str:
    """A product of sizes as text: `S*T*K^2`."""
    counts: dict[str, int] = {}
    for size in sizes:
        counts[size.text()] = counts.get(size.text(), 0) + 1
    parts = [t if n == 1 else f"{t}^{n}" for t, n in counts.items() if t != "1"]
    return "*".join(parts) or "1"


def fixed(symbol: Dim | Variable) -> float | None:
    """What the model's text says of a size: `Known` before there are data."""
    if isinstance(symbol, Dim):
        return symbol.size if symbol.labels is None else len(symbol.labels)
    return None


def shown(value: float) -> str:
    """A number of bytes in the largest unit: `1.5 GB`."""
    if value >= MOST:
        return "more than 1e300 bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} EB"


# -- The budget -------------------------------------------------------------------------------


def over_budget(plan: Plan, known: Known, budget: float = BUDGET) -> Diagnostic | None:
    """Return why the plan is too large (E704), None where it fits or sizes are not known."""
    worst: tuple[float, tuple[Size, ...], Cost] | None = None
    for cost in costs(plan):
        found = cost.largest(known)
        if found is not None and found[0] > budget and (worst is None or found[0] > worst[0]):
            worst = (*found, cost)
    return None if worst is None else _refusal(plan, worst, known, budget)


def _refusal(
    plan: Plan, worst: tuple[float, tuple[Size, ...], Cost], known: Known, budget: float
) -> Diagnostic:
    size, cells, cost = worst
    states = dict(plan.states)
    blamed = _blamed(cost, states)
    wide = [states[z] for z in _reads(cost.step) if states[z].profile]
    number = shown(size)
    message = f"summing out needs an array of {number} here, the budget is {shown(budget)}"
    why = f"it has {formula(cells)} cells" + _with_sizes(cells, known)
    second = None
    edit = "sum over fewer values: smaller bounds or dims, or read fewer latents in one statement"
    if wide:
        state = max(wide, key=lambda s: _values(s).value(known) or inf)
        name = state.draw.target.name
        blamed = state.coupled or blamed
        message = f"`{name}` cannot be summed out: this statement reads its cells together"
        joint = _values(state)
        why = f"they have {joint.text()} joint values" + _with_sizes((joint,), known)
        why += f", an array of {number}; the budget is {shown(budget)}"
        edit = (
            f"let the statement read one cell of `{name}` (through its own loop or a data index), "
            "make the loop a chain (`then`), or use fewer cells"
        )
        second = (state.draw.span, f"`{name}` is declared here")
    return Diagnostic("E704", message, blamed.span, why=why, help=edit, second=second)


def _with_sizes(sizes: tuple[Size, ...], known: Known) -> str:
    """The sizes of the dims in a formula, in words."""
    parts: dict[str, float | None] = {}
    for size in sizes:
        for part in (size.base, *size.over):
            parts.setdefault(_named(part), _number(part, known))
    given = [f"{n} = {v:g}" for n, v in parts.items() if v is not None and not n.isdigit()]
    return f", with {', '.join(given)}" if given else ""


def _reads(step: Step) -> list[Variable]:
    return list(dict.fromkeys(z for p in _pieces(step) for z, _ in p.states))


def _pieces(step: Step) -> tuple[Piece, ...]:
    match step:
        case Make(result=piece) | Push(piece=piece) | Finish(piece=piece):
            return (piece,)
        case SumOut(pieces=pieces) | SumChain(pieces=pieces) | SumCells(pieces=pieces):
            return pieces


def _blamed(cost: Cost, states: dict[Variable, State]) -> Statement:
    """The statement that reads most states; of several one that draws none of them."""
    if isinstance(cost.step, SumCells):
        return states[cost.step.total].draw  # stands where the statement that reads the total does

    def rank(term: Term) -> tuple[int, bool]:
        own = isinstance(term.statement, Draw) and term.statement.target in states
        return -len(term.reads), own

    return min((t for p in _pieces(cost.step) for t in p.terms), key=rank).statement
