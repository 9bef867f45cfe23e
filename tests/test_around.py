"""Distributions around a distribution: densities, sums to one, derivatives, draws, data."""

import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, stats

import genlang
from genlang.check.walk import components
from genlang.diagnostics import DataError, ModelError
from genlang.emit.laws import form_of
from genlang.lang.distributions import DISTRIBUTIONS
from tests import oracle

INF = math.inf
NORMAL, WEIBULL = stats.norm(0.3, 1.2), stats.weibull_min(1.7, scale=2.0)
POISSON, BINOMIAL = stats.poisson(3.5), stats.binom(6, 0.4)
SKEW = stats.skewnorm(2.0, 0.3, 1.2)


def log(x: float) -> float:
    return math.log(x) if x > 0 else -INF


def inflated(p: float, law: Any) -> Callable[[float], float]:
    return lambda x: log(p * (x == 0) + (1 - p) * law.pmf(x))


def hurdle(p: float, law: Any) -> Callable[[float], float]:
    return lambda x: log(p) if x == 0 else log(1 - p) + law.logpmf(x) - law.logsf(0)


def positive_hurdle(p: float, law: Any) -> Callable[[float], float]:
    return lambda x: log(p) if x == 0 else log(1 - p) + law.logpdf(x)


def piled(law: Any, low: float, high: float) -> Callable[[float], float]:
    step, density = (1, law.logpmf) if hasattr(law, "pmf") else (0, law.logpdf)

    def found(x: float) -> float:
        if x < low or x > high:
            return -INF
        if x == low:
            return law.logcdf(low)
        return law.logsf(high - step) if x == high else density(x)

    return found


def rounded(law: Any, width: float) -> Callable[[float], float]:
    def found(x: float) -> float:
        if x > law.median():
            return log(law.sf(x - width / 2) - law.sf(x + width / 2))
        return log(law.cdf(x + width / 2) - law.cdf(x - width / 2))

    return found


def mixed(weights: list[float], densities: list[Callable[..., Any]]) -> Callable[[float], float]:
    return lambda x: log(sum(w * math.exp(f(x)) for w, f in zip(weights, densities, strict=True)))


