"""Guides: the emitted `guide` draws at the sites of `model`, and Pyro's ELBO of both is finite."""

import ast
import warnings

import numpy as np
import pyro
import pytest
import torch
from pyro import poutine
from pyro.infer import SVI, Trace_ELBO
from pyro.infer.autoguide import AutoGuideList, AutoNormal
from torch.distributions import kl_divergence

import genlang
from genlang.diagnostics import ModelError
from genlang.infer.session import session
from genlang.infer.tensors import namespace
from genlang.pipeline import check_text, compile_text
from genlang.syntax.format import format as format_text
from tests.test_nets import VAE

RNG = np.random.default_rng(23)
HIERARCHY = """
dim N, G
data g[N]: index(G)
latent mu ~ Normal(0, 5)
latent tau ~ HalfNormal(1)
for j in G:
    latent a[j] ~ Normal(mu, tau)
observed y[n in N] ~ Normal(a[g[n]], 1)
"""
ROWS = {"y": RNG.normal(size=6), "g": [0, 1, 2, 2, 1, 0]}
MODELS = {
    "a variational autoencoder": (VAE, {"x": RNG.integers(0, 2, (4, 3))}),
    "params, lets and what was drawn before": (
        HIERARCHY
        + """
let centre = mean(y)
guide:
    param m: real
    param s: positive = 0.5
    param w[G]: real
    let shifted = m + centre
    latent mu ~ Normal(shifted, s)
    latent tau ~ LogNormal(-1, s)
    for j in G:
        latent a[j] ~ Normal(mu + w[j], tau)
""",
        ROWS,
    ),
    "some of the latents": (
        HIERARCHY
        + """guide:
    param m: real
    latent mu ~ StudentT(4, m, 1)
""",
        ROWS,
    ),
    "supports and structures": (
        """
dim N, K = 3
latent share ~ Dirichlet(ones(K))
latent cuts: ordered[K] ~ Normal(0, 3)
latent L: cholesky_corr[K] ~ LKJCholesky(K, 2)
latent p ~ Beta(2, 2)
latent b[K] ~ Uniform(-1, 2)
latent low ~ Normal(0, 1, lower=-1)
latent v: real[K] ~ MultivariateNormal(zeros(K), covariance=eye(K))
observed y[n in N] ~ Normal(p + sum(b) + low + v[0] + cuts[1] + L[1, 0] + share[0], 1)
guide:
    param c[K]: positive
    param at: real
    latent share ~ Dirichlet(c)
    latent cuts: ordered[K] ~ Normal(at, 1)
    latent L: cholesky_corr[K] ~ LKJCholesky(K, c[0])
    latent p ~ Kumaraswamy(c[0], c[1])
    latent b[k in K] ~ Uniform(-1, 2)
    latent low ~ Normal(at, c[2], lower=-1)
    latent v[k in K] ~ Normal(at, c[k])
""",
        {"y": RNG.normal(size=4)},
    ),
    "one vector for a loop of the model": (
        """
dim N, D
data x[N]: real[D]
net f(x: real[D]) -> (loc: real[D], scale: positive[D]) = mlp(4)
for n in N:
    latent h[n, D] ~ Normal(0, 1)
    observed y[n] ~ Normal(sum(h[n]), 1)
guide:
    for i in N:
        let s = f(x[i]).scale
        latent h[i] ~ MultivariateNormal(f(x[i]).loc, scale_tril=diag(s))
""",
        {"x": RNG.normal(size=(4, 2)), "y": RNG.normal(size=4)},
    ),
    "parts, ragged rows and states": (
        """
dim S, T[S], N
data x[s in S, t in T[s]]: real
latent level ~ Normal(0, 1)
for s in S:
    for t in T[s]:
        latent z[s, t] ~ Bernoulli(0.3)
        latent h[s, t] ~ Normal(z[s, t], 1)
        observed y[s, t] ~ Normal(h[s, t] + x[s, t], 1)
latent w[n in N[1:]] ~ Normal(level, 1)
observed u[n in N[1:]] ~ Normal(w[n], 1)
guide:
    param k: real
    latent level ~ Normal(k, 1)
    for s in S:
        for t in T[s]:
            latent h[s, t] ~ Normal(k * x[s, t] + y[s, t], 1)
    latent w[n in N[1:]] ~ Normal(u[n], 0.5)
""",
        {"x": [[1.0, 2.0], [0.5]], "y": [[0.1, 0.2], [1.0]], "u": RNG.normal(size=4)},
    ),
    "a chain of the model": (
        """
dim T
latent q ~ HalfNormal(1)
for t in T:
    latent h[t] ~ Normal(0, 1) then Normal(h[t-1], q)
    observed y[t] ~ Normal(h[t], 1)
guide:
    param s: positive
    for t in T:
        latent h[t] ~ Normal(0.5 * y[t], s)
""",
        {"y": RNG.normal(size=5)},
    ),
    "a choice, a prior without reparameterized draws": (
        """
dim N
latent r ~ VonMises(0, 1)
latent m ~ Normal(0, 1)
observed y[n in N] ~ Normal(m + r, 1)
guide:
    param a: real
    latent m ~ Normal(a, 1) if a > 0 else StudentT(5, a, 1)
    latent r ~ VonMises(a, 2)
""",
        {"y": RNG.normal(size=3)},
    ),
}  # fmt: skip


