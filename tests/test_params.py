"""`param`s of every type: where they start, the sets that they stay in, and what is refused."""

import math

import numpy as np
import pytest
import torch
from pyro.distributions import constraints
from torch.distributions import biject_to, transform_to

import genlang
from genlang.diagnostics import ModelError
from genlang.infer.session import session
from genlang.runtime import exact

ROWS = np.random.default_rng(1).normal(size=(40, 3)) @ np.array(
    [[1.0, 0.3, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 0.7]]
)
SETS = {
    "baseline": (exact.baseline, (4,), 3),
    "cholesky_cov": (exact.cholesky_cov, (3, 3), 6),
    "cov": (exact.cov, (3, 3), 6),
    "unit_vector": (exact.unit_vector, (4,), 4),
}


def fitted(text, data, name="c", **sizes):
    """The point that `map` finds for one unknown."""
    fit = genlang.model(text).fit(data, method="map", seed=1, **sizes)
    return np.asarray(fit[name])[0, 0]


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_a_bijection_with_its_inverse_and_volume(name):
    rule, shape, free = SETS[name]
    with session():
        torch.manual_seed(0)
        for registry in (biject_to, transform_to):
            into = registry(rule)
            assert tuple(into.inverse_shape(torch.Size((2, *shape)))) == (2, free)
            x = torch.randn(2, free)
            y = into(x)
            assert y.shape == (2, *shape)
            assert bool(rule.check(y).all())
            assert torch.allclose(into(into.inv(y)), y, rtol=1e-12, atol=1e-12)
            if name != "unit_vector":
                assert torch.allclose(into.inv(y), x, rtol=1e-10, atol=1e-10)
        if name == "unit_vector":
            return
        for row in x:
            whole = torch.autograd.functional.jacobian(into, row).reshape(-1, free)
            if name == "baseline":
                cells = whole[1:]
            else:
                rows, columns = torch.tril_indices(3, 3)
                cells = whole.reshape(3, 3, free)[rows, columns]
            volume = torch.linalg.slogdet(cells).logabsdet
            assert torch.allclose(into.log_abs_det_jacobian(row, into(row)), volume)


