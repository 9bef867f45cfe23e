"""A program bound to data: its density equals the oracle's, and its gradients are finite."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import genlang
from genlang.api import Bound
from tests import oracle


def agrees(text: str, data: Mapping[str, Any], values: Mapping[str, Any], **sizes: int) -> Bound:
    """Bind a program, compare its log density with the oracle's; returns the bound model."""
    bound = genlang.model(text).bind(data, **sizes)
    table = bound.table
    every = table.sizes | {name: list(n) for name, n in table.lengths.items()}
    want = oracle.log_density(bound.model.compiled.model, table.arrays, values, every)
    assert bound.log_density(values) == pytest.approx(want, rel=1e-12, abs=1e-12)
    assert np.isfinite(want)
    for gradient in bound.gradient(values).values():
        assert np.isfinite(np.asarray(gradient)).all()
    return bound
