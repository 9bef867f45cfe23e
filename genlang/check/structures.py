"""Structured sets through expressions: what is known of the last dims of a value.

    softmax(x)        -->  simplex     corr * outer(s, s)  -->  cov
    a @ transpose(a)  -->  psd         cumsum(exp(x))      -->  positive_ordered

Beside the written types there are `psd` (symmetric, no negative eigenvalue), `diagonal` (with
positive numbers) and `identity`. Nothing is said where a set cannot be shown.
"""

from genlang.check.kinds import inside
from genlang.check.model import (
    Apply,
    Const,
    Expr,
    Extent,
    Index,
    Slice,
    Type,
)
from genlang.lang.types import SQUARE

# Each set with those that hold it.
WITHIN: dict[str, frozenset[str]] = {
    "identity": frozenset({"corr", "cov", "cholesky_corr", "cholesky_cov", "psd", "diagonal"}),
    "diagonal": frozenset({"cov", "cholesky_cov", "psd"}),
    "corr": frozenset({"cov", "psd"}),
    "cov": frozenset({"psd"}),
    "cholesky_corr": frozenset({"cholesky_cov"}),
    "positive_ordered": frozenset({"ordered"}),
}
MATRICES = SQUARE | {"psd", "diagonal", "identity"}
# Functions that grow with their argument, whatever it is.
GROWING = frozenset({
    "exp", "expm1", "sinh", "softplus", "atan", "tanh", "erf", "log_sigmoid", "sigmoid", "log",
    "normal_cdf", "inv_cloglog", "log1p", "sqrt", "logit", "normal_quantile",
})  # fmt: skip
KERNELS = frozenset({"rbf", "matern32", "matern52", "periodic"})


def is_in(kind: Type, wanted: str) -> bool:
    """Whether a value of this type is known to lie in a set."""
    return kind.structure == wanted or wanted in WITHIN.get(kind.structure, ())


def applied(name: str, given: tuple[Expr, ...], dims: tuple[Extent, ...]) -> str:
    """Return the set of what a function or an operator makes of its arguments, "" for any."""
    first = given[0]
    match name:
        case "softmax" | "one_hot":
            return "simplex"
        case "normalize":
            return "simplex" if inside(first, "nonneg") else ""
        case "cumsum":
            return "positive_ordered" if inside(first, "positive") else ""
        case "sort":
            return "positive_ordered" if inside(first, "positive") else "ordered"
        case "neg" if first.type.structure in ("unit_vector", "baseline", "zero_sum"):
            return first.type.structure
        case _ if name in GROWING and is_in(first.type, "ordered"):
            return "positive_ordered" if name in ("exp", "softplus", "sigmoid") else "ordered"
        case _ if name in KERNELS:
            return "psd" if given[0] == given[1] else ""
        case "+" | "-" | "*" | "/" if dims:
            return _arithmetic(name, given[0], given[1])
        case _:
            return _matrix(name, given)


# -- Matrices ---------------------------------------------------------------------------------


def _matrix(name: str, given: tuple[Expr, ...]) -> str:
    one = given[0].type
    match name:
        case "eye":
            return "identity"
        case "diag":
            return "diagonal" if inside(given[0], "positive") else ""
        case "cholesky" if is_in(one, "corr"):
            return "cholesky_corr"
        case "cholesky":
            return "cholesky_cov"
        case "transpose" if is_in(one, "psd"):
            return one.structure
        case "inverse" if is_in(one, "cov"):
            return "diagonal" if is_in(one, "diagonal") else "cov"
        case "inverse" if is_in(one, "cholesky_cov"):
            return "cholesky_cov"
        case "outer" if given[0] == given[1]:
            return "psd"
        case "quad_form" if is_in(one, "psd") and len(given[1].type.dims) == 2:
            full = is_in(given[1].type, "cholesky_cov") or is_in(given[1].type, "cov")
            return "cov" if full and is_in(one, "cov") else "psd"
        case "@":
            return _product(given[0], given[1])
        case _:
            return ""


def _product(left: Expr, right: Expr) -> str:
    if left.type.structure == right.type.structure == "simplex" and len(right.type.dims) == 2:
        return "simplex"
    if len(left.type.dims) != 2 or len(right.type.dims) != 2:
        return ""
    if is_in(left.type, "diagonal") and is_in(right.type, "diagonal"):
        return "diagonal"
    if _transposed(left, right) or _transposed(right, left):
        square = left if not _is_transpose(left) else right
        if is_in(square.type, "cholesky_corr") and square is left:
            return "corr"
        invertible = is_in(square.type, "cholesky_cov") or is_in(square.type, "cov")
        return "cov" if invertible else "psd"
    match left:
        case Apply(function="@", arguments=(outer, middle)) if _mirrored(outer, right):
            full = is_in(outer.type, "cholesky_cov") or is_in(right.type, "cholesky_cov")
            if is_in(middle.type, "cov") and full:
                return "cov"
            return "psd" if is_in(middle.type, "psd") else ""
        case _:
            pass
    lower = is_in(left.type, "cholesky_cov") and is_in(right.type, "cholesky_cov")
    return "cholesky_cov" if lower else ""


