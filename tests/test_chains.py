"""Random programs with chains and trees: all that is summed out equals enumeration by the oracle.

Log density, marginals, mode, expected counts, gradients, joint draws, and Hessian-vector products
of kernels and scans against the plain loop in torch. The long test prints how often each feature
occurs.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

import genlang
from genlang.api import Bound
from genlang.diagnostics import DataError, ModelError
from genlang.infer.values import given as shaped
from genlang.plan.steps import SumChain
from genlang.runtime.chains import chain, plain, scan
from tests import oracle
from tests.structures import Structure, Transition, each
from tests.structures_chains import CHAINS, chain_structures
from tests.test_structures import bound_to

COUNT = 2000
LEAST = 50  # of the long test's programs show each of these
SHOWN = (
    "order 1", "order 2", "ragged chain", "length-0", "length-1", "part of a dim", "row start",
    "coupled", "later latent", "later observed", "step-local", "mixture", "outer lag",
    "lagged let", "observed then", "continuous", "recursion", "neighbours", "ends", "counts",
    "lag factor", "absorbing", "zeros", "rows", "tree", "equal", "different", "impossible evidence",
    "expected counts", "gradients", "modes", "Hessian-vector products", "draws",
)  # fmt: skip
MOST_DRAWN = 256  # joint states of the programs whose draws are counted
DRAWS = 120
STEP = 1e-3


@dataclass(slots=True)
class Tally:
    """What a run of random programs has seen: counts by feature, and the draws' chi-square."""

    counts: Counter[str] = field(default_factory=Counter)
    statistic: float = 0.0
    freedom: int = 0
    number: int = 0

    @property
    def p_value(self) -> float:
        """The probability of draws at least so far from the posterior; 1 where none were drawn."""
        if self.freedom == 0:
            return 1.0
        return float(stats.chi2.sf(self.statistic, self.freedom))


def compare(structure: Structure, tally: Tally) -> None:
    """Hold one program against the oracle."""
    bound = bound_to(structure)
    values = filled(bound, structure.values)
    truth = posterior(bound, structure)
    got = bound.log_density(values)
    assert got == truth.total or got == pytest.approx(truth.total, rel=1e-10, abs=1e-10)
    slopes = bound.gradient(values)
    assert all(np.isfinite(g).all() for g in slopes.values())
    if truth.total == -np.inf:
        tally.counts["impossible evidence"] += 1
        return
    tally.counts["possible"] += 1
    marginals = bound.states(values)
    for name, expected in truth.marginals().items():
        there = marginals[name][tuple(slice(n) for n in expected.shape)]
        cells = ~np.isnan(expected)
        assert np.allclose(there[cells], expected[cells], rtol=0, atol=1e-10)
        assert np.abs(there[~cells]).sum() == 0
    if "weight" not in structure.tags:
        tally.counts["modes"] += 1
        reached, best = truth.reached(bound.states(values, "mode"))
        assert reached == pytest.approx(best, rel=1e-10, abs=1e-10)
        counts = bound.states(values, "counts")
        for name, expected in truth.marginals().items():
            want = np.nansum(expected.reshape(-1, expected.shape[-1]), 0)
            assert np.allclose(counts[name][: len(want)], want, rtol=1e-10, atol=1e-10)
        moves = bound.states(values, "transitions")
        for transition in carried(bound, set(moves)):
            tally.counts["steps"] += 1
            want = truth.pairs(transition.latent, before(transition, structure))
            rows, columns = want.shape
            found = moves[transition.latent][:rows, :columns]
            assert np.allclose(found, want, rtol=1e-10, atol=1e-10)
    for transition in structure.transitions:
        tally.counts["expected counts"] += 1
        table = np.asarray(structure.values[transition.table])
        want = truth.pairs(transition.latent, before(transition, structure))
        rows, columns = want.shape
        found = (slopes[transition.table] * table)[:rows, :columns]
        assert np.allclose(found, want, rtol=1e-10, atol=1e-10)
        if "weight" not in structure.tags and transition.latent in moves:
            steps = moves[transition.latent][:rows, :columns]
            assert np.allclose(steps, want, rtol=1e-10, atol=1e-10)


def carried(bound: Bound, names: set[str]) -> list[Transition]:
    """The latents that chains of order one carry, with the axis that each runs along."""
    return [
        Transition("", z.name, z.loops.index(step.lag.loop), "")
        for step in bound.compiled.plan.steps
        if isinstance(step, SumChain) and step.order == 1 and step.lag.parent is None
        for z in step.states
        if z.name in names and step.lag.loop in z.loops
    ]


