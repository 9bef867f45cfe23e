"""Logs of the regularized incomplete gamma and beta functions, differentiable in every argument.

Both are integrals of a density from a point into a tail. Along v, the distance from that point in
log(t) (gamma) or logit(t) (beta), the integrand is log-concave, 1 at v = 0 and analytic, so that
Gauss and Legendre's rule with 64 nodes up to where it has fallen to e^-40 is exact to rounding:

    Q(a, x) = x^a e^-x / Gamma(a)     int_0^inf exp(a v - x (e^v - 1)) dv
    P(a, x) = x^a e^-x / Gamma(a)     int_0^inf exp(-a v + x (1 - e^-v)) dv
    I(a, b) = x^a (1-x)^b / B(a, b)   int_0^inf exp(-a v) (1 - x + x e^-v)^-(a+b) dv

The last two are taken at a + 8, where small a have nothing that decays more slowly than e^-8v; the
eight steps of the recurrence in a (DLMF 8.8.11, 8.17.20) are sums of positive terms. Continued
fractions and series would need as many terms as the root of a large argument, and have no
derivative in a and b but through each of their terms.

Relative accuracy 1e-12 (tests/test_incomplete.py) for a, b from 1e-3 on. The tail on the side of
the mean is integrated, the other one its complement: where a or b is so small that a tail on the
far side has probability e, its relative error is that of 1 over e.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from genlang.runtime.special import (
    HALF_LOG_2PI,
    LARGE,
    deviance,
    gamma_kernel,
    lbeta,
    log1m_exp,
    log1p_gap,
    stirling,
)

NODES, WEIGHTS = (tuple(x.tolist()) for x in np.polynomial.legendre.leggauss(64))
SHIFT = 8
FALL = 40.0  # e^-40 is below the rounding error of 1
SERIES = 13  # terms of e^v - 1 - v for |v| < 1/4


def _excess(v: Tensor) -> Tensor:
    """Return e^v - 1 - v without cancellation."""
    near = v.abs() < 0.25
    small = torch.where(near, v, 0.0)
    series = torch.full_like(v, 1 / math.factorial(SERIES))
    for k in range(SERIES - 1, 1, -1):
        series = series * small + 1 / math.factorial(k)
    return torch.where(near, small * small * series, torch.expm1(v) - v)


def nodes(end: Tensor) -> tuple[Tensor, Tensor]:
    """Return places from 0 to `end` on a new first axis, and their weights in an integral."""
    shape = (-1, *[1] * end.dim())
    places, weights = (end.new_tensor(x).reshape(shape) for x in (NODES, WEIGHTS))
    return 0.5 * (places + 1) * end, 0.5 * weights * end


def _log_integral(exponent: Callable[[Tensor], Tensor], end: Tensor) -> Tensor:
    """Return the log of the integral of exp(exponent(v)) from 0 to `end`."""
    places, weights = nodes(end)
    return (weights * exponent(places).exp()).sum(0).log()


def _fall(f: Callable[[Tensor], tuple[Tensor, Tensor]], start: Tensor) -> Tensor:
    """Return about where a convex f has grown to `FALL`, by Newton's steps from beyond."""
    v = start
    for _ in range(5):
        value, slope = f(v)
        v = torch.minimum(v, v - (value - FALL) / slope)
    return v


def _recurrence(ratios: Tensor, rest: Tensor) -> Tensor:
    """Return log(1 + r0 + r0 r1 + ... + r0 r1 ... r7 exp(rest)), the r on the first axis."""
    products = ratios.log().cumsum(0)
    terms = torch.cat([products[:-1], products[-1:] + rest])
    return torch.logaddexp(torch.zeros_like(rest), terms.logsumexp(0))


def _steps(like: Tensor) -> Tensor:
    """Return 0, ..., SHIFT - 1 on a new first axis."""
    return torch.arange(SHIFT, dtype=like.dtype).reshape(-1, *[1] * like.dim())


