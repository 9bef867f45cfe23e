"""The finite support of a summed-out latent: low, low + 1, ..., high."""

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType

from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Define,
    Distribution,
    Draw,
    Expr,
    Extent,
    Law,
    Param,
    Ref,
    Statement,
    Type,
    Variable,
)
from genlang.check.walk import symbols
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.extremes import Ends, Known, extreme, number, outermost
from genlang.plan.lags import chained_parts
from genlang.records import dataclass

COUNT = Type("count")
WHOLE = frozenset({"bool", "index", "count", "int"})


@dataclass(frozen=True, slots=True)
class Support:
    """Inclusive bounds of the values, as expressions over data, sizes and loop indices.

    Bounds that vary over cells are taken at their extremes; the density is 0 beyond a cell's own.
    `at` are the indices of the cell whose bounds they are.
    """

    low: Expr
    high: Expr
    at: tuple[Expr, ...] = field(default=(), compare=False)

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
    def stop(self) -> Expr:
        """The first value beyond, simplified likewise."""
        match self.high:
            case Apply(function="-", arguments=(size, Const(value=1))):
                return size
            case Const(value=int(high)):
                return Const(high + 1, COUNT)
            case high:
                return Apply("+", (high, Const(1, COUNT)), COUNT)

    @property
    def ends(self) -> Ends:
        """The ends, as `extreme` wants them."""
        return Ends(self.low, self.high, self.at)

    @property
    def from_zero(self) -> bool:
        """Whether the first value is 0, so that a value is its position."""
        return isinstance(self.low, Const) and self.low.value == 0


def up_to(size: Expr) -> Support:
    """Return the support 0, ..., size - 1."""
    if isinstance(size, Const):
        return Support(number(0), number(int(size.value) - 1))
    return Support(number(0), Apply("-", (size, number(1)), COUNT))


def extent_size(extent: Extent) -> Expr | None:
    """Return the size of an axis as an expression, None where only the data tell."""
    if extent.size is not None:
        return number(extent.size)
    if extent.dim is None or extent.of:
        return None
    return Ref(extent.dim, COUNT)


def of_type(cell: Type) -> Ends:
    """Return what a type alone tells of its values."""
    match cell.kind:
        case "bool":
            return Ends(number(0), number(1))
        case "index" if cell.dim is not None and not cell.dim.of:
            return up_to(Ref(cell.dim, COUNT)).ends
        case "int" | "real":
            return Ends(None, None)
        case "unit":
            return Ends(number(0), number(1))
        case _:
            return Ends(number(0), None)


# Values of a chain that grow at each of so many elements grow without end; bounds that data decide
# are not worked out, so there the second element tells.
PATIENCE = 64
UNBOUNDED = {
    "Poisson": "`Poisson(rate, upper=100)`",
    "NegativeBinomial": "`NegativeBinomial(mean=m, dispersion=d, upper=100)`",
    "Geometric": "`Geometric(p, upper=100)`",
}


def support(
    draw: Draw,
    supports: dict[Variable, Support],
    types: Mapping[Variable, Ends] = MappingProxyType({}),
) -> Support:
    """Return the support of a discrete latent; `supports` holds those declared before it.

    Of `types` only what their type says is known: of the latents declared later, which it may read
    with a lag, and of unknowns of the fit. A chain's later parts may read the latent itself: its
    values are those reachable from the first part. Raises ModelError (E701) where they are not
    finite, grow from element to element, or cannot be told.
    """
    z, laws = draw.target, chained_parts(draw.law)
    known = {w: e for w, e in types.items() if w is not z}
    known |= {w: s.ends for w, s in supports.items()}
    found = _support(laws[0], draw, known)
    for turn in range(PATIENCE):
        before = found
        if turn > 1 and not (isinstance(found.low, Const) and isinstance(found.high, Const)):
            break
        for law in laws[1:]:
            then = _support(law, draw, known | {z: found.ends})
            found = found if then == found else _join(found, then)
        if found == before:
            return replace(found, at=draw.subscripts)
    whatever = _whatever(laws, draw, known)
    if whatever is not None:
        return replace(whatever, at=draw.subscripts)
    raise _endless(draw, laws[-1], "its values grow from element to element",
                   "each element can exceed the one before it")  # fmt: skip


def _whatever(laws: tuple[Law, ...], draw: Draw, known: Known) -> Support | None:
    """Ends that hold whatever the values before are, as for `min(z[t-1] + 1, K - 1)`."""
    known = {**known, draw.target: of_type(draw.target.cell)}
    found: Support | None = None
    for law in laws:
        try:
            one = _support(law, draw, known)
        except ModelError:
            return None
        found = one if found is None else _join(found, one)
    return found


def _endless(draw: Draw, law: Law, what: str, why: str) -> ModelError:
    message = f"`{draw.target.name}` is discrete and {what}, so it cannot be summed out"
    spelt = UNBOUNDED.get(law.name, "") if isinstance(law, Distribution) else ""
    edit = "give it an upper bound, as in " + spelt
    if not spelt:
        edit = "bound what it reads, as in `min(..., 100)`"
    return ModelError([Diagnostic("E701", message, law.span, why=why, help=edit,
                                  second=(draw.target.span, "declared here"))])  # fmt: skip


