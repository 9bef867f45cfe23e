"""The bundled models: they fit with defaults, and find what was published about their data."""

import csv
import json
from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

import genlang

MODELS = Path(__file__).parents[1] / "models"
SHARED = Path(__file__).parents[2] / "shared" / "cases"
NAMES = ("dawid_skene", "eight_schools", "iris", "nile")
SEEDS = (1, 2)


@cache
def fitted(name, seed):
    """Fit a bundled model with every default."""
    return genlang.load(name).fit(seed=seed)


def rows(name):
    """The model's data, a dict a row."""
    with (MODELS / name / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def column(name, key):
    return np.array([float(row[key]) for row in rows(name)])


def test_every_bundled_model_is_tested():
    assert sorted(p.name for p in MODELS.iterdir() if p.is_dir()) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_its_text_data_and_page(name):
    assert genlang.load(name).diagnostics == ()
    assert (MODELS / name / f"{name}.csv").is_file()
    page = (MODELS / name / "README.md").read_text()
    for part in ("## The model", "## The data", "## The answer", "## Next"):
        assert part in page


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_default_fit_passes_its_own_checks(name, seed):
    assert fitted(name, seed).faults == ()


@pytest.mark.parametrize("seed", SEEDS)
class TestIris:
    """Three normal components find the three species."""

    def kinds(self, seed):
        return fitted("iris", seed).states("kind", kind="mode").values

    def test_at_most_five_of_150_flowers_are_in_another_species_component(self, seed):
        kinds = self.kinds(seed)
        species = np.array([row["species"] for row in rows("iris")])
        names = sorted(set(species))
        wrong = min(
            sum(names[p[k]] != s for k, s in zip(kinds, species, strict=True))
            for p in permutations(range(3))
        )
        assert wrong <= 5

    def test_components_are_those_of_scikit_learn(self, seed):
        mixture = pytest.importorskip("sklearn.mixture")
        x = np.array([[float(v) for v in list(row.values())[:4]] for row in rows("iris")])
        other = mixture.GaussianMixture(3, n_init=5, random_state=0).fit(x)
        fit = fitted("iris", seed)
        mean = fit["mean"].values.mean((0, 1))
        share = fit["share"].values.mean((0, 1))
        order = [int(np.abs(other.means_ - m).sum(1).argmin()) for m in mean]
        assert sorted(order) == [0, 1, 2]
        assert np.abs(mean - other.means_[order]).max() < 0.1
        assert np.abs(share - other.weights_[order]).max() < 0.05
        same = np.array(order)[self.kinds(seed)] == other.predict(x)
        assert same.sum() >= 147

    def test_results_carry_labels(self, seed):
        mean = fitted("iris", seed)["mean"]
        assert mean.dims == ("chain", "draw", "K", "part")
        assert list(mean.coords["part"].values)[2] == "petal_length"


def change_exactly():
    """P(change = year | data) by quadrature over sigma, levels in closed form given it."""
    y = column("nile", "volume")
    n = len(y)
    sigma = np.linspace(80, 220, 141)

    def block(part):
        """Log density by sigma of a part with a level ~ Normal(1000, 300) integrated out."""
        m, spread = len(part), sigma**2 + len(part) * 300**2
        r = part - 1000
        log_det = (m - 1) * np.log(sigma**2) + np.log(spread)
        square = (r @ r - 300**2 * r.sum() ** 2 / spread) / sigma**2
        return -0.5 * (m * np.log(2 * np.pi) + log_det + square)

    prior = stats.halfnorm(scale=200).logpdf(sigma) - np.log(n)
    logs = np.array([block(y[:c]) + block(y[c:]) + prior for c in range(n)])
    weight = np.exp(logs - logs.max())
    by_year = integrate.simpson(weight, x=sigma, axis=1)
    evidence = logs.max() + np.log(by_year.sum())
    return by_year / by_year.sum(), evidence, weight.sum(0) / weight.sum(), sigma


@pytest.mark.parametrize("seed", SEEDS)
class TestNile:
    """Cobb (1978): the flow fell after 1898, by a fifth."""

    def test_the_change_is_after_1898(self, seed):
        change = fitted("nile", seed).states("change")
        assert int(change.coords["state"][change.values.argmax()]) == 1899

    def test_posterior_of_the_year_is_exact(self, seed):
        exact, _, _, _ = change_exactly()
        found = fitted("nile", seed).states("change").values
        assert found.sum() == pytest.approx(1)
        assert np.abs(found - exact).max() < 0.01

    def test_levels_are_those_of_the_literature(self, seed):
        fit = fitted("nile", seed)
        assert float(fit["before"].mean()) == pytest.approx(1098, abs=10)
        assert float(fit["after"].mean()) == pytest.approx(850, abs=10)

    def test_sigma_and_evidence_are_exact(self, seed):
        _, evidence, weight, grid = change_exactly()
        fit = fitted("nile", seed)
        mean = (weight * grid).sum()
        sd = np.sqrt((weight * (grid - mean) ** 2).sum())
        assert abs(float(fit["sigma"].mean()) - mean) < 0.2 * sd
        assert evidence - 0.1 < fit.facts["elbo"] < evidence + 0.01


# posteriordb (Magnusson et al.), eight_schools-eight_schools_noncentered: 10 long chains.
SCHOOLS = {
    "theta": (
        [6.1505, 4.9396, 3.9059, 4.7960, 3.6144, 4.0511, 6.3172, 4.8840],
        [5.6159, 4.6456, 5.2807, 4.7709, 4.6147, 4.7962, 5.0029, 5.3177],
    ),
    "mu": (4.4105, 3.3093),
    "tau": (3.6021, 3.1985),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCHOOLS)
def test_eight_schools_has_the_reference_means(name, seed):
    """Means within 0.3 posterior deviations, deviations within a fifth."""
    mean, sd = (np.array(v) for v in SCHOOLS[name])
    draws = fitted("eight_schools", seed)[name].values
    assert (np.abs(draws.mean((0, 1)) - mean) < 0.3 * sd).all()
    assert (np.abs(draws.std((0, 1)) / sd - 1) < 0.2).all()


def counts():
    """How often each patient was given each class by each observer: [patients, observers, 4]."""
    found = np.zeros((45, 5, 4))
    for row in rows("dawid_skene"):
        found[int(row["patient"]) - 1, int(row["observer"]) - 1, int(row["rating"]) - 1] += 1
    return found


def maximum_likelihood():
    """The EM algorithm of the paper: prevalence and class probabilities [patients, 4]."""
    n = counts()
    classes = n.sum(1) / n.sum((1, 2))[:, None]
    prevalence = classes.mean(0)
    for _ in range(500):
        prevalence = classes.mean(0)
        confusion = np.einsum("ik,ijl->jkl", classes, n) + 1e-12
        confusion /= confusion.sum(-1, keepdims=True)
        logs = np.log(prevalence) + np.einsum("ijl,jkl->ik", n, np.log(confusion))
        classes = np.exp(logs - logs.max(1, keepdims=True))
        classes /= classes.sum(1, keepdims=True)
    return prevalence, classes


def test_dawid_skene_data_give_the_published_estimate():
    """Dawid and Skene (1979), table 3: prevalences of 0.40, 0.42, 0.11 and 0.07."""
    prevalence, _ = maximum_likelihood()
    assert prevalence.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]


