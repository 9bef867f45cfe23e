"""Continuous latents in a function of the program: their sites, and densities that stand apart."""

from genlang.check.model import Draw, Loop, Statement, Variable
from genlang.check.walk import law_expressions, symbols
from genlang.emit.arrays import full
from genlang.emit.code import Code, aligned, tensor, union
from genlang.emit.expression import write
from genlang.emit.function import Function
from genlang.emit.laws import log_prob
from genlang.emit.scope import Scope
from genlang.emit.stand_ins import STAND_IN_SETS, stand_in
from genlang.plan.graph import Term
from genlang.plan.lags import expressions_of
from genlang.plan.plan import Plan


class Latents(Function):
    """Writes the sites of latents that are not summed out, and what else `model` needs of them."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.done: set[Statement] = set()
        self.stood: set[Variable] = set()
        self.sampled = {
            s.target: s
            for s in plan.statements
            if isinstance(s, Draw) and s.target.role == "latent" and s.target not in self.states
        }

    def latent(self, statement: Draw, term: Term) -> None:
        """A site of natural shape: `.expand([...]).to_event(n)`."""
        law = term.law
        assert law is not None
        scope = Scope(self.names, term.plates)
        sizes = [self.names.length(p) for p in term.plates]
        text = self.joined_law(law, scope, Code("", term.plates) if term.plates else None)
        if sizes:
            text = f"{text}.expand([{', '.join(sizes)}])"
            mask = self.mask(term.plates, scope)
            if mask is not None:
                text += f".mask({aligned(mask, term.plates, 0, scope.order)})"
            text = f"{text}.to_event({len(sizes)})"
        local = self.names.locals.symbol(statement.target)
        self.writer.line(f'{local} = pyro.sample("{self.site(statement.target.name)}", {text})')

    def stand_in(self, statement: Draw) -> None:
        """A proper distribution of the support, masked: the density stands elsewhere."""
        target = statement.target
        if target in self.stood:
            return
        self.stood.add(target)
        loops = statement.loops
        sizes = [self.names.length(p) for p in loops]
        own = [self.names.dim_text(target, len(loops) + i) for i in range(len(target.cell.dims))]
        if target.cell.structure in STAND_IN_SETS:
            one = stand_in(target.cell.kind, [statement.law])
            text = STAND_IN_SETS[target.cell.structure].format(own[-1], one)
        else:
            text = stand_in(target.cell.kind, [statement.law])
            sizes += own
        text += f".expand([{', '.join(sizes)}]).mask(False).to_event({len(sizes)})" if sizes else (
            ".mask(False)"
        )  # fmt: skip
        local = self.names.locals.symbol(target)
        self.writer.line(f'{local} = pyro.sample("{self.site(target.name)}", {text})')

    def prior(self, statement: Draw, term: Term) -> None:
        """The density of a latent that reads its own earlier elements, at its value."""
        scope = Scope(self.names, term.plates)
        assert term.law is not None
        code = log_prob(term.law, self.value(statement, term, scope), scope)
        code = self.closed(full(code, term.plates, scope), term.plates, term.plates, scope)
        site = self.site(f"{statement.target.name}_prior")
        self.writer.line(f'pyro.factor("{site}", {code.text})', self.plates(term.plates))

    def foretold(self, statement: Statement) -> None:
        """Write the sites of latents further down whose lags a statement reads."""
        reads = {s for e in expressions_of(statement) for s in symbols(e)}
        waiting = [s for s in self.sampled.values() if s.target in reads] if reads else []
        for other in waiting:
            if other not in self.done and other is not statement:
                self.stand_in(other)

    def closed(
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


def reads_itself(statement: Draw) -> bool:
    """Whether a statement reads earlier elements of its own variable."""
    return any(s is statement.target for e in law_expressions(statement.law) for s in symbols(e))
