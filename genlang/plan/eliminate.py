"""Terms -> steps: the order in which discrete latents are summed out (variable elimination).

Tensor variable elimination (Obermeyer et al. 2019) with data indices and coupled arrays:

    repeat until no term is left
        a term in loops where none of its states lives is pushed outward: the product over the
        loops that its states do not have (a segment sum where it reads a state by a data index)
        a state whose terms all stand in its own loops is summed out of their sum, cheapest first

Chains (`z[t]` reads `z[t-1]`) are taken whole, once the states of single steps are summed out. A
term that can do neither couples the cells of an array (`x[i] == z[j]` for all pairs): the array
becomes one state whose values are its profiles, and the search starts again.
"""

from operator import itemgetter

from genlang.check.model import Expr, Loop, Ref, Variable
from genlang.check.walk import index_type, symbols
from genlang.plan.coupled import Stuck, stuck
from genlang.plan.graph import Term
from genlang.plan.rewrite import target_of
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
    Where,
)


def eliminate(terms: tuple[Term, ...], states: dict[Variable, State]) -> tuple[Step, ...]:
    """Return the steps that sum the states out.

    Raises Stuck where the cells of an array have to become one state first.
    """
    steps: list[Step] = []
    pieces: list[Piece] = []
    for term in terms:
        target = target_of(term.statement)
        if target in states and states[target].fold is not None:
            continue  # a total is what `SumCells` leaves
        piece = Piece(
            _own_plates(term, states),
            tuple(_where(z, term, states) for z, _ in term.reads),
            (term,),
            term.place,
        )
        steps.append(Make(piece, term))
        pieces.append(piece)
    fresh, pieces = pieces, []
    while fresh or pieces:
        for piece in fresh:  # it grows: what is pushed may have to be pushed again
            if _has_local(piece, states):
                pieces.append(piece)
            elif not piece.states:
                steps.append(Finish(piece))
            else:
                push = _push(piece, states)
                steps.append(push)
                fresh.append(push.result)
        fresh = []
        if not pieces:
            break
        done = _sum_out(pieces, states) or _sum_cells(pieces, states) or _sum_chain(pieces, states)
        inward = None if done is not None else _inward(pieces, states)
        if inward is not None:
            pieces.remove(inward.piece)
            steps.append(inward)
            fresh.append(inward.result)
            continue
        if done is None:
            raise stuck(max(pieces, key=lambda p: len(p.plates)), states)
        steps.append(done)
        pieces = [p for p in pieces if p not in done.pieces]
        fresh.append(done.result)
    return tuple(steps)


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
            raise Stuck(z, (loop,), term)
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
                raise stuck(piece, states)
            if loop not in target:
                target.append(loop)
    indexed = tuple((p, e) for p, e in index.items() if not (isinstance(e, Ref) and e.symbol is p))
    over = tuple(p for p in piece.plates if p not in target or p in dict(indexed))
    if not over and not indexed:
        raise stuck(piece, states)
    plates = _ordered(target, piece, states)
    result = Piece(plates, tuple((z, _own(states[z])) for z, _ in piece.states), piece.terms)
    if not any(set(states[z].plates) == set(plates) for z, _ in piece.states):
        smaller = set(plates) < set(piece.plates)
        if not smaller:
            raise stuck(piece, states)
    return Push(result, piece, over, indexed)


def _inward(pieces: list[Piece], states: dict[Variable, State]) -> Push | None:
    """Take a piece that reads cells of a deeper state, `z[s, 0]` beside `c[s]`, to that state."""
    for piece in pieces:
        deepest = max(piece.states, key=lambda zw: len(states[zw[0]].plates), default=None)
        if deepest is None or _direct(deepest[1], states[deepest[0]].plates):
            continue
        try:
            push = _push(piece, states)
        except Stuck:
            continue
        if set(push.result.plates) == set(states[deepest[0]].plates):
            return push
    return None


def _own(state: State) -> Where:
    return tuple(Ref(p, index_type(p)) for p in state.plates)


def _ordered(target: list[Loop], piece: Piece, states: dict[Variable, State]) -> tuple[Loop, ...]:
    """Loops in nesting order: those of the deepest state first, then the others."""
    order: list[Loop] = []
    by_depth = sorted(piece.states, key=lambda zw: -len(states[zw[0]].plates))
    for z, _ in by_depth:
        order += [p for p in states[z].plates if p not in order]
    return tuple(p for p in order if p in target)


def _readers(z: Variable, pieces: list[Piece]) -> tuple[Piece, ...]:
    return tuple(p for p in pieces if z in dict(p.states))


def _ready(z: Variable, readers: tuple[Piece, ...], states: dict[Variable, State]) -> bool:
    """Whether all readers of a state stand in its own loops and read its cell directly."""
    own = states[z].plates
    return all(set(p.plates) == set(own) and _direct(dict(p.states)[z], own) for p in readers)


