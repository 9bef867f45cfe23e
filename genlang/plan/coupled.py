"""Arrays whose cells a term couples: their joint values, the profiles, as one state.

factor z[u[e]] == z[v[e]]      z has K^N profiles where it has N cells of K values
"""

from genlang.check.model import Const, Dim, Loop, Ref, Variable
from genlang.check.walk import symbols
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.graph import Term
from genlang.plan.steps import Piece, State
from genlang.records import dataclass


@dataclass(frozen=True, slots=True)
class Stuck(Exception):  # noqa: N818 (no error: the search starts again)
    """The term couples cells of `state` over `loops`."""

    state: Variable
    loops: tuple[Loop, ...]
    term: Term


def profile(stuck: Stuck, states: dict[Variable, State]) -> tuple[Loop, ...]:
    """Return the loops that the profiles of a coupled array cover.

    Raises ModelError (E702) where a coupled array cannot be a profile.
    """
    old = states[stuck.state]
    _refuse_profile(stuck, old)
    return tuple(p for p in old.draw.loops if p in old.profile or p in stuck.loops)


def _refuse_profile(stuck: Stuck, state: State) -> None:
    ragged = [p for p in state.draw.loops if _uneven(p)]
    weighted = [p for p in stuck.loops if p.weight is not None]
    if not ragged and not weighted:
        return
    name = stuck.state.name
    why = "its cells are read together, so their joint values would have to be enumerated, and " + (
        "their number differs from row to row" if ragged else "its loop is weighted"
    )
    message = f"`{name}` cannot be summed out: this statement couples its cells"
    place = (state.draw.span, f"`{name}` is declared here")
    edit = (
        "read one cell of it, a single total of its cells, such as `sum(z[s, t] for t in T[s])`, "
    )
    edit += "or let a chain carry the total: `A then Delta(min(n[s, t-1] + z[s, t], 100))`"
    where = stuck.term.statement.span
    raise ModelError([Diagnostic("E702", message, where, why=why, help=edit, second=place)])


def _uneven(loop: Loop) -> bool:
    """Whether the number of iterations may differ from row to row."""
    ends = [e for e in (loop.start, loop.stop) if e is not None]
    return bool(loop.extent.of) or any(
        isinstance(s, Loop) or (isinstance(s, Variable) and bool(s.dims))
        for e in ends
        for s in symbols(e)
    )


def stuck(piece: Piece, states: dict[Variable, State]) -> Stuck:
    """Choose the array to turn into profiles: one that can be, with the fewest, then the last."""
    plates = [set(states[z].plates) for z, _ in piece.states]
    common = set.intersection(*plates)
    best: tuple[bool, float, int] | None = None
    choice = 0
    for i, (z, _) in enumerate(piece.states):
        cells = plates[i] - common or plates[i]
        if not cells:
            continue
        rank = (any(map(_uneven, states[z].draw.loops)), _profiles(states[z], tuple(cells)), -i)
        if best is None or rank <= best:
            best, choice = rank, i
    z = piece.states[choice][0]
    loops = tuple(p for p in states[z].plates if p in (plates[choice] - common or plates[choice]))
    return Stuck(z, loops, piece.terms[-1])


def _profiles(state: State, loops: tuple[Loop, ...]) -> float:
    """The number of profiles where the model fixes the sizes, else infinity."""
    cells = 1.0
    for loop in loops:
        dim = loop.extent.dim
        size = loop.extent.size if dim is None else dim.size
        cells *= float("inf") if size is None else size
    size_expr = state.support.size
    match size_expr:
        case Const(value=int(k)):
            values = float(k)
        case Ref(symbol=Dim(size=int(k))):
            values = float(k)
        case _:
            return float("inf")
    return values**cells if cells < 64 else float("inf")
