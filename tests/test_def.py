"""`def`: a model with functions is the same model written out by hand.

Programs, log densities, gradients, marginals and the oracle's answers are compared, for a call in
each place in which an expression may stand.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import genlang
from genlang.diagnostics import DataError, Diagnostic, ModelError
from genlang.emit.sharing import shared
from genlang.pipeline import check_text
from genlang.syntax.format import format as layout
from tests import oracle

Y = [0.3, -1.2, 2.1, 0.4]


@dataclass(frozen=True)
class Case:
    """A model with functions, the lines of it that say the same by hand, data and values."""

    text: str
    instead: Mapping[str, str]
    data: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def by_hand(self) -> str:
        """The model without functions."""
        lines = iter(self.text.strip().splitlines())
        kept: list[str] = []
        for line in lines:
            if line.startswith("def "):
                if line.endswith(":"):
                    while not next(lines).startswith("    return"):
                        pass
                continue
            kept.append(line)
        text = "\n".join(kept) + "\n"
        for call, expression in self.instead.items():
            text = text.replace(call, expression)
        return text


CASES = {
    "of unknowns and data": Case(
        """
dim N
data dose[N]: positive
def hill(x: real, k: positive) -> real: return x ^ 2 / (x + k)
latent k ~ HalfNormal(1)
observed y[n in N] ~ Normal(hill(dose[n], k), 1)
""",
        {"hill(dose[n], k)": "dose[n] ^ 2 / (dose[n] + k)"},
        {"dose": [1, 2, 3, 4], "y": Y},
        {"k": 0.7},
    ),
    "arguments by name, and a body of several lines": Case(
        """
dim N
data dose[N]: positive
def hill(x: real, k: positive, n: positive) -> positive:
    let u = exp(n * x)  # always positive
    let v: positive = exp(n * log(k))
    return u / (u + v)
latent k, n ~ HalfNormal(1)
observed y[i in N] ~ Normal(0, hill(n=n, x=log(dose[i]), k=k))
""",
        {
            "hill(n=n, x=log(dose[i]), k=k)": "exp(n * log(dose[i])) / (exp(n * log(dose[i])) + "
            "exp(n * log(k)))"
        },
        {"dose": [1, 2, 3, 4], "y": Y},
        {"k": 0.7, "n": 1.5},
    ),
    "a function that calls others": Case(
        """
dim N
data x[N]: real
def twice(x: real) -> real: return 2 * x
def shifted(x: real, by: real) -> real: return twice(x) + twice(by)
latent a ~ Normal(0, 1)
observed y[n in N] ~ Normal(shifted(x[n], twice(a)), 1)
""",
        {"shifted(x[n], twice(a))": "2 * x[n] + 2 * (2 * a)"},
        {"x": [1, 2, 3, 4], "y": Y},
        {"a": -0.4},
    ),
    "latents that are summed out": Case(
        """
dim N, K = 3
latent share ~ Dirichlet(ones(K))
latent mu[K] ~ Normal([-2, 0, 2], 1)
def rate(m: real[D], k: index(D), up: bool) -> real: return m[k] + (1.5 if up else 0)
def spread(up: bool) -> positive: return 1 + up
for n in N:
    latent z[n] ~ Categorical(share)
    latent up[n] ~ Bernoulli(0.2 + 0.1 * z[n])
    observed y[n] ~ Normal(rate(mu, z[n], up[n]), spread(up[n]))
""",
        {"rate(mu, z[n], up[n])": "mu[z[n]] + (1.5 if up[n] else 0)", "spread(up[n])": "1 + up[n]"},
        {"y": Y},
        {"share": [0.2, 0.3, 0.5], "mu": [-1.5, 0.2, 1.7]},
    ),
    "a chain, and lags as arguments": Case(
        """
dim T, K = 2
data p: simplex[K]
data stay: unit
def moved(k: index(K), stay: unit) -> simplex[K]:
    return normalize([stay if j == k else 1 - stay for j in K])
def drift(before: real, k: count) -> real: return 0.5 * before + k
for t in T:
    latent z[t] ~ Categorical(p) then Categorical(moved(z[t-1], stay))
    observed y[t] ~ Normal(0, 1) then Normal(drift(y[t-1], z[t]), 1)
