"""One function of the program, while it is written: what `model` and `joint` have in common."""

from abc import ABC, abstractmethod
from dataclasses import replace

from genlang.check.model import (
    Apply,
    Choice,
    Define,
    Draw,
    Expr,
    Factor,
    Index,
    Law,
    Loop,
    Param,
    Ref,
    Select,
    Statement,
    Variable,
)
from genlang.emit.arrays import full
from genlang.emit.code import COMPARE, TERNARY, Code, aligned, integer, tensor
from genlang.emit.expression import write
from genlang.emit.laws import law_code, parts_of
from genlang.emit.names import attribute, unused
from genlang.emit.operators import conjunction, truth
from genlang.emit.params import parameter
from genlang.emit.scope import Scope
from genlang.emit.spelling import Spelling
from genlang.emit.stand_ins import stand_in
from genlang.emit.stepping import own_loops, parents, reads
from genlang.emit.writer import Block, Context, Plate, Writer, wrap
from genlang.plan.graph import Term
from genlang.plan.lags import chain_loop
from genlang.plan.later import later
from genlang.plan.missing import gaps_name
from genlang.plan.plan import Plan
from genlang.plan.rewrite import target_of
from genlang.plan.steps import Make
from genlang.source import Span


class Function(ABC):
    """Writes one function; subclasses say how statements with a density are written."""

    name = ""
    decorator = ""
    arguments = "data"
    summed = True

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.later = later(plan)
        self.statements: tuple[Statement, ...] = plan.statements
        self.names = Spelling(plan, plan.statements, summed=self.summed)
        self.writer = Writer(self._ahead, fresh=self._fresh if plan.model.functions else None)
        self.states = dict(plan.states)
        self.sites: set[str] = set()
        self.commented: Span | None = None
        self.names.trees = parents(plan.statements)
        self.plate_names: dict[tuple[Loop, int], str] = {}
        self.terms: dict[Statement, Term] = {t.statement: t for t in plan.plain}
        for step in plan.steps:
            if isinstance(step, Make):
                self.terms[step.term.statement] = step.term

    def _ahead(self) -> list[str]:
        return self.names.lines_ahead()

    def _fresh(self) -> str:
        return self.names.locals.another("shared")

    def text(self) -> str:
        """Write the function."""
        for variable, cells in self.plan.filled:
            self.fill(variable, cells)
        for statement in self.statements:
            if self.belongs(statement):
                self.statement(statement)
        head = [*self._head(), *self.given()]
        first = f"def {self.name}({self.arguments}):"
        lines = [first, *head, *([""] if head else []), *self.writer.body()]
        if self.decorator:
            lines.insert(0, self.decorator)
        if not head and not self.writer.lines:
            lines.append("    pass")
        return "\n".join(lines) + "\n"

    def belongs(self, statement: Statement) -> bool:
        """Whether the function writes a statement; some wait until inference is done."""
        return target_of(statement) not in self.later

    def fill(self, variable: Variable, cells: Variable) -> None:
        """An observed variable with its missing cells, whose density is that of its statement."""
        local, gaps = self.names.locals.symbol(cells), f"data.{gaps_name(variable.name)}"
        self.writer.comment(f"missing cells of {variable.name}")
        draws = [s for s in self.plan.statements if isinstance(s, Draw) and s.target is variable]
        law = stand_in(variable.cell.kind, [s.law for s in draws])
        law += f".expand([len({gaps})]).mask(False).to_event(1)"
        self.writer.line(f'{local} = pyro.sample("{self.site(cells.name)}", {law})')
        self.filled(variable, local)

    def filled(self, variable: Variable, cells: str) -> None:
        """The variable with its missing cells filled in."""
        name = self.names.locals.name(("filled", variable), f"{variable.name}_filled")
        own = f"data.{attribute(variable.name)}, data.{gaps_name(variable.name)}"
        self.writer.line(f"{name} = filled({own}, {cells})")

    def given(self) -> list[str]:
        """Lines at the head that take arguments apart."""
        return []

    def _head(self) -> list[str]:
        """Sizes, index vectors, values and profile tables that the body uses."""
        vectors = [
            row
            for loop, text in self.names.indices.items()
            for row in wrap(f"    {self.names.locals.names[loop]} = {text}")
        ]
        tables = [
            row
            for z, text in self.names.spans.items()
            for row in wrap(f"    {self.names.locals.names['values', z]} = {text}")
        ]
        tables += [
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
        nets = [
            f'    {self.names.nets[net]} = pyro.module("{net.name}", data.{attribute(net.name)})'
            for net in self.plan.model.nets
            if net in self.names.nets
        ]
        if not sizes:
            return vectors + tables + nets
        left, right = (", ".join(column) for column in zip(*sizes, strict=True))
        return [f"    {left} = {right}", *vectors, *tables, *nets]

    # -- statements

    def statement(self, statement: Statement) -> None:
        """Write one statement of the model."""
        match statement:
            case Param():
                self.comment(statement)
                self._param(statement)
            case Define() if not self.written_out(statement):
                self.comment(statement)
                self._define(statement)
            case Draw() | Factor() if statement in self.terms:
                self.density(statement, self.terms[statement])
            case _:
                pass

    @abstractmethod
    def density(self, statement: Draw | Factor, term: Term) -> None:
        """Write a statement that has a density."""

    @abstractmethod
    def written_out(self, define: Define) -> bool:
        """Whether a definition has no line of its own: its readers spell it out."""

    @abstractmethod
    def plates(self, loops: tuple[Loop, ...]) -> tuple[Context, ...]:
        """The plates of a nest: explicit dims, outermost leftmost."""

    def comment(self, statement: Statement, plates: tuple[Loop, ...] = ()) -> None:
        """Write the model's own line, inside plates; once for all the names that it declares."""
        self.comment_in(statement, self.plates(plates))

    def comment_in(self, statement: Statement, contexts: tuple[Context, ...]) -> None:
        """As `comment`, inside contexts that are at hand."""
        if statement.span == self.commented:
            return
        self.commented = statement.span
        self.writer.comment("\n".join(self.plan.model.source.lines(statement.span)), contexts)

    def plate(self, loop: Loop, dim: int) -> Plate:
        """One plate; a loop at two depths is two plates with two names."""
        name = self.plate_names.get((loop, dim))
        if name is None:
            wish = loop.name or "i" if loop.extent.dim is None else loop.extent.dim.name
            name = unused(wish, self.plate_names.values())
            self.plate_names[(loop, dim)] = name
        local = self.names.locals.name(("plate", name), f"{name}_plate")
        return Plate(local, f'pyro.plate("{name}", {self.names.length(loop)}, dim={dim})')

    def site(self, wish: str) -> str:
        """A name that no site has yet."""
        name = unused(wish, self.sites)
        self.sites.add(name)
        return name

    def is_state(self, statement: Statement) -> bool:
        """Whether a statement draws a latent that `model` sums out."""
        return target_of(statement) in self.states

    def _param(self, statement: Param) -> None:
        target, places = statement.target, len(statement.loops)
        local, site = self.names.locals.symbol(target), self.site(target.name)
        event = [self.names.dim_text(target, i + places) for i in range(len(target.cell.dims))]
        text = parameter(statement, self.names, event, site)
        self.writer.line(f"{local} = {text}")

    def _define(self, statement: Define) -> None:
        along = recursion(statement)
        if along is not None:
            self._recursion(statement, along)
            return
        scope = Scope(self.names, statement.loops)
        target = statement.target
        code = full(tensor(integer(write(statement.value, scope))), statement.loops, scope)
        text = code.text
        if target.role == "report":
            text = f'pyro.deterministic("{self.site(target.name)}", {text})'
        local = self.names.locals.symbol(target)
        self.writer.line(f"{local} = {text}", (), self.shape(code))

    def _recursion(self, statement: Define, along: Loop) -> None:
        """`let h[t] = a then f(h[t-1])`: a Python loop over the steps, whose values are stacked."""
        target, names = statement.target, self.names
        others = tuple(p for p in statement.loops if p is not along)
        local = names.locals.symbol(target)
        place = names.own[target].index(along)
        names.stepping = {along}
        names.kept[target] = (place,)
        code = self.part(statement.value, Scope(names, others), others, along)
        key = self.step(along)
        self.writer.line(f"{local} = {{}}")
        run = (self.running(along),)
        self.writer.line(f"{local}[{key}] = {code.text}", run, self.shape(code))
        names.stepping = set()
        text = names.variable(target).text
        del names.kept[target]
        if target.role == "report":
            text = f'pyro.deterministic("{self.site(target.name)}", {text})'
        self.writer.line(f"{local} = {text}", (), self.shape(Code("", names.own[target])))

    def step(self, loop: Loop) -> str:
        """The local with the position of a loop that runs in Python."""
        return self.names.locals.name(("step", loop), loop.name or "i")

    def running(self, loop: Loop, markov: int = 0) -> Block:
        """A loop that runs in Python; with `markov` Pyro is told how far back its steps read."""
        tree = self.names.trees.get(loop)
        if isinstance(tree, Index):
            steps = f"parents_first({write(tree.base, Scope(self.names)).text})"
        else:
            steps = self.names.positions(loop)
            if markov:
                steps = f"pyro.markov({steps}{f', history={markov}' if markov > 1 else ''})"
        return Block(f"for {self.step(loop)} in {steps}:")

    def part(
        self, value: Expr, scope: Scope, axes: tuple[Loop, ...], along: Loop | None, place: int = 0
    ) -> Code:
        """One value of a recursion: the part of the chain that holds at this step."""
        if not (isinstance(value, Select) and value.chained):
            return full(tensor(integer(write(value, scope))), axes, scope)
        test = self.begins(value.condition, scope, along, place)
        first = self.part(value.then, scope, axes, along, place + 1)
        later = self.part(value.otherwise, scope, axes, along, place + 1)
        if not test.axes:
            text = f"{first.above(COMPARE)} if {test.text} else {later.text}"
            return replace(first, text=text, level=TERNARY)
        # Rows that begin at different steps; nothing stands before the first of all.
        texts = [aligned(c, axes, first.event, scope.order) for c in (truth(test), first, later)]
        text = f"torch.where({', '.join(texts)})"
        if along in self.names.stepping:
            text += f" if {self.step(along)} > {place} else {texts[1]}"
        return replace(first, text=text, level=TERNARY)

    def begins(self, condition: Expr, scope: Scope, along: Loop | None, place: int) -> Code:
        """The test for a place of a chain whose steps run in Python.

        A part of ragged rows runs from the start of the dim: what stands before it is as its first.
        """
        test = write(condition, scope)
        if along not in self.names.stepping or self.names.fixed_part(along):
            return test
        if place or along.start is None or test.axes or not isinstance(condition, Apply):
            return test
        return write(replace(condition, function="<="), scope)

    def shape(self, code: Code) -> str:
        """The names of a code's axes, for a note: dims of loops, names of latents."""
        return " ".join(
            a.extent.dim.name if isinstance(a, Loop) and a.extent.dim else a.name or "i"
            for a in code.axes
        )

    # -- densities

    def joined_law(self, law: Law, scope: Scope, beside: Code | None, place: int = 0) -> str:
        """A distribution whose batch dims line up with the axes of `beside`.

        At a step of a chain that runs in Python its part is chosen by a Python conditional; where
        rows begin at different steps, nothing stands before the first of all.
        """
        if not isinstance(law, Choice):
            return law_code(law, scope, beside).text
        stepped = self.names.stepping and law.chained
        along = chain_loop(law) if stepped else None
        test = self.begins(law.condition, scope, along, place)
        scopes = (scope, scope) if stepped else parts_of(law, test, scope)
        one, two = (
            self.joined_law(x, s, beside, place + 1)
            for x, s in zip((law.then, law.otherwise), scopes, strict=True)
        )
        if stepped and not test.axes:
            return f"({one} if {test.text} else {two})"
        text = f"exact.choice({aligned(truth(test), scope.order, 0, scope.order)}, {one}, {two})"
        if along in self.names.stepping:
            return f"({text} if {self.step(along)} > {place} else {one})"
        return text

    def value(self, statement: Draw, term: Term, scope: Scope) -> Code:
        """The drawn or observed value of a statement's cells."""
        target = statement.target
        ref = Ref(target, target.cell)
        if not term.subscripts:
            return write(ref, scope)
        return write(Index(ref, term.subscripts, target.cell), scope)

    def mask(
        self, plates: tuple[Loop, ...], scope: Scope, guard: tuple[Expr, ...] = ()
    ) -> Code | None:
        """Which cells of a nest exist and hold to a guard, None where all do."""
        masks = [m for p in plates if (m := self.names.mask(p, scope)) is not None]
        masks += [truth(write(g, scope)) for g in guard]
        return conjunction(masks, scope)


def recursion(statement: Define) -> Loop | None:
    """Return the loop along which a definition reads its own earlier values, None for others."""
    own = own_loops(statement)
    for variable, subs in reads(statement.value):
        if variable is statement.target:
            for sub, loop in zip(subs, own, strict=False):
                if not (isinstance(sub, Ref) and sub.symbol is loop):
                    return loop
    return None
