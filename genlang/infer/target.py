"""What methods work on: the log density of all unknowns as a function of one real vector."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from genlang.infer.density import Density, Prior, execute
from genlang.infer.layout import Layout, layout
from genlang.runtime.load import Program

# Cells of data times rows evaluated at once: more is bound by memory.
CHUNK = 1_000_000


def _is_array(value: object) -> bool:
    return isinstance(value, Tensor)


@dataclass(frozen=True, slots=True)
class Target:
    """A density with the layout of its unknowns."""

    density: Density
    layout: Layout

    def log_density(self, vector: Tensor, *, jacobian: bool) -> Tensor:
        """Return the log density at a vector [size]; with `jacobian` on the vector's own scale."""
        values, volume = self.layout.place(vector)
        total = self.density.log_density(values)
        return total + volume if jacobian else total

    def objective(self, vectors: Tensor, *, jacobian: bool) -> tuple[Tensor, Tensor]:
        """Return minus the log density at [starts, size], and its gradients.

        Impossible points and points without a finite gradient have the value inf.
        """

        def loss(vector: Tensor) -> Tensor:
            return -self.log_density(vector, jacobian=jacobian)

        leaves = vectors.detach().requires_grad_()
        values = self.many(loss, leaves)
        (gradients,) = torch.autograd.grad(values.sum(), leaves)
        bad = ~(torch.isfinite(values) & torch.isfinite(gradients).all(-1))
        return (
            values.detach().masked_fill(bad, torch.inf),
            gradients.masked_fill(bad[:, None], 0.0),
        )

    def many(self, function: Callable[[Tensor], Any], vectors: Tensor) -> Any:
        """Apply a function of a vector to each row of [rows, size], as many at once as fit."""
        cells = max(
            (t.numel() for t in vars(self.density.data).values() if _is_array(t)), default=1
        )
        size = max(1, min(1000, CHUNK // max(cells, 1)))
        return torch.func.vmap(function, chunk_size=size)(vectors)

    def starts(self, count: int) -> Tensor:
        """Return starting points [count, size]: draws of the prior, and uniform on [-2, 2].

        Many are drawn; half of those kept are the best of them by log density, half any others.
        """
        size = self.layout.size
        drawn = [self._prior() for _ in range(8 * count)]
        candidates = torch.stack([d for d in drawn if d is not None] or [torch.zeros(size)])
        uniform = 4 * torch.rand(4 * count, size) - 2
        candidates = torch.cat([candidates, uniform])
        candidates = candidates[torch.isfinite(candidates).all(-1)]
        values, _ = self.objective(candidates, jacobian=False)
        finite = torch.isfinite(values)
        candidates, values = candidates[finite], values[finite]
        order = values.argsort()
        best = order[: (count + 1) // 2]
        rest = order[(count + 1) // 2 :]
        others = rest[torch.randperm(len(rest))[: count - len(best)]]
        return candidates[torch.cat([best, others])]

    def _prior(self) -> Tensor | None:
        """One draw of the prior as a vector; None where the prior cannot be drawn from."""
        prior = Prior()
        try:
            execute(self.density.program, self.density.data, prior)
        except NotImplementedError:
            return None
        return self.layout.vector(prior.drawn)

    def hessian(self, vector: Tensor) -> Tensor:
        """Return the Hessian [size, size] of minus the log density on the vector's own scale."""
        rows = torch.eye(len(vector))
        return self.many(lambda row: self._product(vector, row), rows).detach()

    def curvature(self, vector: Tensor, probes: int = 64) -> Tensor:
        """Estimate the diagonal of the Hessian by products with random signs (Bekas 2007)."""
        signs = 2.0 * torch.randint(0, 2, (probes, len(vector))) - 1
        return self.many(lambda s: s * self._product(vector, s), signs).mean(0).detach()

    def _product(self, vector: Tensor, direction: Tensor) -> Tensor:
        """The Hessian of minus the log density times a direction."""

        def loss(v: Tensor) -> Tensor:
            return -self.log_density(v, jacobian=True)

        slope = torch.func.grad(lambda v: (torch.func.grad(loss)(v) * direction).sum())
        return slope(vector)


def target(program: Program, data: SimpleNamespace) -> Target:
    """Prepare a loaded program and data for a method."""
    density = Density(program.model, data)
    return Target(density, layout(density))


def detached(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return values without their history of operations."""
    return {name: value.detach() for name, value in values.items()}
