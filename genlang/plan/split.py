"""Terms that a comparison with a loop's index splits in two: `before if t < c else after`.

The product over t is then two running sums, one number for each value of the latent c, where the
table over t and c would need their product: a change point in T steps costs T, not T^2.
"""

from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Distribution,
    Draw,
    Expr,
    Index,
    Law,
    Loop,
    Ref,
    Select,
    Type,
    Variable,
)
from genlang.check.walk import law_expressions, symbols, walk
from genlang.plan.graph import Term
from genlang.plan.rewrite import rebuild, rewrite_law
from genlang.plan.steps import Make, Piece, Push, Step
from genlang.records import dataclass

# `t OP e` as (what is added to e, whether the branches change places) of `t < e + added`.
SIDES = {"<": (0, False), "<=": (1, False), ">=": (0, True), ">": (1, True)}
MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Split:
    """Along `loop`, `before` holds at positions below `at`, an int of latents, and `after` else."""

    loop: Loop
    at: Expr
    before: Law
    after: Law


def splits(steps: tuple[Step, ...]) -> dict[Piece, Split]:
    """Return the pieces that are split along a loop over which their product is taken at once."""
    made = {s.result: s.term for s in steps if isinstance(s, Make)}
    found: dict[Piece, Split] = {}
    for step in steps:
        if isinstance(step, Push) and not step.index and step.piece in made:
            split = _split(made[step.piece])
            if split is not None and split.loop in step.over:
                found[step.piece] = split
    return found


def _split(term: Term) -> Split | None:
    """How one comparison splits a statement's density, None where it does not."""
    if term.law is None or term.place is not None or not isinstance(term.statement, Draw):
        return None
    states = {z for z, _ in term.reads}
    conditions = {c for c in _conditions(term.law) if any(s in states for s in symbols(c))}
    if len(conditions) != 1:
        return None
    condition = conditions.pop()
    match condition:
        case Apply(function=op, arguments=(Ref(symbol=Loop() as loop), at)) if op in SIDES:
            pass
        case Apply(function=op, arguments=(at, Ref(symbol=Loop() as loop))) if op in SIDES:
            op = MIRROR[op]
        case _:
            return None
    if loop not in term.plates or loop.weight is not None or not _of_states(at, states):
        return None
    added, swapped = SIDES[op]
    parts = [_decided(term.law, condition, taken=taken) for taken in (True, False)]
    decided = set(symbols(at))
    if any(s in decided & states for p in parts for e in law_expressions(p) for s in symbols(e)):
        return None
    if added:
        at = Apply("+", (at, Const(added, Type("count"))), Type("int"))
    before, after = reversed(parts) if swapped else parts
    return Split(loop, at, before, after)


def _conditions(law: Law) -> list[Expr]:
    own = [law.condition] if isinstance(law, Choice) else []
    if isinstance(law, Choice):
        own += [*_conditions(law.then), *_conditions(law.otherwise)]
        return own
    inner = [e for outer in law_expressions(law) for e in walk(outer)]
    return [e.condition for e in inner if isinstance(e, Select)]


def _of_states(expr: Expr, states: set[Variable]) -> bool:
    """Whether an int depends on cells of latents and numbers alone, so that it has their axes."""
    match expr:
        case Index(base=Ref(symbol=Variable() as z)) | Ref(symbol=Variable() as z):
            return z in states
        case Const():
            return True
        case Apply(function="+" | "-", arguments=arguments):
            return all(_of_states(a, states) for a in arguments)
        case _:
            return False


def _decided(law: Law, condition: Expr, *, taken: bool) -> Law:
    """The law where the condition is known to hold, or not to."""

    def decide(expr: Expr) -> Expr:
        if isinstance(expr, Select) and expr.condition == condition:
            return decide(expr.then if taken else expr.otherwise)
        return rebuild(expr, decide)

    match law:
        case Choice(condition=own) if own == condition:
            return _decided(law.then if taken else law.otherwise, condition, taken=taken)
        case Choice() | Distribution():
            return rewrite_law(law, decide)
