"""Twelve structures that cannot be summed cheaply are refused; their small versions are summed.

The refusal names the statement that couples, the cost and a way out, before torch is imported; the
small version equals enumeration by the oracle.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import genlang
from genlang.diagnostics import GenlangError
from tests import oracle
from tests.cpu import least


@dataclass(frozen=True)
class Case:
    """A model, its data by size, the line of the statement that couples, and where it applies."""

    text: str
    couples: str
    data: Any
    large: int
    small: int | None = 3
    values: dict[str, Any] = field(default_factory=dict)


def zeros(n: int, *rest: int) -> Any:
    return np.zeros((n, *rest)).tolist()


CASES = {
    "two latents coupled by a plate of data size": Case(
        """
dim N, M
latent a[N] ~ Bernoulli(0.3)
latent b[M] ~ Bernoulli(0.4)
for i in N:
    for j in M:
        observed y[i, j] ~ Normal(a[i] + b[j], 1)
""",
        "observed y[i, j]",
        lambda n: {"y": zeros(n, n)},
        100,
    ),
    "a stochastic block model": Case(
        """
dim N, K = 2
data p: simplex[K]
data b[K, K]: unit
latent z[N] ~ Categorical(p)
for i in N:
    for j in N:
        observed y[i, j] ~ Bernoulli(b[z[i], z[j]])
""",
        "observed y[i, j]",
        lambda n: {"y": zeros(n, n), "p": [0.4, 0.6], "b": [[0.2, 0.5], [0.6, 0.7]]},
        100,
    ),
    "a large grid": Case(
        """
dim I, J
for i in I:
    for j in J:
        latent z[i, j] ~ Bernoulli(0.4)
        observed y[i, j] ~ Normal(z[i, j], 1)
for i in I[1:]:
    for j in J:
        factor 0.3 * (z[i, j] == z[i-1, j])
for i in I:
    for j in J[1:]:
        factor 0.5 * (z[i, j] == z[i, j-1])
""",
        "factor 0.5",
        lambda n: {"y": zeros(n, n)},
        30,
    ),
    "two data indices that couple different cells": Case(
        """
dim R, N
data a[R]: index(N)
data b[R]: index(N)
latent z[N] ~ Bernoulli(0.3)
observed y[r in R] ~ Normal(z[a[r]] + z[b[r]], 1)
""",
        "observed y[r in R]",
        lambda n: {"N": n, "y": zeros(n), "a": list(range(n)), "b": [*range(1, n), 0]},
        100,
    ),
    "a random field on a graph": Case(
        """
dim N, E
data u[E]: index(N)
data v[E]: index(N)
latent z[N] ~ Bernoulli(0.4)
for e in E:
    factor 0.5 * (z[u[e]] == z[v[e]])
observed y[n in N] ~ Normal(z[n], 1)
""",
        "factor 0.5",
        lambda n: {"N": n, "y": zeros(n), "u": list(range(n)), "v": [*range(1, n), 0]},
        80,
    ),
    "two sums over all cells": Case(
        """
dim N
latent z[n in N] ~ Bernoulli(0.3)
observed y ~ Normal(sum(z[n] for n in N) * any(z[n] == 0 for n in N), 1)
""",
        "observed y",
        lambda n: {"y": 1.0, "N": n},
        60,
    ),
    "all pairs of cells": Case(
        """
dim N
latent z[N] ~ Bernoulli(0.3)
observed y ~ Normal(max(z[i] * z[j] for i in N for j in N), 1)
""",
        "observed y",
        lambda n: {"y": 1.0, "N": n},
        60,
    ),
    "many chains read together": Case(
        """
dim T, J
for t in T:
    for j in J:
        latent z[t, j] ~ Bernoulli(0.5) then Bernoulli(0.2 + 0.6 * z[t-1, j])
    observed y[t] ~ Normal(sum(z[t, j] for j in J), 1)
""",
        "observed y[t]",
        lambda n: {"y": zeros(3), "J": n},
        30,
        2,
    ),
    "two chains of many states": Case(
        """
dim T, K = 4
for t in T:
    latent a[t] ~ DiscreteUniform(K) then Categorical(weights = [1 + (k == a[t-1]) for k in K])
    latent b[t] ~ DiscreteUniform(K) then Categorical(weights = [1 + (k == b[t-1]) for k in K])
    observed y[t] ~ Normal(a[t] * b[t], 1)
""",
        "observed y[t]",
        lambda n: {"y": zeros(3), "K": n},
        1000,
        2,
    ),
    "a chain of high order": Case(
        """
dim T, K = 2
for t in T:
    latent z[t] ~ DiscreteUniform(K) then DiscreteUniform(K) then DiscreteUniform(K)
        then Categorical(weights = [1 + (k == z[t-1]) + (k == z[t-2]) + (k == z[t-3]) for k in K])
    observed y[t] ~ Normal(z[t], 1)