def posterior(bound: Bound, structure: Structure) -> oracle.Posterior:
    """Return the oracle's posterior."""
    known = (structure.data, structure.values, structure.sizes)
    return oracle.posterior(bound.model.compiled.model, *known)


def before(transition: Transition, structure: Structure) -> Any:
    """Return the cell before a cell, along the transition's axis or at the node's parent."""
    axis = transition.axis

    def cell(at: tuple[int, ...]) -> tuple[int, ...]:
        old = at[axis] - 1
        if transition.parent:
            found = structure.data[transition.parent][at[axis]]
            old = at[axis] if found is None else found
        return (*at[:axis], old, *at[axis + 1 :])

    return cell


def filled(bound: Bound, values: dict[str, Any]) -> dict[str, Any]:
    """Values without any cells in the shape of their site; nested lists may lack its last axes."""
    shapes = {s.name: s.shape for s in bound._density.sites}
    return {n: np.zeros(shapes[n]) if 0 in shapes[n] else v for n, v in values.items()}


def differences(structure: Structure, tally: Tally, random: np.random.Generator) -> None:
    """Hold gradients against central differences of the oracle, at some cells."""
    bound = bound_to(structure)
    model = bound.model.compiled.model
    values = filled(bound, structure.values)
    held = {t.table for t in structure.transitions}  # a simplex has no free cell

    def density(changed: dict[str, Any]) -> float:
        return oracle.log_density(model, structure.data, changed, structure.sizes)

    free = {n: v for n, v in structure.values.items() if n not in held and _scalars(v)}
    if not free or density(structure.values) == -np.inf:
        return
    slopes = bound.gradient(values)
    for _ in range(2):
        name = str(random.choice(sorted(free)))
        places = _scalars(free[name])
        place = places[random.integers(len(places))]
        around = [density({**structure.values, name: _moved(free[name], place, k * STEP)})
                  for k in (-2, -1, 1, 2)]  # fmt: skip
        want = (around[0] - 8 * around[1] + 8 * around[2] - around[3]) / (12 * STEP)
        if not any(f"latent {name}" in line and "Dirichlet" in line
                   for line in structure.text.splitlines()):  # fmt: skip
            assert slopes[name][place] == pytest.approx(want, rel=1e-6, abs=1e-6)
            tally.counts["gradients"] += 1


def _scalars(value: Any) -> list[tuple[int, ...]]:
    """Return the places of all numbers in nested lists."""
    if not isinstance(value, list):
        return [()]
    return [(k, *rest) for k, row in enumerate(value) for rest in _scalars(row)]


def _moved(value: Any, place: tuple[int, ...], by: float) -> Any:
    if not place:
        return value + by
    k = place[0]
    return [*value[:k], _moved(value[k], place[1:], by), *value[k + 1 :]]


def curvature(structure: Structure, tally: Tally, patch: pytest.MonkeyPatch) -> None:
    """Hold Hessian-vector products of kernels and scans against those of the plain loop."""
    bound = bound_to(structure)
    values = filled(bound, structure.values)
    if not values or bound.log_density(values) == -np.inf:
        return
    if "sum_chain" not in bound.model.to_python() and "sum_tree" not in bound.model.to_python():
        return
    fast = _products(bound, values)
    with patch.context() as patched:
        patched.setattr(chain.forest, "eliminate", lambda *a: plain.eliminate(*a[:4]))
        slow = _products(bound, values)
        patched.setattr(chain.forest, "eliminate", lambda *a: scan.eliminate(*a[:4]))
        patched.setattr(scan.Lines, "pay", lambda *_: True)
        scanned = _products(bound, values)
    for one, two, three in zip(fast, slow, scanned, strict=True):
        assert torch.allclose(one, two, rtol=1e-8, atol=1e-8)
        assert torch.allclose(three, two, rtol=1e-8, atol=1e-8)
    tally.counts["Hessian-vector products"] += 1


