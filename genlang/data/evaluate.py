"""Values of expressions that data decide, for all iterations of their loops at once.

A value has named axes: the loops over which it varies, then its own dims. NaN is a cell that is
not known (missing, or wrong and reported); None a value that data do not decide. A read of a
summed-out latent stands for all of its values, on an axis of its own, so that `mu[z[n] + k[n]]`
can be looked at too. What is looked at: every subscript and every part of a dim lies inside it
(except in the branch of an `if` that is not taken, and beyond a filter), and `min` and `max` run
over something.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import (
    Apply,
    Array,
    Const,
    Define,
    Density,
    Dim,
    Expr,
    Extent,
    Index,
    Loop,
    Reduce,
    Ref,
    Select,
    Slice,
    Symbol,
    Variable,
)
from genlang.check.walk import law_expressions, substitute, symbols
from genlang.data.functions import ALONG, ELEMENTWISE, OVER, REDUCTIONS, negation
from genlang.data.linear import linear
from genlang.data.ranges import agree, cut, inside, missed, part
from genlang.data.unknown import every_value
from genlang.data.values import LARGEST, Axes, Axis, TooLarge, Trouble, Undecided, Value
from genlang.plan.support import Support


class Evaluator(Axes):
    """Sizes of dims, lengths of ragged dims, arrays by declared name, and supports of latents."""

    def __init__(
        self,
        sizes: Mapping[str, int],
        lengths: Mapping[str, NDArray[Any]],
        arrays: Mapping[str, NDArray[Any]],
        tell: Callable[[Trouble], None] = lambda _fault: None,
    ) -> None:
        super().__init__()
        self.sizes, self.lengths, self.arrays, self.tell = sizes, lengths, arrays, tell
        self.lets: dict[Variable, Value] = {}
        self.defines: dict[Variable, Define] = {}
        self.states: dict[Variable, Support] = {}
        self.within: dict[Axis, Value] = {}  # which values a latent's cell can have
        self.gone: dict[str, NDArray[Any]] = {}  # where cells of data are missing, as 1
        self.unseen: dict[str, NDArray[Any]] = {}  # the same of names that are latents
        self.quiet = 0
        self.needed = 0  # above 0 where what is evaluated has to be known from data

    def enter(self, loop: Loop, mask: Value | None, only: range | None = None) -> Value | None:
        """Open the axis of a loop; returns the mask of the iterations that are there."""
        length = self.length(loop.extent)
        if length is None:
            raise Undecided
        size = self.longest(length)
        if only is None and size > LARGEST:
            raise TooLarge
        at = self.add_axis(loop, np.arange(size) if only is None else np.array(only))
        outer = mask
        if length.axes:
            mask = self.meet(mask, self.compare("<", at, length))
        for end, op in ((loop.start, ">="), (loop.stop, "<")):
            if end is None:
                continue
            value = self.decided(end, outer)
            if value is None:
                raise Undecided
            unknown = Value(value.axes, np.isnan(value.array).astype(float))
            if (self.where(unknown, outer).array == 1).any():
                raise Undecided  # a cell that is missing or wrong, which has been said
            part(self, loop, end, value, length, outer)
            mask = self.meet(mask, self.compare(op, at, value))
        return mask

    def where(self, bad: Value, mask: Value | None) -> Value:
        """Return a flag without the places at which a mask does not hold."""
        if mask is None:
            return bad
        axes, (one, two) = self.lined_up(bad, mask)
        return Value(axes, np.where(two == 1, one, 0.0))

    def report(self, fault: Trouble, mask: Value | None) -> None:
        """Tell a fault, if it occurs where the mask holds."""
        if self.quiet:
            return
        bad = fault.bad
        if not (bad.array == 1).any():
            return
        for axis in fault.bad.axes:
            bad = self.where(bad, self.within.get(axis))
        own = bad.axes
        bad = self.where(bad, mask)
        # A mask may vary over more loops than the fault does: one iteration of them is enough.
        more = tuple(i for i, a in enumerate(bad.axes) if a not in own)
        kept = tuple(a for a in bad.axes if a in own)
        bad = Value(kept, np.asarray(bad.array.max(more, initial=0)))
        if (bad.array == 1).any():
            self.tell(replace(fault, bad=bad))

    @staticmethod
    def longest(length: Value) -> int:
        """The greatest length of a row."""
        return int(np.nanmax(length.array, initial=0))

    # -- extents

    def length(self, extent: Extent) -> Value | None:
        """Return the number of cells of an axis, None where data do not tell."""
        if extent.dim is None:
            return None if extent.size is None else Value((), np.array(float(extent.size)))
        name = extent.dim.name
        if not extent.of:
            return Value((), np.array(float(self.sizes[name]))) if name in self.sizes else None
        of = [self.value(e, None) for e in extent.of]
        if name not in self.lengths or any(v is None for v in of):
            return None
        return self.take(
            Value((), self.lengths[name].astype(float)), [v for v in of if v is not None]
        )

    # -- expressions

    def decided(self, expr: Expr, mask: Value | None) -> Value | None:
        """Return the value of an expression that may not read a missing cell."""
        self.needed += 1
        try:
            return self.value(expr, mask)
        finally:
            self.needed -= 1

    def value(self, expr: Expr, mask: Value | None) -> Value | None:
        """Return the value of an expression; `mask` says in which iterations it is evaluated."""
        match expr:
            case Const(value=str()):
                return None
            case Const(value=value):
                return Value((), np.array(float(value)))
            case Ref(symbol=Dim() as dim):
                return self.length(Extent(dim))
            case Ref(symbol=Loop() as loop):
                known = loop in self.positions
                return Value((loop,), self.positions[loop].astype(float)) if known else None
            case Ref(symbol=Variable() as variable):
                whole = self._variable(variable)
                if self.needed and variable.name in self.gone:
                    missed(self, expr, variable.name, (), (), mask)
                return whole if whole is not None else self._cell(expr, variable, (), mask)
            case Index():
                return self._index(expr, mask)
            case Select():
                return self._select(expr, mask)
            case Apply():
                return self._apply(expr, mask)
            case Reduce():
                return self._reduce(expr, mask)
            case Array():
                return self._array(expr, mask)
            case Density(law=law, value=value):
                # What it is made of is looked at; its value is the program's to work out.
                for inner in (value, *law_expressions(law)):
                    self.value(inner, mask)
                return None
            case _:
                return None

    def _variable(self, variable: Variable) -> Value | None:
        """The whole array of a variable, its loops as dims."""
        if variable in self.lets:
            return self.lets[variable]
        if variable.name in self.arrays and variable.role in ("data", "observed"):
            return Value((), self.arrays[variable.name])
        return None

    def _cell(
        self, expr: Expr, variable: Variable, subs: tuple[Expr | Slice, ...], mask: Value | None
    ) -> Value | None:
        """One cell of a `let` that is not kept, written out, or of a latent, all of its values."""
        here: dict[Symbol, Expr] = {
            loop: s
            for loop, s in zip(variable.loops, subs, strict=False)
            if not isinstance(s, Slice)
        }
        if len(here) < len(variable.loops):
            return None
        # A recursion (`let h[t] = a then f(h[t-1])`) is not evaluated here: its values are unknown.
        if variable in self.defines and variable not in symbols(self.defines[variable].value):
            self.quiet += 1
            try:
                return self.value(substitute(self.defines[variable].value, here), mask)
            finally:
                self.quiet -= 1
        if variable in self.states:
            return every_value(self, expr, variable, here, mask)
        return None

    def _index(self, expr: Index, mask: Value | None) -> Value | None:
        subs = expr.subscripts
        at = [None if isinstance(s, Slice) else self.value(s, mask) for s in subs]
        inside(self, expr, at, mask)
        base: Value | None
        if isinstance(expr.base, Ref) and isinstance(expr.base.symbol, Variable):
            variable = expr.base.symbol
            base = self._variable(variable)
            if base is None:
                used = len(variable.loops)
                cell = expr if used == len(subs) else replace(expr, subscripts=subs[:used])
                base = self._cell(cell, variable, subs, mask)
                at, subs = at[used:], subs[used:]
        else:
            base = self.value(expr.base, mask)
        if base is None or base.event < len(subs):
            return None
        if any(a is None and not isinstance(s, Slice) for a, s in zip(at, subs, strict=True)):
            return None
        symbol = expr.base.symbol if isinstance(expr.base, Ref) else None
        if self.needed and symbol is not None and symbol.name in self.gone:
            missed(self, expr, symbol.name, subs, at, mask)
        return cut(self, base, subs, at, mask)

    def _select(self, expr: Select, mask: Value | None) -> Value | None:
        condition = self.value(expr.condition, mask)
        if condition is None or condition.event:
            then, otherwise = self.value(expr.then, mask), self.value(expr.otherwise, mask)
            if condition is None:
                return None
        else:
            refused = Value(condition.axes, ELEMENTWISE["not"](condition.array))
            then = self.value(expr.then, self.meet(mask, condition))
            otherwise = self.value(expr.otherwise, self.meet(mask, refused))
        if then is None or otherwise is None:
            return None
        axes, (c, a, b) = self.lined_up(condition, then, otherwise)
        return Value(axes, np.where(np.isnan(c), np.nan, np.where(c != 0, a, b)))

    def _apply(self, expr: Apply, mask: Value | None) -> Value | None:
        given: list[Value | None] = []
        for argument in expr.arguments:
            if expr.function in ("and", "or") and given and given[0] is not None:
                # What stands on the right only counts where the left does not decide.
                ruled = given[0].array if expr.function == "and" else negation(given[0].array)
                mask = self.meet(mask, Value(given[0].axes, ruled))
            given.append(self.value(argument, mask))
        if not agree(self, expr, given, mask):
            return None
        values = [v for v in given if v is not None]
        if len(values) < len(given):
            return None
        name = expr.function
        with np.errstate(all="ignore"):
            if name in ELEMENTWISE:
                axes, arrays = self.lined_up(*values)
                return Value(axes, np.asarray(ELEMENTWISE[name](*arrays), dtype=float))
            if name in OVER or name in ALONG:
                (v,) = values
                table = OVER if name in OVER else ALONG
                whole = v.array.size or name in ("sum", "prod", "any", "all")
                return (
                    Value(v.axes, np.asarray(table[name](v.array))) if v.event and whole else None
                )
            return linear(self, name, values)

    def _reduce(self, expr: Reduce, mask: Value | None) -> Value | None:
        inner = mask
        for loop in expr.loops:
            inner = self.enter(loop, inner)
        condition = None if expr.condition is None else self.value(expr.condition, inner)
        element = self.value(expr.element, self.meet(inner, condition))
        default = None if expr.default is None else self.value(expr.default, mask)
        if expr.condition is not None and condition is None:
            return None
        every = self.meet(inner, condition)
        ones = [Value((loop,), np.ones(len(self.positions[loop]))) for loop in expr.loops]
        unknown = condition is not None and bool(np.isnan(condition.array).any())
        over = [v for v in (element, every) if v is not None]
        axes, arrays = self.lined_up(*over, *ones)
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        holds = np.broadcast_to(arrays[len(over) - 1] == 1 if every is not None else True, shape)
        where = tuple(i for i, a in enumerate(axes) if a in expr.loops)
        rest = tuple(a for a in axes if a not in expr.loops)
        count = holds.sum(where)
        if expr.function in ("min", "max") and expr.default is None and not unknown:
            empty = Value(rest, (count == 0).astype(float))
            self.report(Trouble(expr, None, Extent(None), empty, None, empty), mask)
        if element is None or unknown or (expr.default is not None and default is None):
            return None
        identity, function = REDUCTIONS[expr.function]
        with np.errstate(all="ignore"):
            found = np.asarray(
                function(np.where(holds, arrays[0], identity), axis=where), dtype=float
            )
            if expr.function == "mean":
                found = found / count
        if expr.function in ("min", "max"):
            other = Value((), np.array(np.nan)) if default is None else default
            whole = Value(rest, found), Value(rest, count.astype(float)), other
            rest, (a, c, d) = self.lined_up(*whole)
            found = np.where(c == 0, d, a)
        return Value(rest, found)

    def _array(self, expr: Array, mask: Value | None) -> Value | None:
        if expr.loops:
            for loop in expr.loops:
                mask = self.enter(loop, mask)
        items = [self.value(i, mask) for i in expr.items]
        values = [v for v in items if v is not None]
        if not values or len(values) < len(items):
            return None
        if not expr.loops:
            axes, arrays = self.lined_up(*values)
            shape = np.broadcast_shapes(*(a.shape for a in arrays))
            stack = [np.broadcast_to(a, shape) for a in arrays]
            return Value(axes, np.stack(stack, len(axes)))
        return self.spread(values[0], expr.loops, mask)
