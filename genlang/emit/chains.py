"""A chain of the plan -> `sum_chain` or `sum_tree`: first, then and steps from the pieces.

A piece that reads no element before belongs to `steps`. One that does belongs to `then`; where it
holds at the first places too, the elements before the first have no say there, so it is read at
their first value. A part of a chain's law holds at its own place only.
"""

from dataclasses import dataclass, field

from genlang.check.model import Expr, Loop, Variable
from genlang.emit.code import Axis, Code, aligned, tensor, union
from genlang.emit.expression import write
from genlang.emit.operators import truth
from genlang.emit.scope import Scope
from genlang.emit.spelling import Spelling
from genlang.plan.steps import Piece, State, SumChain


@dataclass(slots=True)
class ChainCall:
    """The arguments of one call, while the pieces are sorted into them."""

    step: SumChain
    names: Spelling
    states: dict[Variable, State]
    outer: tuple[Axis, ...]
    firsts: list[list[Code]] = field(default_factory=list)
    then: list[Code] = field(default_factory=list)
    steps: list[Code] = field(default_factory=list)

    @property
    def loop(self) -> Loop:
        """The loop that the chain runs along."""
        return self.step.lag.loop

    @property
    def scope(self) -> Scope:
        """The axes of everything that the call reads, in its order."""
        return Scope(self.names, (*self.outer, self.loop, *self.step.shadows, *self.step.states))

    def lag(self, axis: Axis) -> int:
        """How many elements back an axis stands."""
        lag = self.states[axis].lag if isinstance(axis, Variable) else None
        return 0 if lag is None else lag.by

    # -- pieces

    def add(self, piece: Piece, code: Code) -> None:
        """Sort one piece into the arguments."""
        order = self.step.order
        lags = any(a in self.step.shadows for a in code.axes)
        at, last = piece.place or (0, 0)
        if at < last:
            self._at(at, code)
            return
        if not lags:
            self.steps.append(code if not last else self._from(last, code))
            return
        self.then.append(code)
        for place in range(last, order):
            self._at(place, self._before_first(code, place))

    def _at(self, place: int, code: Code) -> None:
        """A piece that holds at one of the first places."""
        lags = any(a in self.step.shadows for a in code.axes)
        if lags or (place == 0 and self.loop not in code.axes):
            while len(self.firsts) <= place:
                self.firsts.append([])
            self.firsts[place].append(code)
            return
        self.steps.append(self._where(self.step.lag.at(place), code))

    def _where(self, condition: Expr, code: Code) -> Code:
        test = truth(write(condition, self.scope))
        axes = union(self.scope.order, [test, code])
        texts = [aligned(c, axes, 0, self.scope.order) for c in (test, tensor(code))]
        return Code(f"torch.where({texts[0]}, {texts[1]}, 0.0)", axes)

    def _from(self, place: int, code: Code) -> Code:
        """A piece that holds from a place on."""
        for earlier in range(place):
            condition = truth(write(self.step.lag.at(earlier), self.scope))
            axes = union(self.scope.order, [condition, code])
            texts = [aligned(c, axes, 0, self.scope.order) for c in (condition, tensor(code))]
            code = Code(f"torch.where({texts[0]}, 0.0, {texts[1]})", axes)
        return code

    def _before_first(self, code: Code, place: int) -> Code:
        """A piece at one of the first places: elements before the first stand at value 0."""
        gone = [a for a in code.axes if self.lag(a) > place]
        marks = ["0" if a in gone else ":" for a in code.axes]
        while marks and marks[-1] == ":":
            marks.pop()
        if not marks:
            return code
        return Code(
            f"{code.atom}[{', '.join(marks)}]", tuple(a for a in code.axes if a not in gone)
        )

    # -- the call

    def code(self) -> Code:
        """Write the call."""
        step, order = self.step, self.step.order
        outer = self.outer
        news: tuple[Axis, ...] = step.states
        every = [*self.then, *self.steps, *(c for f in self.firsts for c in f)]
        first: list[str] = []
        for place in range(order):
            codes = self.firsts[place] if place < len(self.firsts) else []
            olds = tuple(a for a in step.shadows if self.lag(a) <= place)
            time = (self.loop,) if place else ()
            if step.lag.parent is not None:
                time = (self.loop,)
            text = self._sum(codes, (*outer, *time, *self._window(olds, place), *news))
            first.append(text or "torch.zeros(())")
        axes = (*outer, self.loop, *self._window(step.shadows, order), *news)
        arguments = [
            first[0] if order == 1 else f"[{', '.join(first)}]",
            self._then(axes) or "torch.zeros(())",
            self._sum(self.steps, (*outer, self.loop, *news)) or self._nothing(),
        ]
        result = tuple(a for a in outer if any(a in c.axes for c in every))
        if len(news) > 1:
            arguments.append(f"states={len(news)}")
        if step.lag.parent is not None:
            parent = write(step.lag.parent, self.scope)
            arguments.insert(3, aligned(parent, (self.loop,), 0, self.scope.order))
            return Code(f"sum_tree({', '.join(arguments)})", result)
        ends = self._ends()
        arguments[3:3] = ends
        return Code(f"sum_chain({', '.join(arguments)})", result)

    def _nothing(self) -> str:
        """Steps without terms, which tell how many elements there are and how many values."""
        axes: tuple[Axis, ...] = (self.loop, *self.step.states)
        return f"torch.zeros({', '.join(map(self.names.axis_length, axes))})"

    def _window(self, shadows: tuple[Variable, ...], order: int) -> tuple[Axis, ...]:
        """One axis for each latent and lag, falling; a lag that nothing reads is a gap."""
        found: list[Axis] = []
        for by in range(order, 0, -1):
            for z in self.step.states:
                lag = next((s for s in shadows if self.lag(s) == by and self._base(s) is z), None)
                found.append(lag if lag is not None else Variable(f"{z.name}_{by}", "gap", z.cell))
        return tuple(found)

    def _base(self, shadow: Variable) -> Variable | None:
        lag = self.states[shadow].lag
        return None if lag is None else lag.of

    def _then(self, axes: tuple[Axis, ...]) -> str:
        """The sum of a step's terms; apart where several latents let each read few axes."""
        if len(self.step.states) == 1 or len(self.then) < 2:
            return self._sum(self.then, axes)
        texts = [aligned(tensor(c), axes, 0, self.scope.order) for c in self.then]
        return f"({', '.join(texts)})"

    def _sum(self, codes: list[Code], axes: tuple[Axis, ...]) -> str:
        texts = [aligned(tensor(c), axes, 0, self.scope.order) for c in codes]
        return " + ".join(texts)

    def _ends(self) -> list[str]:
        """`end` and `begin`, where the chain does not fill its axis."""
        loop, names = self.loop, self.names
        if names.fixed_part(loop):
            return []
        found: list[str] = []
        stops: list[Code] = []
        if loop.extent.of:
            stops.append(names.row_length(loop, self.scope))
        if loop.stop is not None:
            stops.append(write(loop.stop, self.scope))
        texts = [aligned(c, self.outer, 0, self.scope.order) for c in stops]
        if len(texts) == 2:
            found.append(f"torch.minimum({', '.join(texts)})")
        else:
            found += texts
        if loop.start is not None:
            begin = aligned(write(loop.start, self.scope), self.outer, 0, self.scope.order)
            found.append(f"begin={begin}")
        return found


def sorted_into(
    step: SumChain,
    names: Spelling,
    states: dict[Variable, State],
    codes: dict[Piece, Code],
    taps: list[Code],
) -> Code:
    """Write the call of one chain from the codes of its pieces and the taps of its latents."""
    rest = [z for z in states if z in dict(step.result.states)]
    call = ChainCall(step, names, states, (*step.result.plates, *rest))
    call.steps += taps
    for piece in step.pieces:
        call.add(piece, codes[piece])
    return call.code()
