"""How the symbols of a plan are spelt in one emitted function.

Keeps the locals of the function and what its head must define: sizes, index vectors, profiles.
"""

from collections.abc import Iterable
from dataclasses import replace

from genlang.check.model import (
    Define,
    Expr,
    Loop,
    Ref,
    Slice,
    Statement,
    Variable,
)
from genlang.check.walk import symbols
from genlang.emit.code import ATOM, ENUMERATED, SUM, Axis, Code
from genlang.emit.expression import write
from genlang.emit.laws import same_everywhere
from genlang.emit.loops import Loops
from genlang.emit.names import attribute
from genlang.emit.possible import possible
from genlang.emit.scope import Scope
from genlang.emit.stepping import near
from genlang.emit.subscripts import exists, subscript
from genlang.plan.plan import Plan
from genlang.plan.rewrite import from_start, loops_of, target_of
from genlang.plan.steps import State

Subscripts = tuple[Expr | Slice, ...]
# Roles whose arrays have the size of their loops' parts.
OWN = ("latent", "let", "param", "report", "generated")


class Spelling(Loops):
    """Text and axes of symbols; see `emit.expression.Names`, whose methods these are.

    `summed`: whether latents stand for all of their values (`model`) or for draws (`joint`).
    In `joint`, `plated` are the variables that stand at the dims of their plates, and `frame` the
    axes of the statement that is being written, one for each dim; `dims` are the plates' dims.
    """

    def __init__(self, plan: Plan, statements: Iterable[Statement], *, summed: bool) -> None:
        super().__init__()
        self.plan = plan
        self.summed = summed
        self.states: dict[Variable, State] = dict(plan.states)
        self.profiles: dict[Variable, str] = {}
        self.spans: dict[Variable, str] = {}
        self.plated: set[Variable] = set()
        self.frame: tuple[Axis, ...] = ()
        self.dims: dict[Loop, int] = {}
        self.own: dict[Variable, tuple[Loop, ...]] = {}
        self.defines: dict[Variable, Define] = {}
        # Variables whose values are kept by step, with the places of those loops in the array.
        self.kept: dict[Variable, tuple[int, ...]] = {}
        # Those that an earlier loop kept: all of their steps are there, but none is near.
        self.apart: set[Variable] = set()
        # Whether observed variables are read from the data though the program draws them.
        self.given = False
        # Observed variables whose missing cells are unknown: the program puts them together.
        self.filled = dict(plan.filled)
        for dim in plan.model.dims:
            self.locals.symbol(dim)
        for net in plan.model.nets:
            self.locals.symbol(net)
        for variable in plan.model.variables:
            if variable.role != "data":
                self.locals.symbol(variable)
        for statement in statements:
            target = target_of(statement)
            if isinstance(statement, Define):
                self.defines[statement.target] = statement
            if target is not None and target.role in OWN:
                count = len(target.loops)
                loops = loops_of(statement)
                self.own[target] = loops[len(loops) - count :] if count else ()

    def write(self, expr: Expr, scope: Scope) -> Code:
        """Write an expression in a scope that has these names."""
        return write(expr, scope)

    # -- variables

    def variable(self, variable: Variable) -> Code:
        """An array: of the data, or a local of the program."""
        drawn = variable in self.plated and not self.given
        if variable in self.filled and not drawn:
            return Code(self.locals.name(("filled", variable), f"{variable.name}_filled"), (),
                        len(variable.dims))  # fmt: skip
        if variable.role in ("data", "observed") and not drawn:
            return Code(f"data.{attribute(variable.name)}", (), len(variable.dims))
        name = self.locals.symbol(variable)
        if variable in self.kept or (variable in self.plated and variable.dims):
            return self._array(variable, name, self.kept.get(variable, ()))
        define = self.defines.get(variable)
        if define is not None and define.loops and not variable.loops:
            return Code(name, define.loops, len(variable.cell.dims))
        return Code(name, (), len(variable.dims))

    def _array(self, variable: Variable, text: str, steps: tuple[int, ...]) -> Code:
        """All cells of a variable; `steps` are the places of loops whose values are kept apart.

        What stands in plates has the dims of its plates: those of other plates are taken out.
        """
        own = self.own[variable]
        others = [loop for i, loop in enumerate(own) if i not in steps]
        event = [self.dim_text(variable, i) for i in range(len(own), len(variable.dims))]
        places: list[Loop | None] = list(others)
        if variable in self.plated:
            at = {self.dims[loop]: loop for loop in others}
            places = [at.get(d) for d in range(min(at, default=0), 0)]
        sizes = ["1" if p is None else self.length(p) for p in places]
        shape = ", ".join([*sizes, *event])
        if steps:
            gaps = len(steps) * (":",)
            first = steps if None not in places else tuple(range(len(steps)))
            axes = f"({', '.join(map(str, first))}{',' * (len(first) == 1)})"
            text = f"stacked({text}, {axes}{', ' * bool(shape)}{shape})"
        else:
            gaps, first = (), ()
            text = f"drawn({text}{', ' * bool(shape)}{shape})"
        if None in places:
            text += f"[{', '.join([*gaps, *('0' if p is None else ':' for p in places)])}]"
        found = [p for p in places if p is not None]
        if found != others or first != steps:
            order = [
                steps.index(i) if i in steps else len(steps) + found.index(loop)
                for i, loop in enumerate(own)
            ]
            order += range(len(own), len(own) + len(event))
            text = f"{text}.permute({', '.join(map(str, order))})"
        return Code(text, (), len(variable.dims))

    def covers(self, loop: Loop, variable: Variable, place: int) -> bool:
        """Whether a loop runs over exactly one axis of an array, in its order."""
        own = self._parts(variable)
        if loop in self.stepping:
            return False
        if place < len(own):
            if own[place] is loop:
                return True
            if self.fixed_part(own[place]):
                bounds = [(p.extent.dim, p.start, p.stop) for p in (own[place], loop)]
                return bounds[0] == bounds[1]
        if self.fixed_part(loop) or place >= len(variable.dims):
            return False
        extent = variable.dims[place]
        return loop.extent.dim is not None and loop.extent.dim is extent.dim

    def shift(self, variable: Variable, place: int) -> Expr | None:
        """Where an array over a part of a dim begins."""
        own = self._parts(variable)
        if place < len(own) and self.fixed_part(own[place]):
            return own[place].start
        return None

    def _parts(self, variable: Variable) -> tuple[Loop, ...]:
        """The loops whose parts an array runs over; what the data give is whole."""
        whole = variable.role == "observed" and (self.given or variable in self.kept)
        return () if whole else self.own.get(variable, ())

    def dim_text(self, variable: Variable, place: int) -> str:
        """The size of one axis of an array."""
        own = self.own.get(variable, ())
        if place < len(own):
            return self.length(own[place])
        if place >= len(variable.dims):
            return ""
        extent = variable.dims[place]
        if extent.dim is None:
            return str(extent.size)
        return self._whole_length(Loop("", extent))

    def step(self, variable: Variable, subs: Subscripts, scope: Scope) -> str | None:
        """The value at one step of loops that run in Python; None where no one step is read.

        Only steps near the one that runs are read alone: Pyro forgets what it enumerated before.
        """
        places = self.kept.get(variable, ())
        if not places or variable in self.apart or len(subs) <= max(places):
            return None
        keys: list[str] = []
        for place in places:
            sub, loop = subs[place], self.own[variable][place]
            if isinstance(sub, Slice) or not near(sub, loop, self.trees):
                return None
            if loop not in self.stepping:
                return None
            code = write(sub, scope)
            keys.append(code.text if code.number else f"int({code.text})")
        return f"{self.locals.symbol(variable)}[{', '.join(keys)}]"

    def stepped(
        self, variable: Variable, subs: Subscripts, scope: Scope
    ) -> tuple[Code, tuple[int, ...]] | None:
        """The value at one step of loops that run in Python, and which subscripts those were."""
        text = self.step(variable, subs, scope)
        if text is None:
            return None
        steps = self.kept[variable]
        if variable not in self.plated:
            return Code(text, (), len(variable.dims) - len(steps)), steps
        others = tuple(p for i, p in enumerate(self.own[variable]) if i not in steps)
        rest = replace(variable, dims=tuple(
            d for i, d in enumerate(variable.dims) if i not in steps
        ))  # fmt: skip
        self.own[rest] = others
        self.plated.add(rest)
        return self._array(rest, text, ()), steps

    # -- states

    def state_size(self, z: Variable) -> str:
        """The number of values of a latent."""
        if self._plain(z):
            return write(self.states[z].support.size, Scope(self)).text
        return f"len({self._span(z)})"

    def _plain(self, z: Variable) -> bool:
        """Whether numbers and sizes say which values a latent has."""
        support = self.states[z].support
        return all(write(e, self._cells(z)).number for e in (support.low, support.high))

    def _span(self, z: Variable) -> str:
        """All values that cells of a latent have where data decide; a local of the head."""
        state = self.states[z]
        if state.lag is not None:
            return self._span(state.lag.of)
        support = state.support
        ends = ", ".join(write(e, self._cells(z)).text for e in (support.low, support.high))
        text = f"values_between({ends})"
        read = [s for e in (support.low, support.high) for s in symbols(e)]
        if any(isinstance(s, Variable) and s.role != "data" for s in read):
            return text  # its ends are computed below the head
        self.spans[z] = text
        return self.locals.name(("values", z), f"{z.name}_values")

    def varies(self, z: Variable) -> bool:
        """Whether some values on a latent's axis are impossible in some of its cells."""
        state = self.states.get(z)
        return state is not None and not same_everywhere(state.draw.law)

    def possible(self, expr: Expr) -> Expr | None:
        """The condition that the states in an expression are values of their cells."""
        return possible(expr, self.plan, self.states, self.varies) if self.summed else None

    def _cells(self, z: Variable) -> Scope:
        return Scope(self, tuple(self.states[z].draw.loops))

    def values(self, z: Variable) -> Code:
        """All values of a latent, on its own axis."""
        support = self.states[z].support
        if not self._plain(z):
            return Code(self._span(z), (z,))
        if support.from_zero:
            return Code(f"torch.arange({self.state_size(z)})", (z,))
        low, stop = (write(e, Scope(self)).text for e in (support.low, support.stop))
        return Code(f"torch.arange({low}, {stop})", (z,))

    def state(self, z: Variable, subs: tuple[Expr | Slice, ...], scope: Scope) -> Code | None:
        """The value of a latent's cell, over the latent's axis; None for other variables."""
        if not self.summed:
            return self._sampled(z, subs, scope)
        if z not in self.states:
            return None
        state = self.states[z]
        if not state.profile:
            return self.values(z)
        table = Code(self.profile_table(z), (z,), len(state.profile))
        inner = [
            (s, loop)
            for s, loop in zip(subs, state.draw.loops, strict=False)
            if loop in state.profile
        ]
        missing = len(state.profile) - len(inner)
        named: list[Axis | None] = [
            s.symbol
            if isinstance(s, Ref)
            and isinstance(s.symbol, Loop)
            and s.symbol.extent.dim is loop.extent.dim
            and (s.symbol.start, s.symbol.stop) == (loop.start, loop.stop)
            else None
            for s, loop in inner
        ]
        chosen = tuple(
            s if a is not None else from_start(s, loop)
            for (s, loop), a in zip(inner, named, strict=True)
        )
        sure = all(exists(s, loop.extent) for s, loop in inner)
        code = subscript(table, chosen, named, scope, sure=sure) if chosen else table
        assert code.event == missing
        if state.support.from_zero:
            return code
        if not self._plain(z):
            return replace(code, text=f"{self._span(z)}[{code.text}]", level=ATOM)
        low = write(state.support.low, self._cells(z)).text
        return replace(code, text=f"{low} + {code.text}", level=SUM)

    def _sampled(self, z: Variable, subs: Subscripts, scope: Scope) -> Code | None:
        """A sampled cell in its own loops; None where the array is read in any other way."""
        if z not in self.plated:
            return None
        own, steps = self.own[z], self.kept.get(z, ())
        if len(subs) < len(own):
            return None
        for place, (sub, loop) in enumerate(zip(subs, own, strict=False)):
            here = isinstance(sub, Ref) and sub.symbol is loop and loop in self.frame
            if place not in steps and not here:
                return None
        text = self.step(z, subs, scope) if steps else self.locals.symbol(z)
        if text is None:
            return None
        code = Code(text, (ENUMERATED, *self.frame), len(z.dims) - len(own))
        rest = subs[len(own) :]
        return subscript(code, rest, [None] * len(rest), scope) if rest else code

    def profile_table(self, z: Variable) -> str:
        """The local with all profiles of a coupled array."""
        lag = self.states[z].lag
        if lag is not None:
            return self.profile_table(lag.of)
        if z not in self.profiles:
            name = self.locals.name(("profiles", z), f"profiles_{z.name}")
            cells = ", ".join(self.length(p) for p in self.states[z].profile)
            self.profiles[z] = f"profiles({self.state_count(z)}, {cells})"
            return name
        return self.locals.name(("profiles", z), "")

    def state_count(self, z: Variable) -> str:
        """The number of values of one cell of a coupled array."""
        return self.state_size(z)

    def axis_length(self, axis: Axis) -> str:
        """The size of any axis: a loop's, or the number of a latent's values or profiles."""
        if isinstance(axis, Loop):
            return self.length(axis)
        if self.states[axis].profile:
            return f"len({self.profile_table(axis)})"
        return self.state_size(axis)