# The call with the parameters a, b, c; their values and types; the reference; values and atoms.
COUNTS = (0, 1, 2, 5, 6, 30)
REALS = (-9.0, -1.5, 0.3, 2.0, 12.0)
CASES: list[tuple[str, dict[str, tuple[float, str]], Callable[[float], float], Any, str]] = [
    ("ZeroInflated(a, Poisson(b))", {"a": (0.3, "unit"), "b": (3.5, "positive")},
     inflated(0.3, POISSON), COUNTS, "count"),
    ("ZeroInflated(a, Binomial(6, b))", {"a": (0.3, "unit"), "b": (0.4, "unit")},
     inflated(0.3, BINOMIAL), (0, 1, 6), "count"),
    ("ZeroInflated(a, NegativeBinomial(mean = b, dispersion = c))",
     {"a": (0.1, "unit"), "b": (3.5, "positive"), "c": (1.5, "positive")},
     inflated(0.1, stats.nbinom(1.5, 0.3)), COUNTS, "count"),
    ("Hurdle(a, Poisson(b))", {"a": (0.3, "unit"), "b": (3.5, "positive")},
     hurdle(0.3, POISSON), COUNTS, "count"),
    ("Hurdle(a, Poisson(b))", {"a": (0.3, "unit"), "b": (1e-3, "positive")},
     hurdle(0.3, stats.poisson(1e-3)), (0, 1, 2), "count"),
    ("Hurdle(a, Binomial(6, b))", {"a": (0.3, "unit"), "b": (0.4, "unit")},
     hurdle(0.3, BINOMIAL), (0, 1, 6), "count"),
    ("Hurdle(a, Weibull(shape = b, scale = c))",
     {"a": (0.3, "unit"), "b": (1.7, "positive"), "c": (2.0, "positive")},
     positive_hurdle(0.3, WEIBULL), (0.0, 1e-3, 1.0, 9.0), "real"),
    ("Mixture([a, 1 - a], [Normal(b, c), StudentT(3, 1, 2)])",
     {"a": (0.3, "unit"), "b": (0.3, "real"), "c": (1.2, "positive")},
     mixed([0.3, 0.7], [NORMAL.logpdf, stats.t(3, 1, 2).logpdf]), REALS, "real"),
    ("Mixture([a, 1 - a], [Normal(b, c), HalfNormal(2)])",
     {"a": (0.3, "unit"), "b": (0.3, "real"), "c": (1.2, "positive")},
     mixed([0.3, 0.7], [NORMAL.logpdf, stats.halfnorm(scale=2).logpdf]), REALS, "real"),
    ("Mixture([a, 1 - a], [Poisson(b), Geometric(0.5)])",
     {"a": (0.3, "unit"), "b": (3.5, "positive")},
     mixed([0.3, 0.7], [POISSON.logpmf, stats.geom(0.5, loc=-1).logpmf]), COUNTS, "count"),
    ("Mixture([a, 1 - a], [Poisson(b), Delta(7)])",
     {"a": (0.3, "unit"), "b": (3.5, "positive")},
     mixed([0.3, 0.7], [POISSON.logpmf, lambda x: 0.0 if x == 7 else -INF]), COUNTS, "count"),
    ("Censored(Normal(a, b), lower = -1.5, upper = 2)",
     {"a": (0.3, "real"), "b": (1.2, "positive")},
     piled(NORMAL, -1.5, 2.0), (-1.5, -1.0, 0.3, 1.9, 2.0), "real"),
    ("Censored(SkewNormal(a, b, c), upper = 2)",
     {"a": (0.3, "real"), "b": (1.2, "positive"), "c": (2.0, "real")},
     piled(SKEW, -INF, 2.0), (-1.0, 0.3, 1.9, 2.0), "real"),
    ("Censored(Poisson(a), lower = 1, upper = 5)", {"a": (3.5, "positive")},
     piled(POISSON, 1, 5), (1, 2, 4, 5), "count"),
    ("Interval(Normal(a, b), 0.5)", {"a": (0.3, "real"), "b": (1.2, "positive")},
     rounded(NORMAL, 0.5), (-9.5, -1.5, 0.0, 0.5, 12.0), "real"),
    ("Interval(Weibull(shape = a, scale = b), 0.5)",
     {"a": (1.7, "positive"), "b": (2.0, "positive")},
     rounded(WEIBULL, 0.5), (0.0, 0.5, 3.0), "real"),
    ("Mixture([a, 1 - a], [ZeroInflated(0.2, Poisson(b)), Hurdle(0.1, Binomial(6, 0.4))])",
     {"a": (0.3, "unit"), "b": (3.5, "positive")},
     mixed([0.3, 0.7], [inflated(0.2, POISSON), hurdle(0.1, BINOMIAL)]), (0, 1, 6), "count"),
    ("ZeroInflated(a, Censored(Poisson(b), upper = 5))",
     {"a": (0.3, "unit"), "b": (3.5, "positive")},
     lambda x: log(0.3 * (x == 0) + 0.7 * math.exp(piled(POISSON, 0, 5)(x)))
     if x else log(0.3 + 0.7 * POISSON.pmf(0)), (0, 1, 4, 5), "count"),
]  # fmt: skip


def program(call: str, given: dict[str, tuple[float, str]], kind: str) -> Any:
    lines = [f"param {n}: {t}" for n, (_, t) in given.items()]
    text = "\n".join([*lines, f"data x: {kind}", f"factor {call}.logpdf(x)"])
    return genlang.model(text)


@pytest.mark.parametrize(("call", "given", "reference", "points", "kind"), CASES)
def test_log_densities_and_their_derivatives(call, given, reference, points, kind):
    model, values = program(call, given, kind), {n: v for n, (v, _) in given.items()}
    for x in points:
        bound = model.bind({"x": x})
        found, expected = bound.log_density(values), reference(x)
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-10), x
        for name, slope in bound.gradient(values).items():
            assert np.isfinite(slope), (x, name)
            if found == -INF:
                continue
            step = 1e-4 * values[name]
            near = [bound.log_density({**values, name: values[name] + k * step})
                    for k in (-2, -1, 1, 2)]  # fmt: skip
            rise = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * step)
            assert float(slope) == pytest.approx(rise, rel=1e-6, abs=1e-6), (x, name)