""",
        {
            "moved(z[t-1], stay)": "normalize([stay if j == z[t-1] else 1 - stay for j in K])",
            "drift(y[t-1], z[t])": "0.5 * y[t-1] + z[t]",
        },
        {"y": Y, "p": [0.4, 0.6], "stay": 0.8},
    ),
    "a recursion": Case(
        """
dim T
latent omega ~ HalfNormal(1)
latent alpha ~ Uniform(0, 1)
def next(h: positive, e: real, w: positive, a: unit) -> positive: return w + a * e ^ 2 + 0.2 * h
for t in T:
    let h[t] = 1 then next(h[t-1], y[t-1], omega, alpha)
    observed y[t] ~ Normal(0, sqrt(h[t]))
""",
        {"next(h[t-1], y[t-1], omega, alpha)": "omega + alpha * y[t-1] ^ 2 + 0.2 * h[t-1]"},
        {"y": Y},
        {"omega": 0.5, "alpha": 0.3},
    ),
    "let, report, factor, require, bounds, starts": Case(
        """
dim N
data x[N]: real
data top: positive
def half(x: real) -> real: return x / 2
def sure(x: positive) -> positive: return x / 2
require half(top) > 0.1, "too small"
let low = half(-top)
data w[N]: real(lower=half(-top))
param slope: real(lower=half(-top), upper=half(top)) = half(0.2)
latent b ~ Normal(0, 1, lower=half(-top))
let eta[n in N] = half(b) * x[n] + w[n] + low
report doubled = half(4 * b)
factor half(b) * slope
observed y[n in N] ~ Normal(eta[n] + slope, sure(top))
""",
        {
            "half(top) >": "top / 2 >",
            "half(-top)": "(-top) / 2",
            "half(top))": "top / 2)",
            "half(0.2)": "0.2 / 2",
            "half(b)": "b / 2",
            "half(4 * b)": "4 * b / 2",
            "sure(top)": "top / 2",
        },
        {"x": [1, 2, 3, 4], "w": [1, 0, 1, 2], "top": 3.0, "y": Y},
        {"b": 0.4, "slope": 0.3},
    ),
    "sizes of dims and parts": Case(
        """
dim T
def less(n: int, by: int) -> int: return n - by
dim gap = less(T, 1)
data y0[T]: real
def step(a: real[T], t: int) -> real: return a[t + 1] - a[t]
let d[g in gap] = step(y0, g)
latent s ~ HalfNormal(1)
for t in T[less(2, 1):less(T, 1)]:
    observed y[t] ~ Normal(y0[t], s)
observed z[g in gap] ~ Normal(d[g], s)
""",
        {
            "less(2, 1)": "2 - 1",
            "less(T, 1)": "T - 1",
            "step(y0, g)": "y0[g + 1] - y0[g + 0]",
        },
        {"y0": [1, 2, 4, 3], "y": Y, "z": [0.3, 0.1, 0.2]},
        {"s": 0.8},
    ),
    "arrays over any dim": Case(
        """
dim N, D, E
data x[N, D]: real
data u[N, E]: real
def score(row: real[J], b: real[J]) -> real: return sum(row[n] * b[n] for n in J) + mean(b) / J
def centred(v: real[J]) -> real[J]:
    let m = mean(v)
    return [v[n] - m for n in J]
latent b[D] ~ Normal(0, 1)
latent c[E] ~ Normal(0, 1)
for n in N:
    observed y[n] ~ Normal(score(x[n], b) + score(centred(u[n]), c) + score([1, 2], [b[0], 3]), 1)
""",
        {
            "score(x[n], b)": "(sum(x[n, d] * b[d] for d in D) + mean(b) / D)",
            "score(centred(u[n]), c)": "(sum([u[n, e] - mean(u[n]) for e in E][f] * c[f] "
            "for f in E) + mean(c) / E)",
            "score([1, 2], [b[0], 3])": "(1 * b[0] + 2 * 3 + mean([b[0], 3]) / 2)",
        },
        {
            "x": [[1, 2], [0, 1], [3, 1], [1, 1]],
            "u": [[1, 2, 3], [0, 1, 0], [3, 1, 1], [1, 1, 2]],
            "y": Y,
        },
        {"b": [0.4, -0.3], "c": [0.1, 0.2, 0.5]},
    ),
    "ragged rows": Case(
        """
