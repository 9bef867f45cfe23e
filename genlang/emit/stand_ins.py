"""The sets of types, and proper distributions on those of latents with a density in a factor."""

import math
from collections.abc import Iterable
from functools import reduce

from genlang.check.model import Law
from genlang.check.supports import hull, of_kind
from genlang.check.walk import leaves
from genlang.plan.imputable import values_of

SETS = {
    "real": "constraints.real",
    "positive": "constraints.positive",
    "nonneg": "constraints.nonnegative",
    "unit": "constraints.unit_interval",
    "simplex": "constraints.simplex",
    "ordered": "constraints.ordered_vector",
    "positive_ordered": "constraints.positive_ordered_vector",
    "baseline": "exact.baseline",
    "unit_vector": "exact.unit_vector",
    "corr": "constraints.corr_matrix",
    "cov": "exact.cov",
    "cholesky_corr": "constraints.corr_cholesky",
    "cholesky_cov": "exact.cholesky_cov",
}

# On a set of vectors or matrices of size {0}, with the stand-in {1} of their elements.
STAND_IN_SETS = {
    "simplex": "exact.Dirichlet(torch.ones({0}))",
    "ordered": "exact.Ordered({1}, {0})",
    "positive_ordered": "exact.Ordered({1}, {0})",
    "baseline": "exact.Baseline({1}, {0})",
    "zero_sum": "exact.ZeroSumNormal(1.0, {0})",
    "corr": "exact.LKJ({0}, 1.0)",
    "cholesky_corr": "exact.LKJCholesky({0}, 1.0)",
    "cov": "exact.Wishart({0} + 1.0, torch.eye({0}))",
}


def stand_in(kind: str, laws: Iterable[Law]) -> str:
    """Write a distribution of numbers of a kind, between the ends that laws have for certain."""
    whole, drawn = of_kind(kind), reduce(hull, map(values_of, (d for w in laws for d in leaves(w))))
    low, high = max(whole.low, drawn.low), min(whole.high, drawn.high)
    match low, high:
        case 0, math.inf:
            return "dist.LogNormal(0.0, 1.0)"
        case 0, 1:
            return "dist.Beta(1.0, 1.0)"
        case _ if math.isinf(low) and math.isinf(high):
            return "dist.Normal(0.0, 1.0)"
        case _ if math.isinf(high):
            return f"exact.truncated(dist.Normal({low + 1.0}, 1.0), {low + 0.0}, None)"
        case _ if math.isinf(low):
            return f"exact.truncated(dist.Normal({high - 1.0}, 1.0), None, {high + 0.0})"
        case _:
            return f"exact.Uniform({low + 0.0}, {high + 0.0})"
