"""Every type in every role: what is taken, densities, transforms, fits, what is proved."""

import math
from itertools import product

import numpy as np
import pytest
import scipy.optimize
import scipy.stats as st
import torch
from pyro import poutine
from pyro.distributions import constraints
from torch.distributions import biject_to

import genlang
from genlang.diagnostics import DataError, ModelError
from genlang.infer.session import session
from genlang.infer.tensors import namespace
from genlang.pipeline import check_text
from genlang.results.summary import verdict
from genlang.runtime import exact
from genlang.runtime.elements import Ordered
from genlang.runtime.sets import Baseline, OrderedBetween
from tests.agreement import agrees

# -- The grid ---------------------------------------------------------------------------------

# For each type: as data, a param, a latent ~ Normal, ~ Exponential, ~ Flat, observed ~ Normal,
# generated ~ Normal, beside a let of any real numbers. `.` is accepted, else the code.
GRID = """
real                    .    .    .    .    .    .    .    .
positive                .    .    E316 .    E316 E316 E316 E316
nonneg                  .    .    E316 .    E316 E316 E316 E316
unit                    .    .    E316 E316 E316 E316 E316 E316
real(lower=0,upper=2)   .    .    E316 E316 E316 E316 E316 E316
int                     .    E326 E316 E316 E316 E316 E316 E316
count                   .    E326 E316 E316 E316 E316 E316 E316
bool                    .    E326 E316 E316 E316 E316 E316 E316
real[K]                 .    .    .    .    .    .    .    .
real[K,K]               .    .    .    .    .    .    .    .
positive[K]             .    .    E316 .    E316 E316 E316 E316
unit[K]                 .    .    E316 E316 E316 E316 E316 E316
real(lower=0,upper=2)[K] .   .    E316 E316 E316 E316 E316 E316
count[K]                .    E326 E316 E316 E316 E316 E316 E316
ordered[K]              .    .    .    .    .    .    .    E316
positive_ordered[K]     .    .    E316 .    E316 E316 E316 E316
baseline[K]             .    .    .    .    .    .    .    E316
simplex[K]              .    .    E336 E336 .    E336 E336 E316
unit_vector[K]          .    .    E336 E336 .    E336 E336 E316
corr[K]                 .    .    E336 E336 .    E336 E336 E316
cov[K]                  .    .    E336 E336 .    E336 E336 E316
cholesky_corr[K]        .    .    E336 E336 .    E336 E336 E316
cholesky_cov[K]         .    .    E336 E336 .    E336 E336 E316
simplex[K,K]            E314 E314 E314 E314 E314 E314 E314 E314
zero_sum[K]             E314 E314 E314 E314 E314 E314 E314 E314
index(K)                .    E326 E316 E316 E316 E316 E316 E316
"""
ROLES = (
    "data x: {}",
    "param x: {}",
    "latent x: {} ~ Normal(0, 1)",
    "latent x: {} ~ Exponential(1)",
    "latent x: {} ~ Flat()",
    "observed x: {} ~ Normal(a, 1)",
    "generated x: {} ~ Normal(a, 1)",
    "let x: {} = a * {}",
)
CELLS = [
    (row.split()[0], role, want)
    for row in GRID.strip().splitlines()
    for role, want in zip(ROLES, row.split()[1:], strict=True)
]


@pytest.mark.parametrize(("kind", "role", "want"), CELLS, ids=lambda x: str(x).replace(" ", ""))
def test_a_type_in_a_role_is_taken_or_refused(kind, role, want):
    square = kind.startswith(("corr", "cov", "cholesky")) or kind.endswith("[K,K]")
    whole = "ones(K, K)" if square else "ones(K)" if "[" in kind else "1"
    model, found = check_text(f"dim K = 3\nlatent a ~ Normal(0, 1)\n{role.format(kind, whole)}\n"
                              "observed y ~ Normal(a, 1)\n")  # fmt: skip
    codes = {d.code for d in found if d.severity == "error"}
    assert (model is not None) == (want == ".")
    assert codes == (set() if want == "." else {want})


# -- Data -------------------------------------------------------------------------------------

