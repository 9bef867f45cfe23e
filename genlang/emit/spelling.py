"""How the symbols of a plan are spelt in one emitted function.

Keeps the locals of the function and what its head must define: sizes, index vectors, profiles.
"""

from dataclasses import replace

from genlang.check.model import (
    Apply,
    Define,
    Dim,
    Expr,
    Loop,
    Ref,
    Slice,
    Variable,
)
from genlang.check.walk import symbols
from genlang.emit.code import ENUMERATED, SUM, Axis, Code
from genlang.emit.expression import write
from genlang.emit.names import Locals, attribute
from genlang.emit.operators import comparison, conjunction
from genlang.emit.scope import Scope
from genlang.emit.subscripts import subscript
from genlang.plan.plan import Plan
from genlang.plan.rewrite import loops_of, target_of
from genlang.plan.steps import State


class Spelling:
    """Text and axes of symbols; see `emit.expression.Names`, whose methods these are.

    `summed`: whether latents stand for all of their values (`model`) or for draws (`joint`).
    In `joint`, `plated` are the latents that stand at the dims of their plates, and `frame` the
    axes of the statement that is being written, one for each dim; `dims` are the plates' dims.
    """

    def __init__(self, plan: Plan, *, summed: bool) -> None:
        self.plan = plan
        self.summed = summed
        self.locals = Locals()
        self.states: dict[Variable, State] = dict(plan.states)
        self.sizes: dict[Dim, None] = {}
        self.indices: dict[Loop, str] = {}
        self.profiles: dict[Variable, str] = {}
        self.plated: set[Variable] = set()
        self.frame: tuple[Axis, ...] = ()
        self.dims: dict[Loop, int] = {}
        self.own: dict[Variable, tuple[Loop, ...]] = {}
        self.defines: dict[Variable, Define] = {}
        # Loops that run in Python, one step at a time, and the lists of values of their steps.
        self.stepping: set[Loop] = set()
        self.listed: dict[Variable, tuple[str, int]] = {}
        for dim in plan.model.dims:
            self.locals.symbol(dim)
        for variable in plan.model.variables:
            if variable.role not in ("data", "observed"):
                self.locals.symbol(variable)
        for statement in plan.statements:
            target = target_of(statement)
            if isinstance(statement, Define):
                self.defines[statement.target] = statement
            if target is not None and target.role in ("latent", "let", "param", "report"):
                count = len(target.loops)
                loops = loops_of(statement)
                self.own[target] = loops[len(loops) - count :] if count else ()

    def write(self, expr: Expr, scope: Scope) -> Code:
        """Write an expression in a scope that has these names."""
        return write(expr, scope)

    # -- dims and loops

    def dim(self, dim: Dim) -> str:
        """The local that holds a dim's size."""
        self.sizes[dim] = None
        return self.locals.symbol(dim)

    def fixed_part(self, loop: Loop) -> bool:
        """Whether a loop's part is the same in every row, so that its axis has the part's size."""
        ends = [e for e in (loop.start, loop.stop) if e is not None]
        # Negative ends count from the back; only plain numbers, sizes and data scalars qualify.
        return (
            bool(ends)
            and not loop.extent.of
            and not any(
                isinstance(s, Loop) or (isinstance(s, Variable) and s.dims)
                for e in ends
                for s in symbols(e)
            )
        )

    def length(self, loop: Loop) -> str:
        """The size of a loop's axis."""
        if self.fixed_part(loop):
            return self._part_length(loop)
        return self._whole_length(loop)

    def _whole_length(self, loop: Loop) -> str:
        dim = loop.extent.dim
        if dim is None:
            return str(loop.extent.size)
        if loop.extent.of:
            self.sizes[dim] = None
            return f"{self.locals.symbol(dim)}_max"
        return self.dim(dim)

    def _ends(self, loop: Loop) -> tuple[str, str]:
        scope = Scope(self)
        start = "0" if loop.start is None else self._end(loop.start, loop, scope)
        stop = self._whole_length(loop) if loop.stop is None else self._end(loop.stop, loop, scope)
        return start, stop

    def _end(self, end: Expr, loop: Loop, scope: Scope) -> str:
        code = write(end, scope)
        text = code.text if code.number else f"int({code.text})"
        if isinstance(end, Apply) and end.function == "neg":
            return f"{self._whole_length(loop)} - {code.text.removeprefix('-')}"
        return text

    def _part_length(self, loop: Loop) -> str:
        start, stop = self._ends(loop)
        if start == "0":
            return stop
        plain = start.isidentifier() or start.isdigit()
        return f"{stop} - {start}" if plain else f"{stop} - ({start})"

    def index(self, loop: Loop) -> Code:
        """The positions that a loop runs over, on its axis; defined in the head."""
        if loop in self.stepping:
            return Code(self.locals.name(("step", loop), loop.name or "i"), number=True)
        if loop not in self.indices:
            self.indices[loop] = ""
            start, stop = (
                self._ends(loop) if self.fixed_part(loop) else ("0", self._whole_length(loop))
            )
            span = stop if start == "0" else f"{start}, {stop}"
            self.locals.name(loop, loop.name or "i")
            self.indices[loop] = f"torch.arange({span})"
        return Code(self.locals.names[loop], (loop,))

    def mask(self, loop: Loop, scope: Scope) -> Code | None:
        """Which cells of a loop's axis exist, None where all do."""
        conditions: list[Code] = []
        if loop not in scope.order:
            scope = scope.inside((loop,))
        if loop.extent.of:
            row = self.row_length(loop, scope)
            conditions.append(comparison("<", self.index(loop), row, scope))
        if not self.fixed_part(loop):
            for end, op in ((loop.start, ">="), (loop.stop, "<")):
                if end is not None:
                    bound = write(end, scope)
                    conditions.append(comparison(op, self.index(loop), bound, scope))
        return conjunction(conditions, scope)

    def row_length(self, loop: Loop, scope: Scope) -> Code:
        """The size of a ragged loop's dim, by the indices that pick it."""
        assert loop.extent.dim is not None
        self.sizes[loop.extent.dim] = None
        lengths = Code(self.locals.symbol(loop.extent.dim), (), len(loop.extent.of))
        axes = [
            e.symbol if isinstance(e, Ref) and isinstance(e.symbol, Loop) else None
            for e in loop.extent.of
        ]
        return subscript(lengths, loop.extent.of, list(axes), scope)

    # -- variables

    def variable(self, variable: Variable) -> Code:
        """An array: of the data, or a local of the program."""
        if variable.role in ("data", "observed"):
            return Code(f"data.{attribute(variable.name)}", (), len(variable.dims))
        name = self.locals.symbol(variable)
        if variable in self.plated and variable.loops:
            return Code(self._drawn(name, self.own[variable]), (), len(variable.dims))
        define = self.defines.get(variable)
        if define is not None and define.loops and not variable.loops:
            return Code(name, define.loops, len(variable.cell.dims))
        return Code(name, (), len(variable.dims))

    def _drawn(self, name: str, own: tuple[Loop, ...]) -> str:
        """All cells of a latent at the dims of its plates, those of other plates taken out."""
        at = {self.dims[loop]: loop for loop in own}
        places = range(min(at), 0)
        sizes = ", ".join(self.length(at[d]) if d in at else "1" for d in places)
        text = f"drawn({name}, {sizes})"
        if len(at) < len(places):
            text += f"[{', '.join(':' if d in at else '0' for d in places)}]"
        return text

    def covers(self, loop: Loop, variable: Variable, place: int) -> bool:
        """Whether a loop runs over exactly one axis of an array, in its order."""
        own = self.own.get(variable, ())
        if place < len(own):
            if own[place] is loop:
                return True
            if self.fixed_part(own[place]):
                return False
        if self.fixed_part(loop) or place >= len(variable.dims):
            return False
        extent = variable.dims[place]
        return loop.extent.dim is not None and loop.extent.dim is extent.dim

    def shift(self, variable: Variable, place: int) -> Expr | None:
        """Where an array over a part of a dim begins."""
        own = self.own.get(variable, ())
        if place < len(own) and self.fixed_part(own[place]):
            return own[place].start
        return None

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

    def stepped(
        self, variable: Variable, subs: tuple[Expr | Slice, ...], scope: Scope
    ) -> tuple[Code, int] | None:
        """The value at one step of a loop that runs in Python, and which subscript that was."""
        if variable not in self.listed:
            return None
        local, place = self.listed[variable]
        at = subs[place]
        assert not isinstance(at, Slice)
        return Code(f"{local}[{write(at, scope).text}]", (), len(variable.dims) - 1), place

    # -- states

    def state_size(self, z: Variable) -> str:
        """The number of values of a latent."""
        support = self.states[z].support
        code = write(support.size, self._cells(z))
        return code.text if code.number else f"int({code.atom}.max())"

    def _cells(self, z: Variable) -> Scope:
        return Scope(self, tuple(self.states[z].draw.loops))

    def values(self, z: Variable) -> Code:
        """All values of a latent, on its own axis."""
        support = self.states[z].support
        if support.from_zero:
            return Code(f"torch.arange({self.state_size(z)})", (z,))
        low = write(support.low, self._cells(z))
        first = low.text if low.number else f"int({low.atom}.min())"
        return Code(f"{first} + torch.arange({self.state_size(z)})", (z,), level=SUM)

    def state(self, z: Variable, subs: tuple[Expr | Slice, ...], scope: Scope) -> Code | None:
        """The value of a latent's cell, over the latent's axis; None for other variables."""
        if not self.summed:
            return self._sampled(z, subs)
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
        chosen = tuple(s for s, _ in inner)
        named: list[Axis | None] = [
            s.symbol
            if isinstance(s, Ref)
            and isinstance(s.symbol, Loop)
            and s.symbol.extent.dim is loop.extent.dim
            and s.symbol.start is None
            and s.symbol.stop is None
            else None
            for s, loop in inner
        ]
        code = subscript(table, chosen, named, scope) if chosen else table
        assert code.event == missing
        if state.support.from_zero:
            return code
        low = write(state.support.low, self._cells(z))
        first = low.text if low.number else f"int({low.atom}.min())"
        return replace(code, text=f"{first} + {code.text}", level=SUM)

    def _sampled(self, z: Variable, subs: tuple[Expr | Slice, ...]) -> Code | None:
        """A sampled cell in its own loops; None where the array is read in any other way."""
        if z not in self.plated:
            return None
        own = self.own[z]
        here = [s.symbol if isinstance(s, Ref) else None for s in subs]
        if len(here) != len(own) or any(a is not b for a, b in zip(here, own, strict=True)):
            return None
        if any(loop not in self.frame for loop in own):
            return None
        return Code(self.locals.symbol(z), (ENUMERATED, *self.frame))

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
