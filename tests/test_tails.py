"""`D.logpdf(x)`, `D.cdf(x)`, `D.logsf(x)`: through the language, against SciPy, mpmath and sums."""

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import torch
from scipy import stats

import genlang
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.runtime.skew import log_tails
from tests import oracle

INF = math.inf


class Asymmetric:
    """SciPy's, with the scale that genlang has."""

    def __init__(self, loc: float, scale: float, k: float) -> None:
        self.law = stats.laplace_asymmetric(k, loc, scale)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.law, name)


class Kumaraswamy:
    """The distribution with the distribution function 1 - (1 - x^a)^b."""

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b

    def logpdf(self, x: float) -> float:
        a, b = self.a, self.b
        if not 0 <= x <= 1:
            return -INF
        return math.log(a * b * x ** (a - 1)) + (b - 1) * math.log1p(-(x**a))

    def sf(self, x: float) -> float:
        return (1 - min(max(x, 0.0), 1.0) ** self.a) ** self.b

    def logsf(self, x: float) -> float:
        return math.log(self.sf(x)) if x < 1 else -INF

    def cdf(self, x: float) -> float:
        return 1 - self.sf(x)


class Values:
    """Finitely many values 0, 1, ... with probabilities."""

    def __init__(self, probs: Any, low: int = 0) -> None:
        self.probs, self.low = np.asarray(probs), low

    def logpmf(self, k: float) -> float:
        at = int(k) - self.low
        return math.log(self.probs[at]) if k == int(k) and 0 <= at < len(self.probs) else -INF

    def cdf(self, k: float) -> float:
        return float(self.probs[: max(0, math.floor(k) - self.low + 1)].sum())

    def logsf(self, k: float) -> float:
        above = float(self.probs[max(0, math.floor(k) - self.low + 1) :].sum())
        return math.log(above) if above > 0 else -INF


def graded(eta: float, cuts: list[float]) -> Values:
    above = 1 / (1 + np.exp(np.asarray(cuts) - eta))
    return Values(-np.diff([1.0, *above, 0.0]))


