"""Sums of latents: `Delta`, totals of arrays, the values that they may have."""

import numpy as np
import pytest
import torch

import genlang
from genlang.infer.session import session
from genlang.runtime.reductions import eliminating
from genlang.runtime.totals import fold_cells
from tests.agreement import agrees

GRID = "for s in S:\n    for i in I:\n        latent z[s, i] ~ Bernoulli(0.3)\n"
TWO = f"dim S = 2, I = 2\n{GRID}"
ROW = "dim I = 3\ndata a[I, I]: int\nfor i in I:\n    latent z[i] ~ Bernoulli(0.4)\n"
A = [[0, 1, 2], [1, 0, -1], [3, 1, 1]]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (f"{ROW}observed y[i in I] ~ Normal(sum(a[i, j] * z[j] for j in I), 1)\n",
         {"a": A, "y": [5.0, 0.0, 1.0]}),
        (f"{ROW}observed y[i in I] ~ Normal(sum(z[j] for j in I if j != i) + a[0, i], 1)\n",
         {"a": A, "y": [2.0, 0.0, 1.0]}),
        ((f"{TWO}data of[S]: index(S)\ndata w[S, I]: int\nfor s in S:\n"
         "    observed y[s] ~ Normal(sum(w[s, i] * z[of[s], i] for i in I), 1)\n"),
         {"of": [1, 0], "w": [[1, 2], [0, 1]], "y": [1.0, 2.0]}),
        (f"{TWO}observed y[s in S] ~ Normal(sum(z[s]) + 3 * any(z[s]), 1)\n", {"y": [0.3, 1.2]}),
        ((f"{TWO}observed y[s in S] ~ Normal(sum(z[s, i] for i in I), 1)\n"
         "observed w[i in I] ~ Normal(sum(z[s, i] for s in S), 1)\n"),
         {"y": [0.3, 1.2], "w": [1.0, 2.0]}),
        (f"{TWO}observed y ~ Normal(sum(max(z[s, i] for s in S) for i in I), 1)\n", {"y": 1.0}),
        (f"{TWO}observed y[s in S] ~ Bernoulli(0.1 + 0.5 * all(z[s, i] == 0 for i in I))\n",
         {"y": [1, 0]}),
        ((f"{TWO}for s in S:\n    latent n[s] ~ Delta(sum(abs(z[s, i] - 1) for i in I))\n"
         "    observed y[s] ~ Normal(n[s], 1)\n"), {"y": [0.3, 1.2]}),
        ((f"{TWO}for s in S:\n    latent n[s] ~ Delta(clamp(sum(z[s]), 0, 1))\n"
         "    observed y[s] ~ Normal(n[s], 1)\n"), {"y": [0.3, 1.2]}),
    ],
)  # fmt: skip
def test_totals_equal_enumeration(text, data):
    bound = agrees(text, data, {})
    for z in bound.states({}).values():
        assert z.sum(-1) == pytest.approx(1)


@pytest.mark.parametrize("first", ["Categorical([0.5, 0.3, 0.2])", "Bernoulli(0.4)", "Delta(0)"])
@pytest.mark.parametrize(
    "then",
    ["Delta(min(z[t-1] + 1, 2))", "Delta(max(z[t-1] - 1, 0))", "Delta(2 - z[t-1])",
     "Delta(z[t-1] if z[t-1] == 2 else 1)", "Delta(2 if z[t-1] == 2 else z[t-1] + 1)",
     "Delta(z[t-1])", "Binomial(2, 0.1 + 0.3 * z[t-1])", "Delta((z[t-1] + 1) % 3)"],
)  # fmt: skip
def test_a_chain_may_move_for_sure(first, then):
    if first != "Delta(0)" and "Binomial" in then:
        then = "Binomial(2, 0.1)"
    text = f"dim T\nfor t in T:\n    latent z[t] ~ {first} then {then}\n"
    agrees(f"{text}    observed y[t] ~ Normal(z[t], 1)\n", {"y": [1.0, 2.0, 0.0]}, {})


def test_ends_that_a_dim_gives():
    text = "dim T, K = 3\nfor t in T:\n"
    text += "    latent z[t] ~ DiscreteUniform(K) then Delta(min(z[t-1] + 1, K - 1))\n"
    text += "    observed y[t] ~ Normal(z[t], 1)\n"
    agrees(text, {"y": [1.0, 2.0, 0.0]}, {})
    agrees(text, {"y": [1.0, 2.0, 0.0]}, {}, K=5)


