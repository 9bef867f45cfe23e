"""Distribution expressions of the AST -> laws of the Model, and the type of one draw."""

from dataclasses import replace

from genlang.check.expressions import as_extent, expression
from genlang.check.kinds import inside, join
from genlang.check.model import (
    Apply,
    Choice,
    Const,
    Dim,
    Distribution,
    Expr,
    Index,
    Law,
    Loop,
    Ref,
    Type,
)
from genlang.check.scope import Scope
from genlang.check.shapes import same, show
from genlang.diagnostics import suggest
from genlang.lang.distributions import DISTRIBUTIONS, Form, Parameter, Row
from genlang.source import Span
from genlang.syntax import nodes

FOREIGN = {
    "normal": "Normal", "norm": "Normal", "dnorm": "Normal", "bernoulli": "Bernoulli",
    "dbern": "Bernoulli", "categorical": "Categorical", "dcat": "Categorical",
    "poisson": "Poisson", "dpois": "Poisson", "gamma": "Gamma", "dgamma": "Gamma",
    "beta": "Beta", "dbeta": "Beta", "uniform": "Uniform", "dunif": "Uniform",
    "binomial": "Binomial", "dbin": "Binomial", "exponential": "Exponential",
    "dirichlet": "Dirichlet", "ddirch": "Dirichlet", "multi_normal": "MultivariateNormal",
    "MvNormal": "MultivariateNormal", "student_t": "StudentT", "cauchy": "Cauchy",
    "BernoulliLogit": "Bernoulli(logits=...)", "bernoulli_logit": "Bernoulli(logits=...)",
    "lkj_corr_cholesky": "LKJCholesky", "std_normal": "Normal(0, 1)",
}  # fmt: skip


def law(node: nodes.Expr, unnamed: tuple[Loop, ...], scope: Scope) -> tuple[Law, Type]:
    """Type a distribution; parameters with the statement's unnamed dims are read cell by cell."""
    match node:
        case nodes.Ternary(span=span):
            condition = expression(node.condition, scope)
            condition = cell(condition, 0, unnamed, scope)
            then, one = law(node.then, unnamed, scope)
            otherwise, two = law(node.otherwise, unnamed, scope)
            if len(one.dims) != len(two.dims):
                scope.fail("E401", "the two distributions draw values of different dims", span)
            kind = _wider(one, two)
            return Choice(condition, then, otherwise, span), kind
        case nodes.Call(function=nodes.Name(name=name)) if name in DISTRIBUTIONS:
            return _distribution(node, DISTRIBUTIONS[name], unnamed, scope)
        case nodes.Call(function=nodes.Name(name=name, span=where)):
            edit = f"write `{FOREIGN[name]}`" if name in FOREIGN else suggest(name, DISTRIBUTIONS)
            scope.fail("E402", f"there is no distribution `{name}`", where, help=edit)
        case nodes.Name(name=name, span=where) if name in DISTRIBUTIONS:
            scope.fail("E402", f"`{name}` wants its parameters", where, help=f"`{name}(...)`")
        case _:
            scope.fail("E402", "a distribution must stand here", node.span)


def _wider(one: Type, two: Type) -> Type:
    if one.dim is two.dim:
        a, b = (Ref(Dim(""), replace(t, dims=())) for t in (one, two))
        return replace(one, kind=one.kind if one.kind == two.kind else join((a, b)))
    return replace(one, kind="count", dim=None)


def _distribution(
    node: nodes.Call, row: Row, unnamed: tuple[Loop, ...], scope: Scope
) -> tuple[Distribution, Type]:
    if row.name in scope.names:
        place = (scope.names[row.name].span, "declared here")
        scope.fail("E208", f"`{row.name}` is a declared name and hides the distribution",
                   node.span, second=place)  # fmt: skip
    if row.name == "DiscreteUniform" and len(node.arguments) == 1:
        return _uniform_over(node, scope)
    given = _match_arguments(node, row, scope)
    bounds = {k: given.pop(k) for k in ("lower", "upper") if k in given}
    if bounds and not (row.truncates or row.name == "Flat"):
        scope.fail("E403", f"`{row.name}` cannot be truncated", node.span)
    form = _form(node, row, set(given), scope)
    parameters: list[tuple[str, Expr]] = []
    for p in form.parameters:
        if p.name in given:
            expr = _parameter(expression(given[p.name].value, scope), p, row, unnamed, scope)
            parameters.append((p.name, expr))
    ends = [
        cell(expression(bounds[k].value, scope), 0, unnamed, scope) if k in bounds else None
        for k in ("lower", "upper")
    ]
    found = Distribution(row.name, tuple(parameters), ends[0], ends[1], "", node.span)
    return found, _drawn(row, dict(parameters), ends, scope)


def _uniform_over(node: nodes.Call, scope: Scope) -> tuple[Distribution, Type]:
    over = expression(node.arguments[0].value, scope)
    if not (isinstance(over, Ref) and isinstance(over.symbol, Dim)):
        scope.fail("E404", "`DiscreteUniform` wants a dim, or a low and a high end", node.span)
    count = Type("count")
    high = Apply("-", (over, Const(1, count)), count)
    low = Const(0, count)
    found = Distribution("DiscreteUniform", (("low", low), ("high", high)), span=node.span)
    return found, Type("index", dim=over.symbol)


