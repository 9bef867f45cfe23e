"""`model(data)`: latents sampled, every finite discrete one summed out, the sums written out."""

from genlang.check.model import Define, Draw, Factor, Loop, Ref, Statement, Variable
from genlang.check.walk import index_type, symbols
from genlang.emit.arrays import full
from genlang.emit.code import Axis, Code, aligned, integer, tensor, union
from genlang.emit.expression import write
from genlang.emit.function import Function
from genlang.emit.laws import log_prob, log_table
from genlang.emit.scope import Scope
from genlang.emit.writer import Plate
from genlang.plan.eliminate import Finish, Make, Piece, Push, SumOut
from genlang.plan.graph import Term
from genlang.plan.plan import Plan

# A proper distribution on the support of a continuous latent whose density stands in a factor.
STAND_IN = {
    "real": "dist.Normal(0.0, 1.0)",
    "positive": "dist.LogNormal(0.0, 1.0)",
    "nonneg": "dist.LogNormal(0.0, 1.0)",
    "unit": "dist.Beta(1.0, 1.0)",
}

# An intermediate up to this many characters needs no line of its own.
SHORT = 48


class Summed(Function):
    """Writes terms, and takes each step of the plan once all that it reads has been written."""

    name = "model"
    summed = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.codes: dict[Piece, Code] = {}
        self.done: set[Statement] = set()
        self.steps = list(plan.steps)

    def statement(self, statement: Statement) -> None:
        """Write one statement and the steps that waited for it."""
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
            if not term.reads:
                self.comment(statement)
                self.latent(statement, term)
            elif not self.is_state(statement):
                self.comment(statement)
                self._latent_under_states(statement, term)
        elif not term.reads:
            self.comment(statement, term.plates)
            self._observed(statement, term)

    def _latent_under_states(self, statement: Draw, term: Term) -> None:
        """A proper distribution of the support, masked; its density stands in a factor."""
        text = STAND_IN[statement.target.cell.kind]
        sizes = [self.names.length(p) for p in term.plates]
        if sizes:
            text = f"{text}.expand([{', '.join(sizes)}]).mask(False).to_event({len(sizes)})"
        else:
            text += ".mask(False)"
        local = self.names.locals.symbol(statement.target)
        self.writer.line(f'{local} = pyro.sample("{self.site(statement.target.name)}", {text})')

    def _observed(self, statement: Draw | Factor, term: Term) -> None:
        scope = Scope(self.names, term.plates)
        plates = self.plates(term.plates)
        mask = self.mask(term.plates, scope)
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
        code = self._closed(full(code, term.plates, scope), term.plates, term.plates, scope)
        self.writer.line(f'pyro.factor("{site}", {code.text})', plates)

    def _closed(
        self, code: Code, leaving: tuple[Loop, ...], plates: tuple[Loop, ...], scope: Scope
    ) -> Code:
        """A term that leaves loops: multiplied by their weights, 0 at cells that do not exist."""
        for loop in leaving:
            if loop.weight is not None:
                weight = tensor(write(loop.weight, scope))
                axes = union(scope.order, [code, weight])
                texts = [aligned(c, axes, 0, scope.order) for c in (code, weight)]
                code = Code(f"weighted({', '.join(texts)})", axes)
        inside = tuple(p for p in plates if p in leaving or self.names.mask(p, scope) is not None)
        mask = self.mask(inside, scope)
        if mask is not None:
            axes = union(scope.order, [code, mask])
            texts = [aligned(c, axes, 0, scope.order) for c in (mask, code)]
            code = Code(f"only({', '.join(texts)})", axes)
        return code

    # -- steps of the elimination

    def _advance(self) -> None:
        """Take the steps whose statements and pieces have been written."""
        while self.steps:
            step = self.steps[0]
            match step:
                case Make(term=term) if term.statement not in self.done:
                    return
                case SumOut(pieces=pieces) if any(p not in self.codes for p in pieces):
                    return
                case Push(piece=piece) | Finish(piece=piece) if piece not in self.codes:
                    return
                case _:
                    self.steps.pop(0)
                    self._step(step)

    def _step(self, step: Make | SumOut | Push | Finish) -> None:
        match step:
            case Make(result=piece, term=term):
                self._make(piece, term)
            case SumOut():
                self._sum_out(step)
            case Push():
                self._push(step)
            case Finish(piece=piece):
                self._finish(piece)

    def _scope(self, piece: Piece, *extra: Loop | Variable) -> Scope:
        reads = dict.fromkeys(z for z, _ in piece.states)
        states = [z for z in self.states if z in reads or z in extra]
        loops = [e for e in extra if isinstance(e, Loop)]
        return Scope(self.names, (*piece.plates, *states, *loops))

    def _make(self, piece: Piece, term: Term) -> None:
        statement = term.statement
        plates = self.plates(piece.plates)
        self._comment_in(statement, piece.plates)
        if isinstance(statement, Draw) and self.is_state(statement):
            code = self._table(piece, term, statement)
            wish = statement.target.name
        elif isinstance(statement, Draw):
            scope = self._scope(piece)
            assert term.law is not None
            code = log_prob(term.law, self.value(statement, term, scope), scope)
            wish = statement.target.name
        else:
            assert term.value is not None
            assert isinstance(statement, Factor)
            code = tensor(integer(write(term.value, self._scope(piece))))
            wish = statement.name or "factor"
        local = self.names.locals.name(("log", statement), f"log_{wish}")
        self.writer.line(f"{local} = {code.text}", plates, self.shape(code))
        self.codes[piece] = Code(local, code.axes)

    def _comment_in(self, statement: Statement, plates: tuple[Loop, ...]) -> None:
        if not (isinstance(statement, Draw) and statement.target.role == "latent"
                and not self.is_state(statement)):  # fmt: skip
            self.comment(statement, plates)

    def _table(self, piece: Piece, term: Term, statement: Draw) -> Code:
        """The log-table of a latent with its tap; over profiles where its cells are coupled."""
        z = statement.target
        state = self.states[z]
        others = [w for w in self.states if w in dict(term.reads) and w is not z]
        order: tuple[Axis, ...] = (*piece.plates, *others, *state.profile, z)
        scope = Scope(self.names, order)
        assert term.law is not None
        code = log_table(term.law, self.names.values(z), scope)
        cells: tuple[Axis, ...] = (*state.draw.loops, z)
        sizes = [self.names.length(p) for p in state.draw.loops]
        tap_shape = ", ".join([*sizes, self.names.state_size(z)])
        tap = Code(f'states("{z.name}", {tap_shape})', cells)
        tap = Code(aligned(tap, union(order, [code, tap]), 0, order), union(order, [tap]))
        axes = union(order, [code, tap])
        text = f"{aligned(code, axes, 0, order)} + {tap.text}"
        if not state.profile:
            return Code(text, axes)
        table = self.names.profile_table(z)
        kept = tuple(a for a in axes if a not in state.profile)
        return Code(f"by_profile({text}, {table})", kept)

    def _sum_out(self, step: SumOut) -> None:
        z = step.state
        scope = self._scope(step.result, z)
        codes = [self.codes[p] for p in step.pieces]
        axes = union(scope.order, codes)
        total = " + ".join(aligned(c, axes, 0, scope.order) for c in codes)
        place = axes.index(z) - len(axes)
        rest = tuple(a for a in axes if a is not z)
        text = f"sum_out({total})" if place == -1 else f"sum_out({total}, {place})"
        self.codes[step.result] = self._kept(Code(text, rest), step.result, f"sum_{z.name}")

    def _kept(self, code: Code, piece: Piece, wish: str) -> Code:
        """A short intermediate stays inside its reader, a long one gets a line."""
        if len(code.text) <= SHORT:
            return code
        local = self.names.locals.name(("piece", piece), wish)
        plates = self.plates(piece.plates)
        self.writer.line(f"{local} = {code.text}", plates, self.shape(code))
        return Code(local, code.axes)

    def _push(self, step: Push) -> None:
        piece = step.piece
        scope = self._scope(piece)
        code = full(self.codes[piece], step.over, scope)
        code = self._closed(code, step.over, piece.plates, scope)
        wish = f"all_{piece.states[0][0].name}"
        if step.index:
            code = self._segment_sum(code, step, scope)
        else:
            dims = [code.axes.index(p) - len(code.axes) for p in step.over]
            text = f"{code.atom}.sum({dims[0] if len(dims) == 1 else tuple(dims)})"
            code = Code(text, tuple(a for a in code.axes if a not in step.over))
        self.codes[step.result] = self._kept(code, step.result, wish)

    def _segment_sum(self, code: Code, step: Push, scope: Scope) -> Code:
        """Sum rows that share an index: their product is a factor of the cell they point to."""
        target = step.result.plates
        indices = dict(step.index)
        given = [integer(write(indices.get(p, Ref(p, index_type(p))), scope)) for p in target]
        own = [self._origin(p) if p in indices else None for p in target]
        rows = tuple(p for p in step.piece.plates)
        code = full(code, rows, scope)
        texts = [aligned(c, rows, 0, scope.order) for c in given]
        texts = [t if o is None else f"{t} - ({o})" for t, o in zip(texts, own, strict=True)]
        sizes = [self.names.length(p) for p in target]
        axes = (*target, *(a for a in code.axes if a not in rows))
        if len(target) == 1 == len(rows):
            return Code(f"segment_sum({code.text}, {texts[0]}, {sizes[0]})", axes)
        index = f"({', '.join(texts)}{',' * (len(texts) == 1)})"
        size = f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"
        return Code(f"segment_sum({code.text}, {index}, {size}, {len(rows)})", axes)

    def _origin(self, loop: Loop) -> str | None:
        if not self.names.fixed_part(loop) or loop.start is None:
            return None
        return write(loop.start, Scope(self.names)).text

    def _finish(self, piece: Piece) -> None:
        scope = self._scope(piece)
        code = full(self.codes[piece], piece.plates, scope)
        code = self._closed(code, piece.plates, piece.plates, scope)
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
