"""Models of the kinds that textbooks and example collections have, each beside its program.

A model `golden/NAME.gen` comes with small data, `NAME.json`, and the program that it becomes,
`NAME.py` (`pytest tests/test_golden.py --update` writes it). At three points its log density is
that of the oracle, which loops over the statements.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from pyro import poutine
from pyro.infer import TraceEnum_ELBO

import genlang
from genlang.infer.session import session
from genlang.infer.tensors import namespace
from genlang.infer.values import given as shaped
from genlang.syntax import format as fmt
from tests import oracle
from tests.test_joint import by_site

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(p.stem for p in GOLDEN.glob("*.gen"))


def points(bound, count=3):
    """Return values of every unknown, inside their supports, with fixed seeds."""
    import torch

    from genlang.infer.layout import layout

    with bound._session():
        place = layout(bound._density)
        for seed in range(1, count + 1):
            vector = 0.5 * np.random.default_rng(seed).standard_normal(place.size)
            values = place.values(torch.as_tensor(vector))
            yield {name: value.numpy() for name, value in values.items()}


def known(table, values):
    """Return the arrays of a table with NaN in missing cells, or the values of those read."""
    arrays = dict(table.arrays)
    for name, seen in table.seen.items():
        arrays[name] = arrays[name].astype(float)
        arrays[name][~seen] = values.get(f"{name}_missing", np.nan)
    return arrays


@pytest.mark.parametrize("name", NAMES)
def test_models_become_the_programs_that_lie_beside_them(name, request):
    model = genlang.load(GOLDEN / f"{name}.gen")
    data = json.loads((GOLDEN / f"{name}.json").read_text())
    program = GOLDEN / f"{name}.py"
    text = model.to_python(data)
    if request.config.getoption("--update", default=False):
        program.write_text(text)
    assert text == program.read_text()
    assert not model.diagnostics


@pytest.mark.parametrize("name", NAMES)
def test_models_are_laid_out_as_fmt_does(name):
    text = (GOLDEN / f"{name}.gen").read_text()
    assert fmt.format(text) == text


@pytest.mark.parametrize("name", NAMES)
def test_densities_equal_those_of_the_oracle(name):
    bound = genlang.load(GOLDEN / f"{name}.gen").bind(
        json.loads((GOLDEN / f"{name}.json").read_text())
    )
    table = bound.table
    assert not table.notes
    sizes = table.sizes | {n: list(lengths) for n, lengths in table.lengths.items()}
    for values in points(bound):
        want = oracle.log_density(bound.model.compiled.model, known(table, values), values, sizes)
        assert np.isfinite(want)
        assert bound.log_density(values) == pytest.approx(want, rel=1e-10, abs=1e-10)
        for slope in bound.gradient(values).values():
            assert np.isfinite(slope).all()


# Of these the joint cannot be enumerated by Pyro, which says so.
CROSSED = {"blocks", "dina", "litters_of_pigs", "noisy_or", "two_change_points",
           "variable_selection"}  # fmt: skip
SIDEWAYS = {"dynamic_regression"}  # a chain along the first of two axes


@pytest.mark.parametrize("name", [n for n in NAMES if n not in SIDEWAYS])
def test_joint_has_the_density_of_model(name):
    bound = genlang.load(GOLDEN / f"{name}.gen").bind(
        json.loads((GOLDEN / f"{name}.json").read_text())
    )
    values = next(points(bound))
    with session(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = namespace(bound.table)
        fixed = by_site(bound.program.joint, data, shaped(bound._density.sites, values))
        program = poutine.condition(bound.program.joint, data=fixed)
        elbo = TraceEnum_ELBO(max_plate_nesting=4, strict_enumeration_warning=False)
        if name in CROSSED:
            with pytest.raises((ValueError, NotImplementedError), match="Pyro cannot enumerate"):
                elbo.loss(program, lambda _data: None, data)
            return
        found = -elbo.loss(program, lambda _data: None, data)
    assert found == pytest.approx(bound.log_density(values), rel=1e-9, abs=1e-9)