ROOT = [[2.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]]
UNIT_ROOT = [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]]
INSIDE = {
    "real[K]": [-1.0, 2.0, 3.0],
    "positive[K]": [1.0, 2.0, 3.0],
    "nonneg[K]": [0.0, 2.0, 3.0],
    "unit[K]": [0.0, 0.5, 1.0],
    "simplex[K]": [0.2, 0.3, 0.5],
    "ordered[K]": [-1.0, 0.0, 1.0],
    "positive_ordered[K]": [0.5, 1.0, 2.0],
    "baseline[K]": [0.0, 1.0, -1.0],
    "unit_vector[K]": [0.6, 0.8, 0.0],
    "corr[K]": np.array(UNIT_ROOT) @ np.transpose(UNIT_ROOT),
    "cov[K]": np.array(ROOT) @ np.transpose(ROOT),
    "cholesky_corr[K]": UNIT_ROOT,
    "cholesky_cov[K]": ROOT,
}
OUTSIDE = {
    "positive[K]": ([1.0, 0.0, 2.0], "must be above 0, here 0"),
    "nonneg[K]": ([1.0, -1.0, 2.0], "must be 0 or more, here -1"),
    "unit[K]": ([0.0, 0.5, 1.5], "must be from 0 to 1, here 1.5"),
    "simplex[K]": (
        [0.2, 0.3, 0.6],
        "must be probabilities that add up to 1, here",
    ),
    "ordered[K]": ([1.0, 0.0, 2.0], "must increase"),
    "positive_ordered[K]": ([2.0, 1.0, 3.0], "must increase"),
    "baseline[K]": ([0.5, 1.0, 2.0], "must have 0 as its first element"),
    "unit_vector[K]": ([0.6, 0.9, 0.0], "must have length 1"),
    "corr[K]": (2 * np.eye(3), "must be symmetric and positive definite with ones on the diagonal"),
    "cov[K]": (np.ones((3, 3)), "must be symmetric and positive definite"),
    "cholesky_corr[K]": (ROOT, "must be lower triangular with a positive diagonal and rows of"),
    "cholesky_cov[K]": (np.transpose(ROOT), "must be lower triangular with a positive diagonal"),
}


@pytest.mark.parametrize("kind", INSIDE)
def test_data_are_checked_against_their_type(kind):
    index = "0, 0, 0" if np.ndim(INSIDE[kind]) == 2 else "0, 0"
    model = genlang.model(f"dim N, K\ndata x[N]: {kind}\nobserved y ~ Normal(x[{index}], 1)\n")
    good = INSIDE[kind]
    model.bind({"x": [good, good], "y": 0.0})
    if kind in OUTSIDE:
        bad, words = OUTSIDE[kind]
        with pytest.raises(DataError) as refused:
            model.bind({"x": [good, bad], "y": 0.0})
        (fault,) = refused.value.diagnostics
        assert words in fault.message
        assert "row 2" in fault.where or "cell [2, " in fault.where


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("real(lower=0, upper=2)", 2.0, 2.5),
        ("int(lower=2)", 2, 1),
        ("positive(upper=top[n])", 3.0, 3.5),
        ("real(lower=top[n] - 1)", 2.0, 1.5),
    ],
)
def test_bounds_of_data_may_read_data(kind, good, bad):
    model = genlang.model(
        f"dim N\ndata top[N]: real\ndata x[n in N]: {kind}\nobserved y[n in N] ~ Normal(x[n], 1)\n"
    )
    data = {"top": [3.0, 3.0], "y": [0.0, 0.0]}
    model.bind(data | {"x": [good, good]})
    with pytest.raises(DataError) as refused:
        model.bind(data | {"x": [good, bad]})
    assert [d.code for d in refused.value.diagnostics] == ["D122"]
    assert "row 2" in refused.value.diagnostics[0].where


def test_a_list_of_another_size_than_its_dim_is_found_when_data_are_bound():
    for line in ("latent m: real[K] ~ Normal([0, 1], 1)", "param m: real[K] = [0, 1]",
                 "latent m: real[K] ~ MultivariateNormal([0, 1], covariance=eye(K))"):  # fmt: skip
        model = genlang.model(f"dim K\n{line}\nobserved y: real[K] ~ Normal(m, 1)\n")
        with pytest.raises(DataError) as refused:
            model.bind({"y": [0.0, 1.0, 2.0]})
        assert [d.code for d in refused.value.diagnostics] == ["D144"]


# -- Densities --------------------------------------------------------------------------------

X = np.array([[-0.3, 0.2, 1.0], [0.1, 1.0, 2.0]])
M = np.array([0.5, -1.0])
UP = np.array([0.2, 0.5, 1.1])
ALIKE = math.lgamma(4)
N_K = "dim N, K = 3\ndata m[N]: real\ndata q[N, K]: real\n"
GIVEN = {"m": M, "q": 2 * X, "y": [1.0, 2.0]}
READS = "observed y[n in N] ~ Normal(mu[n, 0] + 0 * m[n] + 0 * q[n, 0], 1)\n"
SEEN = st.norm.logpdf([1.0, 2.0], X[:, 0], 1).sum()
POSITIVE = X + 1
SEEN_POSITIVE = st.norm.logpdf([1.0, 2.0], POSITIVE[:, 0], 1).sum()
BASE = X - X[:, :1]
SEEN_BASE = st.norm.logpdf([1.0, 2.0], 0, 1).sum()