dim S, T[S]
data x[s in S, t in T[s]]: real
def size2(v: real[J]) -> real: return sum(v) / J + max(v) + sum(v[s] ^ 2 for s in J[1:])
latent a ~ Normal(0, 1)
for s in S:
    observed y[s] ~ Normal(a * size2(x[s]), 1)
""",
        {
            "size2(x[s])": "(sum(x[s, t] for t in T[s]) / sum(1 for t in T[s]) "
            "+ max(x[s, t] for t in T[s]) + sum(x[s, t] ^ 2 for t in T[s, 1:]))"
        },
        {"x": [[1, 2], [3], [1, 0, 2], [2]], "y": Y},
        {"a": 0.6},
    ),
    "totals, and sizes of supports": Case(
        """
dim pool, person[pool]
data n[pool]: count
latent p ~ Beta(1, 4)
def seen(sick: bool[J], sure: unit) -> unit: return sure if any(sick) else 0.01
def most(n: count, k: count) -> count: return n + 2 * k
for i in pool:
    for j in person[i]:
        latent ill[i, j] ~ Bernoulli(p)
    latent k[i] ~ Binomial(n[i], p)
    latent m[i] ~ Binomial(most(n[i], k[i]), p)
    observed found[i] ~ Bernoulli(seen(ill[i], 0.9))
    observed y[i] ~ Normal(m[i], 1)
""",
        {
            "most(n[i], k[i])": "n[i] + 2 * k[i]",
            "seen(ill[i], 0.9)": "0.9 if any(ill[i]) else 0.01",
        },
        {"n": [1, 2], "found": [1, 0], "y": [2, 1], "person": [2, 3]},
        {"p": 0.3},
    ),
    "a change point, and labels": Case(
        """
dim T
dim arm = ["control", "drug"]
data a[T]: index(arm)
def level(t: index(T), s: index(T), early: positive, late: positive) -> positive:
    return early if t < s else late
def effect(a: index(arm), b: positive) -> positive: return 1 + (b if a == "drug" else 0)
latent s ~ DiscreteUniform(T)
latent early, late, b ~ HalfNormal(1)
for t in T:
    observed y[t] ~ Poisson(level(t, s, early, late) * effect(a[t], b))
observed z ~ Normal(effect("drug", b) + effect("control", b), 1)
""",
        {
            "level(t, s, early, late)": "(early if t < s else late)",
            "effect(a[t], b)": '(1 + (b if a[t] == "drug" else 0))',
            'effect("drug", b)': "1 + (b if 1 == 1 else 0)",
            'effect("control", b)': "(1 + (b if 0 == 1 else 0))",
        },
        {"y": [1, 0, 3, 4], "a": ["control", "drug", "drug", "control"], "z": 0.3},
        {"early": 0.6, "late": 2.5, "b": 0.4},
    ),
    "structured arguments and results": Case(
        """
dim N, K = 3
latent w ~ Dirichlet(ones(K))
latent cuts: ordered[K] ~ Normal(0, 2)
def mixed(a: simplex[K], share: unit) -> simplex[K]: return normalize(share * a + (1 - share) / K)
def moved(c: ordered[J], by: real) -> real[J]: return c + by
for n in N:
    observed g[n] ~ Categorical(mixed(w, 0.7))
    observed o[n] ~ OrderedLogistic(0.2, moved(cuts, 0.1))
