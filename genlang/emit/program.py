"""Plan -> Python text: `model(data)` with discrete latents summed out, `joint(data)` as written.

Both are ordinary Pyro programs. In `model` every statement that reads a summed-out latent becomes
one named term over plates and states; the plan's steps add the terms up, sum states out, and leave
`pyro.factor`s inside the plates of what remains. In `joint` every variable is sampled.
"""

from genlang.check.model import Define, Draw, Factor, Index, Loop, Param, Ref, Statement, Variable
from genlang.check.walk import index_type, law_expressions, symbols
from genlang.emit.code import Code, aligned, integer, tensor, union
from genlang.emit.expression import Scope, conjunction, full, write
from genlang.emit.laws import law_code, log_prob, log_table, rank
from genlang.emit.names import attribute
from genlang.emit.spelling import Spelling
from genlang.emit.writer import Writer
from genlang.plan.eliminate import Finish, Make, Piece, Push, SumOut
from genlang.plan.graph import Term
from genlang.plan.plan import Plan

HELPERS = (
    "Ordered", "by_profile", "log_bernoulli", "log_categorical", "only", "profiles", "segment_sum",
    "stack", "start", "states", "sum_out", "weighted",
)  # fmt: skip
# A proper distribution on the support of a continuous latent whose density stands in a factor.
STAND_IN = {
    "real": "dist.Normal(0.0, 1.0)",
    "positive": "dist.LogNormal(0.0, 1.0)",
    "nonneg": "dist.LogNormal(0.0, 1.0)",
    "unit": "dist.Beta(1.0, 1.0)",
}


def emit(plan: Plan) -> str:
    """Return the program of a plan: deterministic, formatted Python text."""
    functions = [Function(plan, summed=True).text()]
    if plan.states:
        functions.append(Function(plan, summed=False).text())
    else:
        functions.append("joint = model  # nothing to sum out\n")
    body = "\n\n".join(functions)
    title = _title(plan)
    used = [h for h in HELPERS if f"{h}(" in body]
    imports = ["import pyro", "import pyro.distributions as dist", "import torch"]
    if "constraints." in body:
        imports.append("from torch.distributions import constraints")
    own = ["from genlang.runtime import exact"] if "exact." in body else []
    if "fn." in body:
        own.append("from genlang.runtime import functions as fn")
    if used:
        own.append(f"from genlang.runtime.reductions import {', '.join(sorted(used))}")
    math = ["import math\n"] if "math." in body else []
    blocks = [title, "\n".join([*math, *imports])]
    if own:
        blocks.append("\n".join(own))
    return "\n\n".join(blocks) + "\n\n\n" + body


def _title(plan: Plan) -> str:
    first = plan.model.source.text.lstrip().split("\n", 1)[0]
    words = first.lstrip("# ").strip() if first.startswith("#") else plan.model.source.name
    words = words.replace("\\", "").replace('"', "'")
    return f'"""{words.rstrip(".")}."""'