def test_an_open_population():
    """Who survives is counted in those of the year before, declared below: n = s + g."""
    text = """
dim T
latent p ~ Uniform(0, 1)
for t in T:
    latent g[t] ~ Poisson(1.2, upper=2)
    latent s[t] ~ Delta(0) then Binomial(n[t-1], p)
    latent n[t] ~ Delta(min(s[t] + g[t], 4))
    observed y[t] ~ Poisson(n[t] + 0.1)
"""
    agrees(text, {"y": [1, 2, 0, 3]}, {"p": 0.4})


@pytest.mark.parametrize("function", ["sum", "min", "max", "any", "all"])
@pytest.mark.parametrize("low", [-1, 0, 2])
def test_folds_equal_enumeration_by_every_reduction(function, low):
    """Weights of totals, their gradient, the best cells and draws of them."""
    if function in ("any", "all") and low:
        return
    random = np.random.default_rng(3)
    states = 2 if function in ("any", "all") else 3
    values = torch.arange(low, low + states)
    logs = torch.as_tensor(random.normal(size=(5, states)))
    inside = torch.tensor([True, True, False, True, True])
    fold = {"sum": sum, "min": min, "max": max, "any": any, "all": all}[function]
    lows, highs = (4 * low, 4 * (low + states - 1)) if function == "sum" else (low, int(values[-1]))
    totals = torch.arange(lows, highs + 1)
    with session(seed=1):
        found = fold_cells(function, logs, values, totals, inside)
        want = np.full(len(totals), -np.inf)
        best = np.full(len(totals), -np.inf)
        for cells in np.ndindex(*[states] * 4):
            place = int(fold(low + c for c in cells)) - lows
            weight = sum(float(logs[k, c]) for k, c in zip((0, 1, 3, 4), cells, strict=True))
            want[place] = np.logaddexp(want[place], weight)
            best[place] = max(best[place], weight)
        assert found.numpy() == pytest.approx(want, rel=1e-12)
        with eliminating("max"):
            top = fold_cells(function, logs, values, totals, inside)
        assert top.numpy() == pytest.approx(best, rel=1e-12)
        place = int(np.argmax(want))
        tap = torch.zeros_like(logs, requires_grad=True)
        with eliminating("draw"):
            drawn = fold_cells(function, logs + tap, values, totals, inside)[place]
        (picked,) = torch.autograd.grad(drawn, tap)
        assert picked.sum(-1).tolist() == [1, 1, 0, 1, 1]
        cells = [low + int(k) for k in picked.argmax(-1)[inside]]
        assert int(fold(cells)) == int(totals[place])


def test_totals_over_nothing():
    with session(seed=1):
        none = torch.zeros((2, 0, 3))
        assert fold_cells("sum", none, torch.arange(3), torch.arange(1)).tolist() == [[0.0]] * 2
        two = torch.arange(2)
        assert fold_cells("any", none[..., :2], two, two).tolist() == [[0.0, -np.inf]] * 2
        assert fold_cells("all", none[..., :2], two, two).tolist() == [[-np.inf, 0.0]] * 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (("dim N\nlatent q ~ Uniform(0, 1)\nlatent w[N] ~ Delta(floor(3 * q / (1 - q)))\n"
         "observed y[n in N] ~ Normal(w[n], 1)\n"), "E701"),
        (("dim S, T[S]\ndata x[s in S, t in T[s]]: real\n"
         "observed y[s in S]: real[3] ~ MultivariateNormal(x[s], covariance=eye(3))\n"), "E290"),
        (("dim S, T[S]\ndata x[s in S, t in T[s]]: real\nlet r = exp(x)\n"
         "observed y[s in S] ~ Normal(mean(r[s]), 1)\n"), "E290"),
        (("dim N, R\ndata w[N]: nonneg\ndata of[R]: index(N)\nfor n in N weight w[n]:\n"
         "    latent z[n] ~ Bernoulli(0.3)\nobserved y[r in R] ~ Normal(z[of[r]], 1)\n"), "E703"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(text, code):
    with pytest.raises(genlang.ModelError) as refused:
        genlang.model(text)
    assert [d.code for d in refused.value.diagnostics if d.severity == "error"] == [code]


def test_impossible_data_do_not_pass():
    text = "dim N\nfor n in N:\n    latent a[n] ~ Binomial(3, 0.4)\n"
    with pytest.raises(genlang.DataError) as refused:
        genlang.model(f"{text}    observed y[n] ~ Delta(a[n] + 2)\n").bind({"y": [2, 1, 3]})
    assert [d.code for d in refused.value.diagnostics] == ["D122"]
    fit = genlang.model(f"{text}    observed y[n] ~ Delta(2 * a[n])\n").fit({"y": [2, 1, 4]})
    assert fit.faults
