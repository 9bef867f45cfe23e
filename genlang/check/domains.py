"""Whether a parameter's values lie in its domain: proved, refuted, or neither.

Where the support of an argument is exact and leaves the domain, that is an error; where inference
only bounds it, a warning.
"""

from itertools import product

from genlang.check.interval import Interval
from genlang.check.kinds import inside
from genlang.check.model import Array, Const, Expr, Forward, Index, Ref, Symbol, Type, Variable
from genlang.check.scope import Scope
from genlang.check.shapes import show
from genlang.check.simplex import increases, simplex
from genlang.check.structures import is_in
from genlang.check.supports import of_kind, support
from genlang.check.walk import substitute, symbols, walk
from genlang.lang.distributions import DISTRIBUTIONS, Parameter
from genlang.lang.types import INTEGERS, SQUARE
from genlang.source import Span

WORDS = {
    "positive": "must be positive",
    "nonneg": "must not be negative",
    "unit": "must be between 0 and 1",
    "count": "must be a count (0, 1, 2, ...)",
    "int": "must be an int",
    "bool": "must be true or false",
}
# What vectors and matrices of a domain do, and expressions that are known to do it.
SETS = {
    "ordered": ("increase", "an `ordered[K]` does, and so does `cumsum` of positive numbers"),
    "cov": (
        "be symmetric and positive definite",
        "`l @ transpose(l)` of a `cholesky_cov` is, and so is `r * outer(s, s)` of a `corr`",
    ),
    "cholesky_cov": (
        "be lower triangular with a positive diagonal",
        "`cholesky(s)` is, and so is `diag(s) @ l` of a `cholesky_corr`",
    ),
}
# How a matrix of one domain is made of the types of the other.
MADE = {
    "cov": ("{0} @ transpose({0})", ("cov", "corr")),
    "cholesky_cov": ("cholesky({0})", ("cholesky_cov", "cholesky_corr")),
}
FEW = 4  # so many names are tried value by value
EDITS = {
    "positive": "`exp(...)` makes it positive; a prior such as `HalfNormal` or `Exponential` is",
    "nonneg": "`exp(...)` makes it positive; a prior such as `HalfNormal` or `Exponential` is",
    "unit": "`sigmoid(...)` maps it into (0, 1), or give it as `logits=`; a `Beta` prior is inside",
}


def domain(expr: Expr, p: Parameter, law: str, span: Span, scope: Scope) -> bool:
    """Check one argument of a distribution; returns whether its values are proved to be inside."""
    if p.domain == "simplex":
        return simplex(expr, f"`{p.name}` of `{law}`", span, scope)
    if p.domain in SETS:
        return _structured(expr, p, law, span, scope)
    if law == "Delta" and p.domain in WORDS and not _whole(expr, p.domain):
        scope.fail("E408", f"`{p.name}` of `{law}` {WORDS[p.domain]}, this is {expr.type.kind}",
                   span, why="a density is 0 or infinite where a real number is certain",
                   help=f"name it: `let ... = {scope.text(span)}`",
                   second=_declaration(expr))  # fmt: skip
    return within(expr, p.domain, f"`{p.name}` of `{law}`", span, scope)


def _whole(expr: Expr, kind: str) -> bool:
    """Whether an expression may be of a kind of whole numbers."""
    return kind not in INTEGERS or expr.type.kind in INTEGERS or isinstance(expr, Const)


def within(expr: Expr, kind: str, what: str, span: Span, scope: Scope) -> bool:
    """Check that values are of a scalar kind; returns whether it is proved.

    What is refuted is an error, what is not proved a warning.
    """
    if kind not in WORDS or inside(expr, kind):
        return True
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
        return True
    edge = values.within(wanted.closed())
    if _by_value(expr, wanted, scope):
        return True
    if edge and not values.given and expr.type.kind not in INTEGERS and not isinstance(expr, Const):
        # A continuous value meets the end of the domain with probability 0.
        return True
    why = f"this can be {values.show(whole=expr.type.kind in INTEGERS)}"
    if isinstance(expr, Const):
        scope.fail("E408", message, span, why=f"this is {expr.value}")
    if scope.guarded or not values.exact or (edge and values.given):
        scope.warn("W408", f"{message}, which is not certain here", span,
                   why=f"as far as can be told, {why}")  # fmt: skip
        return False
    scope.fail("E408", message, span, why=why, help=_edit(expr, kind, values),
               second=_declaration(expr))  # fmt: skip