# The call, its parameters, the law, the points; parameters with a bar are constants.
REAL = (-30.0, -1.3, 0.0, 0.4, 2.5, 25.0)
ABOVE = (-1.0, 0.0, 1e-9, 0.3, 2.0, 40.0)
INNER = (-0.5, 0.0, 1e-9, 0.3, 0.9, 1.0, 1.5)
COUNT = (-1, 0, 1, 3, 7, 8, 30)
ROWS: list[tuple[str, tuple[float, ...], Any, tuple[float, ...]]] = [
    ("Normal(a, b)", (0.3, 1.2), stats.norm(0.3, 1.2), REAL),
    ("StudentT(a, b, c)", (3.5, 0.3, 1.2), stats.t(3.5, 0.3, 1.2), REAL),
    ("Cauchy(a, b)", (0.3, 1.2), stats.cauchy(0.3, 1.2), REAL),
    ("Laplace(a, b)", (0.3, 1.2), stats.laplace(0.3, 1.2), REAL),
    ("Logistic(a, b)", (0.3, 1.2), stats.logistic(0.3, 1.2), REAL),
    ("Gumbel(a, b)", (0.3, 1.2), stats.gumbel_r(0.3, 1.2), (-3.0, *REAL[1:])),
    ("SkewNormal(a, b, c)", (0.3, 1.2, 2.0), stats.skewnorm(2.0, 0.3, 1.2), (-4.0, *REAL[1:5])),
    ("SkewNormal(a, b, c)", (0.3, 1.2, -0.7), stats.skewnorm(-0.7, 0.3, 1.2), (-4.0, *REAL[1:5])),
    ("AsymmetricLaplace(a, b, c)", (0.2, 1.2, 1.7), Asymmetric(0.2, 1.2, 1.7), REAL),
    ("Uniform(a, b)", (-0.3, 2.2), stats.uniform(-0.3, 2.5), REAL),
    ("HalfNormal(a)", (1.2,), stats.halfnorm(scale=1.2), ABOVE),
    ("HalfCauchy(a)", (1.2,), stats.halfcauchy(scale=1.2), ABOVE),
    ("HalfStudentT(a, b)", (3.5, 1.2), oracle._Half(stats.t(3.5, scale=1.2)), ABOVE),
    ("Exponential(a)", (1.2,), stats.expon(scale=1 / 1.2), ABOVE),
    ("Gamma(shape = a, rate = b)", (2.5, 1.2), stats.gamma(2.5, scale=1 / 1.2), ABOVE),
    ("Gamma(mean = a, sd = b)", (2.0, 1.0), stats.gamma(4.0, scale=0.5), ABOVE),
    ("InverseGamma(shape = a, scale = b)", (2.5, 1.2), stats.invgamma(2.5, scale=1.2), ABOVE),
    ("LogNormal(a, b)", (0.3, 1.2), stats.lognorm(1.2, scale=math.exp(0.3)), ABOVE),
    ("Weibull(shape = a, scale = b)", (2.5, 1.2), stats.weibull_min(2.5, scale=1.2),
     (-1.0, 0.0, 1e-4, 0.3, 2.0, 5.0)),
    ("Chi2(a)", (3.5,), stats.chi2(3.5), ABOVE),
    ("Pareto(scale = a, shape = b)", (1.2, 2.5), stats.pareto(2.5, scale=1.2), ABOVE),
    ("Beta(a, b)", (2.5, 1.2), stats.beta(2.5, 1.2), INNER),
    ("Beta(mean = a, concentration = b)", (0.4, 5.0), stats.beta(2.0, 3.0), INNER),
    ("Kumaraswamy(a, b)", (2.5, 1.2), Kumaraswamy(2.5, 1.2), (-0.5, 0.3, 0.9)),
    ("Bernoulli(a)", (0.3,), stats.bernoulli(0.3), (-1, 0, 1, 2)),
    ("Bernoulli(logits = a)", (0.3,), stats.bernoulli(1 / (1 + math.exp(-0.3))), (-1, 0, 1, 2)),
    ("Binomial(8, a)", (0.3,), stats.binom(8, 0.3), COUNT),
    ("Binomial(8, logits = a)", (0.3,), stats.binom(8, 1 / (1 + math.exp(-0.3))), COUNT),
    ("BetaBinomial(8, a, b)", (2.5, 1.2), stats.betabinom(8, 2.5, 1.2), COUNT),
    ("DiscreteUniform(-2, 7)", (), stats.randint(-2, 8), (-3, -2, 0, 6, 7, 8)),
    ("Hypergeometric(20, 12, 10)", (), stats.hypergeom(20, 12, 10), (1, 2, 5, 9, 10, 11)),
    ("OrderedLogistic(a, [-1, 0.5, 2])", (0.3,), graded(0.3, [-1, 0.5, 2]), (-1, 0, 2, 3, 4)),
    ("Poisson(a)", (3.5,), stats.poisson(3.5), COUNT),
    ("Poisson(log_rate = a)", (0.5,), stats.poisson(math.exp(0.5)), COUNT),
    ("NegativeBinomial(mean = a, dispersion = b)", (3.5, 1.5), stats.nbinom(1.5, 0.3), COUNT),
    ("NegativeBinomial(log_mean = a, dispersion = b)", (0.5, 1.5),
     stats.nbinom(1.5, 1.5 / (1.5 + math.exp(0.5))), COUNT),
    ("Geometric(a)", (0.3,), stats.geom(0.3, loc=-1), COUNT),
]  # fmt: skip
KINDS = {"Beta(mean": ("unit", "positive"), "Bernoulli(a": ("unit",), "Binomial(8, a": ("unit",)}
LOCATED = ("Normal", "StudentT", "Cauchy", "Laplace", "Logistic", "Gumbel", "SkewNormal",
           "AsymmetricLaplace", "Uniform", "LogNormal")  # fmt: skip