# The statement, a value, its log density by SciPy.
DENSITIES = {
    "real[K] ~ Normal(m[n], 2)": (X, st.norm.logpdf(X, M[:, None], 2).sum() + SEEN),
    "real[K] ~ Normal(q[n], 2)": (X, st.norm.logpdf(X, 2 * X, 2).sum() + SEEN),
    "real[K] ~ StudentT(4, m[n] + q[n], 2)": (
        X, st.t.logpdf(X, 4, M[:, None] + 2 * X, 2).sum() + SEEN),
    "positive[K] ~ Exponential(2)": (
        POSITIVE, st.expon.logpdf(POSITIVE, 0, 0.5).sum() + SEEN_POSITIVE),
    "real(lower=0)[K] ~ Normal(0, 1, lower=0)": (
        POSITIVE, st.halfnorm.logpdf(POSITIVE).sum() + SEEN_POSITIVE),
    "ordered[K] ~ Normal(m[n], 2)": (
        X, 2 * ALIKE + st.norm.logpdf(X, M[:, None], 2).sum() + SEEN),
    "ordered[K] ~ Normal(q[n], 2)": (X, st.norm.logpdf(X, 2 * X, 2).sum() + SEEN),
    "ordered[K] ~ Normal(m[n], 1, upper=3)": (
        X, 2 * ALIKE + sum(st.truncnorm.logpdf(X[n], -np.inf, 3 - M[n], M[n]).sum()
                           for n in range(2)) + SEEN),
    "ordered[K] ~ Uniform(-1, 4)": (X, 2 * ALIKE - 6 * math.log(5) + SEEN),
    "positive_ordered[K] ~ HalfNormal(2)": (
        POSITIVE, 2 * ALIKE + st.halfnorm.logpdf(POSITIVE, 0, 2).sum() + SEEN_POSITIVE),
    "positive_ordered[K] ~ Gamma(shape=2, rate=[1, 2, 3])": (
        POSITIVE,
        st.gamma.logpdf(POSITIVE, 2, 0, [1, 1 / 2, 1 / 3]).sum() + SEEN_POSITIVE),
    "baseline[K] ~ Normal(m[n], 2)": (
        BASE, st.norm.logpdf(BASE[:, 1:], M[:, None], 2).sum() + SEEN_BASE),
    "baseline[K] ~ Normal(q[n], 2)": (
        BASE, st.norm.logpdf(BASE[:, 1:], 2 * X[:, 1:], 2).sum() + SEEN_BASE),
    "baseline[K] ~ Exponential(2)": (
        BASE, st.expon.logpdf(BASE[:, 1:], 0, 0.5).sum() + SEEN_BASE),
}  # fmt: skip


@pytest.mark.parametrize("line", DENSITIES)
def test_the_density_of_elements(line):
    value, want = DENSITIES[line]
    text = f"{N_K}latent mu[n in N]: {line}\n{READS}"
    bound = agrees(text, GIVEN, {"mu": value})
    assert bound.log_density({"mu": value}) == pytest.approx(want, rel=1e-12)
    with session(), torch.no_grad():
        given = {"mu": torch.as_tensor(value)}
        for program in (bound.program.model, bound.program.joint):
            run = poutine.trace(poutine.condition(program, given))
            found = run.get_trace(namespace(bound.table)).log_prob_sum()
            assert float(found) == pytest.approx(want, rel=1e-10)


def test_values_outside_a_set_have_density_zero():
    for line, value in (
        ("ordered[K] ~ Normal(0, 1)", [1.0, 0.0, 2.0]),
        ("ordered[K] ~ Normal([0, 1, 2], 1)", [1.0, 0.0, 2.0]),
        ("positive_ordered[K] ~ Exponential(1)", [-1.0, 0.5, 2.0]),
        ("baseline[K] ~ Normal(0, 1)", [0.1, 0.5, 2.0]),
        ("positive[K] ~ Exponential(1)", [0.1, -0.5, 2.0]),
    ):
        text = f"dim K = 3\nlatent mu: {line}\nobserved y: real[K] ~ Normal(mu, 1)\n"
        bound = genlang.model(text).bind({"y": UP})
        assert bound.log_density({"mu": value}) == -math.inf


def test_observed_elements_and_a_state_that_they_read():
    text = """\
dim N, K = 3
data m[N]: real
for n in N:
    latent z[n] ~ Bernoulli(0.3)
    observed y[n]: {}[K] ~ Normal(z[n] + m[n], 2)
"""
    for kind, alike in (("real", 0.0), ("ordered", ALIKE)):
        bound = agrees(text.format(kind), {"m": M, "y": X}, {})
        want = sum(
            np.logaddexp(*(
                math.log(w) + alike + st.norm.logpdf(X[n], z + M[n], 2).sum()
                for z, w in ((0, 0.7), (1, 0.3))
            ))
            for n in range(2)
        )  # fmt: skip
        assert bound.log_density({}) == pytest.approx(want, rel=1e-12)
        assert np.shape(bound.log_density({}, pointwise=True)["y"]) == (2,)


