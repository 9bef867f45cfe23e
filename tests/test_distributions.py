"""Every distribution, in every form, through the language: density, derivatives, draws, edges.

The references are textbook formulas in 40-digit arithmetic (mpmath), and SciPy's distributions for
draws. Each case names its form, so that a row without a test fails.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from mpmath import mp, mpf
from pyro import poutine
from scipy import stats

import genlang
from genlang.infer.density import Density
from genlang.infer.session import session
from genlang.infer.tensors import namespace
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.runtime import law, real
from genlang.runtime.load import load

mp.dps = 40
log, lgamma, exp, pi = mp.log, mp.loggamma, mp.exp, mp.pi
Reference = Callable[..., Any]


def lbeta(a, b):
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def lchoose(n, k):
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def times(x, log_p):
    return mpf(0) if x == 0 else x * log_p


def sigmoid(x):
    return 1 / (1 + exp(-x))


def log_normal_pdf(z):
    return -(z**2) / 2 - log(2 * pi) / 2


def log_t(x, df, loc, scale):
    z = (x - loc) / scale
    norm = lgamma((df + 1) / 2) - lgamma(df / 2) - log(pi * df) / 2 - log(scale)
    return norm - (df + 1) / 2 * log(1 + z**2 / df)


def log_gamma(x, shape, rate):
    return shape * log(rate) + (shape - 1) * log(x) - rate * x - lgamma(shape)


def log_beta(x, a, b):
    return (a - 1) * log(x) + (b - 1) * log(1 - x) - lbeta(a, b)


def log_binomial(k, n, p):
    return lchoose(n, k) + times(k, log(p)) + times(n - k, log(1 - p))


def log_negative_binomial(k, mean, r):
    head = lgamma(k + r) - lgamma(r) - lgamma(k + 1)
    return head + times(k, log(mean / (mean + r))) + r * log(r / (mean + r))


def log_dirichlet(x, a):
    head = lgamma(sum(a)) - sum(lgamma(i) for i in a)
    return head + sum((i - 1) * log(j) for i, j in zip(a, x, strict=True))


def log_dirichlet_multinomial(k, n, a):
    total = sum(a)
    head = lgamma(n + 1) + lgamma(total) - lgamma(n + total)
    parts = (lgamma(i + j) - lgamma(j) - lgamma(i + 1) for i, j in zip(k, a, strict=True))
    return head + sum(parts)


def log_multinomial(k, n, p):
    terms = (times(i, log(j)) - lgamma(i + 1) for i, j in zip(k, p, strict=True))
    return lgamma(n + 1) + sum(terms)


def log_multivariate_normal(x, loc, covariance):
    covariance = mp.matrix(covariance)
    gap = mp.matrix([a - b for a, b in zip(x, loc, strict=True)])
    quadratic = (gap.T * mp.inverse(covariance) * gap)[0]
    return -(quadratic + log(mp.det(covariance)) + len(x) * log(2 * pi)) / 2


def log_multivariate_t(x, df, loc, tril):
    size, tril = len(x), mp.matrix(tril)
    gap = mp.matrix([a - b for a, b in zip(x, loc, strict=True)])
    z = mp.inverse(tril) * gap
    head = lgamma((df + size) / 2) - lgamma(df / 2) - size * log(df * pi) / 2
    return head - log(mp.det(tril)) - (df + size) / 2 * log(1 + (z.T * z)[0] / df)


def log_low_rank(x, loc, factor, diagonal):
    w = mp.matrix(factor)
    return log_multivariate_normal(x, loc, w * w.T + mp.diag(diagonal))


def log_process(y, x, length, scale, noise):
    covariance = mp.matrix(len(x), len(x))
    for i, j in itertools.product(range(len(x)), repeat=2):
        covariance[i, j] = scale**2 * exp(-((x[i] - x[j]) ** 2) / (2 * length**2))
        if i == j:
            covariance[i, j] += noise**2 + scale**2 * mpf(1e-9)
    return log_multivariate_normal(y, [0] * len(y), covariance)


def log_zero_sum(x, scale, size):
    return -sum(v**2 for v in x) / (2 * scale**2) - (size - 1) * log(2 * pi * scale**2) / 2


def log_lkj(x, size, eta):
    """Lewandowski, Kurowicka and Joe (2009), through the vine: an independent normalizer."""
    n = int(size)
    norm = mpf(0)
    for k in range(1, n):
        b = eta + mpf(n - 1 - k) / 2
        norm += (n - k) * (lbeta(b, b) + (2 * b - 1) * log(2))
    return (eta - 1) * log(mp.det(mp.matrix(x))) - norm


def log_wishart_norm(df, size):
    gammas = sum(lgamma((df - i) / 2) for i in range(size))
    return df * size * log(2) / 2 + size * (size - 1) * log(pi) / 4 + gammas


def log_wishart(x, df, scale):
    x, scale = mp.matrix(x), mp.matrix(scale)
    size, product = x.rows, mp.inverse(scale) * x
    trace = sum(product[i, i] for i in range(size))
    head = (df - size - 1) / 2 * log(mp.det(x)) - df / 2 * log(mp.det(scale))
    return head - trace / 2 - log_wishart_norm(df, size)


def log_inverse_wishart(x, df, scale):
    x, scale = mp.matrix(x), mp.matrix(scale)
    size, product = x.rows, scale * mp.inverse(x)
    trace = sum(product[i, i] for i in range(size))
    head = df / 2 * log(mp.det(scale)) - (df + size + 1) / 2 * log(mp.det(x))
    return head - trace / 2 - log_wishart_norm(df, size)


def log_lkj_cholesky(x, size, eta):
    """The same of the factor, with the Jacobian of its square."""
    n = int(size)
    roots = sum((n - i - 3 + 2 * eta) * log(x[i][i]) for i in range(1, n))
    return roots + log_lkj(mp.eye(n), size, eta)


def log_ordered(k, eta, cuts):
    edges = [mpf(0), *(sigmoid(c - eta) for c in cuts), mpf(1)]
    return log(edges[int(k) + 1] - edges[int(k)])


@dataclass(frozen=True)
class Case:
    """A form of a row: its call, its parameters' types, points (value, *parameters), reference."""

    call: str
    types: dict[str, str]
    points: list[tuple[Any, ...]]
    reference: Reference
    kind: str = "real"  # of the value; "observed" types are written where the value needs a dim
    value: str = ""

    @property
    def name(self) -> str:
        """The row."""
        return self.call.split("(")[0]


def grid(values: Sequence[float], *parameters: Sequence[float], at: Reference | None = None):
    """All combinations; `at` maps a standard value and the parameters to the value."""
    place = at or (lambda z, *p: z)
    return [(float(place(z, *p)), *p) for p in itertools.product(*parameters) for z in values]


def moved(z, loc, scale):
    return loc + scale * z


LOC, SCALE = (-1e3, 0.0, 7.5), (1e-4, 1.0, 2.5e5)
Z = (-35.0, -2.5, -0.3, 0.7, 4.0, 38.0)
TAILS = (-1e200, -1e9, -40.0, -0.3, 0.7, 1e12)
POSITIVE = (1e-12, 1e-3, 0.6, 3.0, 50.0)
SHAPE = (1e-3, 0.5, 1.0, 15.9, 16.1, 300.0, 1e7)
LS = {"loc": "real", "scale": "positive"}
SCALED = {"scale": "positive"}
COUNTS = [0, 1, 2, 15, 16, 17, 1000, 1001, 30000]
VECTOR = ([0.2, 0.3, 0.5], [1e-9, 0.4, 0.6 - 1e-9])
COVARIANCE = ([[2.0, 0.3], [0.3, 0.5]], [[1e-6, 0.0], [0.0, 1e4]], [[1.0, 0.999], [0.999, 1.0]])
CORRELATION = (
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [[1.0, 0.5, -0.3], [0.5, 1.0, 0.25], [-0.3, 0.25, 1.0]],
)

