"""Whether a value may stand where a `def` says a type: as an argument, as the result.

As for the parameters of distributions, what is refuted is an error, what cannot be shown a warning.
"""

from dataclasses import replace

from genlang.check.domains import within
from genlang.check.kinds import inside
from genlang.check.model import (
    Apply,
    Array,
    Const,
    Dim,
    Expr,
    Extent,
    Index,
    Reduce,
    Ref,
    Select,
    Type,
    Variable,
)
from genlang.check.operators import labelled
from genlang.check.promises import leave_to_data
from genlang.check.scope import Scope
from genlang.check.shapes import show
from genlang.check.simplex import simplex
from genlang.check.subscripts import fits_dim
from genlang.check.supports import of_type, support
from genlang.lang.types import INTEGERS, fits
from genlang.source import Span

# Structures whose values are values of another one too.
NARROWER = {
    "ordered": ("ordered", "positive_ordered"),
    "cov": ("cov", "corr"),
    "cholesky_cov": ("cholesky_cov", "cholesky_corr"),
}
DECLARED = ("latent", "param", "data", "argument")


def admitted(expr: Expr, wanted: Type, what: str, span: Span, scope: Scope) -> Expr:
    """Return a value as one of the type that is written; its dims have been looked at.

    Faults are E305 (a label), E302 (an index of another dim), E303, E408, E407; doubts are W408 and
    W407. `what` names the value in messages.
    """
    if wanted.kind == "index":
        return _index(expr, wanted, what, span, scope)
    before = len(scope.found)
    if expr.type.kind == "string":
        scope.fail("E305", f"{what} is a number, this is a label", span,
                   help="only an `index(D)` has labels")  # fmt: skip
    if wanted.structure == "simplex":
        simplex(expr, what, span, scope)
    elif wanted.structure:
        _structured(expr, wanted, what, span, scope)
    else:
        if wanted.kind in INTEGERS or (wanted.lower or wanted.upper) is None:
            within(expr, wanted.kind, what, span, scope)
        _between(expr, wanted, what, span, scope)
        if len(scope.found) > before:
            leave_to_data(expr, wanted, what, span, scope)
    match expr:
        case Const(value=float(value)) if wanted.kind in INTEGERS:
            return replace(expr, value=int(value), type=Type("int" if value < 0 else "count"))
        case _ if expr.type.dim is not None:
            # An index where a number is asked is its position, which belongs to no dim.
            return replace(expr, type=replace(expr.type, kind="count", dim=None))
        case _:
            return expr


def promised(expr: Expr, wanted: Type) -> Expr:
    """Return the result of a call with what its type says of it, where that is more than is seen.

    A whole number stays one, and what names a cell stays equal to other reads of it.
    """
    kind, structure = expr.type.kind, expr.type.structure
    if not isinstance(expr, Apply | Select | Reduce | Array):
        return expr
    if (kind in INTEGERS) == (wanted.kind in INTEGERS) and fits(wanted.kind, kind):
        kind = wanted.kind
    dim = wanted.dim if kind == "index" else expr.type.dim
    return replace(
        expr, type=replace(expr.type, kind=kind, dim=dim, structure=structure or wanted.structure)
    )


def _index(expr: Expr, wanted: Type, what: str, span: Span, scope: Scope) -> Expr:
    """An element of a dim: an index of it, a label, or a position inside it."""
    dim = wanted.dim
    expr = labelled(expr, Ref(Dim(""), replace(wanted, dims=())), scope)
    if expr.type.kind not in INTEGERS:
        scope.fail("E303", f"{what} is an index of {_called(dim)}, this is {expr.type.kind}", span)
    own = expr.type.dim
    if own is not dim and (own is not None or expr.type.dims):
        this = expr.type.kind if own is None else f"an index of `{own.name}`"
        why = "indices of different dims count different things, even when the sizes agree"
        second = None if dim is None else (dim.span, "declared here")
        scope.fail("E302", f"{what} is an index of {_called(dim)}, this is {this}", span,
                   why="" if own is None else why, second=second)  # fmt: skip
    if expr.type.dims:
        return expr
    fits_dim(expr, Extent(dim), span, scope)
    match expr:
        case Const(value=bool() | int() | float() as value):
            return replace(expr, value=int(value), type=Type("index", dim=dim))
        case Apply() | Select() | Reduce() if expr.type.dim is None:
            return replace(expr, type=Type("index", dim=dim))
        case _:
            return expr


def _called(dim: Dim | None) -> str:
    return "a dim" if dim is None else f"`{dim.name}`"


def _between(expr: Expr, wanted: Type, what: str, span: Span, scope: Scope) -> None:
    """The bounds of a type, `real(lower=0, upper=10)`."""
    bounds = [(e, word) for e, word in ((wanted.lower, "least"), (wanted.upper, "most")) if e]
    if not bounds:
        return
    values, limits = support(expr, scope.supports), of_type(wanted, scope.supports)
    fixed = all(isinstance(e, Const) for e, _ in bounds)
    if fixed and values.within(limits):
        return
    ends = " and ".join(f"at {word} `{scope.text(e.span)}`" for e, word in bounds)
    message = f"{what} must be {ends}"
    why = f"this can be {values.show(whole=expr.type.kind in INTEGERS)}"
    if fixed and values.exact and not scope.guarded:
        scope.fail("E408", message, span, why=why)
    scope.warn("W408", f"{message}, which is not certain here", span,
               why=f"as far as can be told, {why}")  # fmt: skip


def _structured(expr: Expr, wanted: Type, what: str, span: Span, scope: Scope) -> None:
    """A value of a structured type has that structure, or a narrower one."""
    kinds = NARROWER.get(wanted.structure, (wanted.structure,))
    if expr.type.structure in kinds:
        return
    written = wanted.structure + show(wanted.dims[-1:])
    message = f"{what} must be of type `{written}`"
    base = expr.base if isinstance(expr, Index) else expr
    declared = base.symbol if isinstance(base, Ref) else None
    if isinstance(declared, Variable) and declared.role in DECLARED:
        kind = expr.type.structure or expr.type.kind
        scope.fail("E408", message, span, why=f"`{declared.name}` is of type `{kind}`",
                   help=f"declare `{declared.name}` as `{written}`",
                   second=(declared.span, f"`{declared.name}` is declared here"))  # fmt: skip
    if isinstance(expr, Const) or not inside(expr, wanted.kind):
        within(expr, wanted.kind, what, span, scope)
    scope.warn("W408", f"{message}, which is not certain here", span,
               why=f"this is known to be {expr.type.kind}, no more")  # fmt: skip
