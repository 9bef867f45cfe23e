"""Real models with reference answers: probes of the log density, and exact log evidences.

The models are in `tests/cases`; data and references lie in `../shared/cases` beside the checkout.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import genlang

HERE = Path(__file__).parent / "cases"
SHARED = Path(__file__).parents[2] / "shared" / "cases"
CASES = sorted(p.stem for p in HERE.glob("*.gen"))

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/cases")


def bound(case: str):
    """Bind a case's model to its data."""
    return genlang.load(HERE / f"{case}.gen").bind(SHARED / case / "data.json")


def reference(case: str) -> dict:
    """Return the reference answers of a case."""
    return json.loads((SHARED / case / "reference.json").read_text())


def test_all_cases_are_there():
    assert len(CASES) == 16


@pytest.mark.parametrize("case", CASES)
def test_probes(case):
    model = bound(case)
    probes = reference(case)["probes"]
    found = np.array([model.log_density(p["values"]) for p in probes])
    wanted = np.array([p["log_density"] for p in probes])
    assert np.abs((found - found[0]) - (wanted - wanted[0])).max() < 1e-7


def log_trapezoid(values: np.ndarray, steps: tuple[float, float]) -> float:
    """Return the log of the integral of exp(values) over a regular grid."""
    top = values.max()
    return float(top + np.log(np.exp(values - top).sum() * np.prod(steps)))


def test_evidence_of_hearts():
    """On the log-odds themselves, over a grid that holds the posterior and its tails."""
    model = bound("hearts")
    alpha, delta = np.linspace(-5, 4, 60), np.linspace(-7, 7, 60)
    values = np.array([[model.log_density({"alpha": a, "delta": d}) for d in delta] for a in alpha])
    found = log_trapezoid(values, (alpha[1] - alpha[0], delta[1] - delta[0]))
    assert found == pytest.approx(reference("hearts")["exact"]["log_evidence"], abs=1e-6)


def test_evidence_of_m0_closed_population():
    """Both unknowns are probabilities; the posterior is narrow, away from 0 and 1."""
    model = bound("m0_closed_population")
    omega, p = np.linspace(0.25, 0.75, 50), np.linspace(0.3, 0.75, 50)
    values = np.array([[model.log_density({"omega": w, "p": q}) for q in p] for w in omega])
    found = log_trapezoid(values, (omega[1] - omega[0], p[1] - p[0]))
    assert found == pytest.approx(
        reference("m0_closed_population")["exact"]["log_evidence"], abs=1e-5
    )