CASES = [
    Case("Normal(loc[n], scale[n])", LS, grid(Z, LOC, SCALE, at=moved),
         lambda x, m, s: log_normal_pdf((x - m) / s) - log(s)),
    Case("StudentT(df[n], loc[n], scale[n])", {"df": "positive", **LS},
         grid((*Z, 1e12, -1e160), (0.3, 1.0, 30.0, 1e10), (0.5,), (1e-3, 2.0),
              at=lambda z, d, m, s: m + s * z), log_t),
    Case("Cauchy(loc[n], scale[n])", LS, grid(TAILS, LOC, SCALE, at=moved),
         lambda x, m, s: -log(pi * s) - log(1 + ((x - m) / s) ** 2)),
    Case("Laplace(loc[n], scale[n])", LS, grid((*Z, 1e5), LOC, SCALE, at=moved),
         lambda x, m, s: -abs(x - m) / s - log(2 * s)),
    Case("Logistic(loc[n], scale[n])", LS,
         grid((*Z, -19.9, 20.1, 800.0, -800.0), LOC, SCALE, at=moved),
         lambda x, m, s: -(x - m) / s - log(s) - 2 * log(1 + exp(-(x - m) / s))),
    Case("Gumbel(loc[n], scale[n])", LS, grid((-6.0, -2.5, 0.3, 4.0, 700.0), LOC, SCALE, at=moved),
         lambda x, m, s: -(x - m) / s - exp(-(x - m) / s) - log(s)),
    Case("SkewNormal(loc[n], scale[n], shape[n])", {**LS, "shape": "real"},
         grid((-30.0, -1.2, 0.4, 3.0), (0.5,), (1e-3, 2.0), (-8.0, 0.0, 3.0),
              at=lambda z, m, s, _: m + s * z),
         lambda x, m, s, a: log(2 / s) + log_normal_pdf((x - m) / s)
         + log(mp.erfc(-a * (x - m) / s / mp.sqrt(2)) / 2)),
    Case("AsymmetricLaplace(loc[n], scale[n], asymmetry[n])", {**LS, "asymmetry": "positive"},
         grid((-30.0, -1.2, 0.4, 300.0), (0.5,), (1e-3, 2.0), (0.1, 1.0, 4.0),
              at=lambda z, m, s, _: m + s * z),
         lambda x, m, s, k: -log(s * (k + 1 / k))
         + (-(x - m) / s * k if x >= m else (x - m) / s / k)),
    Case("Uniform(low[n], high[n])", {"low": "real", "high": "real"},
         [(0.3, 0.0, 1.0), (0.0, 0.0, 1.0), (2.0, -1e8, 2.0), (1e-9, 0.0, 1e-8)],
         lambda x, a, b: -log(b - a)),
    Case("VonMises(loc[n], concentration[n])", {"loc": "real", "concentration": "positive"},
         grid((-3.1, -0.5, 0.01, 2.0), (0.0, 1.5), (1e-6, 0.5, 3.8, 199.0, 201.0, 1e8)),
         lambda x, m, k: k * mp.cos(x - m) - log(2 * pi * mp.besseli(0, k))),
    Case("Flat()", {}, [(0.0,), (1e9,)], lambda x: mpf(0)),
    Case("HalfNormal(scale[n])", SCALED, grid(POSITIVE, SCALE, at=lambda z, s: s * z),
         lambda x, s: log(2 / s) + log_normal_pdf(x / s)),
    Case("HalfCauchy(scale[n])", SCALED,
         grid((*POSITIVE, 1e12, 1e180), SCALE, at=lambda z, s: s * z),
         lambda x, s: log(2 / (pi * s)) - log(1 + (x / s) ** 2)),
    Case("HalfStudentT(df[n], scale[n])", {"df": "positive", "scale": "positive"},
         grid((*POSITIVE, 1e12), (0.3, 4.0, 1e9), (1e-3, 2.0), at=lambda z, d, s: s * z),
         lambda x, d, s: log(2) + log_t(x, d, 0, s)),
    Case("Exponential(rate[n])", {"rate": "positive"},
         grid((*POSITIVE, 800.0), (1e-6, 1.0, 3e4), at=lambda z, r: z / r),
         lambda x, r: log(r) - r * x),
    Case("Gamma(shape=shape[n], rate=rate[n])", {"shape": "positive", "rate": "positive"},
         grid((1e-3, 0.6, 0.9999, 1.0, 1.0002, 3.0), SHAPE, (1e-6, 2.0, 3e4),
              at=lambda z, a, r: z * a / r), log_gamma),
    Case("Gamma(shape=shape[n], scale=scale[n])", {"shape": "positive", "scale": "positive"},
         grid((1e-3, 0.6, 1.0002, 3.0), SHAPE, (2.0,), at=lambda z, a, s: z * a * s),
         lambda x, a, s: log_gamma(x, a, 1 / s)),
    Case("Gamma(mean=mean[n], sd=sd[n])", {"mean": "positive", "sd": "positive"},
         grid((0.5, 0.999, 3.0), (1e-3, 2.0), (1e-3, 1.5), at=lambda z, m, s: z * m),
         lambda x, m, s: log_gamma(x, (m / s) ** 2, m / s**2)),
    Case("InverseGamma(shape=shape[n], scale=scale[n])",
         {"shape": "positive", "scale": "positive"},
         grid((1e-2, 0.6, 0.9999, 1.0002, 30.0), SHAPE, (1e-6, 2.0, 3e4),
              at=lambda z, a, s: z * s / a),
         lambda x, a, s: a * log(s) - (a + 1) * log(x) - s / x - lgamma(a)),
    Case("LogNormal(loc[n], scale[n])", LS,
         grid((-30.0, -1.2, 0.4, 8.0), (-10.0, 0.0, 3.0), (1e-3, 1.0, 20.0),
              at=lambda z, m, s: math.exp(m + s * z)),
         lambda x, m, s: log_normal_pdf((log(x) - m) / s) - log(s) - log(x)),
    Case("Weibull(shape=shape[n], scale=scale[n])", {"shape": "positive", "scale": "positive"},
         grid((1e-9, 0.4, 1.0, 1.2), (0.2, 1.0, 3.0, 80.0), (1e-5, 2.0, 1e6),
              at=lambda z, k, s: z * s),
         lambda x, k, s: log(k / s) + (k - 1) * log(x / s) - (x / s) ** k),
    Case("Chi2(df[n])", {"df": "positive"}, grid((1e-3, 0.6, 1.0002, 3.0), SHAPE,
                                                 at=lambda z, d: z * d),
         lambda x, d: log_gamma(x, d / 2, mpf(1) / 2)),
    Case("Pareto(scale=scale[n], shape=shape[n])", {"scale": "positive", "shape": "positive"},
         grid((1.0, 1.001, 40.0, 1e30), (1e-5, 2.0, 1e6), (0.1, 1.0, 50.0),
              at=lambda z, s, _: z * s),
         lambda x, s, a: log(a) + a * log(s) - (a + 1) * log(x)),
    Case("Beta(a[n], b[n])", {"a": "positive", "b": "positive"},
         grid((1e-12, 0.3, 0.5001, 1 - 1e-9), SHAPE, SHAPE), log_beta, "unit"),
    Case("Beta(mean=mean[n], concentration=many[n])", {"mean": "unit", "many": "positive"},
         grid((1e-9, 0.3, 0.97), (1e-3, 0.3, 0.999), (0.1, 2.0, 1e6)),
         lambda x, m, c: log_beta(x, m * c, (1 - m) * c), "unit"),
    Case("Kumaraswamy(a[n], b[n])", {"a": "positive", "b": "positive"},
         grid((1e-12, 0.3, 0.5001, 1 - 1e-9), (0.2, 1.0, 30.0), (0.2, 1.0, 30.0)),
         lambda x, a, b: log(a * b) + (a - 1) * log(x) + (b - 1) * log(1 - x**a), "unit"),
    Case("Bernoulli(p[n])", {"p": "unit"}, grid((0, 1), (1e-300, 1e-9, 0.3, 1 - 1e-9)),
         lambda x, p: log(p if x else 1 - p), "bool"),
    Case("Bernoulli(logits=eta[n])", {"eta": "real"}, grid((0, 1), (-800.0, -40.0, 0.3, 800.0)),
         lambda x, e: -log(1 + exp(-e if x else e)), "bool"),
    Case("Categorical(p[n])", {"p": "simplex[K]"},
         [(k, p) for p in VECTOR for k in range(3)], lambda k, p: log(p[int(k)]), "index(K)"),
    Case("Categorical(logits=eta[n])", {"eta": "real[K]"},
         [(k, e) for e in ([0.1, -2.0, 3.0], [0.0, -800.0, 800.0]) for k in range(3)],
         lambda k, e: e[int(k)] - log(sum(map(exp, e))), "index(K)"),
    Case("Categorical(weights=w[n])", {"w": "positive[K]"},
         [(k, w) for w in ([0.1, 2.0, 3.0], [1e-200, 1.0, 1e9]) for k in range(3)],
         lambda k, w: log(w[int(k)] / sum(w)), "index(K)"),
    Case("Binomial(total[n], p[n])", {"total": "data count", "p": "unit"},
         [(k, n, p) for n in (0, 1, 7, 999, 1001, 10**6, 10**9) for p in (1e-9, 0.3, 1 - 1e-6)
          for k in sorted({0, min(1, n), n // 2, round(0.3 * n), n})], log_binomial, "count"),
    Case("Binomial(total[n], logits=eta[n])", {"total": "data count", "eta": "real"},
         [(k, n, e) for n in (0, 1, 7, 1001, 10**9) for e in (-800.0, -0.4, 40.0)
          for k in sorted({0, min(1, n), round(0.4 * n), n})],
         lambda k, n, e: lchoose(n, k) - k * log(1 + exp(-e)) - (n - k) * log(1 + exp(e)), "count"),
    Case("BetaBinomial(total[n], a[n], b[n])",
         {"total": "data count", "a": "positive", "b": "positive"},
         [(k, n, a, b) for n in (0, 1, 7, 1001, 10**5) for a in (1e-3, 1.0, 40.0)
          for b in (0.5, 1e4) for k in sorted({0, min(1, n), n // 2, n})],
         lambda k, n, a, b: lchoose(n, k) + lbeta(k + a, n - k + b) - lbeta(a, b), "count"),
    Case("DiscreteUniform(low[n], high[n])", {"low": "data int", "high": "data int"},
         [(-2, -2, 3), (3, -2, 3), (5, 5, 5), (10**6, 0, 10**9)],
         lambda k, a, b: -log(b - a + 1), "int"),
    Case("OrderedLogistic(eta[n], cuts[n])", {"eta": "real", "cuts": "ordered[K]"},
         [(k, e, c) for e in (-30.0, 0.3, 45.0)
          for c in ([-1.0, 0.5, 2.0], [-40.0, 1e-9, 1e-9 + 1e-6]) for k in range(4)],
         log_ordered, "count"),
    Case("Hypergeometric(total[n], good[n], draws[n])",
         dict.fromkeys(("total", "good", "draws"), "data count"),
         [(0, 0, 0, 0), (1, 5, 2, 3), (2, 5, 4, 3), (40, 10**6, 4 * 10**5, 100), (3, 3, 3, 3)],
         lambda k, n, g, d: lchoose(g, k) + lchoose(n - g, d - k) - lchoose(n, d), "count"),
    Case("Delta(k[n])", {"k": "data int"}, [(k, k) for k in (-2, 0, 7)], lambda k, x: mp.mpf(0),
         "int"),
    Case("Poisson(rate[n])", {"rate": "nonneg"},
         [(k, r * max(k, 1)) for k in (*COUNTS, 10**9) for r in (1e-6, 0.5, 1.0001, 30.0)],
         lambda k, r: times(k, log(r)) - r - lgamma(k + 1), "count"),
    Case("Poisson(log_rate=eta[n])", {"eta": "real"},
         [(k, e) for k in (*COUNTS, 10**9) for e in (-900.0, -1.0, 3.0, 20.0)],
         lambda k, e: k * e - exp(e) - lgamma(k + 1), "count"),
    Case("NegativeBinomial(mean=mean[n], dispersion=many[n])",
         {"mean": "nonneg", "many": "positive"},
         [(k, m * max(k, 1), r) for k in (*COUNTS, 10**7) for m in (1e-6, 0.8, 1.0001, 1e4)
          for r in (1e-3, 2.0, 17.0, 1e10)], log_negative_binomial, "count"),
    Case("NegativeBinomial(log_mean=eta[n], dispersion=many[n])",
         {"eta": "real", "many": "positive"},
         [(k, e, r) for k in COUNTS for e in (-300.0, 1.0, 12.0) for r in (1e-3, 2.0, 1e10)],
         lambda k, e, r: log_negative_binomial(k, exp(e), r), "count"),
    Case("Geometric(p[n])", {"p": "unit"}, grid(COUNTS, (1e-12, 0.3, 1 - 1e-9)),
         lambda k, p: times(k, log(1 - p)) + log(p), "count"),
    Case("Dirichlet(a[n])", {"a": "positive[K]"},
         [(x, a) for x in VECTOR for a in ([0.1, 1.0, 5.0], [20.0, 300.0, 1e6], [1e-3, 16.5, 2.0])],
         log_dirichlet, value="simplex[K]"),
    Case("MultivariateNormal(loc[n], covariance=cov[n] + eye(K))",
         {"loc": "real[K]", "cov": "real[K, K]"},
         [(x, m, c) for x in ([0.1, -2.0], [30.0, 1.0]) for m in ([0.0, 1.0],) for c in COVARIANCE],
         lambda x, m, c: log_multivariate_normal(x, m, mp.matrix(c) + mp.eye(len(x))),
         value="real[K]"),
    Case("MultivariateNormal(loc[n], scale_tril=tril[n] + zeros(K, K))",
         {"loc": "real[K]", "tril": "real[K, K]"},
         [([0.1, -2.0], [0.5, 1.0], np.linalg.cholesky(c).tolist()) for c in COVARIANCE],
         lambda x, m, t: log_multivariate_normal(x, m, mp.matrix(t) * mp.matrix(t).T),
         value="real[K]"),
    Case("MultivariateNormal(loc[n], precision=prec[n] + eye(K))",
         {"loc": "real[K]", "prec": "real[K, K]"},
         [(x, [0.5, 1.0], c) for x in ([0.1, -2.0],) for c in COVARIANCE],
         lambda x, m, p: log_multivariate_normal(x, m, mp.inverse(mp.matrix(p) + mp.eye(len(x)))),
         value="real[K]"),
    Case("MultivariateStudentT(df[n], loc[n], scale_tril=tril[n] + zeros(K, K))",
         {"df": "positive", "loc": "real[K]", "tril": "real[K, K]"},
         [(x, d, [0.5, 1.0], np.linalg.cholesky(c).tolist()) for c in COVARIANCE
          for x in ([0.1, -2.0], [1e9, 1.0]) for d in (0.3, 4.0, 1e10)],
         log_multivariate_t, value="real[K]"),
    Case("LowRankMultivariateNormal(loc[n], factor=w[n], diagonal=d[n])",
         {"loc": "real[K]", "w": "real[K, J]", "d": "positive[K]"},
         [(x, [0.5, 1.0, -2.0], w, d) for x in ([0.1, -2.0, 30.0], [1.5, 3.0, 0.0])
          for w in ([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], [[1.0, 0.3], [2.0, -0.1], [2.0, 4.0]])
          for d in ([1.0, 2.0, 0.5], [1e-6, 1e-6, 1e-6], [1e-6, 1.0, 1e6])],
         log_low_rank, value="real[K]"),
    Case("GaussianProcess(x[n], rbf(length=l[n], scale=s[n]), noise=e[n])",
         {"x": "data real[K]", "l": "positive", "s": "positive", "e": "nonneg"},
         [(y, [0.0, 1.0, 4.0], r, s, e) for y in ([0.1, -2.0, 0.3],) for r in (0.2, 1.0)
          for s in (0.1, 30.0) for e in (0.0, 0.5)],
         log_process, value="real[K]"),
    Case("ZeroSumNormal(scale[n], dim=K)", {"scale": "positive", "K": "size"},
         [(x, s, 3) for x in ([1.0, -3.0, 2.0], [0.0, 0.0, 0.0], [1e6, -1e6, 0.0])
          for s in (1e-3, 2.0, 1e5)], log_zero_sum, value="real[K]"),
    Case("LKJ(K, eta[n])", {"K": "size", "eta": "positive"},
         [(r, 3, e) for r in CORRELATION for e in (0.3, 1.0, 20.0)], log_lkj, value="corr[K]"),
    Case("Wishart(df[n], s[n] + zeros(K, K))", {"df": "positive", "s": "real[K, K]"},
         [((np.array(x) * d).tolist(), d, s) for x in COVARIANCE for s in COVARIANCE[::2]
          for d in (1.01, 4.0, 1e3)]
         + [([[2e6, 1e5], [1e5, 1e7]], 1e7, [[0.2, 0.0], [0.0, 1.0]])],
         log_wishart, value="cov[K]"),
    Case("InverseWishart(df[n], s[n] + zeros(K, K))", {"df": "positive", "s": "real[K, K]"},
         [((np.array(x) / d).tolist(), d, s) for x in COVARIANCE for s in COVARIANCE[::2]
          for d in (1.01, 4.0, 1e3)]
         + [([[2e-7, 1e-9], [1e-9, 1e-7]], 1e7, [[2.0, 0.0], [0.0, 1.0]])],
         log_inverse_wishart, value="cov[K]"),
    Case("LKJCholesky(K, eta[n])", {"K": "size", "eta": "positive"},
         [([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [-0.5, 0.5, math.sqrt(0.5)]], 3, e)
          for e in (0.3, 1.0, 20.0)], log_lkj_cholesky, value="cholesky_corr[K]"),
    Case("Multinomial(total[n], p[n])", {"total": "data count", "p": "simplex[K]"},
         [(k, sum(k), p) for p in VECTOR
          for k in ([0, 0, 0], [1, 0, 0], [3, 2, 9], [10**6, 4, 10**5])],
         log_multinomial, "count"),
    Case("DirichletMultinomial(total[n], a[n])", {"total": "data count", "a": "positive[K]"},
         [(k, sum(k), a) for a in ([0.1, 1.0, 5.0], [20.0, 300.0, 1e6])
          for k in ([0, 0, 0], [1, 0, 0], [3, 2, 9], [1000, 4, 300])],
         log_dirichlet_multinomial, "count"),
]  # fmt: skip

CONTINUOUS = ("real", "unit")
NAMES = [c.call for c in CASES]


def length(case: Case) -> int:
    """The size of K in a case: of its first vector."""
    found = [p for p in case.points[0] if isinstance(p, list)]
    return len(found[0]) if found else 1


def text(case: Case, *, role: str, parameters: str = "param") -> str:
    """A model: the parameters as `param`s or data, one draw for each point."""
    lines = (
        ["dim N, K, J = 2"]
        if "J]" in "".join(case.types.values())
        else ["dim N, K"]
        if "K" in case.call + "".join(case.types.values()) + case.value
        else ["dim N"]
    )
    for name, declared in case.types.items():
        if declared == "size":
            continue
        known = declared.startswith("data ")
        scalar, _, dims = declared.removeprefix("data ").partition("[")
        if scalar in ("simplex", "ordered"):
            lines.append(f"{parameters} {name}[N]: {declared}")
        else:
            axes = f"N, {dims[:-1]}" if dims else "N"
            word = "data" if known else parameters
            lines.append(f"{word} {name}[{axes}]: {scalar}")
    lines.append(f"{role} y[n in N] ~ {case.call}")
    return "\n".join(lines)


def columns(case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters that are unknowns, and the data."""
    unknown: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for place, (name, declared) in enumerate(case.types.items(), 1):
        values = [p[place] for p in case.points]
        if declared == "size":
            continue
        (data if declared.startswith("data ") else unknown)[name] = np.array(values)
    return unknown, data


def bound_to(case: Case, role: str):
    """The program of a case at its points."""
    unknown, data = columns(case)
    data["N"] = len(case.points)
    if "K" in text(case, role=role).splitlines()[0]:
        data["K"] = length(case)
    y = np.array([p[0] for p in case.points])
    if role == "observed":
        data["y"] = [f"K{i}" for i in y] if case.kind.startswith("index") else y
        if case.kind.startswith("index"):
            data["K"] = [f"K{i}" for i in range(length(case))]
    else:
        unknown["y"] = y
    return genlang.model(text(case, role=role)).bind(data), unknown


def exactly(case: Case, point: tuple[Any, ...]) -> Any:
    """The reference's log density at a point, its arguments the exact values of the floats."""
    return case.reference(*(precise(p) for p in point))


def precise(value: Any) -> Any:
    return [precise(v) for v in value] if isinstance(value, list) else mpf(value)


def close(found: float, expected: Any, bound: float) -> bool:
    """Relative or absolute agreement."""
    return abs(mpf(found) - expected) <= bound * max(1, abs(expected))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_log_density_equals_the_formula_in_forty_digits_to_1e_10(case: Case):
    bound, unknown = bound_to(case, "observed")
    found = np.broadcast_to(bound.log_density(unknown, pointwise=True)["y"], len(case.points))
    for point, term in zip(case.points, found, strict=True):
        expected = exactly(case, point)
        assert close(float(term), expected, 1e-10), (point, float(term), float(expected))


def direction(case: Case, rng: np.random.Generator, place: int, value: Any) -> Any:
    """A step of one argument, on its scale; symmetric or triangular where the matrix is."""
    array = np.asarray(value, dtype=float)
    step = rng.choice([-1.0, 0.7], array.shape) * np.where(array == 0, 0.5, np.abs(array))
    declared = [case.value, *case.types.values()][place]
    if "[K, K]" in declared or declared.startswith(("cholesky", "cov", "corr")):
        lower = "tril" in case.call if place else declared.startswith("cholesky")
        step = np.tril(step) if lower else (step + step.T) / 2
        if declared.startswith("corr"):
            step -= np.diag(np.diag(step))
        elif place == 0 and lower:
            step = step * (np.asarray(value) != 0)
    if case.name == "ZeroSumNormal" and place == 0:
        step = step - step.mean()
    return step.tolist()


def within_range(value: Any) -> bool:
    """Whether second derivatives at an argument are numbers: 1 / x^2 at 1e-200 is not."""
    if isinstance(value, list | tuple):
        return all(map(within_range, value))
    return value == 0 or 1e-150 < abs(value) < 1e150


def moving(case: Case, point: tuple[Any, ...], steps: Sequence[Any]) -> Reference:
    """The reference along a line through a point."""

    def walk(value: Any, step: Any, t: Any) -> Any:
        if isinstance(value, list):
            return [walk(v, s, t) for v, s in zip(value, step, strict=True)]
        return mpf(value) + (0 if step is None else t * mpf(step))

    return lambda t: case.reference(*(walk(p, s, t) for p, s in zip(point, steps, strict=True)))


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.types], ids=[c.call for c in CASES if c.types]
)
def test_first_and_second_derivatives_along_random_lines_equal_the_formula(case: Case):
    smooth = case.kind in CONTINUOUS and case.name != "Uniform"
    bound, unknown = bound_to(case, "latent" if smooth else "observed")
    if not unknown:
        return
    rng = np.random.default_rng(1)
    names = [None if not smooth else "y", *case.types]
    steps = [
        [
            direction(case, rng, i, p) if names[i] in unknown else np.zeros(np.shape(p)).tolist()
            for i, p in enumerate(point)
        ]
        for point in case.points
    ]
    with session():
        density = Density(load(bound.model.to_python()).model, namespace(bound.table))
        t = torch.zeros(len(case.points), requires_grad=True)
        moved_to = {}
        for name, value in unknown.items():
            step = torch.tensor([s[names.index(name)] for s in steps], dtype=torch.double)
            moved_to[name] = torch.tensor(value, dtype=torch.double) + step * t.reshape(
                -1, *[1] * (step.dim() - 1)
            )
        total = density.log_density(moved_to)
        (first,) = torch.autograd.grad(total, t, create_graph=True)
        second = torch.zeros_like(first)
        if first.requires_grad:
            (second,) = torch.autograd.grad(first.sum(), t)
    for point, step, one, two in zip(
        case.points, steps, first.tolist(), second.tolist(), strict=True
    ):
        along = moving(case, point, step)
        scale = max(1, abs(exactly(case, point)))
        slope, bend = mp.diff(along, 0), mp.diff(along, 0, 2)
        assert abs(mpf(one) - slope) <= 1e-8 * max(scale, abs(slope)), (point, one, slope)
        if not within_range(point):
            continue
        bound_ = 1e-6 * max(scale, abs(slope), abs(bend))
        assert abs(mpf(two) - bend) <= bound_, (point, two, bend)


# -- Truncation -------------------------------------------------------------------------------


def phi(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def student(x, df):
    """The probability of a t variable above x."""
    tail = mp.betainc(mpf(df) / 2, mpf(1) / 2, 0, df / (df + x**2), regularized=True) / 2
    return tail if x >= 0 else 1 - tail


# Each standard distribution: its log density, its distribution function and its survival function.
CUT = [
    ("Normal(0, 1{})", log_normal_pdf, phi, lambda x: phi(-x), (
        (0, None), (None, -1), (-1.5, 0.3), (30, None), (100, None), (None, -50),
        (30, 31), (-1e3, 1e3), (1, 1.001), (8, 9), (-45, -44))),
    ("Cauchy(0, 1{})", lambda x: -log(pi) - log(1 + x**2),
     lambda x: mp.atan2(1, -x) / pi, lambda x: mp.atan2(1, x) / pi, (
        (0, None), (1e9, None), (None, -1e6), (1e3, 1e4), (-1, 2))),
    ("Laplace(0, 1{})", lambda x: -abs(x) - log(2),
     lambda x: exp(x) / 2 if x < 0 else 1 - exp(-x) / 2,
     lambda x: exp(-x) / 2 if x > 0 else 1 - exp(x) / 2, (
        (0, None), (800, None), (None, -900), (40, 41), (-1, 2), (1, 2))),
    ("Logistic(0, 1{})", lambda x: -x - 2 * log(1 + exp(-x)), sigmoid, lambda x: sigmoid(-x), (
        (0, None), (800, None), (None, -900), (40, 41), (-1, 2))),
    ("Gumbel(0, 1{})", lambda x: -x - exp(-x), lambda x: exp(-exp(-x)),
     lambda x: -mp.expm1(-exp(-x)), (
        (0, None), (800, None), (None, -4), (41, 42), (-1, 2), (-6, -5))),
    ("Uniform(-2, 5{})", lambda x: -log(7), lambda x: (x + 2) / 7, lambda x: (5 - x) / 7, (
        (0, None), (None, 1), (-9, 4), (-1, 2))),
    ("HalfNormal(1{})", lambda x: log(2) + log_normal_pdf(x), lambda x: mp.erf(x / mp.sqrt(2)),
     lambda x: 2 * phi(-x), (
        (1, None), (40, None), (None, 1e-6), (30, 31), (None, 2), (-1, 2))),
    ("HalfCauchy(1{})", lambda x: log(2 / pi) - log(1 + x**2), lambda x: 2 / pi * mp.atan(x),
     lambda x: 2 / pi * mp.atan2(1, x), (
        (1, None), (1e9, None), (None, 1e-6), (None, 2), (-1, 2))),
    ("Exponential(1{})", lambda x: -x, lambda x: -mp.expm1(-x), lambda x: exp(-x), (
        (1, None), (900, None), (None, 1e-6), (900, 901), (None, 2), (-1, 2))),
    ("LogNormal(0, 1{})", lambda x: log_normal_pdf(log(x)) - log(x),
     lambda x: phi(log(x)) if x else mpf(0), lambda x: phi(-log(x)) if x else mpf(1), (
        (1, None), (1e9, None), (None, 1e-6), (1, 3), (0, 2))),
    ("Weibull(shape=2, scale=1{})", lambda x: log(2 * x) - x**2, lambda x: -mp.expm1(-(x**2)),
     lambda x: exp(-(x**2)), (
        (1, None), (40, None), (None, 1e-6), (30, 31), (0, 2))),
    ("Pareto(scale=1, shape=2{})", lambda x: log(2) - 3 * log(x), lambda x: 1 - x**-2,
     lambda x: x**-2, (
        (3, None), (1e9, None), (None, 1.5), (0, 2), (2, 9))),
    ("AsymmetricLaplace(0, 1, 2{})", lambda x: log(mpf(2) / 5) - (2 * x if x >= 0 else -x / 2),
     lambda x: exp(x / 2) * 4 / 5 if x < 0 else 1 - exp(-2 * x) / 5,
     lambda x: 1 - exp(x / 2) * 4 / 5 if x < 0 else exp(-2 * x) / 5, (
        (0, None), (500, None), (None, -900), (40, 41), (-1, 2), (-3, -2))),
    ("StudentT(3, 0, 1{})", lambda x: log_t(x, 3, 0, 1), lambda x: student(-x, 3),
     lambda x: student(x, 3), (
        (0, None), (None, 0), (1e6, None), (None, -1e9), (40, 41), (-1, 2), (0.2, 0.7), (-9, -2))),
    ("HalfStudentT(3, 1{})", lambda x: log(2) + log_t(x, 3, 0, 1), lambda x: 1 - 2 * student(x, 3),
     lambda x: 2 * student(x, 3), (
        (1, None), (1e9, None), (None, 1e-6), (None, 2), (-1, 2), (0.2, 0.7))),
    ("Gamma(shape=2.5, rate=1{})", lambda x: log_gamma(x, mpf(5) / 2, 1),
     lambda x: mp.gammainc(mpf(5) / 2, 0, x, regularized=True),
     lambda x: mp.gammainc(mpf(5) / 2, x, regularized=True), (
        (1, None), (900, None), (None, 1e-6), (900, 901), (None, 2), (0, 2), (2.4, 2.6))),
    ("InverseGamma(shape=2.5, scale=1{})",
     lambda x: -mpf(7) / 2 * log(x) - 1 / x - lgamma(mpf(5) / 2),
     lambda x: mp.gammainc(mpf(5) / 2, 1 / x, regularized=True) if x else mpf(0),
     lambda x: mp.gammainc(mpf(5) / 2, 0, 1 / x, regularized=True) if x else mpf(1), (
        (1, None), (1e9, None), (None, 1e-2), (None, 2), (0, 2), (2.4, 2.6))),
    ("Chi2(1{})", lambda x: log_gamma(x, mpf(1) / 2, mpf(1) / 2),
     lambda x: mp.erf(mp.sqrt(x / 2)), lambda x: mp.erfc(mp.sqrt(x / 2)), (
        (1, None), (900, None), (None, 1e-6), (900, 901), (0, 2))),
    ("Beta(0.5, 3{})", lambda x: log_beta(x, mpf(1) / 2, 3),
     lambda x: mp.betainc(mpf(1) / 2, 3, 0, x, regularized=True),
     lambda x: mp.betainc(3, mpf(1) / 2, 0, 1 - x, regularized=True), (
        (0.9, None), (1 - 1e-6, None), (None, 1e-6), (0.2, 0.7))),
    ("Kumaraswamy(2, 3{})", lambda x: log(6 * x) + 2 * log(1 - x**2),
     lambda x: 1 - (1 - x**2) ** 3, lambda x: (1 - x**2) ** 3, (
        (0.9, None), (None, 1e-6), (0.2, 0.7))),
]  # fmt: skip
TRUNCATED = [(*row[:4], ends) for row in CUT for ends in row[4]]


def between(call: str, low: float | None, high: float | None) -> str:
    """A call with its bounds."""
    ends = [f"{k}={v!r}" for k, v in (("lower", low), ("upper", high)) if v is not None]
    return call.format("".join(f", {e}" for e in ends))


@pytest.mark.parametrize(
    ("call", "pdf", "cdf", "sf", "ends"), TRUNCATED, ids=[between(t[0], *t[4]) for t in TRUNCATED]
)
def test_truncated_density_is_the_density_over_the_mass_far_into_the_tails(
    call, pdf, cdf, sf, ends
):
    low, high = (
        mpf(e) if e is not None else s * mp.inf for e, s in zip(ends, (-1, 1), strict=True)
    )
    natural = {
        "Half": 0,
        "Expo": 0,
        "LogN": 0,
        "Weib": 0,
        "Pare": 1,
        "Kuma": 0,
        "Unif": -2,
        "Gamm": 0,
        "Inve": 0,
        "Chi2": 0,
        "Beta": 0,
    }
    low = max(low, mpf(natural.get(call[:4], -mp.inf)))
    high = min(high, mpf({"Kuma": 1, "Beta": 1, "Unif": 5}.get(call[:4], mp.inf)))
    mirrored = low == -mp.inf and high < mp.inf
    if low > 0:
        mass = log(sf(low) - (sf(high) if high < mp.inf else 0))
    else:
        mass = log((cdf(high) if high < mp.inf else 1) - (cdf(low) if low > -mp.inf else 0))
    near = high if low == -mp.inf else low
    if near == -mp.inf:
        near = mpf(0)
    step = min(abs(near) / 1000 + mpf("1e-9"), (high - low) / 2 if high - low < mp.inf else 1)
    value = float(near - step if mirrored else near + step)
    bound = genlang.model(f"latent y ~ {between(call, *ends)}").bind({})
    expected = pdf(mpf(value)) - mass
    assert close(bound.log_density({"y": value}), expected, 1e-10)
    (slope,) = bound.gradient({"y": value}).values()
    assert abs(mpf(float(slope)) - mp.diff(pdf, mpf(value))) <= 1e-7 * max(1, abs(slope))
    for outside in [float(e) + s for e, s in ((low, -0.5), (high, 0.5)) if mp.isfinite(e)]:
        assert bound.log_density({"y": outside}) == -math.inf


@pytest.mark.parametrize("bounds", ["lower=a", "upper=a", "lower=a, upper=a + 2.5"])
@pytest.mark.parametrize("place", [-40.0, -1.0, 0.3, 38.5])
@pytest.mark.parametrize(
    "call",
    [
        "Normal(m, s, {})",
        "Cauchy(m, s, {})",
        "Laplace(m, s, {})",
        "Logistic(m, s, {})",
        "Gumbel(m, s, {})",
        "StudentT(3.5, m, s, {})",
        "StudentT(s, m, 0.8, {})",
        "AsymmetricLaplace(m, s, 1.5, {})",
    ],
)
def test_gradients_in_the_bounds_and_parameters_equal_central_differences(call, place, bounds):
    if call.startswith("Gumbel") and place < -3:
        place = -3.0
    shift = {"lower=a": 0.7, "upper=a": -0.7}.get(bounds, 0.7)
    text_ = f"param m: real\nparam a: real\nparam s: positive\nlatent y ~ {call.format(bounds)}"
    bound = genlang.model(text_).bind({})
    point = {"m": 0.2, "a": place, "s": 1.3, "y": place + shift}
    slopes = bound.gradient(point)
    for name, value in point.items():
        h = 1e-5 * max(1, abs(value))
        up, down = (bound.log_density({**point, name: value + d}) for d in (h, -h))
        assert math.isfinite(slopes[name])
        assert slopes[name] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-5), name


@pytest.mark.parametrize(
    ("call", "base", "ends"),
    [
        ("Poisson(4, upper=60)", stats.poisson(4), (0, 60)),
        ("Poisson(4, lower=3)", stats.poisson(4), (3, None)),
        ("Poisson(4, lower=60)", stats.poisson(4), (60, None)),
        ("Poisson(0.5, lower=2, upper=3)", stats.poisson(0.5), (2, 3)),
        ("Poisson(2000.5, lower=1000, upper=3000)", stats.poisson(2000.5), (1000, 3000)),
        ("Poisson(5e6, upper=5000000)", stats.poisson(5e6), (0, 5_000_000)),
        ("Binomial(9, 0.3, lower=2)", stats.binom(9, 0.3), (2, 9)),
        ("Binomial(9, logits=0, upper=4)", stats.binom(9, 0.5), (0, 4)),
        ("BetaBinomial(9, 2, 3, lower=2, upper=5)", stats.betabinom(9, 2, 3), (2, 5)),
        ("Geometric(0.3, lower=4)", stats.geom(0.3, loc=-1), (4, None)),
        ("NegativeBinomial(mean=3, dispersion=2, upper=9)", stats.nbinom(2, 0.4), (0, 9)),
    ],
)
def test_truncated_counts_are_renormalized(call, base, ends):
    low, high = ends
    inside = low + 1
    bound = genlang.model(f"observed y ~ {call}").bind({"y": inside})
    mass = mp.nsum(lambda k: mpf(float(np.exp(base.logpmf(int(k))))), [low, low + 400])
    if high is not None and high - low > 400:
        mass = mpf(base.cdf(high) - base.cdf(low - 1))
    elif high is not None:
        mass = sum(mpf(float(base.pmf(k))) for k in range(low, high + 1))
    expected = mpf(float(base.logpmf(inside))) - log(mass)
    assert close(bound.log_density({}), expected, 1e-10)


# -- Edges, zeros, outside --------------------------------------------------------------------

INF = math.inf
EDGES = [
    ("Beta(a, b)", {"a": 1.0, "b": 1.0}, 0.0, 0.0),
    ("Beta(a, b)", {"a": 1.0, "b": 1.0}, 1.0, 0.0),
    ("Beta(a, b)", {"a": 1.0, "b": 3.0}, 0.0, math.log(3)),
    ("Beta(a, b)", {"a": 2.0, "b": 3.0}, 0.0, -INF),
    ("Beta(a, b)", {"a": 2.0, "b": 3.0}, 1.0, -INF),
    ("Beta(a, b)", {"a": 0.5, "b": 0.5}, 1.0, INF),
    ("Gamma(shape=a, rate=b)", {"a": 1.0, "b": 3.0}, 0.0, math.log(3)),
    ("Gamma(shape=a, rate=b)", {"a": 2.0, "b": 3.0}, 0.0, -INF),
    ("Weibull(shape=a, scale=b)", {"a": 1.0, "b": 2.0}, 0.0, -math.log(2)),
    ("Weibull(shape=a, scale=b)", {"a": 1.5, "b": 2.0}, 0.0, -INF),
    ("Exponential(a)", {"a": 2.0}, 0.0, math.log(2)),
    ("HalfNormal(a)", {"a": 1.0}, 0.0, math.log(2) - 0.5 * math.log(2 * math.pi)),
    ("LogNormal(a, b)", {"a": 1.0, "b": 2.0}, 0.0, -INF),
    ("InverseGamma(shape=a, scale=b)", {"a": 1.0, "b": 2.0}, 0.0, -INF),
    ("Kumaraswamy(a, b)", {"a": 1.0, "b": 2.0}, 0.0, math.log(2)),
    ("Kumaraswamy(a, b)", {"a": 3.0, "b": 2.0}, 1.0, -INF),
    ("Pareto(scale=a, shape=b)", {"a": 2.0, "b": 3.0}, 2.0, math.log(1.5)),
    ("Uniform(a, b)", {"a": 1.0, "b": 3.0}, 3.0, -math.log(2)),
]
ZEROS = [
    ("Bernoulli(a)", {"a": 0.0}, 0, 0.0),
    ("Bernoulli(a)", {"a": 0.0}, 1, -INF),
    ("Bernoulli(a)", {"a": 1.0}, 1, 0.0),
    ("Bernoulli(a)", {"a": 1.0}, 0, -INF),
    ("Binomial(7, a)", {"a": 0.0}, 0, 0.0),
    ("Binomial(7, a)", {"a": 1.0}, 7, 0.0),
    ("Binomial(7, a)", {"a": 0.0}, 1, -INF),
    ("Binomial(5000, a)", {"a": 1.0}, 4999, -INF),
    ("Binomial(0, a)", {"a": 0.3}, 0, 0.0),
    ("Binomial(0, logits=a)", {"a": 0.3}, 0, 0.0),
    ("BetaBinomial(0, a, b)", {"a": 0.3, "b": 2.0}, 0, 0.0),
    ("Poisson(a)", {"a": 0.0}, 0, 0.0),
    ("Poisson(a)", {"a": 0.0}, 3, -INF),
    ("Poisson(a)", {"a": 0.0}, 5000, -INF),
    ("NegativeBinomial(mean=a, dispersion=b)", {"a": 0.0, "b": 2.0}, 0, 0.0),
    ("NegativeBinomial(mean=a, dispersion=b)", {"a": 0.0, "b": 2.0}, 30, -INF),
    ("Geometric(a)", {"a": 1.0}, 0, 0.0),
    ("Geometric(a)", {"a": 1.0}, 2, -INF),
    ("Categorical([a, 1 - a])", {"a": 0.0}, 1, 0.0),
    ("Categorical([a, 1 - a])", {"a": 0.0}, 0, -INF),
    ("Categorical(weights=[a, 2])", {"a": 0.0}, 0, -INF),
    ("DiscreteUniform(3, 3)", {"a": 1.0}, 3, 0.0),
    ("Delta(3)", {"a": 1.0}, 3, 0.0),
]
KINDS_OF = {"Bernoulli": "unit", "Binomial": "unit", "Geometric": "unit", "Categorical": "unit"}


def known(call: str, names: Sequence[str], role: str) -> str:
    """A model of one draw, its parameters `param`s."""
    first = KINDS_OF.get(call.split("(", maxsplit=1)[0], "positive")
    if call.startswith(("Poisson", "NegativeB")):
        first = "nonneg"
    if "logits" in call or call.startswith(("LogNormal", "Uniform")):
        first = "real"
    lines = [f"param {n}: {first if n == 'a' else 'positive'}" for n in names]
    if "weights" in call:
        lines[0] = "param a: nonneg"
    return "\n".join([*lines, f"{role} y ~ {call}"])


@pytest.mark.parametrize(("call", "at", "value", "expected"), EDGES)
def test_an_edge_of_a_support_is_exact_with_finite_gradients(call, at, value, expected):
    bound = genlang.model(known(call, list(at), "latent")).bind({})
    found = bound.log_density({**at, "y": value})
    assert found == expected or found == pytest.approx(expected, abs=1e-14)
    assert all(np.isfinite(g).all() for g in bound.gradient({**at, "y": value}).values())


@pytest.mark.parametrize(("call", "at", "value", "expected"), ZEROS)
def test_probability_zero_and_one_count_exactly_with_finite_gradients(call, at, value, expected):
    bound = genlang.model(known(call, list(at), "observed")).bind({"y": value})
    assert bound.log_density(at) == expected
    assert all(np.isfinite(g).all() for g in bound.gradient(at).values())


@pytest.mark.parametrize(
    ("a", "x", "expected"),
    [
        ([1.0, 1.0, 1.0], [0.0, 0.0, 1.0], math.log(2)),
        ([1.0, 2.0, 3.0], [0.0, 0.4, 0.6], None),
        ([2.0, 2.0, 2.0], [0.0, 0.4, 0.6], -INF),
        ([0.5, 20.0, 2.0], [0.0, 0.4, 0.6], INF),
        ([1.0, 2.0, 3.0], [0.5, 0.4, 0.6], -INF),
        ([1.0, 2.0, 3.0], [-0.1, 0.5, 0.6], -INF),
    ],
)
def test_an_edge_of_the_simplex_is_exact_with_finite_gradients(a, x, expected):
    bound = genlang.model("dim K = 3\nparam a[K]: positive\nlatent y ~ Dirichlet(a)").bind({})
    if expected is None:
        expected = (
            math.lgamma(6) - math.lgamma(2) - math.lgamma(3) + math.log(0.4) + 2 * math.log(0.6)
        )
    assert bound.log_density({"a": a, "y": x}) == pytest.approx(expected, abs=1e-13)
    assert all(np.isfinite(g).all() for g in bound.gradient({"a": a, "y": x}).values())


OUTSIDE = {
    "positive": (-1.0, -1e-300),
    "unit": (-0.1, 1.1, 2.0),
    "bool": (-1, 2),
    "count": (-1, 0.5),
    "int": (0.5, 10**10),
    "index": (-1, 99),
}


def site(case: Case) -> Any:
    """The distribution of `y` in the program of a case run by Pyro, with its value."""
    unknown, data = columns(case)
    at = {**data, **unknown, "N": len(case.points)}
    if "K" in text(case, role="generated").splitlines()[0]:
        at["K"] = length(case)
    at["y"] = np.array([p[0] for p in case.points])
    if case.kind.startswith("index"):
        at["y"] = [f"K{i}" for i in at["y"]]
        at["K"] = [f"K{i}" for i in range(length(case))]
    bound = genlang.model(text(case, role="observed", parameters="data")).bind(at)
    program = load(bound.model.to_python()).model
    return poutine.trace(program).get_trace(namespace(bound.table)).nodes["y"]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_site_behaves_under_pyro_as_its_own_distributions_do(case: Case):
    row = DISTRIBUTIONS[case.name]
    with session(seed=1):
        node = site(case)
        law, value = node["fn"], node["value"]
        while hasattr(law, "base_dist"):
            law = law.base_dist
        batch = law.batch_shape
        terms = law.log_prob(value)
        shape = (len(case.points),) if case.types.keys() - {"K"} else ()
        assert batch in (shape, (len(case.points),))
        wide = law.expand((4, *batch) if batch else (4, 1))
        assert wide.batch_shape[0] == 4
        assert wide.event_shape == law.event_shape
        assert torch.allclose(
            wide.log_prob(value)[2], terms.expand(wide.batch_shape[1:]), rtol=1e-12, atol=0
        )
        if case.name != "Flat":
            drawn = law.sample((3,))
            assert drawn.shape == (3, *batch, *law.event_shape)
            assert drawn.is_floating_point() == (row.kind in ("real", "positive", "unit"))
            assert not torch.isnan(law.log_prob(drawn)).any()
        if row.kind in OUTSIDE and not row.rank:
            for bad in OUTSIDE[row.kind]:
                assert (law.log_prob(torch.full_like(terms, bad)) == -math.inf).all(), bad
        assert not torch.isnan(law.support.check(value)).any()
        if row.finite and case.name not in (
            "BetaBinomial",
            "Binomial",
            "Hypergeometric",
            "DiscreteUniform",
            "Delta",
        ):
            values = law.enumerate_support(expand=False)
            assert values.shape[1:] == (1,) * len(batch)
            total = law.log_prob(values).logsumexp(0)
            assert torch.allclose(total, torch.zeros(()), atol=1e-12)
            assert law.enumerate_support().shape[1:] == batch


@pytest.mark.parametrize(
    ("call", "size"),
    [
        ("Binomial(7, 0.3)", 8),
        ("BetaBinomial(7, 2, 3)", 8),
        ("DiscreteUniform(-2, 3)", 6),
        ("Hypergeometric(20, 7, 5)", 6),
        ("Poisson(3, upper=9)", 10),
        ("Poisson(3, lower=2, upper=9)", 8),
    ],
)
def test_all_values_of_a_bounded_count_have_probability_one_together(call, size):
    with session(seed=1):
        program = load(genlang.model(f"observed y ~ {call}").to_python()).model
        trace = poutine.trace(program).get_trace(
            namespace(genlang.model(f"observed y ~ {call}").bind({"y": 3}).table)
        )
        law = trace.nodes["y"]["fn"]
        values = law.enumerate_support()
        assert len(values) == size
        assert float(law.log_prob(values).logsumexp(0)) == pytest.approx(0, abs=1e-12)


# -- Draws ------------------------------------------------------------------------------------

DRAWS: list[tuple[str, Any]] = [
    ("Normal(1, 2)", stats.norm(1, 2)),
    ("StudentT(7, 1, 2)", stats.t(7, 1, 2)),
    ("Cauchy(1, 2)", stats.cauchy(1, 2)),
    ("Laplace(1, 2)", stats.laplace(1, 2)),
    ("Logistic(1, 2)", stats.logistic(1, 2)),
    ("Gumbel(1, 2)", stats.gumbel_r(1, 2)),
    ("SkewNormal(1, 2, -3)", stats.skewnorm(-3, 1, 2)),
    ("AsymmetricLaplace(1, 2, 3)", stats.laplace_asymmetric(3, 1, 2)),
    ("Uniform(-1, 3)", stats.uniform(-1, 4)),
    ("VonMises(0.5, 2)", stats.vonmises(2, 0.5)),
    ("HalfNormal(2)", stats.halfnorm(scale=2)),
    ("HalfCauchy(2)", stats.halfcauchy(scale=2)),
    ("HalfStudentT(9, 2)", stats.foldnorm(0)),
    ("Exponential(3)", stats.expon(scale=1 / 3)),
    ("Gamma(shape=2.5, rate=3)", stats.gamma(2.5, scale=1 / 3)),
    ("Gamma(shape=0.4, scale=3)", stats.gamma(0.4, scale=3)),
    ("Gamma(mean=2, sd=0.5)", stats.gamma(16, scale=1 / 8)),
    ("InverseGamma(shape=9, scale=3)", stats.invgamma(9, scale=3)),
    ("LogNormal(1, 0.5)", stats.lognorm(0.5, scale=math.e)),
    ("Weibull(shape=2, scale=3)", stats.weibull_min(2, scale=3)),
    ("Chi2(5)", stats.chi2(5)),
    ("Pareto(scale=2, shape=9)", stats.pareto(9, scale=2)),
    ("Beta(2, 0.5)", stats.beta(2, 0.5)),
    ("Beta(mean=0.3, concentration=10)", stats.beta(3, 7)),
    ("Kumaraswamy(1, 3)", stats.beta(1, 3)),
    ("Kumaraswamy(4, 1)", stats.beta(4, 1)),
    ("Bernoulli(0.3)", stats.bernoulli(0.3)),
    ("Bernoulli(logits=-1)", stats.bernoulli(1 / (1 + math.e))),
    ("Binomial(9, 0.3)", stats.binom(9, 0.3)),
    ("Binomial(9, logits=1)", stats.binom(9, 1 / (1 + math.exp(-1)))),
    ("BetaBinomial(9, 2, 3)", stats.betabinom(9, 2, 3)),
    ("DiscreteUniform(-2, 3)", stats.randint(-2, 4)),
    ("Hypergeometric(20, 7, 5)", stats.hypergeom(20, 7, 5)),
    ("Poisson(4.5)", stats.poisson(4.5)),
    ("Poisson(log_rate=1)", stats.poisson(math.e)),
    ("NegativeBinomial(mean=3, dispersion=2)", stats.nbinom(2, 0.4)),
    ("NegativeBinomial(log_mean=0, dispersion=2)", stats.nbinom(2, 2 / 3)),
    ("Geometric(0.3)", stats.geom(0.3, loc=-1)),
]
CONTINUOUS_KINDS = ("real", "positive", "unit")


def drawn(call: str, count: int = 20_000) -> Any:
    """Draws of a distribution through `simulate`."""
    kind = ": count" if call.startswith("Categorical") else ""
    model = genlang.model(f"dim N\nobserved y[n in N]{kind} ~ {call}")
    return np.asarray(model.simulate(seed=7, N=count)["y"])


@pytest.mark.parametrize(("call", "law"), DRAWS, ids=[c for c, _ in DRAWS])
def test_draws_follow_the_distribution(call: str, law: Any):
    y = drawn(call)
    if call.startswith("HalfStudentT"):
        cdf = lambda x: 2 * stats.t(9, scale=2).cdf(x) - 1  # noqa: E731
        assert stats.kstest(y, cdf).pvalue > 1e-6
        return
    if not call.startswith("VonMises"):  # moments of angles depend on where the circle is cut
        mean, variance, _, kurtosis = (float(m) for m in law.stats("mvsk"))
        if math.isfinite(variance):
            assert abs(y.mean() - mean) < 5 * math.sqrt(variance / len(y))
        if math.isfinite(kurtosis):
            assert abs(y.var() - variance) < 5 * variance * math.sqrt((kurtosis + 2) / len(y))
    if DISTRIBUTIONS[call.split("(", maxsplit=1)[0]].kind in CONTINUOUS_KINDS:
        assert stats.kstest(y, law.cdf).pvalue > 1e-6
    else:
        assert chi_square(y, law.pmf) > 1e-6


def chi_square(y: Any, pmf: Callable[[Any], Any]) -> float:
    """The p-value of observed frequencies, cells expected fewer than 5 times together."""
    values = np.arange(y.min(), y.max() + 1)
    expected = np.asarray(pmf(values)) * len(y)
    counts = np.array([(y == v).sum() for v in values])
    often = expected >= 5
    rest = len(y) - expected[often].sum()
    observed, wanted = list(counts[often]), list(expected[often])
    if rest > 1e-6 * len(y):
        observed.append(len(y) - sum(observed))
        wanted.append(rest)
    assert (counts[expected == 0] == 0).all()
    return (
        float(stats.chisquare(observed, wanted, sum_check=False).pvalue) if len(wanted) > 1 else 1.0
    )


@pytest.mark.parametrize(
    ("call", "law", "ends"),
    [
        ("Normal(0, 1, lower=0.5)", stats.norm, (0.5, INF)),
        ("Normal(0, 1, lower=-1, upper=0.2)", stats.norm, (-1, 0.2)),
        ("Normal(0, 1, lower=6)", stats.norm, (6, INF)),
        ("Normal(0, 1, upper=-6)", stats.norm, (-INF, -6)),
        ("Cauchy(0, 1, lower=100)", stats.cauchy, (100, INF)),
        ("Laplace(0, 1, lower=1, upper=5)", stats.laplace, (1, 5)),
        ("Logistic(0, 1, upper=-2)", stats.logistic, (-INF, -2)),
        ("Gumbel(0, 1, lower=3)", stats.gumbel_r, (3, INF)),
        ("Gumbel(0, 1, upper=0)", stats.gumbel_r, (-INF, 0)),
        ("HalfNormal(1, lower=2)", stats.halfnorm, (2, INF)),
        ("HalfCauchy(1, upper=2)", stats.halfcauchy, (0, 2)),
        ("Exponential(1, lower=2, upper=3)", stats.expon, (2, 3)),
        ("Uniform(0, 1, lower=0.5)", stats.uniform, (0.5, 1)),
        ("LogNormal(0, 1, lower=2)", stats.lognorm(1), (2, INF)),
        ("Weibull(shape=2, scale=1, upper=0.5)", stats.weibull_min(2), (0, 0.5)),
        ("Pareto(scale=1, shape=2, lower=3)", stats.pareto(2), (3, INF)),
        ("Kumaraswamy(1, 3, lower=0.5)", stats.beta(1, 3), (0.5, 1)),
        ("StudentT(3, 0, 1, lower=-1, upper=0.2)", stats.t(3), (-1, 0.2)),
        ("StudentT(3, 0, 1, lower=100)", stats.t(3), (100, INF)),
        ("StudentT(3, 0, 1, upper=9)", stats.t(3), (-INF, 9)),
        ("HalfStudentT(3, 1, upper=2)", stats.foldnorm(0), (0, 2)),
        ("AsymmetricLaplace(0, 1, 2, upper=0.3)", stats.laplace_asymmetric(2), (-INF, 0.3)),
        ("AsymmetricLaplace(0, 1, 2, lower=-3)", stats.laplace_asymmetric(2), (-3, INF)),
        ("Gamma(shape=2.5, rate=1, lower=4)", stats.gamma(2.5), (4, INF)),
        ("Gamma(shape=0.1, rate=1, upper=400)", stats.gamma(0.1), (0, 400)),
        ("Gamma(shape=2.5, rate=1, lower=1, upper=3)", stats.gamma(2.5), (1, 3)),
        ("InverseGamma(shape=2.5, scale=1, upper=0.1)", stats.invgamma(2.5), (0, 0.1)),
        ("Chi2(7, lower=30)", stats.chi2(7), (30, INF)),
        ("Beta(0.5, 3, lower=0.9)", stats.beta(0.5, 3), (0.9, 1)),
        ("Beta(20, 3, upper=0.8)", stats.beta(20, 3), (0, 0.8)),
    ],
)
def test_truncated_draws_follow_the_distribution_and_stay_inside(call, law, ends):
    y = drawn(call)
    if call.startswith("HalfStudentT"):
        y, law, ends = y * np.where(np.arange(len(y)) % 2, 1, -1), stats.t(3), (-2, 2)
    low, high = ends
    assert y.min() >= low
    assert y.max() <= high
    upper = law.cdf(low) > 0.5
    top, width = law.sf(low), law.sf(low) - law.sf(high)
    cdf = (
        (lambda x: (top - law.sf(x)) / width)
        if upper
        else (lambda x: (law.cdf(x) - law.cdf(low)) / (law.cdf(high) - law.cdf(low)))
    )
    assert stats.kstest(y, cdf).pvalue > 1e-6


def test_draws_far_in_a_tail_where_no_probability_is_a_number():
    y = drawn("Normal(0, 1, lower=50)")
    assert y.min() >= 50
    # There the excess is exponential with rate 50, up to O(1 / 50^2).
    assert (y - 50).mean() == pytest.approx(1 / 50, rel=0.05)


@pytest.mark.parametrize(
    ("call", "base", "ends"),
    [
        ("Poisson(4, upper=5)", stats.poisson(4), (0, 5)),
        ("Poisson(4, lower=12)", stats.poisson(4), (12, 60)),
        ("Geometric(0.3, lower=2, upper=5)", stats.geom(0.3, loc=-1), (2, 5)),
        ("Binomial(9, 0.3, lower=2)", stats.binom(9, 0.3), (2, 9)),
        ("BetaBinomial(9, 2, 3, lower=2, upper=5)", stats.betabinom(9, 2, 3), (2, 5)),
    ],
)
def test_truncated_counts_are_drawn_with_their_probabilities(call, base, ends):
    y = drawn(call)
    low, high = ends
    mass = sum(base.pmf(k) for k in range(low, high + 1))
    assert chi_square(y, lambda k: np.where((k >= low) & (k <= high), base.pmf(k), 0) / mass) > 1e-6


@pytest.mark.parametrize(
    ("call", "probs"),
    [
        ("Categorical([0.1, 0.0, 0.9])", [0.1, 0, 0.9]),
        ("Categorical(weights=[2, 0, 6])", [0.25, 0, 0.75]),
        ("Categorical(logits=[0, 1])", [1 / (1 + math.e), math.e / (1 + math.e)]),
        (
            "OrderedLogistic(0, [0, 1])",
            [0.5, 1 / (1 + math.exp(-1)) - 0.5, 1 - 1 / (1 + math.exp(-1))],
        ),
    ],
)
def test_positions_are_drawn_with_their_probabilities(call, probs):
    y = drawn(call)
    assert chi_square(y, lambda k: np.asarray(probs)[k]) > 1e-6


@pytest.mark.parametrize(
    ("call", "mean", "covariance"),
    [
        (
            "Dirichlet([2, 3, 5])",
            stats.dirichlet([2, 3, 5]).mean(),
            stats.dirichlet([2, 3, 5]).cov(),
        ),
        (
            "Multinomial(7, [0.2, 0.3, 0.5])",
            stats.multinomial(7, [0.2, 0.3, 0.5]).p * 7,
            stats.multinomial(7, [0.2, 0.3, 0.5]).cov(),
        ),
        (
            "DirichletMultinomial(7, [2, 3, 5])",
            stats.dirichlet_multinomial([2, 3, 5], 7).mean(),
            stats.dirichlet_multinomial([2, 3, 5], 7).cov(),
        ),
        (
            "MultivariateStudentT(9, [1, 2], scale_tril=[[2, 0], [0.5, 1]])",
            [1, 2],
            np.array([[4, 1], [1, 1.25]]) * 9 / 7,
        ),
        (
            "LowRankMultivariateNormal([1, 2], factor=[[1], [-2]], diagonal=[0.5, 3])",
            [1, 2],
            [[1.5, -2], [-2, 7]],
        ),
        (
            "GaussianProcess([0, 1], rbf(length=1, scale=2), noise=0.5)",
            [0, 0],
            [[4.25, 4 * math.exp(-0.5)], [4 * math.exp(-0.5), 4.25]],
        ),
        ("ZeroSumNormal(2, dim=3)", [0, 0, 0], 4 * (np.eye(3) - 1 / 3)),
        (
            "MultivariateNormal([1, 2], covariance=[[2, 0.5], [0.5, 1]])",
            [1, 2],
            [[2, 0.5], [0.5, 1]],
        ),
        ("MultivariateNormal([1, 2], scale_tril=[[2, 0], [0.5, 1]])", [1, 2], [[4, 1], [1, 1.25]]),
        ("MultivariateNormal([1, 2], precision=[[2, 0], [0, 4]])", [1, 2], [[0.5, 0], [0, 0.25]]),
    ],
)
def test_vectors_are_drawn_with_their_means_and_covariances(call, mean, covariance):
    y = drawn(call).astype(float)
    mean, covariance = np.asarray(mean), np.asarray(covariance)
    gap = y - mean
    assert (np.abs(gap.mean(0)) < 5 * np.sqrt(np.diag(covariance) / len(y))).all()
    products = gap[:, :, None] * gap[:, None, :]
    error = products.std(0) / math.sqrt(len(y))
    assert (np.abs(products.mean(0) - covariance) <= 5 * error + 1e-12).all()


def test_correlation_factors_are_drawn_with_uniform_correlations_at_eta_one():
    y = drawn("LKJCholesky(2, 1)", 20_000)
    assert np.allclose((y**2).sum(-1), 1)
    # Of two variables the correlation is uniform on (-1, 1).
    assert stats.kstest(y[:, 1, 0], stats.uniform(-1, 2).cdf).pvalue > 1e-6


@pytest.mark.parametrize(
    ("call", "law"),
    [
        ("Wishart(5, [[2, 0.5], [0.5, 1]])", stats.wishart(5, [[2, 0.5], [0.5, 1]])),
        ("InverseWishart(9, [[2, 0.5], [0.5, 1]])", stats.invwishart(9, [[2, 0.5], [0.5, 1]])),
    ],
)
def test_covariances_are_drawn_with_their_moments_and_spread(call, law):
    y = drawn(call)
    assert np.allclose(y, y.swapaxes(1, 2), atol=1e-12)
    other = law.rvs(20_000, random_state=np.random.default_rng(3))
    for of in (np.linalg.det, lambda x: x[:, 1, 0], lambda x: x[:, 0, 0], lambda x: x[:, 1, 1]):
        assert stats.ks_2samp(of(y), of(other)).pvalue > 1e-6
    error = y.std(0) / math.sqrt(len(y))
    assert (np.abs(y.mean(0) - law.mean()) < 5 * error).all()


def test_correlations_are_drawn_as_the_products_of_their_factors():
    y, factors = drawn("LKJ(3, 2.5)"), drawn("LKJCholesky(3, 2.5)")
    other = factors @ factors.swapaxes(1, 2)
    assert np.allclose(np.diagonal(y, axis1=1, axis2=2), 1, atol=1e-14)
    for i, j in ((1, 0), (2, 0), (2, 1)):
        # Each is Beta(eta + 1 / 2) on (-1, 1), of three variables.
        assert stats.kstest(y[:, i, j], stats.beta(3, 3, -1, 2).cdf).pvalue > 1e-6
    dets = [np.linalg.det(x) for x in (y, other)]
    assert stats.ks_2samp(*dets).pvalue > 1e-6


def test_ints_beside_real_parameters_do_not_round_them():
    text_ = "dim N\ndata x[N]: int\nobserved y[n in N] ~ {}"
    for call, expected in (
        ("Normal(x[n], 1.5)", stats.norm(2, 1.5).logpdf(3)),
        ("Laplace(x[n], 1.5)", stats.laplace(2, 1.5).logpdf(3)),
        ("Cauchy(x[n], 1.5)", stats.cauchy(2, 1.5).logpdf(3)),
        ("Binomial(abs(x[n]) + 3, 0.3)", stats.binom(5, 0.3).logpmf(3)),
        ("Uniform(x[n], 9.5)", math.log(1 / 7.5)),
    ):
        found = genlang.model(text_.format(call)).bind({"x": [2], "y": [3]}).log_density({})
        assert found == pytest.approx(float(expected), abs=1e-12), call


def test_every_form_of_every_row_has_a_case():
    # Those around another have tests of their own: tests/test_around.py.
    rows = [row for row in DISTRIBUTIONS.values() if not row.around]
    forms = {(row.name, i) for row in rows for i in range(len(row.forms))}
    seen = set()
    for case in CASES:
        row = DISTRIBUTIONS[case.name]
        model = genlang.model(text(case, role="observed")).compiled.model
        law = next(s.law for s in model.statements if hasattr(s, "law"))
        given = {name for name, _ in law.parameters}
        seen |= {
            (row.name, i)
            for i, f in enumerate(row.forms)
            if {p.name for p in f.parameters} == given
        }
    assert seen == forms
    assert len(DISTRIBUTIONS) >= 25


@pytest.mark.parametrize("base", [law.Law, law.DrawnByTorch, law.Tailed, real.LocationScale])
def test_a_distribution_that_lacks_a_method_cannot_be_made(base):
    """A new one that forgets its draws or tails fails at once, not in somebody's simulation."""

    class Unfinished(base):
        parameters = ("loc", "scale")

    with pytest.raises(TypeError, match="abstract"):
        Unfinished(0.0, 1.0)


def test_an_improper_distribution_has_no_draws():
    with pytest.raises(NotImplementedError, match="improper"):
        real.Flat().sample()
