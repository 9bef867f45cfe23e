"""Chains as a scan for devices: the same answers as the kernels, here on the CPU.

Where there is a GPU, the tests that take a `device` run there as well.
"""

import contextlib
import itertools
import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch.func import grad, jacrev, vmap
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from genlang.runtime.chains import chain, forest, plain, products, scan, stages, sum_chain, sum_tree
from genlang.runtime.reductions import eliminating, sum_out
from tests.test_kernels import (
    CHOICES,
    PIECES,
    batches,
    derivatives,
    enumerate_chain,
    in_torch,
    line,
    random_chain,
    single,
)

INF = math.inf
DEVICES = (
    "cpu",
    pytest.param("cuda", marks=[
        pytest.mark.cuda,
        pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
    ]),
)  # fmt: skip
everywhere = pytest.mark.parametrize("device", DEVICES)


pytestmark = pytest.mark.usefixtures("float64")


@contextlib.contextmanager
def scanning():
    """Run chains as a scan, whatever it costs."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chain.forest, "eliminate", lambda *a: scan.eliminate(*a[:4]))
        patched.setattr(scan.Lines, "pay", lambda *_: True)
        yield


def scanned(function, arguments, device="cpu"):
    """Value, gradients and Hessian products of a scan on a device."""
    with scanning():
        found = derivatives(function, [a.to(device) for a in arguments])
    return tuple(
        tuple(t.cpu() for t in part) if isinstance(part, tuple) else part.cpu() for part in found
    )


def agree(function, arguments, device="cpu", *, second=1e-8):
    """Hold a scan against the kernels."""
    found, wanted = scanned(function, arguments, device), derivatives(function, arguments)
    errors = (1e-12, 1e-10, second)
    for one, two, error in zip(found, wanted, errors, strict=True):
        torch.testing.assert_close(one, two, rtol=error, atol=error)
    for tensor in (found[0], *found[1], *found[2]):
        assert not tensor.isnan().any()


# -- sums


@everywhere
@pytest.mark.parametrize("size", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("length", [0, 1, 2, 3, 7, 64])
@pytest.mark.parametrize("varying", [False, True])
def test_a_scan_equals_the_kernels(size, length, varying, device):
    (first,), then, steps = random_chain(1, (size,), length, varying=varying, batch=(3,))
    agree(sum_chain, [first, then, 3 * steps], device)


@everywhere
@pytest.mark.parametrize("size", [2, 3, 8, 40])
def test_a_scan_over_long_chains_equals_the_kernels(size, device):
    (first,), then, steps = random_chain(1, (size,), 1000, varying=False)
    agree(sum_chain, [first, then, steps], device)


@pytest.mark.parametrize("size", [2, 5])
def test_hessian_products_equal_those_level_by_level(size):
    (first,), then, steps = random_chain(1, (size,), 50, batch=(2,))
    found = scanned(sum_chain, [first, then, steps])
    with in_torch():
        wanted = derivatives(sum_chain, [first, then, steps])
    torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-8)


@everywhere
@pytest.mark.parametrize("order", [1, 2, 3])
def test_ragged_chains_of_any_order(order, device):
    firsts, then, steps = random_chain(order, (2,), 9, batch=(2, 4))
    begin = torch.tensor([[0, 2, 3, 5], [4, 0, 0, 1]])
    end = torch.tensor([[9, 6, 4, 7], [2, 0, 8, 9]])  # one and two positions, and none

    def kernel(*tables):
        heads = tables[0] if order == 1 else list(tables[:order])
        return sum_chain(heads, tables[-2], tables[-1], end, begin)

    agree(kernel, [*firsts, then, steps], device)


@pytest.mark.parametrize("chosen", CHOICES)
def test_tables_broadcast_over_batches(chosen):
    agree(lambda *t: sum_chain(t[0][..., None, :], t[1][..., None, None, :, :], t[2]),
          batches(chosen))  # fmt: skip


@everywhere
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("few", [1, 16])
@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_coupled_chains_in_stages(order, few, pieces, device, monkeypatch):
    monkeypatch.setattr(stages, "FEW", few)
    sizes, tables = (3, 2, 2) if order == 1 else (2, 2, 2), []
    for piece in pieces:
        reads = piece if order == 1 else piece[:3] + "110" + piece[3:]
        axes = [s if r == "1" else 1 for s, r in zip(sizes * (order + 1), reads, strict=True)]
        tables.append(torch.randn(5, *axes))
    firsts, _, steps = random_chain(order, sizes, 5, batch=(2,))

    def kernel(*tables):
        heads = tables[0] if order == 1 else list(tables[:order])
        return sum_chain(heads, tables[order:-1], tables[-1], states=3)

    agree(kernel, [*firsts, *tables, steps], device)


@everywhere
def test_lines_of_a_forest_are_chains(device):
    parent = torch.tensor([-1, 0, 1, 3, 3, 4, 5, -1])  # three lines of one tree, one of a node
    agree(lambda *t: sum_tree(*t, parent),
          [torch.randn(8, 3), torch.randn(8, 3, 3), torch.randn(2, 8, 3)], device)  # fmt: skip


@everywhere
def test_impossible_states_and_chains_have_gradient_zero(device):
    first, then = torch.tensor([0.0, -INF, -INF]), torch.randn(3, 3)
    then[2, :2] = then[1, 0] = -INF  # absorbing
    steps = torch.randn(6, 7, 3)
    steps[0, 2, 2] = steps[1, 3, 0] = -INF
    steps[2, 2] = steps[3, 0] = steps[4, 6] = -INF
    tables = [first, then, steps]
    agree(sum_chain, tables, device)
    value, gradients, products = scanned(sum_chain, tables, device)
    assert (value[2:5] == -INF).all()
    assert (gradients[2][2:5] == 0).all()
    for table, slope in zip(tables, gradients, strict=True):
        assert (slope[table == -INF] == 0).all()
    assert all(torch.isfinite(t).all() for t in (*gradients, *products))
    nowhere = [torch.full((3,), -INF), torch.full((3, 3), -INF), torch.full((2, 5, 3), -INF)]
    value, gradients, products = scanned(sum_chain, nowhere, device)
    assert (value == -INF).all()
    assert all((t == 0).all() for t in (*gradients, *products))


@pytest.mark.parametrize("scale", [10.0, 1000.0, 1e5])
def test_far_off_potentials_lose_nothing(scale):
    size, length = 4, 7
    forward = torch.full((size, size), -INF)
    for i in range(size):
        forward[i, i : i + 2] = math.log(0.5)
    for then in (forward, -scale * torch.rand(size, size), torch.randn(size, size)):
        steps = -scale * torch.rand(5, length, size)
        steps[0, 1] = torch.tensor([-scale, -scale, -scale, 0.0])
        steps[1, -1] = torch.tensor([0.0, -scale, -scale, -scale])
        steps[2, 2:5] = torch.tensor([0.0, -scale, -scale, 0.0])
        first = torch.tensor([0.0, -scale, -2 * scale, -scale])
        found = scanned(sum_chain, [first, then, steps])
        wanted = derivatives(sum_chain, [first, then, steps])
        torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("how", ["sum", "max"])
def test_nan_in_gives_nan_out(place, how):
    tables = [torch.randn(3), torch.randn(3, 3), torch.randn(2, 4, 3)]
    tables[place].view(-1)[1] = math.nan
    with eliminating(how), scanning():
        value = sum_chain(*tables)
    assert value[0].isnan()
    assert value[1].isnan() == (place < 2)  # the other chain reads none


@everywhere
@pytest.mark.parametrize("size", [2, 8])
@pytest.mark.parametrize("scale", [1, 50])
def test_float32_loses_nothing_on_long_chains(size, scale, device):
    (first,), then, steps = random_chain(1, (size,), 2000, varying=False, batch=(3,))
    tables = [t.float() for t in (first, then, scale * steps)]
    wide = derivatives(sum_chain, [t.double() for t in tables])
    narrow = scanned(sum_chain, tables, device)
    assert narrow[0].dtype == torch.float32
    torch.testing.assert_close(narrow[0].double(), wide[0], rtol=1e-6, atol=0)
    for one, two in zip(narrow[1], wide[1], strict=True):
        torch.testing.assert_close(one.double(), two, rtol=1e-5, atol=1e-5)


PAIRS = {
    "near": (1.0, 0.0, 0),
    "far": (600.0, 0.0, 5),
    "very far": (1e5, 0.0, 6),
    "impossible": (1.0, 0.6, 0),
    "far and impossible": (1000.0, 0.6, 4),
}


@everywhere
@pytest.mark.parametrize("chunk", [1, 130, 2**22])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_products_in_logs_lose_nothing(pair, chunk, device, monkeypatch):
    """Some are products of exponentials, those of far off matrices are made in logs."""
    monkeypatch.setattr(products, "CHUNK", chunk)
    scale, share, hard = pair
    left, right = (
        torch.where(torch.rand(6, 4, 4) < share, -INF, scale * torch.randn(6, 4, 4)).to(device)
        for _ in range(2)
    )
    assert len(products._Scaled.of(left, right).hard) >= hard
    found = derivatives(lambda *pair: products.multiply(*pair, "sum"), [left, right])
    wanted = derivatives(lambda x, y: sum_out(x[..., None] + y[:, None], 2), [left, right])
    for one, two, error in zip(found, wanted, (1e-14, 1e-9, 1e-8), strict=True):
        torch.testing.assert_close(one, two, rtol=error, atol=error)
    greatest = products.multiply(left, right, "max")
    assert torch.equal(greatest, (left[..., None] + right[:, None]).amax(2))


def test_third_derivatives_raise():
    then = torch.randn(2, 2)
    with scanning(), pytest.raises(NotImplementedError, match="third derivative"):
        jacrev(jacrev(jacrev(lambda t: sum_chain(then[0], t, torch.zeros(6, 2)))))(then)


@pytest.mark.parametrize(("second", "most"), [(False, 2.5), (True, 5.5)])
def test_derivatives_keep_matrices_and_no_terms_of_products(second, most):
    size, length = 12, 256
    (first,), then, steps = random_chain(1, (size,), length)
    kept = {}

    def pack(t):
        kept[t.untyped_storage().data_ptr()] = t
        return t

    steps.requires_grad_()
    with scanning(), torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        (slope,) = torch.autograd.grad(sum_chain(first, then, steps), steps, create_graph=second)
    assert slope.requires_grad == second
    sizes = (t.numel() for t in kept.values() if t.is_floating_point())
    assert sum(sizes) <= most * length * size**2


# -- torch.func and traces


@pytest.mark.parametrize("chosen", CHOICES)
@pytest.mark.parametrize("function", [single, grad(single, (0, 1, 2))])
def test_vmap_is_one_by_one(chosen, function):
    tables = batches(chosen)
    axes = tuple(0 if n in chosen else None for n in ("first", "then", "steps"))
    with scanning():
        found = vmap(function, axes)(*tables)
    for i in range(4):
        wanted = function(*(t[i] if a == 0 else t for t, a in zip(tables, axes, strict=True)))
        row = found[i] if isinstance(found, torch.Tensor) else tuple(f[i] for f in found)
        torch.testing.assert_close(row, wanted, rtol=1e-12, atol=1e-12)


def test_hessians_by_torch_func():
    tables = batches(())

    def hessian():
        return jacrev(jacrev(lambda t: single(tables[0], t, tables[2])))(tables[1])

    with scanning():
        found = hessian()
    torch.testing.assert_close(found, hessian(), rtol=1e-9, atol=1e-9)


def test_traced_chains_compute_what_they_were_traced_from():
    from torch.fx.experimental.proxy_tensor import make_fx

    end = torch.tensor([4, 2, 0, 3, 1])

    def value(first, then, steps):
        return (sum_chain(first, then, steps, end) * torch.arange(1.0, 6.0)).sum()

    with scanning():
        traced = make_fx(grad(value, (0, 1, 2)))(*batches(()))
    other = batches(())
    torch.testing.assert_close(traced(*other), grad(value, (0, 1, 2))(*other))


# -- modes and draws


def chosen_states(how, first, then, steps, device, **options):
    """The weights of chains, and the states that the gradient at `steps` marks, [..., T]."""
    leaf = steps.to(device).requires_grad_()
    firsts = [f.to(device) for f in first]
    with eliminating(how), scanning():
        total = sum_chain(firsts, then.to(device), leaf, **options)
    (marks,) = torch.autograd.grad(total.sum(), leaf)
    assert ((marks == 0) | (marks == 1)).all()
    return total.detach().cpu(), marks.cpu()


@everywhere
@pytest.mark.parametrize(("order", "size"), [(1, 2), (1, 8), (1, 40), (2, 3)])
@pytest.mark.parametrize("length", [1, 2, 7, 64])
def test_the_mode_is_that_of_the_kernels(order, size, length, device):
    firsts, then, steps = random_chain(order, (size,), length, batch=(3,))
    end = torch.tensor([length, length // 2, length - 1])
    value, mode = chosen_states("max", firsts, then, steps, device, end=end)
    leaf = steps.requires_grad_()
    with eliminating("max"):
        wanted = sum_chain(firsts, then, leaf, end=end)
    torch.testing.assert_close(value, wanted.detach(), rtol=1e-12, atol=1e-12)
    assert torch.equal(mode, torch.autograd.grad(wanted.sum(), leaf)[0])


@everywhere
def test_a_mode_among_ties_weighs_as_much_and_an_impossible_chain_has_none(device):
    firsts = [torch.randint(0, 2, (3,)).double()]
    then = torch.randint(0, 2, (3, 3)).double()
    steps = torch.randint(0, 2, (20, 9, 3)).double()
    steps[7, 4] = -INF
    value, mode = chosen_states("max", firsts, then, steps, device)
    with eliminating("max"):
        assert torch.equal(value, sum_chain(firsts, then, steps))
    assert (mode[7] == 0).all()
    for c in set(range(20)) - {7}:
        z = mode[c].nonzero()[:, 1].tolist()
        assert len(z) == 9
        weight = firsts[0][z[0]] + sum(steps[c, t, z[t]] for t in range(9))
        assert weight + sum(then[a, b] for a, b in itertools.pairwise(z)) == value[c]
    _, mode = chosen_states("max", [torch.zeros(3)], torch.zeros(3, 3), torch.zeros(5, 3), device)
    assert mode.argmax(-1).tolist() == [0] * 5


@everywhere
@pytest.mark.parametrize(("order", "sizes", "length"), [
    (1, (3,), 4), (1, (2,), 7), (2, (2,), 5), (1, (2, 2), 3),
])  # fmt: skip
def test_draws_have_the_probabilities_of_profiles(order, sizes, length, device):
    firsts, then, steps = random_chain(order, sizes, length)
    then[..., 1, 0] = -INF
    every = enumerate_chain(firsts, then, steps, 0, length)
    weights = torch.stack(list(every.values()))
    wanted = torch.softmax(weights, 0).numpy()
    count = 20_000
    torch.manual_seed(5)
    many = steps.expand(count, *steps.shape).clone()
    total, draws = chosen_states("draw", firsts, then, many, device, states=len(sizes))
    torch.testing.assert_close(total, torch.logsumexp(weights, 0).expand(count))
    profiles = {p: i for i, p in enumerate(every)}
    found = np.zeros(len(every))
    for row in draws.nonzero()[:, 2:].reshape(count, length, len(sizes)).tolist():
        found[profiles[tuple(map(tuple, row))]] += 1
    assert (found[wanted == 0] == 0).all()
    kept = wanted * count > 5
    observed = np.append(found[kept], found[~kept].sum())
    expected = np.append(wanted[kept], wanted[~kept].sum()) * count
    some = expected > 0
    assert stats.chisquare(observed[some], expected[some]).pvalue > 1e-4


def test_pairs_of_neighbours_in_draws_of_a_long_chain_have_their_expected_counts():
    (first,), then, steps = random_chain(1, (3,), 100)
    then.requires_grad_()
    (pairs,) = torch.autograd.grad(sum_chain(first, then, steps), then)
    count = 2000
    torch.manual_seed(3)
    _, draws = chosen_states("draw", [first], then.detach(), steps.expand(count, -1, -1), "cpu")
    found = torch.einsum("nta,ntb->tab", draws[:, :-1], draws[:, 1:])
    away = (found - count * pairs[1:]) / (count * pairs[1:] * (1 - pairs[1:])).sqrt()
    assert away[pairs[1:] * count > 20].abs().max() < 4.5
    assert away[pairs[1:] * count > 20].square().mean() == pytest.approx(1, abs=0.2)


# -- the choice between a scan and levels


@pytest.mark.parametrize(("chains", "length", "width", "fans", "pays"), [
    (32, 2000, 8, [8], True),
    (1, 2000, 200, [200], True),
    (32, 2000, 100, [100], False),  # enough work at every level
    (1, 2000, 400, [400], False),
    (1, 100_000, 60, [60], False),  # memory
    (32, 500, 9, [3], True),  # order 2 of three values
    (32, 500, 400, [20, 20], False),  # coupled
    (1000, 3, 30, [30], False),  # short
    (5, 1, 8, [8], True),  # nothing to do
])  # fmt: skip
def test_a_scan_is_chosen_where_it_costs_less(chains, length, width, fans, pays):
    zero = torch.zeros(chains, dtype=torch.int64)
    nodes = chain.chain_nodes(zero, zero + length, zero, zero[None, None], [0], zero, 1, length)
    assert scan.Lines.of(nodes).pay(width, fans) == pays


def test_trees_and_costly_scans_are_eliminated_level_by_level(monkeypatch):
    seen = []
    level_by_level = plain.eliminate

    def spy(*tables):
        seen.append(len(tables[2]))
        return level_by_level(*tables)

    monkeypatch.setattr(plain, "eliminate", spy)
    monkeypatch.setattr(chain.forest, "eliminate", lambda *a: scan.eliminate(*a[:4]))
    first, then, steps = torch.randn(3), torch.randn(3, 3), torch.randn(50, 3)
    tree, path = torch.arange(50).sub(1).div(2, rounding_mode="floor"), line(50)
    assert torch.isfinite(sum_tree(first, then, steps, tree))
    assert seen == [50]
    by_scan = sum_tree(first, then, steps, path)
    assert seen == [50]
    monkeypatch.setattr(scan, "MOST", 0)
    torch.testing.assert_close(sum_tree(first, then, steps, path), by_scan)
    assert seen == [50, 50]


class OneDevice(TorchDispatchMode):
    """Raises where an operation on tensors of a device reads others that are not copied there."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
        devices = {t.device.type for t in tensors if t.dim() > 0}
        assert len(devices) < 2 or "copy" in function.__name__, function.__name__
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("how", ["sum", "max", "draw"])
def test_all_that_is_computed_stays_on_one_device(how, monkeypatch):
    """The device has no memory, so this needs none; the layout is made on the CPU."""
    seen = []
    original = forest.eliminate
    monkeypatch.setattr(chain.forest, "eliminate", lambda *a: seen.append(a) or original(*a))
    firsts, _, steps = random_chain(2, (2, 20), 6, batch=(3,))
    then = [torch.randn(6, 2, 1, 1, 1, 2, 1), torch.randn(1, 1, 20, 1, 1, 1, 20)]
    sum_chain(firsts, then, steps, torch.tensor([6, 2, 1]), states=2)
    ((first, tables, steps, shape, _),) = seen
    there = [t.to("meta").requires_grad_() for t in (first, *tables, steps)]
    with eliminating(how), OneDevice():
        total = scan.along(scan.Lines.of(shape.nodes), there[0], there[1:-1], there[-1], shape)
        twice = how == "sum"
        slopes = torch.autograd.grad(total.sum(), there, create_graph=twice)
        if twice:
            torch.autograd.grad(sum(g.square().sum() for g in slopes), there)
    assert total.shape == (3,)
    assert [g.shape for g in slopes] == [t.shape for t in there]