""",
        {
            "mixed(w, 0.7)": "normalize(0.7 * w + (1 - 0.7) / K)",
            "moved(cuts, 0.1)": "cuts + 0.1",
        },
        {"g": [0, 1, 2, 1], "o": [0, 3, 2, 1]},
        {"w": [0.2, 0.3, 0.5], "cuts": [-1.0, 0.5, 1.5]},
    ),
}


def program(text: str) -> str:
    """The program without its comments, which quote the model."""
    return re.sub(r"\s*#.*", "", genlang.model(text).to_python())


def found(text: str) -> list[Diagnostic]:
    """The errors and warnings of a model."""
    return list(check_text(text)[1])


@pytest.mark.parametrize("name", CASES)
def test_functions_are_what_is_written_out_by_hand(name: str) -> None:
    case = CASES[name]
    with_calls, by_hand = (genlang.model(t) for t in (case.text, case.by_hand))
    assert "def " in case.text
    assert not any(
        f"{w.split('(')[0]}(" in case.by_hand for w in re.findall(r"def (\w+\()", case.text)
    )
    one, two = (m.bind(case.data) for m in (with_calls, by_hand))
    assert one.log_density(case.values) == pytest.approx(two.log_density(case.values), rel=1e-12)
    for key, gradient in two.gradient(case.values).items():
        assert np.asarray(one.gradient(case.values)[key]) == pytest.approx(gradient, rel=1e-12)
    table = one.table
    every = table.sizes | {n: list(k) for n, k in table.lengths.items()}
    model = with_calls.compiled.model
    want = oracle.posterior(model, table.arrays, case.values, every)
    assert one.log_density(case.values) == pytest.approx(want.total, rel=1e-12)
    for key, marginal in want.marginals().items():
        for bound in (one, two):
            seen = np.asarray(bound.states(case.values)[key])
            # What the oracle leaves out of ragged rows is padding.
            np.testing.assert_allclose(seen, np.nan_to_num(marginal), rtol=1e-12, atol=1e-12)


PLAIN = ["of unknowns and data", "a function that calls others", "latents that are summed out",
         "a chain, and lags as arguments", "a recursion", "totals, and sizes of supports",
         "a change point, and labels", "structured arguments and results"]  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_programs_are_those_of_the_model_by_hand(name: str) -> None:
    case = CASES[name]
    assert program(case.text) == program(case.by_hand)


# -- What is written out ----------------------------------------------------------------------

TWICE = """
dim N, D
data x[N, D]: real
def curve(u: real, k: positive) -> positive:
    let e = exp(-k * u)
    let s = 1 + e
    return e / s + log(s)
latent beta[D] ~ Normal(0, 1)
latent shared, k ~ HalfNormal(1)
for n in N:
    latent z[n] ~ Bernoulli(0.3)
    observed y[n] ~ Normal(shared, curve(x[n] @ beta, k) if z[n] else curve(x[n] @ beta, k) ^ 2)
"""


def test_what_a_body_reads_again_is_computed_once() -> None:
    for function in program(TWICE).split("def joint"):
        body = function.replace("shared * ", "")
        assert body.count("torch.log(") <= 2  # one for each branch of the `if`
        assert body.count("@") <= 2  # a matrix product, and a decorator
    values = {"beta": [0.4, -0.2], "shared": 0.7, "k": 1.2}
    data = {"x": [[1, 2], [0, 1], [3, 1], [1, -1]], "y": Y}
    bound = genlang.model(TWICE).bind(data)
    table = bound.table
    want = oracle.log_density(bound.model.compiled.model, table.arrays, values, table.sizes)
    assert bound.log_density(values) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("y = torch.exp(a) / (torch.exp(a) + 1)", ["s1 = torch.exp(a)", "y = s1 / (s1 + 1)"]),
        ("y = torch.exp(μ) - (torch.exp(μ))", ["s1 = torch.exp(μ)", "y = s1 - s1"]),
        (
            "y = torch.log(1 + torch.exp(a)) * torch.log(1 + torch.exp(a)) + torch.exp(a)",
            ["s1 = torch.exp(a)", "s2 = torch.log(1 + s1)", "y = s2 * s2 + s1"],
        ),
        # Each is computed in one case only, or costs nothing, or draws.
        ("y = torch.exp(a) if c else torch.exp(a)", None),
        ("y = a * a + a * a", None),
        ("y = torch.ones(3) + torch.ones(3)", None),
        ('y = pyro.sample("a", dist.Normal(0, 1)) + pyro.sample("a", dist.Normal(0, 1))', None),
    ],
)
def test_parts_of_a_line_are_named_once(line: str, made: list[str] | None) -> None:
    names = iter(["s1", "s2", "s3"])
    assert shared(line, lambda: next(names)) == (made or [line])


def test_indices_of_a_body_are_none_of_the_call() -> None:
    model = genlang.model("""
dim N, D
data x[N, D]: real
def total(v: real[J], m: real) -> real: return sum(v[n] * m for n in J)
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(total(x[n], b * n), 1)
""")
    assert "sum(x[n, n_2] * (b * n) for n_2 in D)" in str(model.explain())


def test_a_statement_over_a_dim_takes_an_array() -> None:
    text = """