def kinds(call: str, values: tuple[float, ...]) -> list[str]:
    found = next((k for start, k in KINDS.items() if call.startswith(start)), None)
    if call.startswith("Geometric"):
        return ["unit"]
    free = call.startswith(LOCATED) or "log" in call or call.startswith("Ordered")
    return list(found or ["real" if free else "positive"] * len(values))


def positives(call: str, values: tuple[float, ...]) -> str:
    """The declarations of parameters; scales are positive."""
    lines = []
    for name, kind, value in zip("abc", kinds(call, values), values, strict=False):
        scale = kind == "real" and value in (1.2, 3.5, 1.7, 1.5) and not call.startswith("Uniform")
        lines.append(f"param {name}: {'positive' if scale else kind}")
    return "\n".join(lines)


def asked(call: str, values: tuple[float, ...], function: str) -> Any:
    text = f"{positives(call, values)}\nparam x: real\nfactor {call}.{function}(x)"
    return genlang.model(text).bind({})


def test_every_row_that_has_a_distribution_function_is_here():
    named = {call.split("(")[0] for call, *_ in ROWS}
    assert named == {row.name for row in DISTRIBUTIONS.values() if row.has_cdf and not row.around}


@pytest.mark.parametrize(("call", "values", "law", "points"), ROWS)
def test_log_densities_and_tails_equal_those_of_scipy(call, values, law, points):
    point = dict(zip("abc", values, strict=False))
    discrete = hasattr(law, "logpmf")
    for function in ("logpdf", "cdf", "logsf"):
        bound = asked(call, values, function)
        for x in points:
            if function == "logpdf":
                if x in (0.0, 1.0) and not discrete:
                    continue  # edges of supports: tests/test_distributions.py
                expected = float(law.logpmf(x) if discrete else law.logpdf(x))
            elif function == "cdf":
                expected = float(law.cdf(x))
            else:
                expected = float(law.logsf(x)) if hasattr(law, "logsf") else math.log(law.sf(x))
            found = bound.log_density({**point, "x": x})
            assert found == pytest.approx(expected, rel=2e-11, abs=2e-11), (function, x)


@pytest.mark.parametrize(("call", "values", "law", "points"), ROWS)
def test_derivatives_in_every_argument_equal_central_differences(call, values, law, points):
    del law
    discrete = DISTRIBUTIONS[call.split("(")[0]].kind in ("bool", "count", "int")
    for function in ("logpdf", "cdf", "logsf"):
        bound = asked(call, values, function)
        for x in points[1:-1]:
            point = {**dict(zip("abc", values, strict=False)), "x": x}
            slopes = bound.gradient(point)
            assert all(np.isfinite(g) for g in slopes.values()), (function, x)
            for name, slope in slopes.items():
                if name == "x" and (discrete or x in (0.0, 0.3, 1.0, 1e-9)):
                    continue  # a step, or a kink
                step = 1e-4 * abs(point[name]) or 1e-5
                moved = [
                    bound.log_density({**point, name: point[name] + k * step})
                    for k in (-2, -1, 1, 2)
                ]
                if not np.isfinite(moved).all():
                    continue
                rise = (moved[0] - 8 * moved[1] + 8 * moved[2] - moved[3]) / (12 * step)
                rounding = 1e-15 * abs(moved[0]) / step
                near = pytest.approx(rise, rel=1e-6, abs=1e-6 + rounding)
                assert float(slope) == near, (function, x, name)


def double(x: float) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


def skew_tail(z: Any, shape: Any) -> Any:
    """The probability of a standard skew normal variable below z, on the side that is thin."""
    h, a = abs(z), abs(shape)

    def f(v: Any) -> Any:
        return mp.exp(-h * h * v * (2 * a + v) / 2) / (1 + (a + v) ** 2)

    width = 1 / (1 + h * h * a + h)
    cuts = [0, *(width * mp.mpf(2) ** k for k in range(-3, 60, 2)), mp.inf]
    return mp.exp(-h * h * (1 + a * a) / 2) * mp.quad(f, cuts) / mp.pi


