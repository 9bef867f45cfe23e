"""Missing cells of observed names: left out, or unknown where something reads them."""

import itertools

import numpy as np
import pytest
from scipy import stats

import genlang
from genlang.diagnostics import DataError, ModelError, OptionError

MIXTURE = """
dim N, K = 2
latent mu[K] ~ Normal(0, 1)
for n in N:
    latent z[n] ~ Bernoulli(0.3)
    observed y[n] ~ Normal(mu[z[n]], 1)
    observed x[n] ~ Poisson(exp(mu[z[n]]))
"""
CHAIN = """
dim T
data p: unit
for t in T:
    observed s[t] ~ Bernoulli(p) then Bernoulli(0.2 + 0.5 * s[t-1])
    observed y[t] ~ Normal(s[t], 1)
"""


def test_a_missing_cell_that_nothing_reads_is_left_out():
    model = genlang.model("dim N\nlatent mu ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(mu, 1)\n")
    some, few = model.bind({"y": [1.0, None, 2.0]}), model.bind({"y": [1.0, 2.0]})
    assert some.log_density({"mu": 0.3}) == few.log_density({"mu": 0.3})
    assert some.gradient({"mu": 0.3})["mu"] == few.gradient({"mu": 0.3})["mu"]
    assert some.log_density({"mu": 0.3}, pointwise=True)["y"][1] == 0.0


def test_a_summed_out_row_keeps_what_was_seen_of_it():
    bound = genlang.model(MIXTURE).bind({"y": [1.0, None, 2.0], "x": [1, 2, None]})
    mu = [0.3, 0.5]
    total = sum(stats.norm.logpdf(m) for m in mu)
    for y, x in ((1.0, 1), (None, 2), (2.0, None)):
        parts = [
            share
            * (1.0 if y is None else stats.norm.pdf(y, mu[k]))
            * (1.0 if x is None else stats.poisson.pmf(x, np.exp(mu[k])))
            for k, share in enumerate((0.7, 0.3))
        ]
        total += np.log(sum(parts))
    assert bound.log_density({"mu": mu}) == pytest.approx(total, rel=1e-12)


def test_a_discrete_cell_that_others_read_is_summed_out():
    """A chain of states of which some are observed equals enumeration of the others."""
    seen, y = [1, None, 0, None, None], [0.1, 0.5, 0.2, 0.9, 1.0]
    bound = genlang.model(CHAIN).bind({"s": seen, "y": y, "p": 0.4})
    total, ones = -np.inf, np.zeros(5)
    for s in itertools.product((0, 1), repeat=5):
        if any(a is not None and a != b for a, b in zip(seen, s, strict=True)):
            continue
        weight = np.log(0.4 if s[0] else 0.6)
        for before, now in itertools.pairwise(s):
            one = 0.2 + 0.5 * before
            weight += np.log(one if now else 1 - one)
        weight += sum(stats.norm.logpdf(v, k) for v, k in zip(y, s, strict=True))
        total = np.logaddexp(total, weight)
        ones += np.exp(weight) * np.array(s)
    assert bound.log_density({}) == pytest.approx(total, rel=1e-12)
    assert np.allclose(bound.states({})["s"][:, 1], ones / np.exp(total), atol=1e-12)


@pytest.mark.parametrize(
    ("text", "y", "others"),
    [
        ("dim T\nobserved y[t in T] ~ Normal(0, 1) then Normal(a * y[t-1], 1)\n",
         [1.0, None, 2.0, None, None, 0.3], {}),
        ("dim T\nlet c = sum(y)\nobserved w ~ Normal(a * c, 1)\n".replace(
            "let", "observed y[T] ~ Normal(0, 1)\nlet"), [1.0, None, 2.0], {"w": 1.0}),
        (("dim S, T[S]\nfor s in S:\n    for t in T[s]:\n"
         "        observed y[s, t] ~ Gamma(shape=2, rate=1)\n"
         "        observed w[s, t] ~ Normal(a * y[s, t], 1)\n"),
         [[1.0, None], [2.0], [None, 0.5, None]], {"w": [[0.1, 0.2], [0.3], [0.4, 0.5, 0.6]]}),
        (("dim S, T\nfor t in T:\n    for s in S:\n        latent z[t, s] ~ Bernoulli(0.3)\n"
         "        observed y[s, t] ~ Normal(a * z[t, s], 1)\n"
         "        observed w[s, t] ~ Normal(y[s, t] + z[t, s], 1)\n"),
         [[1.0, None], [2.0, 0.1], [None, 0.5]], {"w": [[0.1, 0.2], [0.3, 0.1], [0.4, 0.5]]}),
        (("dim T\nfor t in T:\n    observed y[t] ~ Beta(2, 2)\n"
         "    observed x[t] ~ Bernoulli(y[t]) then Bernoulli(0.5 * y[t] + 0.5 * y[t-1])\n"),
         [0.1, None, 0.4, None], {"x": [1, 0, 1, 1]}),
    ],
)  # fmt: skip
def test_continuous_cells_that_something_reads_are_unknown(text, y, others):
    """Given values of them, the density is that of the whole data; gradients are finite."""
    text = f"latent a ~ Normal(0, 1)\n{text}"
    cells = [0.3, 0.7, 0.2]
    values = iter(cells)

    def whole(part):
        if isinstance(part, list):
            return [whole(p) for p in part]
        return next(values) if part is None else part

    model = genlang.model(text)
    bound, full = model.bind({"y": y, **others}), model.bind({"y": whole(y), **others})
    used = cells[: len(cells) - len(list(values))]
    given = {"a": 0.4, "y_missing": used}
    assert bound.log_density(given) == pytest.approx(full.log_density({"a": 0.4}), rel=1e-12)
    slopes = bound.gradient(given)
    assert np.isfinite(slopes["y_missing"]).all()
    assert np.abs(slopes["y_missing"]).min() > 0
    drawn = bound.simulate(seed=1)
    assert not np.isnan(np.asarray(drawn["y"])).all()


