"""Arguments of distributions that are not known to lie in their domain, looked at as they are used.

Outside the domain an argument is NaN, so that the point has no density and no search stays there;
within `watching` a list collects which argument it was, in which rows.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import torch
from torch import Tensor

TOLERANCE = 1e-6
SHOWN = 5  # rows

_seen: ContextVar[list[str] | None] = ContextVar("seen", default=None)


@contextlib.contextmanager
def watching() -> Iterator[list[str]]:
    """Within this block arguments outside their domains are collected, in words."""
    seen: list[str] = []
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


def _simplex(x: Tensor) -> Tensor:
    return ((x.sum(-1) - 1).abs() <= TOLERANCE) & (x >= 0).all(-1)


def _cov(x: Tensor) -> Tensor:
    scale = x.abs().amax((-1, -2)).clamp(min=1e-300)
    even = (x - x.mT).abs().amax((-1, -2)) <= TOLERANCE * scale
    factored: Tensor = torch.linalg.cholesky_ex(x).info == 0
    return even & factored


def _cholesky_cov(x: Tensor) -> Tensor:
    upper = (x.triu(1) == 0).all(-1).all(-1)
    return upper & (x.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


# The number of dims that a domain speaks of, and where a value lies in it.
DOMAINS: dict[str, tuple[int, Callable[[Tensor], Tensor]]] = {
    "positive": (0, lambda x: x > 0),
    "nonneg": (0, lambda x: x >= 0),
    "unit": (0, lambda x: (x >= 0) & (x <= 1)),
    "count": (0, lambda x: (x >= 0) & (x == x.round())),
    "int": (0, lambda x: x == x.round()),
    "simplex": (1, _simplex),
    "ordered": (1, lambda x: (x[..., 1:] >= x[..., :-1]).all(-1)),
    "cov": (2, _cov),
    "cholesky_cov": (2, _cholesky_cov),
}


def _safe(domain: str, value: Tensor) -> Tensor:
    """A value inside a domain."""
    n = value.shape[-1] if DOMAINS[domain][0] else 1
    match domain:
        case "simplex":
            return torch.full((n,), 1 / n)
        case "ordered":
            return torch.arange(n).to(value)
        case "cov" | "cholesky_cov":
            return torch.eye(n, dtype=value.dtype)
        case _:
            return torch.ones((), dtype=value.dtype)


def within(domain: str, value: Tensor, what: str, possible: Tensor | None = None) -> Tensor:
    """Return a value, NaN where it leaves its domain; `what` says which argument it is.

    value [..., *dims of the domain]; the leading dims are rows, named from 1. Where it is not
    `possible` [...] its term has probability 0, and the value is one inside the domain.
    """
    rank, test = DOMAINS[domain]
    value = torch.as_tensor(value)
    if not value.is_floating_point():
        value = value.double()
    if possible is not None:
        there = torch.as_tensor(possible)[(..., *[None] * rank)]
        value = torch.where(there, value, _safe(domain, value))
    inside = test(value)
    seen = _seen.get()
    if seen is not None and not bool(inside.all()):
        rows = [", ".join(str(int(i) + 1) for i in at) for at in (~inside).nonzero()[:SHOWN]]
        where = f", row {'; '.join(rows)}" if inside.dim() else ""
        seen.append(f"{what}{where}")
    return torch.where(inside[(..., *[None] * rank)], value, torch.nan)
