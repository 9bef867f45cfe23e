"""`joint` of models that read back: Pyro enumerates it, it simulates, and what comes after."""

import warnings
from collections import Counter

import numpy as np
import pytest
import torch
from pyro import poutine
from pyro.infer import TraceEnum_ELBO

import genlang
from genlang.infer.density import Prior, execute
from genlang.infer.session import session
from genlang.infer.simulate import trace
from genlang.infer.tensors import namespace
from genlang.infer.values import given as shaped
from tests.structures import each
from tests.structures_chains import chain_structures
from tests.test_chains import filled
from tests.test_structures import REFUSALS, bound_to

RNG = np.random.default_rng(11)
HMM = """
dim S, T[S], K = 3
latent start ~ Dirichlet(ones(K))
latent move[K] ~ Dirichlet(ones(K))
latent mu[K] ~ Normal(0, 5)
for s in S:
    for t in T[s]:
        latent z[s, t] ~ Categorical(start) then Categorical(move[z[s, t-1]])
        observed y[s, t] ~ Normal(mu[z[s, t]], 1)
"""
RAGGED = [RNG.normal(size=n).tolist() for n in (3, 1, 5)]
CASES = {
    "ragged": (HMM, {"y": RAGGED}),
    "capture-recapture": (
        """
dim bird, year
data seen[bird, year]: bool
let first[i in bird] = min(t for t in year if seen[i, t])
latent survival, detection ~ Uniform(0, 1)
for i in bird:
    for t in year[first[i]:]:
        latent alive[i, t] ~ Bernoulli(1) then Bernoulli(survival * alive[i, t-1])
        observed seen[i, t] ~ Bernoulli(1) then Bernoulli(detection * alive[i, t])
""",
        {"seen": [[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 1, 1]]},
    ),
    "distributions around others": (
        """
dim N
data late[N]: bool
latent p ~ Beta(2, 2)
latent w ~ Dirichlet(ones(2))
latent m ~ Mixture(w, [Normal(0, 1), Logistic(1, 2)])
for n in N:
    latent z[n] ~ ZeroInflated(p, Binomial(3, 0.5))
    latent u[n] ~ Mixture(w, [Bernoulli(p), DiscreteUniform(1, 2)])
    latent a[n] ~ Censored(Poisson(1 + z[n]), upper = 2)
    latent h[n] ~ Hurdle(p, Hypergeometric(6, 3, 2))
    observed t[n] ~ Censored(Weibull(shape = 1 + a[n], scale = 2), right = late[n])
    observed c[n] ~ Hurdle(p, Gamma(shape = 1 + h[n], rate = 1))
    observed x[n] ~ Mixture([p, 1 - p], [Normal(u[n], 1), Normal(m, 2)])
    observed b[n] ~ Bernoulli(Normal(m, 1).cdf(z[n]))
""",
        {
            "late": [0, 1, 0],
            "t": [1.0, 2.0, 0.5],
            "c": [0, 1.5, 0],
            "x": [0.1, 2.0, -1.0],
            "b": [0, 1, 1],
        },
    ),
    "mixture of chains": (
        """
dim person, T[person], C = 2, K = 3
data dose[i in person, t in T[i]]: real
latent share ~ Dirichlet(ones(C))
latent base[C, K, K] ~ Normal(0, 2)
latent mu[K] ~ Normal(0, 5)
for i in person:
    latent c[i] ~ Categorical(share)
    for t in T[i]:
        let move[j in K] = softmax(base[c[i], j] * dose[i, t])
        latent z[i, t] ~ Categorical(ones(K) / K) then Categorical(move[z[i, t-1]])
        observed y[i, t] ~ Normal(mu[z[i, t]], 1)
""",
        {"y": RAGGED, "dose": RAGGED},
    ),
    "coupled chains, step-local latents": (
        """
dim S, T
latent a, b, c ~ Beta(2, 2)
latent mu[S] ~ Normal(0, 1)
for s in S:
    latent g[s] ~ Bernoulli(a)
    for t in T:
        latent z[s, t] ~ Bernoulli(a) then Bernoulli(0.9 * b if z[s, t-1] else 0.1 + 0.5 * g[s])
        latent w[s, t] ~ Bernoulli(b) then Bernoulli(c if w[s, t-1] == z[s, t-1] else 0.2)
        latent u[s, t] ~ Bernoulli(c)
        observed y[s, t] ~ Normal(mu[s] + z[s, t] + 2 * w[s, t] * u[s, t], 1)
""",
        {"y": RNG.normal(size=(2, 4))},
    ),
    "order 2": (
        """
dim T, K = 3
latent p0 ~ Dirichlet(ones(K))
latent p1[K] ~ Dirichlet(ones(K))
latent p2[a in K, b in K] ~ Dirichlet(ones(K))
latent mu[K] ~ Normal(0, 5)
for t in T:
    latent z[t] ~ Categorical(p0) then Categorical(p1[z[t-1]]) then Categorical(p2[z[t-2], z[t-1]])
    observed y[t] ~ Normal(mu[z[t]], 1)
""",
        {"y": RNG.normal(size=5)},
    ),
    "autoregression under a chain": (
        """
dim T, K = 2
latent p[K] ~ Dirichlet(ones(K))
latent phi[K] ~ Normal(0, 1)
for t in T:
    latent z[t] ~ Categorical(ones(K) / K) then Categorical(p[z[t-1]])
    observed y[t] ~ Normal(0, 2) then Normal(phi[z[t]] * y[t-1], 1)
""",
        {"y": RNG.normal(size=5)},
    ),
    "the lag in the outer loop": (
        """
dim T, S, K = 2
latent p[K] ~ Dirichlet(ones(K))
latent mu[K] ~ Normal(0, 2)
for t in T:
    for s in S:
        latent z[t, s] ~ Categorical(ones(K) / K) then Categorical(p[z[t-1, s]])
        observed y[t, s] ~ Normal(mu[z[t, s]], 1)
""",
        {"y": RNG.normal(size=(4, 3))},
    ),
    "neighbours over a part": (
        """
dim T, K = 2
latent p[K] ~ Dirichlet(ones(K))
latent mu ~ Normal(0, 1)
for t in T:
    latent z[t] ~ Categorical(ones(K) / K) then Categorical(p[z[t-1]])
for t in T[1:]:
    observed y[t] ~ Normal(mu * z[t] + z[t-1], 1)
""",
        {"y": RNG.normal(size=5)},
    ),
    "a latent between two blocks": (
        """
dim T, K = 2
latent p[K] ~ Dirichlet(ones(K))
for t in T:
    latent z[t] ~ Categorical(ones(K) / K) then Categorical(p[z[t-1]])
latent mu[K] ~ Normal(0, 1)
for t in T:
    observed y[t] ~ Normal(mu[z[t]], 1)
""",
        {"y": RNG.normal(size=4)},
    ),
    "a vector computed from a state, read at a loop's index": (
        """
dim N, D
latent a[D] ~ Normal(0, 1)
for n in N:
    latent z[n] ~ Bernoulli(0.3)
    observed y[n, d in D] ~ Normal(softmax(a * z[n])[d] + (a - z[n])[0:2][1], 1)
    observed k[n] ~ Bernoulli(softmax(a * z[n])[z[n]])
""",
        {"y": RNG.normal(size=(4, 3)), "k": [0, 1, 1, 0]},
    ),
    "a random walk": (
        """
dim S, T
latent phi[S] ~ Normal(0, 1)
latent s ~ HalfNormal(1)
for i in S:
    for t in T:
        latent x[i, t] ~ Normal(0, 1) then Normal(phi[i] * x[i, t-1], s)
        observed y[i, t] ~ Normal(x[i, t], 1)
""",
        {"y": RNG.normal(size=(2, 5))},
    ),
    "a recursion over observed values": (
        """
dim T
latent a, c, d ~ HalfNormal(1)
latent mu ~ Normal(0, 1)
for t in T:
    let h[t] = a then a + c * (y[t-1] - mu)^2 + d * h[t-1]
    observed y[t] ~ Normal(mu, sqrt(h[t]))
""",
        {"y": RNG.normal(size=5)},
    ),
    "chains and a recursion over a part of ragged rows": (
        """
dim S, T[S]
latent a ~ Beta(2, 2)
for s in S:
    for t in T[s, 1:]:
        let h[s, t] = a then 0.5 * h[s, t-1]
        latent z[s, t] ~ Bernoulli(a) then Bernoulli(0.2 + 0.5 * a * z[s, t-1])
        observed y[s, t] ~ Normal(z[s, t], 1 + h[s, t])
""",
        {"y": RAGGED},
    ),
    "a window": (
        """
dim T, K = 2
latent beta[K] ~ Normal(0, 1)
latent s ~ HalfNormal(1)
for t in T[K:]:
    observed y[t] ~ Normal(sum(beta[k] * y[t-1-k] for k in K), s)
""",
        {"y": RNG.normal(size=6)},
    ),
    "a tree": (
        """
dim V, K = 2
data parent[V]: index(V)
latent root ~ Dirichlet(ones(K))
latent P[K] ~ Dirichlet(ones(K))
latent mu[K] ~ Normal(0, 3)
for v in V:
    latent z[v] ~ Categorical(root) then Categorical(P[z[parent[v]]])
    observed y[v] ~ Normal(mu[z[v]], 1)
""",
        {"V": 5, "parent": [2, 0, 2, 4, 2], "y": RNG.normal(size=5)},
    ),
    "lets without the index of their chain": (
        """
dim P, T
data x[P, T]: real
latent a ~ Normal(0, 1)
latent b[P] ~ Normal(0, 1)
for p in P:
    let own = exp(b[p])
    for t in T:
        let keep = sigmoid(a * x[p, t])
        let start = keep / 2
        latent z[p, t] ~ Bernoulli(start) then Bernoulli(keep * z[p, t-1])
        let share = [own * keep, 1, start]
        observed y[p, t] ~ Normal(z[p, t] + own * share[0], 1 + start)
        factor start * share[2]
""",
        {"x": RNG.normal(size=(2, 4)), "y": RNG.normal(size=(2, 4))},
    ),
    "lets that read a continuous chain": (
        """
dim P, T
data x[P, T]: real
latent a ~ Normal(0, 1)
for t in T:
    latent h[t] ~ Normal(0, 1) then Normal(a * h[t-1], 1)
    let sd = exp(h[t] / 2)
    let twice = [sd, 2 * sd]
    for p in P:
        let eta = x[p, t] * twice[1]
        observed y[p, t] ~ Normal(eta, sd)
for p in P:
    for t in T:
        let rate = exp(h[t] + a) + x[p, t] ^ 2
        let lag = h[t-1] if t > 0 else 0
        factor rate * x[p, t] + lag
""",
        {"x": RNG.normal(size=(2, 4)), "y": RNG.normal(size=(2, 4))},
    ),
    "lets that read the value before": (
        """
dim T
latent a ~ Normal(0, 1)
for t in T[1:]:
    let eta = a * y[t-1]
    let more = eta + 1
    observed y[t] ~ Normal(more, 1)
""",
        {"y": RNG.normal(size=4)},
    ),
    "states that are known at first": (
        """
dim S, T, K = 2
data first[S]: count
data known[S]: index(K)
latent p ~ Beta(1, 1)
for s in S:
    for t in T[first[s]:]:
        latent z[s, t]: index(K) ~ Delta(known[s]) then Categorical([p, 1 - p])
        observed y[s, t] ~ Normal(z[s, t], 1)
""",
        {"first": [0, 1], "known": ["a", "b"], "y": RNG.normal(size=(2, 3))},
    ),
}