def test_a_series_with_gaps_is_that_of_the_kalman_filter():
    """The unknown cells integrated out: means and deviations by quadrature over the rest."""
    random = np.random.default_rng(1)
    y = [1.0]
    for _ in range(39):
        y.append(0.8 * y[-1] + 0.7 * random.normal())
    gone = [5, 6, 20, 39]
    seen = [t for t in range(40) if t not in gone]
    series = [None if t in gone else v for t, v in enumerate(y)]
    fit = genlang.model("""
dim T
latent rho ~ Uniform(-1, 1)
for t in T:
    observed y[t] ~ Normal(0, 3) then Normal(rho * y[t-1], 0.7)
generated next ~ Normal(rho * y[T - 1], 0.7)
report middle = y[20]
""").fit({"y": series}, seed=1)
    assert fit.faults == ()
    rhos = np.linspace(-0.999, 0.999, 400)
    logs, means = [], []
    for rho in rhos:
        precision = np.diag([1 / 9, *[1 / 0.49] * 39])
        for t in range(1, 40):
            precision[t - 1, t - 1] += rho**2 / 0.49
            precision[t, t - 1] = precision[t - 1, t] = -rho / 0.49
        cov = np.linalg.inv(precision)
        one = cov[np.ix_(seen, seen)]
        logs.append(stats.multivariate_normal(np.zeros(36), one).logpdf(np.array(y)[seen]))
        means.append(cov[np.ix_(gone, seen)] @ np.linalg.solve(one, np.array(y)[seen]))
    weight = np.exp(np.array(logs) - max(logs))
    draws = fit["y_missing"]
    assert list(draws.coords["y_cell"].values) == gone
    mean = np.average(means, axis=0, weights=weight)
    sd = draws.values[0].std(0)
    assert (np.abs(draws.values[0].mean(0) - mean) < 0.15 * sd).all()
    assert abs(float(fit["rho"].mean()) - np.average(rhos, weights=weight)) < 0.02
    assert fit["middle"].values == pytest.approx(draws.values[..., 2])
    ahead = fit["rho"].values[0] * draws.values[0][:, 3]
    rest = fit["next"].values[0] - ahead
    assert abs(rest.mean()) < 5 * 0.7 / np.sqrt(len(rest))
    assert rest.std() == pytest.approx(0.7, rel=5 / np.sqrt(2 * len(rest)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("observed y[t in T] ~ Poisson(2) then Poisson(1 + y[t-1])\n", "can be any count"),
        ("observed y[t in T] ~ Uniform(0, 5) then Uniform(y[t-1] - 1, 5)\n", "must be numbers"),
        ("observed y[t in T] ~ Normal(0, 1, lower=0) then Normal(y[t-1], 1, lower=1)\n", "range"),
        (("data w[T]: nonneg = [1, 2, 1]\nfor t in T weight w[t]:\n"
         "    observed y[t] ~ Normal(0, 1)\n    observed x[t] ~ Normal(y[t], 1)\n"), "weighted"),
        (("observed y[T] ~ Normal(0, 1)\nlet c = sum(1 for t in T if y[t] > 0)\n"
         "for t in T[c:]:\n    observed x[t] ~ Normal(0, 1)\n"), "runs over"),
        (("for t in T:\n    observed y[t] ~ Exponential(1) if t == 1 else Normal(0, 1)\n"
         "    observed x[t] ~ Normal(y[t], 1)\n"), "one range"),
        (("latent a ~ Normal(0, 1)\nfor t in T:\n    observed y[t] ~ Normal(a, 1, lower=a)\n"
         "    observed x[t] ~ Normal(y[t], 1)\n"), "must be numbers"),
        (("observed y[n in T] ~ Poisson(3)\nfor t in T weight y[t]:\n"
         "    observed x[t] ~ Normal(0, 1)\n"), "weight"),
        (("observed y[n in T] ~ Categorical([0.2, 0.3, 0.5])\nfor t in T[y[0]:]:\n"
         "    observed x[t] ~ Normal(0, 1)\n"), "runs over"),
        ('observed y[n in T] ~ Bernoulli(0.3)\nrequire y[0] == 1, "first"\n', "require"),
        (("for t in T[1:]:\n    observed y[t] ~ Bernoulli(0.3)\n"
         "for t in T:\n    observed x[t] ~ Normal(y[t], 1)\n"), "part"),
        (("observed y[t in T] ~ Normal(0, 1) then Normal(y[t-1], 1)\n"
         "data y_gaps: real = 1\nfactor y_gaps\n"), ""),
    ],
)  # fmt: skip
def test_cells_that_cannot_be_unknown_are_refused(text, why):
    model = genlang.model(f"dim T = 3\n{text}")
    with pytest.raises(ModelError) as error:
        model.bind({"y": [1, None, 1], "x": [1.0, 2.0, 3.0]})
    assert [d.code for d in error.value.diagnostics] == ["E706"]
    assert why in (error.value.diagnostics[0].why or "")


