"""Supports: the interval in which the values of an expression lie, and whether they fill it.

    latent p ~ Uniform(0, 1);  1 - p / 2   -->   [0.5, 1], exact

Exact means that every value of the interval is taken: a declared name's support, or a function of
one name that occurs once. Elsewhere (several names combined) the interval only bounds the values.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from genlang.check.corners import atoms_of, bounds
from genlang.check.interval import INF, Interval
from genlang.check.kinds import discrete
from genlang.check.model import (
    Apply,
    Array,
    Const,
    Density,
    Dim,
    Expr,
    Forward,
    Index,
    Loop,
    Reduce,
    Ref,
    Select,
    Type,
    Variable,
)
from genlang.lang.types import INTEGERS

KINDS = {
    "positive": Interval(0, low_open=True),
    "nonneg": Interval(0),
    "unit": Interval(0, 1),
    "count": Interval(0),
    "bool": Interval(0, 1),
    "index": Interval(0),
}
Supports = Mapping[Variable, Interval]


def of_kind(kind: str) -> Interval:
    """Return the interval of a scalar kind."""
    return KINDS.get(kind, Interval())


def of_type(kind: Type, known: Supports) -> Interval:
    """Return the values of a written type, its bounds included."""
    found = of_kind(kind.kind)
    low = support(kind.lower, known) if kind.lower is not None else Interval()
    high = support(kind.upper, known) if kind.upper is not None else Interval()
    exact = all(isinstance(e, Const) for e in (kind.lower, kind.upper) if e is not None)
    return replace(
        found,
        low=max(found.low, low.low),
        low_open=found.low_open and low.low <= found.low,
        high=min(found.high, high.high),
        exact=exact,
        names=1,
    )


def _points(a: float, b: float, f: Callable[[float, float], float]) -> float:
    try:
        value = f(a, b)
        float(value)  # an int may be too large for it
    except (OverflowError, ZeroDivisionError, ValueError):
        return math.nan
    return value


def support(expr: Expr, known: Supports) -> Interval:
    """Return the interval of an expression's elements."""
    match expr:
        case Const(value=bool() | int() | float() as value):
            return Interval(value, value, exact=True)
        case Const():
            return Interval()
        case Ref(symbol=symbol, type=kind):
            return _symbol(symbol, kind, known)
        case Index(base=base):
            return support(base, known)
        case Forward(type=kind):
            return replace(of_kind(kind.kind), names=1, exact=True)
        case Apply(function=function, arguments=arguments):
            found = _apply(expr, function, tuple(support(a, known) for a in arguments))
            return _narrowed(expr, found, known) if function in ("+", "-") else found
        case Select(then=then, otherwise=otherwise):
            one, two = support(then, known), support(otherwise, known)
            return replace(hull(one, two), exact=False)
        case Array(items=items, loops=loops):
            found = support(items[0], known)
            for item in items[1:]:
                found = hull(found, support(item, known))
            return replace(found, exact=found.exact and not loops)
        case Reduce(function=function, element=element, type=kind):
            inner = support(element, known)
            if function in ("min", "max", "mean"):
                return replace(inner, exact=False)
            if function == "prod" and inner.low >= 0 and inner.high <= 1:
                return replace(inner, low=0, low_open=inner.low > 0, exact=False)
            if function in ("sum", "prod") and inner.low >= 0:
                return Interval(0, low_open=inner.low > 0 or inner.low_open, given=inner.given)
            return replace(of_kind(kind.kind), given=inner.given)
        case Density(function="cdf"):
            return Interval(0, 1)
        case Density(function="logsf"):
            return Interval(high=0)
        case Density(law=law):
            return Interval(high=0) if discrete(law) else Interval()


def _symbol(symbol: object, kind: Type, known: Supports) -> Interval:
    match symbol:
        case Variable() if symbol in known:
            return known[symbol]
        case Loop(extent=extent, start=start, stop=None):
            low = start.value if isinstance(start, Const) else 0
            exact = start is None or isinstance(start, Const)
            size = extent.dim.size if extent.dim is not None else extent.size
            high = INF if size is None else max(size - 1, 0)
            return Interval(float(low), high, names=1, exact=exact)
        case Dim(size=int(size)):
            return Interval(size, size, exact=True)
        case _:
            return replace(of_kind(kind.kind), names=1)


def hull(a: Interval, b: Interval) -> Interval:
    """Return the smallest interval around two."""
    low, high = min(a.low, b.low), max(a.high, b.high)
    return Interval(
        low,
        high,
        all(i.low_open for i in (a, b) if i.low == low),
        all(i.high_open for i in (a, b) if i.high == high),
        a.names + b.names,
        a.exact and b.exact,
        a.given or b.given,
    )


# -- Functions --------------------------------------------------------------------------------

