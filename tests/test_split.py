"""A comparison of a latent with a loop's index: two running sums, equal to enumeration."""

import pytest

import genlang
from tests import oracle

Y = {"y": [0.1, 0.5, 1.2, 2.0]}
COMPARISONS = (
    "t < c", "t <= c", "t > c", "t >= c", "c > t", "c >= t", "c < t", "c <= t", "t < c + 1",
    "t < c - 1",
)  # fmt: skip
POINT = "dim T\nlatent c ~ DiscreteUniform(T)\n"
CASES = {
    f"normal by {test}": (
        f"{POINT}for t in T:\n    observed y[t] ~ Normal(1.0 if {test} else -0.5, 1)\n",
        Y,
    )
    for test in COMPARISONS
} | {
    "two distributions, few values": (
        (
            "dim T\nlatent c ~ DiscreteUniform(1, 2)\nfor t in T:\n"
            "    observed y[t] ~ Normal(0.3 * t, 1) if t < c else Cauchy(0.1, 2)\n"
        ),
        Y,
    ),
    "one for each row, beside another latent": (
        (
            "dim S, T\nfor s in S:\n    latent c[s] ~ DiscreteUniform(T)\n"
            "    latent k[s] ~ Bernoulli(0.3)\n    for t in T:\n"
            "        observed y[s, t] ~ Normal((1.0 + k[s]) if t < c[s] else -0.5, 1)\n"
        ),
        {"y": [[0.1, 0.5, 1.2], [0.0, 1.0, 1.0]]},
    ),
    "ragged rows that share one": (
        (
            "dim S, T[S]\nlatent c ~ DiscreteUniform(0, 2)\nfor s in S:\n    for t in T[s]:\n"
            "        observed y[s, t] ~ Normal(1.0 if t < c else -0.5, 1)\n"
        ),
        {"y": [[0.1, 0.5, 1.2], [0.0]], "T": [3, 1]},
    ),
    "a part of the loop": (
        f"{POINT}for t in T[1:]:\n    observed y[t] ~ Normal(1.0 if t < c else -0.5, 1)\n",
        Y,
    ),
    "impossible on one side": (
        f"{POINT}for t in T:\n    observed y[t] ~ Bernoulli(1 if t < c else 0.5)\n",
        {"y": [1, 0, 1, 1]},
    ),
}
TABLES = {
    "the latent is read beside the comparison": (
        f"{POINT}for t in T:\n    observed y[t] ~ Normal((1.0 if t < c else -0.5) + 0.3 * c, 1)\n",
        Y,
    ),
    "a weighted loop": (
        (
            "dim T\ndata w[T]: nonneg\nlatent c ~ DiscreteUniform(T)\nfor t in T weight w[t]:\n"
            "    observed y[t] ~ Normal(1.0 if t < c else -0.5, 1)\n"
        ),
        {**Y, "w": [1.0, 2.0, 0.0, 1.0]},
    ),
}


def equals_enumeration(text, data):
    bound = genlang.model(text).bind(data)
    sizes = {**bound.table.sizes, **{n: a.tolist() for n, a in bound.table.lengths.items()}}
    wanted = oracle.log_density(bound.model.compiled.model, data, {}, sizes)
    return bound.log_density({}) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_a_split_term_equals_enumeration(name):
    text, data = CASES[name]
    assert "split_sum(" in genlang.model(text).to_python()
    assert equals_enumeration(text, data)


@pytest.mark.parametrize("name", TABLES)
def test_a_term_that_does_not_split_keeps_its_table(name):
    text, data = TABLES[name]
    assert "split_sum(" not in genlang.model(text).to_python()
    assert equals_enumeration(text, data)


def test_a_change_point_costs_its_length_not_its_square():
    """Fifty thousand steps would need a table of 20 GB."""
    text = f"{POINT}for t in T:\n    observed y[t] ~ Normal(1.0 if t < c else -0.5, 1)\n"
    bound = genlang.model(text).bind({"y": [0.25] * 50_000})
    assert bound.log_density({}) < 0