@pytest.mark.parametrize(
    ("law", "density", "low", "high"),
    [
        ("Uniform(2, 5)", stats.uniform(2, 3), 2, 5),
        ("Normal(0, 1, lower=-1)", stats.truncnorm(-1, np.inf), -1, np.inf),
        ("Normal(0, 1, upper=2)", stats.truncnorm(-np.inf, 2), -np.inf, 2),
        ("Pareto(scale=2, shape=3)", stats.pareto(3, scale=2), 2, np.inf),
        ("Normal(3, 1, lower=2, upper=4)", stats.truncnorm(-1, 1, loc=3), 2, 4),
    ],
)
def test_unknown_cells_keep_to_the_range_of_their_law(law, density, low, high):
    """The posterior by quadrature; the draws stay inside."""
    model = genlang.model(f"dim T\nfor t in T:\n    observed y[t] ~ {law}\n"
                          "    observed x[t] ~ Normal(y[t], 0.5)\n")  # fmt: skip
    middle = float(np.clip(2.5, low, high - 0.3 if np.isfinite(high) else 2.5))
    bound = model.bind({"y": [None, middle], "x": [middle, middle]})
    value = middle + 0.1
    terms = density.logpdf([value, middle]).sum() + stats.norm.logpdf([0.1, 0], scale=0.5).sum()
    assert bound.log_density({"y_missing": [value]}) == pytest.approx(terms, rel=1e-10)
    assert bound.log_density({"y_missing": [low - 1 if np.isfinite(low) else high + 1]}) == -np.inf
    draws = bound.fit(seed=1).imputed("y").values[:, 0]
    assert ((draws >= low) & (draws <= high)).all()
    grid = np.linspace(max(low, middle - 5), min(high, middle + 5), 20_001)[1:-1]
    weight = density.pdf(grid) * stats.norm.pdf(grid, middle, 0.5)
    mean = np.average(grid, weights=weight)
    sd = np.sqrt(np.average((grid - mean) ** 2, weights=weight))
    assert abs(draws.mean() - mean) < max(5 / np.sqrt(len(draws)), 0.1) * sd


def test_a_fit_with_missing_cells_is_kept_and_read_again(tmp_path):
    data = {"y": [1.0, None, 2.0, -1.0], "x": [1, 2, None, 0]}
    fit = genlang.model(MIXTURE).fit(data, method="map", seed=1)
    fit.save(tmp_path / "fit")
    again = genlang.open_fit(tmp_path / "fit")
    assert np.array_equal(again.states("z").values, fit.states("z").values)


def test_reports_and_means_of_a_cell_that_is_summed_out():
    """They read its draws where it is missing, and the data where it is not."""
    bound = genlang.model("""
dim N
latent mu ~ Normal(0, 1)
for n in N:
    observed a[n] ~ Bernoulli(0.3)
    observed x[n] ~ Bernoulli(0.9 if a[n] else 0.2)
    report b[n] = 1 - a[n]
observed y ~ Normal(mu, 1)
""").bind({"a": [1, None, 0], "x": [1, 1, 1], "y": 1.0})
    one = 0.3 * 0.9 / (0.3 * 0.9 + 0.7 * 0.2)
    assert bound.states({"mu": 0.0}, "means")["a"] == pytest.approx([1, one, 0], rel=1e-12)
    b = bound.fit(seed=1)["b"].values[0]
    assert (b[:, 0] == 0).all()
    assert (b[:, 2] == 1).all()
    assert abs(b[:, 1].mean() - (1 - one)) < 4 * np.sqrt(one * (1 - one) / len(b))


