"""Networks: what `Mlp` computes, densities of models that call one, networks in Python.

The oracle evaluates a network by loops over its weights; the emitted programs call the module.
"""

import ast
import math
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pyro import poutine
from pyro.infer import TraceEnum_ELBO
from scipy import special
from torch import nn

import genlang
from genlang.check.nets import OUTPUTS
from genlang.cli.main import main
from genlang.diagnostics import ModelError
from genlang.infer.density import Prior, execute
from genlang.infer.session import session
from genlang.infer.tensors import namespace, with_nets
from genlang.pipeline import check_text, compile_text
from genlang.runtime import nets as runtime
from genlang.runtime.nets import Foreign, Mlp
from genlang.syntax.format import format as format_text
from tests import oracle
from tests.test_joint import by_site

RNG = np.random.default_rng(17)
LINKS = {
    "real": lambda x: x,
    "positive": lambda x: np.logaddexp(0, x),
    "nonneg": lambda x: np.logaddexp(0, x),
    "unit": special.expit,
    "simplex": lambda x: special.softmax(x, axis=-1),
}


def by_hand(net):
    """The network of a module, as a function of arrays: one unit after the other."""
    weights = {n: p.detach().numpy() for n, p in net.named_parameters()}

    def layer(name, x):
        rows, shifts = weights[f"{name}.weight"], weights[f"{name}.bias"]
        found = []
        for row, shift in zip(rows, shifts, strict=True):
            found.append(sum(w * v for w, v in zip(row, x, strict=True)) + shift)
        return np.array(found)

    def run(*inputs):
        x = np.concatenate([np.ravel(np.asarray(i, float)) for i in inputs])
        for i in range(len(net.hidden)):
            x = np.maximum(layer(f"hidden.{i}", x), 0)
        named = net.outputs if isinstance(net.outputs, dict) else {"": net.outputs}
        return {
            name.rstrip("_"): LINKS[kind](layer(f"heads.{i}", x).reshape(shape))
            for i, (name, (kind, shape)) in enumerate(named.items())
        }

    return run


# -- Mlp --------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _doubles():
    with session():
        yield


def test_an_mlp_equals_loops_over_its_weights():
    outputs = {"a": ("real", []), "b": ("positive", [2, 3]), "c": ("simplex", [2, 4]),
               "d": ("unit", [1]), "e": ("nonneg", [2])}  # fmt: skip
    net = Mlp([[3], [], [2, 2]], [5, 4], outputs, seed=3)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(torch.as_tensor(RNG.normal(size=p.shape)))
    x, t, m = RNG.normal(size=(6, 1, 3)), RNG.normal(size=7), RNG.normal(size=(2, 2))
    found = net(*map(torch.as_tensor, (x, t, m)))
    hand = by_hand(net)
    for i in range(6):
        for j in range(7):
            want = hand(x[i, 0], t[j], m)
            for name, value in want.items():
                here = getattr(found, name)[i, j].detach().numpy()
                assert here == pytest.approx(value, rel=1e-12, abs=1e-14)
    assert found.a.shape == (6, 7)
    assert found.b.shape == (6, 7, 2, 3)


def test_every_type_of_an_output_has_a_map_into_it():
    assert set(OUTPUTS) == runtime.LINKS.keys() == LINKS.keys()


def test_an_mlp_without_hidden_layers_is_linear_and_takes_whole_numbers():
    net = Mlp([[], [2]], [], ("real", []), seed=1)
    one = torch.tensor([1, 0, 1])
    two = torch.tensor([True, False])
    row = net.heads[0].weight[0].detach()
    want = [row[0] * k + row[1] for k in (1, 0, 1)]
    assert net(one, two).tolist() == pytest.approx([float(w) for w in want])


