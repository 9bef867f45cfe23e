"""Bounds that read other latents: their supports are told, and the sums are the oracle's."""

import numpy as np
import pytest

import genlang
from genlang.diagnostics import ModelError
from tests.agreement import agrees

HEAD = """\
dim N, I
data of[N]: index(I)
data tot[I], cap[I]: count
data k[N]: count
latent p ~ Beta(1, 1)
"""
DATA = {
    "I": ["a", "b"], "of": ["a", "b", "a"], "tot": [2, 3], "cap": [2, 1], "k": [1, 0, 2],
    "y": [1.0, 2.0, 3.0],
}  # fmt: skip
TWO = "latent n ~ Binomial(3, p)\nlatent m ~ {}\nobserved y[j in N] ~ Normal(m - n, 1)\n"


@pytest.mark.parametrize(
    "law",
    [
        "Binomial(n + 1, p)",
        "Binomial(2 * n, p)",
        "Binomial(n * n, p)",
        "Binomial(n ^ 2, p)",
        "Binomial(3 - n, p)",
        "Binomial(floor(n / 2), p)",
        "Binomial(max(n, 2) if p > 0.5 else 4, p)",
        "Binomial(n if n > 1 else 5 - n, p)",
        "Binomial((n > 1) + 1, p)",
        "DiscreteUniform(n - 2, n + 2)",
        "DiscreteUniform(-n, n % 2)",
        "DiscreteUniform(min(n, 1), max(n, cap[0]))",
        "Poisson(1, upper=n + 1)",
    ],
)
def test_the_values_of_a_latent_whose_bounds_read_another(law):
    agrees(HEAD + TWO.format(law), DATA, {"p": 0.3})


@pytest.mark.parametrize(
    "lines",
    [
        """\
latent n[i in I] ~ Binomial(tot[i], p)
for j in N:
    latent m[j] ~ Binomial(n[of[j]] + k[j], p)
    observed y[j] ~ Normal(m[j], 1)
""",
        """\
latent n[i in I] ~ Binomial(tot[i], p)
latent s ~ Binomial(sum(n[i] for i in I), p)
observed y[j in N] ~ Normal(s, 1)
""",
        """\
latent z ~ DiscreteUniform(I)
latent s ~ Binomial(cap[z] + 1, p)
observed y[j in N] ~ Normal(s, 1)
""",
        """\
latent n ~ Binomial(3, p)
let q = n + 2
latent m ~ Binomial(q, p)
observed y[j in N] ~ Normal(m, 1)
""",
        """\
for j in N:
    latent n[j] ~ Binomial(2, p) then Binomial(min(2 * n[j-1], 3), p)
    observed y[j] ~ Normal(n[j], 1)
""",
        """\
for j in N:
    latent n[j] ~ Binomial(k[0] + 1, p) then Binomial(n[j-1], p)
    observed y[j] ~ Normal(n[j], 1)
""",
    ],
)
def test_bounds_through_arrays_tables_and_lags(lines):
    agrees(HEAD + lines, DATA, {"p": 0.3})


@pytest.mark.parametrize(
    ("law", "why", "edit"),
    [
        ("Binomial(round(sin(n)) + 1, p)", "the greatest value of a bound is not known", "min("),
        ("Poisson(n)", "a `Poisson` can be any count", "Poisson(rate, upper=100)"),
        ("Geometric(p)", "a `Geometric` can be any count", "Geometric(p, upper=100)"),
    ],
)
def test_a_support_that_is_not_told_is_refused_at_its_law(law, why, edit):
    text = HEAD + TWO.format(law)
    with pytest.raises(ModelError) as refused:
        genlang.model(text)
    found = [d for d in refused.value.diagnostics if d.code == "E701"]
    assert [(d.why, text[d.span.start : d.span.end]) for d in found] == [(why, law)]
    assert edit in found[0].help


@pytest.mark.parametrize(
    ("changed", "warned"),
    [
        (("", ""), True),
        (("mean[K] ~ Normal(0, 5)", "mean: ordered[K] ~ Normal(0, 5)"), False),
        (("mean[K] ~ Normal(0, 5)", "mean[k in K] ~ Normal(k, 5)"), False),
        (("mean[K] ~ Normal(0, 5)", "mean[k in K] ~ Normal(m0[k], 5)"), False),
        (("Dirichlet(ones(K))", "Dirichlet([1, 2, 3])"), False),
        (("dim N, K = 3", 'dim N, K = ["a", "b", "c"]'), False),
        (("kind[n]], 1)", "kind[n]] + mean[0], 1)"), False),
        (("kind[n]], 1)", "kind[n]] * (kind[n] == 1), 1)"), False),
        (("kind[n]], 1)", "kind[n]] + sum(mean), 1)"), True),
        (("kind[n]], 1)", "kind[n]], spread[kind[n]])"), True),
    ],
)
def test_components_without_an_order_are_warned_about(changed, warned):
    text = """\
dim N, K = 3
data m0[K]: real
latent share ~ Dirichlet(ones(K))
latent mean[K] ~ Normal(0, 5)
latent spread[K] ~ HalfNormal(1)
for n in N:
    latent kind[n] ~ Categorical(share)
    observed y[n] ~ Normal(mean[kind[n]], 1)
"""
    text = text.replace(
        "data m0[K]: real\n", "" if "m0" not in changed[1] else "data m0[K]: real\n"
    )
    model = genlang.model(text.replace(*changed) if changed[0] else text)
    found = [d for d in model.diagnostics if d.code == "W503"]
    assert bool(found) == warned
    if warned:
        assert "`latent mean: ordered[K] ~ Normal(0, 5)`" in found[0].help


@pytest.mark.parametrize("cells", [[0, 5], [3, 3], [5], []])
def test_values_that_data_bound_from_cell_to_cell(cells):
    text = """\
dim N
data a[N], b[N]: count
latent p ~ Beta(1, 1)
for n in N:
    latent z[n] ~ DiscreteUniform(a[n], a[n] + b[n])
    latent w[n] ~ Binomial(z[n], p)
    observed y[n] ~ Normal(z[n] - w[n], 1)
"""
    sizes = range(1, len(cells) + 1)
    bound = agrees(text, {"a": cells, "b": list(sizes), "y": [1.0] * len(cells)}, {"p": 0.4})
    found = bound.states({"p": 0.4})
    if cells:
        most = max(a + b for a, b in zip(cells, sizes, strict=True))
        assert found["z"].shape == (len(cells), most - min(cells) + 1)
        assert found["z"].sum(-1) == pytest.approx(1)


def test_values_begin_at_the_least_bound_of_the_cells_that_exist():
    text = """\
dim N
data a[N]: count
for n in N[:2]:
    latent z[n] ~ DiscreteUniform(a[n], a[n] + 1)
    observed y[n] ~ Normal(z[n], 1)
"""
    data = {"a": [3, 4, 0], "y": [3.0, 5.0, 0.0]}
    agrees(text, data, {})
    fit = genlang.model(text).fit(data, seed=1)
    table = fit.states("z")
    assert [int(v) for v in np.asarray(table.coords[table.dims[-1]])] == [3, 4, 5]


def test_profiles_of_latents_that_data_bound():
    text = """\
dim K = 2
data a: count
latent z[K] ~ DiscreteUniform(a, a + 2)
observed y ~ Normal(sum(z[k] * (k + 1) for k in K), 1)
"""
    agrees(text, {"a": 3, "y": 11.0}, {})
