"""Distributions around a distribution: `Censored`, `ZeroInflated`, `Hurdle`, `Mixture`, `Interval`.

What they may be made of follows from the measure that a value's density is one of:

    mass      of a count                       density   of a number
    at zero   density, but mass at 0           piled     density, but mass at both bounds
    flagged   density, but the mass of a tail where a flag holds
    rounded   mass of the numbers that are rounded to a value

Densities of one measure can be compared, so those that are mixed or chosen among are of one.
"""

from dataclasses import replace

from genlang.check.arguments import ways
from genlang.check.kinds import inside
from genlang.check.model import Choice, Dim, Distribution, Extent, Law, Ref, Type
from genlang.check.scope import Scope
from genlang.check.shapes import same, show, size
from genlang.check.supports import support
from genlang.check.walk import components, leaves, symbols
from genlang.lang.distributions import DISTRIBUTIONS, Parameter, Row
from genlang.lang.types import INTEGERS
from genlang.syntax import nodes

Measure = tuple[object, ...]
MASS, DENSITY = ("mass",), ("density",)
WORDS = {
    "mass": "a mass", "density": "a density", "at zero": "a density with a mass at 0",
    "piled": "a density with masses at its bounds", "flagged": "a density, or a tail where flagged",
    "rounded": "the mass of what is rounded to a value",
}  # fmt: skip


def measure(law: Law) -> Measure:
    """Return what a value's density is one of; equal ones can be compared."""
    if isinstance(law, Choice):
        return measure(law.then)
    given = dict(law.parameters)
    match law.name:
        case "Mixture":
            return measure(law.inside[0])
        case "Hurdle" if measure(law.inside[0]) == DENSITY:
            return ("at zero",)
        case "Hurdle" | "ZeroInflated":
            return MASS
        case "Interval":
            return ("rounded", given["width"])
        case "Censored" if "left" in given or "right" in given:
            return ("flagged", measure(law.inside[0]), given.get("left"), given.get("right"))
        case "Censored" if measure(law.inside[0]) == DENSITY:
            return ("piled", given.get("lower"), given.get("upper"))
        case name:
            return MASS if name == "Censored" or DISTRIBUTIONS[name].kind in INTEGERS else DENSITY


def words(found: Measure) -> str:
    """Return a measure in words."""
    return WORDS[str(found[0])]


def parts(given: nodes.Argument, p: Parameter, row: Row, scope: Scope) -> tuple[nodes.Expr, ...]:
    """Return the distributions that an argument names: one, or a list.

    Raises Poison after E410 where it is none.
    """
    value = given.value
    match value:
        case nodes.Call() | nodes.Name() | nodes.Ternary() if p.domain == "law":
            return (value,)
        case nodes.ListOf(items=items) if p.domain == "laws" and items:
            return items
        case nodes.Comprehension() if p.domain == "laws":
            scope.fail("E410", "`Mixture` lists its distributions one by one", value.span,
                       help="components alike are chosen by a latent, which is summed out: "
                       "`latent z ~ Categorical(w)`, `Normal(mu[z], 1)`")  # fmt: skip
        case _ if p.domain == "laws":
            scope.fail("E410", "`Mixture` wants a list of distributions", value.span,
                       help="such as `Mixture(w, [Normal(0, 1), StudentT(3, 0, 1)])`")  # fmt: skip
        case _:
            scope.fail("E410", f"`{row.name}` wants a distribution here, this is a value",
                       value.span, help=f"write {ways(row)}")  # fmt: skip


def bounded_inside(node: nodes.Call, bounds: dict[str, nodes.Argument], scope: Scope) -> str:
    """The edit that gives bounds to the distribution inside another."""
    inner = [a.value for a in node.arguments if isinstance(a.value, nodes.Call)]
    if len(inner) != 1:
        return ""
    ends = ", ".join(scope.text(a.span) for a in bounds.values())
    return f"write `{scope.text(inner[0].span)[:-1]}, {ends})`"


