"""Which values of the states in an expression a cell can have: what no cell has counts for nothing.

All values of a latent stand on one axis. Those beyond a cell's own bounds, and those that differ
from what was seen of it, have probability 0, but an argument may leave its domain there.
"""

from collections.abc import Callable, Iterator, Mapping

from genlang.check.model import (
    Apply,
    Const,
    Expr,
    Factor,
    Index,
    Ref,
    Select,
    Slice,
    Symbol,
    Type,
    Variable,
)
from genlang.check.walk import children, substitute
from genlang.plan.plan import Plan
from genlang.plan.steps import State

BOOL = Type("bool")


def possible(
    expr: Expr, plan: Plan, states: Mapping[Variable, State], varies: Callable[[Variable], bool]
) -> Expr | None:
    """Return the condition that every state which an expression reads is one of its cell's."""
    found: dict[Expr, None] = {}
    for z, cell, subs in _reads(expr, states):
        state = states[z]
        if state.lag is not None or state.profile or len(subs) < len(state.draw.loops):
            continue
        here: dict[Symbol, Expr] = dict(zip(state.draw.loops, subs, strict=False))
        if varies(z):
            ends = (substitute(e, here) for e in (state.support.low, state.support.high))
            tests = (Apply(op, (cell, e), BOOL) for op, e in zip((">=", "<="), ends, strict=True))
            found |= dict.fromkeys(t for t in tests if not isinstance(t.arguments[1], Const))
        for s in plan.statements:
            if z.name in plan.missing and isinstance(s, Factor) and s.name == z.name:
                assert isinstance(s.value, Select)
                found[Apply("not", (substitute(s.value.condition, here),), BOOL)] = None
    whole: Expr | None = None
    for condition in found:
        whole = condition if whole is None else Apply("and", (whole, condition), BOOL)
    return whole


def _reads(
    expr: Expr, states: Mapping[Variable, State]
) -> Iterator[tuple[Variable, Expr, tuple[Expr, ...]]]:
    """The cells of states that an expression reads, with their subscripts."""
    match expr:
        case Index(base=Ref(symbol=Variable() as z), subscripts=subs) if z in states:
            yield z, expr, tuple(s for s in subs if not isinstance(s, Slice))
            inner: Iterator[Expr] = iter(s for s in subs if not isinstance(s, Slice))
        case Ref(symbol=Variable() as z) if z in states:
            yield z, expr, ()
            return
        case _:
            inner = children(expr)
    for part in inner:
        yield from _reads(part, states)
