"""How dims, loops and networks are spelt in one emitted function: sizes, indices, parts, masks."""

from genlang.check.model import Apply, Dim, Expr, Extent, Loop, Net, Ref, Variable
from genlang.check.walk import symbols
from genlang.emit.code import Code
from genlang.emit.expression import write
from genlang.emit.names import Locals
from genlang.emit.operators import comparison, conjunction
from genlang.emit.scope import Names, Scope
from genlang.emit.subscripts import exists, subscript


class Loops(Names):
    """Keeps the sizes and index vectors that the head of the function must define."""

    def __init__(self) -> None:
        self.locals = Locals()
        self.sizes: dict[Dim, None] = {}
        self.indices: dict[Loop, str] = {}
        # Loops that run in Python, one step at a time.
        self.stepping: set[Loop] = set()
        # The parents of trees' nodes, by the loop over the nodes.
        self.trees: dict[Loop, Expr] = {}
        # Networks that are called, and locals for the outputs of a call, with the lines to come.
        self.nets: dict[Net, str] = {}
        self.calls: dict[str, str] = {}
        self.ahead: list[str] = []

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
        plain = start.isidentifier() or start.isdigit() or start.startswith("int(")
        return f"{stop} - {start}" if plain else f"{stop} - ({start})"

    def runs(self, loop: Loop) -> bool:
        """Whether a loop runs in Python where an expression is written."""
        return loop in self.stepping

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
            if self._waits(loop):
                del self.indices[loop]
                return Code(f"torch.arange({span})", (loop,))
            self.locals.name(loop, loop.name or "i")
            self.indices[loop] = f"torch.arange({span})"
        return Code(self.locals.names[loop], (loop,))

    @staticmethod
    def _waits(loop: Loop) -> bool:
        """Whether the ends of a part are computed below the head of the function."""
        ends = (e for e in (loop.start, loop.stop) if e is not None)
        return any(isinstance(s, Variable) and s.role == "let" for e in ends for s in symbols(e))

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

    def positions(self, loop: Loop) -> str:
        """The positions of a loop that runs in Python."""
        start, stop = self._ends(loop) if self.fixed_part(loop) else ("0", self._whole_length(loop))
        return f"range({stop if start == '0' else f'{start}, {stop}'})"

    def row_length(self, loop: Loop, scope: Scope) -> Code:
        """The size of a ragged loop's dim, by the indices that pick it."""
        assert loop.extent.dim is not None
        self.sizes[loop.extent.dim] = None
        lengths = Code(self.locals.symbol(loop.extent.dim), (), len(loop.extent.of))
        axes = [
            e.symbol if isinstance(e, Ref) and isinstance(e.symbol, Loop) else None
            for e in loop.extent.of
        ]
        outer = [Extent(d) for d in loop.extent.dim.of]
        sure = all(exists(e, x) for e, x in zip(loop.extent.of, outer, strict=True))
        return subscript(lengths, loop.extent.of, list(axes), scope, sure=sure)

    # -- networks

    def net(self, net: Net) -> str:
        """The local that holds a network's module; the head of the function defines it."""
        self.nets[net] = self.locals.symbol(net)
        return self.nets[net]

    def outputs(self, net: Net, call: str) -> str:
        """What holds all outputs of one call: a local that is defined by the line before.

        At the steps of a loop that runs in Python a call may be of a branch that is not taken.
        """
        if self.stepping:
            return call
        if call not in self.calls:
            self.calls[call] = self.locals.name(("call", call), f"{net.name}_out")
            self.ahead.append(f"{self.calls[call]} = {call}")
        return self.calls[call]

    def lines_ahead(self) -> list[str]:
        """The lines that the next one needs before it."""
        found, self.ahead = self.ahead, []
        return found