@pytest.mark.parametrize("shape", [0.0, 1e-8, 0.3, 0.999, 1.001, 3.0, 50.0, 1e4, 1e8])
def test_tails_of_the_skew_normal_distribution_in_forty_digits(shape: float):
    with mp.workdps(40):
        for z in (-30.0, -3.0, -0.999, -0.2, -1e-9, 0.0, 1e-6, 0.2, 1.0, 3.0, 9.0, 30.0):
            thin = skew_tail(mp.mpf(z), mp.mpf(shape))
            h = mp.mpf(abs(z))
            if z < 0:
                below, above = thin, 1 - thin
            else:
                below, above = mp.erf(h / mp.sqrt(2)) + thin, mp.erfc(h / mp.sqrt(2)) - thin
            found = log_tails(double(z), double(shape))
            mirrored = log_tails(double(-z), double(-shape))[::-1]
            for sides in (found, mirrored):
                for side, expected in zip(sides, (below, above), strict=True):
                    exact = mp.log(expected)
                    gap = abs(mp.mpf(float(side)) - exact) / max(1, abs(exact))
                    assert gap < 1e-12, (z, shape, float(side), float(exact))


def test_far_tails_are_exact():
    rows = [
        ("Normal(0, 1).logsf(x)", 40.0, stats.norm.logsf(40)),
        ("Poisson(2).logsf(x)", 300, float(mp.log(mp.gammainc(301, 0, 2, regularized=True)))),
        ("Binomial(1000000, 0.5).logsf(x)", 600000, None),
        ("Geometric(1e-9).logsf(x)", 1e12, -1000.0000005),
        ("Exponential(2).logsf(x)", 1e6, -2e6),
        ("StudentT(1, 0, 1).logsf(x)", 1e100, math.log(1 / math.pi) - 100 * math.log(10)),
    ]
    for text, x, expected in rows:
        found = genlang.model(f"param x: real\nfactor {text}").bind({}).log_density({"x": x})
        assert math.isfinite(found)
        if expected is not None:
            assert found == pytest.approx(expected, rel=1e-10)


def test_probability_zero_and_one_count_exactly():
    rows = [
        ("Binomial(3, p).cdf(1)", 0.0, 1.0), ("Binomial(3, p).cdf(1)", 1.0, 0.0),
        ("Binomial(3, p).logsf(3)", 1.0, -INF), ("Geometric(p).cdf(0)", 1.0, 1.0),
        ("Bernoulli(p).logsf(0)", 1.0, 0.0), ("Bernoulli(p).logsf(0)", 0.0, -INF),
        ("Poisson(p).cdf(0)", 0.0, 1.0), ("Poisson(p).logsf(0)", 0.0, -INF),
    ]  # fmt: skip
    for text, p, expected in rows:
        bound = genlang.model(f"param p: unit\nfactor {text}").bind({})
        assert bound.log_density({"p": p}) == expected, text
        assert np.isfinite(bound.gradient({"p": p})["p"]), text


# The call, its law and its bounds.
CUT = [
    ("SkewNormal(0.3, 1.2, 2", stats.skewnorm(2, 0.3, 1.2), -0.5, 2.0),
    ("SkewNormal(0.3, 1.2, -2", stats.skewnorm(-2, 0.3, 1.2), 0.5, None),
    ("SkewNormal(0.3, 1.2, 2", stats.skewnorm(2, 0.3, 1.2), None, -0.5),
    ("Gamma(shape = 2.5, rate = 1.2", stats.gamma(2.5, scale=1 / 1.2), 0.5, 3.0),
    ("Bernoulli(0.3", stats.bernoulli(0.3), 1, None),
    ("Binomial(8, 0.3", stats.binom(8, 0.3), 2, 5),
    ("DiscreteUniform(-2, 7", stats.randint(-2, 8), -1, 3),
    ("DiscreteUniform(-2, 7", stats.randint(-2, 8), None, 3.5),
    ("Hypergeometric(20, 12, 10", stats.hypergeom(20, 12, 10), 4, 7),
    ("Hypergeometric(20, 12, 10", stats.hypergeom(20, 12, 10), 6, None),
    ("OrderedLogistic(0.3, [-1, 0.5, 2]", graded(0.3, [-1, 0.5, 2]), 1, 2),
    ("Poisson(3.5", stats.poisson(3.5), 2, None),
    ("NegativeBinomial(mean = 3.5, dispersion = 1.5", stats.nbinom(1.5, 0.3), 3, 9),
    ("NegativeBinomial(mean = 3.5, dispersion = 1.5", stats.nbinom(1.5, 0.3), 30, None),
    ("Geometric(0.3", stats.geom(0.3, loc=-1), 2, None),
]  # fmt: skip


