"""Dawid-Skene, a change point, zero-inflated counts: one gradient of the marginal likelihood."""

from collections.abc import Iterator

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import TraceEnum_ELBO
from torch import Tensor

from tests.benchmarks.measure import Case, Contender, Values, compiled, gradient_of

DAWID_SKENE = """
dim R, item, rater, K = 5
data of_item[R]: index(item)
data by_rater[R]: index(rater)
param prevalence: simplex[K]
param confusion[rater, K]: simplex[K]
latent truth[item] ~ Categorical(prevalence)
observed rating[r in R] ~ Categorical(confusion[by_rater[r], truth[of_item[r]]])
"""
CHANGE_POINT = """
dim year
param before: real
param after: real
param sigma: positive
latent change ~ DiscreteUniform(year)
for t in year:
    observed flow[t] ~ Normal(before if t < change else after, sigma)
"""
ZERO_INFLATED = """
dim N
param extra: unit
param rate: positive
for n in N:
    latent zero[n] ~ Bernoulli(extra)
    observed y[n] ~ Poisson(0 if zero[n] else rate)
"""
PARALLEL = {"enumerate": "parallel"}


def _enumerated(model: object, depth: int) -> Tensor:
    loss: Tensor = TraceEnum_ELBO(max_plate_nesting=depth).differentiable_loss(model, lambda: None)
    return -loss


def dawid_skene(*, quick: bool) -> Case:
    """Every rater rates every item; Pyro gets the full table, genlang one row a rating."""
    items, raters, k = (40, 4, 5) if quick else (5000, 20, 5)
    rng = np.random.default_rng(3)
    truth = rng.integers(0, k, items)
    right = rng.random((items, raters)) < 0.7
    table = np.where(right, truth[:, None], rng.integers(0, k, (items, raters)))
    of_item, by_rater = np.indices(table.shape)
    data = {
        "of_item": of_item.ravel(), "by_rater": by_rater.ravel(), "rating": table.ravel(),
        "item": items, "rater": raters,
    }  # fmt: skip
    ratings = torch.from_numpy(table)

    def by_pyro(values: Values) -> Tensor:
        def model() -> None:
            with pyro.plate("item", items, dim=-2):
                z = pyro.sample(
                    "z", dist.Categorical(values["prevalence"]).expand([items, 1]), infer=PARALLEL
                )
                with pyro.plate("rater", raters, dim=-1):
                    rows = values["confusion"][torch.arange(raters), z]
                    pyro.sample("rating", dist.Categorical(rows), obs=ratings)

        return _enumerated(model, 2)

    torch.manual_seed(3)
    leaves = {
        "prevalence": torch.randn(k),
        "confusion": torch.randn(raters, k, k) + 2 * torch.eye(k),
    }

    def scale(own: Values) -> Values:
        return {name: leaf.softmax(-1) for name, leaf in own.items()}

    ours = compiled(DAWID_SKENE, data)
    return Case(f"Dawid-Skene, {items} items by {raters} raters", (
        Contender("genlang", gradient_of(ours, leaves, scale)),
        Contender("Pyro enumeration", gradient_of(by_pyro, leaves, scale)),
    ))  # fmt: skip


def change_point(*, quick: bool) -> Case:
    """One change of level at an unknown time."""
    length = 50 if quick else 1000
    rng = np.random.default_rng(4)
    flow = np.where(np.arange(length) < length // 3, 1.0, 0.0) + rng.normal(size=length)
    y, t = torch.from_numpy(flow), torch.arange(length)

    def by_pyro(values: Values) -> Tensor:
        def model() -> None:
            s = pyro.sample(
                "s", dist.Categorical(torch.full((length,), 1 / length)), infer=PARALLEL
            )
            with pyro.plate("year", length, dim=-1):
                level = torch.where(t < s, values["before"], values["after"])
                pyro.sample("flow", dist.Normal(level, values["sigma"]), obs=y)

        return _enumerated(model, 1)

    leaves = {"before": torch.tensor(0.8), "after": torch.tensor(0.1), "sigma": torch.tensor(0.05)}

    def scale(own: Values) -> Values:
        return {**own, "sigma": own["sigma"].exp()}

    ours = compiled(CHANGE_POINT, {"flow": flow})
    return Case(f"change point, T = {length}", (
        Contender("genlang", gradient_of(ours, leaves, scale)),
        Contender("Pyro enumeration", gradient_of(by_pyro, leaves, scale)),
    ))  # fmt: skip


def zero_inflated(*, quick: bool) -> Case:
    """Counts with extra zeros, a latent that is summed out."""
    rows = 100 if quick else 100_000
    rng = np.random.default_rng(5)
    counts = np.where(rng.random(rows) < 0.3, 0, rng.poisson(3.0, rows))
    y = torch.from_numpy(counts)

    def by_pyro(values: Values) -> Tensor:
        def model() -> None:
            with pyro.plate("N", rows, dim=-1):
                zero = pyro.sample("zero", dist.Bernoulli(values["extra"]), infer=PARALLEL)
                kept = dist.Poisson(values["rate"]).mask(zero == 0)
                pyro.sample("y", kept, obs=y)
                pyro.factor("none", torch.where((zero == 1) & (y > 0), -torch.inf, 0.0))

        return _enumerated(model, 1)

    def by_distribution(values: Values) -> Tensor:
        law = dist.ZeroInflatedPoisson(values["rate"], gate=values["extra"])
        return law.log_prob(y).sum()

    leaves = {"extra": torch.tensor(-0.7), "rate": torch.tensor(1.0)}

    def scale(own: Values) -> Values:
        return {"extra": own["extra"].sigmoid(), "rate": own["rate"].exp()}

    programs = {
        "genlang": compiled(ZERO_INFLATED, {"y": counts}),
        "Pyro ZeroInflatedPoisson": by_distribution,
        "Pyro enumeration": by_pyro,
    }
    found = (Contender(n, gradient_of(f, leaves, scale)) for n, f in programs.items())
    return Case(f"zero-inflated Poisson, N = {rows}", tuple(found))


def cases(*, quick: bool) -> Iterator[Case]:
    """All of them."""
    yield dawid_skene(quick=quick)
    yield change_point(quick=quick)
    yield zero_inflated(quick=quick)
