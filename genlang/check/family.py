"""Whether a guide's distribution draws the values that a latent of the model can have.

    latent tau ~ HalfNormal(1)       in the guide  LogNormal(m, s): yes,  Normal(m, s): no

A value outside the model's support has density 0, so one that the guide surely draws is an error.
Values that the guide never draws, or may not draw, are warned about.
"""

from typing import NoReturn

from genlang.check.drawn import drawn
from genlang.check.interval import INF, Interval
from genlang.check.model import Distribution, Expr, Law, Type, Variable
from genlang.check.scope import Scope
from genlang.check.shapes import show
from genlang.check.walk import leaves
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.types import INTEGERS
from genlang.source import Span

# Distributions that fill a support, as the help names them.
FILLING = {(0, INF): "LogNormal", (0, 1): "Beta", (-INF, INF): "Normal"}


def same_values(variable: Variable, cell: Type, laws: tuple[Law, Law], scope: Scope) -> None:
    """Compare what a guide draws, of type `cell`, with a latent; `laws` are the guide's, its own.

    An error (E627) where the guide surely draws other values, a warning (W627) where it may.
    """
    law, own = laws
    name, structure = variable.name, variable.cell.structure
    second = (own.span, "the model's distribution")
    for leaf in leaves(law):
        if leaf.name == "Flat":
            scope.fail("E627", f"`Flat` cannot be drawn from, so `{name}` is not drawn", leaf.span,
                       why="it is no distribution: its density has no integral")  # fmt: skip
    if cell.kind in INTEGERS or cell.structure != structure:
        kinds = [f"`{(t.structure or t.kind) + (show(t.dims) if t.dims else '')}`"
                 for t in (cell, variable.cell)]  # fmt: skip
        edit = f"`{own.name}` draws such values" if isinstance(own, Distribution) else ""
        scope.fail("E627", f"the guide draws {kinds[0]} values, and `{name}` is {kinds[1]}",
                   law.span, help=edit, second=second)  # fmt: skip
    found, wanted = drawn(law, cell, scope.supports), drawn(own, variable.cell, scope.supports)
    if _ends(law) == _ends(own) and _span(found) == _span(wanted):
        return
    inside = found.closed().within(wanted.closed())
    if not inside and found.exact and not found.given:
        _outside(law, found, wanted, name, second, scope)
    if inside and wanted.closed().within(found.closed()) and found.exact and wanted.exact:
        return
    certain = found.exact and wanted.exact and inside
    message = f"the guide does not draw all values of `{name}`" if certain else (
        f"the guide may draw other values of `{name}` than it can have"
    )  # fmt: skip
    scope.warn("W627", message, law.span, second=second,
               why=f"this draws {found.show()}, the model {wanted.show()}" if certain
               else "the ends of the two distributions are not known to agree")  # fmt: skip


def _span(values: Interval) -> tuple[float, float]:
    return values.low, values.high


def _ends(law: Law) -> tuple[object, ...]:
    """What decides where the values of each distribution of a law begin and end."""
    found: list[object] = []
    for leaf in leaves(law):
        row, given = DISTRIBUTIONS[leaf.name], dict(leaf.parameters)
        own: list[Expr | None] = [given.get(end) for end in row.ends or ()]
        # The one distribution whose own parameter is an end beside those with two of them.
        own += [given["scale"]] if leaf.name == "Pareto" else []
        found.append((leaf.lower, leaf.upper, *own))
    return tuple(dict.fromkeys(found))


def _outside(
    law: Law,
    found: Interval,
    wanted: Interval,
    name: str,
    second: tuple[Span, str],
    scope: Scope,
) -> NoReturn:
    text, near = scope.text(law.span), FILLING.get((wanted.low, wanted.high))
    edits = [f"`{near}` has these values"] if near else []
    ends = [f"{word}={end:g}" for word, end, own in (
        ("lower", wanted.low, found.low), ("upper", wanted.high, found.high)
    ) if abs(end) < INF and end != own]  # fmt: skip
    match law:
        case Distribution(name=cut, lower=None, upper=None) if ends and text.endswith(")"):
            if DISTRIBUTIONS[cut].truncates:
                edits.insert(0, f"truncate it: `{text[:-1]}, {', '.join(ends)})`")
        case _:
            pass
    scope.fail("E627", f"the guide draws values that `{name}` cannot have", law.span,
               why=f"this draws {found.show()}, the model {wanted.show()}",
               help=", or ".join(edits), second=second)  # fmt: skip
