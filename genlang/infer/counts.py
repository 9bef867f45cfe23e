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

    A chain of order two has three axes, the oldest state first.
    """
    states = dict(plan.states)
    chains = [step for step in plan.steps if isinstance(step, SumChain)]
    result: dict[str, Tensor] = {}
    for step, moves in zip(chains, found.moves, strict=True):
        width = len(step.states)
        for i, z in enumerate(step.states):
            if states[z].made or states[z].profile:
                continue
            own = range(i, moves.dim(), width)
            others = [a for a in range(moves.dim()) if a not in own]
            result[z.name] = moves.sum(others) if others else moves
    return result
