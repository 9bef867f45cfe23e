"""Products over loops in `model`: plain sums of logs, segment sums, sums that a latent splits."""

from dataclasses import replace

from genlang.check.model import Draw, Loop, Ref, Variable
from genlang.check.walk import index_type
from genlang.emit.arrays import full
from genlang.emit.code import Axis, Code, aligned, integer, permuted, union
from genlang.emit.expression import write
from genlang.emit.latents import Latents
from genlang.emit.laws import log_prob
from genlang.emit.operators import conjunction, truth
from genlang.emit.scope import Scope
from genlang.emit.writer import Plate
from genlang.plan.graph import Term
from genlang.plan.plan import Plan
from genlang.plan.split import splits
from genlang.plan.steps import Piece, Push


class Products(Latents):
    """Keeps the code of every piece, and writes what is left once a loop is taken out of it."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.codes: dict[Piece, Code] = {}
        self.splits = splits(plan.steps)
        self.after: dict[Piece, Code] = {}

    def scope(self, piece: Piece, *extra: Axis) -> Scope:
        """The axes of a piece: plates, then states, shadows before the latents of chains."""
        reads = dict.fromkeys(z for z, _ in piece.states)
        states = [z for z in self.in_order() if z in reads or z in extra]
        loops = [e for e in extra if isinstance(e, Loop)]
        return Scope(self.names, (*piece.plates, *states, *loops))

    def in_order(self) -> list[Variable]:
        """All states as axes: ordinary ones, then shadows by falling lag, then carried latents."""

        def rank(z: Variable) -> tuple[int, int]:
            state = self.states[z]
            if state.lag is not None:
                return 1, -state.lag.by
            return (2, 0) if state.carried else (0, 0)

        return sorted(self.states, key=rank)

    def halves(self, piece: Piece, term: Term, plates: tuple[Plate, ...]) -> None:
        """The two densities of a statement that a comparison with the loop's index splits."""
        split, scope = self.splits[piece], replace(self.scope(piece), partial=in_part(term))
        statement = term.statement
        assert isinstance(statement, Draw)
        halves: list[Code] = []
        for law, word in ((split.before, "before"), (split.after, "after")):
            code = log_prob(law, self.value(statement, term, scope), scope)
            code = self.guarded(code, term, scope)
            local = self.names.locals.name((word, term), f"{statement.target.name}_{word}")
            self.writer.line(f"{local} = {code.text}", plates, self.shape(code))
            halves.append(Code(local, code.axes))
        self.codes[piece], self.after[piece] = halves

    def guarded(self, code: Code, term: Term, scope: Scope) -> Code:
        """A term that holds in a part of its plates only: 0 elsewhere."""
        if not term.guard:
            return code
        condition = conjunction([truth(write(g, scope)) for g in term.guard], scope)
        assert condition is not None
        axes = union(scope.order, [code, condition])
        texts = [aligned(c, axes, 0, scope.order) for c in (condition, code)]
        return Code(f"only({', '.join(texts)})", axes)

    def split_sum(self, before: Code, step: Push, scope: Scope) -> Code:
        """Two running sums along the loop that a latent splits, read off at its values."""
        split, piece = self.splits[step.piece], step.piece
        after = full(self.after[piece], step.over, scope)
        after = self.closed(after, step.over, piece.plates, scope)
        others = tuple(p for p in step.over if p is not split.loop)
        rest = tuple(a for a in union(scope.order, [before, after])
                     if a is not split.loop and a not in others)  # fmt: skip
        order = (*rest, *others, split.loop)
        inner = f".sum({tuple(range(-len(others) - 1, -1))})" if others else ""
        texts = [aligned(permuted(c, order), order, 0, order) + inner for c in (before, after)]
        at, origin = integer(write(split.at, scope)), self._origin(split.loop)
        shift = "" if origin is None else f" - ({origin})"
        return Code(f"split_sum({texts[0]}, {texts[1]}, {at.text}{shift})", (*rest, *at.axes))

    def segment_sum(self, code: Code, step: Push, scope: Scope) -> Code:
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


def in_part(term: Term) -> bool:
    """Whether a term is computed at elements of a chain where it does not hold, too."""
    return bool(term.guard) or term.place is not None
