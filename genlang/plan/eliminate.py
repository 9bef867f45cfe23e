"""Terms -> steps: the order in which discrete latents are summed out (variable elimination).

Tensor variable elimination (Obermeyer et al. 2019) with data indices and coupled arrays:

    repeat until no term is left
        a term in loops where none of its states lives is pushed outward: the product over the
        loops that its states do not have (a segment sum where it reads a state by a data index)
        a state whose terms all stand in its own loops is summed out of their sum, cheapest first

A term that can do neither couples the cells of an array (`x[i] == z[j]` for all pairs): the array
becomes one state whose values are its profiles, and the search starts again.
"""

from dataclasses import dataclass

from genlang.check.model import Const, Dim, Draw, Expr, Loop, Ref, Variable
from genlang.check.walk import index_type, symbols
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.graph import Term, target_of
from genlang.plan.support import Support

# A read of a state by a piece: indices for the loops of the state that are not in its profile.
Where = tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A log-density array over plates and states, made by one step and used by one other."""

    plates: tuple[Loop, ...]
    states: tuple[tuple[Variable, Where], ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Make:
    """The log density of one statement."""

    result: Piece
    term: Term


@dataclass(frozen=True, slots=True, eq=False)
class SumOut:
    """Eliminate one state from the sum of pieces, in the loops `result.plates`."""

    result: Piece
    state: Variable
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """Take the product over the loops `over`; where `index` is not empty it is a segment sum.

    `index` pairs each loop of `state` that is reached by an index with that index.
    """

    result: Piece
    piece: Piece
    over: tuple[Loop, ...]
    index: tuple[tuple[Loop, Expr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Finish:
    """A piece without states: a factor of the program, one value for each cell of its loops."""

    piece: Piece


Step = Make | SumOut | Push | Finish


@dataclass(frozen=True, slots=True)
class State:
    """A summed-out latent: its statement, values, and the loops that its profiles cover."""

    draw: Draw
    support: Support
    profile: tuple[Loop, ...] = ()

    @property
    def plates(self) -> tuple[Loop, ...]:
        """The loops for each iteration of which it is summed out on its own."""
        return tuple(loop for loop in self.draw.loops if loop not in self.profile)


@dataclass(frozen=True, slots=True)
class _Stuck(Exception):  # noqa: N818 (no error: the search starts again)
    """The piece couples cells of `state` over `loops`."""

    state: Variable
    loops: tuple[Loop, ...]
    term: Term


def eliminate(
    terms: tuple[Term, ...], states: dict[Variable, State]
) -> tuple[dict[Variable, State], tuple[Step, ...]]:
    """Return the states (some turned into profiles) and the steps that sum them out.

    Raises ModelError (E702) where a coupled array cannot be a profile.
    """
    states = dict(states)
    while True:
        try:
            return states, tuple(_steps(terms, states))
        except _Stuck as stuck:
            old = states[stuck.state]
            _refuse_profile(stuck, old)
            wider = tuple(p for p in old.draw.loops if p in old.profile or p in stuck.loops)
            states[stuck.state] = State(old.draw, old.support, wider)


def _refuse_profile(stuck: _Stuck, state: State) -> None:
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
    raise ModelError(
        [Diagnostic("E702", message, stuck.term.statement.span, why=why, second=place)]
    )


def _uneven(loop: Loop) -> bool:
    """Whether the number of iterations may differ from row to row."""
    return bool(loop.extent.of) or loop.start is not None or loop.stop is not None


def _steps(terms: tuple[Term, ...], states: dict[Variable, State]) -> list[Step]:
    steps: list[Step] = []
    pieces: list[Piece] = []
    for term in terms:
        piece = Piece(
            _own_plates(term, states),
            tuple(_where(z, term, states) for z, _ in term.reads),
            (term,),
        )
        steps.append(Make(piece, term))
        pieces.append(piece)
    while pieces:
        outside = next((p for p in pieces if not _has_local(p, states)), None)
        if outside is not None:
            pieces.remove(outside)
            if not outside.states:
                steps.append(Finish(outside))
                continue
            push = _push(outside, states)
            steps.append(push)
            pieces.append(push.result)
            continue
        done = _sum_out(pieces, states)
        steps.append(done)
        pieces = [p for p in pieces if p not in done.pieces]
        pieces.append(done.result)
    return steps


def _own_plates(term: Term, states: dict[Variable, State]) -> tuple[Loop, ...]:
    """The loops of a term; a latent's own profile loops are inside its table, already summed."""
    target = target_of(term.statement)
    if target in states:
        return tuple(p for p in term.plates if p not in states[target].profile)
    return term.plates