def _match_arguments(node: nodes.Call, row: Row, scope: Scope) -> dict[str, nodes.Argument]:
    names = {p.name for f in row.forms for p in f.parameters}
    if row.truncates or row.name == "Flat":
        names |= {"lower", "upper"}
    result: dict[str, nodes.Argument] = {}
    canonical = row.forms[0].parameters
    for i, a in enumerate(node.arguments):
        if a.name is None:
            if i >= row.positional:
                wanted = ", ".join(f"{p.name}=" for p in canonical)
                scope.fail("E404", f"`{row.name}` takes its parameters by name", a.span,
                           help=f"`{row.name}({wanted})`")  # fmt: skip
            result[canonical[i].name] = a
        elif a.name not in names:
            scope.fail("E404", f"`{row.name}` has no parameter `{a.name}`", a.span,
                       help=suggest(a.name, names) or "it has " + ", ".join(sorted(names)))  # fmt: skip
        elif a.name in result:
            scope.fail("E404", f"`{a.name}` is given twice", a.span)
        else:
            result[a.name] = a
    return result


def _form(node: nodes.Call, row: Row, given: set[str], scope: Scope) -> Form:
    for form in row.forms:
        names = {p.name for p in form.parameters}
        if given <= names and {p.name for p in form.parameters if p.default is None} <= given:
            return form
    ways = " or ".join(f"{row.name}({', '.join(p.name for p in f.parameters)})" for f in row.forms)
    scope.fail("E404", f"`{row.name}` lacks a parameter, or has two that exclude each other",
               node.span, help=f"write {ways}")  # fmt: skip


def _parameter(expr: Expr, p: Parameter, row: Row, unnamed: tuple[Loop, ...], scope: Scope) -> Expr:
    if len(expr.type.dims) < p.rank:
        what = ("a scalar", "a vector", "a matrix")[p.rank]
        scope.fail("E405", f"`{p.name}` of `{row.name}` is {what}, this is {show(expr.type.dims)}",
                   expr.span)  # fmt: skip
    result = cell(expr, p.rank, unnamed, scope)
    _domain(result, p, row, expr.span, scope)
    return result


def cell(expr: Expr, rank: int, unnamed: tuple[Loop, ...], scope: Scope) -> Expr:
    """Read a parameter in the loops of the unnamed dims: `(alpha + x @ beta)[i]`."""
    batch = expr.type.dims[: len(expr.type.dims) - rank]
    if not batch:
        return expr
    wanted = tuple(loop.extent for loop in unnamed)
    if len(batch) != len(wanted) or not all(map(same, batch, wanted)):
        scope.fail(
            "E406",
            f"this has dims {show(batch)}, the statement {'draws ' + show(wanted)}",
            expr.span,
            why="what a parameter has beyond one draw must be exactly the unnamed dims",
        )
    subs = tuple(Ref(loop, Type("index", dim=loop.extent.dim)) for loop in unnamed)
    rest = replace(expr.type, dims=expr.type.dims[len(batch) :])
    return Index(expr, subs, rest, expr.span)


EDITS = {
    "positive": "`exp(...)` makes it positive; a prior such as `HalfNormal` or `Exponential` is",
    "nonneg": "`exp(...)` makes it positive; a prior such as `HalfNormal` or `Exponential` is",
    "unit": "`sigmoid(...)` maps it into (0, 1), or give it as `logits=`; a `Beta` prior is inside",
}


def _domain(expr: Expr, p: Parameter, row: Row, span: Span, scope: Scope) -> None:
    if p.domain == "simplex":
        simplex = expr.type.structure == "simplex" or not _certain(expr)
        if not simplex:
            scope.fail("E407", f"`{p.name}` of `{row.name}` must add up to 1", span,
                       help="use `weights=` or `logits=`, or a `simplex[K]` value")  # fmt: skip
        return
    if inside(expr, p.domain) or not _certain(expr):
        return
    scope.fail(
        "E408",
        f"`{p.name}` of `{row.name}` must be {p.domain}, this is {expr.type.kind}",
        span,
        why="its values can leave the domain",
        help=EDITS.get(p.domain, ""),
    )


def _certain(expr: Expr) -> bool:
    """Whether the support of an expression is exact: a number, or a declared name's cell."""
    match expr:
        case Const():
            return True
        case Index(base=base):
            return _certain(base)
        case Ref(symbol=symbol):
            return getattr(symbol, "role", "") in ("latent", "param")
        case _:
            return False


def _drawn(row: Row, given: dict[str, Expr], ends: list[Expr | None], scope: Scope) -> Type:
    """The type of one draw."""
    match row.name:
        case "Categorical":
            extent = next(iter(given.values())).type.dims[-1]
            return Type("index", dim=extent.dim) if extent.dim is not None else Type("count")
        case "DiscreteUniform":
            ints = inside(given["low"], "count")
            return Type("count" if ints else "int")
        case "LKJCholesky":
            extent = as_extent(given["dim"], scope)
            return Type("real", (extent, extent), structure="cholesky_corr")
        case "Dirichlet":
            return Type("unit", given["concentration"].type.dims[-1:], structure="simplex")
        case "Uniform" | "Normal" | "Cauchy" | "Flat" | "Laplace" | "Logistic":
            return Type(_bounded(row.name, given, ends))
    if row.rank:
        vector = next(e for e in given.values() if e.type.dims)
        return Type(row.kind, vector.type.dims[-row.rank :])
    return Type(row.kind)


def _bounded(name: str, given: dict[str, Expr], ends: list[Expr | None]) -> str:
    low, high = ends
    if name == "Uniform":
        low, high = given["low"], given["high"]
    if low is None or not inside(low, "nonneg"):
        return "real"
    if high is not None and inside(high, "unit"):
        return "unit"
    return "positive"
