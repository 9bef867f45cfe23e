"""Whether a parameter's values lie in its domain: proved, refuted, or neither.

Where the support of an argument is exact and leaves the domain, that is an error; where inference
only bounds it, a warning.
"""

from itertools import product

from genlang.check.interval import Interval
from genlang.check.kinds import inside
from genlang.check.model import Const, Expr, Index, Ref, Symbol, Type, Variable
from genlang.check.scope import Scope
from genlang.check.shapes import show
from genlang.check.simplex import simplex
from genlang.check.supports import of_kind, support
from genlang.check.walk import substitute, walk
from genlang.lang.distributions import DISTRIBUTIONS, Parameter
from genlang.lang.types import INTEGERS
from genlang.source import Span

WORDS = {
    "positive": "must be positive",
    "nonneg": "must not be negative",
    "unit": "must be between 0 and 1",
    "count": "must be a count (0, 1, 2, ...)",
    "int": "must be an int",
    "bool": "must be true or false",
}
# The types that hold the values of a matrix, what it must be, and how one of the other is made.
MATRICES = {
    "cov": (("cov", "corr"), "symmetric and positive definite", "{0} @ transpose({0})"),
    "cholesky_cov": (
        ("cholesky_cov", "cholesky_corr"),
        "lower triangular with a positive diagonal",
        "cholesky({0})",
    ),
}
FEW = 4  # so many names are tried value by value
EDITS = {
    "positive": "`exp(...)` makes it positive; a prior such as `HalfNormal` or `Exponential` is",
    "nonneg": "`exp(...)` makes it positive; a prior such as `HalfNormal` or `Exponential` is",
    "unit": "`sigmoid(...)` maps it into (0, 1), or give it as `logits=`; a `Beta` prior is inside",
}


def domain(expr: Expr, p: Parameter, law: str, span: Span, scope: Scope) -> None:
    """Check one argument of a distribution."""
    if p.domain == "simplex":
        simplex(expr, f"`{p.name}` of `{law}`", span, scope)
        return
    if p.domain in MATRICES:
        _matrix(expr, p, law, span, scope)
        return
    if law == "Delta" and p.domain in WORDS and not _whole(expr, p.domain):
        scope.fail("E408", f"`{p.name}` of `{law}` {WORDS[p.domain]}, this is {expr.type.kind}",
                   span, why="a density is 0 or infinite where a real number is certain",
                   help=f"name it: `let ... = {scope.text(span)}`",
                   second=_declaration(expr))  # fmt: skip
    within(expr, p.domain, f"`{p.name}` of `{law}`", span, scope)


def _whole(expr: Expr, kind: str) -> bool:
    """Whether an expression may be of a kind of whole numbers."""
    return kind not in INTEGERS or expr.type.kind in INTEGERS or isinstance(expr, Const)


def within(expr: Expr, kind: str, what: str, span: Span, scope: Scope) -> None:
    """Check that values are of a scalar kind: refuted is an error, unproved a warning."""
    if kind not in WORDS or inside(expr, kind):
        return
    message = f"{what} {WORDS[kind]}"
    integer = kind in INTEGERS
    if not _whole(expr, kind):
        given = support(expr, scope.supports)
        edit = "`floor(...)` or `round(...)` gives an int"
        edit = _edit(expr, kind, given) if given.given and given.exact else edit
        scope.fail("E408", f"{message}, this is {expr.type.kind}", span, help=edit,
                   second=_declaration(expr))  # fmt: skip
    wanted = of_kind(kind)
    values = support(expr, scope.supports)
    if values.within(wanted) and not (integer and isinstance(expr, Const)):
        return
    edge = values.within(wanted.closed())
    if _by_value(expr, wanted, scope):
        return
    if edge and not values.given and expr.type.kind not in INTEGERS and not isinstance(expr, Const):
        # A continuous value meets the end of the domain with probability 0.
        return
    why = f"this can be {values.show(whole=expr.type.kind in INTEGERS)}"
    if isinstance(expr, Const):
        scope.fail("E408", message, span, why=f"this is {expr.value}")
    if scope.guarded or not values.exact or (edge and values.given):
        scope.warn("W408", f"{message}, which is not certain here", span,
                   why=f"as far as can be told, {why}")  # fmt: skip
        return
    scope.fail("E408", message, span, why=why, help=_edit(expr, kind, values),
               second=_declaration(expr))  # fmt: skip


def _matrix(expr: Expr, p: Parameter, law: str, span: Span, scope: Scope) -> None:
    """A declared name as a matrix parameter has a type that says so; numbers are checked later."""
    kinds, words, made = MATRICES[p.domain]
    base = expr.base if isinstance(expr, Index) else expr
    variable = base.symbol if isinstance(base, Ref) else None
    if not isinstance(variable, Variable) or expr.type.structure in kinds:
        return
    if variable.role not in ("param", "latent", "data") or (
        variable.role == "data" and not expr.type.structure
    ):
        return
    kind = expr.type.structure or expr.type.kind
    written = kind + show(expr.type.dims[-1:] if expr.type.structure else expr.type.dims)
    other = next((n for n, (found, *_) in MATRICES.items() if kind in found), "")
    beside = (q for form in DISTRIBUTIONS[law].forms for q in form.parameters)
    name = next((q.name for q in beside if q.domain == other), "")
    size = show(expr.type.dims[-1:])
    edit = f"declare `{variable.name}` as `{kinds[0]}{size}`"
    if name:
        edit = f"write `{name}={scope.text(span)}`"
    elif other:
        edit = f"write `{made.format(scope.text(span))}`"
    elif variable.role == "latent" and law == "MultivariateNormal":
        edit = "`MultivariateNormal` takes a `LKJCholesky` draw, scaled, as `scale_tril=`"
    scope.fail("E408", f"`{p.name}` of `{law}` must be {words}", span,
               why=f"`{variable.name}` is of type `{written}`", help=edit,
               second=(variable.span, f"`{variable.name}` is declared here"))  # fmt: skip


def _by_value(expr: Expr, wanted: Interval, scope: Scope) -> bool:
    """Whether the values lie inside for each value of the 0-or-1 names: `a * z + b * (1 - z)`."""
    cells: dict[Variable, Expr] = {}
    for part in walk(expr):
        match part:
            case Index(base=Ref(symbol=Variable(cell=Type(kind="bool")) as z)):
                if cells.setdefault(z, part) != part:
                    return False
            case Ref(symbol=Variable(cell=Type(kind="bool"), dims=()) as z):
                cells.setdefault(z, part)
            case _:
                continue
    names = list(cells)[:FEW]
    if not names:
        return False
    kind = Type("bool")
    for digits in product((0, 1), repeat=len(names)):
        fixed: dict[Symbol, Expr] = {z: Const(d, kind) for z, d in zip(names, digits, strict=True)}
        if not support(substitute(expr, fixed), scope.supports).within(wanted):
            return False
    return True


def _edit(expr: Expr, wanted: str, values: Interval) -> str:
    if values.given and wanted in ("positive", "nonneg", "unit", "count"):
        names = [e.symbol.name for e in walk(expr) if isinstance(e, Ref) and e.type.kind != "index"]
        name = names[0] if names else "x"
        return f"declare `{name}` as `{wanted}` if it is"
    return EDITS.get(wanted, "")


def _declaration(expr: Expr) -> tuple[Span, str] | None:
    for part in walk(expr):
        role = getattr(part.symbol, "role", "") if isinstance(part, Ref) else ""
        if isinstance(part, Ref) and role in ("latent", "param", "data", "argument"):
            return part.symbol.span, f"`{part.symbol.name}` is declared here"
    return None
