"""The Python face: labels, seeds, kept fits, errors that say what is possible."""

import csv

import numpy as np
import pytest
import torch

import genlang

REGRESSION = """
dim N
dim arms
data arm[N]: index(arms)
data x[N]: real
latent alpha[arms] ~ Normal(0, 10)
latent slope ~ Normal(0, 2.5)
latent sigma ~ HalfNormal(5)
report difference = alpha[1] - alpha[0]
for n in N:
    observed y[n] ~ Normal(alpha[arm[n]] + slope * x[n], sigma)
"""
MIXTURE = """
dim N, K = 2
latent weight ~ Beta(2, 2)
latent mu: ordered[K] ~ Normal(0, 5)
for n in N:
    latent z[n] ~ Bernoulli(weight)
    observed y[n] ~ Normal(mu[1] if z[n] else mu[0], 1)
"""


@pytest.fixture(scope="module")
def rows():
    """Simulated trial data whose labels look like markup and hold spaces."""
    rng = np.random.default_rng(3)
    arm = rng.choice(["[red]", "blue sky", "9"], 120)
    x = rng.normal(size=120)
    y = np.where(arm == "9", 4.0, 1.0) - 2 * x + rng.normal(scale=0.5, size=120)
    return {"arm": arm.tolist(), "x": x, "y": y}


@pytest.fixture(scope="module")
def fit(rows):
    return genlang.model(REGRESSION).fit(rows)


def test_results_have_labels_as_coordinates(fit):
    alpha = fit["alpha"]
    assert alpha.dims == ("chain", "draw", "arms")
    assert list(alpha.coords["arms"].values) == ["9", "[red]", "blue sky"]
    assert float(alpha.sel(arms="9").mean()) == pytest.approx(4, abs=0.3)
    assert float(alpha.sel(arms="[red]").mean()) == pytest.approx(1, abs=0.3)


def test_table_prints_labels_as_they_are(fit):
    """Brackets in names are no markup."""
    from genlang.results.summary import show

    names = [line.split("  ")[0] for line in show(fit).splitlines()]
    assert "alpha[[red]]" in names
    assert "alpha[blue sky]" in names


def test_report_is_computed_draw_by_draw(fit):
    alpha = fit["alpha"].values
    found = fit["difference"].values
    assert np.allclose(found, alpha[..., 1] - alpha[..., 0])


def test_csv_frame_and_mapping_give_the_same_fit(fit, rows, tmp_path):
    pandas = pytest.importorskip("pandas")
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(rows)
        writer.writerows(zip(*([repr(float(v)) if k != "arm" else v for v in c]
                               for k, c in rows.items()), strict=True))  # fmt: skip
    model = genlang.model(REGRESSION)
    for data in (tmp_path / "rows.csv", pandas.DataFrame(rows)):
        again = model.fit(data)
        assert np.array_equal(again["alpha"].values, fit["alpha"].values)


def test_order_of_rows_does_not_change_the_posterior(fit, rows):
    order = np.random.default_rng(0).permutation(120)
    shuffled = {k: np.asarray(v)[order] for k, v in rows.items()}
    again = genlang.model(REGRESSION).fit(shuffled)
    assert np.allclose(again["slope"].values.mean(), fit["slope"].values.mean(), atol=0.01)


def test_seed_fixes_every_draw(fit, rows):
    again = genlang.model(REGRESSION).fit(rows, seed=1)
    other = genlang.model(REGRESSION).fit(rows, seed=2)
    assert np.array_equal(again["slope"].values, fit["slope"].values)
    assert not np.array_equal(other["slope"].values, fit["slope"].values)


def test_fit_leaves_torch_as_it_was(rows):
    """Default type, threads, random state and Pyro's parameters are the caller's."""
    import pyro

    torch.manual_seed(11)
    expected = torch.rand(2)
    torch.manual_seed(11)
    pyro.get_param_store()["mine"] = torch.ones(1)
    threads = torch.get_num_threads()
    genlang.model(REGRESSION).fit(rows, method="map")
    assert torch.equal(torch.rand(2), expected)
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_num_threads() == threads
    assert list(pyro.get_param_store().keys()) == ["mine"]
    pyro.clear_param_store()


def test_reopened_fit_is_the_fit(fit, tmp_path):
    fit.save(tmp_path / "fit")
    again = genlang.open_fit(tmp_path / "fit")
    assert again.summary() == fit.summary()
    assert again["alpha"].identical(fit["alpha"])


def test_simulated_data_are_found_again():
    """Prior draws of a mixture, fitted: the truth lies in the middle of the posterior."""
    model = genlang.model(MIXTURE)
    drawn = model.simulate({}, seed=5, N=300)
    fit = model.fit({"y": drawn["y"]})
    assert not fit.faults
    for name in ("weight", "mu"):
        draws = fit[name].values[0]
        assert (np.abs(draws.mean(0) - drawn[name]) < 4 * draws.std(0)).all()
    agree = (fit.states("z", kind="mode").values == drawn["z"]).mean()
    assert agree > 0.8


