"""L-BFGS from several starts at once: one batched gradient serves all of them.

`climb` comes before: some steps of Adam (Kingma and Ba 2015), which leave the saddles where the
components of a mixture are equal, and on which L-BFGS spends hundreds of steps.

Nocedal and Wright, Numerical Optimization (2006), algorithm 7.4, with a backtracking line search
on the Armijo condition; pairs without positive curvature are left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

MEMORY = 20
SHRINK = 0.5
ARMIJO = 1e-4
HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where each start ended: points [starts, size], values [starts], greatest gradients."""

    points: Tensor
    values: Tensor
    gradients: Tensor
    steps: int


Objective = Callable[[Tensor], tuple[Tensor, Tensor]]
History = list[tuple[Tensor, Tensor, Tensor]]


@dataclass(frozen=True, slots=True)
class _State:
    """Points [starts, size], their values [starts] and gradients [starts, size]."""

    x: Tensor
    value: Tensor
    gradient: Tensor

    def steepness(self) -> Tensor:
        """The greatest component of each gradient."""
        return (
            self.gradient.abs().amax(-1) if self.x.shape[-1] else self.value.new_zeros(len(self.x))
        )

    def where(self, chosen: Tensor, other: "_State") -> "_State":
        """Take this state where chosen, the other elsewhere."""
        return _State(
            torch.where(chosen[:, None], self.x, other.x),
            torch.where(chosen, self.value, other.value),
            torch.where(chosen[:, None], self.gradient, other.gradient),
        )


def climb(objective: Objective, points: Tensor, *, steps: int = 100, rate: float = 0.2) -> Tensor:
    """Return points [starts, size] after some steps of Adam, the lowest first."""
    first, second = torch.zeros_like(points), torch.zeros_like(points)
    for step in range(1, steps + 1):
        _, gradient = objective(points)
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        scale = (second / (1 - 0.99**step)).sqrt() + 1e-8
        points = points - rate * first / (1 - 0.9**step) / scale
    values, _ = objective(points)
    return points[values.argsort()]


def minimize(
    objective: Objective,
    starts: Tensor,
    *,
    steps: int = 1000,
    tolerance: float = 1e-7,
    report: Callable[[int, float], None] = lambda _step, _value: None,
) -> Minimum:
    """Minimize a function of [starts, size] that returns values [starts] and their gradients.

    Every step tries one point for each start: one that does not descend enough tries half the way
    in the next step, while the others go on. A start ends once its gradient is below `tolerance`
    times 1 plus its value, or once no step makes progress. `report` is told the step and the
    least value.
    """
    state = _State(starts.clone(), *objective(starts))
    history: History = []
    ended = ~torch.isfinite(state.value)
    fresh = torch.ones_like(ended)  # no curvature is known yet
    length = _first_length(state)
    taken = 0
    for step in range(1, steps + 1):
        ended = ended | (state.steepness() <= tolerance * (1 + state.value.abs()))
        if ended.all():
            break
        taken = step
        moved, new = _try(objective, state, history, length, ~ended)
        s, y = new.x - state.x, new.gradient - state.gradient
        curvature = (s * y).sum(-1)
        good = moved & (curvature > 1e-12 * (y**2).sum(-1))
        if moved.any():
            rho = torch.where(good, 1 / torch.where(good, curvature, 1.0), 0.0)
            history = [*history, (s, y, rho)][-MEMORY:]
        gain = state.value - new.value
        ended = ended | (moved & (gain <= 1e-14 * (1 + new.value.abs())))
        state = new
        length = torch.where(moved, 1.0, length * SHRINK)
        # The curvature of a far point misleads: once more along the gradient, then the end.
        stuck = ~ended & (length < SHRINK**HALVINGS)
        ended = ended | (stuck & fresh)
        history = [(s, y, torch.where(stuck, 0.0, rho)) for s, y, rho in history]
        length = torch.where(stuck, _first_length(state), length)
        fresh = (fresh & ~good) | stuck
        report(taken, float(state.value[torch.isfinite(state.value)].min()))
    return Minimum(state.x, state.value, state.steepness(), taken)


def _first_length(state: _State) -> Tensor:
    """A step along the gradient that changes the coordinates by 1 in all, at most."""
    return 1 / state.gradient.abs().sum(-1).clamp(min=1.0)


def _try(
    objective: Objective, state: _State, history: History, length: Tensor, active: Tensor
) -> tuple[Tensor, _State]:
    """Move the active starts that descend enough (Armijo) along their directions."""
    direction = _direction(state.gradient, history)
    slope = (direction * state.gradient).sum(-1)
    uphill = slope >= 0
    direction = torch.where(uphill[:, None], -state.gradient, direction)
    slope = torch.where(uphill, -(state.gradient**2).sum(-1), slope)
    x = torch.where(active[:, None], state.x + length[:, None] * direction, state.x)
    trial = _State(x, *objective(x))
    enough = trial.value <= state.value + ARMIJO * length * slope
    moved = active & enough & torch.isfinite(trial.value)
    return moved, trial.where(moved, state)


def _direction(gradient: Tensor, memory: History) -> Tensor:
    """The two-loop recursion, for every start on its own."""
    q = gradient.clone()
    alphas: list[Tensor] = []
    for s, y, rho in reversed(memory):
        alpha = rho * (s * q).sum(-1)
        alphas.append(alpha)
        q = q - alpha[:, None] * y
    if memory:
        scale = torch.ones(len(gradient), dtype=gradient.dtype)
        for s, y, rho in memory:
            known = rho > 0
            ratio = (s * y).sum(-1) / (y**2).sum(-1).clamp(min=1e-300)
            scale = torch.where(known, ratio, scale)
        q = q * scale[:, None]
    for (s, y, rho), alpha in zip(memory, reversed(alphas), strict=True):
        beta = rho * (y * q).sum(-1)
        q = q + (alpha - beta)[:, None] * s
    return -q
