"""Missing cells of observed names: left out, or unknown where something reads them."""

import itertools

import numpy as np
import pytest
from scipy import stats

import genlang
from genlang.diagnostics import ModelError

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
    "text",
    [
        "dim T\nobserved y[t in T] ~ Normal(0, 1) then Normal(y[t-1], 1)\n",
        "dim T\nobserved y[T] ~ Normal(0, 1)\nlet c = sum(y)\nobserved w ~ Normal(c, 1)\n",
    ],
)
def test_a_continuous_cell_that_something_reads_is_refused(text):
    with pytest.raises(ModelError) as error:
        genlang.model(text).bind({"y": [1.0, None, 2.0], "w": 1.0})
    assert [d.code for d in error.value.diagnostics] == ["E706"]


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