def test_kinds_of_states_agree():
    """Averages of exact draws are the marginals; the mode is the likelier value."""
    model = genlang.model(MIXTURE)
    fit = model.fit({"y": [-2.0, -1.5, 0.2, 2.5, 3.0, 2.2, 0.9]})
    marginals = fit.states("z").values
    assert marginals.sum(-1) == pytest.approx(1)
    draws = fit.states("z", kind="draws").values
    assert np.abs(draws.mean(0) - marginals[:, 1]).max() < 5 * 0.5 / np.sqrt(len(draws))
    counts = fit.states("z", kind="counts")
    assert counts.dims == ("state",)
    assert counts.values == pytest.approx(marginals.sum(0))
    assert fit.states(kind="transitions") == {}
    sure = np.abs(marginals[:, 1] - 0.5) > 0.3
    mode = fit.states("z", kind="mode").values
    assert (mode[sure] == marginals.argmax(-1)[sure]).all()


def test_expected_counts_count_weights():
    """Rows that stand for several count as often; a chain's steps are those of its rows."""
    text = """dim S, T
data w[S]: nonneg
for s in S weight w[s]:
    for t in T:
        latent z[s, t] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[s, t-1])
        observed y[s, t] ~ Normal(z[s, t], 1)
"""
    y = [[0.1, 0.9, 1.2], [-0.3, 0.2, 0.8]]
    bound = genlang.model(text).bind({"y": y, "w": [3, 2]})
    rows = [y[0]] * 3 + [y[1]] * 2
    written = genlang.model(text).bind({"y": rows, "w": [1] * 5})
    for kind in ("counts", "transitions"):
        found, want = (b.states({}, kind)["z"] for b in (bound, written))
        assert found == pytest.approx(want, rel=1e-12)
    assert bound.states({}, "counts")["z"].sum() == pytest.approx(15)
    assert bound.states({}, "transitions")["z"].sum() == pytest.approx(10)


def test_gradient_is_the_difference_quotient(rows):
    bound = genlang.model(REGRESSION).bind(rows)
    point = {"alpha": [1.0, 2.0, 3.0], "slope": -1.0, "sigma": 0.7}
    gradient = bound.gradient(point)
    step = 1e-6
    for name in ("slope", "sigma"):
        up = bound.log_density({**point, name: point[name] + step})
        down = bound.log_density({**point, name: point[name] - step})
        assert float(gradient[name]) == pytest.approx((up - down) / (2 * step), rel=1e-5)


@pytest.mark.parametrize(
    ("call", "code", "says"),
    [
        (lambda b, f: b.fit("nuts2"), "E907", "one of auto, exact, svi, map"),
        (lambda b, f: b.fit("mapp"), "E907", "did you mean `map`?"),
        (lambda b, f: b.fit("map", stpes=3), "E908", "it has starts, steps"),
        (lambda b, f: b.log_density({"slpoe": 1.0}), "E912", "did you mean `slope`?"),
        (lambda b, f: f["slpoe"], "E901", "it has alpha, slope, sigma, difference"),
        (lambda b, f: f.states("z"), "E905", "those that were: none"),
        (lambda b, f: f.states(kind="mean"), "E904", "marginals, means, mode, draws"),
        (lambda b, f: b.states({}, kind="mean"), "E904", "counts, transitions"),
        (lambda b, f: genlang.load("irsi"), "E906", "did you mean `iris`?"),
    ],
)
def test_wrong_arguments_are_answered_with_the_possible_ones(call, code, says, fit, rows):
    with pytest.raises(genlang.OptionError) as error:
        call(genlang.model(REGRESSION).bind(rows), fit)
    assert error.value.diagnostics[0].code == code
    assert says in str(error.value)


def test_impossible_data_name_their_row():
    text = "dim N\nlatent p ~ Uniform(0, 1)\nobserved y[N] ~ Uniform(0, 1 + 0 * p)\n"
    with pytest.raises(genlang.GenlangError) as error:
        genlang.model(text).fit({"y": [0.5, 3.0, 0.2]})
    assert "2" in str(error.value)


def test_output_of_a_method_is_finite_at_the_edge_of_a_support():
    """A count of zero successes: the mode of p is at 0, and stays a number."""
    text = "dim N\nlatent p ~ Beta(1, 1)\nobserved y[N] ~ Bernoulli(p)\n"
    fit = genlang.model(text).fit({"y": [0, 0, 0, 0]})
    assert not fit.faults
    assert float(fit["p"].values.mean()) == pytest.approx(1 / 6, abs=0.03)
