"""The functions in words: how each is called, and what it gives."""

from genlang.lang.functions import FUNCTIONS, Function

# Operators have other spellings; `min` and `max` of two values are told beside those of arrays.
UNNAMED = frozenset({
    "+", "-", "*", "/", "@", "^", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or", "not", "neg",
    "min2", "max2",
})  # fmt: skip

CALLS = {
    "exp(x)": "e^x",
    "expm1(x)": "e^x - 1, accurate near 0",
    "log(x)": "natural logarithm",
    "log1p(x)": "log(1 + x), accurate near 0",
    "sqrt(x)": "square root",
    "square(x)": "x^2",
    "abs(x)": "absolute value",
    "sign(x)": "-1, 0 or 1",
    "step(x)": "1 where x >= 0, else 0",
    "floor(x)": "the int below",
    "ceil(x)": "the int above",
    "round(x)": "the nearest int, of two the even one",
    "clamp(x, low, high)": "x, or the end that it passes",
    "sin(x)": "sine of an angle in radians",
    "cos(x)": "cosine",
    "tan(x)": "tangent",
    "asin(x)": "inverse sine",
    "acos(x)": "inverse cosine",
    "atan(x)": "inverse tangent",
    "atan2(y, x)": "angle of the point (x, y)",
    "sinh(x)": "hyperbolic sine",
    "cosh(x)": "hyperbolic cosine",
    "tanh(x)": "hyperbolic tangent",
    "sigmoid(x)": "1 / (1 + exp(-x)), the inverse of `logit`",
    "logit(p)": "log(p / (1 - p))",
    "log_sigmoid(x)": "log(sigmoid(x)), accurate in both tails",
    "inv_cloglog(x)": "1 - exp(-exp(x))",
    "softplus(x)": "log(1 + exp(x))",
    "log1m_exp(x)": "log(1 - exp(x)) of an x below 0",
    "logaddexp(a, b)": "log(exp(a) + exp(b))",
    "erf(x)": "error function",
    "erfc(x)": "1 - erf(x), accurate in the upper tail",
    "normal_cdf(x)": "probability that a standard normal variable is below x",
    "normal_quantile(p)": "its inverse",
    "lgamma(x)": "log of the gamma function",
    "digamma(x)": "derivative of `lgamma`",
    "lbeta(a, b)": "log of the beta function",
    "lchoose(n, k)": "log of the binomial coefficient",
    "sum(x)": "sum",
    "prod(x)": "product",
    "mean(x)": "mean",
    "sd(x)": "standard deviation, with n - 1",
    "var(x)": "variance, with n - 1",
    "min(x)": "least element; `min(a, b)` is the lesser of two values",
    "max(x)": "greatest element; `max(a, b)` is the greater of two values",
    "any(x)": "whether one is true",
    "all(x)": "whether every one is true",
    "logsumexp(x)": "log(sum(exp(x)))",
    "norm(x)": "square root of the sum of squares",
    "normalize(x)": "x / sum(x)",
    "softmax(x)": "exp(x) / sum(exp(x))",
    "log_softmax(x)": "log(softmax(x))",
    "cumsum(x)": "sums of the first elements",
    "cumprod(x)": "products of the first elements",
    "sort(x)": "elements in increasing order",
    "dot(a, b)": "sum(a * b); of two arrays of rows, row by row",
    "outer(a, b)": "products of all pairs",
    "diag(x)": "matrix with x on its diagonal; of rows, one matrix for each",
    "transpose(a)": "rows as columns",
    "inverse(a)": "inverse matrix",
    "solve(a, b)": "the x with a @ x = b",
    "solve_triangular(a, b)": "the same by the lower triangle of a; what stands above is not read",
    "det(a)": "determinant",
    "logdet(a)": "log of its absolute value",
    "cholesky(a)": "lower triangular factor of a positive definite matrix",
    "matrix_exp(a)": "matrix exponential",
    "quad_form(a, x)": "transpose(x) @ a @ x",
    "interpolate(x, at, values)":
        "the line through the points (at[k], values[k]), `at` increasing; constant beyond its ends",
    "rbf(x1, x2, length=, scale=1)": "scale^2 * exp(-d^2 / (2 * length^2)), d the distance",
    "matern32(x1, x2, length=, scale=1)": "scale^2 * (1 + r) * exp(-r), r = sqrt(3) * d / length",
    "matern52(x1, x2, length=, scale=1)":
        "scale^2 * (1 + r + r^2 / 3) * exp(-r), r = sqrt(5) * d / length",
    "periodic(x1, x2, length=, scale=1, period=)":
        "scale^2 * exp(-2 * sin(pi * d / period)^2 / length^2); of rows, a product over columns",
    "eye(K)": "identity matrix",
    "ones(K)": "ones; with two or three sizes a matrix or more",
    "zeros(K)": "zeros, likewise",
    "full(K, x)": "K times the scalar x",
    "linspace(low, high, K)": "K numbers at equal distances, both ends among them",
    "one_hot(k, K)": "1 at position k, 0 elsewhere",
    "concat(x, y, ...)": "arrays end to end along the first dim; a scalar is one element",
    "stack(x, y, ...)": "arrays on a new first dim, as `[x, y, ...]`",
    "size(x)": "number of elements along the first dim",
}  # fmt: skip
NAMES = {call.partition("(")[0]: call for call in CALLS}

GROUPS = {
    "elementwise": "Of scalars, or of arrays element by element",
    "reduce": "Of an array, over its last dim",
    "vector": "Of an array, along its last dim, which stays",
    "forms": "Of vectors and matrices; equal letters are equal dims",
    "special": "Arrays",
}
KINDS = {
    "abs": "nonneg; positive of positive numbers, count of ints",
    "square": "nonneg; positive of positive numbers",
    "product": "real; positive of positive numbers",
    "join": "the wider type",
    "same": "as x",
    "zeros": "as x",
    "between": "real",
}


def gives(row: Function) -> str:
    """Return the type, or the dims taken and given, of a function's value."""
    if row.shape != "forms":
        return KINDS.get(row.kind, row.kind)
    found = [f"{' '.join(map(_dims, form.takes))} -> {_dims(form.gives)}" for form in row.forms]
    return "; ".join(dict.fromkeys(found))


def _dims(letters: tuple[str, ...]) -> str:
    return f"[{', '.join(letters)}]" if letters else "scalar"


def rows(shape: str) -> list[tuple[str, str, str]]:
    """Return call, value and meaning of the functions of a group."""
    found = [row for row in FUNCTIONS.values() if row.shape == shape and row.name in NAMES]
    order = list(NAMES)
    found.sort(key=lambda row: order.index(row.name))
    return [(NAMES[row.name], gives(row), CALLS[NAMES[row.name]]) for row in found]