def _support(law: Law, draw: Draw, known: Known) -> Support:
    match law:
        case Choice(then=then, otherwise=otherwise):
            one, two = _support(then, draw, known), _support(otherwise, draw, known)
            return one if one == two else _join(one, two)
        case Distribution(lower=lower, upper=upper):
            low, high = _natural(law, draw, known)
            if lower is not None:
                low = _end(lower, law, draw, known, top=False)
            if upper is not None:
                high = _end(upper, law, draw, known, top=True)
            if low is None or high is None:
                kind = "int" if low is None else "count"
                raise _endless(draw, law, "its support is not finite",
                               f"a `{law.name}` can be any {kind}")  # fmt: skip
            return Support(low, high)


def _join(one: Support, two: Support) -> Support:
    return Support(outermost("min2", one.low, two.low), outermost("max2", one.high, two.high))


def _natural(law: Distribution, draw: Draw, known: Known) -> tuple[Expr | None, Expr | None]:
    """The ends of a distribution before it is truncated, None for none."""
    given = dict(law.parameters)
    if law.inside:
        return _around(law, draw, known)
    match law.name:
        case "Bernoulli":
            return number(0), number(1)
        case "Categorical":
            probs = next(iter(given.values()))
            size = extent_size(probs.type.dims[-1])
            return number(0), None if size is None else up_to(size).high
        case "DiscreteUniform":
            low, high = given["low"], given["high"]
            return (
                _end(low, law, draw, known, top=False),
                _end(high, law, draw, known, top=True),
            )
        case "Delta":
            x = given["x"]
            return (
                _end(x, law, draw, known, top=False),
                _end(x, law, draw, known, top=True),
            )
        case "Binomial" | "BetaBinomial":
            return number(0), _end(given["total"], law, draw, known, top=True)
        case "Hypergeometric":
            return number(0), _end(given["draws"], law, draw, known, top=True)
        case "OrderedLogistic":
            return number(0), extent_size(given["cutpoints"].type.dims[-1])
        case name if name in UNBOUNDED:
            return number(0), None
        case _:
            return None, None


def _around(law: Distribution, draw: Draw, known: Known) -> tuple[Expr | None, Expr | None]:
    """The ends of a distribution that is made of others."""
    ends = {n: e for n, e in law.parameters if n in ("lower", "upper")}
    found: Support | None = None
    for part in law.inside:
        # Where values pile up they end.
        if isinstance(part, Distribution) and "upper" in ends and part.upper is None:
            one = _support(replace(part, upper=ends["upper"]), draw, known)
        else:
            one = _support(part, draw, known)
        found = one if found is None else _join(found, one)
    assert found is not None
    low, high = found.low, found.high
    if law.name in ("ZeroInflated", "Hurdle"):
        zero = Support(number(0), number(0))
        found = _join(found, zero)
        return found.low, found.high
    for name, function in (("lower", "max2"), ("upper", "min2")):
        if name in ends:
            end = _end(ends[name], law, draw, known, top=name == "upper")
            if name == "lower":
                low = outermost(function, low, end)
            else:
                high = outermost(function, high, end)
    return low, high


def _end(expr: Expr, law: Distribution, draw: Draw, known: Known, *, top: bool) -> Expr:
    """An end that may read other latents, at its extreme over their values."""
    found = extreme(expr, known, top=top)
    if found is None:
        which = "greatest" if top else "least"
        raise _endless(draw, law, "its support cannot be told",
                       f"the {which} value of a bound is not known")  # fmt: skip
    return found


def supports(
    draws: tuple[Draw, ...], statements: tuple[Statement, ...]
) -> tuple[dict[Variable, Support], list[Diagnostic]]:
    """Return the values of every discrete latent, and faults for those that cannot be told.

    A latent that reads one declared later, with a lag, may have to wait until that one is known.
    `statements` are all of the model: ends that read unknowns of a fit cannot be told.
    """
    types = {w: of_type(w.cell) for w in (*unknowns(statements), *(d.target for d in draws))}
    supports: dict[Variable, Support] = {}
    waiting = draws
    while waiting:
        faults: list[Diagnostic] = []
        for draw in waiting:
            try:
                supports[draw.target] = support(draw, supports, types)
            except ModelError as error:
                faults += error.diagnostics
        rest = tuple(d for d in waiting if d.target not in supports)
        if len(rest) == len(waiting):
            return supports, faults
        waiting = rest
    return supports, []


def unknowns(statements: tuple[Statement, ...]) -> frozenset[Variable]:
    """Return what a fit has to find, and what is computed from it; discrete latents aside."""
    found: set[Variable] = set()
    for s in statements:
        match s:
            case Param(target=target):
                found.add(target)
            case Draw(target=target) if target.role == "latent" and target.cell.kind not in WHOLE:
                found.add(target)
            case Define(target=target, value=value) if found & set(symbols(value)):
                found.add(target)
            case _:
                continue
    return frozenset(found)