def _products(bound: Bound, values: dict[str, Any]) -> list[torch.Tensor]:
    with bound._session(1):
        found = {n: v.requires_grad_() for n, v in shaped(bound._density.sites, values).items()}
        leaves = list(found.values())
        total = bound._density.log_density(found)
        nothing = [torch.zeros_like(v) for v in leaves]
        if not total.requires_grad:
            return nothing
        slopes = torch.autograd.grad(total, leaves, create_graph=True, allow_unused=True)
        along = total.new_zeros(()) + sum(
            (g * torch.randn(g.shape)).sum() for g in slopes if g is not None
        )
        if not along.requires_grad:
            return nothing
        second = torch.autograd.grad(along, leaves, allow_unused=True)
        return [torch.zeros_like(v) if h is None else h.detach()
                for h, v in zip(second, leaves, strict=True)]  # fmt: skip


def drawn(structure: Structure, tally: Tally) -> None:
    """Add the chi-square of joint draws with fixed seeds."""
    bound = bound_to(structure)
    values = filled(bound, structure.values)
    truth = posterior(bound, structure)
    sizes = [table.size for _, table in truth.oracle.tables]
    if truth.total == -np.inf or not sizes or max(sizes) > MOST_DRAWN:
        return
    if "weight" in structure.tags:
        return
    draws = []
    for k in range(DRAWS):
        torch.manual_seed(k)
        draws.append(bound.states(values, "draws"))
    statistic, freedom = truth.chi_square(draws)
    assert statistic < np.inf
    tally.statistic += statistic
    tally.freedom += freedom
    tally.counts["draws"] += 1


def refused(structure: Structure, error: ModelError, tally: Tally) -> None:
    """A ragged or weighted array that a statement couples: nothing else may be refused."""
    assert [d.code for d in error.diagnostics] == ["E702"], structure.text
    tally.counts["refused"] += 1


def check(structure: Structure, tally: Tally, number: int, patch: pytest.MonkeyPatch) -> None:
    """Hold one program of a run against the oracle, some in slower ways as well."""
    tally.counts.update(structure.tags)
    try:
        compare(structure, tally)
    except ModelError as error:
        refused(structure, error, tally)
        return
    if number % 3 == 0:
        differences(structure, tally, np.random.default_rng(number))
    if number % 3 == 1:
        curvature(structure, tally, patch)
    if number % 16 == 2:
        drawn(structure, tally)


def run(features: tuple[str, ...], count: int, tally: Tally, patch: pytest.MonkeyPatch) -> None:
    """Check so many random programs that show one of the features."""

    def one(structure: Structure) -> None:
        tally.number += 1
        check(structure, tally, tally.number, patch)

    each(chain_structures(features), count, 20261125, one)


def test_some_random_chains_equal_enumeration(monkeypatch):
    tally = Tally()
    run(CHAINS, 60, tally, monkeypatch)
    assert tally.counts["possible"] >= 30
    assert tally.p_value > 1e-6


