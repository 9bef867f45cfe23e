"""Hamiltonian chains from a fitted guide, many short ones at once.

The guide's location and covariance make the posterior round, its draws are the starts: what is
left to do is little, and one batched gradient serves all chains. Neal (2011), Handbook of MCMC;
the step size follows the acceptance of all chains (dual averaging, Hoffman and Gelman 2014).
"""

from dataclasses import dataclass
from math import ceil, log, pi

import torch
from torch import Tensor

from genlang.infer.method import Report
from genlang.infer.svi import Approximation

CHAINS = 50
WARMUP = 40
TURNS = 60  # kept of each chain
ACCEPT = 0.8
# Of 50 chains of 60 draws: every coordinate has over 400 effective draws (between / within is the
# time that draws stay alike, over the length of a chain).
R_HAT = 1.1
LEAPS = 32  # at most, in one trajectory


@dataclass(frozen=True, slots=True)
class Chains:
    """Draws [draws, free] on the guide's scale and how well the chains agree."""

    draws: Tensor
    count: int
    r_hat: float
    acceptance: float

    @property
    def faults(self) -> tuple[str, ...]:
        """The checks that the chains did not pass."""
        if self.r_hat <= R_HAT:
            return ()
        return (f"the chains disagree (R-hat {self.r_hat:.2f}, above {R_HAT})",)


@dataclass(frozen=True, slots=True)
class _Place:
    """Chains [chains, free] in round coordinates, with log densities and gradients."""

    u: Tensor
    value: Tensor
    slope: Tensor


def sample(made: Approximation, draws: int, report: Report) -> Chains:
    """Return `draws` draws of the posterior, the params as they are."""
    size = made.drawn.shape[-1]
    each = max(TURNS, ceil(draws / CHAINS))
    with torch.no_grad():
        u = torch.randn(CHAINS, size)
    here = _at(made, u)
    step = 1.2 * size**-0.25
    pull, centre = 0.0, log(10 * step)
    average, rates = log(step), []
    kept: list[Tensor] = []
    for turn in range(WARMUP + each):
        warm = turn < WARMUP
        here, rate = _transition(made, here, step)
        if warm:
            weight = 1 / (turn + 11)
            pull = (1 - weight) * pull + weight * (ACCEPT - rate)
            logged = centre - pull * (turn + 1) ** 0.5 / 0.5
            share = (turn + 1) ** -0.75
            average = share * logged + (1 - share) * average
            step = float(torch.tensor(logged if turn < WARMUP - 1 else average).exp())
        else:
            rates.append(rate)
            kept.append(here.u)
        if turn % 5 == 0:
            report(f"chains: {turn} of {WARMUP + each}, acceptance {rate:.2f}")
    stacked = torch.stack(kept)
    flat = _guide_scale(made, stacked.reshape(-1, size))[torch.randperm(each * CHAINS)[:draws]]
    return Chains(flat, CHAINS, float(_r_hat(stacked).max()), sum(rates) / len(rates))


def _guide_scale(made: Approximation, u: Tensor) -> Tensor:
    """Coordinates in which the guide is a standard normal -> those of the guide."""
    law = made.posterior
    with torch.no_grad():
        if hasattr(law, "scale_tril"):
            return law.loc + u @ law.scale_tril.T
        return law.base_dist.loc + u * law.base_dist.scale


def _at(made: Approximation, u: Tensor) -> _Place:
    law, target = made.posterior, made.elbo.target
    vectors = made.elbo.vectors(_guide_scale(made, u)).detach()
    loss, gradient = target.objective(vectors, jacobian=True)
    free = torch.cat([
        torch.arange(b.start, b.stop) for b in target.layout.blocks if not b.site.param
    ])  # fmt: skip
    slope = -gradient[:, free]
    with torch.no_grad():
        tril = law.scale_tril if hasattr(law, "scale_tril") else law.base_dist.scale.diag()
        return _Place(u, -loss, slope @ tril)


def _transition(made: Approximation, here: _Place, step: float) -> tuple[_Place, float]:
    """One trajectory of up to half a turn for every chain; returns the mean acceptance."""
    length = pi * float(torch.empty(()).uniform_(0.5, 1.0))
    leaps = min(LEAPS, max(1, ceil(length / step)))
    first = torch.randn_like(here.u)
    momentum, there = first, here
    for _ in range(leaps):
        momentum = momentum + step / 2 * there.slope
        there = _at(made, there.u + step * momentum)
        momentum = momentum + step / 2 * there.slope
    change = there.value - here.value - ((momentum**2).sum(-1) - (first**2).sum(-1)) / 2
    chance = change.nan_to_num(-torch.inf).clamp(max=0.0).exp()
    taken = torch.rand(len(chance)) < chance
    mixed = _Place(
        torch.where(taken[:, None], there.u, here.u),
        torch.where(taken, there.value, here.value),
        torch.where(taken[:, None], there.slope, here.slope),
    )
    return mixed, float(chance.mean())


def _r_hat(draws: Tensor) -> Tensor:
    """Split R-hat of [draws, chains, size], a number a coordinate (Gelman et al. 2013)."""
    half = len(draws) // 2
    parts = torch.cat([draws[:half], draws[half : 2 * half]], 1)
    within = parts.var(0).mean(0)
    between = parts.mean(0).var(0)
    return ((half - 1) / half + between / within).sqrt()
