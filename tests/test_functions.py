"""Every function and operator through the language: values and derivatives against mpmath/NumPy.

Branches of an `if` that are not taken, filters and empty sums leave gradients finite.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from mpmath import mp, mpf
from scipy import linalg, special

import genlang
from genlang.lang.functions import FUNCTIONS
from genlang.runtime import exact
from tests import oracle

mp.dps = 40
INF = math.inf


def phi(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


LINE = (-40.0, -1.3, -1e-9, 0.4, 2.5, 30.0)
ABOVE = (1e-300, 1e-9, 0.4, 2.5, 1e9)
INNER = (1e-12, 0.2, 0.5001, 1 - 1e-9)
# Name: the points, the reference, the type of the argument.
ONE: dict[str, tuple[Sequence[float], Callable[[Any], Any], str]] = {
    "exp": ((-700.0, *LINE, 700.0), mp.exp, "real"),
    "log": (ABOVE, mp.log, "positive"),
    "log1p": ((-0.999, -1e-12, 1e-12, 5.0, 1e9), mp.log1p, "real"),
    "expm1": (LINE, mp.expm1, "real"),
    "sqrt": (ABOVE, mp.sqrt, "positive"),
    "square": (LINE, lambda x: x**2, "real"),
    "abs": (LINE, abs, "real"),
    "sign": (LINE, mp.sign, "real"),
    "sin": (LINE, mp.sin, "real"),
    "cos": (LINE, mp.cos, "real"),
    "tan": ((-1.5, 0.3, 1.0), mp.tan, "real"),
    "asin": ((-0.9, 0.3, 0.99), mp.asin, "real"),
    "acos": ((-0.9, 0.3, 0.99), mp.acos, "real"),
    "atan": (LINE, mp.atan, "real"),
    "sinh": (LINE, mp.sinh, "real"),
    "cosh": (LINE, mp.cosh, "real"),
    "tanh": (LINE, mp.tanh, "real"),
    "sigmoid": ((-700.0, *LINE), lambda x: 1 / (1 + mp.exp(-x)), "real"),
    "logit": (INNER, lambda x: mp.log(x / (1 - x)), "unit"),
    "softplus": (
        (-700.0, *LINE, 19.9, 20.1, 39.9, 40.1, 700.0),
        lambda x: mp.log1p(mp.exp(x)),
        "real",
    ),
    "log_sigmoid": ((-700.0, *LINE), lambda x: -mp.log1p(mp.exp(-x)), "real"),
    "log1m_exp": ((-700.0, -0.7, -0.69, -1e-12), lambda x: mp.log(-mp.expm1(x)), "real"),
    "inv_cloglog": ((-40.0, -1.0, 0.5, 3.0, 800.0), lambda x: -mp.expm1(-mp.exp(x)), "real"),
    "erf": ((-5.0, -0.2, 1e-9, 3.0), mp.erf, "real"),
    "erfc": ((-5.0, 0.2, 20.0), mp.erfc, "real"),
    "normal_cdf": ((-35.0, -1.0, 0.3, 6.0), phi, "real"),
    "normal_quantile": (
        (1e-12, 0.2, 0.5001, 0.9999),
        lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1),
        "unit",
    ),
    "lgamma": ((1e-9, 0.4, 2.5, 1e6), mp.loggamma, "positive"),
    "digamma": ((1e-3, 0.4, 2.5, 1e6), mp.digamma, "positive"),
}
TWO: dict[str, tuple[Sequence[tuple[float, float]], Callable[[Any, Any], Any]]] = {
    "atan2(a, b)": (((-1.0, 2.0), (3.0, 0.5)), mp.atan2),
    "logaddexp(a, b)": (
        ((-800.0, 2.0), (3.0, 800.0), (1.0, 1.5)),
        lambda a, b: mp.log(mp.exp(a) + mp.exp(b)),
    ),
    "lbeta(a, b)": (
        ((1e-9, 2.0), (3.0, 0.5), (1e6, 1e6), (1e9, 2.0)),
        lambda a, b: mp.log(mp.beta(a, b)),
    ),
    "lchoose(a, b)": (
        ((5.0, 2.0), (5.0, 0.0), (1e9, 5e8), (7.5, 2.25)),
        lambda a, b: mp.loggamma(a + 1) - mp.loggamma(b + 1) - mp.loggamma(a - b + 1),
    ),
    "min(a, b)": (((1.0, 2.0), (3.0, 0.5)), min),
    "max(a, b)": (((1.0, 2.0), (3.0, 0.5)), max),
    "a + b": (((1.0, 2.0),), lambda a, b: a + b),
    "a - b": (((1.0, 2.0),), lambda a, b: a - b),
    "a * b": (((1.5, 2.0),), lambda a, b: a * b),
    "a / b": (((1.5, 2.0), (3.0, 1e-9)), lambda a, b: a / b),
    "a ^ b": (((1.5, 2.0), (0.3, 1.7), (2.0, 0.5)), lambda a, b: a**b),
    "a % b": (((5.5, 2.0), (7.25, 3.0)), lambda a, b: a - b * mp.floor(a / b)),
    "clamp(a, 0.5, b)": (
        ((0.2, 2.0), (0.7, 2.0), (3.0, 2.0)),
        lambda a, b: max(mpf(1) / 2, min(a, b)),
    ),
    "max(a, 0) + max(0, b)": (((1.0, 2.0),), lambda a, b: a + b),
    "-a ^ 2 ^ b": (((1.5, 2.0),), lambda a, b: -(a ** (2**b))),
    "2 ^ -a + b": (((1.5, 2.0),), lambda a, b: 2**-a + b),
    "(-2) ^ 2 * a - b - (a - b)": (((1.5, 2.0),), lambda a, b: 4 * a - b - (a - b)),
    "a / b / 2 + a / (b / 2)": (((1.5, 2.0),), lambda a, b: a / b / 2 + 2 * a / b),
    "a if a < b else b ^ 2": (((1.5, 2.0), (3.0, 2.0)), lambda a, b: a if a < b else b**2),
    "(a > b) * a + (not a > b) * b": (((1.5, 2.0), (3.0, 2.0)), max),
}


def derivative(reference: Callable[[Any], Any], at: Any) -> Any:
    """The derivative, by a step on the scale of a point other than 0."""
    return mp.diff(lambda t: reference(at * (1 + t)), 0) / at


def partial_derivative(reference: Callable[..., Any], at: tuple[float, float], place: int) -> Any:
    """The derivative in one of two arguments."""
    return mp.diff(
        lambda t: reference(*(mpf(v) + (t if i == place else 0) for i, v in enumerate(at))), 0
    )


def close(found: float, expected: Any, bound: float) -> bool:
    return abs(mpf(float(found)) - expected) <= bound * max(1, abs(expected))


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("shape", ["scalar", "vector", "loop"])
def test_a_function_of_one_value_and_its_derivative(name: str, shape: str):
    points, reference, kind = ONE[name]
    text = {
        "scalar": f"param x: {kind}\nfactor {name}(x)",
        "vector": f"dim N\nparam x[N]: {kind}\nfactor sum({name}(x))",
        "loop": f"dim N\nparam x[N]: {kind}\nfor n in N:\n    factor {name}(x[n])",
    }[shape]
    model = genlang.model(text)
    for point in points:
        value = point if shape == "scalar" else [point, point]
        times = 1 if shape == "scalar" else 2
        bound = model.bind({} if shape == "scalar" else {"N": 2})
        expected = reference(mpf(point))
        assert close(bound.log_density({"x": value}) / times, expected, 1e-11), point
        slope = np.ravel(bound.gradient({"x": value})["x"])
        assert close(slope[-1], derivative(reference, mpf(point)), 1e-8), point


@pytest.mark.parametrize("text", TWO)
@pytest.mark.parametrize("shape", ["scalar", "loop", "mixed"])
def test_a_function_of_two_values_and_its_derivatives(text: str, shape: str):
    points, reference = TWO[text]
    loop = text.replace("a", "a[n]").replace("b", "b[n]")
    for word in ("atan2", "logaddexp", "lbeta", "max", "clamp"):
        broken = word.replace("a", "a[n]").replace("b", "b[n]")
        loop = loop.replace(broken, word)
    mixed = loop.replace("a[n]", "a")
    kind = "real" if min(x for point in points for x in point) < 0 else "nonneg"
    head = f"dim N\nparam b[N]: {kind}\n"
    model = genlang.model(
        {
            "scalar": f"param a: {kind}\nparam b: {kind}\nfactor {text}",
            "loop": f"{head}param a[N]: {kind}\nfor n in N:\n    factor {loop}",
            "mixed": f"{head}param a: {kind}\nfor n in N:\n    factor {mixed}",
        }[shape]
    )
    for a, b in points:
        wide = {"scalar": (a, b), "loop": ([a, a, a], [b, b, b]), "mixed": (a, [b, b, b])}[shape]
        times = 1 if shape == "scalar" else 3
        bound = model.bind({} if shape == "scalar" else {"N": 3})
        values = dict(zip("ab", wide, strict=True))
        assert close(bound.log_density(values) / times, reference(mpf(a), mpf(b)), 1e-11)
        slopes = bound.gradient(values)
        for place, name in enumerate("ab"):
            expected = partial_derivative(reference, (a, b), place)
            assert close(np.sum(slopes[name]) / times, expected, 1e-7), (a, b, name)


MATRIX = np.array([[2.0, 0.5, 0.1], [0.5, 3.0, -0.2], [0.1, -0.2, 1.5]])
V, W = np.array([0.3, -1.2, 2.0]), np.array([1.0, 0.25, -0.7])
CHOSEN = np.array([[0.2, -1.0, 0.4], [1.0, 0.3, -0.6], [0.9, 0.1, 0.8]])


def SQUARED(a, b):
    return ((a[:, None] - b) ** 2).sum(-1)


MATERN = {
    3: lambda r: (1 + r) * np.exp(-r),
    5: lambda r: (1 + r + r**2 / 3) * np.exp(-r),
}
ARRAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "sum(v)": lambda v, w, m: v.sum(),
    "prod(v)": lambda v, w, m: v.prod(),
    "mean(v)": lambda v, w, m: v.mean(),
    "sd(v)": lambda v, w, m: v.std(ddof=1),
    "var(v)": lambda v, w, m: v.var(ddof=1),
    "min(v)": lambda v, w, m: v.min(),
    "max(v)": lambda v, w, m: v.max(),
    "logsumexp(v)": lambda v, w, m: special.logsumexp(v),
    "norm(v)": lambda v, w, m: np.linalg.norm(v),
    "dot(softmax(v), w)": lambda v, w, m: special.softmax(v) @ w,
    "dot(log_softmax(v), w)": lambda v, w, m: special.log_softmax(v) @ w,
    "dot(cumsum(v), w)": lambda v, w, m: np.cumsum(v) @ w,
    "dot(cumprod(v), w)": lambda v, w, m: np.cumprod(v) @ w,
    "dot(sort(v), w)": lambda v, w, m: np.sort(v) @ w,
    "v @ w": lambda v, w, m: v @ w,
    "v @ m @ w": lambda v, w, m: v @ m @ w,
    "sum(m @ w)": lambda v, w, m: (m @ w).sum(),
    "v @ (diag(w) @ m) @ v": lambda v, w, m: v @ (np.diag(w) @ m) @ v,
    "v @ transpose(m) @ w": lambda v, w, m: v @ m.T @ w,
    "v @ inverse(m + eye(K)) @ w": lambda v, w, m: v @ np.linalg.inv(m + np.eye(3)) @ w,
    "v @ cholesky(m @ transpose(m) + eye(K)) @ w": lambda v, w, m: (
        v @ np.linalg.cholesky(m @ m.T + np.eye(3)) @ w
    ),
    "det(m) + logdet(m)": lambda v, w, m: np.linalg.det(m) + np.linalg.slogdet(m)[1],
    "logdet(-m)": lambda v, w, m: np.linalg.slogdet(-m)[1],
    "v @ matrix_exp(m / 2) @ w": lambda v, w, m: v @ linalg.expm(m / 2) @ w,
    "v @ solve(m, w)": lambda v, w, m: v @ np.linalg.solve(m, w),
    "v @ solve(m, outer(v, w)) @ w": lambda v, w, m: v @ np.linalg.solve(m, np.outer(v, w)) @ w,
    "v @ solve_triangular(m, w)": lambda v, w, m: v @ np.linalg.solve(np.tril(m), w),
    "v @ solve_triangular(m, transpose(m)) @ w": lambda v, w, m: (
        v @ np.linalg.solve(np.tril(m), m.T) @ w
    ),
    "quad_form(m, v)": lambda v, w, m: v @ m @ v,
    "v @ quad_form(m, outer(v, w)) @ w": lambda v, w, m: (
        v @ (np.outer(w, v) @ m @ np.outer(v, w)) @ w
    ),
    "interpolate(v[0], cumsum(exp(w)), v)": lambda v, w, m: np.interp(v[0], np.exp(w).cumsum(), v),
    "dot(interpolate(v, [-1, 0.1, w[0]], m[0]), w)": lambda v, w, m: (
        np.interp(v, [-1, 0.1, w[0]], m[0]) @ w
    ),
    "sum(interpolate(v[k], [-1, w[0]], m[k, :2]) for k in K)": lambda v, w, m: sum(
        np.interp(v[k], [-1, w[0]], m[k, :2]) for k in range(3)
    ),
    "dot(normalize(exp(v)), w)": lambda v, w, m: np.exp(v) @ w / np.exp(v).sum(),
    "dot(linspace(v[0], w[0], 3), w)": lambda v, w, m: np.linspace(v[0], w[0], 3) @ w,
    "dot(concat(v[0], w, v[1:]), linspace(1, 2, 6))": lambda v, w, m: (
        np.concatenate([v[:1], w, v[1:]]) @ np.linspace(1, 2, 6)
    ),
    "sum(concat(m, [v]) @ w)": lambda v, w, m: (np.vstack([m, v]) @ w).sum(),
    "sum(dot(concat(v[k], w), [1, 2, 3, v[k]]) for k in K)": lambda v, w, m: sum(
        np.concatenate([[x], w]) @ [1, 2, 3, x] for x in v
    ),
    "sum(stack(v, w) @ v)": lambda v, w, m: (np.stack([v, w]) @ v).sum(),
    "dot(step(v), w) + dot(v, step(w - 0.9))": lambda v, w, m: w[v >= 0].sum() + v[w >= 0.9].sum(),
    "size(v) + 10 * size(stack(v, w)) + size(v[1:]) + size(v[:size(w)])": lambda v, w, m: 28,
    "v @ rbf(v, w, length=1.7) @ w": lambda v, w, m: (
        v @ np.exp(-((v[:, None] - w) ** 2) / 2 / 1.7**2) @ w
    ),
    "v @ rbf(m, m, length=exp(v[0]), scale=abs(w[0]) + 1) @ w": lambda v, w, m: (
        (abs(w[0]) + 1) ** 2 * v @ np.exp(-SQUARED(m, m) / 2 / np.exp(2 * v[0])) @ w
    ),
    "v @ matern32(m, m, scale=exp(w[1]), length=exp(v[0])) @ w": lambda v, w, m: (
        np.exp(2 * w[1]) * v @ MATERN[3](np.sqrt(3 * SQUARED(m, m)) / np.exp(v[0])) @ w
    ),
    "v @ matern52(v, w, length=exp(v[0])) @ w": lambda v, w, m: (
        v @ MATERN[5](np.sqrt(5) * np.abs(v[:, None] - w) / np.exp(v[0])) @ w
    ),
    "v @ periodic(m, m, length=exp(v[0]), period=exp(w[0])) @ w": lambda v, w, m: (
        v
        @ np.exp(
            -2 * (np.sin(np.pi * (m[:, None] - m) / np.exp(w[0])) ** 2).sum(-1) / np.exp(2 * v[0])
        )
        @ w
    ),
    "sum(rbf(v, w, length=exp(m[i, 0]))[i, 1] for i in K)": lambda v, w, m: sum(
        np.exp(-((v[i] - w[1]) ** 2) / 2 / np.exp(2 * m[i, 0])) for i in range(3)
    ),
    "v @ outer(v, w) @ w": lambda v, w, m: v @ np.outer(v, w) @ w,
    "sum(v + ones(K) - zeros(K) * w)": lambda v, w, m: (v + 1).sum(),
    "dot(full(K, 2.5), v)": lambda v, w, m: 2.5 * v.sum(),
    "dot(full(K, v[0]), w)": lambda v, w, m: v[0] * w.sum(),
    "sum(full(K, v[i])[i] * w[i] for i in K)": lambda v, w, m: v @ w,
    "v @ eye(K) @ w": lambda v, w, m: v @ w,
    "dot(one_hot(1, K), v)": lambda v, w, m: v[1],
    "dot([v[2], 1, v[0]], w)": lambda v, w, m: v[2] * w[0] + w[1] + v[0] * w[2],
    "dot([v[k] ^ 2 for k in K], w)": lambda v, w, m: (v**2) @ w,
    "sum(m[i, j] * v[j] for i in K for j in K)": lambda v, w, m: (m @ v).sum(),
    "sum(v[k] for k in K if w[k] > 0)": lambda v, w, m: v[w > 0].sum(),
    "prod(v[k] for k in K if w[k] > 0)": lambda v, w, m: v[w > 0].prod(),
    "mean(v[k] for k in K if w[k] > 0)": lambda v, w, m: v[w > 0].mean(),
    "min(v[k] for k in K if w[k] > 0)": lambda v, w, m: v[w > 0].min(),
    "max(v[k] for k in K if w[k] > 0)": lambda v, w, m: v[w > 0].max(),
    "logsumexp(v[k] for k in K if w[k] > 0)": lambda v, w, m: special.logsumexp(v[w > 0]),
    "sum(log(v[k]) for k in K if v[k] > 0)": lambda v, w, m: np.log(v[v > 0]).sum(),
    "any(v > 1.5) + 2 * all(v > 0) + 0 * v[0]": lambda v, w, m: 1 + 2 * (v > 0).all(),
    "any(v[k] > 1.5 for k in K) + 2 * all(v[k] > 0 for k in K) + 0 * v[0]": lambda v, w, m: (
        1 + 2 * (v > 0).all()
    ),
    "sum(max(m[i, j] for j in K) * v[i] for i in K)": lambda v, w, m: m.max(1) @ v,
    "sum(v[1:]) + sum(m[0])": lambda v, w, m: v[1:].sum() + m[0].sum(),
    "sum(m[:, 1])": lambda v, w, m: m[:, 1].sum(),
    "sum(v * w) + sum(v / 2) + sum(-v ^ 2)": lambda v, w, m: v @ w + v.sum() / 2 - v @ v,
    "sum(v if w > 0 else v ^ 2)": lambda v, w, m: np.where(w > 0, v, v**2).sum(),
}


@pytest.mark.parametrize("text", ARRAYS)
def test_arrays_equal_numpy_with_gradients(text: str):
    reference = ARRAYS[text]
    model = genlang.model(
        "dim K\nparam v[K]: real\nparam w[K]: real\nparam m[K, K]: real\nfactor "
        f"{text} + 0 * (v[0] + w[0] + m[0, 0])"
    )
    bound = model.bind({"K": 3})
    given = {"v": V, "w": W, "m": MATRIX + 0.1 * CHOSEN}
    expected = float(reference(*given.values()))
    assert bound.log_density(given) == pytest.approx(expected, abs=1e-12)
    if "if w" not in text:  # the oracle takes one condition at a time
        found = oracle.log_density(model.compiled.model, {}, given, {"K": 3})
        assert found == pytest.approx(expected, abs=1e-12)
    slopes = bound.gradient(given)
    for name, array in given.items():
        for place in np.ndindex(array.shape):
            ends = []
            for h in (1e-6, -1e-6):
                other = {n: a.copy() for n, a in given.items()}
                other[name][place] += h
                ends.append(float(reference(*other.values())))
            expected = (ends[0] - ends[1]) / 2e-6
            assert slopes[name][place] == pytest.approx(expected, abs=1e-6, rel=1e-6), (name, place)


@pytest.mark.parametrize("text", ARRAYS)
def test_arrays_of_data_are_evaluated_when_they_are_bound(text: str):
    data = {"v": V, "w": W, "m": MATRIX + 0.1 * CHOSEN}
    expected = float(ARRAYS[text](*data.values()))
    model = "dim K\ndata v[K]: real\ndata w[K]: real\ndata m[K, K]: real\nlatent a ~ Normal(0, 1)\n"
    model += f"observed v[k in K] ~ Normal(a + w[k] + m[k, k], 1)\nrequire {text} "
    genlang.model(f'{model} < {expected + 1e-9}, "high"').bind(data)
    for condition in (f"< {expected - 1e-9}", f"> {expected + 1e-9}"):
        with pytest.raises(genlang.DataError, match="wrong"):
            genlang.model(f'{model} {condition}, "wrong"').bind(data)


MISFITS = {
    "solve(m, u)": r"`solve` wants \[D, D\] and \[D\], or .*, here \[K, K\] and \[N\]",
    "det(x)": r"`det` wants \[D, D\], here \[N, K\]",
    "sum(concat(m, v))": "wants equal dims beyond the first",
    "sum(stack(u, v))": "different dims",
    "sum(rbf(u, v))": "`rbf` lacks `length=`",
    "sum(rbf(u, v, 2))": "takes 2 arguments by position, here 3",
    "sum(rbf(u, v, length=v))": "is a scalar",
    "sum(rbf(u, v, length=1, length=2))": "given twice",
    "sum(rbf(u, v, length=1, size=2))": "has no argument `size`",
    "sum(rbf(u, v, length=-1))": "must be positive",
    "sum(periodic(u, x, length=1, period=2))": "`periodic` wants",
    "size(2)": "wants an array",
}


@pytest.mark.parametrize("text", MISFITS)
def test_dims_that_do_not_fit_are_refused_with_those_that_do(text: str):
    with pytest.raises(genlang.ModelError, match=MISFITS[text]):
        genlang.model(
            "dim K, N\nparam v[K]: real\nparam u[N]: real\nparam m[K, K]: real\n"
            f"param x[N, K]: real\nfactor {text} + 0 * (v[0] + u[0] + m[0, 0] + x[0, 0])"
        )


def test_the_size_of_a_ragged_row_is_its_own():
    model = genlang.model(
        "dim S, T[S]\ndata x[s in S, t in T[s]]: real\nparam a: real\n"
        "factor sum(size(x[s]) * 10 ^ s for s in S) + 0 * a + 0 * x[0, 0]"
    )
    assert model.bind({"x": [[1.0], [1.0, 2.0, 3.0]]}).log_density({"a": 0.0}) == 31


def test_normalized_numbers_that_are_not_negative_are_a_simplex():
    text = "dim K = 2\nparam w[K]: {}\nlatent z ~ Categorical(normalize(w))\n"
    text += "observed y ~ Normal(z, 1)"
    assert not genlang.model(text.format("positive")).compiled.diagnostics
    assert genlang.model(text.format("real")).compiled.diagnostics


def test_a_singular_matrix_is_no_error_in_the_middle_of_a_search():
    model = genlang.model(
        "dim K = 2\nparam m[K, K]: real\nfactor sum(inverse(m) @ ones(K)) + sum(solve(m, ones(K)))"
    )
    assert not math.isfinite(model.bind({}).log_density({"m": np.ones((2, 2))}))


WHOLE: dict[str, Any] = {
    "i + j": lambda i, j: i + j,
    "i - j": lambda i, j: i - j,
    "i * j": lambda i, j: i * j,
    "i / j": lambda i, j: i / j,
    "i % j": lambda i, j: i % j,
    "-i % j": lambda i, j: -i % j,
    "i % -j": lambda i, j: i % -j,
    "-i": lambda i, j: -i,
    "i ^ 2": lambda i, j: i**2,
    "j ^ -2": lambda i, j: float(j) ** -2,
    "2 ^ i": lambda i, j: 2.0**i,
    "j ^ i": lambda i, j: float(j) ** i,
    "2 ^ 3 ^ 2 + i": lambda i, j: 512 + i,
    "-2 ^ 2 + i": lambda i, j: -4 + i,
    "2 ^ -1 + i": lambda i, j: 0.5 + i,
    "min(i, j)": min,
    "max(i, 0)": lambda i, j: max(i, 0),
    "abs(i)": lambda i, _: abs(i),
    "floor(i / j)": lambda i, j: math.floor(i / j),
    "ceil(i / j)": lambda i, j: math.ceil(i / j),
    "round(i / j)": lambda i, j: round(i / j),
    "exp(i)": lambda i, j: math.exp(i),
    "sqrt(j)": lambda i, j: math.sqrt(j),
    "softplus(i) + sigmoid(j)": lambda i, j: np.logaddexp(0, i) + special.expit(j),
    "log_sigmoid(i)": lambda i, j: -np.logaddexp(0, -i),
    "lchoose(j + 2, j)": lambda i, j: math.log(math.comb(j + 2, j)),
    "logaddexp(i, j)": np.logaddexp,
    "clamp(i, -1, j)": lambda i, j: max(-1, min(i, j)),
    "logit(j / 10)": lambda i, j: special.logit(j / 10),
    "atan2(i, j)": math.atan2,
    "(i < j) + (i == j) * 2 + (i >= 0 and j > 1) * 4": lambda i, j: (
        (i < j) + 2 * (i == j) + 4 * (i >= 0 and j > 1)
    ),
    "(i != j or i > 0) - (not i <= j)": lambda i, j: int(i != j or i > 0) - int(not i <= j),
    "i if i > 0 else 0.5": lambda i, j: i if i > 0 else 0.5,
    "i if b else j": lambda i, j: i if i > 0 else j,
    "b + b": lambda i, j: 2 * (i > 0),
    "b * 3 - b": lambda i, j: 2 * (i > 0),
    "-b": lambda i, j: -(i > 0),
    "sum(k for k in K if k != 1)": lambda i, j: 2,
    "max(k for k in K if k < 2) + i": lambda i, j: 1 + i,
    "a[sum(k for k in K if k != 1)]": lambda i, j: 30.0,
    "a[max(k for k in K if k < 2)]": lambda i, j: 20.0,
    "mean(k for k in K) + i": lambda i, j: 1 + i,
    "mean(a) + mean(h)": lambda i, j: 20 + 2,
    "logsumexp(k for k in K)": lambda i, j: special.logsumexp([0, 1, 2]),
    "sum(h) + prod(h)": lambda i, j: 12,
    "h @ a": lambda i, j: 140.0,
    "norm(h) + sd(h)": lambda i, j: math.sqrt(14) + 1,
    "sum(softmax(h) * a)": lambda i, j: special.softmax([1, 2, 3]) @ [10, 20, 30],
    "logsumexp(h)": lambda i, j: special.logsumexp([1, 2, 3]),
    "sum([i, j, 0.5])": lambda i, j: i + j + 0.5,
    "pi * i + 1 / inf": lambda i, j: math.pi * i,
}


@pytest.mark.parametrize("text", WHOLE)
def test_ints_and_bools_are_numbers_and_division_is_real(text: str):
    model = genlang.model(
        "dim N, K = 3\ndata p[N]: int\ndata q[N]: count\ndata c[N]: bool\ndata a[K]: real\n"
        "data h[K]: count\nfor n in N:\n    let i = p[n]\n    let j = q[n]\n    let b = c[n]\n"
        f"    factor ({text}) + 0 * (a[0] + h[0] + i + j + b)"
    )
    i, j = [-7, -1, 0, 3, 5], [2, 3, 1, 3, 4]
    data = {"p": i, "q": j, "c": [v > 0 for v in i], "a": [10.0, 20.0, 30.0], "h": [1, 2, 3]}
    found = model.bind(data).log_density({}, pointwise=True)
    (terms,) = found.values()
    expected = [float(WHOLE[text](x, y)) for x, y in zip(i, j, strict=True)]
    assert np.broadcast_to(terms, 5) == pytest.approx(expected, abs=1e-12)


SAFE = [
    ("log(x[n]) if x[n] > 0 else 0.0", 0.0),
    ("x[n] / x[n] if x[n] != 0 else 1", 0.0),
    ("sqrt(x[n]) if x[n] > 0 else 0", 0.0),
    ("sqrt(x[n]) if x[n] > 0 else 0", -1.0),
    ("0 if x[n] <= 0 else 1 / x[n]", 0.0),
    ("x[n] ^ 0.5 if x[n] > 0 else 0", 0.0),
    ("x[n] ^ -1 if x[n] != 0 else 0", 0.0),
    ("log1p(exp(x[n])) if x[n] < 30 else x[n]", 1000.0),
    ("logit(x[n]) if 0 < x[n] and x[n] < 1 else x[n]", 1.0),
    ("lgamma(x[n]) if x[n] > 0 else 0", -2.0),
    ("asin(x[n]) if abs(x[n]) < 1 else x[n]", 1.0),
    ("normal_quantile(x[n]) if x[n] > 0 else x[n]", 0.0),
    ("s * log(x[n]) if x[n] > 0 else s", 0.0),
    ("log(s - 1) if s > 1 else x[n]", 3.0),
    ("(1 / x[n] if x[n] > 1 else log(x[n])) if x[n] > 0 else x[n]", 0.0),
    ("log(abs(x[n])) / x[n] if x[n] != 0 else 0.0", 0.0),
    ("sum(log(x[m]) for m in N if x[m] > 0)", 0.0),
    ("sum(1 / x[m] for m in N if x[m] != 0)", 0.0),
    ("logsumexp(x[m] for m in N if x[m] > 5)", 0.0),
    ("lchoose(x[n], 1) if x[n] >= 1 else 0", -3.0),
    ("atan2(x[n], x[n]) if x[n] != 0 else 0", 0.0),
    ("inv_cloglog(x[n])", 800.0),
]


@pytest.mark.parametrize(("text", "at"), SAFE)
def test_a_branch_that_is_not_taken_leaves_gradients_finite(text: str, at: float):
    model = genlang.model(
        f"dim N\nparam x[N]: real\nparam s: positive\nfor n in N:\n    factor {text} + 0 * s"
    )
    bound = model.bind({"N": 2})
    x = np.array([at, 0.4])
    values = {"x": x, "s": 0.7}
    slopes = bound.gradient(values)
    assert np.isfinite(slopes["x"]).all()
    assert np.isfinite(slopes["s"])
    if "5" not in text:
        assert math.isfinite(bound.log_density(values))
        h = 1e-6
        ends = [bound.log_density({"x": x + np.array([0, d]), "s": 0.7}) for d in (h, -h)]
        assert slopes["x"][1] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6, abs=1e-6)


def test_impossible_terms_together_are_impossible_with_finite_gradients():
    text = "dim K = 3\nparam v[K]: real\nfactor logsumexp(v)\nfactor logsumexp(v[k] for k in K)"
    bound = genlang.model(text).bind({})
    assert bound.log_density({"v": [-INF] * 3}) == -INF
    assert (bound.gradient({"v": [-INF] * 3})["v"] == 0).all()


def test_every_row_of_the_table_has_a_test():
    text = " ".join([*(f"{n}(" for n in ONE), *TWO, *ARRAYS, *WHOLE, *(t for t, _ in SAFE)])
    operators = {"neg": "-", "min2": "min(i, j)", "max2": "max(i, 0)"}
    for name in FUNCTIONS:
        spelt = operators.get(name, name if not name.isidentifier() else f"{name}(")
        assert spelt in text or f"{name} " in text, name
    assert sum(name.isidentifier() for name in FUNCTIONS) >= 25


def test_normal_cdf_keeps_its_digits_in_the_lower_tail():
    x = torch.tensor([-37.0, -9.0, -6.0, 0.0, 8.0], dtype=torch.float64, requires_grad=True)
    found = exact.normal_cdf(x)
    assert found.tolist() == pytest.approx([float(mp.ncdf(v)) for v in x.tolist()], rel=1e-13)
    (slope,) = torch.autograd.grad(found.sum(), x)
    assert slope.tolist() == pytest.approx([float(mp.npdf(v)) for v in x.tolist()], rel=1e-12)