dim N
data x[N]: real
def line(x: real[J], a: real) -> real[J]: return a * x
latent a ~ Normal(0, 1)
observed y[N] ~ Normal(line(x, a), 1)
"""
    assert program(text) == program(text.replace("line(x, a)", "a * x"))


def test_a_layout_of_functions_is_stable() -> None:
    for case in CASES.values():
        made = layout(case.text)
        assert layout(made) == made
        assert program(made) == program(case.text)


# -- What is said -----------------------------------------------------------------------------


def test_a_fault_of_a_body_is_told_once_whether_it_is_called_or_not() -> None:
    body = "def f(x: real) -> real: return x + z\n"
    calls = "latent a ~ Normal(f(1), 1)\nobserved y ~ Normal(f(a) + f(2), 1)\n"
    for text in (body, body + calls):
        (fault,) = [d for d in found(text) if d.severity == "error"]
        assert fault.code == "E201"
        assert fault.span is not None
        assert text[fault.span.start : fault.span.end] == "z"


def test_a_doubt_about_a_body_is_told_once() -> None:
    text = """
def f(x: real, y: real) -> positive: return x * y
latent a, b ~ Normal(0, 1)
observed y ~ Normal(f(a, b), f(b, a))
"""
    assert [d.code for d in found(text)] == ["W408"]


CHECKED = """
dim N, K = 3
data u[N], v[N]: positive
data w[K]: real
data at[N]: count
def root(x: positive) -> positive: return sqrt(x)
def inner(a: real, b: real) -> real: return root(a - b) + a
def pick(w: real[D], k: count) -> real: return w[k] + 1
latent s ~ HalfNormal(1)
observed y[n in N] ~ Normal(root(u[n] - v[n]), s)
observed z[n in N] ~ Normal(inner(u[n], v[n]), s)
observed q[n in N] ~ Normal(pick(w, at[n]), s)
"""


def test_data_show_what_could_not_be_told_and_the_call_is_named() -> None:
    model = genlang.model(CHECKED)
    data = {"u": [1, 2], "v": [0.5, 3], "w": [1, 2, 3], "at": [1, 5], "y": Y[:2], "z": Y[:2],
            "q": Y[:2]}  # fmt: skip
    with pytest.raises(DataError) as raised:
        model.bind(data)
    assert len(raised.value.diagnostics) == 3
    for fault in raised.value.diagnostics:
        assert "row 2 of `N`" in fault.where
        assert fault.span is not None
        text = CHECKED[fault.span.start : fault.span.end]
        assert text in ("inner(u[n], v[n])", "pick(w, at[n])", "u[n] - v[n]")
        if text != "u[n] - v[n]":
            assert fault.second is not None
            start, stop = fault.second[0].start, fault.second[0].end
            assert CHECKED[start:stop] in ("a - b", "w[k]")
    good = data | {"v": [0.5, 1], "at": [1, 2]}
    assert np.isfinite(model.bind(good).log_density({"s": 1.0}))


def test_what_a_missing_cell_may_be_is_no_check_of_the_data() -> None:
    model = genlang.model("""
dim T
def root(x: positive) -> positive: return sqrt(x)
latent s ~ HalfNormal(1)
for t in T:
    observed y[t] ~ Normal(3, 1) then Normal(root(y[t-1] * y[t-1] + 1), s)
""")
    bound = model.bind({"y": [1.0, None, 2.0]})
    assert np.isfinite(bound.log_density({"s": 1.0, "y_missing": [0.5]}))


@pytest.mark.parametrize("form", ["f{0}(x) * f{0}(x + 1)", "f{0}(f{0}(x))", "f{0}(x)"])
def test_functions_that_grow_without_end_are_refused(form: str) -> None:
    lines = ["def f0(x: real) -> real: return x * x + 1"]
    lines += [f"def f{n + 1}(x: real) -> real: return {form.format(n)}" for n in range(40)]
    text = "\n".join([*lines, "latent a ~ Normal(0, 1)", "observed y ~ Normal(f40(a), 1)"])
    with pytest.raises(ModelError) as raised:
        genlang.model(text)
    assert [d.code for d in raised.value.diagnostics] == ["E340"]


def test_a_size_of_a_dim_may_be_a_call() -> None:
    model = genlang.model("""
def twice(n: count) -> count: return 2 * n
dim K = twice(2)
observed y[k in K] ~ Normal(k, 1)
""")
    assert model.bind({"y": Y}).table.sizes["K"] == 4
