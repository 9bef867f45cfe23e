"""The salamanders: estimates of PRESENCE, posterior by quadrature."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats

import genlang
from tests.test_models import MODELS, SEEDS, averaged, fitted, rows


def salamanders():
    """How often salamanders were seen at each site, of five visits."""
    return np.array([[int(v) for v in row.values()] for row in rows("salamanders")])[:, 1:].sum(1)


def royle_nichols(occupied, visible):
    """Log density of the salamanders, and the probability that none is where none was seen."""
    count = np.arange(61)
    mean = -np.log1p(-np.asarray(occupied))[..., None]
    prior = stats.poisson.pmf(count, mean) / stats.poisson.cdf(60, mean)
    missed = (1 - np.asarray(visible)[..., None]) ** count
    total = 0.0
    for often, sites in enumerate(np.bincount(salamanders())):
        site = (prior * (1 - missed) ** often * missed ** (5 - often)).sum(-1)
        total = total + sites * np.log(site)
    return total, prior[..., 0] / (prior * missed**5).sum(-1)


def test_salamanders_are_the_histories_that_presence_prints():
    """Its goodness of fit: the sites of each history of detections, five visits."""
    table = [tuple(row.values())[1:] for row in rows("salamanders")]
    printed = {
        "00011": 1, "01000": 2, "11110": 1, "00100": 5, "10000": 1, "00111": 2, "10011": 1,
        "10110": 1, "00000": 21, "00010": 2, "00001": 2,
    }  # fmt: skip
    assert Counter("".join(row) for row in table) == printed


@pytest.mark.parametrize("seed", SEEDS)
class TestSalamanders:
    """Royle and Nichols (2003) by PRESENCE: occupancy 0.6810, abundance 1.1425, seen 0.1475."""

    def test_greatest_likelihood_is_that_of_presence(self, seed):
        fit = genlang.load("salamanders").fit(method="map", seed=seed)
        assert fit.faults == ()
        found = {n: float(fit[n].mean()) for n in ("occupied", "visible", "abundance")}
        assert found["occupied"] == pytest.approx(0.6810, abs=1e-4)
        assert found["abundance"] == pytest.approx(1.1425, abs=2e-4)
        assert found["visible"] == pytest.approx(0.1475, abs=1e-4)
        assert 4 - 2 * fit.facts["log_density"] == pytest.approx(164.0016, abs=1e-4)

    def test_constant_occupancy_is_that_of_presence(self, seed):
        """MacKenzie et al. (2006): a site has salamanders or not."""
        text = (MODELS / "salamanders" / "salamanders.gen").read_text()
        counted = "Poisson(abundance, upper=60)"
        assert counted in text
        model = genlang.model(text.replace(counted, "Bernoulli(occupied)"))
        fit = model.fit(MODELS / "salamanders" / "salamanders.csv", method="map", seed=seed)
        assert float(fit["occupied"].mean()) == pytest.approx(0.5946, abs=1e-4)
        assert float(fit["visible"].mean()) == pytest.approx(0.2587, abs=1e-4)
        assert 4 - 2 * fit.facts["log_density"] == pytest.approx(165.7586, abs=1e-4)

    def test_posterior_and_evidence_are_those_of_quadrature(self, seed):
        fit = fitted("salamanders", seed)
        grid = (np.arange(200) + 0.5) / 200
        axes = np.meshgrid(grid, grid, indexing="ij")
        logs, _ = royle_nichols(*axes)
        weight = np.exp(logs - logs.max())
        evidence = logs.max() + np.log(weight.mean())
        assert evidence - 0.1 < fit.facts["elbo"] < evidence + 0.01
        for name, axis in zip(("occupied", "visible"), axes, strict=True):
            mean = np.average(axis, weights=weight)
            sd = np.sqrt(np.average((axis - mean) ** 2, weights=weight))
            assert abs(float(fit[name].mean()) - mean) < 0.15 * sd
            assert abs(float(fit[name].std()) / sd - 1) < 0.15

    def test_sites_where_none_was_seen_are_empty_with_probability_062(self, seed):
        """By quadrature; the guide's draws are a little off, what they give is averaged exactly."""
        grid = (np.arange(200) + 0.5) / 200
        logs, empty = royle_nichols(*np.meshgrid(grid, grid, indexing="ij"))
        exact = np.average(empty, weights=np.exp(logs - logs.max()))
        assert exact == pytest.approx(0.62, abs=5e-3)
        fit = fitted("salamanders", seed)
        animals = fit.states("animals").values
        _, drawn = royle_nichols(**averaged(fit, "occupied", "visible"))
        often = salamanders()
        assert animals[often == 0, 0] == pytest.approx(drawn.mean(), rel=1e-9)
        assert drawn.mean() == pytest.approx(exact, abs=0.04)
        assert (animals[often > 0, 0] == 0).all()