def between(call: str, low: float | None, high: float | None) -> str:
    ends = (("lower", low), ("upper", high))
    return call + "".join(f", {n} = {v}" for n, v in ends if v is not None) + ")"


@pytest.mark.parametrize(("call", "law", "low", "high"), CUT)
def test_truncated_distributions_and_their_tails(call, law, low, high):
    discrete = hasattr(law, "logpmf")
    density = law.logpmf if discrete else law.logpdf
    first = 0.0 if low is None else float(law.cdf(low - 1 if discrete else low))
    last = 1.0 if high is None else float(law.cdf(high))
    cut = between(call, low, high)
    bounds = {
        f: genlang.model(f"param x: real\nfactor {cut}.{f}(x)").bind({})
        for f in ("logpdf", "cdf", "logsf")
    }
    for x in (-3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 31, 35) if discrete else (-2, -0.5, -0.2, 0.6, 1.9):
        found = {f: b.log_density({"x": x}) for f, b in bounds.items()}
        inside = (low is None or x >= low) and (high is None or x <= high)
        expected = density(x) - math.log(last - first) if inside else -INF
        assert found["logpdf"] == pytest.approx(expected, abs=1e-10), x
        share = min(max((float(law.cdf(x)) - first) / (last - first), 0.0), 1.0)
        assert found["cdf"] == pytest.approx(share, abs=1e-10), x
        assert math.exp(found["logsf"]) == pytest.approx(1 - share, abs=1e-10), x


@pytest.mark.parametrize(("call", "law", "low", "high"), CUT)
def test_truncated_draws_follow_the_distribution(call, law, low, high):
    model = genlang.model(f"dim N = 4000\nobserved y[N] ~ {between(call, low, high)}")
    y = np.asarray(model.simulate({}, seed=3)["y"]).ravel()
    discrete = hasattr(law, "logpmf")
    first = 0.0 if low is None else float(law.cdf(low - 1 if discrete else low))
    last = 1.0 if high is None else float(law.cdf(high))
    for x in np.quantile(y, [0.1, 0.5, 0.9]):
        share = (float(law.cdf(x)) - first) / (last - first)
        error = math.sqrt(max(share * (1 - share), 1e-4) / len(y))
        assert abs(float((y <= x).mean()) - share) < 5 * error
    assert low is None or y.min() >= low
    assert high is None or y.max() <= high


def test_truncated_finite_latents_are_summed_out():
    model = genlang.model("""
latent a ~ Hypergeometric(20, 12, 10, lower = 4, upper = 7)
latent b ~ DiscreteUniform(-2, 7, upper = 1)
latent c ~ OrderedLogistic(0.3, [-1, 0.5, 2], lower = 1)
latent d ~ Bernoulli(0.3, lower = 1)
observed y ~ Normal(a + b * c - d, 2)
""")
    expected = oracle.log_density(model.compiled.model, {"y": 3.2}, {}, {})
    assert model.bind({"y": 3.2}).log_density({}) == pytest.approx(expected, abs=1e-10)


