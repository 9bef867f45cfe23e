"""The apes' phylogeny: likelihoods of PAUP*, posterior by quadrature, ancestors by pruning."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy import linalg, optimize, stats

import genlang
from tests.test_models import MODELS, SEEDS, averaged, fitted, rows

FREQUENCY = np.array([1550, 1127, 700, 1194]) / 4571
PARENT = (0, 0, 1, 2, 2, 3, 3, 1, 0, 0)
LENGTH = (
    0, 0.033087, 0.012035, 0.013231, 0.024003, 0.010772, 0.010772, 0.036038, 0.069125, 0.130039,
)  # fmt: skip


@cache
def apes():
    """How many sites have each pattern, and what each node may be: [pattern, node, letter]."""
    table = [list(row.values()) for row in rows("apes")]
    may = [[[not cell or cell == x for x in "ACGT"] for cell in row[1:]] for row in table]
    return np.array([int(row[0]) for row in table]), np.array(may, float)


def felsenstein(kappa, invariable, length=LENGTH, node=None, letter=None):
    """Probabilities [..., pattern]: of frozen sites and of those that change, by pruning.

    The ancestor `node` has `letter`, if given.
    """
    kappa, invariable, length = (np.asarray(x, float) for x in (kappa, invariable, length))
    _, may = apes()
    if node is not None:
        may = may.copy()
        may[:, node] *= np.arange(4) == letter
    same = np.eye(2)[[0, 1, 0, 1]] @ np.eye(2)[[0, 1, 0, 1]].T > 0
    rate = FREQUENCY * np.where(same, kappa[..., None, None], 1) * (1 - np.eye(4))
    rate -= np.eye(4) * rate.sum(-1)[..., None]
    pace = -1 / (FREQUENCY * np.diagonal(rate, axis1=-2, axis2=-1)).sum(-1) / (1 - invariable)
    move = linalg.expm((rate * pace[..., None, None])[..., None, :, :] * length[:, None, None])
    below = np.broadcast_to(may, (*kappa.shape, *may.shape)).copy()
    for v in range(len(PARENT) - 1, 0, -1):
        below[..., PARENT[v], :] *= np.einsum(
            "...ij,...pj->...pi", move[..., v, :, :], below[..., v, :]
        )
    share = invariable[..., None]
    return share * (may.prod(1) @ FREQUENCY), (1 - share) * (below[..., 0, :] @ FREQUENCY)


def ape_likelihood(kappa, invariable, length=LENGTH):
    return np.log(np.add(*felsenstein(kappa, invariable, length))) @ apes()[0]


def apes_with(*changes):
    """The model with pieces of its text replaced, bound to its data."""
    text = (MODELS / "apes" / "apes.gen").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return genlang.model(text).bind(MODELS / "apes" / "apes.csv")


EQUAL = ("[1550, 1127, 700, 1194] / 4571", "ones(4) / 4")
CHANGING = ("latent invariable ~ Uniform(0, 1)", "let invariable = 0")
# PAUP* as recorded in the tests of BEAST: JC69, K80, HKY85 and HKY85+I.
PAUP = {
    "JC69": ((EQUAL, CHANGING), {"kappa": 1}, -1992.20564),
    "K80": ((EQUAL, CHANGING), {"kappa": 27.402591}, -1856.30305),
    "HKY85": ((CHANGING,), {"kappa": 29.739445}, -1825.21317),
    "HKY85I": ((), {"kappa": 38.564672, "invariable": 0.701211}, -1789.91240),
}


@pytest.mark.parametrize("name", PAUP)
def test_apes_have_the_likelihoods_of_paup(name):
    changes, point, published = PAUP[name]
    found = apes_with(*changes).log_density(point) + np.log(199)
    assert found == pytest.approx(published, abs=6e-6)


@pytest.mark.parametrize("name", ["K80", "HKY85", "HKY85I"])
def test_apes_by_greatest_likelihood_are_those_of_paup(name):
    changes, point, published = PAUP[name]
    fit = apes_with(*changes).fit(method="map", seed=1)
    assert fit.faults == ()
    for unknown, value in point.items():
        assert float(fit[unknown].mean()) == pytest.approx(value, rel=1e-4)
    assert fit.facts["log_density"] + np.log(199) == pytest.approx(published, abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
class TestApes:
    """The posterior on the tree of PAUP's estimate."""

    def test_posterior_and_evidence_are_those_of_quadrature(self, seed):
        fit = fitted("apes", seed)
        axes = np.meshgrid(
            1 + 199 * (np.arange(80) + 0.5) / 80, 0.4 + 0.5 * (np.arange(60) + 0.5) / 60,
            indexing="ij",
        )  # fmt: skip
        logs = ape_likelihood(*axes)
        weight = np.exp(logs - logs.max())
        evidence = logs.max() + np.log(0.5 * weight.mean())
        assert evidence - 0.1 < fit.facts["elbo"] < evidence + 0.01
        for name, axis in zip(("kappa", "invariable"), axes, strict=True):
            mean = np.average(axis, weights=weight)
            sd = np.sqrt(np.average((axis - mean) ** 2, weights=weight))
            assert abs(float(fit[name].mean()) - mean) < 0.15 * sd
            assert abs(float(fit[name].std()) / sd - 1) < 0.15

    def test_ancestors_and_frozen_sites_are_those_of_pruning(self, seed):
        fit = fitted("apes", seed)
        draws = averaged(fit, "kappa", "invariable")
        still, moving = felsenstein(**draws)
        frozen = fit.states("frozen").values
        assert np.abs(frozen[:, 1] - (still / (still + moving)).mean(0)).max() < 1e-9
        ancestor = fit.states("ancestor").values
        for node, letter in product(range(4), range(4)):
            both = np.add(*felsenstein(**draws, node=node, letter=letter)) / (still + moving)
            assert np.abs(ancestor[:, node, letter] - both.mean(0)).max() < 1e-9

    def test_what_the_page_says_of_two_patterns(self, seed):
        fit = fitted("apes", seed)
        read = ["".join(list(row.values())[5:]) for row in rows("apes")]
        assert fit.states("frozen").values[read.index("GGGGGG"), 1] == pytest.approx(0.91, abs=0.01)
        hominidae, homininae = fit.states("ancestor").values[read.index("TTTTCC")][:2]
        assert hominidae["ACGT".index("C")] == pytest.approx(0.55, abs=0.01)
        assert homininae["ACGT".index("T")] == pytest.approx(0.97, abs=0.01)


@pytest.mark.slow
def test_apes_with_unknown_lengths_by_greatest_density():
    """A prior for the lengths: the mode is that of an independent optimizer."""
    given = f"data length[node]: nonneg = [\n    {', '.join(map(str, LENGTH))}\n]"
    prior = "latent length[node] ~ Exponential(10)"
    bound = apes_with((given, prior))

    def density(x):
        length = np.exp(x[2:])
        priors = stats.expon(scale=0.1).logpdf([0, *length]).sum() - np.log(199)
        return priors + ape_likelihood(np.exp(x[0]), 1 / (1 + np.exp(-x[1])), [0, *length])

    best = optimize.minimize(lambda x: -density(x), [3.7, 0.8, *np.log(LENGTH[1:])])
    fit = bound.fit(method="map", seed=1)
    assert fit.faults == ()
    assert fit.facts["log_density"] == pytest.approx(-best.fun, abs=1e-3)
    assert fit["length"].values[0, 0, 1:] == pytest.approx(np.exp(best.x[2:]), abs=1e-3)