def around(law: Distribution, inner: list[Type], node: nodes.Call, scope: Scope) -> Type:
    """Check what a distribution is made of; returns the type of one draw.

    Raises Poison after E410 (it cannot be made of this), E319 (a flag, a bound or a width that is
    unknown) and E290.
    """
    for part in law.inside:
        for leaf in components(part):
            row = DISTRIBUTIONS[leaf.name]
            if row.name == "Flat":
                scope.fail("E410", "`Flat` is improper and cannot stand inside another", leaf.span)
            if row.size and row.size not in dict(leaf.parameters):
                scope.fail("E290", f"`{law.name}` of `{row.name}` is not supported yet", leaf.span)
    if law.name == "Mixture":
        return _mixture(law, inner, scope)
    for kind in inner:
        if kind.dims or kind.kind == "index":
            what = f"values of dims {show(kind.dims)}" if kind.dims else "positions of a dim"
            scope.fail("E410", f"`{law.name}` is of numbers, this draws {what}",
                       law.inside[0].span)  # fmt: skip
    _known(law, scope)
    (kind,) = inner
    match law.name:
        case "ZeroInflated":
            _of(law, (MASS,), "counts", "`Hurdle(p, D)` of a positive distribution is p at 0 and "
                "its density elsewhere", scope)  # fmt: skip
            return kind
        case "Hurdle":
            return _hurdle(law, kind, scope)
        case "Interval":
            _of(law, (DENSITY,), "a continuous distribution", "counts are whole as they are", scope)
            _tails(law, scope)
            return Type("nonneg" if inside_kind(kind, "nonneg") else "real")
        case _:
            return _censored(law, kind, node, scope)


def inside_kind(kind: Type, wanted: str) -> bool:
    """Whether all values of a kind lie in a domain."""
    return inside(Ref(Dim(""), kind), wanted)


def _of(
    law: Distribution, wanted: tuple[Measure, ...], what: str, reason: str, scope: Scope
) -> None:
    """Refuse a distribution of another measure."""
    for leaf in leaves(law.inside[0]):
        found = measure(leaf)
        if found not in wanted:
            edit = ""
            why = reason if found in (MASS, DENSITY) else ""
            if found[0] == "flagged":
                text = scope.text(leaf.inside[0].span)
                flags = ", ".join(f"{n} = {scope.text(e.span)}" for n, e in leaf.parameters)
                others = "".join(f"{scope.text(e.span)}, " for _, e in law.parameters)
                why = "a flag tells of the whole value"
                edit = f"censor the whole: `Censored({law.name}({others}{text}), {flags})`"
            scope.fail("E410", f"`{law.name}` is of {what}, this has {words(found)}", leaf.span,
                       why=why, help=edit)  # fmt: skip


def _tails(law: Distribution, scope: Scope) -> None:
    """Refuse a distribution without a distribution function."""
    for leaf in components(law.inside[0]):
        row = DISTRIBUTIONS[leaf.name]
        if not row.has_cdf:
            scope.fail("E409", f"`{law.name}` needs a distribution function, which `{leaf.name}` "
                       "lacks", leaf.span, why=row.why_without_cdf)  # fmt: skip


def _known(law: Distribution, scope: Scope) -> None:
    """Flags, bounds and the width are known before a fit: they say what is counted how."""
    for name, expr in law.parameters:
        if name in ("left", "right") and not inside(expr, "bool"):
            scope.fail("E320", f"`{name}` is true or false, this is {expr.type.kind}", expr.span,
                       help=f"compare it: `{scope.text(expr.span)} != 0`, ...")  # fmt: skip
        unknown = scope.unknowns(symbols(expr))
        if name in ("left", "right", "lower", "upper", "width") and unknown:
            read = unknown[0]
            scope.fail("E319", f"`{name}` of `{law.name}` must be known from data, sizes and "
                       "indices", expr.span, why="it decides what is a mass and what a density",
                       second=(read.span, f"`{read.name}` is unknown until the model is fitted"),
                       )  # fmt: skip


