"""A `let` that leaves out the index of a loop that steps gets it back, for `joint`.

    for t in T:                                              let sd[t] = exp(h[t] / 2)
        latent h[t] ~ Normal(0, 1) then Normal(h[t-1], 1)    observed y[t] ~ Normal(0, sd[t])
        let sd = exp(h[t] / 2)
        observed y[t] ~ Normal(0, sd)

One local would hold the value of the last step only, also for a reader that does not step.
"""

from collections.abc import Mapping
from dataclasses import replace

from genlang.check.model import Define, Draw, Expr, Factor, Index, Ref, Slice, Statement, Variable
from genlang.check.walk import index_type
from genlang.emit.stepping import Stepping, own_loops, reads
from genlang.plan.lags import expressions_of
from genlang.plan.plan import Plan
from genlang.plan.rewrite import rebuild, rewrite_law

Lets = Mapping[Variable, Define]


def subscripted(plan: Plan) -> Plan:
    """Return the plan with all loops in the subscripts of each `let` that steps, or is read so."""
    discrete = {z for z, _ in plan.states}
    while True:
        stepping = Stepping(tuple(s for s, _ in plan.written), discrete)
        local = {
            s.target: set(s.loops) - set(own_loops(s))
            for s, _ in plan.written
            if isinstance(s, Define)
        }
        along = [(s, stepping.along(s)) for s, _ in plan.written]
        split = {
            v
            for s, steps in along
            if steps
            for v in _names(s)
            if not local.get(v, set()).isdisjoint(steps)
        }
        if not split:
            return plan
        lets = {
            s.target: _whole(s) for s, _ in along if isinstance(s, Define) and s.target in split
        }
        new = {old: define.target for old, define in lets.items()}
        variables = tuple(new.get(v, v) for v in plan.model.variables)
        plan = replace(
            plan,
            model=replace(plan.model, variables=variables),
            written=tuple((_rewritten(s, lets), guards) for s, guards in plan.written),
        )


def _names(statement: Statement) -> set[Variable]:
    """What a statement reads, and what it defines."""
    own = {statement.target} if isinstance(statement, Define) else set()
    return own | {v for e in expressions_of(statement) for v, _ in reads(e)}


def _whole(define: Define) -> Define:
    old, own = define.target, define.loops
    dims = (*(loop.extent for loop in own), *old.cell.dims)
    return replace(define, target=replace(old, dims=dims, loops=own))


def _rewritten(statement: Statement, lets: Lets) -> Statement:
    match statement:
        case Define(target=target) if target in lets:
            whole = lets[target]
            return replace(whole, value=_read(whole.value, lets))
        case Define(value=value) | Factor(value=value):
            new = _read(value, lets)
            return statement if new == value else replace(statement, value=new)
        case Draw(law=law):
            new_law = rewrite_law(law, lambda e: _read(e, lets))
            return statement if new_law == law else replace(statement, law=new_law)
        case _:
            return statement


def _read(expr: Expr, lets: Lets) -> Expr:
    """Put the indices of a `let`'s loops before the subscripts of each of its reads."""
    match expr:
        case Index(base=Ref(symbol=Variable() as let) as base, subscripts=subs) if let in lets:
            given = tuple(s if isinstance(s, Slice) else _read(s, lets) for s in subs)
            return replace(
                expr, base=_base(base, lets[let]), subscripts=(*_first(let, lets), *given)
            )
        case Ref(symbol=Variable() as let) if let in lets:
            return Index(_base(expr, lets[let]), _first(let, lets), expr.type, expr.span)
        case _:
            return rebuild(expr, lambda e: _read(e, lets))


def _base(read: Ref, define: Define) -> Ref:
    return replace(read, symbol=define.target, type=replace(read.type, dims=define.target.dims))


def _first(let: Variable, lets: Lets) -> tuple[Expr, ...]:
    """The indices that a read of a `let` leaves out."""
    own = lets[let].loops
    return tuple(Ref(loop, index_type(loop)) for loop in own[: len(own) - len(let.loops)])