def by_site(program, data, values):
    """Values of `model`'s unknowns for the sites of `joint`, which has one for each step."""
    found, first = {}, {}
    for site, node in trace(program, data).items():
        name, _, rest = site.partition("[")
        if name in values:
            key = tuple(map(int, rest[:-1].split(", "))) if rest else ()
            start = first.setdefault(name, key)  # of the part of the dim that a loop runs over
            value = values[name][(..., *(k - s for k, s in zip(key, start, strict=True)))]
            # In the plates' dims, between which others may stand.
            found[site] = value.reshape(node["value"].shape)
    return found


@pytest.mark.parametrize("name", CASES)
def test_joint_equals_model_where_pyro_enumerates_it(name):
    text, known = CASES[name]
    bound = genlang.model(text).bind(known)
    with session(3), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = namespace(bound.table)
        prior = Prior()
        execute(bound.program.model, data, prior)
        want = bound.log_density(prior.drawn)
        fixed = by_site(bound.program.joint, data, prior.drawn)
        program = poutine.condition(bound.program.joint, data=fixed)
        elbo = TraceEnum_ELBO(max_plate_nesting=3, strict_enumeration_warning=False)
        found = -elbo.loss(program, lambda _data: None, data)
    assert np.isfinite(want)
    assert found == pytest.approx(want, rel=1e-9)