@pytest.mark.parametrize(("call", "given", "reference", "points", "kind"), CASES)
def test_they_sum_or_integrate_to_one(call, given, reference, points, kind):
    del reference
    model, values = program(call, given, kind), {n: v for n, (v, _) in given.items()}

    def density(x: float) -> float:
        return math.exp(model.bind({"x": x}).log_density(values))

    if kind == "count":
        total = sum(density(k) for k in range(60))
    elif call.startswith("Interval"):
        total = sum(density(0.5 * k) for k in range(-30, 50))
    else:
        atoms = {"Hurdle": (0.0,), "Censored": (-1.5, 2.0)}.get(call.split("(")[0], ())
        atoms = tuple(x for x in atoms if x in points)
        ends = (-1.5 + 1e-12 if -1.5 in atoms else 1e-12 if call.startswith("Hurdle") else -60.0,
                2.0 - 1e-12 if 2.0 in atoms else 80.0)  # fmt: skip
        grid = [ends[0], *(v for v in (-5, 0, 5) if ends[0] < v < ends[1]), ends[1]]
        total = sum(map(density, atoms))
        for a, b in pairwise(grid):
            total += integrate.fixed_quad(np.vectorize(density), a, b, n=60)[0]
    assert total == pytest.approx(1, abs=2e-4 if "StudentT" in call else 1e-6)