@pytest.mark.slow
def test_random_chains_equal_enumeration(capsys, monkeypatch):
    """2,000 programs equal the oracle; how often each feature occurred is shown without `-s`."""
    tally = Tally()
    for feature in CHAINS:
        run((feature,), COUNT // len(CHAINS) + 1, tally, monkeypatch)
    with capsys.disabled():
        print("\n" + "\n".join(f"{n:5d}  {f}" for f, n in sorted(tally.counts.items())))
        print(
            f"chi-square of draws: {tally.statistic:.0f} at {tally.freedom}, p {tally.p_value:.3g}"
        )
    assert tally.number >= COUNT
    assert {f: tally.counts[f] for f in SHOWN if tally.counts[f] < LEAST} == {}
    assert tally.counts["possible"] >= COUNT // 2
    assert tally.counts["refused"] <= COUNT // 20
    assert tally.p_value > 1e-6


# -- Arrangements of the data that mean the same

HMM = """\
dim S, T[S], K = 3
data p: simplex[K]
data q[K]: simplex[K]
for s in S:
    for t in T[s]:
        latent z[s, t] ~ Categorical(p) then Categorical(q[z[s, t-1]])
        observed y[s, t] ~ Normal(z[s, t], 1)
"""
MIXTURE = """\
dim S, T[S], K = 3
data p: simplex[K]
data q[K]: simplex[K]
for s in S:
    latent c[s] ~ Bernoulli(0.3)
    for t in T[s]:
        latent z[s, t] ~ Categorical(p)
            then Categorical(q[z[s, t-1]]) then Categorical(q[z[s, t-2]])
        observed y[s, t] ~ Normal(z[s, t] - c[s], 1) then Normal(z[s, t-1] + z[s, t], 1)
"""
LONG = """\
dim R, S, T[S], K = 3
data p: simplex[K]
data q[K]: simplex[K]
data seq[R]: index(S)
data time[R]: count
for s in S:
    for t in T[s]:
        latent z[s, t] ~ Categorical(p) then Categorical(q[z[s, t-1]])
observed y[r in R] ~ Normal(z[seq[r], time[r]], 1)
"""
FOREST = """\
dim V, K = 3
data p: simplex[K]
data q[K]: simplex[K]
data parent[V]: index(V)
for v in V:
    latent z[v] ~ Categorical(p) then Categorical(q[z[parent[v]]])
    observed y[v] ~ Normal(z[v], 1)
"""


def sequences(seed: int) -> tuple[dict[str, Any], list[list[float]]]:
    """Tables of a chain, and ragged observations with an empty row and one of a single element."""
    random = np.random.default_rng(seed)
    tables = {"p": random.dirichlet(np.ones(3)), "q": random.dirichlet(np.ones(3), 3)}
    lengths = [5, 0, 1, 12, 3, 7]
    return tables, [random.normal(1, 1, n).tolist() for n in lengths]


def rows(text: str, tables: dict[str, Any], y: list[list[float]]) -> np.ndarray:
    """Return the log density of each row."""
    bound = genlang.model(text).bind({**tables, "y": y, "T": [len(row) for row in y]})
    (terms,) = bound.log_density({}, pointwise=True).values()
    return np.asarray(terms)


@pytest.mark.parametrize("text", [HMM, MIXTURE])
@pytest.mark.parametrize("seed_", range(3))
def test_sequences_together_equal_each_alone_and_padding_changes_nothing(text, seed_):
    tables, y = sequences(seed_)
    together = rows(text, tables, y)
    alone = [rows(text, tables, [row])[0] for row in y]
    assert np.allclose(together, alone, rtol=1e-12, atol=0)
    padded = rows(text, tables, [*y, np.linspace(-1, 2, 40).tolist()])
    assert np.allclose(padded[:-1], together, rtol=1e-12, atol=0)


@pytest.mark.parametrize("text", [HMM, MIXTURE])
def test_shuffled_sequences_have_shuffled_densities(text):
    tables, y = sequences(5)
    order = np.random.default_rng(0).permutation(len(y))
    shuffled = rows(text, tables, [y[i] for i in order])
    assert np.allclose(shuffled, rows(text, tables, y)[order], rtol=1e-12, atol=0)


def test_rows_of_a_long_table_stand_in_any_order_and_equal_the_sequences():
    tables, y = sequences(6)
    seq, time = zip(*((s, t) for s, row in enumerate(y) for t in range(len(row))), strict=True)
    flat = np.concatenate(y)
    model, lengths = genlang.model(LONG), [len(row) for row in y]
    order = np.random.default_rng(1).permutation(len(flat))
    found = [
        model.bind({**tables, "T": lengths, "seq": np.array(seq)[o], "time": np.array(time)[o],
                    "y": flat[o], "S": len(y)}).log_density({})
        for o in (np.arange(len(flat)), order)
    ]  # fmt: skip
    assert found[0] == pytest.approx(rows(HMM, tables, y).sum(), rel=1e-12)
    assert found[1] == pytest.approx(found[0], rel=1e-12)


def test_nodes_of_a_forest_stand_in_any_order():
    tables, _ = sequences(7)
    random = np.random.default_rng(7)
    size = 30
    parent = np.array([v if v % 11 == 0 else random.integers(0, v) for v in range(size)])
    y = random.normal(1, 1, size)
    model = genlang.model(FOREST)
    one = model.bind({**tables, "V": size, "parent": parent, "y": y}).log_density({})
    order = random.permutation(size)
    place = np.argsort(order)
    moved = {**tables, "V": size, "parent": place[parent[order]], "y": y[order]}
    assert model.bind(moved).log_density({}) == pytest.approx(one, rel=1e-12)


def test_a_tree_without_branches_is_a_chain():
    tables, y = sequences(8)
    row = y[3]
    parent = [0, *range(len(row) - 1)]
    tree = genlang.model(FOREST).bind({**tables, "V": len(row), "parent": parent, "y": row})
    assert tree.log_density({}) == pytest.approx(rows(HMM, tables, [row]).sum(), rel=1e-12)


# -- Programs that were wrong once

REGRESSIONS = {
    "two trees with different parents coupled by their nodes": (
        """\
dim V
data p[V]: index(V)
data q[V]: index(V)
for v in V:
    latent z[v] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[p[v]])
    latent w[v] ~ Bernoulli(0.4) then Bernoulli(0.2 + 0.5 * w[q[v]] * z[v])
    observed y[v] ~ Normal(w[v] + z[v], 1)
""",
        {"p": [0, 0, 1, 1], "q": [3, 3, 3, 3], "y": [0.1, 1.2, -0.4, 0.9], "V": 4},
    ),
    "neighbours in the table of a tree's nodes": (
        """\
dim V
data p[V]: index(V)
for v in V:
    latent z[v] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[p[v]])
for v in V[1:]:
    factor 0.7 * z[v] * z[v-1]
""",
        {"p": [3, 0, 0, 3], "V": 4},
    ),
    "a chain that a data index of its own loop couples": (
        """\
dim U
data of[U]: index(U)
for u in U:
    latent z[u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[u-1])
for u in U:
    latent w[u] ~ Bernoulli(0.6) then Bernoulli(0.9 - 0.5 * w[u-1])
    observed y[u] ~ Normal(w[u] + 0.5 * z[of[u]], 1)
""",
        {"of": [2, 2, 0, 1], "y": [0.1, 1.2, -0.4, 0.9], "U": 4},
    ),
    "a chain of one element that is coupled": (
        """\
dim U
data of[U]: index(U)
for u in U:
    latent z[u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[u-1])
    latent w[u] ~ Bernoulli(0.6) then Bernoulli(0.9 - 0.5 * w[u-1])
    observed y[u] ~ Normal(w[u] + 0.5 * z[of[u]], 1)
""",
        {"of": [0], "y": [0.1], "U": 1},
    ),
    "coupled cells of a chain over a part": (
        """\
dim U
for u in U[1:]:
    latent z[u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[u-1])
observed y ~ Normal(sum(z[u] * u for u in U[1:]) - z[U-1], 1)
""",
        {"y": 0.4, "U": 5},
    ),
    "coupled cells of a part that counts from the back": (
        """\
dim U
for u in U[-3:]:
    latent z[u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[u-1])
observed y ~ Normal(sum(z[u] * u for u in U[-3:]) - z[U-1], 1)
""",
        {"y": 0.4, "U": 5},
    ),
    "a fixed position beside a latent of the row, in ragged rows": (
        """\
dim S, T[S]
for s in S:
    latent c[s] ~ Bernoulli(0.4)
    for t in T[s]:
        latent z[s, t] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * c[s] * z[s, t-1])
    observed y[s] ~ Normal(z[s, 0] + c[s], 1)
""",
        {"y": [0.1, 0.7, -0.3], "T": [1, 2, 3]},
    ),
    "a lower bound that follows the lag": (
        """\
dim U
for u in U:
    latent z[u] ~ DiscreteUniform(0, 2) then DiscreteUniform(z[u-1], 2)
    observed y[u] ~ Normal(z[u], 1)
""",
        {"y": [0.1, 1.2, 1.4]},
    ),
    "a chain that nothing observes and whose steps have latents of their own": (
        """\
dim U
for u in U:
    latent w[u] ~ Bernoulli(0.4)
    latent z[u] ~ Bernoulli(0.1 + 0.5 * w[u]) then Bernoulli(0.2 + 0.5 * z[u-1] * w[u])
observed y ~ Normal(z[U-1], 1)
""",
        {"y": 0.7, "U": 3},
    ),
    "a recursion reads a lag of what is observed below, which reads a latent below": (
        """\
dim U
for u in U:
    let a[u] = 1 then 0.5 * a[u-1] + 0.1 * y[u-1] ^ 2
    latent z[u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[u-1])
    observed y[u] ~ Normal(z[u], a[u])
""",
        {"y": [0.1, 1.2, -0.4]},
    ),
    "a loop over nothing inside ragged chains": (
        """\
dim S, T[S], N
for s in S:
    for t in T[s]:
        for n in N:
            latent z[s, t, n] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[s, t-1, n])
            observed y[s, t, n] ~ Normal(z[s, t, n], 1)
""",
        {"y": [[[], [], []], [], [[]]], "T": [3, 0, 1], "N": 0, "S": 3},
    ),
    "the second of two recursions over one loop": (
        """\
dim U
data x[U]: real
for u in U:
    let a[u] = 0.4 then 0.5 * a[u-1] + 0.2 * x[u]
    latent z[u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[u-1])
    observed y[u] ~ Normal(z[u] + a[u], 1)
for u in U:
    let b[u] = 0.2 then 0.7 * b[u-1] - 0.2 * x[u]
    observed o[u] ~ Normal(b[u], 1)
""",
        {"x": [0.3, -0.2, 1.1], "y": [0.1, 1.2, -0.4], "o": [0.3, 0.2, 0.9]},
    ),
    "a recursion over a part of ragged rows": (
        """\
dim S, T[S]
for s in S:
    for t in T[s, 1:]:
        let a[s, t] = 0.4 then 0.5 * a[s, t-1]
        let b[s, t] = 0.4 then 0.9 then 0.5 * b[s, t-1] + 0.3 * b[s, t-2]
        latent z[s, t] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[s, t-1])
        observed y[s, t] ~ Normal(a[s, t] - b[s, t] + z[s, t], 0.8)
""",
        {"y": [[0.0, 0.7, 1.2, -0.1], [0.0, 0.4], [0.0], []], "T": [4, 2, 1, 0]},
    ),
}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_programs_that_were_wrong_once_equal_enumeration(name):
    text, data = REGRESSIONS[name]
    bound = genlang.model(text).bind(data)
    sizes = {**bound.table.sizes, **{d: n.tolist() for d, n in bound.table.lengths.items()}}
    model = bound.model.compiled.model
    truth = oracle.posterior(model, data, {}, sizes)
    assert bound.log_density({}) == pytest.approx(truth.total, rel=1e-12)
    found = bound.states({})
    for latent, expected in truth.marginals().items():
        cells = ~np.isnan(expected)
        there = found[latent][tuple(slice(n) for n in expected.shape)]
        assert np.allclose(there[cells], expected[cells], rtol=0, atol=1e-10)
    reached, best = truth.reached(bound.states({}, "mode"))
    assert reached == pytest.approx(best, rel=1e-12)


# -- What cannot be summed

REFUSED = {
    "a recursion over a latent of its steps": (
        "E705",
        """\
dim U
for u in U:
    latent z[u] ~ Bernoulli(0.3)
    let a[u] = z[u] then a[u-1] + z[u]
    observed y[u] ~ Normal(a[u], 1)
""",
    ),
    "a recursion over the lag of a chain": (
        "E705",
        """\
dim U
for u in U:
    latent z[u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[u-1])
    let a[u] = 0 then 0.5 * a[u-1] + z[u-1]
    observed y[u] ~ Normal(a[u], 1)
""",
    ),
    "profiles of ragged rows": (
        "E702",
        """\
dim S, T[S]
for s in S:
    for t in T[s]:
        latent z[s, t] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[s, t-1])
    observed y[s] ~ Normal(sum(z[s, t] for t in T[s]), 1)
""",
    ),
    "profiles of parts that differ by row": (
        "E702",
        """\
dim S, U
data f[S]: count
for s in S:
    for u in U[f[s]:]:
        latent z[s, u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[s, u-1])
    observed y[s] ~ Normal(sum(z[s, u] for u in U[f[s]:]), 1)
""",
    ),
    "counts that grow": (
        "E701",
        """\
dim U
for u in U:
    latent z[u] ~ Binomial(3, 0.5) then Binomial(z[u-1] + 1, 0.5)
    observed y[u] ~ Normal(z[u], 1)
""",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_summed_is_refused_with_the_place(name):
    code, text = REFUSED[name]
    with pytest.raises(ModelError) as found:
        genlang.model(text)
    (diagnostic,) = found.value.diagnostics
    assert diagnostic.code == code
    assert diagnostic.why or diagnostic.help
    assert "[" in text[diagnostic.span.start : diagnostic.span.end]


def test_a_coupled_chain_of_data_size_is_refused_when_it_is_bound():
    text = """\
dim U
for u in U:
    latent z[u] ~ Bernoulli(0.3) then Bernoulli(0.2 + 0.5 * z[u-1])
observed y ~ Normal(sum(z[u] for u in U), 1)
"""
    model = genlang.model(text)
    assert np.isfinite(model.bind({"y": 1.0, "U": 6}).log_density({}))
    with pytest.raises(DataError) as found:
        model.bind({"y": 1.0, "U": 500})
    assert found.value.diagnostics[0].code == "E704"