def test_elements_along_a_chain_and_a_choice():
    walk = """\
dim T, K = 2
for t in T:
    latent x[t]: real[K] ~ Normal(0, 1) then Normal(x[t-1], 0.5)
    observed y[t]: real[K] ~ Normal(x[t], 1)
"""
    y = np.arange(6.0).reshape(3, 2)
    x = np.cos(y)
    bound = agrees(walk, {"y": y}, {"x": x})
    want = st.norm.logpdf(y, x).sum() + st.norm.logpdf(x[0]).sum()
    want += st.norm.logpdf(x[1:], x[:-1], 0.5).sum()
    assert bound.log_density({"x": x}) == pytest.approx(want, rel=1e-12)
    choice = """\
dim N, K = 3
data g[N]: bool
latent x[n in N]: real[K] ~ Normal(0, 1) if g[n] else Exponential(2)
observed y[n in N]: real[K] ~ Normal(x[n], 1)
"""
    bound = agrees(choice, {"g": [1, 0], "y": X}, {"x": POSITIVE})
    want = st.norm.logpdf(X, POSITIVE).sum() + st.norm.logpdf(POSITIVE[0]).sum()
    want += st.expon.logpdf(POSITIVE[1], 0, 0.5).sum()
    assert bound.log_density({"x": POSITIVE}) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("x[s, t]: ordered[K] ~ Normal(0, 1)", [[[1.0, 2.0], [0.5, 0.6]], [[0.1, 0.2]]]),
        ("x[s, t]: real[K] ~ Normal([0, 1], 1)", [[[1.0, 2.0], [0.5, 0.6]], [[0.1, 0.2]]]),
        ("x[s, t] ~ Dirichlet(ones(K))", [[[0.1, 0.9], [0.5, 0.5]], [[0.25, 0.75]]]),
    ],
)
def test_cells_that_do_not_exist_lie_in_no_set(line, value):
    text = "dim S, T[S], K = 2\nfor s in S:\n    for t in T[s]:\n"
    text += f"        latent {line}\n        observed y[s, t] ~ Normal(x[s, t, 0], 1)\n"
    agrees(text, {"y": [[1.0, 2.0], [3.0]]}, {"x": value})


@pytest.mark.parametrize("kind", [k for k in INSIDE if k[0] in "suc"][1:])
def test_flat_on_a_set_is_zero_inside(kind):
    index = "0, 0" if np.ndim(INSIDE[kind]) == 2 else "0"
    text = f"dim K = 3\nlatent x: {kind} ~ Flat()\nobserved y ~ Normal(x[{index}], 1)\n"
    bound = genlang.model(text).bind({"y": 0.5})
    inside = np.asarray(INSIDE[kind])
    assert bound.log_density({"x": inside}) == pytest.approx(
        st.norm.logpdf(0.5, inside.ravel()[0]), rel=1e-12
    )
    assert bound.log_density({"x": -2 * inside}) == -math.inf


def test_draws_lie_in_their_set_and_have_their_law():
    with session():
        torch.manual_seed(1)
        drawn = Ordered(exact.Exponential(2.0), 3).sample(torch.Size([4000]))
        assert bool((drawn.diff(dim=-1) >= 0).all())
        # The least of three exponentials is one of three times the rate.
        assert float(drawn[:, 0].mean()) == pytest.approx(1 / 6, abs=5 / 6 / 4000**0.5)
        apart = Ordered(torch.distributions.Normal(torch.tensor([0.0, 1.0]), 1.0), 2, alike=False)
        drawn = apart.sample(torch.Size([4000]))
        assert bool((drawn.diff(dim=-1) >= 0).all())
        # E[x1 | x1 < x2] with x2 - x1 ~ Normal(1, sqrt(2)).
        hazard = st.norm.pdf(1 / 2**0.5) / st.norm.cdf(1 / 2**0.5)
        assert float(drawn[:, 0].mean()) == pytest.approx(-hazard / 2**0.5, abs=5 / 4000**0.5)
        low = exact.Baseline(exact.Exponential(1.0), 4).sample(torch.Size([5]))
        assert bool((low[:, 0] == 0).all())
        assert bool((low[:, 1:] > 0).all())


# -- Transforms -------------------------------------------------------------------------------

SETS = {
    "above": OrderedBetween(torch.tensor(-1.0), None),
    "below": OrderedBetween(None, torch.tensor(2.0)),
    "between": OrderedBetween(torch.tensor(-1.0), torch.tensor(2.5)),
    "baseline above": Baseline(constraints.greater_than(torch.tensor([0.0, 1.0, 2.0, 3.0]))),
    "baseline between": Baseline(constraints.interval(-1.0, 2.0)),
}


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_a_bijection_with_its_inverse_and_volume(name):
    with session():
        torch.manual_seed(0)
        into = biject_to(SETS[name])
        free = tuple(into.inverse_shape(torch.Size((3, 4))))
        x = torch.randn(free)
        y = into(x)
        assert y.shape == (3, 4)
        assert bool(SETS[name].check(y).all())
        assert torch.allclose(into.inv(y), x, rtol=1e-9, atol=1e-9)
        for row in x:
            whole = torch.autograd.functional.jacobian(into, row)
            cells = whole[1:] if name.startswith("baseline") else whole
            volume = torch.linalg.slogdet(cells).logabsdet
            assert torch.allclose(into.log_abs_det_jacobian(row, into(row)), volume)