def test_dawid_skene_by_greatest_likelihood_is_the_paper_or_better():
    """With `param` for `latent`: the paper's classes at its estimate, and a likelihood above it.

    EM from the majority's opinion, as in the paper, ends in a local maximum.
    """
    prevalence, classes = maximum_likelihood()
    confusion = np.einsum("ik,ijl->jkl", classes, counts()) + 1e-12
    confusion /= confusion.sum(-1, keepdims=True)
    text = (MODELS / "dawid_skene" / "dawid_skene.gen").read_text()
    text = text.replace("latent prevalence ~ Dirichlet(ones(K))", "param prevalence: simplex[K]")
    text = text.replace(
        "latent confusion[observers, k in K] ~ Dirichlet(1 + 4 * one_hot(k, K))",
        "param confusion[observers, K]: simplex[K]",
    )
    bound = genlang.model(text).bind(MODELS / "dawid_skene" / "dawid_skene.csv")
    paper = {"prevalence": prevalence, "confusion": confusion}
    assert np.abs(bound.states(paper)["truth"] - classes).max() < 1e-6
    fit = bound.fit()
    assert fit.point
    assert fit.faults == ()
    assert fit.facts["log_density"] > bound.log_density(paper)


@pytest.mark.parametrize("seed", SEEDS)
def test_dawid_skene_classes_are_those_of_the_paper_but_for_four(seed):
    """The prior moves four patients whose ratings are divided to a neighbouring class."""
    _, classes = maximum_likelihood()
    truth = fitted("dawid_skene", seed).states("truth").values
    moved = np.flatnonzero(truth.argmax(1) != classes.argmax(1)) + 1
    assert set(moved) <= {2, 12, 36, 38}


def test_dawid_skene_data_equal_the_shared_case():
    place = SHARED / "dawid_skene" / "data.json"
    if not place.is_file():
        pytest.skip("no ../shared/cases")
    case = json.loads(place.read_text())
    theirs = sorted(zip(case["ii"], case["jj"], case["y"], strict=True))
    ours = sorted(
        tuple(int(row[k]) for k in ("patient", "observer", "rating")) for row in rows("dawid_skene")
    )
    assert ours == theirs


def test_same_seed_gives_the_same_fit_and_another_seed_another():
    first = fitted("eight_schools", 1)
    again = genlang.load("eight_schools").fit(seed=1)
    for name in ("mu", "tau", "raw", "theta"):
        assert np.array_equal(first[name].values, again[name].values)
    assert not np.array_equal(first["mu"].values, fitted("eight_schools", 2)["mu"].values)


@pytest.mark.parametrize("name", NAMES)
def test_reopened_fit_gives_the_same_summary_and_states(name, tmp_path):
    fit = fitted(name, 1)
    fit.save(tmp_path / "fit")
    again = genlang.open_fit(tmp_path / "fit")
    assert again.summary() == fit.summary()
    for latent, array in fit.states().items():
        assert array.identical(again.states(latent))
