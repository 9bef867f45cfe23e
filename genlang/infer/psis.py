"""Pareto-smoothed importance sampling: weights that can be trusted, and a number that says so.

Vehtari, Simpson, Gelman, Yao and Gabry (2024), Journal of Machine Learning Research 25; the fit of
the generalized Pareto distribution is that of Zhang and Stephens (2009), Technometrics 51.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

FEWEST = 5  # of a tail that a distribution is fitted to
EQUAL = 1e-12  # weights of the tail that differ by less are equal
GOOD = 0.7  # above this the weights have no useful mean


@dataclass(frozen=True, slots=True)
class Weights:
    """Smoothed weights [draws] that sum to 1, the shape `k` of their tail, the effective number."""

    weights: Tensor
    k: float
    effective: float


def smoothed(log_ratio: Tensor) -> Weights:
    """Smooth the log ratios [draws] of the density to the guide; `k` is inf where it has no fit."""
    ratio = torch.where(torch.isfinite(log_ratio), log_ratio, -torch.inf)
    count = len(ratio)
    log_weight = ratio - ratio.max()
    tail = min(count // 5, int(3 * count**0.5))
    order = log_weight.argsort()
    cut = log_weight[order[-tail - 1]].exp() if tail >= FEWEST else log_weight.new_zeros(())
    excess = log_weight[order[-tail:]].exp() - cut
    k = float("inf")
    weight = log_weight.exp()
    if tail >= FEWEST and excess[-1] < EQUAL:
        k = 0.0  # all ratios of the tail are equal
    elif tail >= FEWEST and excess[0] > 0:
        k, sigma = _pareto(excess)
        at = (torch.arange(tail, dtype=weight.dtype) + 0.5) / tail
        smooth = sigma * torch.expm1(-k * torch.log1p(-at)) / k if k else -sigma * torch.log1p(-at)
        weight[order[-tail:]] = (cut + smooth).clamp(max=1.0)
    weight = weight / weight.sum()
    return Weights(weight, k, float(1 / (weight**2).sum()))


def _pareto(excess: Tensor) -> tuple[float, float]:
    """Fit shape and scale of a generalized Pareto distribution to sorted positive numbers."""
    n = len(excess)
    points = 30 + int(n**0.5)
    quarter = excess[int(n / 4 + 0.5) - 1]
    theta = 1 / excess[-1] + (
        1 - (points / (torch.arange(1, points + 1, dtype=excess.dtype) - 0.5)).sqrt()
    ) / (3 * quarter)
    shape = torch.log1p(-theta[:, None] * excess).mean(-1)
    profile = n * ((-theta / shape).log() - shape - 1)
    weight = torch.softmax(profile, 0)
    best = (theta * weight).sum()
    k = torch.log1p(-best * excess).mean()
    sigma = float(-k / best)
    return float((n * k + 5) / (n + 10)), sigma  # a weak prior at 1/2 steadies few draws


def resampled(weights: Weights, count: int) -> Tensor:
    """Return `count` positions drawn by weight, systematically, in random order."""
    at = (torch.arange(count) + torch.rand(())) / count
    kept = torch.searchsorted(weights.weights.cumsum(0), at).clamp(max=len(weights.weights) - 1)
    return kept[torch.randperm(count)]
