"""The functions and operators: one row each.

`shape` says how a function treats dims: `elementwise`; `reduce` (the last dim goes); `vector` (the
last dim stays); `forms` lists the dims that it takes and gives; `special` ones have their types
worked out by the checker. `kind` is the kind of the result, `join` the widest of the arguments',
`zeros` the same with zeros among them. `torch` is the spelling in the program, with the arguments
`{0}`, `{1}`, ... (`{0.atom}` where an operator or a method follows); `binds` names its outermost
operator where that is not a call: `sign` or `sum`. `smooth` is the kind on which value and
derivatives are finite: arguments of other kinds are kept away from the edges in branches of an
`if` that are not taken (`never`: of every kind). `named` are arguments given by name, scalars that
follow the others.
"""

import re

from genlang.lang.distributions import Parameter
from genlang.records import dataclass

Dims = tuple[str, ...]
MANY = 1000  # arguments


@dataclass(frozen=True, slots=True)
class Form:
    """The dims of the arguments and of the result, equal ones by one letter, and the spelling."""

    takes: tuple[Dims, ...]
    gives: Dims
    torch: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its name, least and greatest number of arguments, and spelling."""

    name: str
    low: int
    high: int
    shape: str
    kind: str
    torch: str
    binds: str = "atom"
    smooth: str = "real"
    forms: tuple[Form, ...] = ()
    named: tuple[Parameter, ...] = ()

    def form(self, ranks: tuple[int, ...]) -> Form | None:
        """Return the form whose arguments have so many dims."""
        for form in self.forms:
            if tuple(map(len, form.takes)) == ranks[: len(form.takes)]:
                return form
        return None


def _elementwise(kind: str, smooth: str = "real", **templates: str) -> list[Function]:
    return [
        Function(name, 1, 1, "elementwise", kind, text, smooth=smooth)
        for name, text in templates.items()
    ]


def _two(name: str, kind: str, torch: str, smooth: str = "real") -> Function:
    return Function(name, 2, 2, "elementwise", kind, torch, smooth=smooth)


def _dims(
    name: str, kind: str, forms: dict[str, str], named: tuple[Parameter, ...] = ()
) -> Function:
    """A function by its forms, `[D, D] [D] -> [D]`, each with its spelling."""
    found = []
    for text, torch in forms.items():
        *takes, gives = (
            tuple(part.split(", ")) if part else () for part in re.findall(r"\[(.*?)\]", text)
        )
        found.append(Form(tuple(takes), gives, torch))
    count = len(found[0].takes)
    return Function(name, count, count, "forms", kind, found[0].torch, "atom", "real",
                    tuple(found), named)  # fmt: skip


def _kernel(name: str, *more: Parameter) -> Function:
    """A covariance function of points, or of rows."""
    rest = ", ".join(f"{{{i}}}" for i in range(2, 4 + len(more)))
    forms = {
        "[N] [M] -> [N, M]": f"exact.{name}({{0.atom}}[..., None], {{1.atom}}[..., None], {rest})",
        "[N, D] [M, D] -> [N, M]": f"exact.{name}({{0}}, {{1}}, {rest})",
    }
    length, scale = Parameter("length", "positive"), Parameter("scale", "positive", default=1)
    return _dims(name, "real", forms, (length, scale, *more))


_ROWS = (
    # exp and its like overflow.
    *_elementwise("positive", "unit", exp="torch.exp({0})", cosh="torch.cosh({0})"),
    *_elementwise("real", "unit", expm1="torch.expm1({0})", sinh="torch.sinh({0})"),
    *_elementwise("positive", softplus="torch.nn.functional.softplus({0}, threshold=40.0)"),
    *_elementwise(
        "real",
        sin="torch.sin({0})", cos="torch.cos({0})", tan="torch.tan({0})", atan="torch.atan({0})",
        tanh="torch.tanh({0})", erf="torch.erf({0})", erfc="torch.erfc({0})",
        log_sigmoid="torch.nn.functional.logsigmoid({0})", sign="torch.sign({0})",
    ),
    *_elementwise(
        "real", "positive",
        log="torch.log({0})", lgamma="torch.lgamma({0})",
        digamma="torch.digamma({0})",
    ),
    *_elementwise("real", "nonneg", log1p="torch.log1p({0})"),
    # Nothing known of an argument keeps it off both ends.
    *_elementwise(
        "real", "never",
        asin="torch.asin({0})", acos="torch.acos({0})", logit="torch.logit({0})",
        normal_quantile="torch.special.ndtri({0})", log1m_exp="exact.log1m_exp({0})",
    ),
    *_elementwise("nonneg", "positive", sqrt="torch.sqrt({0})"),
    *_elementwise("square", square="torch.square({0})"),
    *_elementwise(
        "unit", sigmoid="torch.sigmoid({0})", normal_cdf="exact.normal_cdf({0})",
        inv_cloglog="exact.inv_cloglog({0})",
    ),
    *_elementwise("abs", abs="torch.abs({0})"),
    *_elementwise("bool", step="({0.atom} >= 0).long()"),
    *_elementwise(
        "int",
        floor="torch.floor({0}).long()", ceil="torch.ceil({0}).long()",
        round="torch.round({0}).long()",
    ),
    _two("atan2", "real", "torch.atan2({0}, {1})", "positive"),
    _two("logaddexp", "real", "torch.logaddexp({0}, {1})"),
    _two("lchoose", "real", "exact.lchoose({0}, {1})", "positive"),
    _two("lbeta", "real", "exact.lbeta({0}, {1})", "positive"),
    Function("clamp", 3, 3, "elementwise", "join", "exact.clamp({0}, {1}, {2})"),
    _two("min2", "join", "torch.minimum({0}, {1})"),
    _two("max2", "join", "torch.maximum({0}, {1})"),
    Function("sum", 1, 1, "reduce", "same", "{0.atom}.sum(-1)"),
    Function("prod", 1, 1, "reduce", "same", "{0.atom}.prod(-1)"),
    Function("mean", 1, 1, "reduce", "real", "{0.atom}.mean(-1)"),
    Function("sd", 1, 1, "reduce", "nonneg", "{0.atom}.std(-1)"),
    Function("var", 1, 1, "reduce", "nonneg", "{0.atom}.var(-1)"),
    Function("min", 1, 1, "reduce", "same", "{0.atom}.amin(-1)"),
    Function("max", 1, 1, "reduce", "same", "{0.atom}.amax(-1)"),
    Function("any", 1, 1, "reduce", "bool", "{0.atom}.any(-1).long()"),
    Function("all", 1, 1, "reduce", "bool", "{0.atom}.all(-1).long()"),
    Function("logsumexp", 1, 1, "reduce", "real", "exact.logsumexp({0}, -1)"),
    Function("norm", 1, 1, "reduce", "nonneg", "torch.linalg.vector_norm({0}, dim=-1)"),
    Function("normalize", 1, 1, "vector", "simplex", "exact.normalized({0})"),
    Function("softmax", 1, 1, "vector", "simplex", "torch.softmax({0}, -1)"),
    Function("log_softmax", 1, 1, "vector", "real", "torch.log_softmax({0}, -1)"),
    Function("cumsum", 1, 1, "vector", "same", "torch.cumsum({0}, -1)"),
    Function("cumprod", 1, 1, "vector", "same", "torch.cumprod({0}, -1)"),
    Function("sort", 1, 1, "vector", "same", "torch.sort({0}, -1).values"),
    _dims("dot", "real", {"[D] [D] -> []": "({0.atom} * {1.atom}).sum(-1)",
                          "[N, D] [N, D] -> [N]": "({0.atom} * {1.atom}).sum(-1)"}),
    _dims("outer", "product",
          {"[D] [E] -> [D, E]": "({0.atom}[..., :, None] * {1.atom}[..., None, :])"}),
    _dims("diag", "zeros", {"[D] -> [D, D]": "torch.diag_embed({0})",
                            "[N, D] -> [N, D, D]": "torch.diag_embed({0})"}),
    _dims("transpose", "same", {"[D, E] -> [E, D]": "{0.atom}.mT"}),
    # Of a singular matrix these two are not finite; torch's own raise in the middle of a search.
    _dims("inverse", "real", {"[D, D] -> [D, D]": "torch.linalg.inv_ex({0}).inverse"}),
    _dims("solve", "real",
          {"[D, D] [D] -> [D]": "torch.linalg.solve_ex({0}, {1.atom}[..., None]).result[..., 0]",
           "[D, D] [D, E] -> [D, E]": "torch.linalg.solve_ex({0}, {1}).result"}),
    _dims("det", "real", {"[D, D] -> []": "torch.linalg.det({0})"}),
    # The log of the absolute value.
    _dims("logdet", "real", {"[D, D] -> []": "torch.linalg.slogdet({0}).logabsdet"}),
    _dims("cholesky", "real", {"[D, D] -> [D, D]": "torch.linalg.cholesky({0})"}),
    _dims("matrix_exp", "real", {"[D, D] -> [D, D]": "torch.matrix_exp({0})"}),
    # By the lower triangle, whatever stands above it.
    _dims("solve_triangular", "real",
          {"[D, D] [D] -> [D]": "exact.solve_triangular({0}, {1.atom}[..., None])[..., 0]",
           "[D, D] [D, E] -> [D, E]": "exact.solve_triangular({0}, {1})"}),
    _dims("quad_form", "real",
          {"[D, D] [D] -> []": "exact.quad_form({0}, {1.atom}[..., None])[..., 0, 0]",
           "[D, D] [D, E] -> [E, E]": "exact.quad_form({0}, {1})"}),
    # (x, at, values): through the points (at[k], values[k]), constant beyond the ends.
    _dims("interpolate", "between",
          {"[] [K] [K] -> []": "exact.interpolate({0.atom}[..., None], {1}, {2})[..., 0]",
           "[N] [K] [K] -> [N]": "exact.interpolate({0}, {1}, {2})"}),
    _kernel("rbf"),
    _kernel("matern32"),
    _kernel("matern52"),
    _kernel("periodic", Parameter("period", "positive")),
    Function("eye", 1, 1, "special", "real", "torch.eye({0})"),
    Function("ones", 1, 3, "special", "positive", "torch.ones({*})"),
    Function("zeros", 1, 3, "special", "nonneg", "torch.zeros({*})"),
    Function("full", 2, 2, "special", "same", "torch.full([{0}], {1})"),
    Function("linspace", 3, 3, "special", "between", "exact.linspace({0}, {1}, {2})"),
    Function("concat", 1, MANY, "special", "join", "exact.concat([{*}], {rank})"),
    Function("stack", 1, MANY, "special", "join", ""),  # `[a, b]`
    Function("size", 1, 1, "special", "count", "{0.atom}.shape[-{rank}]"),
    Function("one_hot", 2, 2, "special", "unit", "exact.one_hot({0}, {1})"),
    *(
        Function(op, 2, 2, "elementwise", "real", f"({{0}} {op} {{1}})")
        for op in ("+", "-", "*", "/", "@", "^", "%")
    ),
    *(
        Function(op, 2, 2, "elementwise", "bool", f"({{0}} {op} {{1}})")
        for op in ("==", "!=", "<", "<=", ">", ">=", "and", "or")
    ),
    Function("not", 1, 1, "elementwise", "bool", "(~{0})"),
    Function("neg", 1, 1, "elementwise", "real", "(-{0})"),
)  # fmt: skip

FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}
CONSTANTS = {"pi": 3.141592653589793, "inf": float("inf")}
