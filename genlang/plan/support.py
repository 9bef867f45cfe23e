"""The finite support of a summed-out latent: low, low + 1, ..., high."""

from dataclasses import dataclass

from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Distribution,
    Draw,
    Expr,
    Extent,
    Index,
    Law,
    Ref,
    Type,
    Variable,
)
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.lags import chained_parts

COUNT = Type("count")


@dataclass(frozen=True, slots=True)
class Support:
    """Inclusive bounds of the values, as expressions over data, sizes and loop indices.

    Bounds that vary over cells are taken at their extremes; the density is 0 beyond a cell's own.
    """

    low: Expr
    high: Expr

    @property
    def size(self) -> Expr:
        """The number of values, simplified where both bounds are written plainly."""
        match self.low, self.high:
            case Const(value=0), Apply(function="-", arguments=(size, Const(value=1))):
                return size
            case Const(value=int(low)), Const(value=int(high)):
                return Const(high - low + 1, COUNT)
            case Const(value=0), high:
                return Apply("+", (high, Const(1, COUNT)), COUNT)
            case low, high:
                width = Apply("-", (high, low), COUNT)
                return Apply("+", (width, Const(1, COUNT)), COUNT)

    @property
    def from_zero(self) -> bool:
        """Whether the first value is 0, so that a value is its position."""
        return isinstance(self.low, Const) and self.low.value == 0


def number(value: int) -> Const:
    """Return an integer constant."""
    return Const(value, COUNT)


def up_to(size: Expr) -> Support:
    """Return the support 0, ..., size - 1."""
    return Support(number(0), Apply("-", (size, number(1)), COUNT))


def extent_size(extent: Extent) -> Expr | None:
    """Return the size of an axis as an expression, None where only the data tell."""
    if extent.size is not None:
        return number(extent.size)
    if extent.dim is None or extent.of:
        return None
    return Ref(extent.dim, COUNT)


def support(draw: Draw, supports: dict[Variable, Support]) -> Support:
    """Return the support of a discrete latent; `supports` holds those declared before it.

    A chain's later parts may read the latent itself: its values are those reachable from the first
    part. Raises ModelError (E701) where they are not finite, grow from element to element, or
    cannot be told.
    """
    z, laws = draw.target, chained_parts(draw.law)
    found = _support(laws[0], supports)
    for law in laws[1:]:
        if found is None:
            break
        later = _support(law, supports | {z: found})
        found = found if later == found else _join(found, later)
    if found is None:
        raise _endless(draw, "its support is not finite")
    for law in laws[1:]:
        later = _support(law, supports | {z: found})
        if later is None or not _within(later, found):
            raise _endless(draw, "its values grow from element to element")
    return found


def _endless(draw: Draw, why: str) -> ModelError:
    message = f"`{draw.target.name}` is discrete and {why}, so it cannot be summed out"
    edit = "give it an upper bound, as in `Poisson(rate, upper=100)`"
    return ModelError([Diagnostic("E701", message, draw.span, help=edit)])


def _within(one: Support, two: Support) -> bool:
    """Whether a support lies in another, by their text or by numbers."""
    return one == two or _join(one, two) == two


def _support(law: Law, supports: dict[Variable, Support]) -> Support | None:
    match law:
        case Choice(then=then, otherwise=otherwise):
            one, two = _support(then, supports), _support(otherwise, supports)
            return one if one is not None and two is not None and one == two else _join(one, two)
        case Distribution(name=name, parameters=parameters, lower=lower, upper=upper):
            found = _natural(name, dict(parameters), supports)
            if found is None and upper is not None:
                found = Support(number(0), _greatest(upper, supports))
            if found is None:
                return None
            low = found.low if lower is None else _least(lower, supports)
            high = found.high if upper is None else _greatest(upper, supports)
            return Support(low, high)


def _join(one: Support | None, two: Support | None) -> Support | None:
    if one is None or two is None:
        return None
    return Support(_extreme("min2", one.low, two.low), _extreme("max2", one.high, two.high))


def _extreme(function: str, one: Expr, two: Expr) -> Expr:
    match one, two:
        case Const(value=int(a)), Const(value=int(b)):
            return number(min(a, b) if function == "min2" else max(a, b))
        case _ if one == two:
            return one
        case Apply(function=same, arguments=arguments), _ if same == function and two in arguments:
            return one
        case _:
            return Apply(function, (one, two), COUNT)


def _natural(
    name: str, given: dict[str, Expr], supports: dict[Variable, Support]
) -> Support | None:
    match name:
        case "Bernoulli":
            return up_to(number(2))
        case "Categorical":
            probs = next(iter(given.values()))
            size = extent_size(probs.type.dims[-1])
            return None if size is None else up_to(size)
        case "DiscreteUniform":
            return Support(_least(given["low"], supports), _greatest(given["high"], supports))
        case "Binomial" | "BetaBinomial":
            return Support(number(0), _greatest(given["total"], supports))
        case "Hypergeometric":
            return Support(number(0), _greatest(given["draws"], supports))
        case "OrderedLogistic":
            size = extent_size(given["cutpoints"].type.dims[-1])
            return None if size is None else Support(number(0), size)
        case _:
            return None


def _least(expr: Expr, supports: dict[Variable, Support]) -> Expr:
    """The least value of a bound: a latent in it stands at the bottom of its own support."""
    match expr:
        case Ref(symbol=Variable() as z) | Index(base=Ref(symbol=Variable() as z)) if z in supports:
            return supports[z].low
        case _:
            return expr


def _greatest(expr: Expr, supports: dict[Variable, Support]) -> Expr:
    """The greatest value of a bound: a latent in it stands at the top of its own support."""
    match expr:
        case Ref(symbol=Variable() as z) | Index(base=Ref(symbol=Variable() as z)) if z in supports:
            return supports[z].high
        case _:
            return expr
