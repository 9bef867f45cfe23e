"""Real models with reference answers: probes of the log density, and exact log evidences.

The models are in `tests/cases`; data and references lie in `../shared/cases` beside the checkout.
Of its 28 cases one waits for the language: `lotka_volterra`, a differential equation.
"""

import json
from collections.abc import Callable
from functools import cache
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


def test_all_cases_are_there_but_one():
    every = {p.parent.name for p in SHARED.glob("*/reference.json")}
    assert every - set(CASES) == {"lotka_volterra"}


@pytest.mark.parametrize("case", CASES)
def test_probes(case):
    model = bound(case)
    probes = reference(case)["probes"]
    found = np.array([model.log_density(p["values"]) for p in probes])
    wanted = np.array([p["log_density"] for p in probes])
    assert np.abs((found - found[0]) - (wanted - wanted[0])).max() < 1e-7


# What the `decoding` tables hold, from the marginals of the states and, for chains, their mode.
Table = Callable[[dict[str, np.ndarray], dict[str, np.ndarray], dict], object]


def second(name: str) -> Table:
    """Return the table that holds the probability of a latent's second state."""
    return lambda marginals, _mode, _data: marginals[name][..., 1]


def path(name: str) -> Table:
    """Return the table that holds the states of a mode, from 1, as one text."""
    return lambda _marginals, mode, _data: "".join(map(str, mode[name].argmax(-1) + 1))


def compliers(marginals, _mode, data):
    """Control infants that lived and that died, a row each of the table of counts."""
    rows = list(zip(data["Z"], data["Y"], strict=True))
    return [marginals["complier"][rows.index((0, died)), 1] for died in (0, 1)]


def never_caught(marginals, _mode, data):
    row = next(i for i, history in enumerate(data["y"]) if not any(history))
    return marginals["z"][row, 1]


def alive_by_history(marginals, _mode, data):
    """From the last capture on, for three histories."""
    found = {}
    for history in ("1100000", "0010000", "0000110"):
        row = data["y"].index([int(c) for c in history])
        found[history] = marginals["alive"][row, history.rindex("1") :, 1]
    return found


def butterflies(marginals, _mode, data):
    expected = marginals["N"] @ np.arange(marginals["N"].shape[-1])
    return [
        [n if first <= day <= last else None for day, n in enumerate(row, 1)]
        for row, first, last in zip(expected[:6], data["first"], data["last"], strict=False)
    ]


DECODING: dict[tuple[str, str], Table] = {
    ("bluebug", "P(z = 1)"): second("occupied"),
    ("butterfly_multi_occupancy", "P(w = 1) of species 29..50"): (
        lambda marginals, _mode, data: marginals["w"][data["n"] :, 1]
    ),
    ("cace_vitamin_a", "P(complier) in the control arm, Y = 0 and Y = 1"): compliers,
    ("cheating", "P(z = 1, cheater)"): second("z"),
    ("dawid_skene", "P(class 1..4) of items 1..45"): lambda m, _mode, _data: m["class"],
    ("dipper_cjs", "P(alive at t | history), t = last capture..7"): alive_by_history,
    ("eyes", "P(T = 2)"): second("second"),
    ("hearts", "P(state=1)"): second("cured"),
    ("hmm_drive_0", "P(state 2) at t = 1..416"): second("s"),
    ("hmm_drive_0", "most probable path (states 1 and 2)"): path("s"),
    ("hmm_semisup", "P(state 1, 2, 3) at t = 1..20 of u"): lambda m, _mode, _data: m["s"][:20],
    ("hmm_semisup", "most probable path of u (states 1 to 3)"): path("s"),
    ("low_dim_gauss_mix", "P(second component), first 100 rows"): (
        lambda marginals, _mode, _data: marginals["z"][:100, 1]
    ),
    ("m0_closed_population", "P(z = 1) of an individual never caught"): never_caught,
    ("m0_closed_population", "E[N]"): lambda m, _mode, _data: m["z"][:, 1].sum(),
    ("nmix0_fritillary", "E[N] of sites 1..6 by day"): butterflies,
    ("stagnant", "P(k = 1..29)"): lambda m, _mode, _data: m["k"],
}


@cache
def decoded(case: str):
    """Return a case's marginals, mode and data at the probe of its table."""
    answers = reference(case)
    values = answers["probes"][answers["decoding"]["at_probe"]]["values"]
    model = bound(case)
    data = json.loads((SHARED / case / "data.json").read_text())
    return model.states(values), model.states(values, kind="mode"), data


def test_every_decoding_table_is_compared():
    tables = {(c, key) for c in CASES for key in reference(c).get("decoding", {})}
    assert {t for t in tables if t[1] != "at_probe"} == set(DECODING)


def equal(found: object, wanted: object, digits: int) -> bool:
    """Whether tables are equal up to the digits that are written, as are the gaps in them."""
    if isinstance(wanted, dict):
        return all(equal(found[key], wanted[key], digits) for key in wanted)
    if isinstance(wanted, list):
        same = len(found) == len(wanted)
        return same and all(equal(f, w, digits) for f, w in zip(found, wanted, strict=True))
    if wanted is None or isinstance(wanted, str):
        return found == wanted
    return abs(found - wanted) < 0.51 * 10**-digits


@pytest.mark.parametrize(("case", "table"), DECODING)
def test_decoding(case, table):
    found = DECODING[case, table](*decoded(case))
    wanted = reference(case)["decoding"][table]
    assert equal(found, wanted, digits=4 if case.startswith("hmm") else 5)


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


def test_evidence_of_dipper_cjs():
    """Survival and detection: the posterior is narrow, away from 0 and 1."""
    model = bound("dipper_cjs")
    phi, p = np.linspace(0.4, 0.72, 40), np.linspace(0.7, 0.9999, 40)
    values = [[model.log_density({"mean_phi": a, "mean_p": b}) for b in p] for a in phi]
    found = log_trapezoid(np.array(values), (phi[1] - phi[0], p[1] - p[0]))
    assert found == pytest.approx(reference("dipper_cjs")["exact"]["log_evidence"], abs=1e-4)


def test_greatest_likelihood_of_dipper_cjs_is_the_published_one():
    """Lebreton et al. (1992): survival 0.560, detection 0.903; priors are flat."""
    fit = bound("dipper_cjs").fit(method="map")
    exact = reference("dipper_cjs")["exact"]["maximum_likelihood"]
    for name in ("mean_phi", "mean_p"):
        assert float(fit[name].mean()) == pytest.approx(exact[name], abs=1e-4)