def test_integrals_over_directions_are_those_over_the_vectors_behind_them():
    with session():
        into = biject_to(exact.unit_vector)
        radius = torch.linspace(0.3, 3.0, 4001)
        angle = 2 * math.pi * torch.arange(64) / 64
        x = torch.stack([radius[:, None] * angle.cos(), radius[:, None] * angle.sin()], -1)
        y = into(x)
        weight = into.log_abs_det_jacobian(x, y).exp() * radius[:, None]
        # Of exp(2 u[0]) over the circle: 2 pi times the Bessel function I0(2).
        cells = (2 * y[..., 0]).exp() * weight
        found = torch.trapezoid(cells.mean(1) * 2 * math.pi, radius)
        assert float(found) == pytest.approx(2 * math.pi * float(np.i0(2.0)), rel=1e-6)


# -- Fits -------------------------------------------------------------------------------------


def point(text, data, name="w"):
    fit = genlang.model(text).fit(data, method="map", seed=1)
    return np.asarray(fit[name])[0, 0]


ROWS = np.random.default_rng(3).normal(size=(30, 3)) + np.array([1.0, 0.4, 0.7])
MEAN = ROWS.mean(0)
POOLED = scipy.optimize.isotonic_regression(MEAN).x
BEST = {
    "real[K]": MEAN,
    "positive[K]": MEAN,
    "ordered[K]": POOLED,
    "positive_ordered[K]": POOLED,
    "baseline[K]": np.array([0.0, *MEAN[1:]]),
    "unit_vector[K]": MEAN / np.linalg.norm(MEAN),
    "real(upper=0.6)[K]": np.minimum(MEAN, 0.6),
    "unit[K]": np.minimum(MEAN, 1.0),
}


@pytest.mark.parametrize("kind", BEST)
def test_a_param_of_every_vector_type_reaches_the_greatest_likelihood(kind):
    text = f"dim N, K = 3\nparam w: {kind}\nobserved y[n in N]: real[K] ~ Normal(w, 1)\n"
    found = point(text, {"y": ROWS})
    assert found == pytest.approx(BEST[kind], abs=3e-3)


def test_a_simplex_reaches_the_shares():
    text = "dim N, K = 3\nparam w: simplex[K]\nobserved z[n in N]: index(K) ~ Categorical(w)\n"
    found = point(text, {"z": [0] * 5 + [1] * 3 + [2] * 2})
    assert found == pytest.approx([0.5, 0.3, 0.2], abs=1e-4)


@pytest.mark.parametrize("kind", ["corr", "cholesky_corr", "cov", "cholesky_cov"])
def test_a_matrix_reaches_the_greatest_likelihood(kind):
    rows = ROWS[:, :2] - ROWS[:, :2].mean(0)
    name = "scale_tril" if "cholesky" in kind else "covariance"
    text = f"dim N, K = 2\nparam w: {kind}[K]\nobserved y[n in N]: real[K] ~ "
    found = point(f"{text}MultivariateNormal(zeros(K), {name}=w)\n", {"y": rows})
    found = found @ found.T if name == "scale_tril" else found
    want = rows.T @ rows / len(rows)
    if "corr" in kind:
        law = lambda r: -st.multivariate_normal([0, 0], [[1, r], [r, 1]]).logpdf(rows).sum()  # noqa: E731
        best = scipy.optimize.minimize_scalar(law, bounds=(-0.99, 0.99), method="bounded").x
        want = np.array([[1.0, best], [best, 1.0]])
    assert found == pytest.approx(want, abs=1e-3)


def test_bounds_of_params_may_read_earlier_params():
    text = """\
dim N
param s: positive
param w[n in N]: real(lower=-s, upper=s)
observed y[n in N] ~ Normal(w[n], s)
"""
    model = genlang.model(text)
    y = np.array([1.0, 2.0, -3.0])
    bound = model.bind({"y": y})
    assert bound.log_density({"s": 1.0, "w": [0.5, 0.9, -0.9]}) == pytest.approx(
        st.norm.logpdf(y, [0.5, 0.9, -0.9], 1).sum()
    )
    assert bound.log_density({"s": 0.8, "w": [0.5, 0.9, -0.9]}) == -math.inf
    fit = bound.fit(method="map", seed=1)

    def loss(s):
        return -st.norm.logpdf(y, np.clip(y, -s, s), s).sum()

    best = scipy.optimize.minimize_scalar(loss, bounds=(0.1, 9), method="bounded").x
    assert float(fit["s"][0, 0]) == pytest.approx(best, abs=1e-3)
    assert np.asarray(fit["w"])[0, 0] == pytest.approx(np.clip(y, -best, best), abs=2e-3)


def test_the_point_of_a_param_does_not_depend_on_the_map_to_its_set():
    text = "dim N\nparam m: positive\nfor n in N:\n    latent a[n] ~ Normal(m, 0.5)\n"
    text += "    observed y[n] ~ Normal(a[n], 1)\n"
    y = np.array([3.5, 2.1, 4.2, 3.0])
    fit = genlang.model(text).fit({"y": y}, method="svi", seed=1)
    assert float(fit["m"][0, 0]) == pytest.approx(y.mean(), abs=0.02)
    want = st.norm.logpdf(y, y.mean(), 1.25**0.5).sum()
    assert fit.facts["elbo"] == pytest.approx(want, abs=0.02)