def _structured(expr: Expr, p: Parameter, law: str, span: Span, scope: Scope) -> bool:
    """A vector or a matrix: the type of a declared name says what it is; numbers are checked later.

    Of other expressions that are not known to lie in the set those of unknowns get a warning.
    """
    wanted, words = p.domain, SETS[p.domain][0]
    let = expr.symbol if isinstance(expr, Ref) else None
    whole = scope.lets.get(let, expr) if isinstance(let, Variable) else expr
    if is_in(expr.type, wanted) or is_in(whole.type, wanted):
        return True
    if wanted == "ordered" and (increases(whole, scope) or len(_items(whole)) == 1):
        return True
    base = expr.base if isinstance(expr, Index) and not _cut(expr) else expr
    variable = base.symbol if isinstance(base, Ref) else None
    declared = isinstance(variable, Variable) and (
        variable.role in ("param", "latent") or (variable.role == "data" and expr.type.structure)
    )
    if isinstance(variable, Variable) and declared:
        scope.fail("E408", f"`{p.name}` of `{law}` must {words}", span,
                   why=f"`{variable.name}` is of type `{_type(expr)}`",
                   help=_other_type(expr, variable, p, law, span, scope),
                   second=(variable.span, f"`{variable.name}` is declared here"))  # fmt: skip
    if all(isinstance(i, Const) for i in _items(whole)) and _items(whole):
        scope.fail("E408", f"`{p.name}` of `{law}` must {words}", span)
    if scope.unknowns(symbols(expr)):
        scope.warn("W408", f"`{p.name}` of `{law}` must {words}, which is not certain here", span,
                   help=SETS[wanted][1])  # fmt: skip
        return False
    return True


def _items(expr: Expr) -> tuple[Expr, ...]:
    """The items of a list of numbers."""
    return expr.items if isinstance(expr, Array) and not expr.loops else ()


def _cut(expr: Index) -> bool:
    """Whether subscripts take a part of the last axes of what they read."""
    own = len(expr.type.dims)
    return expr.type.dims != expr.base.type.dims[len(expr.base.type.dims) - own :]


def _type(expr: Expr) -> str:
    kind = expr.type.structure or expr.type.kind
    square = expr.type.structure in SQUARE
    return kind + show(expr.type.dims[-1:] if square else expr.type.dims)


def _other_type(
    expr: Expr, variable: Variable, p: Parameter, law: str, span: Span, scope: Scope
) -> str:
    """What to write where a declared name has another type than a parameter wants."""
    kind = expr.type.structure
    other = next((n for n, (_, made) in MADE.items() if kind in made), "")
    beside = (q for form in DISTRIBUTIONS[law].forms for q in form.parameters)
    name = next((q.name for q in beside if q.domain == other), "")
    if name and p.domain in MADE:
        return f"write `{name}={scope.text(span)}`"
    if other and p.domain in MADE:
        return f"write `{MADE[p.domain][0].format(scope.text(span))}`"
    if variable.role == "latent" and law == "MultivariateNormal":
        return "`MultivariateNormal` takes a `LKJCholesky` draw, scaled, as `scale_tril=`"
    return f"declare `{variable.name}` as `{p.domain}{show(expr.type.dims[-1:])}`"


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
    base = expr.base if isinstance(expr, Index) else expr
    if isinstance(base, Forward):
        name = f"the output `{base.output}` of `{base.net.name}`" if base.output else (
            f"what `{base.net.name}` gives"
        )  # fmt: skip
        return f"declare {name} as `{wanted}{show(base.type.dims) if base.type.dims else ''}`"
    if values.given and wanted in ("positive", "nonneg", "unit", "count"):
        names = [e.symbol.name for e in walk(expr) if isinstance(e, Ref) and e.type.kind != "index"]
        name = names[0] if names else "x"
        return f"declare `{name}` as `{wanted}` if it is"
    return EDITS.get(wanted, "")


def _declaration(expr: Expr) -> tuple[Span, str] | None:
    for part in walk(expr):
        if isinstance(part, Forward):
            return part.net.span, f"`{part.net.name}` is declared here"
        role = getattr(part.symbol, "role", "") if isinstance(part, Ref) else ""
        if isinstance(part, Ref) and role in ("latent", "param", "data", "argument"):
            return part.symbol.span, f"`{part.symbol.name}` is declared here"
    return None
