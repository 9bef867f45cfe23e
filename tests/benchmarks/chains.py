"""Hidden Markov models with Gaussian emissions: one gradient of the marginal likelihood."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import TraceEnum_ELBO
from torch import Tensor

from genlang.runtime.chains import chain, plain, scan
from tests.benchmarks.measure import Case, Contender, Values, compiled, gradient_of

HMM = """
dim S, T, K = 8
param start: simplex[K]
param move[K]: simplex[K]
param mu[K]: real
param sigma[K]: positive
for s in S:
    for t in T:
        latent z[s, t] ~ Categorical(start) then Categorical(move[z[s, t-1]])
        observed y[s, t] ~ Normal(mu[z[s, t]], sigma[z[s, t]])
"""
SEQUENCES, STATES = 32, 8
LONGEST_LOOP = 500  # Pyro's markov loop takes minutes beyond
LONGEST_LEVELS = 2000  # a second there


def _values(leaves: Values) -> Values:
    """Natural values; `DiscreteHMM` has a transition before the first emission, so all have."""
    move, before = leaves["move"].softmax(-1), leaves["before"].softmax(-1)
    return {
        "before": before, "move": move, "start": before @ move, "mu": leaves["mu"],
        "sigma": leaves["sigma"].exp(),
    }  # fmt: skip


def _discrete_hmm(y: Tensor, values: Values) -> Tensor:
    law = dist.DiscreteHMM(
        values["before"].log(), values["move"].log(), dist.Normal(values["mu"], values["sigma"])
    )
    return law.log_prob(y).sum()


def _markov(y: Tensor, values: Values) -> Tensor:
    def model() -> None:
        with pyro.plate("S", len(y), dim=-1):
            z = None
            for t in pyro.markov(range(y.shape[1])):
                probs = values["start"] if z is None else values["move"][z]
                z = pyro.sample(f"z_{t}", dist.Categorical(probs), infer={"enumerate": "parallel"})
                law = dist.Normal(values["mu"][z], values["sigma"][z])
                pyro.sample(f"y_{t}", law, obs=y[:, t])

    loss: Tensor = TraceEnum_ELBO(max_plate_nesting=1).differentiable_loss(model, lambda: None)
    return -loss


def series(seed: int, sequences: int, length: int) -> np.ndarray:
    """Draw sequences that stay in a state for ten steps on average."""
    rng = np.random.default_rng(seed)
    moves = rng.random((sequences, length)) < 0.1
    jumps = rng.integers(0, STATES, (sequences, length))
    last = np.maximum.accumulate(np.where(moves, np.arange(length), 0), axis=1)
    states = np.take_along_axis(jumps, last, axis=1)
    return 1.5 * states + rng.normal(size=states.shape)


def leaves() -> Values:
    """The point at which gradients are taken, on the scale of all reals."""
    torch.manual_seed(1)
    return {
        "before": 0.3 * torch.randn(STATES),
        "move": 0.3 * torch.randn(STATES, STATES) + 3 * torch.eye(STATES),
        "mu": 1.4 * torch.arange(STATES, dtype=torch.get_default_dtype()),
        "sigma": 0.1 * torch.randn(STATES),
    }


def _scan(*tables: Any) -> Tensor:
    lines = scan.Lines.of(tables[3].nodes)
    assert lines is not None
    return scan.along(lines, *tables)


def _on_device(
    density: Callable[[Values], Tensor], form: Callable[..., Tensor]
) -> Callable[[Values], Tensor]:
    """A density whose chains are eliminated in a form of devices, here on the CPU."""

    def run(values: Values) -> Tensor:
        with mock.patch.object(chain.forest, "eliminate", lambda *a: form(*a[:4])):
            return density(values)

    return run


def cases(*, quick: bool) -> Iterator[Case]:
    """Gradients of 32 sequences at three lengths."""
    for length in (20, 50) if quick else (500, 2000, 8000):
        y = series(length, SEQUENCES, length)
        ours = compiled(HMM, {"y": y})
        tensor = torch.from_numpy(y)
        contenders = {"genlang": ours, "Pyro DiscreteHMM": lambda v, y=tensor: _discrete_hmm(y, v)}
        if length <= LONGEST_LEVELS:
            contenders["genlang in torch, a scan"] = _on_device(ours, _scan)
            contenders["genlang in torch, level by level"] = _on_device(ours, plain.eliminate)
        if length <= LONGEST_LOOP:
            contenders["Pyro markov loop"] = lambda v, y=tensor: _markov(y, v)
        yield Case(
            f"HMM gradient, T = {length}",
            tuple(Contender(n, gradient_of(f, leaves(), _values)) for n, f in contenders.items()),
        )


def lengths(*, quick: bool) -> Iterator[tuple[int, Case]]:
    """Gradients of one sequence at lengths over three decades."""
    for length in (10, 100, 1000) if quick else (1000, 10_000, 100_000, 1_000_000):
        ours = compiled(HMM, {"y": series(length, 1, length)})
        yield length, Case(f"HMM, one sequence, T = {length}", (
            Contender("genlang", gradient_of(ours, leaves(), _values)),
        ))  # fmt: skip
