"""Chains and trees: the compiled sums against enumeration, and against the same sums in torch."""

import contextlib
import itertools
import math

import numpy as np
import pytest
import torch
from numba.core import caching
from scipy import stats
from torch.func import grad, jacrev, vmap

from genlang.runtime.chains import (
    arithmetic,
    chain,
    forest,
    layout,
    plain,
    stages,
    sum_chain,
    sum_tree,
)
from genlang.runtime.chains.stages import window
from genlang.runtime.reductions import eliminating

INF = math.inf


pytestmark = pytest.mark.usefixtures("float64")


@contextlib.contextmanager
def in_torch():
    """Run chains and trees in plain torch."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chain.forest, "eliminate", lambda *a: plain.eliminate(*a[:4]))
        yield


def derivatives(function, arguments):
    """Return the value, the gradients, and products of the Hessian with a fixed direction."""
    leaves = [a.detach().clone().requires_grad_() for a in arguments]
    value = function(*leaves)
    weights = torch.linspace(0.5, 1.5, value.numel()).reshape(value.shape).to(value)
    gradients = torch.autograd.grad(
        (weights * value).sum(), leaves, create_graph=True, materialize_grads=True
    )
    torch.manual_seed(2)
    along = sum((g * torch.randn(g.shape).to(g)).sum() for g in gradients)
    products = torch.autograd.grad(along, leaves, materialize_grads=True)
    return value, gradients, products


def agree(function, arguments, error=1e-8):
    """Hold value, gradient and Hessian products of the kernels against those in torch."""
    found = derivatives(function, arguments)
    with in_torch():
        wanted = derivatives(function, arguments)
    for one, two in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, two, rtol=error, atol=error)
    for tensor in (found[0], *found[1], *found[2]):
        assert not tensor.isnan().any()


def enumerate_chain(firsts, then, steps, begin, end):
    """The log weights of all profiles of one chain; every table has all its axes."""
    order = len(firsts)
    sizes = steps.shape[1:]
    states = list(itertools.product(*map(range, sizes)))
    found = {}
    for profile in itertools.product(states, repeat=max(end - begin, 0)):
        weight = torch.zeros(())
        for place, z in enumerate(profile):
            t = begin + place
            back = [w for y in profile[max(place - order, 0) : place + 1] for w in y]
            weight = weight + steps[(t, *z)]
            if place == 0:
                weight = weight + firsts[0][z]
            else:
                table = firsts[place] if place < order else then
                weight = weight + table[(t if table.shape[0] > 1 else 0, *back)]
        found[profile] = weight
    return found


def random_chain(order, sizes, length, *, varying=True, batch=()):
    """Random tables of a chain; `then` depends on time where it is `varying`."""
    steps = torch.randn(*batch, length, *sizes)
    time = (length if varying else 1,)
    firsts = [torch.randn(*sizes)]
    firsts += [torch.randn(*time, *[*sizes] * (i + 1)) for i in range(1, order)]
    return firsts, torch.randn(*time, *[*sizes] * (order + 1)), steps


SHAPES = [
    (1, (2,), 5), (1, (3,), 4), (2, (2,), 5), (2, (3,), 4), (3, (2,), 6), (1, (2, 3), 3),
    (1, (2, 1, 2), 3), (2, (2, 2), 3), (1, (5,), 1), (1, (1,), 4), (3, (2,), 2),
]  # fmt: skip


@pytest.mark.parametrize(("order", "sizes", "length"), SHAPES)
@pytest.mark.parametrize("varying", [False, True])
def test_a_chain_is_the_sum_over_all_profiles(order, sizes, length, varying):
    firsts, then, steps = random_chain(order, sizes, length, varying=varying)
    arguments = [*firsts, then, steps]

    def brute(*tables):
        every = enumerate_chain(tables[:order], tables[-2], tables[-1], 0, length)
        return torch.logsumexp(torch.stack(list(every.values())), 0)

    def kernel(*tables):
        first = tables[0] if order == 1 else list(tables[:order])
        return sum_chain(first, tables[-2], tables[-1], states=len(sizes))

    leaves = [a.requires_grad_() for a in arguments]
    one, two = kernel(*leaves), brute(*leaves)
    torch.testing.assert_close(one, two, rtol=1e-12, atol=1e-12)
    grads = [torch.autograd.grad(x, leaves, materialize_grads=True) for x in (one, two)]
    torch.testing.assert_close(*grads, rtol=1e-11, atol=1e-12)
    agree(kernel, arguments)


@pytest.mark.parametrize("size", [2, 3, 7, 8, 9, 16, 31, 64, 300])
@pytest.mark.parametrize("varying", [False, True])
def test_any_number_of_states_equals_torch(size, varying):
    (first,), then, steps = random_chain(1, (size,), 4, varying=varying, batch=(3,))
    agree(sum_chain, [first, then, 3 * steps])


def test_float32_results_are_those_of_float64_rounded():
    (first,), then, steps = random_chain(1, (5,), 2000, varying=False, batch=(3,))
    wide = derivatives(sum_chain, [first, then, steps])
    narrow = derivatives(sum_chain, [t.float() for t in (first, then, steps)])
    for one, two in zip(narrow[:2], wide[:2], strict=True):
        torch.testing.assert_close(
            one, [t.float() for t in two] if isinstance(two, tuple | list) else two.float(),
            rtol=1e-5, atol=1e-5,
        )  # fmt: skip
    assert narrow[0].dtype == torch.float32


@pytest.mark.parametrize("order", [1, 2, 3])
def test_ragged_chains_are_those_of_their_own_parts(order):
    firsts, then, steps = random_chain(order, (2,), 6, batch=(6,))
    begin = torch.tensor([0, 2, 3, 5, 4, 0])
    end = torch.tensor([6, 6, 4, 6, 2, 0])  # one and two positions, and none
    first = firsts[0] if order == 1 else firsts
    found = sum_chain(first, then, steps, end, begin)
    for c, (b, e) in enumerate(zip(begin.tolist(), end.tolist(), strict=True)):
        every = list(enumerate_chain(firsts, then, steps[c], b, e).values())
        torch.testing.assert_close(found[c], torch.logsumexp(torch.stack(every), 0))
    assert found[4] == 0
    assert found[5] == 0

    def kernel(*tables):
        heads = tables[0] if order == 1 else list(tables[:order])
        return sum_chain(heads, tables[-2], tables[-1], end, begin)

    agree(kernel, [*firsts, then, steps])


def test_no_chains_and_no_positions_weigh_nothing():
    then = torch.randn(3, 3)
    assert sum_chain(torch.randn(3), then, torch.randn(0, 5, 3)).shape == (0,)
    empty = torch.randn(2, 0, 3).requires_grad_()
    found = sum_chain(torch.randn(3), then, empty)
    assert found.tolist() == [0, 0]
    found.sum().backward()
    with pytest.raises(ValueError, match="leaves its 4 positions"):
        sum_chain(torch.randn(3), then, torch.randn(4, 3), end=5)
    with pytest.raises(ValueError, match="leaves its 4 positions"):
        sum_chain(torch.randn(3), then, torch.randn(4, 3), begin=-1)


def test_impossible_states_have_gradient_zero():
    first, then = torch.tensor([0.0, -INF, -INF]), torch.randn(3, 3)
    then[2, :2] = -INF  # absorbing
    then[1, 0] = -INF
    steps = torch.randn(4, 6, 3)
    steps[0, 2, 2] = steps[1, 3, 0] = -INF
    agree(sum_chain, [first, then, steps])
    leaves = [t.requires_grad_() for t in (first, then, steps)]
    for table, g in zip(leaves, torch.autograd.grad(sum_chain(*leaves).sum(), leaves), strict=True):
        assert (g[table == -INF] == 0).all()


def test_an_impossible_chain_is_minus_infinity_with_gradient_zero():
    first, then, steps = torch.randn(3), torch.randn(3, 3), torch.randn(4, 5, 3)
    steps[1, 2] = -INF
    then[:, 1] = -INF  # beside evidence for state 1
    steps[2, 4, [0, 2]] = -INF
    value, gradients, products = derivatives(sum_chain, [first, then, steps])
    assert value[1] == value[2] == -INF
    assert torch.isfinite(value[[0, 3]]).all()
    assert (gradients[2][1:3] == 0).all()
    assert all(torch.isfinite(t).all() for t in (*gradients, *products))
    nowhere = [torch.full((3,), -INF), torch.full((3, 3), -INF), torch.full((2, 3, 3), -INF)]
    value, gradients, products = derivatives(sum_chain, nowhere)
    assert (value == -INF).all()
    assert all((t == 0).all() for t in (*gradients, *products))


@pytest.mark.parametrize("scale", [10.0, 300.0, 1000.0, 1e5])
def test_far_off_potentials_lose_nothing(scale):
    """Evidence for a state that cannot be reached, and states that only later evidence wants."""
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
        agree(sum_chain, [first, then, steps], error=1e-8)
    # The largest weight of every position is out of reach of the one before.
    steps = torch.zeros(1, 2, 2)
    steps[0, 0, 1] = steps[0, 1, 0] = -scale
    apart = torch.tensor([[0.0, -INF], [-INF, 0.0]])
    found = sum_chain(torch.tensor([0.0, -3 * scale]), apart, steps)
    torch.testing.assert_close(found, torch.logsumexp(torch.tensor([[-scale, -4 * scale]]), -1))


def test_a_star_of_many_children_loses_nothing():
    count = 3000
    parent = torch.zeros(count, dtype=torch.int64)
    parent[0] = -1
    then = torch.log_softmax(3 * torch.randn(3, 3), -1)
    agree(lambda *t: sum_tree(*t, parent), [torch.randn(3), then, torch.randn(count, 3)], 1e-8)
    unlikely = torch.tensor([[0.0, -900.0], [-900.0, 0.0]])
    steps = torch.zeros(4, 2)
    steps[1:, 1] = torch.tensor([-INF, -800.0, -INF])
    steps[0, 0] = -2600.0
    agree(lambda *t: sum_tree(*t, parent[:4]), [torch.zeros(2), unlikely, steps], 1e-8)


def test_a_far_off_chain_is_like_the_same_chain_shifted():
    (first,), then, steps = random_chain(1, (3,), 50, varying=False)
    near = sum_chain(first, then, steps)
    far = sum_chain(first - 1e5, then, steps - 1e5)
    torch.testing.assert_close(far, near - 51e5, rtol=1e-13, atol=0)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_nan_in_gives_nan_out(place):
    tables = [torch.randn(3), torch.randn(3, 3), torch.randn(2, 4, 3)]
    tables[place].view(-1)[1] = math.nan
    leaves = [t.requires_grad_() for t in tables]
    value = sum_chain(*leaves)
    assert value[0].isnan()
    assert value[1].isnan() == (place < 2)  # the other chain reads none
    gradients = torch.autograd.grad(value.sum(), leaves)
    assert gradients[2][0].isnan().any()
    with eliminating("max"):
        assert sum_chain(*leaves)[0].isnan()


ARGUMENTS = ("first", "then", "steps")


def batches(chosen):
    """The arguments of five small chains; those named have a batch of four."""
    shapes = {"first": (3,), "then": (3, 3), "steps": (5, 4, 3)}
    return [torch.randn(*((4,) if n in chosen else ()), *shapes[n]) for n in ARGUMENTS]


CHOICES = [c for n in (1, 2, 3) for c in itertools.combinations(ARGUMENTS, n)]


def single(*tables):
    return (sum_chain(*tables) * torch.arange(1.0, 6.0)).sum()


def products(*tables):
    """The Hessian times the tables, as to all tables."""
    slope = grad(single, (0, 1, 2))
    return grad(lambda *t: sum((g * x.detach()).sum() for g, x in zip(slope(*t), t, strict=True)),
                (0, 1, 2))(*tables)  # fmt: skip


@pytest.mark.parametrize("chosen", CHOICES)
@pytest.mark.parametrize("function", [single, grad(single, (0, 1, 2)), products])
def test_vmap_is_one_by_one(chosen, function):
    tables = batches(chosen)
    axes = tuple(0 if n in chosen else None for n in ARGUMENTS)
    found = vmap(function, axes)(*tables)
    for i in range(4):
        alone = [t[i] if a == 0 else t for t, a in zip(tables, axes, strict=True)]
        wanted = function(*alone)
        row = found[i] if isinstance(found, torch.Tensor) else tuple(f[i] for f in found)
        torch.testing.assert_close(row, wanted, rtol=1e-12, atol=1e-12)


def test_vmap_within_vmap_is_one_by_one():
    first, then, steps = torch.randn(2, 3), torch.randn(4, 3, 3), torch.randn(2, 4, 5, 4, 3)
    found = vmap(vmap(grad(single, (0, 1, 2)), (None, 0, 0)), (0, None, 0))(first, then, steps)
    for i in range(2):
        for j in range(4):
            wanted = grad(single, (0, 1, 2))(first[i], then[j], steps[i, j])
            torch.testing.assert_close(tuple(f[i, j] for f in found), wanted)


def test_vmap_over_an_axis_that_is_not_the_first():
    steps = torch.randn(5, 4, 3, 6)
    first, then = torch.randn(3), torch.randn(3, 3)
    found = vmap(lambda s: sum_chain(first, then, s), 3)(steps)
    torch.testing.assert_close(found, sum_chain(first, then, steps.movedim(3, 0)))


def test_jacobians_and_hessians_by_torch_func():
    tables = batches(())
    jacobian = jacrev(lambda s: sum_chain(tables[0], tables[1], s))(tables[2])
    assert jacobian.shape == (5, 5, 4, 3)
    torch.testing.assert_close(jacobian.sum(-1), torch.eye(5)[:, :, None].expand(5, 5, 4))
    found = jacrev(jacrev(lambda t: single(tables[0], t, tables[2])))(tables[1])
    with in_torch():
        wanted = jacrev(jacrev(lambda t: single(tables[0], t, tables[2])))(tables[1])
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9)


def test_traced_chains_compute_what_they_were_traced_from():
    from torch.fx.experimental.proxy_tensor import make_fx

    end = torch.tensor([4, 2, 0, 3, 1])

    def value(first, then, steps):
        return (sum_chain(first, then, steps, end) * torch.arange(1.0, 6.0)).sum()

    traced = make_fx(grad(value, (0, 1, 2)))(*batches(()))
    other = batches(())
    torch.testing.assert_close(traced(*other), grad(value, (0, 1, 2))(*other))


@pytest.mark.parametrize("how", [0, 2])
def test_fake_tensors_have_the_shapes_of_real_ones(how):
    first, then, steps = torch.randn(1, 3), torch.randn(1, 9), torch.randn(1, 12)
    nodes = sample_nodes()
    arguments = (first, then, steps, nodes, [3, 1, 4, 3, 3, 1], 1, how)
    torch.library.opcheck(forest.forest_total, arguments, test_utils="test_faketensor")


def sample_nodes():
    zero = torch.zeros(1, dtype=torch.int64)
    return chain.chain_nodes(zero, zero + 4, zero, zero[None, None], [0], zero, 1, 4)


def test_layout_in_memory_does_not_matter():
    first, then, steps = (
        torch.randn(3, 2).T[0],
        torch.randn(3, 3).T,
        torch.randn(3, 4, 5).permute(2, 1, 0),
    )
    plainly = [t.contiguous() for t in (first, then, steps)]
    assert torch.equal(sum_chain(first, then, steps), sum_chain(*plainly))
    spread = torch.randn(4, 1).expand(4, 3)
    torch.testing.assert_close(sum_chain(first, then, spread), sum_chain(first, then, +spread))


def test_broadcast_tables_are_not_copied(monkeypatch):
    seen = []
    original = forest.eliminate

    def spy(first, then, steps, *rest):
        seen.extend([first, *then, steps])
        return original(first, then, steps, *rest)

    monkeypatch.setattr(chain.forest, "eliminate", spy)
    first, then, steps = torch.randn(3), torch.randn(3, 3), torch.randn(7, 50, 3)
    sum_chain(first, then, steps)
    assert [t.data_ptr() for t in seen] == [t.data_ptr() for t in (first, then, steps)]
    seen.clear()
    sum_chain(first.expand(2, 1, 3), torch.randn(1, 50, 3, 3), steps[None, :, :1])
    assert seen[1].shape == (50, 3, 3)
    assert seen[2].shape == (7, 3)


@pytest.mark.parametrize("states", [1, 2, 3])
def test_tables_that_broadcast_equal_those_written_out(states):
    sizes = (3, 2, 2)[:states]
    first, then = torch.randn(*sizes), torch.randn(4, *sizes, *sizes)
    steps = torch.randn(2, 3, 4, *sizes)
    wide = sum_chain(first.expand(2, 3, *sizes), then.expand(2, 3, *then.shape), steps,
                     states=states)  # fmt: skip
    torch.testing.assert_close(sum_chain(first, then, steps, states=states), wide)


# -- stages


def test_latents_are_eliminated_one_by_one_where_tables_allow():
    sizes = (30, 20)
    one, two = 30, 20

    def found(*axes):
        return window(sizes, 1, [torch.zeros(a) for a in axes]).stages

    # Axes: old z, old w, new z, new w.
    assert found((one, 1, one, 1), (1, two, one, two)) == ((0,), (1,))
    assert found((one, two, one, 1), (one, two, 1, two)) == ((0, 1),)
    # z reads the old w: it comes first, and w is there still.
    assert found((one, two, one, 1), (1, two, one, two)) == ((0,), (1,))
    # z reads the new w, which comes first.
    assert found((one, 1, one, two), (1, two, 1, two)) == ((1,), (0,))
    assert found((one, two, one, two)) == ((0, 1),)
    assert found((1, 1, 1, 1)) == ((0,), (1,))


def test_latents_of_few_values_are_eliminated_together():
    apart = [torch.zeros(1, 1, 1, 1, 1, 1, 1, 1)]
    assert window((2, 3, 2, 40), 1, apart).stages == ((0, 1, 2), (3,))
    assert window((40, 2, 2, 2), 1, apart).stages == ((0,), (1, 2, 3))


PIECES = {  # axes read: old z w u, new z w u
    "apart": ("100100", "010010", "001001"),
    "new to new": ("100100", "010110", "001011"),
    "old to new": ("110100", "010010", "011001"),
    "backward": ("100110", "010011", "001001"),
    "circle": ("010100", "100010", "001001"),
    "all": ("111111",),
    "factors": ("100100", "010010", "001001", "100001", "110000", "000011"),
    "nothing": ("000000",),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("few", [1, 4, 16])
@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_tables_of_coupled_chains_are_the_same_apart_and_together(order, pieces, few, monkeypatch):
    monkeypatch.setattr(stages, "FEW", few)
    sizes = (3, 2, 2)
    length = 4 if order == 1 else 3
    tables = []
    for n, piece in enumerate(pieces):
        reads = piece if order == 1 else piece[:3] + ("110" if n else "011") + piece[3:]
        axes = [s if r == "1" else 1 for s, r in zip(sizes * (order + 1), reads, strict=True)]
        tables.append(torch.randn(length if n % 2 else 1, *axes))
    firsts, _, steps = random_chain(order, sizes, length, batch=(2,))
    first = firsts[0] if order == 1 else firsts

    def apart(*tables):
        return sum_chain(first, tables[:-1], tables[-1], states=3)

    def together(*tables):
        whole = sum(tables[:-1], torch.zeros(1, *sizes * (order + 1)))
        return sum_chain(first, whole, tables[-1], states=3)

    wanted = derivatives(together, [*tables, steps])
    found = derivatives(apart, [*tables, steps])
    for one, two in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-10, atol=1e-10)
    agree(apart, [*tables, steps])


def test_a_chain_of_order_two_has_tables_of_three_states_and_no_more(monkeypatch):
    seen = []
    original = forest.eliminate

    def spy(first, then, *rest):
        seen.extend(t.shape for t in then)
        return original(first, then, *rest)

    monkeypatch.setattr(chain.forest, "eliminate", spy)
    firsts, then, steps = random_chain(2, (4,), 9, varying=False)
    sum_chain(firsts, then, steps)
    assert seen == [(2, 16, 4)]


# -- trees


def random_forest(count, roots=1):
    """Parents of a random forest whose nodes stand in any order."""
    places = torch.randperm(count)
    parent = torch.full((count,), -1)
    for i in range(roots, count):
        parent[places[i]] = places[torch.randint(0, i, ())]
    return parent


def line(count):
    return torch.arange(count) - 1


FORESTS = {
    "chain": lambda: line(6),
    "star": lambda: torch.tensor([3, 3, 3, -1, 3, 3]),
    "rooted at itself": lambda: torch.tensor([0, 0, 1, 1, 4, 4]),
    "tree": lambda: random_forest(6),
    "forest": lambda: random_forest(7, 3),
    "no edges": lambda: torch.full((3,), -1),
}


@pytest.mark.parametrize("make", FORESTS.values(), ids=FORESTS)
@pytest.mark.parametrize("sizes", [(3,), (2, 2)])
@pytest.mark.parametrize("varying", [False, True])
@pytest.mark.parametrize("few", [1, 16])
def test_a_forest_is_the_sum_over_all_profiles(make, sizes, varying, few, monkeypatch):
    monkeypatch.setattr(stages, "FEW", few)
    parent = make()
    count, states = len(parent), len(sizes)
    first, steps = torch.randn(*sizes), torch.randn(count, *sizes)
    then = torch.randn(count if varying else 1, *sizes, *sizes)
    total = torch.zeros(())
    values = list(itertools.product(*map(range, sizes)))
    size = len(values)
    axes = "abcdefg"[:count]
    factors, names = [], []
    for v in range(count):
        p = int(parent[v])
        own = steps[v].reshape(size)
        if p in {-1, v}:
            factors.append((own + first.reshape(size)).exp())
            names.append(axes[v])
        else:
            table = then[v if varying else 0].reshape(size, size)
            factors.append((table + own).exp())
            names.append(axes[p] + axes[v])
    total = torch.einsum(",".join(names) + "->", *factors).log()
    torch.testing.assert_close(sum_tree(first, then, steps, parent, states=states), total)
    agree(lambda *t: sum_tree(*t, parent, states=states), [first, then, steps])


def test_no_nodes_weigh_nothing():
    first, none = torch.randn(3), torch.randn(0, 3).requires_grad_()
    found = sum_tree(first, torch.randn(3, 3), none, torch.zeros(0, dtype=torch.int64))
    assert found == 0
    found.backward()
    varying = torch.randn(2, 0, 3, 3)
    assert sum_tree(first, varying, none, torch.zeros(0, dtype=torch.int64)).tolist() == [0, 0]


def test_a_line_is_a_chain():
    first, then, steps = torch.randn(3), torch.randn(9, 3, 3), torch.randn(2, 9, 3)
    found = sum_tree(first, then, steps, line(9))
    torch.testing.assert_close(found, sum_chain(first, then, steps), rtol=1e-13, atol=0)


def test_nodes_may_stand_in_any_order():
    parent, mixed = random_forest(200, 5), torch.randperm(200)
    first, then, steps = torch.randn(3), torch.randn(200, 3, 3), torch.randn(200, 3)
    back = mixed.argsort()
    moved = torch.where(parent[mixed] >= 0, back[parent[mixed]], -1)
    found = sum_tree(first, then[mixed], steps[mixed], moved)
    torch.testing.assert_close(found, sum_tree(first, then, steps, parent), rtol=1e-12, atol=0)


@pytest.mark.parametrize("parent", [[1, 2, 0, -1], [-1, 2, 1, 0], [-1, 7, 0, 0], [-1, -2, 0, 0]])
def test_parents_that_go_round_or_do_not_exist_raise(parent):
    with pytest.raises(ValueError, match="round in a circle"):
        sum_tree(torch.randn(2), torch.randn(2, 2), torch.randn(4, 2), torch.tensor(parent))


def test_very_long_lines_are_no_recursion():
    """A line from the last node to the first, which is laid out the other way round."""
    first, then, steps = torch.randn(2), torch.randn(2, 2), torch.randn(100_000, 2)
    backward = torch.tensor([*range(1, 100_000), -1])
    found = sum_tree(first, then, steps, backward)
    torch.testing.assert_close(found, sum_chain(first, then, steps.flip(0)), rtol=1e-12, atol=0)


# -- modes and draws


@pytest.mark.parametrize(("order", "sizes", "length"), SHAPES)
def test_the_mode_is_the_greatest_profile(order, sizes, length):
    firsts, then, steps = random_chain(order, sizes, length)
    steps.requires_grad_()
    with eliminating("max"):
        found = sum_chain(firsts if order > 1 else firsts[0], then, steps, states=len(sizes))
    every = enumerate_chain(firsts, then, steps.detach(), 0, length)
    profile = max(every, key=lambda p: every[p])
    torch.testing.assert_close(found.detach(), every[profile])
    (mode,) = torch.autograd.grad(found, steps)
    assert [tuple(i) for i in mode.nonzero()[:, 1:].tolist()] == list(profile)
    assert mode.sum() == length


def test_ties_go_to_the_lowest_states():
    zeros = torch.zeros(5, 3).requires_grad_()
    with eliminating("max"):
        found = sum_chain(torch.zeros(3), torch.zeros(3, 3), zeros)
    assert torch.autograd.grad(found, zeros)[0].argmax(-1).tolist() == [0] * 5
    two = torch.zeros(4, 2, 2).requires_grad_()
    first = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    with eliminating("max"):
        found = sum_chain(first, torch.zeros(2, 2, 2, 2), two, states=2)
    (mode,) = torch.autograd.grad(found, two)
    assert mode.reshape(4, 4).argmax(-1).tolist() == [2, 0, 0, 0]


def test_modes_and_draws_have_no_derivative_and_sums_no_third():
    tables = [t.requires_grad_() for t in batches(())]
    for how in ("max", "draw"):
        with eliminating(how):
            (slope,) = torch.autograd.grad(single(*tables), tables[2], create_graph=True)
        with pytest.raises(NotImplementedError, match="no derivative"):
            torch.autograd.grad(slope.sum(), tables[2])
    value = single(*tables)
    for _ in range(2):
        (value,) = torch.autograd.grad(value.sum(), tables[1], create_graph=True)
        value = value.square()
    with pytest.raises(NotImplementedError, match="third derivative"):
        torch.autograd.grad(value.sum(), tables[1])


DRAWN = [
    (1, (3,), [(2.0, False), (2.0, True)]),
    (2, (2,), [(1.0, False)]),
    (1, (2, 2), [(1.0, True)]),
    (1, (3,), [(400.0, False)]),  # in logs
]


@pytest.mark.parametrize("case", DRAWN)
def test_draws_have_the_probabilities_of_profiles(case):
    order, sizes, scales = case
    for scale, varying in scales:
        firsts, then, steps = random_chain(order, sizes, 3, varying=varying)
        if scale > 100:
            # Impossible but for the last evidence, which wants what has vanished before.
            then[0] = torch.tensor([[0.0, 0.0, -INF], [-INF, 0.0, -1.0], [-INF, -INF, 0.0]])
            steps[1], steps[2] = torch.tensor([-scale, -scale, 0]), torch.tensor([0, -INF, -INF])
            firsts[0][2] = -INF
        every = enumerate_chain(firsts, then, steps, 0, 3)
        weights = torch.stack(list(every.values()))
        wanted = torch.softmax(weights, 0).numpy()
        profiles = {p: i for i, p in enumerate(every)}
        count = 20_000
        many = steps.expand(count, *steps.shape).clone().requires_grad_()
        torch.manual_seed(5)
        with eliminating("draw"):
            total = sum_chain(firsts if order > 1 else firsts[0], then, many, states=len(sizes))
        torch.testing.assert_close(
            total.detach(), torch.logsumexp(weights, 0).expand(count), rtol=1e-10, atol=1e-10
        )
        (draws,) = torch.autograd.grad(total.sum(), many)
        states = draws.nonzero()[:, 2:].reshape(count, 3, len(sizes)).tolist()
        found = np.zeros(len(every))
        for row in states:
            found[profiles[tuple(map(tuple, row))]] += 1
        assert (found[wanted == 0] == 0).all()
        kept = wanted * count > 5
        rest = ~kept & (wanted > 0)
        observed, expected = found[kept], wanted[kept] * count
        if rest.any():
            observed = np.append(observed, found[rest].sum())
            expected = np.append(expected, wanted[rest].sum() * count)
        if len(observed) > 1:
            assert stats.chisquare(observed, expected).pvalue > 1e-4


# -- validation


def test_wrong_shapes_raise():
    with pytest.raises((ValueError, RuntimeError)):
        sum_chain(torch.randn(3), torch.randn(3, 4), torch.randn(5, 3))
    with pytest.raises((ValueError, RuntimeError)):
        sum_chain(torch.randn(2), torch.randn(3, 3), torch.randn(5, 3))
    with pytest.raises((ValueError, RuntimeError)):
        sum_chain(torch.randn(3), torch.randn(4, 3, 3), torch.randn(5, 3))
    with pytest.raises((ValueError, RuntimeError)):
        sum_chain(torch.randn(3), torch.randn(3, 3), torch.randn(2, 5, 3), end=torch.ones(3))
    with pytest.raises(ValueError, match="4 nodes have"):
        sum_tree(torch.randn(2), torch.randn(2, 2), torch.randn(4, 2), line(3))
    shape = forest.Forest(sample_nodes(), 1)
    with pytest.raises(ValueError, match="do not fit"):
        forest.eliminate(torch.randn(1, 3), [torch.randn(1, 3, 2)], torch.randn(4, 3), shape, "sum")
    with pytest.raises(ValueError, match="do not fit"):
        forest.eliminate(torch.randn(1, 2), [torch.randn(1, 3, 3)], torch.randn(4, 3), shape, "sum")


WRONG = [
    (0, 3),
    (0, 1),
    (0, -2),
    (1, 1),
    (1, -2),
    (2, 1),
    (2, -1),
    (3, 4),
    (3, -2),
    (4, 1),
    (4, -1),
]


@pytest.mark.parametrize(("column", "value"), WRONG)
@pytest.mark.parametrize("how", ["sum", "max", "draw"])
def test_nodes_that_read_what_does_not_exist_raise(column, value, how):
    nodes = sample_nodes().clone()
    nodes[1, column] = value
    tables = torch.randn(1, 3), [torch.randn(1, 3, 3)], torch.randn(4, 3)
    with pytest.raises(ValueError, match="node 1 of a forest"):
        forest.eliminate(*tables, forest.Forest(nodes, 1), how)
    assert layout.fault(sample_nodes().numpy(), 1, 1, np.array([1]), 4) == -1


# -- arithmetic, compilation, devices


def test_the_vectorized_exponential_is_exact_to_two_units():
    @arithmetic.compiled()
    def fill(x, out):
        for i in range(len(x)):
            out[i] = arithmetic.exp(x[i])

    x = -np.concatenate([np.linspace(0, 1, 10_001), np.geomspace(1e-300, 689, 100_001), [0.0]])
    out = np.empty_like(x)
    fill(x, out)
    assert np.max(np.abs(out / np.exp(x) - 1)) < 2 * np.finfo(float).eps
    edges = np.array([-INF, -691.0, -1e5, -1e308, math.nan])
    out = np.empty_like(edges)
    fill(edges, out)
    assert out[0] == 0
    assert (out[1:4] == arithmetic.LEAST).all()
    assert np.isnan(out[4])


def test_kernels_compile_where_no_cache_can_be_written(monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])

    @arithmetic.compiled()
    def double(x):
        return 2 * x

    assert double(2.0) == 4


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("order", [1, 2])
def test_chains_on_cuda_equal_those_on_the_cpu(order):
    firsts, then, steps = random_chain(order, (4,), 30, batch=(8,))
    end = torch.arange(23, 31)
    first = firsts if order > 1 else firsts[0]
    there = [f.cuda() for f in firsts]
    found = sum_chain(there if order > 1 else there[0], then.cuda(), steps.cuda(), end.cuda())
    torch.testing.assert_close(found.cpu(), sum_chain(first, then, steps, end))