class Function:
    """One function of the program, while it is written."""

    def __init__(self, plan: Plan, *, summed: bool) -> None:
        self.plan = plan
        self.summed = summed
        self.names = Spelling(plan, summed=summed)
        self.writer = Writer()
        self.codes: dict[Piece, Code] = {}
        self.plate_names: dict[tuple[Loop, int], str] = {}
        self.sites: set[str] = set()
        self.done: set[Statement] = set()
        self.steps = list(plan.steps) if summed else []
        self.terms: dict[Statement, Term] = {t.statement: t for t in plan.plain}
        for step in plan.steps:
            if isinstance(step, Make):
                self.terms[step.term.statement] = step.term

    def text(self) -> str:
        """Write the function."""
        for statement in self.plan.statements:
            self._statement(statement)
        name = "model" if self.summed else "joint"
        head = self._head()
        lines = [f"def {name}(data):", *head, *([""] if head else []), *self.writer.lines]
        if len(lines) == 1:
            lines.append("    pass")
        return "\n".join(lines) + "\n"

    def _head(self) -> list[str]:
        """Sizes, index vectors and profile tables that the body uses."""
        vectors = [
            f"    {self.names.locals.names[loop]} = {text}"
            for loop, text in self.names.indices.items()
        ]
        tables = [
            f"    {self.names.profile_table(z)} = {text}  # the joint values of {z.name}"
            for z, text in self.names.profiles.items()
        ]
        sizes: list[tuple[str, str]] = []
        for dim in self.plan.model.dims:
            if dim in self.names.sizes:
                local, given = self.names.locals.symbol(dim), attribute(dim.name)
                sizes.append((local, f"data.{given}"))
                if dim.of:
                    sizes.append((f"{local}_max", f"data.{given}_max"))
        if not sizes:
            return vectors + tables
        left, right = (", ".join(column) for column in zip(*sizes, strict=True))
        return [f"    {left} = {right}", *vectors, *tables]

    # -- statements

    def _statement(self, statement: Statement) -> None:
        match statement:
            case Param():
                self._comment(statement)
                self._param(statement)
            case Define() if self._written_out(statement):
                pass
            case Define():
                self._comment(statement)
                self._define(statement)
            case Draw() | Factor() if statement in self.terms:
                term = self.terms[statement]
                if self.summed:
                    self._summed(statement, term)
                else:
                    self._sampled(statement, term)
            case _:
                pass
        self.done.add(statement)
        self._advance()

    def _written_out(self, define: Define) -> bool:
        """Whether a definition reads a summed-out latent, and so has no value in `model`."""
        states = set(dict(self.plan.states))
        return any(s in states for s in symbols(define.value))

    def _comment(self, statement: Statement, plates: tuple[Loop, ...] = ()) -> None:
        text = self.plan.model.source.slice(statement.span)
        lines = [line.strip() for line in text.strip().split("\n")]
        self.writer.comment("\n".join(line for line in lines if line), self._plates(plates))

    def _plates(self, loops: tuple[Loop, ...]) -> tuple[str, ...]:
        """The `pyro.plate` calls of a nest: explicit dims, outermost leftmost."""
        texts: list[str] = []
        for i, loop in enumerate(loops):
            depth = i - len(loops)
            name = self.plate_names.get((loop, depth))
            if name is None:
                dim = loop.extent.dim
                wish = loop.name or "i" if dim is None else dim.name
                taken = set(self.plate_names.values())
                tries = [wish, *(f"{wish}_{n}" for n in range(2, len(taken) + 3))]
                name = next(t for t in tries if t not in taken)
                self.plate_names[(loop, depth)] = name
            texts.append(f'pyro.plate("{name}", {self.names.length(loop)}, dim={depth})')
        return tuple(texts)

    def _site(self, wish: str) -> str:
        tries = [wish, *(f"{wish}_{n}" for n in range(2, len(self.sites) + 3))]
        name = next(t for t in tries if t not in self.sites)
        self.sites.add(name)
        return name

    def _param(self, statement: Param) -> None:
        target = statement.target
        local = self.names.locals.symbol(target)
        sizes = [self.names.length(loop) for loop in statement.loops]
        event = [self.names.dim_text(target, i + len(sizes)) for i in range(len(target.cell.dims))]
        kind = target.cell.structure or target.cell.kind
        shape = ", ".join([*sizes, *event])
        name = self._site(target.name)
        if statement.start is None:
            init = f'start("{kind}", [{shape}])'
        else:
            scope = Scope(self.names, statement.loops)
            code = full(tensor(write(statement.start, scope)), statement.loops, scope)
            init = f"{code.atom}.double()"
        rule = f'start.constraint("{kind}")'
        self.writer.line(f'{local} = pyro.param("{name}", lambda: {init}, {rule})')

    def _define(self, statement: Define) -> None:
        scope = Scope(self.names, statement.loops)
        target = statement.target
        code = tensor(integer(write(statement.value, scope)))
        if target.loops or not target.dims:
            code = full(code, statement.loops, scope)
        else:
            code = full(code, statement.loops, scope)
        note = self._shape(code)
        if target.role == "report":
            site = self._site(target.name)
            text = f'pyro.deterministic("{site}", {code.text})'
            self.writer.line(f"{self.names.locals.symbol(target)} = {text}", (), note)
            return
        self.writer.line(f"{self.names.locals.symbol(target)} = {code.text}", (), note)

    def _shape(self, code: Code) -> str:
        return " ".join(
            a.extent.dim.name if isinstance(a, Loop) and a.extent.dim else a.name or "i"
            for a in code.axes
        )

    # -- model

    def _summed(self, statement: Draw | Factor, term: Term) -> None:
        latent = isinstance(statement, Draw) and statement.target.role == "latent"
        if not term.reads:
            if latent:
                self._comment(statement)
                self._latent(statement, term)
            else:
                self._comment(statement, term.plates)
                self._observed(statement, term)
            return
        if latent and not self._is_state(statement):
            self._comment(statement)
            self._latent_under_states(statement, term)

    def _is_state(self, statement: Statement) -> bool:
        return getattr(statement, "target", None) in dict(self.plan.states)

    def _latent(self, statement: Draw, term: Term) -> None:
        """A site of natural shape: `.expand([...]).to_event(n)`."""
        law = term.law
        scope = Scope(self.names, term.plates)
        sizes = [self.names.length(p) for p in term.plates]
        every = Code("", term.plates)
        assert law is not None
        text = self._joined_law(law, scope, every if term.plates else None)
        batch = len(sizes)
        if getattr(law, "structure", ""):
            # The set's own axis is one more dim of independent draws below the sorting.
            event = [self.names.dim_text(statement.target, i + batch) for i in range(1)]
            text = f"Ordered({text}, {', '.join(event)})"
        text = self._batched(text, sizes, term, scope)
        local = self.names.locals.symbol(statement.target)
        site = self._site(statement.target.name)
        self.writer.line(f'{local} = pyro.sample("{site}", {text})')

    def _batched(self, text: str, sizes: list[str], term: Term, scope: Scope) -> str:
        if not sizes:
            return text
        text = f"{text}.expand([{', '.join(sizes)}])"
        mask = self._mask(term.plates, scope)
        if mask is not None:
            text += f".mask({aligned(mask, term.plates, 0, scope.order)})"
        return f"{text}.to_event({len(sizes)})"

    def _joined_law(self, law: object, scope: Scope, beside: Code | None) -> str:
        from genlang.check.model import Choice, Distribution

        match law:
            case Distribution():
                return law_code(law, scope, beside).text
            case Choice(condition=condition, then=then, otherwise=otherwise):
                test = aligned(tensor(write(condition, scope)), scope.order, 0, scope.order)
                a, b = (self._joined_law(x, scope, beside) for x in (then, otherwise))
                return f"exact.choice({test}, {a}, {b})"
            case _:
                raise AssertionError(law)

    def _latent_under_states(self, statement: Draw, term: Term) -> None:
        """A proper distribution of the support, masked; its density stands in a factor."""
        scope = Scope(self.names, term.plates)
        text = STAND_IN[statement.target.cell.kind]
        local = self.names.locals.symbol(statement.target)
        site = self._site(statement.target.name)
        sizes = [self.names.length(p) for p in term.plates]
        if sizes:
            text = f"{text}.expand([{', '.join(sizes)}]).mask(False).to_event({len(sizes)})"
        else:
            text += ".mask(False)"
        del scope
        self.writer.line(f'{local} = pyro.sample("{site}", {text})')

    def _observed(self, statement: Draw | Factor, term: Term) -> None:
        scope = Scope(self.names, term.plates)
        plates = self._plates(term.plates)
        mask = self._mask(term.plates, scope)
        weights = [p for p in term.plates if p.weight is not None]
        if isinstance(statement, Factor):
            assert term.value is not None
            code = tensor(integer(write(term.value, scope)))
            site = self._site(statement.name or "factor")
        else:
            assert term.law is not None
            value = self._value(statement, term, scope)
            site = self._site(statement.target.name)
            if mask is None and not weights and value.axes == term.plates:
                law = self._joined_law(term.law, scope, Code("", term.plates))
                self.writer.line(f'pyro.sample("{site}", {law}, obs={value.text})', plates)
                return
            code = log_prob(term.law, value, scope)
        code = self._closed(full(code, term.plates, scope), term.plates, term.plates, scope)
        self.writer.line(f'pyro.factor("{site}", {code.text})', plates)

    def _value(self, statement: Draw, term: Term, scope: Scope) -> Code:
        target = statement.target
        ref = Ref(target, target.cell)
        if not term.subscripts:
            return write(ref, scope)
        return write(Index(ref, term.subscripts, target.cell), scope)

    def _mask(self, plates: tuple[Loop, ...], scope: Scope) -> Code | None:
        masks = [m for p in plates if (m := self.names.mask(p, scope)) is not None]
        return conjunction(masks, scope)

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
        mask = self._mask(inside, scope)
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
        states = [z for z in dict(self.plan.states) if z in reads or z in extra]
        loops = [e for e in extra if isinstance(e, Loop)]
        return Scope(self.names, (*piece.plates, *states, *loops))

    def _make(self, piece: Piece, term: Term) -> None:
        statement = term.statement
        plates = self._plates(piece.plates)
        self._comment_in(statement, piece.plates)
        if self._is_state(statement) and isinstance(statement, Draw):
            code = self._table(piece, term, statement)
            wish = statement.target.name
        elif isinstance(statement, Draw):
            scope = self._scope(piece)
            assert term.law is not None
            code = log_prob(term.law, self._value(statement, term, scope), scope)
            wish = statement.target.name
        else:
            assert term.value is not None
            assert isinstance(statement, Factor)
            code = tensor(integer(write(term.value, self._scope(piece))))
            wish = statement.name or "factor"
        local = self.names.locals.name(("log", statement), f"log_{wish}")
        self.writer.line(f"{local} = {code.text}", plates, self._shape(code))
        self.codes[piece] = Code(local, code.axes)

    def _comment_in(self, statement: Statement, plates: tuple[Loop, ...]) -> None:
        if not (isinstance(statement, Draw) and statement.target.role == "latent"
                and not self._is_state(statement)):  # fmt: skip
            self._comment(statement, plates)

    def _table(self, piece: Piece, term: Term, statement: Draw) -> Code:
        """The log-table of a latent with its tap; over profiles where its cells are coupled."""
        z = statement.target
        state = dict(self.plan.states)[z]
        others = [w for w in dict(self.plan.states) if w in dict(term.reads) and w is not z]
        order = (*piece.plates, *others, *state.profile, z)
        scope = Scope(self.names, order)
        assert term.law is not None
        code = log_table(term.law, self.names.values(z), scope)
        cells = (*state.draw.loops, z)
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
        if len(code.text) <= 48:
            return code
        local = self.names.locals.name(("piece", piece), wish)
        plates = self._plates(piece.plates)
        self.writer.line(f"{local} = {code.text}", plates, self._shape(code))
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
            if isinstance(s, Factor) or (isinstance(s, Draw) and not self._is_state(s))
        )
        latents = dict.fromkeys(s.target.name for s in drawn if isinstance(s, Draw))
        names = [n or "factor" for n in seen] or [f"sum_{n}" for n in latents]
        site = self._site(",".join(names))
        self.writer.line(f'pyro.factor("{site}", {code.text})', self._plates(piece.plates),
                         self._shape(code))  # fmt: skip

    # -- joint

    def _sampled(self, statement: Draw | Factor, term: Term) -> None:
        if isinstance(statement, Draw) and statement.target.role == "latent":
            self._comment(statement, term.plates if self._is_state(statement) else ())
            if not self._is_state(statement):
                self._latent(statement, term)
                return
            scope = Scope(self.names, term.plates)
            assert term.law is not None
            law = self._joined_law(term.law, scope, Code("", term.plates))
            local = self.names.locals.symbol(statement.target)
            site = self._site(statement.target.name)
            text = f'{local} = pyro.sample("{site}", {law})'
            if len(term.plates) and not any(True for _ in law_expressions(term.law)):
                text = f'{local} = pyro.sample("{site}", {law})'
            self.writer.line(text, self._plates(term.plates))
            return
        self._comment(statement, term.plates)
        self._observed(statement, term)


__all__ = ["Function", "emit", "rank"]
