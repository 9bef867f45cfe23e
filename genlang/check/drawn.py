"""The support of a draw, from the supports of a distribution's parameters."""

from dataclasses import replace
from functools import reduce

from genlang.check.interval import INF, Interval
from genlang.check.model import Choice, Const, Distribution, Law, Type
from genlang.check.supports import Supports, hull, of_kind, support
from genlang.lang.distributions import DISTRIBUTIONS


def drawn(law: Law, kind: Type, known: Supports) -> Interval:
    """Return the support of a draw; `kind` is its type."""
    if isinstance(law, Choice):
        return replace(hull(drawn(law.then, kind, known), drawn(law.otherwise, kind, known)),
                       names=1)  # fmt: skip
    if law.name == "Flat" and kind.structure not in ("", "ordered", "baseline"):
        return replace(of_kind(kind.kind), names=1)
    if law.inside:
        return _around(law, kind, known)
    given = {name: support(e, known) for name, e in law.parameters}
    found = replace(_natural(law, kind, given), names=1, given=False)
    for end, is_low in ((law.lower, True), (law.upper, False)):
        if end is None:
            continue
        bound = support(end, known)
        exact = found.exact and isinstance(end, Const)
        if is_low and bound.low > found.low:
            found = replace(found, low=bound.low, low_open=False, exact=exact)
        elif not is_low and bound.high < found.high:
            found = replace(found, high=bound.high, high_open=False, exact=exact)
        else:
            found = replace(found, exact=exact)
    if kind.structure == "baseline":
        return replace(hull(found, Interval(0, 0)), names=1, exact=found.low < 0 < found.high)
    return found


def _around(law: Distribution, kind: Type, known: Supports) -> Interval:
    """The support of a distribution that is made of others."""
    every = [drawn(part, _own(part, kind), known) for part in law.inside]
    found = reduce(hull, every)
    given = {name: support(e, known) for name, e in law.parameters}
    match law.name:
        case "ZeroInflated" | "Hurdle":
            found = hull(found, Interval(0, 0, exact=True))
        case "Interval":
            wide = 0.5 * given["width"].high
            found = Interval(found.low - wide, found.high + wide)
        case "Censored" if given.keys() & {"left", "right"}:
            found = replace(found.closed(), exact=False)
        case "Censored":
            low, high = given.get("lower", found), given.get("upper", found)
            found = Interval(max(found.low, low.low), min(found.high, high.high))
        case _:
            pass
    return replace(found, names=1, given=False)


def _own(law: Law, kind: Type) -> Type:
    """The kind of what a distribution draws by itself; `kind` is that of all together."""
    if isinstance(law, Choice) or law.inside:
        return kind
    return replace(kind, kind=DISTRIBUTIONS[law.name].kind)


def _natural(law: Distribution, kind: Type, given: dict[str, Interval]) -> Interval:
    """The support of a distribution before it is truncated."""
    match law.name:
        case "Uniform" | "DiscreteUniform":
            low, high = given["low"], given["high"]
            fixed = low.low == low.high and high.low == high.high
            return Interval(low.low, high.high, exact=fixed and low.exact and high.exact)
        case "Binomial" | "BetaBinomial":
            total = given["total"]
            return Interval(0, total.high, exact=total.exact and total.low == total.high)
        case "Categorical" if law.parameters:
            extent = law.parameters[0][1].type.dims[-1]
            size = extent.size if extent.dim is None else extent.dim.size
            return Interval(0, INF if size is None else size - 1, exact=size is not None)
        case "Delta" if given:
            return next(iter(given.values()))
        case "Dirichlet":
            return Interval(0, 1, low_open=True, exact=True)
        case "Normal" | "StudentT" | "Cauchy" | "Laplace" | "Logistic" | "Gumbel" | "Flat":
            return Interval(exact=True)
        case "Pareto":
            return Interval(given["scale"].low, low_open=given["scale"].low == 0)
        case "Poisson" | "NegativeBinomial" | "Geometric":
            return Interval(0, exact=True)
        case "Bernoulli" | "Beta" | "Kumaraswamy":
            return Interval(0, 1, exact=True)
        case _ if kind.kind == "positive":
            return Interval(0, low_open=True, exact=True)
        case _:
            return replace(of_kind(kind.kind), exact=kind.kind == "real" and not kind.structure)