def test_imputed_cells_follow_their_predictive_distribution():
    """Left-out cells of a regression, in any order of axes, at the rows that lack them."""
    random = np.random.default_rng(0)
    x = random.normal(size=(3, 20))
    y = 1 + 2 * x + 0.5 * random.normal(size=x.shape)
    gone = [(0, 3), (2, 7), (1, 19)]
    given = [[None if (i, t) in gone else v for t, v in enumerate(row)] for i, row in enumerate(y)]
    fit = genlang.model("""
dim I, T
data x[I, T]: real
latent a, b ~ Normal(0, 5)
latent s ~ HalfNormal(2)
for t in T[1:]:
    for i in I:
        observed y[i, t] ~ Normal(a + b * x[i, t], s)
""").fit({"x": x, "y": given}, seed=1)
    found = fit.imputed("y")
    assert found.dims == ("draw", "y_cell")
    assert list(found.coords["y_cell"].values) == ["0, 3", "1, 19", "2, 7"]
    means = {n: float(fit[n].mean()) for n in ("a", "b", "s")}
    for (i, t), draws in zip(sorted(gone), found.values.T, strict=True):
        sd = means["s"]
        assert abs(draws.mean() - means["a"] - means["b"] * x[i, t]) < 6 * sd / np.sqrt(200)
        assert draws.std() == pytest.approx(sd, rel=0.3)


def test_imputed_cells_of_a_mixture_go_with_the_states_of_their_rows():
    fit = genlang.model("""
dim S, T[S], K = 2
latent mu: ordered[K] ~ Normal(0, 3)
for s in S:
    latent z[s] ~ Bernoulli(0.5)
    for t in T[s]:
        observed y[s, t] ~ Normal(mu[z[s]], 0.3)
""").fit({"y": [[-1, None, -1.2], [2, 2.1], [None, 1.9], [-1.1, -0.9]]}, seed=1)
    found = fit.imputed("y")
    assert list(found.coords["y_cell"].values) == ["0, 1", "2, 0"]
    assert found.values.mean(0) == pytest.approx([-1.05, 2.0], abs=0.2)


def test_imputed_cells_that_are_summed_out_or_unknown(tmp_path):
    text = """
dim T
latent mu ~ Normal(0, 1)
for t in T:
    observed s[t] ~ Bernoulli(0.4) then Bernoulli(0.9 * s[t-1] + 0.05)
    observed w[t] ~ Normal(mu, 1) then Normal(0.5 * w[t-1], 1)
    observed y[t] ~ Normal(s[t] + w[t], 0.3)
"""
    data = {"s": [1, None, 0, None], "w": [0.1, None, 0.3, 0.2], "y": [1, 1.1, 0.0, None]}
    fit = genlang.model(text).fit(data, seed=1)
    s, w, y = (fit.imputed(n) for n in ("s", "w", "y"))
    assert s.dims == ("draw", "s_cell")
    assert list(s.coords["s_cell"].values) == [1, 3]
    share = float(fit.states("s").values[1, 1])
    assert abs(s.values[:, 0].mean() - share) < 5 * np.sqrt(share * (1 - share) / len(s))
    assert w.values == pytest.approx(fit["w_missing"].values[0])
    assert abs(y.values.mean() - 0.2) < 0.4
    fit.save(tmp_path / "fit")
    assert genlang.open_fit(tmp_path / "fit").imputed("y").equals(y)
    with pytest.raises(genlang.OptionError) as error:
        fit.imputed("mu")
    assert [d.code for d in error.value.diagnostics] == ["E923"]


def test_imputed_names_go_together():
    """Draws of two names are joint: independent noise, and the states that the others read."""
    fit = genlang.model("""
dim N
latent mu ~ Normal(0, 1)
for n in N:
    observed a[n] ~ Normal(mu, 1)
    observed b[n] ~ Normal(mu, 1)
    observed c[n] ~ Bernoulli(0.3)
    observed y[n] ~ Normal(5 * c[n], 1)
""").fit({"a": [None, 0, 0.1], "b": [None, 1, 0.2], "c": [1, None, None], "y": [1, 2, None]},
         seed=1)  # fmt: skip
    found = {n: fit.imputed(n) for n in "abcy"}
    first = found["a"].coords["draw"]
    assert all((d.coords["draw"] == first).all() for d in found.values())
    rest = [found[n].values[:, 0] - fit["mu"].values.ravel()[first.values] for n in "ab"]
    count = len(first)
    assert abs(np.corrcoef(*rest)[0, 1]) < 5 / np.sqrt(count)
    # c and y of the last row: the covariance of c and 5 c + e.
    together = np.corrcoef(found["c"].values[:, 1], found["y"].values[:, 0])[0, 1]
    exact = 5 * 0.21 / np.sqrt(0.21 * (25 * 0.21 + 1))
    assert abs(together - exact) < 5 * (1 - exact**2) / np.sqrt(count)