def test_weights_are_those_of_the_seed_and_torch_draws_as_before():
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    nets = [Mlp([[4]], [6], ("real", [2]), seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.rand(3), want)
    one, same, other = (torch.cat([p.flatten() for p in n.parameters()]) for n in nets)
    assert torch.equal(one, same)
    assert not torch.allclose(one, other)


def test_weights_start_with_the_variance_that_is_said():
    net = Mlp([[300]], [200], ("real", [100]), seed=4)
    for layer, variance in ((net.hidden[0], 2 / 300), (net.heads[0], 1 / 200)):
        w = layer.weight.detach().numpy()
        error = variance * math.sqrt(2 / w.size)
        assert abs(w.var() - variance) < 5 * error
        assert abs(w.mean()) < 5 * math.sqrt(variance / w.size)
        assert not layer.bias.any()


def test_gradients_reach_every_weight():
    net = Mlp([[3]], [8], {"a": ("positive", []), "b": ("simplex", [3])}, seed=2)
    found = net(torch.ones(5, 3))
    (found.a.log().sum() + found.b[..., 0].log().sum()).backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


# -- Densities --------------------------------------------------------------------------------

VAE = """
dim N, pixel, H = 2
net decode(h: real[H]) -> real[pixel] = mlp(6, 5)
net encode(x: real[pixel]) -> (loc: real[H], scale: positive[H]) = mlp(4)
for n in N:
    latent h[n, H] ~ Normal(0, 1)
    observed x[n, i in pixel] ~ Bernoulli(logits=decode(h[n])[i])
guide:
    for n in N:
        latent h[n, k in H] ~ Normal(encode(x[n]).loc[k], encode(x[n]).scale[k])
"""
MODELS = {
    "a variational autoencoder": (VAE, {"x": RNG.integers(0, 2, (4, 3))}),
    "several inputs and outputs": (
        """
dim N, D
data x[N]: real[D]
data t[N]: positive
net f(x: real[D], t: positive, w: real) -> (loc: real, scale: positive, p: unit) = mlp(D, 4)
latent w ~ Normal(0, 1)
for n in N:
    observed y[n] ~ Normal(f(x[n], t[n], w).loc, f(x[n], w=w, t=t[n]).scale)
    observed u[n] ~ Bernoulli(f(x[n], t[n], 0.5).p)
""",
        {"x": RNG.normal(size=(3, 2)), "t": [1.0, 2.0, 0.5], "y": RNG.normal(size=3),
         "u": [0, 1, 1]},
    ),
    "under summed-out latents": (
        """
dim N, K = 3, D = 2
latent share ~ Dirichlet(ones(K))
net f(z: real[K], b: bool) -> (loc: real[D], scale: positive) = mlp(5)
for n in N:
    latent z[n] ~ Categorical(share)
    latent b[n] ~ Bernoulli(0.3)
    let hot = one_hot(z[n], K)
    observed y[n, d in D] ~ Normal(f(hot, b[n]).loc[d], f(hot, b[n]).scale)
""",
        {"y": RNG.normal(size=(4, 2))},
    ),
    "a count as an argument": (
        """
dim N
net rate(k: count) -> positive = mlp(4)
for n in N:
    latent k[n] ~ Binomial(3, 0.4)
    observed y[n] ~ Poisson(rate(k[n]))
""",
        {"y": [0, 3, 1]},
    ),
    "transitions of a chain": (
        """
dim S, T, K = 2
data x[S, T]: real
latent mu[K] ~ Normal(0, 2)
net move(z: real[K], x: real) -> simplex[K] = mlp(4)
for s in S:
    for t in T:
        latent z[s, t] ~ Categorical(ones(K) / K)
            then Categorical(move(one_hot(z[s, t-1], K), x[s, t]))
        observed y[s, t] ~ Normal(mu[z[s, t]], 1)
""",
        {"y": RNG.normal(size=(2, 4)), "x": RNG.normal(size=(2, 4))},
    ),
    "a walk by a network": (
        """
dim T
net walk(x: real) -> (loc: real, scale: positive) = mlp(3)
for t in T:
    latent h[t] ~ Normal(0, 1) then Normal(walk(h[t-1]).loc, walk(h[t-1]).scale)
    observed y[t] ~ Normal(h[t], 1)
""",
        {"y": RNG.normal(size=4)},
    ),
    "lets, factors and what comes after": (
        """
dim N, D = 2
data x[N]: real[D]
net f(x: real[D]) -> real[D] = mlp(3)
latent w[D] ~ Normal(0, 1)
param s: positive
let eta[n in N] = f(x[n]) @ w
let whole = f(w)
for n in N:
    let local = f(x[n])
    observed y[n] ~ Normal(eta[n] + sum(local) + whole[1], s)
factor energy = -sum(f(w)[d] ^ 2 for d in D)
report r = f(w)[0]
generated q ~ Normal(f(w)[1], 1)
""",
        {"x": RNG.normal(size=(3, 2)), "y": RNG.normal(size=3)},
    ),
    "a net with matrices": (
        """
dim N, A = 2, B = 3
data x[N]: real[A, B]
net f(x: real[A, B]) -> positive[B, A] = mlp(4)
latent w ~ Normal(0, 1)
for n in N:
    observed y[n, b in B, a in A] ~ Normal(w, f(x[n])[b, a])
""",
        {"x": RNG.normal(size=(2, 2, 3)), "y": RNG.normal(size=(2, 3, 2))},
    ),
    "ragged rows": (
        """
dim S, T[S]
data x[s in S, t in T[s]]: real
net f(x: real) -> (a: real, b: positive) = mlp(3)
for s in S:
    latent m[s] ~ Normal(0, 1)
    for t in T[s]:
        observed y[s, t] ~ Normal(f(x[s, t]).a + m[s], f(x[s, t]).b)
""",
        {"x": [[1.0, 2.0], [], [0.5, -1.0, 2.0]], "y": [[0.1, 0.2], [], [1.0, 0.3, -0.5]]},
    ),
    "an array of latents as an argument": (
        """
dim N, J = 3
net f(x: real[J]) -> (a: real, b: positive) = mlp(3)
latent z[J] ~ Bernoulli(0.3)
observed y[n in N] ~ Normal(f(z).a, f(z).b)
""",
        {"y": RNG.normal(size=3)},
    ),
    "weights, a data index, a change point": (
        """
dim N, G, T
data w[N]: count
data g[N]: index(G)
data x[T]: real
net f(x: real, c: bool) -> (a: real, b: positive) = mlp(3)
latent level[G] ~ Bernoulli(0.4)
latent at ~ DiscreteUniform(T)
for n in N weight w[n]:
    latent z[n] ~ Bernoulli(0.3)
    observed y[n] ~ Normal(f(z[n] + 0.5, level[g[n]]).a, f(1, z[n]).b)
for t in T:
    observed u[t] ~ Normal(f(x[t], t < at).a, 1)
""",
        {"y": RNG.normal(size=3), "w": [1, 2, 0], "g": [0, 1, 1], "x": RNG.normal(size=4),
         "u": RNG.normal(size=4)},
    ),
    "branches, bounds and params": (
        """
dim N
data x[N]: positive
net f(x: real) -> (a: real, b: positive) = mlp(3)
param s: positive = 2
latent m ~ Normal(f(s).a, f(s).b, lower=f(1).a)
let far = f(f(m).a).b
for n in N:
    latent z[n] ~ Bernoulli(0.5)
    observed y[n] ~ Normal(f(log(x[n])).a, far) if z[n] else Normal(m, f(1 / x[n]).b)
""",
        {"y": RNG.normal(size=3), "x": [0.5, 2.0, 3.0]},
    ),
    "missing cells that a network reads": (
        """
dim N
net f(x: real) -> (a: real, b: positive) = mlp(3)
latent m ~ Normal(0, 1)
for n in N:
    observed x[n] ~ Normal(m, 1)
    observed k[n] ~ Bernoulli(0.4)
    observed y[n] ~ Normal(f(x[n]).a, f(k[n]).b)
""",
        {"x": [1.0, 0.5, 2.0], "k": [1, None, 0], "y": [1.0, 2.0, None]},
    ),
    "awkward names": (
        """
dim N, seed = 2, nets = 2
data x[N]: real[seed]
net lambda(data: real[seed]) -> (class: real[nets], keys: positive) = mlp(3)
net guide(data: real[nets]) -> real = mlp()
latent Mlp ~ Normal(0, 1)
observed y[n in N] ~ Normal(guide(lambda(x[n]).class) + Mlp, lambda(x[n]).keys)
""",
        {"x": RNG.normal(size=(3, 2)), "y": RNG.normal(size=3)},
    ),
}  # fmt: skip

# Those whose latents are read across loops: Pyro cannot enumerate them.
ACROSS = ("an array of latents as an argument", "weights, a data index, a change point")


def prepared(text, known, **sizes):
    """A bound model, its tensors with networks, and a draw of the prior."""
    bound = genlang.model(text).bind(known, **sizes)
    data = with_nets(namespace(bound.table), bound.program)
    prior = Prior()
    torch.manual_seed(7)
    execute(bound.program.model, data, prior)
    return bound, data, prior.drawn


@pytest.mark.parametrize("name", MODELS)
def test_the_density_equals_the_oracles_and_pyros(name):
    bound, data, values = prepared(*MODELS[name])
    arrays = {n: v.numpy() for n, v in values.items()}
    found = bound.log_density(arrays)
    table = bound.table
    sizes = table.sizes | {n: list(v) for n, v in table.lengths.items()}
    # Python's words have an underscore more in the program.
    hands = {n.rstrip("_"): by_hand(net) for n, net in bound.program.nets(data).items()}
    known = {n: np.where(table.seen[n], a, np.nan) if n in table.seen else a
             for n, a in table.arrays.items()}  # fmt: skip
    want = oracle.log_density(bound.model.compiled.model, known, arrays, sizes, hands)
    assert found == pytest.approx(want, rel=1e-11, abs=1e-11)
    for gradient in bound.gradient(arrays).values():
        assert np.isfinite(np.asarray(gradient)).all()
    with session(1):
        trace = poutine.trace(poutine.condition(bound.program.model, data=values))
        assert trace.get_trace(data).log_prob_sum().item() == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("name", [n for n in MODELS if n != "lets, factors and what comes after"])
def test_joint_enumerated_by_pyro_gives_the_same_number(name):
    bound, data, values = prepared(*MODELS[name])
    want = bound.log_density({n: v.numpy() for n, v in values.items()})
    with session(3), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fixed = by_site(bound.program.joint, data, values)
        program = poutine.condition(bound.program.joint, data=fixed)
        elbo = TraceEnum_ELBO(max_plate_nesting=3, strict_enumeration_warning=False)
        if name in ACROSS:
            with pytest.raises(ValueError, match="which Pyro cannot enumerate"):
                elbo.loss(program, lambda _data: None, data)
            return
        found = -elbo.loss(program, lambda _data: None, data)
    assert found == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_it_simulates_explains_draws_and_formats(name):
    text, known = MODELS[name]
    model = genlang.model(text)
    drawn = model.bind(known).simulate(seed=2)
    assert all(np.isfinite(np.asarray(a)).all() for a in drawn.values())
    if "generated" in text:
        assert {"q", "r"} <= drawn.keys()
    for net in model.compiled.model.nets:
        assert net.name in model.explain()
    for form in ("svg", "mermaid", "dot", "json"):
        assert model.graph(to=form)
    done = format_text(text)
    assert format_text(done) == done
    assert compile_text(done).text.count("Mlp(") == compile_text(text).text.count("Mlp(")


def test_states_are_those_of_the_weights_that_a_network_starts_from():
    bound, data, values = prepared(*MODELS["a count as an argument"])
    rate = by_hand(bound.program.nets(data)["rate"])
    rates = np.array([float(rate(k)[""]) for k in range(4)])
    prior = np.array([math.comb(3, k) * 0.4**k * 0.6 ** (3 - k) for k in range(4)])
    found = bound.states({n: v.numpy() for n, v in values.items()})["k"]
    for y, row in zip([0, 3, 1], found, strict=True):
        want = prior * rates**y * np.exp(-rates)
        assert row == pytest.approx(want / want.sum(), rel=1e-10)


def test_an_output_that_is_read_twice_is_computed_once():
    text = compile_text(VAE).text
    assert text.count("encode(data.x)") == 1
    assert text.count("encode_out.") == 2


def test_the_same_network_has_other_weights_under_another_seed():
    bound, data, _ = prepared(*MODELS["a variational autoencoder"])
    one, two, other = (bound.program.nets(data, seed) for seed in (1, 1, 2))
    x = torch.ones(2)
    assert torch.equal(one["decode"](x), two["decode"](x))
    assert not torch.allclose(one["decode"](x), other["decode"](x))


@pytest.mark.parametrize("method", ["auto", "svi", "map", "exact"])
def test_fit_says_that_it_cannot(method):
    bound = genlang.model(VAE).bind({"x": np.zeros((2, 2), int)})
    with pytest.raises(ModelError) as error:
        bound.fit(method)
    (found,) = error.value.diagnostics
    assert (found.code, found.span.start) == ("E290", VAE.index("decode"))


def test_no_network_decides_a_size_a_bound_or_a_support():
    head = "dim N\nnet f(x: real) -> real = mlp(2)\n"
    for line, code in (
        ("dim M = round(f(1))\nobserved y[M] ~ Normal(0, 1)", "E319"),
        ("observed y[n in N[:round(f(1))]] ~ Normal(0, 1)", "E319"),
        ("observed y[n in N] ~ Normal(0, 1)\nrequire f(1) > 0, 'm'".replace("'", '"'), "E319"),
        (
            "latent k ~ Binomial(max(round(f(1)), 1), 0.5)\nobserved y[n in N] ~ Normal(k, 1)",
            "E701",
        ),
        ("for n in N weight exp(f(1)):\n    observed y[n] ~ Normal(0, 1)", "E319"),
    ):
        _, found = check_text(head + line + "\n")
        assert [d.code for d in found if d.severity == "error"] == [code], line


# -- Networks in Python -----------------------------------------------------------------------


class Doubler(nn.Module):
    """A network of the user's own, with a weight of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(2 + 0 * torch.rand(()))

    def forward(self, x):
        """Return the outputs over the dims in front."""
        return SimpleNamespace(loc=self.factor * x.sum(-1), scale=1 + x.square())


class Wrong(nn.Module):
    """A network whose output has another shape than the model says."""

    def forward(self, x):
        """Return one number too many."""
        return torch.zeros(*x.shape[:-1], 3)


PYTHON = """
dim N, D = 2
data x[N]: real[D]
net f(x: real[D]) -> (loc: real, scale: positive[D]) = python("tests.test_nets:Doubler")
latent w ~ Normal(0, 1)
observed y[n in N] ~ Normal(f(x[n]).loc + w, f(x[n]).scale[1])
"""


def test_python_networks_are_refused_unless_they_are_allowed():
    with pytest.raises(ModelError) as error:
        genlang.model(PYTHON)
    assert [d.code for d in error.value.diagnostics] == ["E607"]
    assert "--allow-python" in error.value.diagnostics[0].help


def test_a_python_network_is_called_with_rows_and_read_by_attributes():
    x, y = RNG.normal(size=(3, 2)), RNG.normal(size=3)
    bound = genlang.model(PYTHON, allow_python=True).bind({"x": x, "y": y})
    z = (y - 2 * x.sum(-1) - 0.3) / (1 + x[:, 1] ** 2)
    want = (-0.5 * z**2 - np.log(1 + x[:, 1] ** 2)).sum() - 0.5 * 0.3**2
    want -= 4 * 0.5 * math.log(2 * math.pi)
    assert bound.log_density({"w": 0.3}) == pytest.approx(want, rel=1e-12)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    Foreign("tests.test_nets:Doubler", {"loc": ("real", [])})
    assert torch.equal(torch.get_rng_state(), before)


def test_a_python_network_of_a_wrong_shape_or_kind_says_so():
    net = Foreign("tests.test_nets:Wrong", ("real", [2]))
    with pytest.raises(ValueError, match=r"has shape \(4, 3\), the model wants \(2,\) last"):
        net(torch.zeros(4, 2))
    with pytest.raises(TypeError, match=r"no torch.nn.Module"):
        Foreign("collections:OrderedDict", ("real", []))


@pytest.mark.parametrize("command", ["check", "compile", "explain", "graph"])
def test_every_command_that_runs_nothing_takes_allow_python(command, tmp_path, capsys):
    path = tmp_path / "m.gen"
    path.write_text(PYTHON)
    assert main([command, str(path)]) == 1
    assert "E607" in capsys.readouterr().err
    assert main([command, str(path), "--allow-python"]) == 0
    out = capsys.readouterr().out
    if command == "compile":
        ast.parse(out)
        assert "import Foreign" in out


def test_names_that_python_keeps_for_itself_are_names_of_a_model():
    text = """
dim __N
data __x[__N]: real
latent __a ~ Normal(0, 1)
net __f(x: real) -> (__o: real) = mlp()
observed v__x[n in __N] ~ Normal(__a + __x[n] + 0 * __f(1).__o, 1)
"""
    bound = genlang.model(text).bind({"__x": [1.0, 2.0], "v__x": [1.5, 2.5]})
    assert bound.log_density({"__a": 0.5}) == pytest.approx(-0.125 - 1.5 * math.log(2 * math.pi))