@pytest.mark.parametrize(
    ("line", "low", "high"),
    [
        ("ordered[K] ~ Uniform(0, 2)", 0.0, 2.0),
        ("positive_ordered[K] ~ Exponential(1)", 0.0, math.inf),
    ],
)
def test_ordered_latents_are_fitted_between_the_ends_of_their_law(line, low, high):
    text = f"dim K = 2\nlatent w: {line}\nobserved y: real[K] ~ Normal(w, 1)\n"
    y = np.array([1.2, 0.1])
    fit = genlang.model(text).fit({"y": y}, seed=1)
    found = np.asarray(fit["w"])
    assert (np.diff(found) >= 0).all()
    assert found.min() > low
    assert found.max() < high
    # Against sums on a grid.
    grid = np.linspace(max(low, -6), min(high, 9), 1201)[1:-1]
    one, two = np.meshgrid(grid, grid, indexing="ij")
    law = {"U": 0 * grid, "E": -grid}[line.split("~ ")[1][0]]
    log = law[:, None] + law + st.norm.logpdf(y[0], one) + st.norm.logpdf(y[1], two)
    mass = np.where(one <= two, np.exp(log - log.max()), 0)
    mass /= mass.sum()
    for k, x in enumerate((one, two)):
        mean = (mass * x).sum()
        sd = ((mass * (x - mean) ** 2).sum()) ** 0.5
        assert found[..., k].mean() == pytest.approx(mean, abs=0.15 * sd)
        assert found[..., k].std() == pytest.approx(sd, rel=0.15)


# -- Starts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("param w: simplex[K] = z", "the start of `w` must be probabilities that add up to 1"),
        ("param w: ordered[K] = -z", "the start of `w` must increase"),
        ("param w: cov[K] = outer(z, z)", "the start of `w` must be symmetric and positive"),
        ("param w: positive(lower=z[2]) = 1", "the start of `w` must be above its lower bound"),
        ("param w: real(lower=z[1], upper=z[0])", "the bounds of `w` leave nothing between them"),
    ],
)
def test_starts_and_bounds_are_checked_with_the_data(line, words):
    index = "[0, 0]" if "cov" in line else "[0]" if "[K]" in line else ""
    text = f"dim K = 3\ndata z[K]: real\n{line}\nobserved y ~ Normal(w{index}, 1)\n"
    with pytest.raises(DataError) as refused:
        genlang.model(text).bind({"z": [1.0, 2.0, 3.0], "y": 0.0})
    assert [d.code for d in refused.value.diagnostics] == ["D123"]
    assert words in refused.value.diagnostics[0].message


def test_a_start_may_have_the_dims_of_the_name_or_of_the_type():
    text = "dim N, K = 3\ndata z[N]: real\nparam w[n in N]: real[K] = z[n]\n"
    text += "param v[N]: simplex[K] = ones(K) / K\nparam u[N]: real = z\n"
    text += "factor sum(w[0]) + sum(v[0]) + sum(u)\n"
    program = genlang.model(text).to_python()
    assert "data.z[..., None].double().repeat(1, K)" in program
    assert "lambda: data.z.double()" in program


# -- Sets through expressions -----------------------------------------------------------------

NAMES = """\
dim K = 3, N
latent v: real[K] ~ Normal(0, 1)
latent p: positive[K] ~ HalfNormal(1)
latent s, r ~ HalfNormal(1)
latent n ~ Normal(0, 1)
latent w ~ Dirichlet(ones(K))
latent w2 ~ Dirichlet(ones(K))
latent P[K] ~ Dirichlet(ones(K))
latent c: ordered[K] ~ Normal(0, 1)
latent po: positive_ordered[K] ~ HalfNormal(1)
latent b: baseline[K] ~ Normal(0, 1)
latent C ~ LKJ(K, 1)
latent L ~ LKJCholesky(K, 1)
latent S ~ Wishart(5, eye(K))
latent A: real[K, K] ~ Normal(0, 1)
data x[N]: real
data u: unit
data dc: real[K]
data dS: cov[K]
"""
KNOWN = {
    "simplex": """softmax(v); normalize(p); one_hot(1, K); P[0]; P[1, :]; [w, w2]; p / sum(p);
        w if s > r else w2; w @ P; P @ P""",
    "ordered": """sort(v); c + 1; c + n; n + c; c - n; c * s; c / s; log(po); po + n; c + c;
        c + po; c[1:]; tanh(c)""",
    "positive_ordered": "cumsum(p); cumsum(exp(v)); sort(p); exp(c); po + s; po * s; po[:2]",
    "baseline": "b * n; b + b; b / s; b * v; v - v[0]",
    "unit_vector": "v / norm(v); L[0]",
    "corr": "C; L @ transpose(L); transpose(C)",
    "cov": """C * outer(p, p); outer(v, v) + s * eye(K); transpose(L) @ L; S * 2; S / 2; S + C;
        A @ transpose(A) + eye(K); inverse(S); diag(p) @ C @ diag(p); quad_form(S, L);
        (diag(p) @ L) @ transpose(diag(p) @ L); rbf(x, x, length=1) + 0.1 * eye(N); C * s;
        rbf(x, x, length=1) + square(s) * eye(N)""",
    "cholesky_corr": "cholesky(C)",
    "cholesky_cov": "cholesky(S); cholesky(A); diag(p) @ L; L @ diag(p); L * s; inverse(L)",
    "psd": """outer(v, v); A @ transpose(A); transpose(A) @ A; quad_form(S, A);
        rbf(x, x, length=1); C * outer(v, v)""",
    "": """w * 2; w * p; w[1:]; w[0:1]; P[:, 0]; -w; w + w2; transpose(P); [w, v]; normalize(v);
        cumsum(v); n - c; c * n; -c; c + v; v - v[1]; v / norm(c); L[1:]; S @ S; A @ A; S * n;
        S - C; S if s > r else C; exp(S); outer(v, p); diag(v); v / sum(v); c if n > 0 else v;
        rbf(x, 2 * x, length=1); P[0, 1:]""",
}  # fmt: skip
EXPRESSIONS = [(e.strip(), s) for s, every in KNOWN.items() for e in every.split(";")]


