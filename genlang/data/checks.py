"""What data decide about the statements of a model: subscripts, parts, bounds, domains, supports.

Every statement is looked at in all iterations of its loops; faults are collected by the place in
the model, and written with the rows once all are known.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from genlang.check.model import (
    Choice,
    Define,
    Distribution,
    Draw,
    Expr,
    Factor,
    Given,
    Index,
    Law,
    Loop,
    Model,
    Param,
    Ref,
    Require,
    Statement,
    Variable,
)
from genlang.check.walk import symbols
from genlang.data import lengths, params
from genlang.data.evaluate import Evaluator
from genlang.data.outside import Outside, ends_of
from genlang.data.supports import outside, supports_of
from genlang.data.told import Told
from genlang.data.values import LARGEST, TooLarge, Undecided, Value, any_cell
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.plan.missing import given_lets

Statements = tuple[Statement, ...]
MOST = 50 * LARGEST  # rows: more are left to the program itself, as no memory holds them
Action = Callable[[Value | None], None]


class Checks:
    """The checks of one binding; `run` adds what it finds to `told`."""

    def __init__(self, model: Model, known: Evaluator, told: Told) -> None:
        self.model, self.known, self.told = model, known, told
        known.tell = told.trouble
        known.defines |= {s.target: s for s in model.statements if isinstance(s, Define)}
        self.given = given_lets(model)
        known.states |= supports_of(model)

    def run(self) -> None:
        """Look at every statement, in their order."""
        guide = () if self.model.guide is None else self.model.guide.statements
        for statement in (*self.model.statements, *guide):
            match statement:
                case Given(target=target):
                    self._bounds(target)
                case Define():
                    self._define(statement)
                case Draw():
                    lengths.look(statement, self.known, self.told)
                    self._in_loops(statement.loops, partial(self._law, statement, statement.law))
                case Factor(value=value, loops=loops):
                    self._in_loops(loops, partial(self._look, value))
                case Param(loops=loops):
                    lengths.look(statement, self.known, self.told)
                    self._in_loops(loops, partial(self._param, statement))
                case Require():
                    self._in_loops(statement.loops, partial(self._require, statement))

    # -- loops

    def _in_loops(
        self, loops: tuple[Loop, ...], action: Action, restart: Callable[[], None] = lambda: None
    ) -> bool:
        """Do something in all iterations, a share of the outermost loop at once if many."""
        count = self._rows(loops)
        if count > MOST:
            return False
        share = min(count, LARGEST)
        while True:
            self.told.begin()
            restart()
            try:
                for rows in _shares(count, share):
                    mask = None
                    for i, loop in enumerate(loops):
                        mask = self.known.enter(loop, mask, rows if i == 0 else None)
                        self._weight(loop, mask)
                    action(mask)
            except Undecided:
                self.told.drop()
                return False
            except TooLarge:
                self.told.drop()
                if share <= 1:
                    return False
                share = max(1, share // 16)
            else:
                self.told.keep()
                return True

    def _rows(self, loops: tuple[Loop, ...]) -> int:
        if not loops:
            return 1
        length = self.known.length(loops[0].extent)
        return 0 if length is None else self.known.longest(length)

    def _weight(self, loop: Loop, mask: Value | None) -> None:
        if loop.weight is not None:
            weight = self.known.decided(loop.weight, mask)
            if weight is not None:
                bad = Value(weight.axes, (weight.array < 0).astype(float))
                self.told.numbers(
                    "a weight", "0 or more", loop.weight, weight, self._possible(bad, mask)
                )

    def _possible(self, bad: Value, mask: Value | None) -> Value:
        """Where something is wrong for values that latents can have."""
        for axis in bad.axes:
            bad = self.known.where(bad, self.known.within.get(axis))
        return self._meet(bad, mask)

    def _meet(self, bad: Value, mask: Value | None) -> Value:
        met = self.known.meet(mask, Value(bad.axes, (bad.array == 1).astype(float)))
        assert met is not None
        return met

    # -- statements

    def _look(self, expr: Expr, mask: Value | None) -> None:
        self.known.value(expr, mask)

    def _param(self, statement: Param, mask: Value | None) -> None:
        params.look(statement, mask, self.known, self.told)

    def _define(self, statement: Define) -> None:
        """Look at a definition; keep its value where data decide it in all of its loops."""
        parts: list[Value] = []
        loops = statement.target.loops
        whole = len(loops) == len(statement.loops)

        def action(mask: Value | None) -> None:
            known = self.known.decided if statement in self.given else self.known.value
            value = known(statement.value, mask)
            if value is not None and whole:
                parts.append(self.known.spread(value, loops, mask))
            elif value is None:
                parts.append(Value((), np.array(np.nan)))

        shared = not loops or (statement.loops and loops[0] is statement.loops[0])
        done = self._in_loops(statement.loops, action, parts.clear)
        if done and whole and parts and (shared or len(parts) == 1):
            known = not any(p.axes or p.array.ndim < len(loops) for p in parts)
            if known and not any(p.array.ndim == 0 and np.isnan(p.array) for p in parts):
                arrays = [p.array for p in parts]
                array = np.concatenate(arrays) if len(arrays) > 1 else arrays[0]
                self.known.lets[statement.target] = Value((), array)

    def _require(self, statement: Require, mask: Value | None) -> None:
        found = self.known.decided(statement.condition, mask)
        if found is None:
            return
        false = any_cell(found.array == 0, found)
        bad = self._meet(Value(found.axes, false.astype(float)), mask)
        self.told.message("D140", statement.message, statement.span, bad, why=statement.why)

    def _bounds(self, variable: Variable) -> None:
        """Look at the written bounds of a `data` type."""
        if variable.cell.lower is None and variable.cell.upper is None:
            return

        def action(mask: Value | None) -> None:
            subs = tuple(Ref(x, variable.cell) for x in variable.loops)
            low, high = variable.cell.lower, variable.cell.upper
            ends = [(n, e) for n, e in (("lower", low), ("upper", high)) if e is not None]
            for _, end in ends:
                self.known.decided(end, mask)  # tells where it is missing
            words = " and the ".join(f"{n} bound `{self._text(e)}`" for n, e in ends)
            self._between(variable, subs, low, high, mask, f"its type has the {words}")

        self._in_loops(variable.loops, action)

    def _text(self, expr: Expr) -> str:
        return self.model.source.slice(expr.span)

    def _law(self, statement: Draw, law: Law, mask: Value | None) -> None:
        match law:
            case Choice():
                for part, taken in self._branches(law, mask):
                    self._law(statement, part, taken)
            case Distribution():
                mask = self._made(law, mask)
                if statement.target.role in ("data", "observed", "let"):
                    self._support(statement, law, mask)

    def _branches(self, law: Choice, mask: Value | None) -> list[tuple[Law, Value | None]]:
        """The two laws of a choice, and the iterations in which each is taken."""
        known = self.known.value(law.condition, mask)
        refused = None
        if known is not None:
            refused = Value(known.axes, np.where(np.isnan(known.array), 1, known.array == 0))
        taken = [self.known.meet(mask, test) for test in (known, refused)]
        return list(zip((law.then, law.otherwise), taken, strict=True))

    def _made(self, law: Law, mask: Value | None) -> Value | None:
        """Look at the parameters of a law and of those inside; returns where its ends are right."""
        if isinstance(law, Choice):
            for part, taken in self._branches(law, mask):
                self._made(part, taken)
            return mask
        self._parameters(law, mask)
        for part in law.inside:
            self._made(part, mask)
        return self._upside_down(law, mask)

    def _parameters(self, law: Distribution, mask: Value | None) -> None:
        """Look whether the parameters lie in their domains."""
        row = DISTRIBUTIONS[law.name]
        domains = {p.name: p for form in row.forms for p in form.parameters}
        for name, expr in law.parameters:
            value = self.known.value(expr, mask)
            if value is None:
                continue
            if name == "weights" and law.inside and value.array.shape[-1:] != (len(law.inside),):
                one = Value((), np.array(1.0))
                message = f"{value.array.shape[-1]} weights for {len(law.inside)} distributions"
                self.told.message("D124", message, expr.span, self._meet(one, mask))
                continue
            found = outside(domains[name].domain, domains[name].rank, value)
            if found is None:
                continue
            words, beyond = found
            bad = self._possible(Value(value.axes, beyond), mask)
            self.told.numbers(f"`{name}` of `{law.name}`", words, expr, value, bad)

    def _upside_down(self, law: Distribution, mask: Value | None) -> Value | None:
        """Report ends in the wrong order; returns the mask without these iterations."""
        ends = [None if e is None else self.known.value(e, mask) for e in ends_of(law)]
        if ends[0] is None or ends[1] is None:
            return mask
        bad = self.known.compare(">", ends[0], ends[1])
        message = f"the lower end of `{law.name}` is above the upper one"
        self.told.message("D123", message, law.span, self._possible(bad, mask))
        return self.known.meet(mask, Value(bad.axes, (bad.array != 1).astype(float)))

    def _support(self, statement: Draw, law: Distribution, mask: Value | None) -> None:
        """Look whether the observed values lie in the support."""
        target, subs = statement.target, statement.subscripts
        found = self._cells(target, subs, mask)
        if found is None:
            return
        if target.role == "let":
            self._finite(statement, found, mask)
        for bad, why in Outside(self.known, found, self.model.source.slice).of(law, mask):
            self._outside(target, subs, bad, mask, why)

    def _finite(self, statement: Draw, found: Value, mask: Value | None) -> None:
        """A transformed observation is a number, where what it is made of is known."""
        define = self.known.defines[statement.target]
        reads = {s.name for s in symbols(define.value) if isinstance(s, Variable)}
        arrays = [a for name, a in self.known.arrays.items() if name in reads]
        if all(np.isfinite(a).all() for a in arrays):
            bad = Value(found.axes, any_cell(~np.isfinite(found.array), found).astype(float))
            message = f"`{statement.target.name}` is not finite"
            why = f"it is `{self._text(define.value)}`"
            self.told.message("D122", message, define.span, self._possible(bad, mask), why)

    def _cells(self, target: Variable, subs: tuple[Expr, ...], mask: Value | None) -> Value | None:
        cell = (
            Index(Ref(target, target.cell), subs, target.cell) if subs else Ref(target, target.cell)
        )
        if target.name not in self.known.arrays and target not in self.known.lets:
            for sub in subs:
                self.known.value(sub, mask)
            return None
        return self.known.value(cell, mask)

    def _between(
        self, target: Variable, subs: tuple[Expr, ...], low: Expr | None, high: Expr | None,
        mask: Value | None, why: str,
    ) -> None:  # fmt: skip
        found = self._cells(target, subs, mask)
        if found is None:
            return
        for end, op in ((low, "<"), (high, ">")):
            value = None if end is None else self.known.value(end, mask)
            if value is not None:
                bad = self.known.compare(op, found, value)
                bad = Value(bad.axes, any_cell(bad.array == 1, bad).astype(float))
                self._outside(target, subs, bad, mask, why)

    def _outside(
        self, target: Variable, subs: tuple[Expr, ...], bad: Value, mask: Value | None, why: str
    ) -> None:
        """Report values outside a support at their own cells, if they are so for all latents."""
        bad = self._meet(bad, mask)
        states = tuple(i for i, axis in enumerate(bad.axes) if not isinstance(axis, Loop))
        if states:
            kept = tuple(axis for axis in bad.axes if isinstance(axis, Loop))
            bad = Value(kept, bad.array.min(states, initial=1.0))
        if not (bad.array == 1).any():
            return
        at = [self.known.value(s, mask) for s in subs]
        places = [v for v in at if v is not None]
        _, arrays = self.known.lined_up(bad, *places)
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        holds, *cells = (np.broadcast_to(a, shape) for a in arrays)
        chosen = holds == 1
        positions = np.stack([c[chosen] for c in cells], -1) if cells else np.zeros((1, 0))
        self.told.cells(target, positions.astype(int), why)


def _shares(rows: int, share: int) -> Iterator[range]:
    if rows == 0:
        yield range(0)
    for start in range(0, rows, max(share, 1)):
        yield range(start, min(start + max(share, 1), rows))