def test_a_covariance_is_found_by_maximum_likelihood():
    text = "dim N, K = 3\nparam c: {}\nobserved y[n in N]: real[K] ~ "
    text += "MultivariateNormal(zeros(K), {}=c)\n"
    want = ROWS.T @ ROWS / len(ROWS)
    for kind, name, back in (
        ("cov[K]", "covariance", lambda c: c),
        ("cov[K]", "precision", np.linalg.inv),
        ("cholesky_cov[K]", "scale_tril", lambda c: c @ c.T),
    ):
        found = fitted(text.format(kind, name), {"y": ROWS})
        assert back(found) == pytest.approx(want, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("kind", ["corr", "cholesky_corr"])
def test_a_correlation_keeps_its_diagonal(kind):
    argument = "covariance" if kind == "corr" else "scale_tril"
    text = f"dim N, K = 3\nparam c: {kind}[K]\nobserved y[n in N]: real[K] ~ "
    found = fitted(text + f"MultivariateNormal(zeros(K), {argument}=c)\n", {"y": ROWS})
    whole = found if kind == "corr" else found @ found.T
    assert np.diagonal(whole) == pytest.approx(1, abs=1e-9)
    assert (np.linalg.eigvalsh(whole) > 0).all()


@pytest.mark.parametrize(
    ("kind", "inside"),
    [
        ("ordered[K]", lambda c: (np.diff(c) >= 0).all()),
        ("positive_ordered[K]", lambda c: (np.diff(c) >= 0).all() and c[0] > 0),
        ("baseline[K]", lambda c: c[0] == 0),
        ("simplex[K]", lambda c: abs(c.sum() - 1) < 1e-9),
        ("unit_vector[K]", lambda c: abs((c**2).sum() - 1) < 1e-9),
        ("positive[K]", lambda c: (c > 0).all()),
        ("real[K]", lambda c: np.allclose(c, ROWS.mean(0), atol=1e-5)),
    ],
)
def test_a_vector_stays_in_its_set_in_every_row(kind, inside):
    text = f"dim G = 2, N, K = 3\ndata g[N]: index(G)\nparam c[G]: {kind}\n"
    text += "observed y[n in N]: real[K] ~ MultivariateNormal(c[g[n]], covariance=eye(K))\n"
    found = fitted(text, {"y": np.vstack([ROWS, ROWS]), "g": [0] * 40 + [1] * 40})
    assert found.shape == (2, 3)
    assert inside(found[0])
    assert inside(found[1])


@pytest.mark.parametrize(
    ("kind", "best", "below", "above"),
    [
        ("real(lower=1, upper=4)", 1.0, True, True),
        ("real(lower=1)", 1.0, True, False),
        ("real(upper=0.25)", 0.25, False, True),
        ("real(lower=low, upper=low + 1)", 0.5, True, True),
        ("positive(upper=0.25)", 0.25, True, True),
        ("unit(lower=0.6)", 0.6, True, True),
        ("real(lower=-1, upper=1)", 0.5, True, True),
        ("nonneg", 0.5, True, False),
    ],
)
def test_written_bounds_hold(kind, best, below, above):
    text = f"dim N\ndata low: real\nparam c: {kind}\nobserved y[n in N] ~ Normal(c, 1 + 0 * low)\n"
    data = {"y": [0.0, 1.0, 0.5], "low": -0.1}
    assert fitted(text, data) == pytest.approx(best, abs=1e-3)
    bound = genlang.model(text).bind(data)
    for value, out in ((17.0, above), (-17.0, below)):
        assert (bound.log_density({"c": value}) == -math.inf) == out


def test_bounds_and_starts_may_differ_from_cell_to_cell():
    text = """\
dim G = 2, N
data g[N]: index(G)
data top[G]: real
param b[G]: real
param c[h in G]: real(upper=top[h])
param d[h in G]: real = top[h]
observed y[n in N] ~ Normal(c[g[n]] + 0 * b[g[n]] + 0 * d[g[n]], 1)
"""
    data = {"g": [0, 0, 1, 1], "y": [1.0, 2.0, 1.0, 2.0], "top": [0.25, 7.0]}
    assert fitted(text, data) == pytest.approx([0.25, 1.5], abs=1e-3)
    assert "lambda: data.top.double()" in genlang.model(text).to_python()


def test_a_covariance_that_is_not_positive_definite_has_density_zero():
    text = "dim K = 2\nparam m: real[K, K]\nobserved y: real[K] ~ "
    text += "MultivariateNormal(zeros(K), {}=m @ eye(K))\n"
    for name in ("covariance", "precision"):
        bound = genlang.model(text.format(name)).bind({"y": [1.0, 2.0]})
        assert bound.log_density({"m": [[1.0, 2.0], [2.0, 1.0]]}) == -math.inf
        assert math.isfinite(bound.log_density({"m": [[1.0, 0.5], [0.5, 1.0]]}))


def test_a_choice_of_laws_has_the_support_of_each_cell():
    text = """\
dim N
data g[N]: bool
latent w[n in N] ~ Normal(0, 1) if g[n] else Exponential(2)
latent v[n in N] ~ Beta(2, 2) if g[n] else Exponential(2)
observed y[n in N] ~ Normal(w[n] + v[n], 1)
"""
    fit = genlang.model(text).fit({"g": [0, 1], "y": [-3.0, -3.0]}, seed=1)
    w, v = np.asarray(fit["w"]), np.asarray(fit["v"])
    assert (w[..., 0] > 0).all()
    assert (w[..., 1] < 0).any()
    assert (v > 0).all()
    assert (v[..., 1] < 1).all()


def test_laws_of_one_support_keep_it():
    with session():
        law = exact.choice(
            torch.tensor([True, False]), exact.Exponential(1.0), exact.Gamma(2.0, 1.0)
        )
        assert isinstance(law.support, type(constraints.positive))


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("param c: count\nfactor c", "E326"),
        ("param c: bool\nfactor c", "E326"),
        ("dim K = 2\nparam c: index(K)\nfactor c", "E326"),
        ("latent a ~ Normal(0, 1)\nparam c: real(upper=a)\nfactor a + c", "E319"),
    ],
)
def test_a_param_that_cannot_be_estimated_is_refused(lines, code):
    with pytest.raises(ModelError) as refused:
        genlang.model(lines + "\n")
    assert [d.code for d in refused.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("kind", "argument", "edit"),
    [
        ("real[K, K]", "covariance", "cov[K]"),
        ("cholesky_cov[K]", "covariance", "scale_tril=c"),
        ("cov[K]", "scale_tril", "covariance=c"),
        ("real[K, K]", "precision", "cov[K]"),
    ],
)
def test_a_matrix_parameter_wants_a_type_that_says_what_it_is(kind, argument, edit):
    text = f"dim K = 2\nparam c: {kind}\nobserved y: real[K] ~ "
    text += f"MultivariateNormal(zeros(K), {argument}=c)\n"
    with pytest.raises(ModelError) as refused:
        genlang.model(text)
    assert [d.code for d in refused.value.diagnostics] == ["E408"]
    assert edit in refused.value.diagnostics[0].help