def _hurdle(law: Distribution, kind: Type, scope: Scope) -> Type:
    _of(law, (MASS, DENSITY), "counts or a positive distribution", "", scope)
    _tails(law, scope)
    for leaf in components(law.inside[0]):
        if leaf.inside:
            scope.fail("E290", f"`Hurdle` of `{leaf.name}` is not supported yet", leaf.span)
    counts = measure(law.inside[0]) == MASS
    domain = "count" if counts else "nonneg"
    if not inside_kind(kind, domain):
        text = scope.text(law.inside[0].span)
        what = "counts" if counts else "a positive distribution"
        scope.fail("E410", f"`Hurdle` is of {what}, this draws {kind.kind}", law.inside[0].span,
                   why="what is not 0 lies above it",
                   help=f"truncate it: `{text[:-1]}, lower = 0)`")  # fmt: skip
    return kind if counts or kind.kind == "unit" else replace(kind, kind="nonneg")


def _censored(law: Distribution, kind: Type, node: nodes.Call, scope: Scope) -> Type:
    _of(law, (MASS, DENSITY), "counts or a continuous distribution", "", scope)
    _tails(law, scope)
    given = dict(law.parameters)
    low, high = given.get("lower"), given.get("upper")
    if low is None and high is None:  # flags: nothing is known of where values end
        return replace(kind, kind="nonneg") if kind.kind == "positive" else kind
    for end in (low, high):
        if end is not None and kind.kind in INTEGERS and not inside(end, "int"):
            scope.fail("E410", "the bounds of censored counts are ints", end.span)
    if low is not None and high is not None:
        one, two = support(low, scope.supports), support(high, scope.supports)
        if one.low >= two.high and one.low == one.high and two.low == two.high:
            scope.fail("E403", "the bounds leave nothing between them", node.span,
                       help="`lower` is the smaller one")  # fmt: skip
    if kind.kind in INTEGERS:
        ends = [e for e in (low, high) if e is not None]
        whole = kind.kind != "int" and all(inside(e, "count") for e in ends)
        return replace(kind, kind="count" if whole else "int")
    if kind.kind == "real" and low is not None and inside(low, "nonneg"):
        return replace(kind, kind="nonneg")
    return kind


def _mixture(law: Distribution, inner: list[Type], scope: Scope) -> Type:
    weights = dict(law.parameters)["weights"]
    extent, count = weights.type.dims[-1], len(law.inside)
    if not same(extent, Extent(None, size=count)):
        scope.fail("E410", f"{size(extent)} weights for {count} distributions", weights.span,
                   second=(law.span, "one weight for each distribution"))  # fmt: skip
    first, one = law.inside[0], inner[0]
    for part, two in zip(law.inside[1:], inner[1:], strict=True):
        if (
            len(one.dims) != len(two.dims)
            or not all(map(same, one.dims, two.dims))
            or one.structure != two.structure
            or one.dim is not two.dim
        ):
            scope.fail("E410", "the distributions of a mixture draw values of one kind, here "
                       f"{_shown(one)} and {_shown(two)}", part.span,
                       second=(first.span, "the first one"))  # fmt: skip
        if measure(first) != measure(part):
            different = words(measure(first)) == words(measure(part))
            scope.fail("E410", f"the first distribution has {words(measure(first))}, this one "
                       f"{'another one' if different else words(measure(part))}", part.span,
                       why="a probability and a density cannot be compared",
                       second=(first.span, "the first one"))  # fmt: skip
    return one


def _shown(kind: Type) -> str:
    name = f"an index of `{kind.dim.name}`" if kind.dim is not None else kind.kind
    return f"{kind.structure or name}{show(kind.dims) if kind.dims else ''}"


def as_latent(law: Law, name: str, scope: Scope) -> None:
    """Refuse a latent whose values have neither masses nor densities alone (E411)."""
    for leaf in leaves(law):
        found = measure(leaf)
        if found not in (MASS, DENSITY):
            edit = ""
            if leaf.name == "Censored":
                inner = scope.text(leaf.inside[0].span)
                edit = f"the latent is what is not censored: `latent {name} ~ {inner}`"
            elif leaf.name == "Hurdle":
                edit = f"say whether it is 0 by a latent of its own: `latent {name}_is_0 ~ ...`"
            scope.fail("E411", f"`{leaf.name}` here cannot be the distribution of a latent",
                       leaf.span, why=f"it has {words(found)}", help=edit)  # fmt: skip