MONOTONE: dict[str, tuple[Callable[[float], float], float, float]] = {
    # A function that grows, with its values at -inf and inf.
    "exp": (math.exp, 0, INF),
    "expm1": (math.expm1, -1, INF),
    "sigmoid": (lambda x: 1 / (1 + math.exp(-x)), 0, 1),
    "tanh": (math.tanh, -1, 1),
    "normal_cdf": (lambda x: math.erfc(-x / math.sqrt(2)) / 2, 0, 1),
    "atan": (math.atan, -math.pi / 2, math.pi / 2),
    "softplus": (lambda x: math.log1p(math.exp(x)), 0, INF),
    "log": (lambda x: math.log(x) if x > 0 else -INF, -INF, INF),
    "log1p": (lambda x: math.log1p(x) if x > -1 else -INF, -INF, INF),
    "sqrt": (lambda x: math.sqrt(max(x, 0)), 0, INF),
}


def _narrowed(expr: Apply, found: Interval, known: Supports) -> Interval:
    """The interval of a sum whose names may repeat: not wider than at the corners of their box."""
    if found.names < 2 or math.isinf(found.low) or math.isinf(found.high):
        return found
    atoms = atoms_of(expr)
    return bounds(expr, found, atoms, tuple(support(a, known) for a in atoms))


def _apply(expr: Apply, function: str, given: tuple[Interval, ...]) -> Interval:
    names = sum(i.names for i in given)
    data = any(i.given for i in given)
    found = _value(function, given)
    precise = found is not None and names <= 1 and all(i.exact for i in given)
    if found is None or math.isnan(found.low) or math.isnan(found.high):
        found, precise = of_kind(expr.type.kind), False
    if expr.type.kind in INTEGERS and math.isfinite(found.low):
        found = replace(found, low=math.floor(found.low))
    return replace(found, names=names, exact=precise, given=data)


def _value(function: str, given: tuple[Interval, ...]) -> Interval | None:
    match function, given:
        case "neg", (a,):
            return Interval(-a.high, -a.low, a.high_open, a.low_open)
        case "+", (a, b):
            return Interval(
                a.low + b.low, a.high + b.high, a.low_open or b.low_open, a.high_open or b.high_open
            )
        case "-", (a, b):
            return Interval(
                a.low - b.high,
                a.high - b.low,
                a.low_open or b.high_open,
                a.high_open or b.low_open,
            )
        case "*", (a, b):
            return _corners(a, b, lambda x, y: 0.0 if 0 in (x, y) else x * y)
        case "/", (a, b):
            if b.low > 0 or b.high < 0 or (b.low == 0 and b.low_open):
                return _corners(a, b, _quotient)
            return None
        case "^", (a, Interval(low=low, high=high)) if low == high and low == 2:
            return _square(a)
        case "^", (a, b) if a.low >= 0 and a.high <= 1 and b.low >= 0:
            return _share(a, b)
        case "square", (a,):
            return _square(a)
        case "min2" | "max2" as name, (a, b):
            return _extreme(a, b, min if name == "min2" else max)
        case "abs", (a,):
            if a.low >= 0:
                return a
            if a.high <= 0:
                return _value("neg", given)
            return Interval(0, max(-a.low, a.high))
        case name, (a,) if name in MONOTONE:
            return _monotone(name, a)
        case _:
            return None


def _quotient(x: float, y: float) -> float:
    if y == 0:
        return 0.0 if x == 0 else math.copysign(INF, x)
    if math.isinf(y):
        return 0.0
    return x / y


def _corners(a: Interval, b: Interval, f: Callable[[float, float], float]) -> Interval:
    corners = [
        (_points(x, y, f), x_open or y_open)
        for x, x_open in ((a.low, a.low_open), (a.high, a.high_open))
        for y, y_open in ((b.low, b.low_open), (b.high, b.high_open))
    ]
    low, high = min(v for v, _ in corners), max(v for v, _ in corners)
    return Interval(
        low,
        high,
        all(o for v, o in corners if v == low),
        all(o for v, o in corners if v == high),
    )


def _extreme(a: Interval, b: Interval, f: Callable[..., float]) -> Interval:
    """Return the values of the smaller or the greater of two."""
    low, high = f(a.low, b.low), f(a.high, b.high)
    # Both have to come near an end, or the one that decides.
    low_open = [i.low_open for i in (a, b) if i.low == low]
    high_open = [i.high_open for i in (a, b) if i.high == high]
    if f is max:
        return Interval(low, high, any(low_open), all(high_open))
    return Interval(low, high, all(low_open), any(high_open))


def _share(a: Interval, b: Interval) -> Interval:
    """Return what powers from 0 on make of values from 0 to 1."""
    low, high = a.low**b.high, a.high**b.low
    never = low == 0 and (a.low > 0 or a.low_open)
    return Interval(low, high, never, b.low > 0 and a.high_open)


def _square(a: Interval) -> Interval:
    if a.low >= 0:
        return Interval(a.low**2, a.high**2, a.low_open, a.high_open)
    if a.high <= 0:
        return Interval(a.high**2, a.low**2, a.high_open, a.low_open)
    return Interval(0, max(a.low**2, a.high**2))


def _monotone(name: str, a: Interval) -> Interval:
    f, bottom, top = MONOTONE[name]

    def at(x: float) -> float:
        if x == -INF:
            return bottom
        if x == INF:
            return top
        try:
            return f(x)
        except OverflowError:
            return INF if x > 0 else bottom

    low_open = a.low_open or (a.low == -INF and name != "sqrt")
    return Interval(at(a.low), at(a.high), low_open, a.high_open or a.high == INF)