@pytest.mark.parametrize(("text", "want"), EXPRESSIONS)
def test_the_set_of_an_expression(text, want):
    model, found = check_text(f"{NAMES}let q = {text}\nobserved y ~ Normal(0, 1)\n")
    assert model is not None, found
    (q,) = (v for v in model.variables if v.name == "q")
    assert q.cell.structure == want


# What a parameter that must lie in a set gets: nothing, a warning, an error.
PARAMETERS = {
    "Categorical": {
        "": """u * w + (1 - u) * w2; 0.5 * w + 0.5 * w2; (w + w2) / 2; P[1]; w @ P; ones(K) / K;
            [u, 1 - u]; p / sum(p)""",
        "W407": "w + w2; P[:, 0]; w[1:]; v * 1; dc",
        "E407": "v; p; [0.5, 0.6]",
    },
    "OrderedLogistic(n, {})": {
        "": "c; dc; [0, 1, 2]; [n, n + s]; [n, n + s, n + s + r]; [n]; s * c; cumsum(p); c[1:]",
        "W408": "dc + n; [n, n - s]; n * c; v + 0",
        "E408": "v; [0, 2, 1]; p",
    },
    "MultivariateNormal(v, covariance={})": {
        "": """C; C * outer(p, p); dS; diag(p); rbf(dc, dc, length=s) + 0.01 * eye(K);
            [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]; L @ transpose(L)""",
        "W408": "A @ transpose(A); rbf(dc, dc, length=s); A + transpose(A)",
        "E408": "A; L",
        "E405": "eye(N); [[1, 0.5], [0.5, 1]]",
    },
    "MultivariateNormal(v, scale_tril={})": {
        "": "L; diag(p) @ L; cholesky(dS); cholesky(A @ transpose(A)); s * L",
        "W408": "A * L",
        "E408": "A; C; dS",
    },
}
ARGUMENTS = [
    (law, e.strip(), want)
    for law, groups in PARAMETERS.items()
    for want, every in groups.items()
    for e in every.split(";")
]


@pytest.mark.parametrize(("law", "text", "want"), ARGUMENTS)
def test_an_argument_is_proved_refuted_or_in_doubt(law, text, want):
    call = law.format(text) if "{}" in law else f"{law}({text})"
    kind = ": real[K]" if "Multi" in law else ""
    _, found = check_text(f"{NAMES}observed y{kind} ~ {call}\n")
    codes = {d.code for d in found if d.code not in ("W501", "W502", "W503")}
    assert codes == ({want} if want else set())


def test_a_type_beside_a_let_is_proved():
    lines = """\
let o: ordered[K] = [0, 1, 2]
let o2: ordered[K] = c + n
let o3: positive_ordered[K] = cumsum(p)
let s1: simplex[K] = u * w + (1 - u) * w2
let v1: unit_vector[K] = v / norm(v)
let m1: cov[K] = C * outer(p, p)
let b1: baseline[K] = v - v[0]
let x1: real(lower=0, upper=1) = sigmoid(n)
let x2: unit = 1 - u / 2
observed y ~ Normal(0, 1)
"""
    model, found = check_text(NAMES + lines)
    assert model is not None, found
    kinds = {v.name: v.cell.structure for v in model.variables if v.role == "let"}
    assert [kinds[n] for n in ("o", "s1", "m1")] == ["ordered", "simplex", "cov"]


# -- Guards -----------------------------------------------------------------------------------

