"""Plan -> the marginal likelihood as a person would write it: the log of the sum.

    log p(y | p, mu) = ∑_{n in N} log ∑_{z[n]} Categorical(z[n] | p) Normal(y[n] | mu[z[n]], 1)

Read off the steps of the plan, from each factor that they leave back to the statements.
"""

from dataclasses import dataclass, field

from genlang.check.chains import first_position
from genlang.check.model import (
    Apply,
    Const,
    Distribution,
    Draw,
    Expr,
    Factor,
    Index,
    Loop,
    Ref,
    Symbol,
    Type,
    Variable,
)
from genlang.check.walk import substitute, substitute_law
from genlang.plan.graph import Term
from genlang.plan.notation import Notation
from genlang.plan.plan import Plan
from genlang.plan.steps import Finish, Make, Piece, Push, SumCells, SumChain, SumOut


def marginal_likelihood(plan: Plan, *, latex: bool = False) -> str:
    """Return log p(observed | unknowns) of a model, one line for each sum that remains.

    With `latex` an `aligned` environment. Empty for a model without observations and factors.
    """
    return _Formula(plan, Notation(dict(plan.states), latex)).text()


@dataclass(slots=True)
class _Formula:
    plan: Plan
    style: Notation
    made: dict[Piece, Make | SumOut | SumChain | SumCells | Push] = field(default_factory=dict)

    def text(self) -> str:
        """The formula of the whole model."""
        parts: list[str] = []
        for step in self.plan.steps:
            match step:
                case Finish(piece=piece):
                    parts.append(self._sum(piece.plates) + self._log(self._piece(piece)))
                case Make(result=result) | SumOut(result=result) | SumChain(result=result):
                    self.made[result] = step
                case Push(result=result) | SumCells(result=result):
                    self.made[result] = step
        for term in self.plan.plain:
            latent = isinstance(term.statement, Draw) and term.statement.target.role == "latent"
            if not latent:
                parts.append(self._sum(term.plates) + self._log_term(term))
        if not parts:
            return ""
        left = self._left()
        if self.style.latex:
            lines = (" \\\\\n  &\\quad + ").join(parts)
            return f"\\begin{{aligned}}\n  {left} &= {lines}\n\\end{{aligned}}"
        return f"{left} = " + ("\n" + " " * len(left) + " + ").join(parts)

    def _left(self) -> str:
        """`log p(y | mu, sigma)`."""
        states, variables = self.plan.summed, self.plan.model.variables
        drawn = {s.target for s in self.plan.statements if isinstance(s, Draw)}
        known = [v for v in variables if v.role in ("observed", "data", "let") and v in drawn]
        named = (
            [v.name for v in variables if v in known or v.name in self.plan.missing],
            [v.name for v in variables if v.role in ("latent", "param") and v not in states],
        )
        seen, unknown = (", ".join(map(self.style.name, names)) for names in named)
        bar = (r" \mid " if self.style.latex else " | ") if unknown else ""
        log = r"\log " if self.style.latex else "log "
        return f"{log}p({seen or self.style.name('data')}{bar}{unknown})"

    # -- sums and products

    def _big(self, sign: str, below: str) -> str:
        if not below:
            return ""
        if self.style.latex:
            return f"\\{sign}_{{{below}}} "
        return f"{'∑' if sign == 'sum' else '∏'}_{{{below}}} "

    def _sum(self, plates: tuple[Loop, ...]) -> str:
        weights = "".join(
            f"{self.style.expr(p.weight, 6)} " for p in plates if p.weight is not None
        )
        return self._big("sum", ", ".join(map(self.style.over, plates))) + weights

    def _log(self, body: str) -> str:
        return (r"\log " if self.style.latex else "log ") + body

    def _log_term(self, term: Term) -> str:
        if term.value is not None:
            return self.style.expr(term.value, 5)
        return self._log(self._term(term))

    def _times(self, parts: list[str]) -> str:
        return (r" \, " if self.style.latex else " ").join(parts)

    def _piece(self, piece: Piece) -> str:
        step = self.made[piece]
        match step:
            case Make(term=term):
                return self._term(term)
            case SumOut(state=z, pieces=pieces):
                return self._big("sum", self._cell(z)) + self._times(self._factors(pieces))
            case SumChain():
                return self._chain(step)
            case SumCells():
                return self._cells(step)
            case Push(piece=inner, over=over, index=index):
                runs = [self.style.over(p) for p in inner.plates if p not in step.result.plates]
                where = ", ".join(
                    f"{self.style.index(p)} = {self.style.expr(e)}"
                    for p, e in index
                    if self.style.index(p) != self.style.expr(e)
                )
                colon = "" if not (runs and where) else r" : " if self.style.latex else ": "
                below = ", ".join(runs) + colon + where
                weights = "".join(f"^{{{self.style.expr(p.weight)}}}" for p in over if p.weight)
                body = self._piece(inner)
                if weights:
                    body = f"({body}){weights}"
                return self._big("prod", below) + body

    def _factors(self, pieces: tuple[Piece, ...]) -> list[str]:
        """The factors of a sum: the latent's own distribution first."""
        order = sorted(pieces, key=lambda p: 0 if self._prior(p) else 1)
        texts = [self._piece(p) for p in order]
        return [f"({t})" if t.startswith(("∑", "∏", r"\sum", r"\prod")) else t for t in texts]

    def _prior(self, piece: Piece) -> bool:
        step = self.made[piece]
        return (
            isinstance(step, Make)
            and isinstance(step.term.statement, Draw)
            and step.term.statement.target in self.style.states
        )

    def _cell(self, z: Variable) -> str:
        state = self.style.states[z]
        subs = [self.style.index(p) for p in state.draw.loops if p not in state.profile]
        if state.profile:
            own = iter(subs)
            subs = ["·" if p in state.profile else next(own) for p in state.draw.loops]
            if self.style.latex:
                subs = [r"\cdot" if s == "·" else s for s in subs]
        return self.style.subscripted(self.style.name(z.name), subs)

    def _cells(self, step: SumCells) -> str:
        """The sum over all cells that give a total."""
        draw = self.style.states[step.total].draw
        assert isinstance(draw.law, Distribution)
        ((_, whole),) = draw.law.parameters
        total = f"[{self._cell(step.total)} = {self.style.expr(whole)}]"
        runs = self._big("prod", self.style.over(step.fold.loop))
        body = runs + self._times(self._factors(step.pieces))
        return self._big("sum", self._cell(step.fold.of)) + self._times([total, body])

    # -- chains

    def _chain(self, step: SumChain) -> str:
        """`first` at the first elements, the rest as a product over the loop."""
        loop = step.lag.loop
        cells = ", ".join(self._cell(z) for z in step.states)
        early: list[str] = []
        every: list[str] = []
        later: list[str] = []
        last = 0
        for piece in sorted(step.pieces, key=lambda p: 0 if self._prior(p) else 1):
            if piece.place is None:
                every.append(self._piece(piece))
                continue
            at, final = piece.place
            if at == final:
                last = max(last, final)
                later.append(self._piece(piece))
            elif step.lag.parent is None:
                made = self.made[piece]
                assert isinstance(made, Make)
                early.append(self._term(made.term, {loop: _place(loop, at)}))
            else:
                made = self.made[piece]
                assert isinstance(made, Make)
                root = f"{self.style.index(loop)} {self._word('root')}"
                early.append(self._big("prod", root) + self._term(made.term))
        runs = self.style.over(loop)
        rest = f"{self.style.index(loop)} {self._word('not root')}"
        if step.lag.parent is None:
            start = self.style.expr(_place(loop, last))
            sign = r"\ge" if self.style.latex else ">="
            rest = f"{self.style.index(loop)} {sign} {start}"
        parts = [*early]
        if later:
            parts.append(self._big("prod", rest) + self._times(later))
        if every:
            parts.append(self._big("prod", runs) + self._times(every))
        return self._big("sum", cells) + self._times(parts)

    def _word(self, words: str) -> str:
        return rf"\text{{ {words}}}" if self.style.latex else words

    # -- statements

    def _seen(self, term: Term) -> str:
        """What was seen of the cells of a name that has missing ones."""
        ((z, (read,)),) = term.reads
        indices = [self.style.expr(e) for e in read.subscripts if e is not None]
        words = self._word("as seen") if self.style.latex else "as seen"
        return f"[{self.style.subscripted(self.style.name(z.name), indices)} {words}]"

    def _term(self, term: Term, at: dict[Loop, Expr] | None = None) -> str:
        """The density of a statement's cell, at a place of its loops."""
        change: dict[Symbol, Expr] = dict((at or {}).items())
        if isinstance(term.statement, Factor) and term.statement.name in self.plan.missing:
            return self._seen(term)
        if term.value is not None:
            value = self.style.expr(substitute(term.value, change))
            return rf"e^{{{value}}}" if self.style.latex else f"exp({value})"
        assert term.law is not None
        assert isinstance(term.statement, Draw)
        target = term.statement.target
        subs = tuple(substitute(s, change) for s in term.subscripts)
        cell: Expr = Ref(target, target.cell)
        if subs:
            cell = Index(cell, subs, target.cell)
        law = substitute_law(term.law, change)
        text = self.style.density(law, self.style.expr(cell))
        state = self.style.states.get(target)
        if state is not None and state.profile:
            # The cells of one profile are drawn on their own.
            text = self._big("prod", ", ".join(map(self.style.over, state.profile))) + text
        return text


def _place(loop: Loop, place: int) -> Expr:
    """A position of a loop counted from the start of its part."""
    count = Type("count")
    match first_position(loop):
        case Const(value=int(k)):
            return Const(k + place, count)
        case start:
            return start if place == 0 else Apply("+", (start, Const(place, count)), count)
