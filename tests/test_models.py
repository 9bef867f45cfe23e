"""The bundled models: they fit with defaults, and find what was published about their data."""

import csv
import json
from functools import cache
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

import genlang
from genlang.results.states import MOST

MODELS = Path(__file__).parents[1] / "models"
SHARED = Path(__file__).parents[2] / "shared" / "cases"
NAMES = (
    "apes",
    "asia",
    "dawid_skene",
    "dipper",
    "earthquakes",
    "eight_schools",
    "iris",
    "lda",
    "nile",
    "salamanders",
)
SLOW = ("earthquakes", "lda")
FITTED = [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in NAMES]
SEEDS = (1, 2)


@cache
def fitted(name, seed):
    """Fit a bundled model with every default."""
    return genlang.load(name).fit(seed=seed)


def rows(name):
    """The model's data, a dict a row."""
    with (MODELS / name / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def averaged(fit, *names):
    """The draws over which `states` averages, evenly spaced among all, by name."""
    chosen = np.linspace(0, len(fit[names[0]].values[0]) - 1, MOST).astype(int)
    return {n: fit[n].values[0, chosen] for n in names}


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
@pytest.mark.parametrize("name", FITTED)
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


ASIA = ("asia", "smoker", "tuberculosis", "cancer", "bronchitis", "xray", "dyspnoea")


def clinic(given):
    """Enumerate the chest clinic: the probability of what is given, and P(yes) of the rest."""
    total, ones = 0.0, dict.fromkeys(ASIA, 0.0)
    for world in product((0, 1), repeat=len(ASIA)):
        now = dict(zip(ASIA, world, strict=True))
        if any(now[name] != value for name, value in given.items()):
            continue
        either = now["tuberculosis"] or now["cancer"]
        short = {(1, 1): 0.9, (1, 0): 0.7, (0, 1): 0.8, (0, 0): 0.1}[either, now["bronchitis"]]
        chance = {
            "asia": 0.01,
            "smoker": 0.5,
            "tuberculosis": 0.05 if now["asia"] else 0.01,
            "cancer": 0.1 if now["smoker"] else 0.01,
            "bronchitis": 0.6 if now["smoker"] else 0.3,
            "xray": 0.98 if either else 0.05,
            "dyspnoea": short,
        }
        weight = np.prod([c if now[name] else 1 - c for name, c in chance.items()])
        total += weight
        for name in ASIA:
            ones[name] += weight * now[name]
    return total, {name: one / total for name, one in ones.items()}


def test_asia_is_enumeration():
    """Every marginal of every patient, and the evidence; no optimizer ran."""
    fit = fitted("asia", 1)
    total = 0.0
    for row in rows("asia"):
        given = {n: int(row[n] == "yes") for n in ASIA if row.get(n)}
        evidence, ones = clinic(given)
        total += np.log(evidence)
        for name in ASIA[:5]:
            found = fit.states(name).sel(patient=row["patient"]).values
            assert found[1] == pytest.approx(ones[name], rel=1e-12, abs=1e-12)
    assert fit.estimates == {}
    assert fit.facts["log_evidence"] == pytest.approx(total, rel=1e-12)


def test_asia_has_the_marginals_of_the_paper():
    """Lauritzen and Spiegelhalter (1988): before anything is known of the patient.

    Those of an X-ray's shadow and of dyspnoea are the probabilities of data with nothing else.
    """
    nobody = {n: fitted("asia", 1).states(n).sel(patient="nobody").values[1] for n in ASIA[:5]}
    assert nobody["tuberculosis"] == pytest.approx(0.0104, abs=5e-5)
    assert nobody["cancer"] == pytest.approx(0.055, abs=5e-5)
    assert nobody["bronchitis"] == pytest.approx(0.45, abs=5e-5)
    for name, published in (("xray", 0.1103), ("dyspnoea", 0.4360)):
        cells = {n: [None] for n in ("asia", "smoker", "xray", "dyspnoea")} | {name: [True]}
        found = genlang.load("asia").bind(cells).log_density({})
        assert np.exp(found) == pytest.approx(published, abs=5e-5)


def dippers():
    """The capture histories [history, 7] and how many birds have each."""
    table = np.array([[int(v) for v in row.values()] for row in rows("dipper")])
    return table[:, :7], table[:, 7]


def capture_recapture(survival, detection):
    """Log density of the dippers by the closed form of Cormack, Jolly and Seber."""
    never = [1.0]  # the probability not to be seen again, from the last year backwards
    for _ in range(6):
        never.insert(0, 1 - survival + survival * (1 - detection) * never[0])
    total = 0.0
    for history, birds in zip(*dippers(), strict=True):
        seen = np.flatnonzero(history)
        years, again = seen[-1] - seen[0], len(seen) - 1
        chance = survival**years * detection**again * (1 - detection) ** (years - again)
        total = total + birds * np.log(chance * never[seen[-1]])
    return total


@pytest.mark.parametrize("seed", SEEDS)
class TestDipper:
    """Lebreton et al. (1992): survival 0.560, detection 0.903."""

    def test_greatest_likelihood_is_that_of_the_paper(self, seed):
        fit = genlang.load("dipper").fit(method="map", seed=seed)
        assert fit.faults == ()
        found = {n: float(fit[n].mean()) for n in ("survival", "detection")}
        assert found["survival"] == pytest.approx(0.560, abs=5e-4)
        assert found["detection"] == pytest.approx(0.903, abs=5e-4)
        assert fit.facts["log_density"] == pytest.approx(capture_recapture(**found), rel=1e-10)

    def test_posterior_and_evidence_are_those_of_quadrature(self, seed):
        fit = fitted("dipper", seed)
        grid = (np.arange(400) + 0.5) / 400
        axes = np.meshgrid(grid, grid, indexing="ij")
        logs = capture_recapture(*axes)
        weight = np.exp(logs - logs.max())
        evidence = logs.max() + np.log(weight.mean())
        assert evidence - 0.1 < fit.facts["elbo"] < evidence + 0.01
        for name, axis in zip(("survival", "detection"), axes, strict=True):
            mean = np.average(axis, weights=weight)
            sd = np.sqrt(np.average((axis - mean) ** 2, weights=weight))
            assert abs(float(fit[name].mean()) - mean) < 0.15 * sd
            assert abs(float(fit[name].std()) / sd - 1) < 0.15

    def test_birds_are_alive_until_last_seen_and_then_less_and_less(self, seed):
        """In 1987 a bird of 1986 lives with survival * missed / (1 - survival * detection)."""
        fit = fitted("dipper", seed)
        alive = fit.states("alive").values[..., 1]
        phi, p = averaged(fit, "survival", "detection").values()
        late = np.mean(phi * (1 - p) / (1 - phi * p))
        for k, history in enumerate(dippers()[0]):
            first, last = np.flatnonzero(history)[[0, -1]]
            assert alive[k, first : last + 1] == pytest.approx(1, abs=1e-12)
            assert (np.diff(alive[k, last:]) < 0).all()
            if last == 5:
                assert alive[k, 6] == pytest.approx(late, rel=1e-9)


def test_dipper_data_equal_the_shared_case():
    place = SHARED / "dipper_cjs" / "data.json"
    if not place.is_file():
        pytest.skip("no ../shared/cases")
    histories, birds = dippers()
    assert sorted(json.loads(place.read_text())["y"]) == sorted(
        np.repeat(histories, birds, 0).tolist()
    )


def quakes_by(rate, move, start):
    """The scaled forward and backward pass: marginals [year, draw, state] of a stack of draws."""
    like = stats.poisson.pmf(column("earthquakes", "quakes")[:, None, None], rate)
    forward = []
    for t, now in enumerate(like):
        here = (np.einsum("dj,djk->dk", forward[-1], move) if t else start) * now
        forward.append(here / here.sum(-1, keepdims=True))
    back, found = np.ones_like(start), []
    for t in range(len(like) - 1, -1, -1):
        both = forward[t] * back
        found.insert(0, both / both.sum(-1, keepdims=True))
        back = np.einsum("djk,dk->dj", move, like[t] * back)
        back /= back.sum(-1, keepdims=True)
    return np.array(found)


def quakes_without_prior(count):
    """The model with `param` for `latent`, bound to its data."""
    text = (MODELS / "earthquakes" / "earthquakes.gen").read_text()
    for prior, free in (
        ("latent start ~ Dirichlet(ones(K))", "param start: simplex[K]"),
        ("latent move[k in K] ~ Dirichlet(1 + 4 * one_hot(k, K))", "param move[K]: simplex[K]"),
        ("latent rate: ordered[K] ~ Gamma(mean=20, sd=10)", "param rate: positive_ordered[K]"),
    ):
        assert prior in text
        text = text.replace(prior, free)
    return genlang.model(text).bind(MODELS / "earthquakes" / "earthquakes.csv", K=count)


# Zucchini and MacDonald (2009): the rates and minus the log likelihood, any distribution at first.
LEVELS = {2: ((15.421, 26.018), 341.8787), 3: ((13.134, 19.713, 29.710), 328.5275)}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", LEVELS)
def test_earthquakes_by_greatest_likelihood_are_those_of_the_book(count, seed):
    """With `param` for `latent`: the rates and the likelihood to every digit printed."""
    fit = quakes_without_prior(count).fit(seed=seed)
    rates, minus = LEVELS[count]
    assert fit.point
    assert fit.faults == ()
    assert np.abs(fit["rate"].values[0, 0] - rates).max() < 1e-3
    assert fit.facts["log_density"] == pytest.approx(-minus, abs=1e-4)


def test_earthquakes_that_begin_stationary_have_the_likelihood_of_the_book():
    """At its estimate for three levels, 329.46: a zero in `move` counts exactly."""
    start = np.array([0.4436, 0.4045, 0.1519])
    published = {
        "start": start / start.sum(),
        "move": [[0.955, 0.024, 0.021], [0.050, 0.899, 0.051], [0.000, 0.197, 0.803]],
        "rate": [13.146, 19.721, 29.714],
    }
    assert quakes_without_prior(3).log_density(published) == pytest.approx(-329.46, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
class TestEarthquakes:
    """The posterior of three levels is about the estimate of the book."""

    def test_rates_are_within_half_a_deviation_of_the_estimate(self, seed):
        rate = fitted("earthquakes", seed)["rate"].values[0]
        assert (np.abs(rate.mean(0) - LEVELS[3][0]) < 0.5 * rate.std(0)).all()
        assert (np.diff(rate) > 0).all()

    def test_marginals_are_those_of_forward_and_backward_over_the_draws(self, seed):
        fit = fitted("earthquakes", seed)
        exact = quakes_by(**averaged(fit, "rate", "move", "start")).mean(1)
        assert np.abs(fit.states("activity").values - exact).max() < 1e-9

    def test_most_active_and_quietest_years(self, seed):
        path = fitted("earthquakes", seed).states("activity", kind="mode").values
        year = column("earthquakes", "year").astype(int)
        active = {*range(1905, 1911), *range(1942, 1951), 1968, 1969, 1970}
        assert active <= set(year[path == 2]) <= active | {1957}
        assert (path[year <= 1904] == 0).all()
        assert (path[year >= 1984] == 0).all()


def test_same_seed_gives_the_same_fit_and_another_seed_another():
    first = fitted("eight_schools", 1)
    again = genlang.load("eight_schools").fit(seed=1)
    for name in ("mu", "tau", "raw", "theta"):
        assert np.array_equal(first[name].values, again[name].values)
    assert not np.array_equal(first["mu"].values, fitted("eight_schools", 2)["mu"].values)


@pytest.mark.parametrize("name", FITTED)
def test_reopened_fit_gives_the_same_summary_and_states(name, tmp_path):
    fit = fitted(name, 1)
    fit.save(tmp_path / "fit")
    again = genlang.open_fit(tmp_path / "fit")
    assert again.summary() == fit.summary()
    for latent, array in fit.states().items():
        assert array.identical(again.states(latent))
