"""Random programs: the emitted density and marginals equal enumeration by the oracle.

`joint` under Pyro's `TraceEnum_ELBO` gives the same number wherever Pyro can run it. The test
prints how often each feature occurs.
"""

import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from pyro import poutine
from pyro.infer import TraceEnum_ELBO

import genlang
from genlang.api import Bound
from genlang.check.model import Index, Ref
from genlang.infer.session import session
from genlang.infer.tensors import namespace
from genlang.plan.plan import Plan
from genlang.plan.steps import Make
from tests import oracle
from tests.structures import Structure, each, structures

COUNT = 1000
# Each must occur in at least this many of the programs.
LEAST = 50
FEATURES = (
    "nested-factor", "local latent beside a data index", "global", "let", "arithmetic", "compare",
    "if", "profile", "zeros", "weight", "part", "ragged", "size-0", "size-1", "equal", "different",
)  # fmt: skip

# What Pyro cannot enumerate, in its words or in those of `drawn`.
REFUSALS = (
    "which Pyro cannot enumerate",
    "scalar poutine.scale",
    "size cannot be zero",
    "collide at dim",
)


def labelled(value: Any, dim: str) -> Any:
    """Positions as labels (`K0`, `K1`), in nested lists."""
    if isinstance(value, list):
        return [labelled(v, dim) for v in value]
    return None if value is None else f"{dim}{value}"


def bound_to(structure: Structure) -> Bound:
    """Bind a program to its data; elements are named by labels, empty dims by their size."""
    model = genlang.model(structure.text)
    data = {}
    for v in model.compiled.model.variables:
        if v.name in structure.data:
            value = structure.data[v.name]
            data[v.name] = labelled(value, v.cell.dim.name) if v.cell.kind == "index" else value
    plain = {d: n for d, n in structure.sizes.items() if isinstance(n, int)}
    data |= {d: [f"{d}{i}" for i in range(n)] for d, n in plain.items() if n}
    data |= {d: n for d, n in structure.sizes.items() if d not in plain}
    return model.bind(data, **{d: 0 for d, n in plain.items() if n == 0})


def reaches(plan: Plan) -> bool:
    """Whether a statement reads a latent of its own loop and one through a data index."""
    for step in plan.steps:
        if isinstance(step, Make):
            subs = [s for _, reads in step.term.reads for r in reads for s in r.subscripts]
            own = [s for s in subs if isinstance(s, Ref) and s.symbol in step.term.plates]
            if own and any(isinstance(s, Index) for s in subs):
                return True
    return False


def compare(structure: Structure, counts: Counter[str]) -> None:
    """Hold one program against the oracle, and against Pyro where it can enumerate."""
    bound = bound_to(structure)
    model = bound.model.compiled.model
    counts["local latent beside a data index"] += reaches(bound.model.compiled.plan)
    given_ = (model, structure.data, structure.values, structure.sizes)
    want = oracle.log_density(*given_)
    got = bound.log_density(structure.values)
    assert got == want or got == pytest.approx(want, rel=1e-10, abs=1e-10)
    if want > -np.inf:
        counts["possible"] += 1
        found = bound.states(structure.values)
        for name, expected in oracle.marginals(*given_).items():
            there = found[name][tuple(slice(n) for n in expected.shape)]
            cells = ~np.isnan(expected)
            assert np.allclose(there[cells], expected[cells], rtol=0, atol=1e-10)
    if bound.model.compiled.plan.states:
        joint(bound, structure.values, want, counts)


def joint(bound: Bound, values: dict[str, Any], want: float, counts: Counter[str]) -> None:
    """Compare `TraceEnum_ELBO` on `joint`; count why Pyro cannot run it where it cannot."""
    with session(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fixed = {name: torch.tensor(value) for name, value in values.items()}
        program = poutine.condition(bound.program.joint, data=fixed)
        elbo = TraceEnum_ELBO(max_plate_nesting=4, strict_enumeration_warning=False)
        try:
            found = -elbo.loss(program, lambda data: None, namespace(bound.table))
        except (ValueError, NotImplementedError, ZeroDivisionError) as error:
            if not any(reason in str(error) for reason in REFUSALS):
                raise
            counts["refused by Pyro"] += 1
            return
    assert found == want or found == pytest.approx(want, rel=1e-9, abs=1e-9)
    counts["equal under TraceEnum_ELBO"] += 1


@pytest.mark.slow
def test_random_programs_equal_enumeration(capsys):
    """1,000 programs equal the oracle; how often each feature occurred is shown without `-s`."""
    counts: Counter[str] = Counter()

    def check(structure: Structure) -> None:
        counts.update(structure.tags)
        compare(structure, counts)

    each(structures(), COUNT, 20261124, check)
    with capsys.disabled():
        print("\n" + "\n".join(f"{counts[f]:5d}  {f}" for f in sorted(counts)))
    assert all(counts[f] >= LEAST for f in FEATURES)
    assert counts["possible"] >= COUNT // 2
    assert counts["equal under TraceEnum_ELBO"] >= 200
