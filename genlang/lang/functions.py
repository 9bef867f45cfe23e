"""The functions and operators: one row each.

`shape` says how a function treats dims: `elementwise`; `reduce` (the last dim goes); `vector` (the
last dim stays); `special` ones have their types worked out by the checker. `kind` is the kind of
the result, `join` the widest of the arguments'. `torch` is the spelling in the program, with the
arguments `{0}`, `{1}`, ... (`{0.atom}` where an operator or a method follows); `binds` names its
outermost operator where that is not a call: `sign` or `sum`.
"""

from dataclasses import dataclass


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


def _elementwise(kind: str, **templates: str) -> list[Function]:
    return [Function(name, 1, 1, "elementwise", kind, t) for name, t in templates.items()]


_ROWS = (
    *_elementwise("positive", exp="torch.exp({0})", cosh="torch.cosh({0})"),
    *_elementwise("positive", softplus="torch.nn.functional.softplus({0})"),
    *_elementwise(
        "real",
        log="torch.log({0})", log1p="torch.log1p({0})", expm1="torch.expm1({0})",
        sin="torch.sin({0})", cos="torch.cos({0})", tan="torch.tan({0})", asin="torch.asin({0})",
        acos="torch.acos({0})", atan="torch.atan({0})", sinh="torch.sinh({0})",
        tanh="torch.tanh({0})", logit="torch.logit({0})", erf="torch.erf({0})",
        erfc="torch.erfc({0})", lgamma="torch.lgamma({0})", digamma="torch.digamma({0})",
        log_sigmoid="torch.nn.functional.logsigmoid({0})", sign="torch.sign({0})",
        normal_quantile="torch.special.ndtri({0})",
    ),
    *_elementwise("nonneg", sqrt="torch.sqrt({0})", square="torch.square({0})"),
    *_elementwise("unit", sigmoid="torch.sigmoid({0})", normal_cdf="torch.special.ndtr({0})"),
    Function("inv_cloglog", 1, 1, "elementwise", "unit", "-torch.expm1(-torch.exp({0}))", "sign"),
    Function("abs", 1, 1, "elementwise", "abs", "torch.abs({0})"),
    *_elementwise(
        "int",
        floor="torch.floor({0}).long()", ceil="torch.ceil({0}).long()",
        round="torch.round({0}).long()",
    ),
    Function("atan2", 2, 2, "elementwise", "real", "torch.atan2({0}, {1})"),
    Function("logaddexp", 2, 2, "elementwise", "real", "torch.logaddexp({0}, {1})"),
    Function(
        "lchoose", 2, 2, "elementwise", "real",
        "torch.lgamma({0} + 1.0) - torch.lgamma({1} + 1.0) - torch.lgamma({0} - {1.atom} + 1.0)", "sum",
    ),
    Function(
        "lbeta", 2, 2, "elementwise", "real",
        "torch.lgamma({0}) + torch.lgamma({1}) - torch.lgamma({0} + {1})", "sum",
    ),
    Function("clamp", 3, 3, "elementwise", "real", "torch.clamp({0}, {1}, {2})"),
    Function("min2", 2, 2, "elementwise", "join", "torch.minimum({0}, {1})"),
    Function("max2", 2, 2, "elementwise", "join", "torch.maximum({0}, {1})"),
    Function("sum", 1, 1, "reduce", "same", "{0.atom}.sum(-1)"),
    Function("prod", 1, 1, "reduce", "same", "{0.atom}.prod(-1)"),
    Function("mean", 1, 1, "reduce", "real", "{0.atom}.double().mean(-1)"),
    Function("sd", 1, 1, "reduce", "nonneg", "{0.atom}.double().std(-1)"),
    Function("var", 1, 1, "reduce", "nonneg", "{0.atom}.double().var(-1)"),
    Function("min", 1, 1, "reduce", "same", "{0.atom}.amin(-1)"),
    Function("max", 1, 1, "reduce", "same", "{0.atom}.amax(-1)"),
    Function("logsumexp", 1, 1, "reduce", "real", "torch.logsumexp({0}, -1)"),
    Function("norm", 1, 1, "reduce", "nonneg", "torch.linalg.vector_norm({0}, dim=-1)"),
    Function("softmax", 1, 1, "vector", "simplex", "torch.softmax({0}, -1)"),
    Function("log_softmax", 1, 1, "vector", "real", "torch.log_softmax({0}, -1)"),
    Function("cumsum", 1, 1, "vector", "same", "torch.cumsum({0}, -1)"),
    Function("sort", 1, 1, "vector", "same", "torch.sort({0}, -1).values"),
    Function("dot", 2, 2, "special", "real", "({0.atom} * {1.atom}).sum(-1)"),
    Function("diag", 1, 1, "special", "real", "torch.diag_embed({0})"),
    Function("transpose", 1, 1, "special", "real", "{0.atom}.mT"),
    Function("inverse", 1, 1, "special", "real", "torch.linalg.inv({0})"),
    Function("cholesky", 1, 1, "special", "real", "torch.linalg.cholesky({0})"),
    Function("outer", 2, 2, "special", "real", "({0.atom}[..., :, None] * {1.atom}[..., None, :])"),
    Function("eye", 1, 1, "special", "real", "torch.eye({0})"),
    Function("ones", 1, 3, "special", "positive", "torch.ones({*})"),
    Function("zeros", 1, 3, "special", "nonneg", "torch.zeros({*})"),
    Function("full", 2, 2, "special", "same", "torch.full([{0}], {1})"),
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
