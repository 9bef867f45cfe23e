"""Zero sums, correlations and covariances as unknowns: their sets, and what is fitted of them."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import biject_to

import genlang
from genlang.runtime.sets import zero_sum
from tests import oracle


def test_vectors_of_sum_zero_are_a_rotation_of_vectors_of_one_element_less():
    transform = biject_to(zero_sum)
    x = torch.randn(5, 3, dtype=torch.double)
    y = transform(x)
    assert zero_sum.check(y).all()
    assert torch.allclose(y.norm(dim=-1), x.norm(dim=-1))
    assert torch.allclose(transform.inv(y), x)
    assert (transform.log_abs_det_jacobian(x, y) == 0).all()
    assert transform.inverse_shape((5, 4)) == (5, 3)


def test_effects_that_add_up_to_zero_have_their_normal_posterior():
    model = genlang.model(
        "dim K\nlatent e: real[K] ~ ZeroSumNormal(2)\n"
        "for k in K:\n    observed y[k] ~ Normal(e[k], 1)"
    )
    y = np.array([0.3, -1.0, 2.0, 0.9])
    fit = model.fit({"y": y}, seed=1)
    draws = fit["e"].values.reshape(-1, 4)
    assert np.abs(draws.sum(-1)).max() < 1e-12
    assert (np.abs(draws.mean(0) - 0.8 * (y - y.mean())) < 0.1 * draws.std(0)).all()
    assert draws.var(0) == pytest.approx(0.8 * (1 - 1 / 4) * np.ones(4), rel=0.2)


def test_each_row_adds_up_to_zero_where_a_loop_draws_them():
    model = genlang.model(
        "dim S, K\nlatent s ~ HalfNormal(1)\nfor i in S:\n"
        "    latent e[i]: real[K] ~ ZeroSumNormal(s)\n"
        "    observed y[i, k in K] ~ Normal(e[i, k], 1)"
    )
    fit = model.fit({"y": np.array([[0.3, -1.0, 2.0], [0.0, 0.1, 0.2]])}, seed=1)
    assert np.abs(fit["e"].values.sum(-1)).max() < 1e-12


def test_a_zero_sum_wants_its_dim():
    for text in ("latent e[K] ~ ZeroSumNormal(1)", "latent e: real[K, K] ~ ZeroSumNormal(1)"):
        with pytest.raises(genlang.ModelError, match=r"write its type, `: real\[K\]"):
            genlang.model(f"dim K = 3\n{text}\nobserved y ~ Normal(e[0], 1)")


def test_the_density_of_a_correlation_integrates_to_one():
    bound = genlang.model("dim K = 2\nlatent R ~ LKJ(K, 1.7)").bind({})
    points, weights = np.polynomial.legendre.leggauss(200)
    total = sum(
        w * math.exp(bound.log_density({"R": [[1.0, r], [r, 1.0]]}))
        for r, w in zip(points, weights, strict=True)
    )
    assert total == pytest.approx(1, abs=1e-5)


def test_a_covariance_has_its_conjugate_posterior():
    text = (
        "dim N, K\nlatent W ~ InverseWishart(6, 2 * eye(K))\n"
        "observed y[n in N]: real[K] ~ MultivariateNormal(zeros(K), covariance=W)"
    )
    y = np.random.default_rng(1).multivariate_normal([0, 0], [[2, 0.5], [0.5, 1]], 100)
    fit = genlang.model(text).fit({"y": y}, seed=1)
    expected = (2 * np.eye(2) + y.T @ y) / (6 + 100 - 3)
    assert fit["W"].values.mean((0, 1)) == pytest.approx(expected, rel=0.03, abs=0.03)


def test_a_correlation_is_fitted():
    text = (
        "dim N, K\nlatent R ~ LKJ(K, 1)\n"
        "observed y[n in N]: real[K] ~ MultivariateNormal(zeros(K), covariance=R)"
    )
    y = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 300)
    values = genlang.model(text).fit({"y": y}, seed=1)["R"].values
    assert np.allclose(values[..., 0, 0], 1)
    r = np.linspace(-0.999, 0.999, 4001)
    squares, product = (y**2).sum(), (y[:, 0] * y[:, 1]).sum()
    logs = -150 * np.log1p(-(r**2)) - (squares - 2 * r * product) / (2 * (1 - r**2))
    weights = np.exp(logs - logs.max())
    assert values[..., 0, 1].mean() == pytest.approx(r @ weights / weights.sum(), abs=0.01)


def test_a_process_is_a_latent_and_an_observed_name():
    text = (
        "dim N\ndata x[N]: real\n"
        "latent f: real[N] ~ GaussianProcess(x, matern52(length=1), noise=0.1)\n"
        "for n in N:\n    observed y[n] ~ Normal(f[n], 0.5)"
    )
    x, y = np.linspace(0, 3, 6), np.array([0.1, 0.4, 1.0, 0.7, -0.3, -1.0])
    fit = genlang.model(text).fit({"x": x, "y": y}, seed=1)
    r = math.sqrt(5) * np.abs(x[:, None] - x)
    prior = (1 + r + r**2 / 3) * np.exp(-r) + 0.01 * np.eye(6)
    mean = prior @ np.linalg.solve(prior + 0.25 * np.eye(6), y)
    draws = fit["f"].values.reshape(-1, 6)
    assert (np.abs(draws.mean(0) - mean) < 0.1 * draws.std(0)).all()


ORACLE = {
    "MultivariateStudentT(a, x, scale_tril=cholesky(C))": [0.3, 1.0],
    "LowRankMultivariateNormal(x, factor=C, diagonal=exp(x))": [0.3, 1.0],
    "GaussianProcess(x, matern32(length=a, scale=2), noise=0.3)": [0.3, 1.0],
    "GaussianProcess(C, periodic(length=a, period=2))": [0.3, 1.0],
    "GaussianProcess(x=x, kernel=rbf(length=a))": [0.3, 1.0],
    "ZeroSumNormal(a, dim=K)": [0.3, -0.3],
    "Wishart(a + 1, C)": [[0.4, 0.1], [0.1, 2.0]],
    "InverseWishart(a + 1, C)": [[0.4, 0.1], [0.1, 2.0]],
}


@pytest.mark.parametrize("call", ORACLE)
def test_the_density_equals_the_oracle(call: str):
    model = genlang.model(
        f"dim K = 2\ndata C: cov[K]\ndata x[K]: real\nparam a: positive\nobserved y ~ {call}\n"
        "factor a * (C[0, 0] + x[0])"
    )
    data = {"C": np.array([[1.0, 0.3], [0.3, 0.5]]), "x": np.array([0.2, -1.0])}
    data["y"] = np.array(ORACLE[call])
    found = model.bind(data).log_density({"a": 1.7})
    expected = oracle.log_density(model.compiled.model, data, {"a": 1.7}, {"K": 2})
    assert found == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("GaussianProcess(x, 2, noise=0)", "points left out"),
        ("GaussianProcess(x, exp(x), noise=0)", "one of: `rbf"),
        ("GaussianProcess(x, rbf(x, length=1))", "are left out here"),
        ("GaussianProcess(x, rbf(scale=1))", "lacks `length=`"),
        ("Wishart(3, L)", r"write `L @ transpose\(L\)`"),
        ("MultivariateStudentT(3, x, scale_tril=C)", r"write `cholesky\(C\)`"),
        ("MultivariateNormal(x, scale_tril=C)", "write `covariance=C`"),
    ],
)
def test_what_is_no_kernel_and_no_matrix_is_refused_with_the_edit(call: str, message: str):
    with pytest.raises(genlang.ModelError, match=message):
        genlang.model(
            "dim N\ndata x[N]: real\nparam L: cholesky_cov[N]\nparam C: cov[N]\n"
            f"latent f ~ {call}\nobserved y ~ Normal(0 * (L[0, 0] + C[0, 0]) + x[0], 1)"
        )


@pytest.mark.parametrize(
    ("law", "value"),
    [
        ("Dirichlet([1 + z[n], 2, 3])", [0.2, 0.3, 0.5]),
        ("ZeroSumNormal(1 + z[n], dim=K)", [0.2, -1.0, 0.8]),
        ("LKJ(K, 1 + z[n])", [[1.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 1.0]]),
        ("LKJCholesky(K, 1 + z[n])", [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]]),
        ("Wishart(3 + z[n], eye(K))", [[1.0, 0.5, 0.1], [0.5, 2.0, 0.2], [0.1, 0.2, 1.0]]),
    ],
)
def test_a_structured_latent_with_a_summed_out_parent_stays_in_its_set(law: str, value):
    head = "dim K = 3, N\nfor n in N:\n    latent z[n] ~ Bernoulli(0.3)\n    latent p[n] ~ "
    tail = f"\n    observed y[n] ~ Normal(p[n{', 0' * np.ndim(value)}], 1)"
    mixed = genlang.model(head + law + tail).bind({"y": [0.4, 0.5]})
    at = {"p": [value, value]}
    logs = []
    for z, weight in ((0, 0.7), (1, 0.3)):
        one = genlang.model(
            f"dim K = 3\nlatent p ~ {law.replace('z[n]', str(z))}\nobserved y ~ Normal(0, 1)"
        )
        alone = one.bind({"y": 0.0}).log_density({"p": value}) + 0.5 * math.log(2 * math.pi)
        logs.append(math.log(weight) + alone)
    first = np.ravel(value)[0]
    seen = sum(-0.5 * (y - first) ** 2 - 0.5 * math.log(2 * math.pi) for y in (0.4, 0.5))
    expected = 2 * np.logaddexp(*logs) + seen
    assert mixed.log_density(at) == pytest.approx(expected, abs=1e-9)
    mixed.fit(seed=1)
