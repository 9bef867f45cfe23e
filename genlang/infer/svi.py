"""SVI: Pyro's stochastic variational inference on the emitted program.

The guide is a Gaussian on the unconstrained scale, started at the mode there with the curvature of
the mode (Laplace) as its unit: its parameters are all of order one, so one step size serves every
model. The step decays; the parameters are averaged over the tail (Polyak and Juditsky 1992). At
the end the guide's draws are weighted by the density, and the weights' tail says whether the guide
may be trusted (infer/psis.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pyro
import torch
from pyro.distributions import Independent, MultivariateNormal, Normal, constraints
from pyro.infer import SVI
from pyro.infer.autoguide import AutoContinuous, init_to_value
from pyro.nn import PyroParam
from pyro.optim.clipped_adam import ClippedAdam
from pyro.optim.optim import PyroOptim
from torch import Tensor

from genlang.infer.exact import Exact
from genlang.infer.map import Map
from genlang.infer.method import Outcome, Report
from genlang.infer.modes import Peak, modes, peaks, shares
from genlang.infer.psis import GOOD, Weights, resampled, smoothed
from genlang.infer.session import params
from genlang.infer.target import Target, detached

FEW = 30  # unknowns up to which covariances take whole steps
FULL = 300  # unknowns up to which every covariance of the guide is learnt
TAIL = 0.5  # the part of the steps that is averaged
LAST = 0.02  # the last step size, as a part of the first
SEARCH = 400  # steps to the modes
EXACT = 0.8  # with more of the draws effective than this the guide is the posterior
FIRST = 4  # the first round takes this part of the steps; it is enough for many models
OTHER = 0.05  # a second mode with more of the posterior than this is a fault


class Whitened(AutoContinuous):
    """A Gaussian guide: centre + unit @ (loc + scale_tril @ noise)."""

    # Parameters are assigned, tensors are read.
    loc: Any
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

    def get_posterior(self, *args: Any, still: bool = False, **kwargs: Any) -> Any:
        """Return the guide's distribution of the unconstrained vector; `still`: as a constant."""
        del args, kwargs
        tril = self.tril if self.latent_dim <= FULL else None
        loc, scale = self.loc, self.scale
        if still:
            loc, scale = loc.detach(), scale.detach()
            tril = None if tril is None else tril.detach()
        if self.unit.dim() == 1:
            return Independent(Normal(self.centre + self.unit * loc, self.unit * scale), 1)
        within = scale.diag() if tril is None else scale[:, None] * tril
        return MultivariateNormal(self.centre + self.unit @ loc, scale_tril=self.unit @ within)


@dataclass(frozen=True, slots=True)
class Particles:
    """The ELBO that Pyro's SVI steps on: the guide's draws through the emitted program, batched.

    Pyro's `Trace_ELBO` has the same mean (a test says so) and takes one draw at a time. Where the
    draw depends on the guide's parameters, log q does too only through the draw: that gradient
    has no noise where the guide is exact (Roeder, Wu and Duvenaud 2017).
    """

    target: Target
    count: int

    def vectors(self, drawn: Tensor) -> Tensor:
        """Return draws of the guide [draws, free] with the params' coordinates beside them."""
        store = params()
        parts: list[Tensor] = []
        start = 0
        for block in self.target.layout.blocks:
            size = block.stop - block.start
            if block.site.param:
                value = block.transform.inv(store[block.site.name]).reshape(-1)
                parts.append(value.expand(len(drawn), size))
            else:
                parts.append(drawn[:, start : start + size])
                start += size
        return torch.cat(parts, -1)

    def log_ratio(self, drawn: Tensor, posterior: Any) -> Tensor:
        """Return log density minus log guide at each draw."""
        vectors = self.vectors(drawn)
        density = self.target.many(lambda v: self.target.log_density(v, jacobian=True), vectors)
        return density - posterior.log_prob(drawn)

    def loss_and_grads(self, model: object, guide: Whitened, data: object) -> float:
        """Return minus the ELBO, its gradient added to the parameters'."""
        del model, data
        pyro.module("guide", guide)
        for block in self.target.layout.blocks:
            if block.site.param:
                pyro.param(block.site.name)
        drawn = guide.get_posterior().rsample(torch.Size([self.count]))
        loss = -self.log_ratio(drawn, guide.get_posterior(still=True)).mean()
        loss.backward()
        return float(loss.detach())


