"""Which observed values lie outside the support of their distribution, as far as data tell.

What is found is a list: where a value is impossible (1, else 0), and why.
"""

from collections.abc import Callable

import numpy as np

from genlang.check.model import Choice, Distribution, Expr, Law
from genlang.data.evaluate import Evaluator
from genlang.data.functions import negation
from genlang.data.supports import ENDS, KINDS, kind_of
from genlang.data.values import Value, any_cell
from genlang.source import Span

Found = list[tuple[Value, str]]
FROM_ZERO = frozenset({"positive", "nonneg", "unit", "count", "bool"})


def ends_of(law: Distribution) -> tuple[Expr | None, Expr | None]:
    """Return the ends of a support that parameters or bounds say."""
    given = dict(law.parameters)
    names = ENDS.get(law.name, (None, None))
    low, high = (given.get(n) if n is not None else None for n in names)
    return law.lower or low, law.upper or high


class Outside:
    """Compares values `found` with the supports of laws."""

    def __init__(self, known: Evaluator, found: Value, text: Callable[[Span], str]) -> None:
        self.known, self.found, self.text = known, found, text

    def of(self, law: Law, mask: Value | None) -> Found:
        """Return what is impossible under a law, in the iterations where the mask holds."""
        if isinstance(law, Choice):
            test = self.known.value(law.condition, mask)
            if test is None:
                return self._in_all([law.then, law.otherwise], mask, law.span)
            other = Value(test.axes, negation(test.array))
            return [
                *self._where(self.of(law.then, mask), test),
                *self._where(self.of(law.otherwise, mask), other),
            ]
        match law.name:
            case "ZeroInflated" | "Hurdle":
                zero = Value((), np.array(0.0))
                return self._where(self.of(law.inside[0], mask), self._compare("!=", zero))
            case "Mixture":
                return self._in_all(list(law.inside), mask, law.span)
            case "Interval":
                return self._rounded(law, mask)
            case "Censored":
                return self._censored(law, mask)
            case _:
                return self._plain(law, mask)

    def _why(self, span: Span) -> str:
        return f"it is drawn from `{self.text(span)}`"

    def _compare(self, op: str, other: Value) -> Value:
        bad = self.known.compare(op, self.found, other)
        return Value(bad.axes, any_cell(bad.array == 1, bad).astype(float))

    def _beyond(self, op: str, end: Expr | None, mask: Value | None, why: str) -> Found:
        value = None if end is None else self.known.value(end, mask)
        return [] if value is None else [(self._compare(op, value), why)]

    def _plain(self, law: Distribution, mask: Value | None) -> Found:
        why, result = self._why(law.span), Found()
        _, inside = KINDS.get(kind_of(law), ("", None))
        if inside is not None and law.name != "Dirichlet":
            outside = any_cell(~inside(self.found.array), self.found).astype(float)
            result.append((Value(self.found.axes, outside), why))
        if self.found.event == 0:
            for low, high in dict.fromkeys(((law.lower, law.upper), ends_of(law))):
                result += self._beyond("<", low, mask, why)
                result += self._beyond(">", high, mask, why)
            result += self._categories(law, mask)
        return result

    def _categories(self, law: Distribution, mask: Value | None) -> Found:
        """Counts drawn from an anonymous extent lie inside it; that of a dim has its size."""
        if law.name not in ("Categorical", "OrderedLogistic") or not law.parameters:
            return []
        vectors = [(e, self.known.value(e, mask)) for _, e in law.parameters if e.type.dims]
        if not vectors:
            return []
        expr, value = vectors[0]
        size = self.known.length(expr.type.dims[-1])
        if size is None and value is not None and value.event:
            size = Value((), np.array(float(value.array.shape[-1])))
        if size is None:
            return []
        if law.name == "OrderedLogistic":
            size = Value(size.axes, size.array + 1)
        last = f"{int(size.array.max()) - 1}" if size.array.size else "-1"
        return [
            (self.known.compare(">=", self.found, size), f"`{law.name}` draws 0 to {last} here")
        ]

    def _where(self, found: Found, test: Value) -> Found:
        """Those that occur where a test holds."""
        return [(self._all(bad, test), why) for bad, why in found]

    def _all(self, *values: Value) -> Value:
        axes, arrays = self.known.lined_up(*values)
        held = np.ones(np.broadcast_shapes(*(a.shape for a in arrays)))
        for array in arrays:
            held = held * (array == 1)
        return Value(axes, held)

    def _in_all(self, laws: list[Law], mask: Value | None, span: Span) -> Found:
        """What is impossible under each of several laws."""
        bads: list[Value] = []
        for law in laws:
            found = [bad for bad, _ in self.of(law, mask)]
            if not found:
                return []
            axes, arrays = self.known.lined_up(*found)
            some = np.zeros(np.broadcast_shapes(*(a.shape for a in arrays)))
            for array in arrays:
                some = np.maximum(some, array == 1)
            bads.append(Value(axes, some))
        return [(self._all(*bads), self._why(span))]

    def _rounded(self, law: Distribution, mask: Value | None) -> Found:
        width = self.known.value(dict(law.parameters)["width"], mask)
        if width is None:
            return []
        axes, (x, w) = self.known.lined_up(self.found, width)
        with np.errstate(all="ignore"):
            steps = x / w
            off = np.abs(steps - np.round(steps)) >= 1e-6 * np.maximum(np.abs(steps), 1)
        wide = Outside(self.known, Value(axes, x), self.text)
        result = [(Value(axes, off.astype(float)), "it is rounded to a multiple of the width")]
        low, high = (None if e is None else self.known.value(e, mask) for e in self._inner(law))
        if low is None and self._from_zero(law.inside[0]):
            low = Value((), np.array(0.0))
        half = Value(axes, w / 2)
        for end, op, sign in ((low, "<=", -1.0), (high, ">=", 1.0)):
            if end is not None:
                around, (e, h) = self.known.lined_up(end, half)
                beyond = wide._compare(op, Value(around, e + sign * h))
                result.append((beyond, self._why(law.inside[0].span)))
        return result

    def _inner(self, law: Distribution) -> tuple[Expr | None, Expr | None]:
        (part,) = law.inside
        return ends_of(part) if isinstance(part, Distribution) else (None, None)

    def _from_zero(self, law: Law) -> bool:
        return isinstance(law, Distribution) and kind_of(law) in FROM_ZERO

    def _censored(self, law: Distribution, mask: Value | None) -> Found:
        given = dict(law.parameters)
        inner, why = self.of(law.inside[0], mask), self._why(law.span)
        if "lower" in given or "upper" in given:
            result = Found()
            for name, op in (("lower", "<"), ("upper", ">")):
                end = self.known.value(given[name], mask) if name in given else None
                if end is not None:
                    result.append((self._compare(op, end), why))
                    inner = self._where(inner, self._compare("!=", end))
                elif name in given:
                    inner = []
            return [*result, *inner]
        flags = {n: self.known.value(e, mask) for n, e in given.items()}
        if any(v is None for v in flags.values()):
            return []
        low, high = (None if e is None else self.known.value(e, mask) for e in self._inner(law))
        if low is None and self._from_zero(law.inside[0]):
            low = Value((), np.array(0.0))
        result = Found()
        beyond = {"left": ("<=", low, "below"), "right": (">=", high, "above")}
        for name, flag in flags.items():
            assert flag is not None
            op, end, side = beyond[name]
            if end is not None:
                reason = f"`{name}` says that it lies {side} this, where nothing can"
                result.append((self._all(self._compare(op, end), flag), reason))
            inner = self._where(inner, Value(flag.axes, negation(flag.array)))
        left, right = flags.get("left"), flags.get("right")
        if left is not None and right is not None:
            result.append((self._all(left, right), "it is censored on both sides"))
        return [*result, *inner]