def test_imputed_vectors():
    fit = genlang.model("""
dim N, D = 2
latent a ~ Gamma(shape=2, rate=1)
observed y[N]: simplex[D] ~ Dirichlet([a, 1])
""").fit({"y": [[0.4, 0.6], [None, None], [0.1, 0.9]]}, seed=1)
    assert fit.imputed("y").dims == ("draw", "y_cell", "D")
    assert fit.imputed("y").shape == (200, 1, 2)
    assert np.allclose(fit.imputed("y").sum("D"), 1)


def test_missing_cells_outside_a_part_are_not_read():
    """No unknowns where no statement draws; an error where something else may read them."""
    text = """
dim S, T
data first[S]: count
latent mu ~ Normal(0, 1)
for s in S:
    for t in T[first[s]:]:
        observed y[s, t] ~ Normal(mu, 1) then Normal(y[s, t-1], 1)
"""
    model = genlang.model(text)
    empty, full = (
        model.bind({"first": [0, 1], "y": [[0.1, 0.2, 0.3], [v, 0.2, 0.1]]}) for v in (None, 9.0)
    )
    assert empty.log_density({"mu": 0.2}) == full.log_density({"mu": 0.2})
    text = "dim T\nfor t in T[1:]:\n    observed y[t] ~ Normal(0, 1)\n"
    model = genlang.model(f"{text}    observed x[t] ~ Normal(y[t], 1)\n")
    with pytest.raises(genlang.DataError) as error:
        model.bind({"y": [None, 1.0, None], "x": [1.0, 1.0, 1.0]})
    assert [d.code for d in error.value.diagnostics] == ["D191"]


def test_axes_in_another_order_than_their_loops_are_refused():
    text = "dim S, T\nfor s in S:\n    for t in T:\n        observed d[t, s] ~ Bernoulli(0.3)\n"
    model = genlang.model(f"{text}        observed y[s, t] ~ Normal(d[t, s], 1)\n")
    with pytest.raises(ModelError) as error:
        model.bind({"d": [[None, 1], [1, 0]], "y": [[0.1, 0.2], [0.3, 0.2]]})
    assert [d.code for d in error.value.diagnostics] == ["E706"]
    assert "`d[s, t]`" in error.value.diagnostics[0].why


def test_simulated_values_are_what_comes_after_reads():
    model = genlang.model("""
dim N
latent a ~ Normal(0, 1)
observed y[n in N] ~ Normal(a + 50, 1)
generated g[n in N] ~ Normal(y[n], 0.001)
""")
    drawn = model.simulate({"y": [100.0, None]}, seed=1)
    assert drawn["g"] == pytest.approx(drawn["y"], abs=0.01)
    assert (np.abs(drawn["y"] - 50) < 10).all()


def test_imputed_cells_over_a_part():
    fit = genlang.model("""
dim T
latent a ~ Uniform(0, 1)
for t in T[1:]:
    observed y[t] ~ Bernoulli(a) then Bernoulli(0.1 + 0.5 * y[t-1])
""").fit({"y": [1, 1, None, 1]}, seed=1)
    assert list(fit.imputed("y").coords["y_cell"].values) == [2]
    assert set(np.unique(fit.imputed("y").values)) <= {0, 1}


# -- Parts of normal vectors

VECTORS = """
dim N, D = 3, K = 2
latent mu[K, D] ~ Normal(0, 2)
latent s ~ HalfNormal(1)
for n in N:
    latent z[n] ~ Bernoulli(0.3)
    observed v[n]: real[D] ~ MultivariateNormal(mu[z[n]], LAW)
"""
LAWS = {
    "covariance=(s * s + 0.1) * eye(D) + 0.3 * ones(D, D)": lambda s, _n, _k: s * s,
    "scale_tril=cholesky((s * s + 0.1) * eye(D) + 0.3 * ones(D, D))": lambda s, _n, _k: s * s,
    "precision=inverse((s * s + 0.1) * eye(D) + 0.3 * ones(D, D))": lambda s, _n, _k: s * s,
    # The matrix changes with the row, and with the state.
    "covariance=(s + n + 0.1) * eye(D) + 0.3 * ones(D, D)": lambda s, n, _k: s + n,
    "covariance=(s + z[n] + 0.1) * eye(D) + 0.3 * ones(D, D)": lambda s, _n, k: s + k,
}
ROWS = np.array([[1, 2, np.nan], [np.nan, np.nan, np.nan], [0.3, 1, 2], [np.nan, 0.2, 1],
                 [1, np.nan, np.nan], [0.5, np.nan, 0.1], [2, 1, np.nan]])  # fmt: skip
POINT = {"mu": np.array([[0.1, 0.2, 0.3], [1, 1.2, 0.4]]), "s": 0.7}


def _of_seen(row, mean, cov):
    """The log density of the elements that are there, by the textbook."""
    there = ~np.isnan(row)
    if not there.any():
        return 0.0
    return stats.multivariate_normal(mean[there], cov[np.ix_(there, there)]).logpdf(row[there])


