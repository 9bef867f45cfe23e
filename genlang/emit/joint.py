"""`joint(data)`: the program as written, every variable sampled, discrete ones enumerable.

It follows Pyro's conventions for enumeration: a loop has one plate dim wherever it occurs, a
discrete latent stands at the dims of its plates, and whatever reads it broadcasts from the right,
so that the dims that Pyro adds on the left pass through. A read that Pyro cannot enumerate
(through a data index, over a whole array) goes through `drawn`, which refuses enumerated values.

A loop along which earlier elements are read runs in Python (emit/stepping.py): every variable that
it draws is a dict of its steps, `z[t]`, with a site for each.
"""

from itertools import pairwise

from genlang.check.model import Define, Draw, Factor, Loop, Statement, Variable
from genlang.check.walk import cell_of
from genlang.emit.code import ENUMERATED, Axis, Code, aligned, integer, tensor
from genlang.emit.expression import write
from genlang.emit.function import recursion
from genlang.emit.latents import Latents
from genlang.emit.operators import conjunction, truth
from genlang.emit.scope import Scope
from genlang.emit.spelling import Spelling
from genlang.emit.stepping import Stepping, own_loops, parents
from genlang.emit.writer import Block, Context, Plate
from genlang.plan.graph import Term
from genlang.plan.plan import Plan