def _sum_out(pieces: list[Piece], states: dict[Variable, State]) -> SumOut | None:
    """Sum out the ready state that couples the fewest others; ties to the latest declared."""
    waiting = _folded(pieces, states)
    found: list[tuple[int, int, Variable, tuple[Piece, ...]]] = []
    readers_of: dict[Variable, dict[Piece, None]] = {}
    for p in pieces:
        for z, _ in p.states:
            readers_of.setdefault(z, {})[p] = None
    for i, (z, state) in enumerate(states.items()):
        readers = tuple(readers_of.get(z, ()))
        if not readers or state.carried or state.lag or z in waiting:
            continue
        if any(p.place is not None for p in readers):
            continue  # an outer state of chains: they come first
        neighbours = len({w for p in readers for w, _ in p.states})
        found.append((neighbours, -i, z, readers))
    cheapest = sorted(found, key=itemgetter(0, 1))
    best = next((f for f in cheapest if _ready(f[2], f[3], states)), None)
    if best is None:
        return None
    _, _, z, readers = best
    terms = tuple(t for p in readers for t in p.terms)
    result = Piece(states[z].plates, _rest(readers, {z}, states), terms)
    return SumOut(result, z, readers)


def _folded(pieces: list[Piece], states: dict[Variable, State]) -> dict[Variable, Variable]:
    """The arrays whose cells have still to be added up, and their totals, each with its total."""
    found: dict[Variable, Variable] = {}
    for w, state in states.items():
        if state.fold is not None and _readers(state.fold.of, pieces):
            found |= {w: w, state.fold.of: w}
    return found


def _sum_cells(pieces: list[Piece], states: dict[Variable, State]) -> SumCells | None:
    """Add up the cells of an array that only its total is read of."""
    for w in dict.fromkeys(_folded(pieces, states).values()):
        fold = states[w].fold
        assert fold is not None
        readers = _readers(fold.of, pieces)
        if not _ready(fold.of, readers, states):
            continue
        rest = _rest(readers, {fold.of}, states)
        if any(v is w or fold.loop in states[v].plates for v, _ in rest):
            continue
        if any(fold.loop in symbols(e) for _, where in rest for e in where):
            continue
        terms = tuple(t for p in readers for t in p.terms)
        result = Piece(states[w].plates, ((w, _own(states[w])), *rest), terms)
        return SumCells(result, w, fold, readers)
    return None


def _rest(
    readers: tuple[Piece, ...], gone: set[Variable], states: dict[Variable, State]
) -> tuple[tuple[Variable, Where], ...]:
    """The states that remain once some are eliminated; raises where a cell is read in two ways."""
    rest: dict[Variable, Where] = {}
    for p in readers:
        for w, where in p.states:
            if w not in gone and rest.setdefault(w, where) != where:
                raise stuck(p, states)
    return tuple(rest.items())


def _sum_chain(pieces: list[Piece], states: dict[Variable, State]) -> SumChain | None:
    """Take a chain that is ready, with all chains along its loop that a piece couples to it."""
    for z, state in reversed(states.items()):
        if state.carried and _readers(z, pieces):
            step = _chain_of(z, pieces, states)
            if step is not None:
                return step
    return None


def _chain_of(z: Variable, pieces: list[Piece], states: dict[Variable, State]) -> SumChain | None:
    every_lag = {s: state.lag for s, state in states.items() if state.lag is not None}
    own = next(lag for lag in every_lag.values() if lag.of is z)
    loop = own.loop
    # Trees with other parents, and chains along other loops, are states like any others here.
    lags = {s: lag for s, lag in every_lag.items() if (lag.loop, lag.parent) == (loop, own.parent)}
    group, size = {z}, 0
    readers: tuple[Piece, ...] = ()
    while len(group) > size:
        size = len(group)
        every = group | {s for s, lag in lags.items() if lag.of in group}
        readers = tuple(p for p in pieces if every & dict(p.states).keys())
        for p in readers:
            for w, _ in p.states:
                base = lags[w].of if w in lags else w
                along = any(lag.of is base for lag in lags.values())
                if along and set(states[base].plates) == set(states[z].plates):
                    group.add(base)
    gone = {
        w for p in readers for w, _ in p.states if w in group or (w in lags and lags[w].of in group)
    }
    if not all(_ready(w, _readers(w, list(readers)), states) for w in gone):
        return None
    rest = _rest(readers, gone, states)
    # A cell that is picked anew at each step of the chain is no state around it.
    picked = any(loop in symbols(e) for _, where in rest for e in where)
    if picked or any(loop in states[w].plates for w, _ in rest):
        return None
    latents = tuple(w for w in states if w in group)
    place = {w: (-lag.by, latents.index(lag.of)) for w, lag in lags.items() if lag.of in group}
    shadows = tuple(sorted((w for w in gone if w in lags), key=lambda w: place[w]))
    reading = [p for p in readers if any(w in lags for w, _ in p.states)]
    parts = [p.place[1] for p in reading if p.place is not None]
    order = max([lags[w].by for w in shadows] + parts)
    plates = tuple(p for p in states[z].plates if p is not loop)
    terms = tuple(dict.fromkeys(t for p in readers for t in p.terms))
    return SumChain(Piece(plates, rest, terms), lags[shadows[0]], latents, shadows, order, readers)