def log_gamma_tails(a: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return log P(a, x) and log Q(a, x), for a > 0 and x >= 0."""
    a, x = torch.broadcast_tensors(a, x)
    some = x > 0
    at = torch.where(some, x, 1.0)
    low = (at < a) | (at < 1e-3)
    sign, shift = torch.where(low, -1.0, 1.0), torch.where(low, float(SHIFT), 0.0)
    gap = (at - a) * sign + shift
    with torch.no_grad():
        # exp(v) - 1 - v > v^2 / 2 and exp(-v) - 1 + v > v^2 / 3 for v < 1.
        near = torch.where(low, 3 * FALL / at, 2 * FALL / at).sqrt()
        far = torch.where(low, (FALL + at) / (a + shift), torch.log1p(2 * FALL / at) + 2 * a / at)
        start = torch.where(low & (near > 1), far, torch.minimum(near, far))
        start = torch.minimum(start, FALL / gap.clamp(min=1e-300))

        def fall(v: Tensor) -> tuple[Tensor, Tensor]:
            grown = torch.expm1(sign * v)
            return gap * v + at * (grown - sign * v), gap + sign * at * grown

        end = _fall(fall, start)
    rest = _log_integral(lambda v: -gap * v - at * _excess(sign * v), end)
    raised = _recurrence(at / (a + 1 + _steps(a)), (a + SHIFT).log() + rest) - a.log()
    tail = gamma_kernel(a, at, at.log()) + torch.where(low, raised, rest)
    return _both(tail, low, some)


def _both(tail: Tensor, low: Tensor, some: Tensor) -> tuple[Tensor, Tensor]:
    """Both tails by the one that is known; above nothing is all."""
    tail = tail.clamp(max=0)
    other = log1m_exp(tail)
    below, above = torch.where(low, tail, other), torch.where(low, other, tail)
    return torch.where(some, below, -math.inf), torch.where(some, above, 0.0)


def beta_saddle(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return a log(x) + b log(y) - log B(a, b), y = 1 - x, for a and b from `LARGE` on."""
    total = a + b
    gap = b * x - a * y  # total x - a
    errors = stirling(total) - stirling(a) - stirling(b)
    body = 0.5 * (a.log() + (b / total).log()) - HALF_LOG_2PI + errors
    return body - deviance(a, total * x, gap) - deviance(b, total * y, -gap)


def beta_kernel(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return a log(x) + b log(y) - log B(a, b), y = 1 - x."""
    half = x < 0.5
    least = torch.where(half, x, y)
    near, far = least.log(), torch.log1p(-least)
    log_x, log_y = torch.where(half, near, far), torch.where(half, far, near)
    large = (a >= LARGE) & (b >= LARGE)
    plain = a * log_x + b * log_y - lbeta(a, b)
    saddle = beta_saddle(torch.where(large, a, LARGE), torch.where(large, b, LARGE), x, y)
    return torch.where(large, saddle, plain)


def _beta_exponent(n: Tensor, x: Tensor, y: Tensor, v: Tensor) -> Tensor:
    """Return n (log(1 - x + x e^-v) + x v), which goes like n x y v^2 / 2 at 0."""
    half = x < 0.5
    # From the end that is farther: 1 + x (e^-v - 1), or e^-v (1 + y (e^v - 1)).
    p, w = torch.where(half, x, y), torch.where(half, -v, v)
    close = w.abs() < 1
    at = torch.where(close, w, 0.0)
    near = p * _excess(at) - log1p_gap(p * torch.expm1(at))
    return n * torch.where(close, near, torch.log1p(p * torch.expm1(w)) - p * w)


def log_beta_tails(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return log I_x(a, b) and log(1 - I_x(a, b)), y = 1 - x, for 0 <= x <= 1."""
    a, b, x, y = torch.broadcast_tensors(a, b, x, y)
    some, inner = x > 0, (x > 0) & (y > 0)
    x, y = torch.where(inner, x, 0.5), torch.where(inner, y, 0.5)
    low = x * b <= y * a
    factor = beta_kernel(a, b, x, y)
    # The upper tail is the lower one of 1 - x.
    a, b = torch.where(low, a, b), torch.where(low, b, a)
    x, y = torch.where(low, x, y), torch.where(low, y, x)
    tails = _both(factor + _beta_lower(a, b, x, y), low, inner)
    ends = torch.where(some, 0.0, -math.inf), torch.where(some, -math.inf, 0.0)
    return torch.where(inner, tails[0], ends[0]), torch.where(inner, tails[1], ends[1])


def _beta_lower(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the log of I_x(a, b) without its factor, for x <= a / (a + b)."""
    shifted, total = a + SHIFT, a + b + SHIFT
    gap = (a * y - b * x) + SHIFT * y  # shifted - total x
    with torch.no_grad():
        # y < 1 - x + x e^-v bounds the integrand; near 0 its log is below -total x y v^2 / 4.
        far = (FALL - total * torch.log1p(-x)) / shifted
        near = (4 * FALL / (total * x * y)).sqrt()
        start = torch.where(near < 0.5, torch.minimum(far, near), far)
        start = torch.minimum(start, 2 * FALL / gap.clamp(min=1e-300))
        # It is below exp(v total y - total log(1 + y (e^v - 1))), where log(1 + w) > 0.69 w.
        other = torch.log1p(3 * FALL / (total * y)) + 2
        start = torch.where(y * torch.expm1(other) <= 1, torch.minimum(start, other), start)

        def fall(v: Tensor) -> tuple[Tensor, Tensor]:
            grown = x * torch.expm1(-v)
            return shifted * v + total * torch.log1p(grown), shifted - total * (x + grown) / (
                1 + grown
            )

        end = _fall(fall, start)
    rest = _log_integral(lambda v: -gap * v - _beta_exponent(total, x, y, v), end)
    j = _steps(a)
    return _recurrence(x * (a + b + j) / (a + 1 + j), shifted.log() + rest) - a.log()


def _solved(
    f: Callable[[Tensor], tuple[Tensor, Tensor]], start: Tensor, most: Tensor | None = None
) -> Tensor:
    """Return the u with f(u) = 0 by Newton's steps, those upwards at most `most`. For draws."""
    u = start
    for _ in range(60):
        value, slope = f(u)
        step = (value / slope).nan_to_num(0.0, 0.0, 0.0)
        if not bool((step.abs() > 1e-13 * (1 + u.abs())).any()):
            break
        u = u - (step if most is None else torch.maximum(step, -most))
    return u


def gamma_quantile(a: Tensor, log_p: Tensor, *, upper: bool) -> Tensor:
    """Return the x whose log P(a, x), or log Q, is given: by the tail that is below a half."""
    a, log_p = torch.broadcast_tensors(a, log_p)
    other = log_p > -math.log(2)
    high = other != upper
    wanted = torch.where(other, log1m_exp(log_p), log_p)

    def f(u: Tensor) -> tuple[Tensor, Tensor]:
        x = u.exp()
        tails = log_gamma_tails(a, x)
        found = torch.where(high, tails[1], tails[0])
        slope = torch.exp((gamma_kernel(a, x, u) - found).clamp(max=700))
        return found - wanted, torch.where(high, -slope, slope)

    # The upper tail falls with x = e^u: a step from below goes too far.
    return _solved(f, a.log(), torch.where(high, 1.0, math.inf)).exp()


def beta_quantile(a: Tensor, b: Tensor, log_p: Tensor) -> tuple[Tensor, Tensor]:
    """Return the x whose log I_x(a, b) is given, and 1 - x: by the tail that is below a half."""
    a, b, log_p = torch.broadcast_tensors(a, b, log_p)
    other = log_p > -math.log(2)
    wanted = torch.where(other, log1m_exp(log_p), log_p)
    a, b = torch.where(other, b, a), torch.where(other, a, b)

    def f(u: Tensor) -> tuple[Tensor, Tensor]:
        x, y = torch.sigmoid(u), torch.sigmoid(-u)
        found = log_beta_tails(a, b, x, y)[0]
        return found - wanted, torch.exp((beta_kernel(a, b, x, y) - found).clamp(max=700))

    u = _solved(f, a.log() - b.log())
    u = torch.where(other, -u, u)
    return torch.sigmoid(u), torch.sigmoid(-u)