@pytest.mark.parametrize("law", LAWS)
def test_a_part_of_a_normal_vector_has_the_density_of_that_part(law):
    bound = genlang.model(VECTORS.replace("LAW", law)).bind({"v": ROWS.tolist()})
    mu, s = POINT["mu"], POINT["s"]
    total = stats.norm(0, 2).logpdf(mu).sum() + stats.halfnorm.logpdf(s)
    for n, row in enumerate(ROWS):
        covs = [(LAWS[law](s, n, k) + 0.1) * np.eye(3) + 0.3 for k in range(2)]
        each = [_of_seen(row, mu[k], covs[k]) for k in range(2)]
        total += np.logaddexp(np.log(0.7) + each[0], np.log(0.3) + each[1])
    assert bound.log_density(POINT) == pytest.approx(total, rel=1e-12)
    slopes = bound.gradient(POINT)
    step = 1e-6
    ends = [bound.log_density(POINT | {"s": s + e}) for e in (step, -step)]
    assert slopes["s"] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6)
    assert np.isfinite(slopes["mu"]).all()


def test_imputed_elements_follow_their_vector():
    """Means and covariances of the missing elements, given the others, by the textbook."""
    cov = np.array([[2.0, 1.2, 0.5], [1.2, 1.5, -0.3], [0.5, -0.3, 1.0]])
    row = [1.3, None, 0.4]
    rows = [row] * 400
    model = genlang.model("""
dim N, D = 3
data cov: cov[D]
latent dummy ~ Normal(0, 1)
observed v[n in N]: real[D] ~ MultivariateNormal([1, 2, 3], covariance=cov)
observed y ~ Normal(dummy, 1)
""")
    fit = model.fit({"v": [*rows, [None, None, 3.0]], "cov": cov, "y": 0.1}, seed=1)
    found = fit.imputed("v")
    assert list(found.coords["v_cell"].values[[0, -2, -1]]) == ["0, 1", "400, 0", "400, 1"]
    one = found.values[:, :400].ravel()
    seen = [0, 2]
    weight = np.linalg.solve(cov[np.ix_(seen, seen)], cov[seen, 1])
    mean = 2 + weight @ (np.array([1.3, 0.4]) - [1, 3])
    sd = np.sqrt(cov[1, 1] - weight @ cov[seen, 1])
    assert abs(one.mean() - mean) < 5 * sd / np.sqrt(one.size)
    assert abs(one.var() / sd**2 - 1) < 5 * np.sqrt(2 / one.size)


# -- Names without any value


@pytest.mark.parametrize(
    "law",
    ["Normal(mu, 1)", "Gamma(shape=exp(mu), rate=1)", "Uniform(2, 3)", "Uniform(mu, mu + 1)",
     "Beta(exp(mu), 2)", "Poisson(exp(mu))", "Normal(mu, 1, lower=3)", "Pareto(scale=2, shape=1)",
     "LogNormal(mu, 1)", "Binomial(3, sigmoid(mu))"],
)  # fmt: skip
def test_a_name_that_is_null_is_wholly_missing(law):
    """The density is that of the others, with its gradient; the cells can be drawn."""
    text = "dim N\nlatent mu ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(mu, 1)\n"
    model = genlang.model(f"{text}observed x[n in N] ~ {law}\n")
    y = [1.0, 2.0, 0.3]
    bound, plain = model.bind({"y": y, "x": None}), genlang.model(text).bind({"y": y})
    assert bound.log_density({"mu": 0.3}) == plain.log_density({"mu": 0.3})
    assert bound.gradient({"mu": 0.3}) == plain.gradient({"mu": 0.3})
    draws = bound.fit(seed=1).imputed("x")
    assert draws.shape[1] == 3
    assert np.isfinite(draws.values).all()


def test_null_vectors_and_matrices():
    model = genlang.model("""
dim K = 3
latent p ~ Dirichlet(ones(K))
observed y ~ Categorical(p)
observed q: simplex[K] ~ Dirichlet(10 * p)
observed S: cov[K] ~ InverseWishart(5, eye(K))
observed C: corr[K] ~ LKJ(K, 1)
observed v: real[K] ~ MultivariateNormal(p, covariance=eye(K))
""")
    bound = model.bind(dict.fromkeys(("y", "q", "S", "C", "v")))
    assert bound.log_density({"p": [0.2, 0.3, 0.5]}) == pytest.approx(np.log(2))
    assert (bound.gradient({"p": [0.2, 0.3, 0.5]})["p"] == 0).all()