@pytest.mark.parametrize(("call", "given", "reference", "points", "kind"), CASES)
def test_draws_follow_the_distribution(call, given, reference, points, kind):
    for name, (value, _) in reversed(given.items()):
        call = call.replace(f"({name}", f"({value}").replace(f" {name}", f" {value}")
        call = call.replace(f"[{name}", f"[{value}")
    model = genlang.model(f"dim N = 4000\nobserved y[N] ~ {call}")
    y = np.asarray(model.simulate({}, seed=5)["y"], dtype=float).ravel()
    atoms = [x for x in points if x == round(2 * x) / 2 and reference(x) > -8]
    if kind == "real" and not call.startswith("Interval"):
        atoms = [x for x in (0.0, -1.5, 2.0) if x in points and call.startswith(("Hur", "Cen"))]
        body = np.sort(y[~np.isin(y, atoms)])[:: max(1, len(y) // 9)]
        step = genlang.model(f"data x: real\nreport p = {call}.cdf(x)\nobserved z ~ Normal(p, 1)")
        for x in body:
            below = step.bind({"x": float(x), "z": 0.0}).log_density({})
            share = math.sqrt(max(0.0, -2 * (below + 0.5 * math.log(2 * math.pi))))
            error = math.sqrt(max(share * (1 - share), 1e-3) / len(y))
            assert abs((y <= x).mean() - share) < 5 * error, x
    for x in atoms:
        share = math.exp(reference(x))
        error = math.sqrt(max(share * (1 - share), 1e-3) / len(y))
        assert abs((y == x).mean() - share) < 5 * error, x


def test_every_form_of_every_row_has_a_case():
    rows = [row for row in DISTRIBUTIONS.values() if row.around]
    forms = {(row.name, form.torch) for row in rows for form in row.forms}
    calls = [call for call, *_ in CASES]
    calls += ["Censored(Normal(0, 1), lower = 1)"]  # in WHOLE
    calls += [f"Censored(Normal(0, 1), {flags})" for flags in (
        "left = 1 > 0", "right = 1 > 0", "left = 1 > 0, right = 1 < 0"
    )]  # fmt: skip
    seen = set()
    for call in calls:
        text = re.sub(r"\b([abc])\b", "0.5", call)
        model = genlang.model(f"observed y ~ {text}").compiled.model
        for law in components(model.statements[0].law):
            if law.inside:
                seen.add((law.name, form_of(law).torch))
    assert seen == forms


FAR = [
    ("Interval(Normal(a, 1), 0.01)", 30.0, lambda a: mp.ncdf(a - 29.995) - mp.ncdf(a - 30.005)),
    ("Interval(Normal(a, 1), 0.5)", -38.0, lambda a: mp.ncdf(-37.75 - a) - mp.ncdf(-38.25 - a)),
    ("Interval(Normal(a, 1), 1e-7)", 0.3, lambda a: mp.ncdf("0.30000005") - mp.ncdf("0.29999995")),
    ("Interval(Logistic(a, 1), 1e-5)", 50.0,
     lambda a: 1 / (1 + mp.exp(-mp.mpf("50.000005"))) - 1 / (1 + mp.exp(-mp.mpf("49.999995")))),
    ("Censored(Normal(a, 1), upper = 40)", 40.0, lambda a: mp.ncdf(a - 40)),
    ("Censored(Normal(a, 1), lower = -40)", -40.0, lambda a: mp.ncdf(-40 - a)),
    ("Mixture([1e-300, 1 - 1e-300], [Normal(a, 1), Normal(0, 1e-3)])", 3.0,
     lambda a: mp.mpf("1e-300") * mp.npdf(3) + mp.npdf(3, 0, mp.mpf("1e-3"))),
    ("ZeroInflated(0.5, Poisson(1e6 + a))", 0, lambda a: mp.mpf("0.5")),
    ("ZeroInflated(1e-300, Poisson(1000 + a))", 0,
     lambda a: mp.mpf("1e-300") + mp.exp(-1000)),
    ("Hurdle(0.5, Poisson(1e-12 + a))", 1,
     lambda a: mp.mpf("0.5") * mp.mpf("1e-12") / mp.expm1(mp.mpf("1e-12"))),
]  # fmt: skip


@pytest.mark.parametrize(("call", "x", "reference"), FAR)
def test_extreme_arguments_against_mpmath(call, x, reference):
    bound = genlang.model(f"param a: real\nfactor {call}.logpdf({x})".replace("+ a", "+ abs(a)"))
    with mp.workdps(400):
        expected = float(mp.log(reference(mp.mpf(0))))
    found = bound.bind({})
    assert found.log_density({"a": 0.0}) == pytest.approx(expected, rel=1e-10, abs=1e-10)
    assert np.isfinite(found.gradient({"a": 0.0})["a"])


EXACT = [
    ("ZeroInflated(p, Poisson(2))", 0, 0.0, stats.poisson(2).logpmf(0)),
    ("ZeroInflated(p, Poisson(2))", 3, 0.0, stats.poisson(2).logpmf(3)),
    ("ZeroInflated(p, Poisson(2))", 0, 1.0, 0.0),
    ("ZeroInflated(p, Poisson(2))", 3, 1.0, -INF),
    ("ZeroInflated(p, Poisson(0))", 0, 0.5, 0.0),
    ("ZeroInflated(p, Poisson(2000))", 0, 0.0, -2000.0),
    ("Hurdle(p, Poisson(2))", 0, 0.0, -INF),
    ("Hurdle(p, Poisson(2))", 0, 1.0, 0.0),
    ("Hurdle(p, Poisson(2))", 3, 1.0, -INF),
    ("Hurdle(p, Poisson(0))", 3, 0.5, -INF),
    ("Hurdle(p, Poisson(0))", 0, 0.5, math.log(0.5)),
    ("Mixture([p, 1 - p], [Poisson(2), Poisson(3)])", 3, 0.0, stats.poisson(3).logpmf(3)),
    ("Mixture([p, 1 - p], [Poisson(2), Poisson(3)])", 3, 1.0, stats.poisson(2).logpmf(3)),
    ("Mixture([p, 1 - p], [Delta(2), Delta(3)])", 3, 1.0, -INF),
    ("Mixture([p, 1 - p], [Poisson(1), Poisson(5000)])", 0, 0.0, -5000.0),
]


@pytest.mark.parametrize(("call", "x", "p", "expected"), EXACT)
def test_probability_zero_and_one_count_exactly_with_finite_gradients(call, x, p, expected):
    bound = genlang.model(f"param p: unit\nfactor {call}.logpdf({x})").bind({})
    assert bound.log_density({"p": p}) == pytest.approx(expected, abs=1e-12)
    assert np.isfinite(bound.gradient({"p": p})["p"])


def test_the_derivative_at_probability_zero_is_the_one_sided_one():
    bound = genlang.model("param p: unit\nfactor ZeroInflated(p, Poisson(2)).logpdf(0)").bind({})
    zero = math.exp(-2)
    assert float(bound.gradient({"p": 0.0})["p"]) == pytest.approx((1 - zero) / zero, rel=1e-10)


FLAGS = """
dim N
data dead[N]: bool
data early[N]: bool
param k: positive
param s: positive
observed t[n in N] ~ Censored({law}, left = early[n], right = not dead[n] and not early[n])
"""


@pytest.mark.parametrize(
    ("law", "reference", "step"),
    [("Weibull(shape = k, scale = s)", WEIBULL, 0), ("NegativeBinomial(mean = s, dispersion = k)",
      stats.nbinom(1.7, 1.7 / 3.7), 1)],
)  # fmt: skip
def test_flags_say_which_values_are_censored(law, reference, step):
    model = genlang.model(FLAGS.format(law=law))
    times = [1, 2, 3, 4]
    data = {"t": times, "dead": [1, 0, 1, 0], "early": [0, 0, 1, 0]}
    bound, values = model.bind(data), {"k": 1.7, "s": 2.0}
    density = reference.logpmf if step else reference.logpdf
    expected = density(1) + reference.logsf(2) + reference.logcdf(3 - step) + reference.logsf(4)
    assert bound.log_density(values) == pytest.approx(expected, abs=1e-10)
    found = oracle.log_density(model.compiled.model, data, values, {"N": 4})
    assert found == pytest.approx(expected, abs=1e-10)
    assert all(np.isfinite(g).all() for g in bound.gradient(values).values())


def test_a_censored_value_of_zero_is_known_to_lie_above_it():
    model = genlang.model(FLAGS.format(law="Weibull(shape = k, scale = s)"))
    data = {"t": [0, 2], "dead": [0, 1], "early": [0, 0]}
    for shape in (0.5, 1.0, 1.7):
        bound, values = model.bind(data), {"k": shape, "s": 2.0}
        expected = stats.weibull_min(shape, scale=2.0).logpdf(2)
        assert bound.log_density(values) == pytest.approx(expected, abs=1e-10)
        assert all(np.isfinite(g).all() for g in bound.gradient(values).values())


WHOLE = """
dim N, G = 2
data dead[N]: bool
data dose[N]: real
data of[N]: index(G)
latent k, s ~ HalfNormal(2)
latent p ~ Beta(1, 1)
latent w ~ Dirichlet(ones(2))
latent m ~ Mixture(w, [Normal(0, 1), StudentT(3, 1, 2)])
latent most ~ Censored(Poisson(2), upper = 3)
latent jump ~ Hurdle(p, Binomial(3, 0.4))
latent which ~ Mixture(w, [Binomial(2, 0.3), DiscreteUniform(1, 4)])
latent g[G] ~ Bernoulli(p)
for n in N:
    latent hidden[n] ~ ZeroInflated(p, Poisson(k, upper = 3))
    observed t[n] ~ Censored(Weibull(shape = k + g[of[n]], scale = s), right = not dead[n])
    observed c[n] ~ ZeroInflated(p, Poisson(1 + hidden[n]) if g[of[n]] else Geometric(0.4))
    observed h[n] ~ Hurdle(p if g[of[n]] else p / 2, Gamma(shape = k + hidden[n], rate = 1))
    observed r[n] ~ Interval(Normal(m + dose[n] + jump, s), 0.5)
    observed x[n] ~ Mixture([p / 2, p / 2, 1 - p],
                            [Normal(most, 1), Normal(hidden[n], 2), Cauchy(which, 1)])
    observed u[n] ~ Censored(Mixture(w, [Normal(m, s), Logistic(0, 1)]), lower = 0, upper = 3)
    observed q[n] ~ Censored(ZeroInflated(p, Poisson(k)), right = not dead[n])
    factor ZeroInflated(p, Poisson(1 + g[of[n]])).logsf(1)
    factor Mixture(w, [Interval(Normal(m, 1), 1), Interval(Cauchy(hidden[n], 1), 1)]).logpdf(2)
    factor Hurdle(p, Poisson(1 + hidden[n])).cdf(2) + Censored(Normal(m, 1), lower = 0).logsf(1)
"""
DATA = {
    "dead": [1, 0, 1], "dose": [0.3, -1, 2.0], "of": [0, 1, 1], "t": [0.5, 1.2, 0.9],
    "c": [0, 2, 1], "h": [0, 0.7, 2.2], "r": [1.0, -0.5, 2.5], "x": [0.1, 4.0, -3],
    "u": [0, 3, 1.2], "q": [0, 2, 1],
}  # fmt: skip
VALUES = {"k": 1.3, "s": 0.8, "p": 0.3, "w": [0.4, 0.6], "m": 0.7}


def test_a_model_with_summed_out_latents_equals_the_oracle():
    model = genlang.model(WHOLE)
    bound = model.bind(DATA)
    expected = oracle.log_density(model.compiled.model, DATA, VALUES, {"N": 3, "G": 2})
    assert bound.log_density(VALUES) == pytest.approx(expected, abs=1e-10)
    for name, slope in bound.gradient(VALUES).items():
        assert np.isfinite(slope).all(), name


def test_the_probability_zero_counts_exactly_in_a_whole_model():
    model = genlang.model(WHOLE)
    for p in (0.0, 1.0):
        values = {**VALUES, "p": p}
        data = {**DATA, "c": [0, 0, 0], "h": [0, 0, 0] if p else [1, 2, 3], "q": [0, 0, 0]}
        expected = oracle.log_density(model.compiled.model, data, values, {"N": 3, "G": 2})
        bound = model.bind(data)
        assert bound.log_density(values) == pytest.approx(expected, abs=1e-10)
        assert all(np.isfinite(g).all() for g in bound.gradient(values).values())


def test_a_fit_draws_missing_cells_and_predictions():
    model = genlang.model("""
dim N
latent p ~ Beta(1, 1)
latent rate ~ HalfNormal(3)
latent mu ~ Mixture([0.5, 0.5], [Normal(-2, 1), Normal(2, 1)])
for n in N:
    observed c[n] ~ ZeroInflated(p, Poisson(rate))
    observed y[n] ~ Interval(Normal(mu, 1), 0.5)
generated new ~ Hurdle(p, Gamma(shape = 2, rate = 1))
""")
    data = {"c": [0, 3, None, 2, 0, 4], "y": [1.5, 2.0, 2.5, None, 1.0, 2.5]}
    fit = model.fit(data, method="svi", seed=1)
    assert 1.4 < float(fit["mu"].mean()) < 2.4
    c, y = fit.imputed("c").values, fit.imputed("y").values
    assert (c == np.round(c)).all()
    assert (y * 2 == np.round(y * 2)).all()
    new = fit["new"].values
    assert 0 < (new == 0).mean() < 1


def test_missing_cells_that_are_read_are_summed_out_or_unknown():
    text = """
dim N
latent p ~ Beta(1, 1)
for n in N:
    observed c[n] ~ ZeroInflated(p, Binomial(3, 0.4))
    observed v[n] ~ Mixture([p, 1 - p], [Normal(0, 1), Normal(2, 1)])
    observed y[n] ~ Normal(c[n] + v[n], 1)
"""
    model = genlang.model(text)
    data = {"c": [0, None, 2], "v": [0.3, 1.0, None], "y": [0.1, 2.0, 3.0]}
    found = model.bind(data).log_density({"p": 0.3, "v_missing": [1.4]})
    total = []
    for hidden in range(4):
        full = {"c": [0, hidden, 2], "v": [0.3, 1.0, 1.4], "y": data["y"]}
        total.append(model.bind(full).log_density({"p": 0.3}))
    assert found == pytest.approx(float(np.logaddexp.reduce(total)), abs=1e-10)


OUTSIDE = [
    ("ZeroInflated(0.3, Binomial(4, 0.5))", [0, 5, 2], "y[1] = 5"),
    ("Hurdle(0.3, Poisson(2))", [0, 1.5, 2], "1.5"),
    ("Hurdle(0.3, Gamma(shape = 2, rate = 1))", [0, -1, 2], "-1"),
    ("Mixture([0.5, 0.5], [Uniform(0, 1), Uniform(2, 3)])", [0.5, 1.5, 2.5], "1.5"),
    ("Censored(Normal(0, 1), lower = 0, upper = 2)", [0, 3, 2], "3"),
    ("Interval(Normal(0, 1), 0.5)", [0.5, 0.7, 2], "0.7"),
    ("Interval(Uniform(0, 1), 0.5)", [0.5, 2, 1], "2"),
    ("Censored(Binomial(4, 0.5), right = flag[n])", [3, 5, 4], "5"),
    ("Censored(Gamma(shape = 2, rate = 1), left = flag[n])", [1, 0, 1], "0"),
    ("Censored(Gamma(shape = 2, rate = 1), left = flag[n], right = flag[n])", [1, 2, 1], "2"),
]


@pytest.mark.parametrize(("law", "y", "shown"), OUTSIDE)
def test_values_outside_the_support_are_reported_by_row(law, y, shown):
    text = f"dim N\ndata flag[N]: bool = [false, true, false]\nobserved y[n in N] ~ {law}\n"
    if "flag" not in law:
        text = text.replace("data flag[N]: bool = [false, true, false]\n", "")
    with pytest.raises(DataError) as refused:
        genlang.model(text).bind({"y": y, "flag": [0, 1, 0]} if "flag" in law else {"y": y})
    said = "\n".join(f"{d.message} {d.why}" for d in refused.value.diagnostics)
    assert shown.split("= ")[-1] in said, said
    assert [d.code for d in refused.value.diagnostics] == ["D122"], said


def test_weights_of_another_number_than_the_distributions_are_reported():
    text = "dim K\ndata w: simplex[K]\nobserved y ~ Mixture(w, [Normal(0, 1), Normal(1, 1)])"
    with pytest.raises(DataError, match="3 weights for 2 distributions"):
        genlang.model(text).bind({"w": [0.2, 0.3, 0.5], "y": 1.0})


def test_an_unbounded_latent_inside_is_refused():
    with pytest.raises(ModelError, match="cannot be summed out"):
        genlang.model("latent c ~ ZeroInflated(0.5, Poisson(3))\nobserved y ~ Normal(c, 1)")


def test_a_nest_of_twenty_distributions_is_written_once():
    law, expected = "Normal(0, 1)", stats.norm(0, 1).pdf(1)
    for k in range(20):
        law = f"Mixture([0.5, 0.5], [{law}, Normal({k}, 1)])"
        expected = (expected + stats.norm(k, 1).pdf(1)) / 2
    found = genlang.model(f"observed y ~ {law}").bind({"y": 1}).log_density({})
    assert found == pytest.approx(math.log(expected), abs=1e-10)


def test_the_mixture_of_vectors():
    text = """
dim D = 2
param a: unit
observed y: real[D] ~ Mixture([a, 1 - a], [
    MultivariateNormal([0, 1], covariance = eye(D)), MultivariateNormal([2, 1], covariance = eye(D))
])
"""
    bound = genlang.model(text).bind({"y": [0.5, 0.2]})
    one, two = (stats.multivariate_normal(m, np.eye(2)).pdf([0.5, 0.2]) for m in ([0, 1], [2, 1]))
    assert bound.log_density({"a": 0.3}) == pytest.approx(math.log(0.3 * one + 0.7 * two))
    drawn = genlang.model(text.replace("param a: unit", "let a = 0.3")).simulate({}, seed=1)
    assert np.asarray(drawn["y"]).shape == (2,)
