"""`joint(data)`: the program as written, every variable sampled, discrete ones enumerable.

It follows Pyro's conventions for enumeration: a loop has one plate dim wherever it occurs, a
discrete latent stands at the dims of its plates, and whatever reads it broadcasts from the right,
so that the dims that Pyro adds on the left pass through. A read that Pyro cannot enumerate
(through a data index, over a whole array) goes through `drawn`, which refuses enumerated values.
"""

from itertools import pairwise

from genlang.check.model import Define, Draw, Factor, Loop, Variable
from genlang.check.walk import symbols
from genlang.emit.code import ENUMERATED, Axis, Code, aligned, integer, tensor
from genlang.emit.expression import write
from genlang.emit.latents import Latents
from genlang.emit.scope import Scope
from genlang.emit.writer import Plate
from genlang.plan.graph import Term
from genlang.plan.plan import Plan
from genlang.plan.rewrite import loops_of


class Joint(Latents):
    """Writes every statement where it stands."""

    name = "joint"
    decorator = "@config_enumerate"
    summed = False

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.dims = _dims(plan)
        self.padding: dict[int, Loop] = {}
        self.names.dims = self.dims
        self.names.plated = {
            term.statement.target
            for term in self.terms.values()
            if isinstance(term.statement, Draw)
            and term.statement.target.role == "latent"
            and (term.reads or self.is_state(term.statement))
        }

    def written_out(self, define: Define) -> bool:
        """Whether a definition reads sampled states; then its readers spell it out."""
        plated: set[Variable] = self.names.plated
        return any(s in plated for s in symbols(define.value)) and define.target.role != "report"

    def plates(self, loops: tuple[Loop, ...]) -> tuple[Plate, ...]:
        """The plates of a nest, each at the one dim of its loop, and the scales of weights."""
        found: list[Plate] = []
        for loop in loops:
            found.append(self.plate(loop, self.dims[loop]))
            if loop.weight is not None:
                scope = self._scope(loops)
                weight = aligned(tensor(write(loop.weight, scope)), self.names.frame)
                found.append(Plate("", f"pyro.poutine.scale(scale={weight})"))
        return tuple(found)

    def _scope(self, plates: tuple[Loop, ...]) -> Scope:
        """The scope of a nest: an axis for each dim from its outermost plate to -1."""
        at = {self.dims[p]: p for p in plates}
        depth = -min(at, default=0)
        frame: tuple[Axis, ...] = tuple(
            at.get(d) or self.padding.setdefault(d, Loop("", plates[0].extent))
            for d in range(-depth, 0)
        )
        self.names.frame = frame
        return Scope(self.names, (ENUMERATED, *frame))

    def density(self, statement: Draw | Factor, term: Term) -> None:
        """Write a statement inside its plates; latents that read no state keep a natural shape."""
        latent = isinstance(statement, Draw) and statement.target.role == "latent"
        if isinstance(statement, Draw) and latent and statement.target not in self.names.plated:
            self.comment(statement)
            self.latent(statement, term)
            return
        scope = self._scope(term.plates)
        frame = self.names.frame
        plates = self.plates(term.plates)
        self.comment(statement, term.plates)
        mask = self.mask(term.plates, scope)
        kept = "" if mask is None else f".mask({aligned(mask, frame, 0, scope.order)})"
        if isinstance(statement, Factor):
            assert term.value is not None
            code = tensor(integer(write(term.value, scope)))
            text = aligned(code, frame, 0, scope.order)
            if mask is not None:
                text = f"only({aligned(mask, frame, 0, scope.order)}, {text})"
            self.writer.line(f'pyro.factor("{self.site(statement.name or "factor")}", {text})',
                             plates)  # fmt: skip
            return
        assert term.law is not None
        law = self.joined_law(term.law, scope, Code("", frame))
        site = self.site(statement.target.name)
        if latent:
            # Cells that do not exist are drawn too: their probabilities add up to 1.
            kept = "" if self.is_state(statement) else kept
            local = self.names.locals.symbol(statement.target)
            self.writer.line(f'{local} = pyro.sample("{site}", {law}{kept})', plates)
            return
        value = aligned(self.value(statement, term, scope), frame, 0, scope.order)
        self.writer.line(f'pyro.sample("{site}", {law}{kept}, obs={value})', plates)


def _dims(plan: Plan) -> dict[Loop, int]:
    """One dim for each plate, left of those of all plates inside it."""
    nests = tuple(dict.fromkeys(loops_of(s) for s in plan.statements))
    dims = {loop: -1 for nest in nests for loop in nest}
    for _ in dims:
        for nest in nests:
            for outer, inner in pairwise(nest):
                dims[outer] = min(dims[outer], dims[inner] - 1)
    return dims