def _where(z: Variable, term: Term, states: dict[Variable, State]) -> tuple[Variable, Where]:
    """How a term reads the cells of one latent outside its profile; raises where it couples."""
    state = states[z]
    reads = dict(term.reads)[z]
    target = target_of(term.statement)
    # A latent whose cells are one state reads its parents at all of its cells together.
    gone = set(states[target].profile) if target in states else set()
    found: list[Expr] = []
    for i, loop in enumerate(state.draw.loops):
        if loop in state.profile:
            continue
        given = {read.subscripts[i] for read in reads}
        first = next(iter(given))
        if len(given) > 1 or first is None or any(s in gone for s in symbols(first)):
            raise _Stuck(z, (loop,), term)
        found.append(first)
    return z, tuple(found)


def _direct(where: Where, plates: tuple[Loop, ...]) -> bool:
    return all(isinstance(e, Ref) and e.symbol is p for e, p in zip(where, plates, strict=True))


def _has_local(piece: Piece, states: dict[Variable, State]) -> bool:
    """Whether some state of the piece lives in exactly its loops."""
    here = set(piece.plates)
    return any(
        set(states[z].plates) == here and _direct(where, states[z].plates)
        for z, where in piece.states
    )


def _push(piece: Piece, states: dict[Variable, State]) -> Push:
    index: dict[Loop, Expr] = {}
    target: list[Loop] = []
    for z, where in piece.states:
        for loop, e in zip(states[z].plates, where, strict=True):
            if index.setdefault(loop, e) != e:
                raise _stuck(piece, states)
            if loop not in target:
                target.append(loop)
    indexed = tuple((p, e) for p, e in index.items() if not (isinstance(e, Ref) and e.symbol is p))
    over = tuple(p for p in piece.plates if p not in target or p in dict(indexed))
    if not over and not indexed:
        raise _stuck(piece, states)
    plates = _ordered(target, piece, states)
    result = Piece(plates, tuple((z, _own(states[z])) for z, _ in piece.states), piece.terms)
    if not any(set(states[z].plates) == set(plates) for z, _ in piece.states):
        smaller = set(plates) < set(piece.plates)
        if not smaller:
            raise _stuck(piece, states)
    return Push(result, piece, over, indexed)


def _own(state: State) -> Where:
    return tuple(Ref(p, index_type(p)) for p in state.plates)


def _ordered(target: list[Loop], piece: Piece, states: dict[Variable, State]) -> tuple[Loop, ...]:
    """Loops in nesting order: those of the deepest state first, then the others."""
    order: list[Loop] = []
    by_depth = sorted(piece.states, key=lambda zw: -len(states[zw[0]].plates))
    for z, _ in by_depth:
        order += [p for p in states[z].plates if p not in order]
    return tuple(p for p in order if p in target)


def _stuck(piece: Piece, states: dict[Variable, State]) -> _Stuck:
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
    return _Stuck(z, loops, piece.terms[-1])


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


def _sum_out(pieces: list[Piece], states: dict[Variable, State]) -> SumOut:
    """Sum out the ready state that couples the fewest others; ties to the latest declared."""
    best: tuple[int, int, Variable, tuple[Piece, ...]] | None = None
    for i, z in enumerate(states):
        readers = tuple(p for p in pieces if z in dict(p.states))
        if not readers:
            continue
        own = set(states[z].plates)
        if any(
            set(p.plates) != own or not _direct(dict(p.states)[z], states[z].plates)
            for p in readers
        ):
            continue
        neighbours = len({w for p in readers for w, _ in p.states})
        if best is None or (neighbours, -i) < best[:2]:
            best = (neighbours, -i, z, readers)
    if best is None:
        raise _stuck(max(pieces, key=lambda p: len(p.plates)), states)
    _, _, z, readers = best
    rest: dict[Variable, Where] = {}
    for p in readers:
        for w, where in p.states:
            if w is not z and rest.setdefault(w, where) != where:
                raise _stuck(p, states)
    terms = tuple(t for p in readers for t in p.terms)
    result = Piece(states[z].plates, tuple(rest.items()), terms)
    return SumOut(result, z, readers)
