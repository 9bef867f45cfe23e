"""Incomplete gamma and beta functions in logs against mpmath, with derivatives in all arguments."""

import itertools
import math

import numpy as np
import pytest
import torch
from mpmath import mp, mpf

import genlang
from genlang.runtime.incomplete import (
    beta_quantile,
    gamma_quantile,
    log_beta_tails,
    log_gamma_tails,
)
from tests import oracle

mp.dps = 40


def number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.double, requires_grad=True)


def close(found: torch.Tensor, expected, bound: float) -> bool:
    """The absolute error of a log is the relative one of the probability."""
    return abs(mpf(float(found.detach())) - expected) <= bound * max(1, abs(expected))


def log_gamma(a, x):
    low = mp.gammainc(a, 0, x, regularized=True)
    high = mp.gammainc(a, x, mp.inf, regularized=True)
    return mp.log(low) if low < 0.9 else mp.log1p(-high), mp.log(high)


def log_beta(a, b, x):
    """By the tail that does not cancel."""
    low = mp.betainc(a, b, 0, x, regularized=True)
    high = mp.betainc(b, a, 0, 1 - x, regularized=True)
    return (
        mp.log(low) if low < 0.9 else mp.log1p(-high),
        mp.log(high) if high < 0.9 else mp.log1p(-low),
    )


@pytest.mark.parametrize("a", [1e-3, 0.1, 0.5, 1, 2.5, 7.9, 16, 30, 300, 3e3])
def test_incomplete_gamma_functions_equal_mpmath_to_1e_12(a: float):
    for ratio in (1e-300, 1e-20, 1e-6, 1e-3, 0.01, 0.3, 0.9, 0.999, 1, 1.001, 1.1, 2, 5, 40):
        found = log_gamma_tails(number(a), number(a * ratio))
        for one, expected in zip(found, log_gamma(mpf(a), mpf(a * ratio)), strict=True):
            assert close(one, expected, 1e-12), ratio


@pytest.mark.parametrize("a", [1e5, 1e7, 1e10])
@pytest.mark.parametrize("z", [-30, -5, -1, 0, 1e-3, 1, 5, 30])
def test_a_large_shape_loses_no_digits(a: float, z: float):
    x = a + z * math.sqrt(a)
    sign = 1 if z >= 0 else -1
    A, X = mpf(a), mpf(x)
    pieces = [k / mp.sqrt(X) for k in (0, 0.5, 1, 2, 4, 8, 16, 40, 100)]
    rest = mp.quad(lambda v: mp.exp(sign * A * v - X * mp.expm1(sign * v)), pieces)
    expected = A * mp.log(X) - X - mp.loggamma(A) + mp.log(rest)
    assert close(log_gamma_tails(number(a), number(x))[z >= 0], expected, 1e-12)


@pytest.mark.parametrize(
    ("a", "b"), [*itertools.product((1e-3, 0.1, 0.5, 1, 3, 20, 300), repeat=2)]
)
def test_incomplete_beta_functions_equal_mpmath_to_1e_12(a: float, b: float):
    for x in (1e-300, 1e-10, 1e-3, 0.2, 0.49, 0.51, 0.9, 0.999, 1 - 1e-10):
        found = log_beta_tails(*map(number, (a, b, x, 1 - x)))
        for one, expected in zip(found, log_beta(mpf(a), mpf(b), mpf(x)), strict=True):
            assert close(one, expected, 1e-12), x


@pytest.mark.parametrize(("a", "b"), [(1e6, 1e6), (1e6, 2.0), (2.0, 1e6), (1e8, 1e3), (1e10, 0.5)])
@pytest.mark.parametrize("z", [-30, -5, -1, -1e-3])
def test_large_arguments_of_the_beta_function_lose_no_digits(a: float, b: float, z: float):
    x = a / (a + b) + z * math.sqrt(a * b / (a + b)) / (a + b)
    if not 0 < x < 1:
        return
    A, B, X = map(mpf, (a, b, x))
    Y, n = 1 - X, A + B
    pieces = [k / mp.sqrt(n * X * Y) for k in (0, 0.5, 1, 2, 4, 8, 16, 40, 100)]
    rest = mp.quad(lambda v: mp.exp(-A * v - n * mp.log1p(X * mp.expm1(-v))), pieces)
    head = A * mp.log(X) + B * mp.log(Y) - mp.loggamma(A) - mp.loggamma(B) + mp.loggamma(n)
    found = log_beta_tails(*map(number, (a, b, x, float(Y))))[0]
    assert close(found, head + mp.log(rest), 1e-12)


@pytest.mark.parametrize("x", [0.01, 0.5, 0.999, 1.0, 5.0, 60.0])
@pytest.mark.parametrize("a", [0.05, 0.7, 4.0, 40.0])
def test_derivatives_of_the_gamma_function_equal_mpmath(a: float, x: float):
    for side in (0, 1):
        leaves = number(a), number(x)
        first = torch.autograd.grad(log_gamma_tails(*leaves)[side], leaves, create_graph=True)
        second = torch.autograd.grad(first[0] + first[1], leaves)

        def f(t, u, side=side):
            return log_gamma(t, u)[side]

        at = mpf(a), mpf(x)
        orders = ((1, 0), (0, 1))
        for found, order in zip(first, orders, strict=True):
            assert close(found, mp.diff(f, at, order), 1e-11)
        for found, (i, j) in zip(second, orders, strict=True):
            expected = mp.diff(f, at, (1 + i, j)) + mp.diff(f, at, (i, 1 + j))
            assert close(found, expected, 1e-8)  # torch's trigamma


