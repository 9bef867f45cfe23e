"""What waits until inference is done: generated values, and reports that read them or states."""

from genlang.check.model import Define, Draw, Variable
from genlang.check.walk import symbols
from genlang.plan.plan import Plan


def later(plan: Plan) -> frozenset[Variable]:
    """Return the variables that are drawn or computed once the states have been drawn."""
    states = {z for z, _ in plan.states}
    found: set[Variable] = set()
    for s, _ in plan.written:
        match s:
            case Draw(target=target) if target.role == "generated":
                found.add(target)
            case Define(target=target, value=value):
                if any(v in found or v in states for v in symbols(value)):
                    found.add(target)
            case _:
                continue
    return frozenset(found)
