"""Expected counts of summed-out latents: how often each value, and each value after another.

    log p(data) = log sum_z prod_n f(z[n]) prod_t g(z[t-1], z[t])

The derivative in the log of a factor that all cells share is the number of cells, or of steps, that
the posterior expects at each value: the E-step of EM (Dempster, Laird and Rubin 1977; for chains
Baum and Welch). Cells of a weighted loop count with their weight.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from genlang.infer.density import Density
from genlang.plan.plan import Plan
from genlang.plan.steps import SumChain
from genlang.runtime.reductions import Counts, counting


def expected(density: Density, values: Mapping[str, Tensor]) -> Counts:
    """Return the expected counts at values: [K] of each latent, and of each chain [*S, *S].

    `moves` are those of the chains in the order of the plan: the states before, the states now.
    """
    found = Counts()
    with counting(found):
        total = density.log_density(values)
    leaves = [*found.values.values(), *found.moves]
    if not leaves or not total.requires_grad:
        return found.like([torch.zeros_like(leaf) for leaf in leaves])
    grads = torch.autograd.grad(total, leaves, allow_unused=True)
    return found.like([
        torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, grads, strict=True)
    ])  # fmt: skip


def transitions(plan: Plan, found: Counts) -> dict[str, Tensor]:
    """Return the expected steps of each chain or tree by latent: [before, now], [K, K].

    A latent of which elements two back are read has three axes, the oldest first; its steps are
    those from its third element on.
    """
    states = dict(plan.states)
    moves = iter(found.moves)
    result: dict[str, Tensor] = {}
    for step in (s for s in plan.steps if isinstance(s, SumChain)):
        taps = [next(moves) for _ in range(step.order)]
        width = len(step.states)
        for i, z in enumerate(step.states):
            if states[z].made or states[z].profile:
                continue
            lags = [s.lag.by for s in states.values() if s.lag is not None and s.lag.of is z]
            back = max(lags, default=1)
            result[z.name] = sum(
                (_of_one(tap, i, width, back) for tap in taps[back - 1 :]), torch.zeros(())
            )
    return result


def _of_one(moves: Tensor, place: int, width: int, back: int) -> Tensor:
    """The steps of one of `width` latents, of its elements up to `back` before and the one now."""
    own = range(place, moves.dim(), width)[-back - 1 :]
    others = [a for a in range(moves.dim()) if a not in own]
    return moves.sum(others) if others else moves