@pytest.mark.parametrize(("a", "b"), [*itertools.product((0.05, 2.0, 40.0), (0.3, 5.0))])
def test_derivatives_of_the_beta_function_equal_mpmath(a: float, b: float):
    for x, side in itertools.product((0.01, 0.4, 0.5, 0.9, 0.999), (0, 1)):
        leaves = number(a), number(b), number(x)
        found = torch.autograd.grad(log_beta_tails(*leaves, 1 - leaves[2])[side], leaves)
        at = mpf(a), mpf(b), mpf(x)
        for place, slope in enumerate(found):
            order = tuple(int(k == place) for k in range(3))
            expected = mp.diff(lambda *p, side=side: log_beta(*p)[side], at, order)
            assert close(slope, expected, 1e-11), x


def test_ends_are_exact_with_finite_gradients():
    for x, expected in ((0.0, (-math.inf, 0.0)), (1.0, (0.0, -math.inf))):
        leaves = number(0.5), number(2.0), number(x)
        found = log_beta_tails(*leaves, 1 - leaves[2])
        assert tuple(t.item() for t in found) == expected
        slopes = torch.autograd.grad(found[0].exp() + found[1].exp(), leaves)
        assert all(map(torch.isfinite, slopes))
    leaves = number(0.5), number(0.0)
    found = log_gamma_tails(*leaves)
    assert tuple(t.item() for t in found) == (-math.inf, 0.0)
    assert all(map(torch.isfinite, torch.autograd.grad(found[1], leaves)))


@pytest.mark.parametrize("log_p", [-700.0, -30.0, -1.0, -0.5, -1e-3, -1e-12])
@pytest.mark.parametrize("a", [0.05, 0.7, 4.0, 1e3, 1e8])
def test_quantiles_are_inverses(a: float, log_p: float):
    with torch.no_grad():
        given = torch.tensor(log_p, dtype=torch.double)
        for upper in (False, True):
            x = gamma_quantile(number(a), given, upper=upper)
            if 0 < x < math.inf:
                tail = log_gamma_tails(number(a), x)[upper]
                assert float(tail) == pytest.approx(log_p, rel=1e-6)
        for b in (0.3, 5.0, 1e5):
            x, y = beta_quantile(number(a), number(b), given)
            if x > 0 and y > 0:
                tail = log_beta_tails(number(a), number(b), x, y)[0]
                assert float(tail) == pytest.approx(log_p, rel=1e-6)


@pytest.mark.parametrize("bounds", ["lower=c", "upper=c", "lower=c, upper=c + d"])
@pytest.mark.parametrize(
    "call",
    [
        "Gamma(shape=a, rate=b, {})",
        "InverseGamma(shape=a, scale=b, {})",
        "Chi2(a, {})",
        "HalfStudentT(a, b, {})",
        "Beta(a, b, {})",
    ],
)
def test_gradients_of_truncated_densities_equal_central_differences(call: str, bounds: str):
    names = {"a": 1.3, "b": 0.8, "c": 0.4, "d": 0.3}
    lines = [f"param {n}: positive" for n in names]
    model = genlang.model(
        "\n".join([*lines, f"latent y ~ {call.format(bounds)}", "factor -a * b * c * d"])
    )
    bound = model.bind({})
    for shift in (0.0, 0.55):
        point = {**names, "c": 0.4 + shift if "upper" not in bounds else 0.5}
        point["y"] = point["c"] + (-0.1 if bounds == "upper=c" else 0.02)
        slopes = bound.gradient(point)
        for name, value in point.items():
            up, down = (bound.log_density({**point, name: value + h}) for h in (1e-5, -1e-5))
            assert slopes[name] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-6), name


@pytest.mark.parametrize(
    "call", ["Binomial(5, p, lower=1)", "BetaBinomial(5, 2, 3, lower=1, upper=3)"]
)
def test_a_bounded_count_that_is_truncated_is_summed_out(call: str):
    model = genlang.model(f"param p: unit\nlatent z ~ {call}\nobserved y ~ Normal(z, 1 + p)")
    found = model.bind({"y": 2.2}).log_density({"p": 0.3})
    expected = oracle.log_density(model.compiled.model, {"y": 2.2}, {"p": 0.3}, {})
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_half_t_prior_by_a_bound_at_zero_has_finite_gradients():
    bound = genlang.model("param d: positive\nlatent y ~ StudentT(d, 0, 2, lower=0)").bind({})
    other = genlang.model("param d: positive\nlatent y ~ HalfStudentT(d, 2)").bind({})
    at = {"d": 3.0, "y": 1.2}
    assert bound.log_density(at) == pytest.approx(other.log_density(at), abs=1e-14)
    assert bound.gradient(at)["d"] == pytest.approx(other.gradient(at)["d"], abs=1e-12)


def test_a_truncated_prior_is_fitted():
    model = genlang.model(
        "dim N\nlatent r ~ Gamma(shape=2, rate=1, lower=0.5, upper=3)\nobserved y[N] ~ Normal(0, r)"
    )
    y = np.array([0.3, 1.0, 2.0, -0.4, 0.6])
    values = model.fit({"y": y}, seed=1)["r"].values
    assert ((values >= 0.5) & (values <= 3)).all()
    r = np.linspace(0.5, 3, 10_001)
    weights = r * np.exp(-r - (y**2).sum() / (2 * r**2)) / r**5
    assert values.mean() == pytest.approx(r @ weights / weights.sum(), abs=0.02)