DOUBTFUL = {
    "latent a, b ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(0, a * b)": (
        {"a": 1.0, "b": 2.0}, {"a": 1.0, "b": -2.0}),
    "latent a, b ~ Uniform(0, 1)\nobserved y[n in N] ~ Normal(0, 1)\nlatent z ~ Bernoulli(a + b)\n"
    "factor z": ({"a": 0.5, "b": 0.25}, {"a": 0.5, "b": 0.75}),
    "latent a ~ Normal(0, 1)\nlatent c: ordered[K] ~ Normal(0, 1)\n"
    "observed y[n in N] ~ Normal(0, 1)\nlatent z ~ OrderedLogistic(0, a * c)\nfactor z": (
        {"a": 1.0, "c": [-1.0, 0.0, 1.0]}, {"a": -1.0, "c": [-1.0, 0.0, 1.0]}),
    "latent a, b ~ HalfNormal(1)\nobserved y[n in N] ~ Normal(0, 1)\n"
    "latent z ~ Categorical([a, b, 0.5])\nfactor z": (
        {"a": 0.25, "b": 0.25}, {"a": 0.25, "b": 0.5}),
    "latent w: real[K, K] ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(0, 1)\n"
    "latent x: real[K] ~ MultivariateNormal(zeros(K), covariance=w + transpose(w))": (
        {"w": np.eye(3), "x": [1.0, 2.0, 3.0]}, {"w": -np.eye(3), "x": [1.0, 2.0, 3.0]}),
    "latent w: real[K, K] ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(0, 1)\n"
    "latent x: real[K] ~ MultivariateNormal(zeros(K), scale_tril=2 * w)": (
        {"w": np.eye(3), "x": [1.0, 2.0, 3.0]}, {"w": np.ones((3, 3)), "x": [1.0, 2.0, 3.0]}),
}  # fmt: skip


@pytest.mark.parametrize("lines", DOUBTFUL)
def test_an_argument_outside_its_domain_has_no_density(lines):
    good, bad = DOUBTFUL[lines]
    model = genlang.model(f"dim N, K = 3\n{lines}\n")
    assert {d.code for d in model.diagnostics} & {"W407", "W408"}
    bound = agrees(f"dim N, K = 3\n{lines}\n", {"y": [0.5, 1.0]}, good)
    assert bound.log_density(bad) == -math.inf


def test_messages_at_run_time_name_the_argument_its_line_and_the_row():
    text = "dim N\ndata x[N]: real\nlatent a ~ HalfNormal(1)\n"
    text += "observed y[n in N] ~ Normal(0, a * x[n] - 100)\n"
    data = {"x": [1.0, 2.0], "y": [0.5, 1.0]}
    with pytest.raises(ModelError) as refused:
        genlang.model(text).fit(data, seed=1)
    (fault,) = refused.value.diagnostics
    assert fault.code == "E801"
    assert "scale of Normal, line 4, row 1; 2 leaves its domain" in fault.why
    with pytest.raises(ModelError) as refused:
        genlang.model(text).simulate({"x": [1.0, 2.0]}, seed=1)
    assert [d.code for d in refused.value.diagnostics] == ["E804"]
    assert "line 4" in refused.value.diagnostics[0].why


# -- What is not normalized -------------------------------------------------------------------


def test_a_constant_short_of_normalized_is_said():
    text = "dim K = 3\nlatent mu: ordered[K] ~ Normal({}, 2)\nobserved y: real[K] ~ Normal(mu, 1)\n"
    words = "the density of `mu` is a constant short of normalized"
    model = genlang.model(text.format("[0, 1, 2]"))
    assert words in str(model.explain())
    assert words in verdict(model.fit({"y": UP}, method="svi", steps=20, draws=50, seed=1))
    assert words not in str(genlang.model(text.format("0")).explain())


def test_an_ordered_law_integrates_to_one_where_elements_are_alike():
    with session():
        x = torch.linspace(-6, 6, 601)
        both = torch.stack(torch.meshgrid(x, x, indexing="ij"), -1)
        for alike, want in ((True, 1.0), (False, 0.5)):
            law = Ordered(torch.distributions.Normal(0.0, 1.0), 2, alike=alike)
            mass = law.log_prob(both).exp().sum() * (12 / 600) ** 2
            # The diagonal belongs to both halves.
            assert float(mass) == pytest.approx(want, rel=0.02)


def test_every_pair_of_sets_of_one_shape_is_told_apart():
    vectors = [k for k in INSIDE if np.ndim(INSIDE[k]) == 1 and k != "real[K]"]
    for one, other in product(vectors, vectors):
        model, _ = check_text(f"dim K = 3\ndata a: {one}\nlet b: {other} = a\n"
                              "observed y ~ Normal(b[0], 1)\n")  # fmt: skip
        holds = one == other or (one, other) in {
            ("positive_ordered[K]", "ordered[K]"), ("positive_ordered[K]", "positive[K]"),
            ("positive_ordered[K]", "nonneg[K]"), ("positive[K]", "nonneg[K]"),
            ("unit[K]", "nonneg[K]"), ("simplex[K]", "unit[K]"), ("simplex[K]", "nonneg[K]"),
        }  # fmt: skip
        assert (model is not None) == holds, (one, other)
