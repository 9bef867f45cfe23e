"""SVI: Pyro's stochastic variational inference on the emitted program.

The guide is a Gaussian on the unconstrained scale, started at the mode there with the curvature of
the mode (Laplace) as its unit: its parameters are all of order one, so one step size serves every
model. The step decays; the parameters are averaged over the tail (Polyak and Juditsky 1992).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pyro
import torch
from pyro.distributions import MultivariateNormal, constraints
from pyro.infer import SVI, Trace_ELBO
from pyro.infer.autoguide import AutoContinuous, init_to_value
from pyro.nn import PyroParam
from torch import Tensor

from genlang.infer.map import mode
from genlang.infer.method import Outcome, Report
from genlang.infer.target import Target, detached

FULL = 300  # unknowns up to which the guide has a full covariance
TAIL = 1 / 3
FLAT = 1e-6  # a direction of the mode with less curvature than this has none


class Whitened(AutoContinuous):
    """A Gaussian guide: centre + unit @ (loc + scale_tril @ noise)."""

    # A PyroParam is assigned, its tensor is read.
    scale: Any
    tril: Any

    def __init__(
        self, model: Callable[[Any], None], centre: Tensor, unit: Tensor, values: dict[str, Tensor]
    ) -> None:
        super().__init__(model, init_loc_fn=init_to_value(values=values))
        self.centre, self.unit = centre, unit

    def _setup_prototype(self, *args: Any, **kwargs: Any) -> None:
        super()._setup_prototype(*args, **kwargs)
        size = self.latent_dim
        self.loc = torch.nn.Parameter(torch.zeros(size))
        self.scale = PyroParam(torch.ones(size), constraints.softplus_positive)
        if size <= FULL:
            self.tril = PyroParam(torch.eye(size), constraints.unit_lower_cholesky)

    def get_posterior(self, *args: Any, **kwargs: Any) -> MultivariateNormal:
        """Return the guide's distribution of the unconstrained vector."""
        del args, kwargs
        within = self.scale.diag() if self.latent_dim > FULL else self.scale[:, None] * self.tril
        return MultivariateNormal(self.centre + self.unit @ self.loc, scale_tril=self.unit @ within)


@dataclass(frozen=True, slots=True)
class Svi:
    """Variational inference; `steps` of Adam, then `draws` draws of the guide."""

    name: ClassVar[str] = "svi"
    steps: int = 2000
    draws: int = 1000
    step_size: float = 0.02
    starts: int = 16

    def run(self, target: Target, report: Report) -> Outcome:
        """Return draws of the averaged guide, and its ELBO."""
        vector, facts, faults = mode(target, self.starts, 1000, report, jacobian=True)
        size = target.layout.size
        if size == 0:
            exact = {"elbo": facts["log_density"]}
            return Outcome({}, point=False, facts=exact, faults=faults)
        unit = _unit(target, vector)
        values = detached(target.layout.values(vector))
        model, data = target.density.program, target.density.data
        guide = Whitened(model, vector, unit, values)
        decay = (0.02) ** (1 / self.steps)
        optimizer = pyro.optim.ClippedAdam(
            {"lr": self.step_size, "lrd": decay, "betas": (0.9, 0.99)}
        )
        svi = SVI(model, guide, optimizer, Trace_ELBO())
        losses = torch.zeros(self.steps)
        tail = int(self.steps * (1 - TAIL))
        average: dict[str, Tensor] = {}
        for step in range(self.steps):
            losses[step] = svi.step(data)
            if step >= tail:
                weight = 1 / (step - tail + 1)
                for name, p in guide.named_parameters():
                    average[name] = average.get(name, 0.0) * (1 - weight) + p.detach() * weight
            if step % 50 == 0:
                elbo = -losses[max(0, step - 50) : step + 1].mean()
                report(f"svi: step {step} of {self.steps}, ELBO {elbo:.3f}")
        with torch.no_grad():
            for name, p in guide.named_parameters():
                p.copy_(average[name])
        return self._outcome(target, guide, losses[tail:], faults)

    def _outcome(
        self, target: Target, guide: Whitened, losses: Tensor, faults: tuple[str, ...]
    ) -> Outcome:
        """Draw from the guide, and weight the draws by the density (importance resampling)."""
        with torch.no_grad():
            posterior = guide.get_posterior()
            vectors = posterior.sample(torch.Size([4 * self.draws]))
            ratio = target.many(lambda v: target.log_density(v, jacobian=True), vectors)
            ratio = ratio - posterior.log_prob(vectors)
            kept, effective = _resampled(ratio, self.draws)
            draws = target.many(target.layout.values, vectors[kept])
        half = len(losses) // 2
        drift = float(losses[:half].mean() - losses[half:].mean())
        noise = float(losses.std() / max(half, 1) ** 0.5) + 1e-12
        found = list(faults)
        if drift > max(0.5, 10 * noise):
            found.append(f"the ELBO still rose by {drift:.2g}: raise `--steps`")
        if effective < 0.02 * len(ratio):
            found.append(
                f"the guide fits the posterior badly: {effective:.0f} of {len(ratio)} draws count"
            )
        finite = ratio[torch.isfinite(ratio)]
        facts = {
            "elbo": float(finite.mean()) if len(finite) == len(ratio) else float("-inf"),
            "elbo_error": float(finite.std() / len(finite) ** 0.5),
            "effective_draws": effective,
            "steps": float(self.steps),
        }
        return Outcome(draws, point=False, facts=facts, faults=tuple(found))


def _resampled(ratio: Tensor, count: int) -> tuple[Tensor, float]:
    """Return `count` positions drawn by importance weight, and the effective number of draws.

    Weights are truncated at sqrt(n) times their mean (Ionides 2008), draws are systematic.
    """
    weight = (ratio - ratio.max()).exp()
    weight = weight.nan_to_num(0.0)
    weight = weight.clamp(max=float(weight.mean()) * len(weight) ** 0.5)
    weight = weight / weight.sum()
    effective = float(1 / (weight**2).sum())
    at = (torch.arange(count) + torch.rand(())) / count
    kept = torch.searchsorted(weight.cumsum(0), at).clamp(max=len(weight) - 1)
    return kept[torch.randperm(count)], effective


def _unit(target: Target, vector: Tensor) -> Tensor:
    """A square root of the Laplace covariance at a mode; directions without curvature get 1."""
    size = len(vector)
    if size > FULL:
        return 0.1 * torch.eye(size)
    hessian = target.hessian(vector)
    if not torch.isfinite(hessian).all():
        return 0.1 * torch.eye(size)
    values, vectors = torch.linalg.eigh((hessian + hessian.T) / 2)
    spread = torch.where(values > FLAT, values.clamp(min=FLAT).rsqrt(), 1.0)
    root = (vectors * spread**2) @ vectors.T
    return torch.linalg.cholesky(root + 1e-12 * torch.eye(size))