def _is_transpose(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.function == "transpose"


def _transposed(one: Expr, other: Expr) -> bool:
    """Whether one is the transpose of the other."""
    return isinstance(one, Apply) and one.function == "transpose" and one.arguments[0] == other


def _mirrored(one: Expr, other: Expr) -> bool:
    """Whether the two sides of `d @ m @ d` are transposes of each other."""
    same = one == other and is_in(one.type, "psd")
    return same or _transposed(one, other) or _transposed(other, one)


# -- Arithmetic -------------------------------------------------------------------------------


def _arithmetic(sign: str, left: Expr, right: Expr) -> str:
    if left.type.dims and right.type.dims:
        return _of_two(sign, left, right)
    array, number = (left, right) if left.type.dims else (right, left)
    kind, positive = array.type, inside(number, "positive")
    if sign == "/" and array is right:
        return ""
    match sign:
        case "*" | "/" if kind.structure in ("baseline", "zero_sum"):
            return kind.structure
        case "*" | "/" if positive and kind.structure in MATRICES:
            scaled = {"corr": "cov", "cholesky_corr": "cholesky_cov", "identity": "diagonal"}
            return scaled.get(kind.structure, kind.structure)
        case "*" if inside(number, "nonneg") and is_in(kind, "psd"):
            return "psd"
        case "*" | "/" if positive and is_in(kind, "ordered"):
            return kind.structure
        case "+" if is_in(kind, "positive_ordered") and inside(number, "nonneg"):
            return "positive_ordered"
        case "+" if is_in(kind, "ordered"):
            return "ordered"
        case "-" if is_in(kind, "ordered") and array is left:
            return "ordered"
        case _:
            return ""


def _of_two(sign: str, left: Expr, right: Expr) -> str:
    one, two = left.type, right.type
    match sign:
        case "+" if is_in(one, "diagonal") and is_in(two, "diagonal"):
            return "diagonal"
        case "+" if is_in(one, "psd") and is_in(two, "psd"):
            return "cov" if is_in(one, "cov") or is_in(two, "cov") else "psd"
        case "+" if is_in(one, "ordered") and is_in(two, "ordered"):
            both = is_in(one, "positive_ordered") and is_in(two, "positive_ordered")
            return "positive_ordered" if both else "ordered"
        case "+" | "-" if one.structure == two.structure and one.structure in (
            "baseline", "zero_sum"
        ):  # fmt: skip
            return one.structure
        case "*" if is_in(one, "psd") and is_in(two, "psd"):
            # Schur's product: positive definite if one is and the other's diagonal is positive.
            for a, b in ((left, right), (right, left)):
                if is_in(a.type, "cov") and (is_in(b.type, "cov") or inside(b, "positive")):
                    return "cov"
            return "psd"
        case "*" if "baseline" in (one.structure, two.structure):
            return "baseline"
        case _:
            return ""


def shifted(sign: str, left: Expr, right: Expr) -> str:
    """The set of `v - v[0]`, `v / norm(v)` and `v / sum(v)`, "" for other pairs."""
    match right:
        case Index(base=base, subscripts=(Const(value=0),)) if sign == "-" and base == left:
            return "baseline"
        case Apply(function="norm", arguments=(vector,)) if sign == "/" and vector == left:
            return "unit_vector"
        case Apply(function="sum", arguments=(vector,)) if sign == "/" and vector == left:
            return "simplex" if inside(left, "nonneg") else ""
        case _:
            return ""


# -- Subscripts -------------------------------------------------------------------------------


def indexed(base: Expr, subs: tuple[Expr | Slice, ...]) -> str:
    """The set of what subscripts leave of an array, the axes of which end with those of the set."""
    name = base.type.structure
    if not name:
        return ""
    own = 2 if name in MATRICES else 1
    start = len(base.type.dims) - own
    cut = [s for s in subs[start:] if not (isinstance(s, Slice) and s.start is s.stop is None)]
    if not cut:
        return name
    if own == 2 and len(subs) == start + 1 and not isinstance(cut[0], Slice):
        return "unit_vector" if name == "cholesky_corr" else ""
    if own == 1 and isinstance(cut[0], Slice) and name in ("ordered", "positive_ordered"):
        return name
    return ""
