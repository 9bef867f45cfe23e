"""How many weights a network has: none is made that memory would not hold."""

from itertools import pairwise
from math import prod

from genlang.check.model import Const, Dim, Expr, Model, Net, Ref, Type
from genlang.diagnostics import Diagnostic
from genlang.plan.cost import BUDGET, BYTES, MOST, Known, shown


def too_heavy(model: Model, known: Known, budget: float = BUDGET) -> Diagnostic | None:
    """Return why a network is too large (E610), None where all fit or sizes are not known."""
    for net in model.nets:
        count = None if net.module else _count(net, known)
        if count is not None and BYTES * count > budget:
            size = shown(float(min(BYTES * count, int(MOST))))
            return Diagnostic(
                "E610", f"the weights of `{net.name}` need {size}, the budget is {shown(budget)}",
                net.span, why=f"they are {count:,} numbers" if count < MOST else "",
                help="write smaller layers",
            )  # fmt: skip
    return None


def _count(net: Net, known: Known) -> int | None:
    """The number of weights and biases, None where a size is not known."""
    inputs = [_cells(kind, known) for _, kind in net.inputs]
    outputs = [_cells(kind, known) for _, kind in net.outputs]
    sizes = [_sum(inputs), *(_size(e, known) for e in net.hidden), _sum(outputs)]
    numbers = [s for s in sizes if s is not None]
    if len(numbers) < len(sizes):
        return None
    return sum((a + 1) * b for a, b in pairwise(numbers))


def _sum(sizes: list[int | None]) -> int | None:
    numbers = [s for s in sizes if s is not None]
    return sum(numbers) if len(numbers) == len(sizes) else None


def _cells(kind: Type, known: Known) -> int | None:
    sizes = [e.size if e.dim is None else _known(e.dim, known) for e in kind.dims]
    numbers = [s for s in sizes if s is not None]
    return prod(numbers) if len(numbers) == len(sizes) else None


def _size(expr: Expr, known: Known) -> int | None:
    match expr:
        case Const(value=int(value)):
            return value
        case Ref(symbol=Dim() as dim):
            return _known(dim, known)
        case _:
            return None


def _known(dim: Dim, known: Known) -> int | None:
    size = known(dim)
    return None if size is None else int(size)