@dataclass(frozen=True, slots=True)
class Approximation:
    """A guide after its optimization, draws of it [draws, free], and what the checks found."""

    elbo: Particles
    posterior: Any
    drawn: Tensor
    weights: Weights
    facts: Mapping[str, float]
    faults: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Whether weighted draws of the guide are draws of the posterior."""
        return self.weights.k <= GOOD or self.exact

    @property
    def exact(self) -> bool:
        """Whether the weights are so equal that the shape of their tail says nothing."""
        return self.weights.effective > EXACT * len(self.drawn)


@dataclass(frozen=True, slots=True)
class Svi:
    """Variational inference; `steps` of Adam, then `draws` draws of the guide.

    `particles` draws an estimate of the gradient. A model without latents has nothing to infer but
    a point, which is the greatest likelihood's.
    """

    name: ClassVar[str] = "svi"
    steps: int = 800
    draws: int = 1000
    step_size: float = 0.05
    particles: int = 16
    starts: int = 16

    def run(self, target: Target, report: Report) -> Outcome:
        """Return draws of the averaged guide, weighted, and its ELBO."""
        if (simple := self.without_latents(target, report)) is not None:
            return simple
        made = self.approximate(target, report)
        # Weights that cannot be trusted would leave a few draws, over and over.
        kept = resampled(made.weights, self.draws) if made.trusted else torch.arange(self.draws)
        faults = made.faults
        if not made.trusted:
            off = f"the guide fits the posterior badly (k-hat {made.weights.k:.2f}, above {GOOD})"
            faults = (*faults, f"{off}: do not trust these means and deviations")
        return Outcome(natural(made, made.drawn[kept]), made.facts, faults, made.notes)

    def without_latents(self, target: Target, report: Report) -> Outcome | None:
        """Return the answer where no continuous latent is left: exact, or a point of the params."""
        blocks = target.layout.blocks
        if not blocks:
            return Exact(self.draws).run(target, report)
        if all(b.site.param for b in blocks):
            outcome = Map(starts=self.starts).run(target, report)
            return replace(outcome, notes=("no latents: the parameters of greatest likelihood",))
        return None

    def approximate(self, target: Target, report: Report) -> Approximation:
        """Find the mode with most of the posterior and fit the guide there."""
        found = modes(target, self.starts, SEARCH, report, jacobian=True)
        blocks = target.layout.blocks
        free = torch.cat([torch.arange(b.start, b.stop) for b in blocks if not b.site.param])
        every = peaks(target, found, free)
        guide, elbo = self._guide(target, every[0], free)
        losses = self._optimize(guide, elbo, self.steps // FIRST, report)
        drawn, ratio, weights = self._weighted(guide, elbo)
        if weights.effective <= EXACT * len(drawn):
            losses = self._optimize(guide, elbo, self.steps, report)
            drawn, ratio, weights = self._weighted(guide, elbo)
        finite = ratio[torch.isfinite(ratio)]
        facts = {
            "elbo": float(finite.mean()) if len(finite) == len(ratio) else float("-inf"),
            "elbo_error": float(finite.std() / len(finite) ** 0.5),
            "effective_draws": weights.effective,
            "k_hat": weights.k,
        }
        faults = [*found.faults(every[0].mode), *_drift(losses)]
        mass = float(shares(every)[1:].sum())
        if mass > OTHER:
            faults.append(
                f"other modes hold about {mass:.0%} of the posterior: this is one of them"
            )
        relabelled = "there are equal modes with other labels of the states; this is one of them"
        notes = (relabelled,) if every[0].mode.relabelled else ()
        if len(finite) < len(ratio):
            outside = (
                f"{len(ratio) - len(finite)} of {len(ratio)} draws of the guide have density 0, so "
                "its ELBO is -inf; the draws that are kept are weighted by theirs"
            )
            notes = (*notes, outside)
        posterior = guide.get_posterior(still=True)
        return Approximation(elbo, posterior, drawn, weights, facts, tuple(faults), notes)

    def _weighted(self, guide: Whitened, elbo: Particles) -> tuple[Tensor, Tensor, Weights]:
        """Draw from the guide; returns the draws, their log ratios and smoothed weights."""
        with torch.no_grad():
            posterior = guide.get_posterior()
            drawn = posterior.sample(torch.Size([4 * self.draws]))
            ratio = elbo.log_ratio(drawn, posterior)
        return drawn, ratio, smoothed(ratio)

    def _guide(self, target: Target, peak: Peak, free: Tensor) -> tuple[Whitened, Particles]:
        """Set up the guide and the params at a peak."""
        model, data = target.density.program, target.density.data
        values = detached(target.layout.values(peak.mode.vector))
        store = params()
        for block in target.layout.blocks:
            if block.site.param:
                store.setdefault(block.site.name, values[block.site.name], block.site.constraint)
        guide = Whitened(model, peak.mode.vector[free], peak.unit, values)
        with torch.no_grad():
            guide(data)  # makes its parameters
        return guide, Particles(target, self.particles)

    def _optimize(self, guide: Whitened, elbo: Particles, steps: int, report: Report) -> Tensor:
        """Run Pyro's SVI; guide and params end at the average of the tail, whose losses return."""
        program, data = elbo.target.density.program, elbo.target.density.data
        store = params()
        decay = LAST ** (1 / max(steps, 1))
        # Adam moves each of many covariances as far as one: together they would make the guide's
        # factor nearly singular, so they take smaller steps where there are more.
        narrow = min(1.0, FEW / guide.latent_dim)

        def options(name: str) -> dict[str, Any]:
            scale = narrow if "tril" in name else 1.0
            return {"lr": self.step_size * scale, "lrd": decay, "betas": (0.9, 0.99)}

        optimizer = PyroOptim(ClippedAdam, options)
        svi = SVI(program, guide, optimizer, elbo.loss_and_grads, elbo.loss_and_grads)
        losses = torch.zeros(steps)
        tail = int(steps * (1 - TAIL))
        average: dict[str, Tensor] = {}
        for step in range(steps):
            losses[step] = svi.step(data)
            if step >= tail:
                weight = 1 / (step - tail + 1)
                for name, p in store.named_parameters():
                    average[name] = average.get(name, 0.0) * (1 - weight) + p.detach() * weight
            if step % 20 == 0:
                value = -losses[max(0, step - 20) : step + 1].mean()
                report(f"svi: step {step} of {steps}, ELBO {value:.3f}")
        with torch.no_grad():
            for name, p in store.named_parameters():
                p.copy_(average.get(name, p))
        return losses[tail:]


def natural(made: Approximation, drawn: Tensor) -> dict[str, Tensor]:
    """Return the natural values of coordinates [draws, free], params beside them."""
    target = made.elbo.target
    with torch.no_grad():
        return dict(target.many(target.layout.values, made.elbo.vectors(drawn)))


def _drift(losses: Tensor) -> tuple[str, ...]:
    """A fault where the ELBO still rose in the tail of the steps."""
    half = len(losses) // 2
    if half < 2:
        return ("too few steps to judge: raise `--steps`",)
    rise = float(losses[:half].mean() - losses[half:].mean())
    noise = float(losses.std() / half**0.5)
    if rise <= max(0.5, 10 * noise):
        return ()
    return (f"the ELBO still rose by {rise:.2g}: raise `--steps`",)