def prepared(name):
    """A bound model and its tensors, with networks that can be trained."""
    text, known = MODELS[name]
    bound = genlang.model(text).bind(known)
    data = namespace(bound.table)
    if bound.program.nets is not None:
        vars(data).update(bound.program.nets(data))
    return bound, data


def unknowns(trace):
    """The sites of a trace that are drawn, without those of plates."""
    return {
        n: s for n, s in trace.nodes.items()
        if s["type"] == "sample" and not s["is_observed"] and type(s["fn"]).__name__ != "_Subsample"
    }  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_guide_draws_at_the_sites_of_its_model(name):
    bound, data = prepared(name)
    drawn = [s.target.name for s in bound.compiled.plan.guide if hasattr(s, "law")]
    with session(1):
        guide = poutine.trace(bound.program.guide).get_trace(data)
        model = poutine.trace(poutine.replay(bound.program.model, trace=guide)).get_trace(data)
    mine, its = unknowns(guide), unknowns(model)
    assert sorted(mine) == sorted(drawn)
    assert set(mine) <= set(its)
    for site in mine:
        assert torch.equal(mine[site]["value"], its[site]["value"])
        assert mine[site]["fn"].shape() == its[site]["fn"].shape()
        assert mine[site]["fn"].batch_shape == its[site]["fn"].batch_shape == torch.Size()
        assert its[site]["fn"].support.check(mine[site]["value"]).all()
        assert torch.isfinite(mine[site]["fn"].log_prob(mine[site]["value"]))
    assert torch.isfinite(model.log_prob_sum())


@pytest.mark.parametrize("name", MODELS)
def test_pyro_takes_steps_with_an_automatic_guide_for_the_rest(name):
    bound, data = prepared(name)
    program, guide = bound.program.model, bound.program.guide
    with session(2), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = set(unknowns(poutine.trace(guide).get_trace(data)))
        rest = set(unknowns(poutine.trace(program).get_trace(data))) - mine
        both = AutoGuideList(program)
        both.append(guide)
        if rest:
            both.append(AutoNormal(poutine.block(program, expose=sorted(rest))))
        loss = Trace_ELBO()
        svi = SVI(program, both, pyro.optim.Adam({"lr": 0.01}), loss)
        losses = [svi.step(data) for _ in range(3)]
        names = list(pyro.get_param_store().keys())
    assert np.isfinite(losses).all()
    if "autoencoder" in name:
        assert {n.split("$$$")[0] for n in names} == {"decode", "encode"}


