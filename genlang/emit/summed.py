"""`model(data)`: latents sampled, every finite discrete one summed out, the sums written out."""

from dataclasses import replace

from genlang.check.model import Define, Draw, Factor, Index, Loop, Ref, Statement, Variable
from genlang.check.walk import law_expressions, symbols
from genlang.emit.arrays import full
from genlang.emit.chains import sorted_into
from genlang.emit.code import SUM, Axis, Code, aligned, integer, permuted, tensor, union
from genlang.emit.expression import write
from genlang.emit.latents import reads_itself
from genlang.emit.laws import log_prob, log_table
from genlang.emit.products import Products, in_part
from genlang.emit.scope import Scope
from genlang.emit.writer import Plate
from genlang.plan.graph import Term
from genlang.plan.plan import Plan
from genlang.plan.steps import Finish, Make, Piece, Push, Step, SumCells, SumChain, SumOut

# An intermediate up to this many characters needs no line of its own.
SHORT = 48


class Summed(Products):
    """Writes terms, and takes each step of the plan once all that it reads has been written."""

    name = "model"
    summed = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.steps = list(plan.steps)
        self.along = {s.lag.loop for s in plan.steps if isinstance(s, SumChain)}

    def statement(self, statement: Statement) -> None:
        """Write one statement and the steps that waited for it."""
        self.foretold(statement)
        super().statement(statement)
        self.done.add(statement)
        self._advance()

    def written_out(self, define: Define) -> bool:
        """Whether a definition reads a summed-out latent, and so has no value here."""
        return any(s in self.states for s in symbols(define.value))

    def plates(self, loops: tuple[Loop, ...]) -> tuple[Plate, ...]:
        """The plates of a nest of depth d at dims -d, ..., -1."""
        return tuple(self.plate(loop, i - len(loops)) for i, loop in enumerate(loops))

    def density(self, statement: Draw | Factor, term: Term) -> None:
        """Write a statement that reads no summed-out latent; the others are steps of the plan."""
        if isinstance(statement, Draw) and statement.target.role == "latent":
            if not term.reads and (statement.target in self.stood or reads_itself(statement)):
                self.comment(statement)
                self.stand_in(statement)
                self.prior(statement, term)
            elif not term.reads:
                self.comment(statement)
                self.latent(statement, term)
            elif not self.is_state(statement):
                self.comment(statement)
                self._latent_under_states(statement, term)
        elif not term.reads:
            self.comment(statement, term.plates)
            self._observed(statement, term)

    def _latent_under_states(self, statement: Draw, term: Term) -> None:
        """A latent whose density reads summed-out states: it stands in a factor."""
        del term
        self.stand_in(statement)

    def _observed(self, statement: Draw | Factor, term: Term) -> None:
        scope = Scope(self.names, term.plates)
        plates = self.plates(term.plates)
        mask = self.mask(term.plates, scope, term.guard)
        weights = [p for p in term.plates if p.weight is not None]
        if isinstance(statement, Factor):
            assert term.value is not None
            code = tensor(integer(write(term.value, scope)))
            site = self.site(statement.name or "factor")
        else:
            assert term.law is not None
            value = self.value(statement, term, scope)
            site = self.site(statement.target.name)
            if not weights:
                law = self.joined_law(term.law, scope, Code("", term.plates))
                if mask is not None:
                    law += f".mask({aligned(mask, term.plates, 0, scope.order)})"
                given = aligned(value, term.plates, 0, scope.order)
                self.writer.line(f'pyro.sample("{site}", {law}, obs={given})', plates)
                return
            code = log_prob(term.law, value, scope)
        code = self.guarded(full(code, term.plates, scope), term, scope)
        code = self.closed(code, term.plates, term.plates, scope)
        self.writer.line(f'pyro.factor("{site}", {code.text})', plates)

    # -- steps of the elimination

    def _advance(self) -> None:
        """Take the steps whose statements and pieces have been written."""
        while self.steps:
            step = self.steps[0]
            match step:
                case Make(term=term) if term.statement not in self.done:
                    return
                case SumOut(pieces=pieces) | SumChain(pieces=pieces) | SumCells(pieces=pieces) if (
                    any(p not in self.codes for p in pieces)
                ):
                    return
                case Push(piece=piece) | Finish(piece=piece) if piece not in self.codes:
                    return
                case _:
                    self.steps.pop(0)
                    self._step(step)

    def _step(self, step: Step) -> None:
        match step:
            case Make(result=piece, term=term):
                self._make(piece, term)
            case SumOut():
                self._sum_out(step)
            case SumChain():
                self._sum_chain(step)
            case SumCells():
                self._sum_cells(step)
            case Push():
                self._push(step)
            case Finish(piece=piece):
                self._finish(piece)

    def _make(self, piece: Piece, term: Term) -> None:
        statement = term.statement
        # A chain is taken whole: its terms stand where its sum will, outside its own loop.
        nest = tuple(p for p in piece.plates if p not in self.along)
        plates = self.plates(nest)
        self._comment_in(statement, nest)
        if piece in self.splits:
            self.halves(piece, term, plates)
            return
        scope = replace(self.scope(piece), partial=in_part(term))
        if isinstance(statement, Draw) and self.is_state(statement):
            code = self._table(piece, term, statement)
            wish = statement.target.name
        elif isinstance(statement, Draw):
            assert term.law is not None
            code = log_prob(term.law, self.value(statement, term, scope), scope)
            wish = statement.target.name
        else:
            assert term.value is not None
            assert isinstance(statement, Factor)
            code = tensor(integer(write(term.value, scope)))
            wish = statement.name or "factor"
        code = self.guarded(code, term, self.scope(piece))
        wish = f"log_{wish}"
        if term.place is not None:
            wish = f"{wish.removeprefix('log_')}_{_ordinal(*term.place)}"
        local = self.names.locals.name(("log", term), wish)
        self.writer.line(f"{local} = {code.text}", plates, self.shape(code))
        self.codes[piece] = Code(local, code.axes)

    def _comment_in(self, statement: Statement, plates: tuple[Loop, ...]) -> None:
        if not (isinstance(statement, Draw) and statement.target.role == "latent"
                and not self.is_state(statement)):  # fmt: skip
            self.comment(statement, plates)

    def _table(self, piece: Piece, term: Term, statement: Draw) -> Code:
        """The log-table of a latent with its tap; over profiles where its cells are coupled.

        The parts of a chain's law share one tap, which is a term of the chain on its own.
        """
        z = statement.target
        reads = dict(term.reads)
        others = [w for w in self.in_order() if w in reads and w is not z]
        order: tuple[Axis, ...] = (*piece.plates, *others, *self.states[z].profile, z)
        scope = Scope(self.names, order, partial=in_part(term))
        assert term.law is not None
        if any(z in symbols(e) for e in law_expressions(term.law)):
            return self._profile_table(term, z, scope)
        code = log_table(term.law, self.names.values(z), scope)
        if term.place is None and not self.states[z].made:
            tap = self._tap(z)
            axes = union(order, [code, tap])
            texts = [aligned(c, axes, 0, order) for c in (code, tap)]
            code = Code(" + ".join(texts), axes, level=SUM)
        elif self.states[z].profile:
            code = full(code, self.states[z].profile, scope)
        return self._by_profile(code, z)

    def _profile_table(self, term: Term, z: Variable, scope: Scope) -> Code:
        """The log probabilities of profiles whose cells read each other, `z[t]` its `z[t-1]`."""
        profile = self.states[z].profile
        assert term.law is not None
        value = write(Index(Ref(z, z.cell), term.subscripts, z.cell), scope)
        code = full(log_prob(term.law, value, scope), profile, scope)
        dims = [code.axes.index(p) - len(code.axes) for p in profile]
        text = f"{code.atom}.sum({dims[0] if len(dims) == 1 else tuple(dims)})"
        kept = tuple(a for a in code.axes if a not in profile)
        tap = self._by_profile(self._tap(z), z)
        axes = union(scope.order, [Code("", kept), tap])
        texts = [aligned(c, axes, 0, scope.order) for c in (Code(text, kept), tap)]
        return Code(" + ".join(texts), axes, level=SUM)

    def _tap(self, z: Variable) -> Code:
        loops = self.states[z].draw.loops
        sizes = [*map(self.names.length, loops), self.names.state_size(z)]
        return Code(f'states("{z.name}", {", ".join(sizes)})', (*loops, z))

    def _by_profile(self, code: Code, z: Variable) -> Code:
        profile = self.states[z].profile
        if not profile:
            return code
        kept = tuple(a for a in code.axes if a not in profile)
        return Code(f"by_profile({code.text}, {self.names.profile_table(z)})", kept)

    def _sum_chain(self, step: SumChain) -> None:
        plates = (*step.result.plates, step.lag.loop)
        taps: list[Code] = []
        for z in step.states:
            parts = [t for t in step.result.terms if t.statement is self.states[z].draw]
            if all(t.place is None for t in parts) or self.states[z].made:
                continue
            scope = Scope(self.names, (*plates, *self.states[z].profile, z))
            tap = self._by_profile(permuted(self._tap(z), scope.order), z)
            local = self.names.locals.name(("tap", z), f"log_{z.name}")
            self.writer.line(f"{local} = {tap.text}", self.plates(step.result.plates),
                             self.shape(tap))  # fmt: skip
            taps.append(Code(local, tap.axes))
        code = sorted_into(step, self.names, self.states, self.codes, taps)
        name = "_".join(z.name for z in step.states)
        # What has to wait for its reader gets a line, so that chains run in the plan's order.
        waits = bool(step.result.states)
        self.codes[step.result] = self._kept(code, step.result, f"sum_{name}", apart=waits)

    def _sum_out(self, step: SumOut) -> None:
        z = step.state
        scope = self.scope(step.result, z)
        codes = [self.codes[p] for p in step.pieces]
        axes = union(scope.order, codes)
        total = " + ".join(aligned(c, axes, 0, scope.order) for c in codes)
        place = axes.index(z) - len(axes)
        rest = tuple(a for a in axes if a is not z)
        text = f"sum_out({total})" if place == -1 else f"sum_out({total}, {place})"
        self.codes[step.result] = self._kept(Code(text, rest), step.result, f"sum_{z.name}")

    def _sum_cells(self, step: SumCells) -> None:
        """The weights of a total from those of the cells, which the axis of their loop holds."""
        w, fold = step.total, step.fold
        rest = [z for z in self.in_order() if z in dict(step.result.states) and z is not w]
        order: tuple[Axis, ...] = (*step.result.plates, *rest, fold.loop, fold.of)
        scope = Scope(self.names, order)
        codes = [permuted(self.codes[p], order) for p in step.pieces]
        axes = union(order, codes)
        total = " + ".join(aligned(c, axes, 0, order) for c in codes)
        code = full(Code(total, axes, level=SUM), (fold.loop,), scope)
        values = [self.names.values(z).text for z in (fold.of, w)]
        mask = self.mask((*step.result.plates, fold.loop), scope)
        if mask is not None:
            values.append(aligned(mask, tuple(a for a in code.axes if a is not fold.of), 0, order))
        text = f'fold_cells("{fold.function}", {code.text}, {", ".join(values)})'
        found = Code(text, (*(a for a in code.axes if a not in (fold.loop, fold.of)), w))
        found = permuted(found, self.scope(step.result).order)
        self.codes[step.result] = self._kept(found, step.result, w.name)

    def _kept(self, code: Code, piece: Piece, wish: str, *, apart: bool = False) -> Code:
        """A short intermediate stays inside its reader, a long one gets a line."""
        if len(code.text) <= SHORT and not apart:
            return code
        local = self.names.locals.name(("piece", piece), wish)
        plates = self.plates(piece.plates)
        self.writer.line(f"{local} = {code.text}", plates, self.shape(code))
        return Code(local, code.axes)

    def _push(self, step: Push) -> None:
        piece = step.piece
        scope = self.scope(piece)
        code = full(self.codes[piece], step.over, scope)
        code = self.closed(code, step.over, piece.plates, scope)
        wish = f"all_{piece.states[0][0].name}"
        if piece in self.splits:
            code = self.split_sum(code, step, scope)
        elif step.index:
            code = self.segment_sum(code, step, scope)
        else:
            dims = [code.axes.index(p) - len(code.axes) for p in step.over]
            text = f"{code.atom}.sum({dims[0] if len(dims) == 1 else tuple(dims)})"
            code = Code(text, tuple(a for a in code.axes if a not in step.over))
        self.codes[step.result] = self._kept(code, step.result, wish)

    def _finish(self, piece: Piece) -> None:
        scope = self.scope(piece)
        code = full(self.codes[piece], piece.plates, scope)
        code = self.closed(code, piece.plates, piece.plates, scope)
        drawn = [t.statement for t in piece.terms]
        seen = dict.fromkeys(
            s.name if isinstance(s, Factor) else s.target.name
            for s in drawn
            if not self.is_state(s)
        )
        latents = dict.fromkeys(s.target.name for s in drawn if isinstance(s, Draw))
        names = [n or "factor" for n in seen] or [f"sum_{n}" for n in latents]
        site = self.site(",".join(names))
        self.writer.line(f'pyro.factor("{site}", {code.text})', self.plates(piece.plates),
                         self.shape(code))  # fmt: skip


def _ordinal(place: int, last: int) -> str:
    """The name of a part of `A then B then C`."""
    names = ("first", "second", "third")
    return "then" if place == last else names[place] if place < len(names) else f"place_{place}"
