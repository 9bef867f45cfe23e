"""Plans and programs of Models built by hand, against enumeration in NumPy."""

import math
from types import SimpleNamespace

import torch

from genlang.check.model import (
    Const,
    Dim,
    Distribution,
    Draw,
    Extent,
    Index,
    Loop,
    Model,
    Ref,
    Type,
    Variable,
)
from genlang.emit.program import emit
from genlang.infer.density import Density
from genlang.plan.plan import plan
from genlang.runtime.load import load
from genlang.source import Source

REAL = Type("real")


def mixture():
    N, K = Dim("N"), Dim("K")
    n = Loop("n", Extent(N))
    probs = Variable("p", "data", Type("simplex", (Extent(K),)), (Extent(K),), (), 1)
    mu = Variable("mu", "data", REAL, (Extent(K),))
    z = Variable("z", "latent", Type("index", dim=K), (Extent(N),), (n,))
    y = Variable("y", "observed", REAL, (Extent(N),), (n,))
    at = (Ref(n, Type("index", dim=N)),)
    read = Index(Ref(mu, Type("real", (Extent(K),))), (Index(Ref(z, z.cell), at, z.cell),), REAL)
    law = Distribution("Categorical", (("probs", Ref(probs, Type("simplex", (Extent(K),)))),))
    normal = Distribution("Normal", (("loc", read), ("scale", Const(1, REAL))))
    statements = (Draw(z, law, (n,), at), Draw(y, normal, (n,), at))
    return Model(Source(""), (N, K), (probs, mu, z, y), statements)


def test_mixture_equals_enumeration_and_has_its_marginals():
    torch.set_default_dtype(torch.float64)
    data = SimpleNamespace(
        N=3,
        K=2,
        p=torch.tensor([0.25, 0.75]),
        mu=torch.tensor([-1.0, 2.0]),
        y=torch.tensor([0.5, -2.0, 3.0]),
    )
    text = emit(plan(mixture()))
    density = Density(load(text).model, data)
    expected, marginals = 0.0, []
    for y in data.y.tolist():
        parts = [
            p * math.exp(-0.5 * (y - m) ** 2) / math.sqrt(2 * math.pi)
            for p, m in zip([0.25, 0.75], [-1.0, 2.0], strict=True)
        ]
        expected += math.log(sum(parts))
        marginals.append([part / sum(parts) for part in parts])
    assert math.isclose(float(density.log_density({})), expected, rel_tol=1e-12)
    assert torch.allclose(density.states({})["z"], torch.tensor(marginals), atol=1e-12)