def test_null_rows_have_the_lengths_that_others_say():
    text = """
dim S, T[S]
latent mu ~ Normal(0, 1)
for s in S:
    for t in T[s]:
        observed y[s, t] ~ Normal(mu, 1)
        observed x[s, t] ~ Normal(y[s, t], 1)
        observed c[s, t] ~ Bernoulli(0.2) then Bernoulli(0.3 + 0.5 * c[s, t-1])
"""
    x = [[1.0, 2.0], [], [3.0]]
    bound = genlang.model(text).bind({"y": None, "x": x, "c": None})
    value = bound.log_density({"mu": 0.3, "y_missing": [0.1, 0.2, 0.3]})
    y = np.array([0.1, 0.2, 0.3])
    terms = stats.norm.logpdf(y, 0.3).sum() + stats.norm.logpdf([1, 2, 3], y).sum()
    assert value == pytest.approx(stats.norm.logpdf(0.3) + terms, rel=1e-12)
    sized = genlang.model("dim N\nlatent mu ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(mu, 1)\n")
    assert sized.bind({"y": None}, N=4).log_density({"mu": 0}) == stats.norm.logpdf(0)


# -- Data that statements draw

CAPTURE = """
dim bird, year
data seen[bird, year]: bool
data first[bird]: index(year)
latent survival, detection ~ Uniform(0, 1)
for i in bird:
    for t in year[first[i]:]:
        latent alive[i, t] ~ Bernoulli(1) then Bernoulli(survival * alive[i, t-1])
        observed seen[i, t] ~ Bernoulli(1) then Bernoulli(detection * alive[i, t])
"""


def test_missing_cells_of_data_that_a_statement_draws():
    """A year in which nobody looked: the sum over what would have been seen."""
    model, point = genlang.model(CAPTURE), {"survival": 0.6, "detection": 0.5}
    data = {"first": [0, 1], "year": 4}
    some = model.bind({"seen": [[1, None, 1, 0], [0, 1, None, None]], **data}).log_density(point)
    every = [
        model.bind({"seen": [[1, a, 1, 0], [0, 1, b, c]], **data}).log_density(point)
        for a, b, c in itertools.product((0, 1), repeat=3)
    ]
    assert some == pytest.approx(np.logaddexp.reduce(every), rel=1e-12)


def test_missing_data_that_something_reads():
    """Discrete cells are summed out, continuous ones unknown; what is given is read as it came."""
    states = genlang.model("""
dim N
data c[N]: bool
let first = c[0]
latent p ~ Uniform(0, 1)
observed c[n in N] ~ Bernoulli(p)
observed w[n in N] ~ Normal(2 * c[n] + first, 1)
""").bind({"c": [1, None, 0], "w": [1, 2, 3]})
    known = np.log(0.2 * 0.8) + stats.norm.logpdf(1, 3) + stats.norm.logpdf(3, 1)
    other = np.log(0.2 * stats.norm.pdf(2, 3) + 0.8 * stats.norm.pdf(2, 1))
    assert states.log_density({"p": 0.2}) == pytest.approx(known + other, rel=1e-12)
    series = genlang.model("""
dim T
data y[T]: real
require y[0] > 0, "the first is positive"
latent a ~ Normal(0, 1)
for t in T[1:]:
    observed y[t] ~ Normal(a * y[t-1], 1)
""").bind({"y": [1, 2, None, 3]})
    chain = stats.norm.logpdf([2, 0.4, 3], [0.2, 0.4, 0.08]).sum()
    found = series.log_density({"a": 0.2, "y_missing": [0.4]})
    assert found == pytest.approx(stats.norm.logpdf(0.2) + chain, rel=1e-12)
    assert "y_missing" in series.compiled.text


def test_a_name_is_told_missing_before_there_are_data():
    model = genlang.model(CAPTURE)
    assert "data.seen_seen" in model.to_python(missing=["seen"])
    with pytest.raises(genlang.OptionError):
        model.to_python(missing=["first"])


# -- What a missing cell may be