class Joint(Latents):
    """Writes every statement where it stands."""

    name = "joint"
    decorator = "@config_enumerate"
    summed = False

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        written = {s: g for s, g in plan.written if self.belongs(s)}
        self.guards = written
        self.names = Spelling(plan, [s for s, _ in plan.written], summed=False)
        self.names.trees = parents(tuple(written))
        self.stepping = Stepping(tuple(written), self.enumerable())
        self.units = self.stepping.order()
        self.statements = tuple(s for unit in self.units for s in unit)
        self.dims = self._dims()
        self.padding: dict[int, Loop] = {}
        self.names.dims = self.dims
        self.names.plated = self.stepping.plated
        for s in self.statements:
            if isinstance(s, Draw | Define):
                own = own_loops(s)
                if s.target in self.names.plated:
                    self.names.own[s.target] = tuple(loop for loop in own if loop is not None)

    @property
    def plain(self) -> bool:
        """Whether nothing is enumerated, runs in Python or is read after it was drawn."""
        return not self.stepping.plated and not any(self.stepping.steps.values())

    def enumerable(self) -> set[Variable]:
        """The latents that Pyro can enumerate."""
        return {z for z, _ in self.plan.states}

    def written_out(self, define: Define) -> bool:
        """Whether a definition has no line of its own: a report of what stands in plates."""
        plated = self.stepping.plated
        return define.target.role == "report" and any(
            v in plated for v, _ in self.stepping.found[define]
        )

    def statement(self, statement: Statement) -> None:
        """Write one statement, at the step of the loops that run in Python."""
        along = self.stepping.along(statement)
        unit = next(u for u in self.units if statement in u)
        here = {s.target for s in unit if isinstance(s, Draw | Define)}
        self.names.apart = self.names.kept.keys() - here
        if statement is unit[0] and along:
            self.writer.close()
            self._open(unit)
        self.names.stepping = set(along)
        self.names.trees = self.stepping.above(unit[-1])
        self.names.frame = ()
        match statement:
            case Define(target=target) if target in self.names.plated:
                self._plated_define(statement)
            case Draw() | Factor():
                law = statement.law if isinstance(statement, Draw) else None
                value = statement.value if isinstance(statement, Factor) else None
                subs = statement.subscripts if isinstance(statement, Draw) else ()
                guard = self.guards[statement]
                term = Term(statement, statement.loops, law, value, subs, (), guard)
                self.density(statement, term)
            case _:
                super().statement(statement)
        self.names.stepping = set()

    def _open(self, unit: tuple[Statement, ...]) -> None:
        """The dicts of the variables that a loop draws step by step."""
        for s in unit:
            if not isinstance(s, Draw | Define) or s.target not in self.names.plated:
                continue
            along = self.stepping.along(s)
            local = self.names.locals.symbol(s.target)
            self.names.kept[s.target] = tuple(own_loops(s).index(loop) for loop in along)
            outside = self._contexts(s)[: self._outside(s)]
            if not outside:
                self.writer.blank()
            self.writer.line(f"{local} = {{}}", outside)
        for s in unit:
            if isinstance(s, Draw) and s.target.role == "observed":
                self._given(s)

    def _given(self, statement: Draw) -> None:
        """Cells of an observed variable before the part that a statement draws: as they are."""
        along = self.stepping.along(statement)
        target = statement.target
        if target not in self.names.kept or len(along) > 1 or along[0].start is None:
            return
        (loop,) = along
        start = self.names.positions(loop).removeprefix("range(").split(",", 1)[0]
        if not self.names.fixed_part(loop):
            start = self.names.length(loop)
        self.names.stepping = set(along)
        plates = tuple(p for p in statement.loops if p not in along)
        scope = self._scope(plates)
        step, local = self.step(loop), self.names.locals.symbol(target)
        term = Term(statement, statement.loops, statement.law, None, statement.subscripts, ())
        value = aligned(self.observation(statement, term, scope), self.names.frame, 0, scope.order)
        contexts = self._contexts(statement)[: self._outside(statement)]
        self.writer.line(f"{local}[{step}] = {value}",
                         (*contexts, Block(f"for {step} in range({start}):")))  # fmt: skip
        self.names.stepping = set()

    # -- contexts

    def plates(self, loops: tuple[Loop, ...]) -> tuple[Context, ...]:
        """The plates of a nest, each at the one dim of its loop, and the scales of weights."""
        found: list[Context] = []
        for loop in loops:
            if loop in self.names.stepping:
                found.append(self._running(loop))
                continue
            found.append(self.plate(loop, self.dims[loop]))
            if loop.weight is not None:
                scope = self._scope(loops)
                weight = aligned(tensor(write(loop.weight, scope)), self.names.frame)
                found.append(Plate("", f"pyro.poutine.scale(scale={weight})"))
        return tuple(found)

    def _running(self, loop: Loop) -> Block:
        states = any(
            loop in steps and isinstance(s, Draw) and self.is_state(s)
            for s, steps in self.stepping.steps.items()
        )
        return self.running(loop, self.stepping.lags.get(loop, 1) if states else 0)

    def _contexts(self, statement: Draw | Define | Factor) -> tuple[Context, ...]:
        """The plates and loops around a statement; plates inside a loop that not all share."""
        old, self.names.stepping = self.names.stepping, set(self.stepping.along(statement))
        found = self.plates(self._nest(statement))
        self.names.stepping = old
        return found

    def _nest(self, statement: Statement) -> tuple[Loop, ...]:
        """The loops of a statement, those outside its first stepping loop first."""
        loops = statement.loops if isinstance(statement, Draw | Define | Factor) else ()
        along = self.stepping.along(statement)
        if not along:
            return loops
        unit = next(u for u in self.units if statement in u)
        shared = [
            p for p in loops[: loops.index(along[0])]
            if all(p in s.loops[: s.loops.index(along[0])]
                   for s in unit if isinstance(s, Draw | Define | Factor))
        ]  # fmt: skip
        rest = [loop for loop in loops if loop not in shared and loop is not along[0]]
        return (*shared, along[0], *rest)

    def _outside(self, statement: Draw | Define | Factor) -> int:
        """How many contexts stand outside the first loop that runs in Python."""
        found = self._contexts(statement)
        return next((i for i, c in enumerate(found) if isinstance(c, Block)), len(found))

    def _scope(self, plates: tuple[Loop, ...]) -> Scope:
        """The scope of a nest: an axis for each dim from its outermost plate to -1."""
        plates = tuple(p for p in plates if p not in self.names.stepping)
        at = {self.dims[p]: p for p in plates}
        depth = -min(at, default=0)
        frame: tuple[Axis, ...] = tuple(
            at.get(d) or self.padding.setdefault(d, Loop("", plates[0].extent))
            for d in range(-depth, 0)
        )
        self.names.frame = frame
        return Scope(self.names, (ENUMERATED, *frame))

    def _dims(self) -> dict[Loop, int]:
        """One dim for each plate, left of those of all plates inside it."""
        nests = tuple(dict.fromkeys(
            tuple(loop for loop in self._nest(s) if loop not in self.stepping.along(s))
            for s in self.statements if isinstance(s, Draw | Define | Factor)
        ))  # fmt: skip
        dims = {loop: -1 for nest in nests for loop in nest}
        for _ in dims:
            for nest in nests:
                for outer, inner in pairwise(nest):
                    dims[outer] = min(dims[outer], dims[inner] - 1)
        return dims

    # -- statements

    def _plated_define(self, statement: Define) -> None:
        """A definition that reads what stands in plates stands there too."""
        scope = self._scope(statement.loops)
        contexts = self._contexts(statement) if self.stepping.along(statement) else ()
        self.comment_in(statement, contexts)
        along = next(iter(self.stepping.along(statement)), None)
        code = self.part(statement.value, scope, (), along)
        text = aligned(code, self.names.frame, code.event, scope.order)
        if recursion(statement) is not None:
            text = code.text
        self.writer.line(f"{self._place(statement)} = {text}", contexts)

    def _place(self, statement: Draw | Define) -> str:
        """The local, or the entry of its dict, that holds what a statement draws or defines."""
        local = self.names.locals.symbol(statement.target)
        keys = ", ".join(self.step(loop) for loop in self.stepping.along(statement))
        return f"{local}[{keys}]" if keys else local

    def _site(self, statement: Draw | Factor) -> str:
        """The name of a site as text: one for each step."""
        wish = statement.target.name if isinstance(statement, Draw) else statement.name or "factor"
        site = self.site(wish)
        keys = ", ".join(f"{{{self.step(loop)}}}" for loop in self.stepping.along(statement))
        return f'f"{site}[{keys}]"' if keys else f'"{site}"'

    def density(self, statement: Draw | Factor, term: Term) -> None:
        """Write a statement inside its plates; latents that read no state keep a natural shape."""
        drawn = isinstance(statement, Draw) and statement.target.role in ("latent", "generated")
        if isinstance(statement, Draw) and drawn and statement.target not in self.names.plated:
            self.comment(statement)
            self.latent(statement, term)
            return
        contexts = self._contexts(statement)
        scope = self._scope(term.plates)
        frame = self.names.frame
        guards = [write(g, scope) for g in term.guard]
        tests = [g.text for g in guards if not g.axes]
        guards = [truth(g) for g in guards]
        if guards:
            back = max(self.stepping.lags.get(loop, 0) for loop in term.plates)
            first = next(iter(self.stepping.along(statement)), None)
            if first is not None and not tests and back:
                tests = [f"{self.step(first)} >= {back}"]
        if tests:
            contexts = (*contexts, Block(f"if {' and '.join(tests)}:"))
        self.comment_in(statement, contexts)
        masks = [g for g in (*guards, self.mask(term.plates, scope)) if g is not None and g.axes]
        mark = dict(self.plan.marks).get(statement.target) if isinstance(statement, Draw) else None
        if mark is not None:
            masks.append(truth(write(cell_of(mark, term.subscripts), scope)))
        mask = conjunction(masks, scope)
        kept = "" if mask is None else f".mask({aligned(mask, frame, 0, scope.order)})"
        if isinstance(statement, Factor):
            assert term.value is not None
            code = tensor(integer(write(term.value, scope)))
            text = aligned(code, frame, 0, scope.order)
            if mask is not None:
                text = f"only({aligned(mask, frame, 0, scope.order)}, {text})"
            self.writer.line(f"pyro.factor({self._site(statement)}, {text})", contexts)
            return
        assert term.law is not None
        law = self.joined_law(term.law, scope, Code("", frame))
        if drawn:
            # Cells that do not exist are drawn too: their probabilities add up to 1.
            kept = "" if self.is_state(statement) else kept
            given = ""
        else:
            value = self.observation(statement, term, scope)
            given = f", obs={aligned(value, frame, 0, scope.order)}"
        law = law + kept if kept else _bare(law)
        text = f"pyro.sample({self._site(statement)}, {law}{given})"
        if statement.target in self.names.plated:
            text = f"{self._place(statement)} = {text}"
        self.writer.line(text, contexts)

    def observation(self, statement: Draw, term: Term, scope: Scope) -> Code:
        """The value that the data give, though the variable itself is what the program draws."""
        plated, kept = self.names.plated, self.names.kept
        self.names.plated, self.names.kept = set(), {}
        self.names.given = True
        value = self.value(statement, term, scope)
        self.names.plated, self.names.kept, self.names.given = plated, kept, False
        return value


def _bare(law: str) -> str:
    """A law that nothing is appended to, without the parentheses around a conditional."""
    return law[1:-1] if law.startswith("(") else law
