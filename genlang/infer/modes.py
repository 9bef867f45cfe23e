"""The modes of a density, from many starts at once, and how much of the posterior each holds."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi

import torch
from torch import Tensor

from genlang.diagnostics import Diagnostic, ModelError
from genlang.infer.lbfgs import Minimum, climb, minimize
from genlang.infer.target import Target, detached
from genlang.runtime.guards import watching

GRADIENT = 1e-4  # a greater one, relative to the density, is not a mode
SAME = 1e-3  # modes nearer than this in log density are one, perhaps with other labels
MOST = 6  # modes whose curvature is looked at
FLAT = 1e-6  # less curvature than this is none
FULL = 1000  # unknowns up to which the curvature is a matrix


@dataclass(frozen=True, slots=True)
class Mode:
    """A point [size] where several starts ended: `found` of them."""

    vector: Tensor
    log_density: float
    gradient: float
    found: int
    relabelled: bool = False

    @property
    def converged(self) -> bool:
        """Whether the gradient vanishes."""
        return self.gradient <= GRADIENT * (1 + abs(self.log_density))


@dataclass(frozen=True, slots=True)
class Modes:
    """All that were found, the highest first, and how the search went."""

    every: tuple[Mode, ...]
    starts: int
    steps: int

    def facts(self, mode: Mode) -> dict[str, float]:
        """Return the numbers of one of them."""
        return {
            "log_density": mode.log_density,
            "gradient": mode.gradient,
            "starts": float(self.starts),
            "starts_at_best": float(mode.found),
            "steps": float(self.steps),
        }

    def faults(self, mode: Mode) -> tuple[str, ...]:
        """Return what speaks against one of them."""
        if mode.converged:
            return ()
        return (f"the search ended with a gradient of {mode.gradient:.2g}: it reached no mode",)


def modes(
    target: Target, starts: int, steps: int, report: Callable[[str], None], *, jacobian: bool
) -> Modes:
    """Climb from four times as many points; the best, and some of the others, go on to the end.

    Raises ModelError (E801) where every start has density 0.
    """
    if target.layout.size == 0:
        value = float(target.log_density(torch.zeros(0), jacobian=jacobian))
        return Modes((Mode(torch.zeros(0), value, 0.0, 1),), 1, 0)

    def objective(vectors: Tensor) -> tuple[Tensor, Tensor]:
        return target.objective(vectors, jacobian=jacobian)

    def line(step: int, value: float) -> None:
        if step % 10 == 0:
            report(f"mode: step {step}, log density {-value:.4f}")

    points = target.starts(4 * starts)
    if not len(points):
        raise ModelError([_impossible(target)])
    # Where the climb stepped out of the support, its start takes its place.
    climbed = climb(objective, points)
    usable = torch.isfinite(objective(climbed)[0])
    lacking = max(0, starts - int(usable.sum()))
    points = _chosen(torch.cat([climbed[usable], points[:lacking]]), starts)
    found = minimize(objective, points, steps=steps, report=line)
    return Modes(_distinct(found), len(points), found.steps)


def _chosen(ordered: Tensor, count: int) -> Tensor:
    """The best points, and some evenly from the others: a lower mode may hold more mass."""
    if len(ordered) <= count:
        return ordered
    best = (3 * count + 3) // 4
    rest = torch.linspace(best, len(ordered) - 1, count - best).long()
    return ordered[torch.cat([torch.arange(best), rest]).unique()]


def _distinct(found: Minimum) -> tuple[Mode, ...]:
    """One mode for each log density; those with a gradient of 0 come first."""
    groups: list[list[int]] = []
    for i in found.values.argsort().tolist():
        if not torch.isfinite(found.values[i]):
            continue
        near = bool(groups) and found.values[i] - found.values[groups[-1][0]] < SAME
        if near:
            groups[-1].append(i)
        else:
            groups.append([i])
    every: list[Mode] = []
    for group in groups:
        best = min(group, key=lambda i: float(found.gradients[i]))
        point = found.points[best]
        apart = (found.points[group] - point).abs().amax(-1) > 0.1 * (1 + point.abs().amax())
        every.append(Mode(
            point, -float(found.values[best]), float(found.gradients[best]), len(group),
            bool(apart.any()),
        ))  # fmt: skip
    return tuple(sorted(every, key=lambda m: (not m.converged, -m.log_density)))


def _impossible(target: Target) -> Diagnostic:
    """Say which observed cells have density 0 at every start."""
    density = target.density
    values = detached(target.layout.values(torch.zeros(target.layout.size)))
    where: list[str] = []
    with watching() as outside:
        terms = density.pointwise(values)
    where += [f"{what} leaves its domain" for what in dict.fromkeys(outside)]
    for name, term in terms.items():
        bad = (~torch.isfinite(term)).nonzero()
        if len(bad):
            rows = ", ".join(str([int(i) + 1 for i in row]).strip("[]") for row in bad[:5])
            where.append(f"`{name}`, row {rows}" if rows else f"`{name}`")
    return Diagnostic(
        "E801",
        "the data are impossible under the model at every starting point",
        why="; ".join(where) or "the prior excludes every start",
        help="look at the values named, or widen the distribution's support",
    )


@dataclass(frozen=True, slots=True)
class Peak:
    """A mode with its Gaussian approximation: a square root of the covariance, and its evidence.

    `unit` is lower triangular [size, size], or the diagonal [size] above FULL unknowns.
    """

    mode: Mode
    unit: Tensor
    log_evidence: float


def peaks(target: Target, found: Modes, free: Tensor) -> tuple[Peak, ...]:
    """Approximate modes by Gaussians over the coordinates `free` (positions), most evidence first.

    The highest mode may be a spike that holds no mass, so evidence (Laplace), not height, orders.
    """
    candidates = [m for m in found.every if m.converged][:MOST] or [found.every[0]]
    made = [_peak(target, mode, free) for mode in candidates]
    return tuple(sorted(made, key=lambda p: -p.log_evidence))


def shares(found: tuple[Peak, ...]) -> Tensor:
    """Return how the posterior's mass divides between peaks, by their evidence."""
    return torch.softmax(torch.tensor([p.log_evidence for p in found]), 0)


def _peak(target: Target, mode: Mode, free: Tensor) -> Peak:
    size = len(free)
    if size > FULL:
        curvature = target.curvature(mode.vector)[free]
        scale = torch.where(curvature > FLAT, curvature.clamp(min=FLAT).rsqrt(), 0.1)
        evidence = mode.log_density + size / 2 * log(2 * pi) + float(scale.log().sum())
        return Peak(mode, scale, evidence)
    hessian = target.hessian(mode.vector)[free][:, free]
    if not torch.isfinite(hessian).all():
        return Peak(mode, 0.1 * torch.eye(size), float("-inf"))
    values, vectors = torch.linalg.eigh((hessian + hessian.T) / 2)
    # Directions without curvature get the spread 1; a saddle counts as no peak.
    spread = torch.where(values > FLAT, values.clamp(min=FLAT).rsqrt(), 1.0)
    root = (vectors * spread**2) @ vectors.T
    unit = torch.linalg.cholesky(root + 1e-12 * root.diagonal().mean() * torch.eye(size))
    evidence = mode.log_density + size / 2 * log(2 * pi) + float(spread.log().sum())
    saddle = float(values.min()) < -1e-3 * float(values.max())
    return Peak(mode, unit, float("-inf") if saddle else evidence)