def test_the_elbo_of_a_conjugate_model_reaches_its_evidence():
    """Normal-Normal: with the posterior as the guide, the ELBO is the evidence in every draw."""
    text = """
dim N
latent m ~ Normal(0, 1)
observed y[n in N] ~ Normal(m, 1)
guide:
    latent m ~ Normal(sum(y) / (1 + N), (1 + N) ^ -0.5)
"""
    y = RNG.normal(size=5)
    bound = genlang.model(text).bind({"y": y})
    cov = np.eye(5) + 1
    want = -0.5 * (y @ np.linalg.solve(cov, y) + np.linalg.slogdet(2 * np.pi * cov)[1])
    with session(3):
        data = namespace(bound.table)
        for _ in range(3):
            found = -Trace_ELBO().loss(bound.program.model, bound.program.guide, data)
            assert found == pytest.approx(want, rel=1e-12)


def test_the_guide_of_an_autoencoder_is_the_normal_of_its_encoder():
    bound, data = prepared("a variational autoencoder")
    with session(4):
        trace = poutine.trace(bound.program.guide).get_trace(data)
        code = data.encode(data.x)
        want = torch.distributions.Normal(code.loc, code.scale)
        found = trace.nodes["h"]["fn"].base_dist
        while not hasattr(found, "loc"):
            found = found.base_dist
        other = torch.distributions.Normal(found.loc, found.scale)
        assert kl_divergence(want, other).abs().max() < 1e-12


@pytest.mark.parametrize("name", MODELS)
def test_a_model_with_a_guide_has_the_density_of_the_model_alone(name):
    text, known = MODELS[name]
    bound, data = prepared(name)
    alone = genlang.model(text[: text.index("guide:")]).bind(known)
    with session(5):
        trace = poutine.trace(bound.program.model).get_trace(data)
        values = {n: s["value"].detach().numpy() for n, s in unknowns(trace).items()}
    assert alone.log_density(values) == pytest.approx(bound.log_density(values), rel=1e-12)
    assert set(alone.simulate()) == set(bound.simulate())


@pytest.mark.parametrize("name", MODELS)
def test_it_is_explained_drawn_formatted_and_loaded(name):
    text, _ = MODELS[name]
    model = genlang.model(text)
    assert "drawn by the guide" in model.explain()
    assert model.graph(to="svg")
    done = format_text(text)
    assert format_text(done) == done
    program = model.to_python()
    assert [f.name for f in ast.parse(program).body if isinstance(f, ast.FunctionDef)][
        -1
    ] == "guide"
    assert genlang.model(done).to_python().count("pyro.") == program.count("pyro.")


def test_a_guide_may_stand_above_what_it_reads():
    text = """
guide:
    latent m ~ Normal(mean(y), 1)
dim N
latent m ~ Normal(0, 1)
observed y[n in N] ~ Normal(m, 1)
"""
    _, found = check_text(text)
    assert not found
    assert "def guide(data)" in compile_text(text).text


def test_a_guide_reads_no_name_with_missing_cells():
    text = """
dim N
latent m[N] ~ Normal(0, 1)
observed y[n in N] ~ Normal(m[n], 1)
guide:
    let doubled[n in N] = 2 * y[n]
    latent m[n in N] ~ Normal(doubled[n], 1)
"""
    with pytest.raises(ModelError) as error:
        genlang.model(text).bind({"y": [1.0, None, 2.0]})
    (found,) = error.value.diagnostics
    assert found.code == "E631"
    assert text[found.span.start : found.span.end].startswith("let doubled")
    unread = text.replace("2 * y[n]", "2")
    assert genlang.model(unread).bind({"y": [1.0, None, 2.0]}).program.guide is not None


def test_fit_does_not_pass_over_a_guide():
    bound = genlang.model(HIERARCHY + "guide:\n    latent mu ~ Normal(0, 1)\n").bind(ROWS)
    with pytest.raises(ModelError) as error:
        bound.fit()
    assert "a guide is not supported yet" in error.value.diagnostics[0].message


def test_a_param_that_only_the_guide_reads_is_no_unknown_without_data():
    text = "param m: real\n" + HIERARCHY + "guide:\n    latent mu ~ Normal(m, 1)\n"
    assert not check_text(text)[1]
    alone, _ = text.split("guide:")
    assert [d.code for d in check_text(alone)[1]] == ["W502"]
