"""A univariate distribution on each element of a vector: `latent mu: ordered[K] ~ Normal(0, 1)`.

    real[D], positive[D], ...     elements free of each other, of any distribution
    ordered, positive_ordered     increasing elements; K! times the product where all are alike
    baseline                      the first element is 0, the others are free
    any other set                 `Flat()` alone: log density 0 on the set

An argument is one number for all elements, or has the dims of the type: one for each.
"""

from dataclasses import replace

from genlang.check.drawn import drawn
from genlang.check.functions import extent_size
from genlang.check.model import Choice, Distribution, Expr, Extent, Law, Type
from genlang.check.scope import Poison, Scope
from genlang.check.shapes import show
from genlang.check.supports import of_kind
from genlang.check.walk import law_expressions, leaves, symbols
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.types import INTEGERS
from genlang.source import Span

RISING = ("ordered", "positive_ordered")
# What draws from the other sets, over the dim {0}.
DRAWN_BY = {
    "simplex": "`Dirichlet(ones({0}))` draws one",
    "unit_vector": "normalize a vector, `latent v: real[{0}] ~ Normal(0, 1)` and `v / norm(v)`",
    "corr": "`LKJ({0}, 1)` draws one",
    "cholesky_corr": "`LKJCholesky({0}, 1)` draws one",
    "cov": "`InverseWishart` and `Wishart` draw one, and so does `LKJ` with scales around it",
    "cholesky_cov": "draw `LKJCholesky({0}, 1)` and multiply its rows by scales",
}


def elementwise(law: Law, written: Type | None) -> bool:
    """Whether a written type applies a distribution of numbers to each of its elements."""
    if written is None or not written.dims:
        return False
    rows = [DISTRIBUTIONS[leaf.name] for leaf in leaves(law)]
    return all(row.rank == 0 and not row.over for row in rows)


def over_elements(
    found: Law, draws: Type, written: Type, span: Span, scope: Scope, *, chained: bool
) -> tuple[Law, Type]:
    """Apply a distribution to each element of a type; `span` is the type's."""
    if any(extent_size(d) is None for d in written.dims):
        scope.fail("E404", "how many elements one draw has is not known before the data", span,
                   help="write a dim, `real[K]`, or a number")  # fmt: skip
    plain = not written.structure
    if not plain and (chained or isinstance(found, Choice)):
        what = "chain" if chained else "choice"
        if any(d.code == "E290" and d.span == span for d in scope.found):
            raise Poison  # once for all parts
        scope.fail("E290", f"a structured type over a {what} is not supported yet", span)
    if not plain and draws.kind in INTEGERS:
        scope.fail("E316", f"`{written.structure}` wants a density, this draws {draws.kind}", span,
                   why="whole numbers meet with a probability above 0, and the set is of real ones",
                   second=(found.span, "this distribution"))  # fmt: skip
    law = _spread(found, written)
    if plain:
        return law, replace(draws, dims=written.dims)
    assert isinstance(law, Distribution)
    match written.structure:
        case "ordered" | "positive_ordered":
            _rising(law, draws, written, span, scope)
            kind = draws.kind
        case "baseline":
            kind = {"positive": "nonneg"}.get(draws.kind, draws.kind)
        case _:
            _flat(law, written, span, scope)
            return law, written
    return law, replace(written, kind=kind)


def _spread(law: Law, written: Type) -> Law:
    match law:
        case Choice(then=then, otherwise=otherwise):
            return replace(law, then=_spread(then, written), otherwise=_spread(otherwise, written))
        case Distribution():
            return replace(law, structure=written.structure or "real", each=written.dims)


def unequal(law: Distribution) -> tuple[Expr, ...]:
    """The arguments of a law of elements that differ from element to element."""
    return tuple(e for e in law_expressions(law) if law.each and e.type.dims)


def short_of_normalized(law: Law) -> bool:
    """Whether a law's density is a constant short of normalized: a product on a smaller set."""
    return any(leaf.structure in RISING and unequal(leaf) != () for leaf in leaves(law))


def _rising(law: Distribution, draws: Type, written: Type, span: Span, scope: Scope) -> None:
    """Increasing elements have arguments that are all alike, or known."""
    if written.structure == "positive_ordered":
        values = drawn(law, draws, scope.supports)
        if not values.within(of_kind("positive").closed()):
            text = scope.text(law.span)
            cut = DISTRIBUTIONS[law.name].truncates and law.lower is None
            edit = f"truncate it: `{text[:-1]}, lower=0)`" if cut else "`ordered` takes any number"
            scope.fail("E316", f"`{scope.text(span)}` wants a positive distribution", span,
                       why=f"this draws {values.show()}", help=edit,
                       second=(law.span, "this distribution"))  # fmt: skip
    row = DISTRIBUTIONS[law.name]
    ends = [*(row.ends or ()), *(["scale"] if law.name == "Pareto" else [])]
    limits = [law.lower, law.upper, *(e for name, e in law.parameters if name in ends)]
    for expr in unequal(law):
        unknown = scope.unknowns(symbols(expr))
        if unknown:
            name = unknown[0].name
            scope.fail("E336", f"`{scope.text(expr.span)}` differs from element to element and is "
                       "not known", expr.span,
                       why=f"how much of the product is `{written.structure}` depends on it",
                       help="give all elements one argument",
                       second=(unknown[0].span, f"`{name}` is unknown"))  # fmt: skip
        if any(expr is e for e in limits):
            scope.fail("E290", "bounds that differ from element to element are not supported yet "
                       f"on `{written.structure}`", expr.span)  # fmt: skip


def _flat(law: Distribution, written: Type, span: Span, scope: Scope) -> None:
    """On other sets only `Flat()`, whose product is constant, has a density that is agreed on."""
    if law.name == "Flat" and law.lower is None and law.upper is None:
        return
    name, size = written.structure, show(written.dims[-1:])[1:-1]
    scope.fail("E336", f"`{law.name}` does not draw from `{name}[{size}]`", span,
               why="elements that depend on each other are not drawn one by one",
               help=f"{DRAWN_BY[name].format(size)}; `Flat()` gives every value the same density",
               second=(law.span, "this draws one number"))  # fmt: skip


def each_of(written: Type | None) -> tuple[Extent, ...]:
    """The dims of the elements of one draw, as far as its written type says."""
    return () if written is None else written.dims