@pytest.mark.parametrize(
    ("text", "data", "code"),
    [
        ("observed n[i in N] ~ Binomial(3, 0.3)\nobserved y[i in N] ~ Normal(x[n[i] - 1], 1)\n",
         {"n": [1, None]}, "D142"),
        ("observed n[i in N] ~ Binomial(9, 0.3)\nobserved y[i in N] ~ Normal(x[n[i]], 1)\n",
         {"n": [1, None]}, "D142"),
        ("observed n[i in N] ~ Binomial(3, 0.3)\nobserved y[i in N] ~ Normal(0, n[i])\n",
         {"n": [1, None]}, "D123"),
        ("observed n[i in N] ~ Binomial(3, 0.3)\nobserved y[i in N] ~ Bernoulli(n[i] * x[1] / 4)\n",
         {"n": [1, None]}, "D123"),
        ("observed n[i in N] ~ Binomial(3, 0.3)\nobserved y[i in N] ~ DiscreteUniform(n[i], 2)\n",
         {"n": [1, None]}, "D123"),
        (("data f[N]: count\nobserved f[s in N] ~ Poisson(2)\nfor s in N:\n"
          "    for t in M[f[s]:]:\n        observed z[s, t] ~ Normal(0, 1)\n"),
         {"f": [0, None], "z": [[1.0] * 4] * 2}, "D121"),
        (("data f[N]: count\ndim T[N] = f\nobserved f[s in N] ~ Poisson(1)\nfor s in N:\n"
          "    for t in T[s]:\n        observed g[s, t] ~ Normal(0, 1)\n"),
         {"f": [1, None], "g": [[1.0], [2.0]]}, "D121"),
        ("data f[N]: count\ndata g[n in N]: real(lower=f[n])\nobserved f[s in N] ~ Poisson(1)\n",
         {"f": [1, None], "g": [1.0, 2.0]}, "D121"),
    ],
)  # fmt: skip
def test_every_value_that_a_missing_cell_may_have_is_looked_at(text, data, code):
    model = genlang.model(f"dim N, M = 4\ndata x[M]: real\n{text}")
    whole = {"x": [1.0, 2.0, 3.0, 4.0], "y": [1, 1], **data}
    with pytest.raises(DataError) as error:
        model.bind(whole)
    assert [d.code for d in error.value.diagnostics] == [code]


def test_cells_that_were_seen_have_one_value():
    """Only row 2 is missing, and its own bounds keep it inside."""
    bound = genlang.model("""
dim N, M = 4
data x[M]: real
data most[N]: count
for i in N:
    observed n[i] ~ Binomial(most[i], 0.3)
    observed y[i] ~ Normal(x[n[i]], 4 - n[i])
""").bind({"x": [1.0, 2.0, 3.0, 4.0], "most": [9, 3], "n": [2, None], "y": [1, 1]})
    first = stats.binom.logpmf(2, 9, 0.3) + stats.norm.logpdf(1, 3, 2)
    n = np.arange(4)
    second = np.log((stats.binom.pmf(n, 3, 0.3) * stats.norm.pdf(1, n + 1, 4 - n)).sum())
    assert bound.log_density({}) == pytest.approx(first + second, rel=1e-12)


def test_what_compile_prints_is_what_fit_runs():
    model = genlang.model("""
dim N
latent mu ~ Normal(0, 1)
observed c[n in N] ~ Bernoulli(0.3)
observed y[n in N] ~ Normal(mu + c[n], 1)
""")
    data = {"y": [1.0, 2.0], "c": None}
    assert model.to_python(data) == model.bind(data).compiled.text
    assert "summed out" in model.explain(data)


def test_a_simulation_reads_no_cells_that_nothing_gives():
    bound = genlang.model("""
dim T
data y[T]: real
for t in T:
    observed y[t] ~ Normal(50, 0.001)
    observed w[t] ~ Normal(y[t], 0.001)
""").bind({"y": [1, None], "w": [1, 2]})
    with pytest.raises(OptionError) as error:
        bound.simulate()
    assert [d.code for d in error.value.diagnostics] == ["E805"]


def test_a_nearly_singular_factor_keeps_its_digits():
    model = genlang.model("""
dim N, D = 2
data L: cholesky_cov[D]
observed v[n in N]: real[D] ~ MultivariateNormal(zeros(D), scale_tril=L)
""")
    small = 1e-8
    rows = [[1, 1 + small], [1, None]]
    found = model.bind({"L": [[1, 0], [1, small]], "v": rows}).log_density({})
    one = 2 * stats.norm.logpdf(1) - np.log(small) + stats.norm.logpdf(1)
    assert found == pytest.approx(one, rel=1e-8)


def test_arguments_leave_their_domain_only_at_values_that_a_cell_cannot_have():
    """Counts with bounds of their own, and one that was seen: the others count for nothing."""
    model = genlang.model("""
dim N
data most[N]: count
latent a ~ Normal(0, 1)
for i in N:
    latent n[i] ~ Binomial(most[i], 0.3)
    observed y[i] ~ Normal(a, most[i] + 1 - n[i])
    observed c[i] ~ Binomial(3, 0.4)
    observed w[i] ~ Normal(0, exp(a) * (c[i] - 0.5))
""")
    bound = model.bind({"most": [9, 3], "y": [1, 1], "c": [2, 1], "w": [0.3, 0.2]})
    total = stats.norm.logpdf(0.1)
    for most, c, w in ((9, 2, 0.3), (3, 1, 0.2)):
        n = np.arange(most + 1)
        terms = stats.binom.pmf(n, most, 0.3) * stats.norm.pdf(1, 0.1, most + 1 - n)
        seen = stats.norm.logpdf(w, 0, np.exp(0.1) * (c - 0.5))
        total += np.log(terms.sum()) + stats.binom.logpmf(c, 3, 0.4) + seen
    assert bound.log_density({"a": 0.1}) == pytest.approx(total, rel=1e-12)
    assert np.isfinite(bound.gradient({"a": 0.1})["a"])