def compare(structure, counts):
    """Hold `joint` of a random program against `model`, and its draws against the data's shapes."""
    try:
        bound = bound_to(structure)
    except genlang.DataError:  # an empty dim inside a ragged one cannot be told from nested lists
        counts["not bound"] += 1
        return
    values = filled(bound, structure.values)
    with session(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = namespace(bound.table)
        try:
            fixed = by_site(bound.program.joint, data, shaped(bound._density.sites, values))
            program = poutine.condition(bound.program.joint, data=fixed)
            elbo = TraceEnum_ELBO(max_plate_nesting=4, strict_enumeration_warning=False)
            found = -elbo.loss(program, lambda _data: None, data)
        except (ValueError, NotImplementedError, genlang.OptionError) as error:
            if not any(reason in str(error) for reason in (*REFUSALS, "runs over nothing")):
                raise
            counts["refused by Pyro"] += 1
            return
    want = bound.log_density(values)
    assert found == want or found == pytest.approx(want, rel=1e-9, abs=1e-9)
    counts["equal"] += 1
    drawn = bound.simulate(seed=1)
    for v in bound.model.compiled.model.variables:
        if v.role == "observed":
            assert drawn[v.name].shape == bound.table.arrays[v.name].shape


@pytest.mark.parametrize("count", [25, pytest.param(300, marks=pytest.mark.slow)])
def test_joint_of_random_chains_equals_model_wherever_pyro_can_run_it(count):
    counts = Counter()
    each(chain_structures(), count, 20261125, lambda structure: compare(structure, counts))
    print(dict(counts))  # how many Pyro refuses depends on the programs, two thirds run as a rule
    assert counts["equal"] >= count / 6


def test_a_chain_runs_in_python_with_a_site_for_each_step():
    text = genlang.model(HMM).to_python()
    assert "for t in pyro.markov(range(T_max)):" in text
    assert 'f"z[{t}]"' in text
    assert "move[z[t - 1]]" in text
    assert ".mask(t < T)" in text


@pytest.mark.parametrize("name", ["ragged", "order 2", "a random walk", "a tree"])
def test_simulated_data_can_be_bound_and_have_a_density(name):
    """Every array has its declared axes; the unknowns go back into `log_density`."""
    text, known = CASES[name]
    model = genlang.model(text)
    lacking = {k: v for k, v in known.items() if k != "y"}
    sizes = {}
    if name == "ragged":
        lacking = {"T": [len(row) for row in known["y"]]}
        sizes = {"S": 3}
    elif name != "a tree":
        sizes = dict(zip(("S", "T")[-np.ndim(known["y"]) :], np.shape(known["y"]), strict=True))
    drawn = model.simulate(lacking, seed=2, **sizes)
    y = drawn["y"].tolist()
    if name == "ragged":
        y = [row[:n] for row, n in zip(y, lacking["T"], strict=True)]
        assert np.isnan(drawn["y"][1, 1:]).all()
    bound = model.bind({**lacking, "y": y})
    unknown = {n: drawn[n] for n in drawn if n not in ("y", "z")}
    assert np.isfinite(bound.log_density(unknown))
    again = model.simulate(lacking, seed=2, **sizes)
    assert all(np.array_equal(drawn[n], again[n], equal_nan=True) for n in drawn)


def test_a_simulated_chain_stays_as_long_as_its_matrix_says():
    """Frequencies over a long run and over many sequences, within 5 standard errors."""
    model = genlang.model("""
dim S, T, K = 2
data start: simplex[K]
data P[K]: simplex[K]
for s in S:
    for t in T:
        latent z[s, t] ~ Categorical(start) then Categorical(P[z[s, t-1]])
        observed y[s, t] ~ Normal(10 * z[s, t], 1)
""")
    P = np.array([[0.9, 0.1], [0.3, 0.7]])
    drawn = model.simulate({"start": [1.0, 0.0], "P": P}, seed=5, S=400, T=30)
    z, y = drawn["z"], drawn["y"]
    assert z.shape == y.shape == (400, 30)
    for old in (0, 1):
        after = z[:, 1:][z[:, :-1] == old]
        p = P[old, 1]
        assert abs(after.mean() - p) < 5 * np.sqrt(p * (1 - p) / after.size)
    ends = z[:, -1].mean()  # 30 steps on the chain has forgotten its start
    assert abs(ends - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 400)
    noise = y - 10 * z
    assert abs(noise.mean()) < 5 / np.sqrt(noise.size)
    assert abs(noise.std() - 1) < 5 / np.sqrt(2 * noise.size)


def test_simulated_observed_values_feed_back():
    """An autoregression's lag-one correlation is that of what was drawn, not of any data."""
    model = genlang.model("""
dim T
data phi: real
for t in T:
    observed y[t] ~ Normal(0, 1) then Normal(phi * y[t-1], 1)
""")
    y = model.simulate({"phi": 0.8}, seed=1, T=4000)["y"]
    assert abs(np.corrcoef(y[:-1], y[1:])[0, 1] - 0.8) < 5 * np.sqrt((1 - 0.64) / 4000)


AFTER = """
dim S, T[S], K = 2, H
data mu[K]: real
latent stay ~ Beta(2, 2)
for s in S:
    for t in T[s]:
        latent z[s, t] ~ Bernoulli(0.5) then Bernoulli(stay if z[s, t-1] else 1 - stay)
        observed y[s, t] ~ Normal(mu[z[s, t]], 1)
    report ups[s] = sum(z[s, t] for t in T[s])
    generated next[s, h in H] ~ Bernoulli(stay if z[s, 0] else 1 - stay)
                           then Bernoulli(stay if next[s, h-1] else 1 - stay)
    generated new[s, h in H] ~ Normal(mu[next[s, h]], 1)
report peak = max(max(new[s, h] for h in H) for s in S)
"""


@pytest.fixture(scope="module")
def after():
    rows = [[0.2, 0.1, 2.2, 3.1], [1.5], [2.9, 3.2, 2.1]]
    return genlang.model(AFTER).bind({"mu": [0.0, 3.0], "y": rows, "H": 3}).fit("auto", seed=4)


def test_reports_of_states_average_to_the_marginals(after):
    """A report of states is drawn: its mean is what the marginals say."""
    marginals = after.states("z").sel(state=1).fillna(0).sum("T").values
    ups = after["ups"]
    assert ups.dims == ("chain", "draw", "S")
    draws = ups.values[0]
    error = draws.std(0) / np.sqrt(len(draws)) + 0.01
    assert (np.abs(draws.mean(0) - marginals) < 5 * error).all()
    assert set(np.unique(draws)) <= {0, 1, 2, 3, 4}


def test_generated_values_are_kept_with_their_coordinates(after):
    new, following = after["new"], after["next"]
    assert new.dims == ("chain", "draw", "S", "H")
    assert after.estimate("new").role == "generated"
    noise = (new - 3.0 * following).values
    assert abs(noise.mean()) < 5 / np.sqrt(noise.size)
    assert np.array_equal(after["peak"].values, new.max(("S", "H")).values)
    names = [row["name"] for row in after.summary()["rows"]]
    assert "new[2, 1]" in names


def test_generated_chains_follow_their_own_draws(after):
    stay = after["stay"].values[..., None, None]
    following = after["next"].values
    same = (following[..., 1:] == following[..., :-1]) - stay
    assert abs(same.mean()) < 5 * 0.5 / np.sqrt(same.size)


def test_what_comes_after_is_drawn_once_at_a_point(after):
    bound = genlang.model(AFTER).bind({"mu": [0.0, 3.0], "y": [[0.2, 3.1], [3.0]], "H": 2})
    fit = bound.fit("map", seed=1)
    assert fit["new"].shape == (1, 1, 2, 2)
    assert fit["ups"].shape == (1, 1, 2)


def test_states_of_chains_have_coordinates_and_say_which_cells_exist(after):
    marginals = after.states("z")
    assert marginals.dims == ("S", "T", "state")
    assert np.isnan(marginals.values[1, 1:]).all()
    assert np.allclose(marginals.values[0].sum(-1), 1)
    means = after.states("z", "means")
    assert np.allclose(means.values, marginals.sel(state=1).values, equal_nan=True)
    mode = after.states("z", "mode")
    assert (mode.values[1, 1:] == -1).all()
    assert mode.values[0].tolist() == [0, 0, 1, 1]
    draws = after.states("z", "draws")
    assert draws.dims == ("draw", "S", "T")
    assert (draws.values[:, 2, 3] == -1).all()


@pytest.mark.parametrize("line", [
    "observed x ~ Normal(g, 1)", "latent w ~ Normal(g, 1)", "factor g", "let h = 2 * g\nfactor h",
])  # fmt: skip
def test_nothing_inferred_reads_a_generated_value(line):
    text = f"latent m ~ Normal(0, 1)\ngenerated g ~ Normal(m, 1)\n{line}\n"
    with pytest.raises(genlang.ModelError) as found:
        genlang.model(text)
    assert [d.code for d in found.value.diagnostics] == ["E291"]


def test_a_report_in_a_loop_carries_its_index():
    """A `let` may be local to an iteration; what is stored has a value for each of them."""
    text = "dim S\nlatent m ~ Normal(0, 1)\nfor s in S:\n    observed y[s] ~ Normal(m, 1)\n"
    with pytest.raises(genlang.ModelError) as found:
        genlang.model(text + "    report r = m * y[s]\n")
    assert [d.code for d in found.value.diagnostics] == ["E317"]
    genlang.model(text + "    report r[s] = m * y[s]\n")


NET = """
latent rain ~ Bernoulli(0.2)
latent sprinkler ~ Bernoulli(0.01 if rain else 0.4)
let p = (0.99 if sprinkler else 0.8) if rain else (0.9 if sprinkler else 0.0)
observed wet ~ Bernoulli(p)
report both = 1.0 if rain and sprinkler else 0.0
"""


def test_a_model_of_states_alone_is_exact():
    """Evidence, marginals and a report by enumeration; no optimizer runs."""
    weight = {
        (r, s): (0.2 if r else 0.8) * (q if s else 1 - q) * p
        for r, q in ((0, 0.4), (1, 0.01))
        for s, p in ((0, 0.8 * r), (1, 0.99 if r else 0.9))
    }
    total = sum(weight.values())
    bound = genlang.model(NET).bind({"wet": True})
    for method in ("auto", "exact"):
        fit = bound.fit(method, seed=2)
        assert fit.facts["log_evidence"] == pytest.approx(np.log(total), abs=1e-12)
        rain = fit.states("rain").sel(state=1)
        assert float(rain) == pytest.approx((weight[1, 0] + weight[1, 1]) / total, abs=1e-12)
        both = fit["both"].values
        want = weight[1, 1] / total
        assert abs(both.mean() - want) < 5 * np.sqrt(want * (1 - want) / both.size)
        assert fit.states("rain", "draws").sizes == {"draw": 200}
    assert bound.states({}, "means")["rain"] == pytest.approx(float(rain), abs=1e-12)


def test_exact_says_which_unknown_is_left():
    bound = genlang.model(HMM).bind({"y": RAGGED})
    with pytest.raises(genlang.OptionError, match="move"):
        bound.fit("exact")


def test_nodes_of_a_forest_come_after_their_parents():
    from genlang.runtime.steps import parents_first

    parent = torch.tensor([3, 1, 1, 4, 4, -1, 5])
    order = parents_first(parent)
    place = {v: i for i, v in enumerate(order)}
    assert sorted(order) == list(range(7))
    assert all(p in (v, -1) or place[p] < place[v] for v, p in enumerate(parent.tolist()))


def test_a_chain_that_picks_a_cell_anew_at_each_step_has_that_array_around_it():
    """The likelihood by hand: the cells of w are one state around the whole chain."""
    model = genlang.model("""
dim U, V
data of[U]: index(V)
for v in V:
    latent w[v] ~ Bernoulli(0.3)
for u in U:
    latent z[u] ~ Bernoulli(0.5) then Bernoulli(0.8 if z[u-1] else 0.1)
    observed y[u] ~ Bernoulli(0.9 if z[u] == w[of[u]] else 0.2)
""")
    bound = model.bind({"V": 2, "of": [0, 1, 0], "y": [1, 0, 1]})
    total = 0.0
    for w in np.ndindex(2, 2):
        for z in np.ndindex(2, 2, 2):
            p = 0.5 * np.prod([0.3 if v else 0.7 for v in w])
            for u, (cell, seen) in enumerate(zip((0, 1, 0), (1, 0, 1), strict=True)):
                if u:
                    up = 0.8 if z[u - 1] else 0.1
                    p *= up if z[u] else 1 - up
                hit = 0.9 if z[u] == w[cell] else 0.2
                p *= hit if seen else 1 - hit
            total += p
    assert bound.log_density({}) == pytest.approx(np.log(total), abs=1e-12)