""",
        "latent z[t]",
        lambda n: {"y": zeros(5), "K": n},
        200,
        2,
    ),
    "counts of counts": Case(
        """
dim N
data top[N]: count
latent n[i in N] ~ Binomial(top[i], 0.5)
latent m[i in N] ~ Binomial(n[i], 0.5)
observed y[i in N] ~ Binomial(m[i], 0.5)
""",
        "latent m[i in N]",
        lambda n: {"y": [0, 1], "top": [n, 2]},
        20_000,
    ),
    "ragged rows of latents read together": Case(
        """
dim S, T[S]
for s in S:
    for t in T[s]:
        latent z[s, t] ~ Bernoulli(0.3)
    observed y[s] ~ Normal(sum(z[s, t] * z[s, u] for t in T[s] for u in T[s]), 1)
""",
        "observed y[s]",
        lambda n: {"y": zeros(2), "T": [n, 1], "S": 2},
        3,
        None,
    ),
}

REFUSE = """
import json, sys
import genlang
from genlang.diagnostics import GenlangError
text, data = json.load(sys.stdin)
try:
    genlang.model(text).bind(data)
    found = None
except GenlangError as error:
    found = [(d.code, error.source.slice(d.span), d.why, d.help) for d in error.diagnostics]
print(json.dumps({"found": found, "torch": "torch" in sys.modules}))
"""


@pytest.mark.alone
@pytest.mark.parametrize("name", CASES)
def test_a_large_structure_is_refused_with_the_statement_that_couples(name, byte_code):
    """In under a second of CPU time, in a process of its own, without torch."""
    case = CASES[name]
    given = json.dumps([case.text, case.data(case.large)]).encode()
    took, done = least(["-c", REFUSE], 1.0, byte_code, input=given)
    result = json.loads(done.stdout)
    assert not result["torch"]
    ((code, statement, why, _),) = result["found"]
    assert code in {"E702", "E704"}
    assert statement.startswith(case.couples)
    assert why
    assert took < 1.0


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.small is not None])
def test_its_small_version_is_summed_exactly(name):
    case = CASES[name]
    data = case.data(case.small)
    sizes = {k: v for k, v in data.items() if k in {"N", "J", "K"}}
    bound = genlang.model(case.text).bind(data)
    every = {**bound.table.sizes, **sizes}
    wanted = oracle.log_density(bound.model.compiled.model, data, {}, every)
    assert bound.log_density({}) == pytest.approx(wanted, rel=1e-10, abs=1e-10)


def test_sizes_that_the_model_writes_are_refused_when_it_is_compiled():
    text = CASES["two sums over all cells"].text.replace("dim N", "dim N = 60")
    with pytest.raises(GenlangError) as error:
        genlang.model(text)
    assert [d.code for d in error.value.diagnostics] == ["E704"]


COUPLED = """
dim T, K = 30
data p[K]: simplex[K]
data q[K, K]: simplex[K]
for t in T:
    latent a[t] ~ Categorical(ones(K) / K) then Categorical(p[{a}])
    latent b[t] ~ Categorical(ones(K) / K) then Categorical(q[{b}])
    observed y[t] ~ Normal(a[t] + b[t], 1)
"""


@pytest.mark.parametrize(
    ("a", "b", "formula"),
    [
        ("a[t-1]", "b[t-1], 1", "T*K^2*(K+K)"),
        ("a[t-1]", "b[t-1], a[t]", "T*K^2*(K+K)"),
        ("a[t-1]", "b[t-1], a[t-1]", "T*K^2*(K+K)"),
        ("max(a[t-1], b[t-1])", "b[t-1], a[t]", "T*K^2*(K+K)"),
        ("max(a[t-1], b[t-1])", "b[t-1], a[t-1]", "T*K^4"),
    ],
)
def test_coupled_latents_are_taken_in_one_after_the_other_where_their_tables_allow(a, b, formula):
    """The formula that `explain` prints; where it is the sum, the stages at run time are two."""
    from genlang.runtime.chains.stages import window

    model = genlang.model(COUPLED.format(a=a, b=b))
    assert f"{formula} operations" in " ".join(model.explain().split())
    seen = []
    random = np.random.default_rng(1)
    data = {
        "y": random.normal(30, 20, 4),
        "p": random.dirichlet(np.ones(30), 30),
        "q": random.dirichlet(np.ones(30), (30, 30)),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "genlang.runtime.chains.chain.window",
            lambda *args: seen.append(window(*args)) or seen[-1],
        )
        assert np.isfinite(model.bind(data).log_density({}))
    assert {len(w.stages) for w in seen} == {2 if "+" in formula else 1}