WHOLE = """
dim N, K = 2
data x[N]: real
data k[N]: count
latent w ~ Dirichlet(ones(K))
latent mu[K] ~ Normal(0, 3)
for n in N:
    latent z[n] ~ Categorical(w)
    let q = Normal(mu[z[n]], 1 + z[n]).cdf(x[n])
    observed y[n] ~ Bernoulli(q)
    factor Poisson(1 + z[n], upper = 5).logsf(k[n]) + StudentT(3, mu[z[n]], 1, lower = -9).logpdf(2)
factor sum(Normal(0, 1, lower = -4, upper = 5).logsf(x))
factor (Normal(0, 1) if x[0] > 0 else Logistic(1, 1)).logsf(x[1])
factor sum(Poisson(exp(mu)).cdf(2)) + sum(Normal(mu, 1).logsf([0.5, 2]))
factor OrderedLogistic(mu[0], [0, 1]).logsf(1) + Categorical(w).logpdf(1)
factor MultivariateNormal(mu, covariance = eye(K)).logpdf([0, 1])
"""


def test_a_model_with_summed_out_latents_equals_the_oracle():
    model = genlang.model(WHOLE)
    data = {"x": [0.3, -1.2, 2.0], "k": [0, 2, 4], "y": [1, 0, 1]}
    values = {"w": [0.3, 0.7], "mu": [-0.4, 1.1]}
    bound = model.bind(data)
    expected = oracle.log_density(model.compiled.model, data, values, {"N": 3, "K": 2})
    assert bound.log_density(values) == pytest.approx(expected, abs=1e-10)
    for name, slope in bound.gradient(values).items():
        assert np.isfinite(slope).all(), name


NAMED = """
dim N
data x[N]: real
data late[N]: bool
latent k, s ~ HalfNormal(1)
latent mu[N] ~ Normal(0, 1)
{lets}
observed t[n in N] ~ Censored({d}, right=late[n])
observed y[N] ~ {e}
observed q[N] ~ {f}
observed r ~ {h}
factor {d}.logsf(3) + sum({e}.cdf(1)) + sum({f}.logpdf([0, 1]))
for n in N:
    {inner}
    observed z[n] ~ Mixture([0.5, 0.5], [{g}, Normal(5, 1)])
    observed v[n] ~ Bernoulli({g}.cdf(x[n]))
"""
LAWS = {
    "d": "Weibull(shape=k, scale=s)", "e": "Normal(mu, s)",
    "f": "ZeroInflated(0.3, Poisson(exp(x)))",
    "h": "(Weibull(shape=k, scale=s) if k > 1 else Exponential(1))",
    "g": "(Normal(mu[n], 1) if late[n] else Cauchy(0, 1))",
}  # fmt: skip


def test_a_let_names_a_distribution():
    lets = "\n".join(f"let {n} = {law}" for n, law in LAWS.items() if n != "g")
    names = {name: name for name in LAWS}
    texts = (
        NAMED.format(lets=lets, inner=f"let g = {LAWS['g']}", **names),
        NAMED.format(lets="", inner="let other = 1", **LAWS),
    )
    data = {"x": [0.3, -0.2], "late": [1, 0], "t": [1, 2], "y": [0.1, 2], "q": [0, 1], "r": 0.4,
            "z": [1, 2], "v": [0, 1]}  # fmt: skip
    values = {"k": 1.3, "s": 0.7, "mu": [0.2, -0.1]}
    named, plain = (genlang.model(text).bind(data) for text in texts)
    assert named.log_density(values) == plain.log_density(values)
    expected = oracle.log_density(named.model.compiled.model, data, values, {"N": 2})
    assert named.log_density(values) == pytest.approx(expected, abs=1e-10)


def test_reports_and_generated_values_read_them():
    text = """
latent a ~ Normal(0, 1)
observed y ~ Normal(a, 1)
report p = Normal(a, 1).cdf(0)
generated b ~ Bernoulli(Normal(a, 1).cdf(0))
"""
    fit = genlang.model(text).fit({"y": 0.5}, seed=1)
    a, p = fit["a"].values, fit["p"].values
    np.testing.assert_allclose(p, stats.norm(a, 1).cdf(0), rtol=1e-10)
