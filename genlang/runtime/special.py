"""Special functions that stay accurate and differentiable where the textbook formulas do not.

Log densities of large counts are differences of large numbers: `lgamma(1e9)` alone is 2e10, its
rounding error 2e-6. Loader's saddle-point form (2000, "Fast and accurate computation of binomial
probabilities") writes them as small terms instead: deviances and Stirling errors. Everything here
is plain torch, so that derivatives of any order are autograd's; where a formula has a branch, the
branch that is not taken is computed at a harmless argument.
"""

import math

import torch
from torch import Tensor

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
# From here on the asymptotic series have converged to double precision.
LARGE = 16.0


def log(p: Tensor) -> Tensor:
    """Return the logarithm: exactly -inf at 0, with gradient 0 there (torch: inf, then NaN)."""
    zero = p == 0
    return p.masked_fill(zero, 1.0).log().masked_fill(zero, -math.inf)


def log1m(p: Tensor) -> Tensor:
    """Return log(1 - p): exactly -inf at 1, with gradient 0 there."""
    one = p == 1
    return torch.log1p(-p.masked_fill(one, 0.0)).masked_fill(one, -math.inf)


def times_log(x: Tensor, p: Tensor) -> Tensor:
    """Return x log(p) with 0 log(0) = 0; at p = 0 the gradient is 0."""
    return _times(x, p, log(p))


def times_log1m(x: Tensor, p: Tensor) -> Tensor:
    """Return x log(1 - p) with 0 log(0) = 0; at p = 1 the gradient is 0."""
    return _times(x, 1 - p, log1m(p))


def _times(x: Tensor, p: Tensor, log_p: Tensor) -> Tensor:
    zero = p == 0
    term = x * log_p.masked_fill(zero, 0.0)
    edge = torch.where(x == 0, 0.0, torch.where(x > 0, -math.inf, math.inf))
    return torch.where(zero, edge.detach(), term)


def stirling(x: Tensor) -> Tensor:
    """Return lgamma(x) - ((x - 1/2) log x - x + log(2 pi)/2), the error of Stirling's formula."""
    large = x >= LARGE
    low = torch.where(large, 1.0, x)
    exact = torch.lgamma(low) - (low - 0.5) * low.log() + low - HALF_LOG_2PI
    r = 1 / torch.where(large, x, LARGE)
    s = r * r
    series = r * (
        1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * 691 / 360360))))
    )
    return torch.where(large, series, exact)


def log1p_gap(x: Tensor) -> Tensor:
    """Return x - log(1 + x) for x > -1, without cancellation at 0 (Loader's series)."""
    near = x.abs() < 0.1
    w = torch.where(near, x, 0.0)
    r = w / (2 + w)  # log(1 + w) is 2 artanh(r)
    s = r * r
    series = torch.full_like(w, 1 / 15)
    for k in range(6, 0, -1):
        series = series * s + 1 / (2 * k + 1)
    far = torch.where(near, 1.0, x)
    return torch.where(near, w * r - 2 * r * s * series, far - torch.log1p(far))


def deviance(x: Tensor, mean: Tensor, excess: Tensor | None = None) -> Tensor:
    """Return x log(x / mean) + mean - x for x > 0: half a Poisson deviance, without cancellation.

    `excess` is mean - x where that is known more accurately.
    """
    gap = mean - x if excess is None else excess
    near = gap.abs() < 0.5 * x
    close = torch.where(near, gap / x, 0.0)
    far = log(torch.where(near, x, mean)) - torch.where(near, 1.0, x).log()
    return torch.where(near, x * log1p_gap(close), gap - x * far)


def gamma_kernel(shape: Tensor, t: Tensor, log_t: Tensor) -> Tensor:
    """Return shape log(t) - t - lgamma(shape): the saddle-point form where the shape is large."""
    large = shape >= LARGE
    a = torch.where(large, 1.0, shape)
    small = a * log_t - t - torch.lgamma(a)
    b = torch.where(large, shape, LARGE)
    saddle = 0.5 * b.log() - HALF_LOG_2PI - stirling(b) - deviance(b, t)
    return torch.where(large, saddle, small)


def lbeta(a: Tensor, b: Tensor) -> Tensor:
    """Return log B(a, b)."""
    total = a + b
    body = -a * torch.log1p(b / a) - b * torch.log1p(a / b)
    body = body + 0.5 * (total / a).log() - 0.5 * b.log()
    return body + HALF_LOG_2PI + stirling(a) + stirling(b) - stirling(total)


def lchoose(n: Tensor | float, k: Tensor | float) -> Tensor:
    """Return the log of the binomial coefficient, for real 0 <= k <= n."""
    top, low = (torch.as_tensor(v).double() for v in (n, k))
    return -lbeta(low + 1, top - low + 1) - torch.log1p(top)


def log1m_exp(x: Tensor) -> Tensor:
    """Return log(1 - exp(x)) for x <= 0 (Maechler 2012); -inf at 0."""
    near = x > -math.log(2)
    small = torch.log1p(-torch.exp(torch.where(near, -1.0, x)))
    return torch.where(near, log(-torch.expm1(torch.where(near, x, -1.0))), small)


def log_difference(a: Tensor, b: Tensor) -> Tensor:
    """Return log(exp(a) - exp(b)) for a >= b; -inf where they are equal."""
    nothing = b == -math.inf
    gap = torch.where(nothing, -1.0, b - torch.where(nothing, 0.0, a))
    return a + torch.where(nothing, 0.0, log1m_exp(gap.clamp(max=0)))


def logsumexp(x: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    """Return log(sum(exp(x))); where all are -inf it is -inf with gradient 0 (torch: NaN)."""
    if x.numel() == 0:
        return x.logsumexp(dim)
    empty = x.amax(dim, keepdim=True) == -math.inf
    return x.masked_fill(empty, 0.0).logsumexp(dim).masked_fill(empty.amax(dim), -math.inf)


def logsumexp_weighted(weights: Tensor, logs: Tensor) -> Tensor:
    """Return log(sum(weights * exp(logs))) over the last axis, -inf where nothing counts.

    Weights of 0 count for nothing, whatever the log beside them, but have their derivative.
    """
    counted = torch.where(weights > 0, logs.detach(), -math.inf)
    top = counted.amax(-1, keepdim=True)
    shift = torch.where(top.abs() == math.inf, 0.0, top)
    total = log((weights * (logs - shift).clamp(max=700).exp()).sum(-1)) + shift[..., 0]
    return torch.where(top[..., 0] == math.inf, math.inf, total)


def logaddweighted(p: Tensor, a: Tensor, q: Tensor, b: Tensor) -> Tensor:
    """Return log(p exp(a) + q exp(b)), as `logsumexp_weighted`."""
    weights, logs = (torch.stack(torch.broadcast_tensors(*x), -1) for x in ((p, q), (a, b)))
    return logsumexp_weighted(weights, logs)


def log_ndtr(x: Tensor) -> Tensor:
    """Return log Phi(x); its gradient is finite in the far tail, where torch's is 0 / 0."""
    tail = x < -1
    t = torch.where(tail, x, -1.0)
    far = -0.5 * t * t + torch.log(0.5 * torch.special.erfcx(-t / math.sqrt(2)))
    body = torch.where(tail, 0.0, x)
    return torch.where(tail, far, torch.log1p(-0.5 * torch.special.erfc(body / math.sqrt(2))))


def log_ndtri(log_p: Tensor) -> Tensor:
    """Return the x whose log Phi(x) is `log_p`: a start, then Newton's steps. For draws."""
    start = torch.special.ndtri(log_p.clamp(min=-700).exp().clamp(max=1 - 1e-16))
    x = torch.where(log_p < -300, -torch.sqrt((-2 * log_p).clamp(min=1)), start)
    for _ in range(6):
        f = log_ndtr(x)
        slope = torch.exp((-0.5 * x * x - HALF_LOG_2PI - f).clamp(max=700))
        x = x - ((f - log_p) / slope).clamp(-1, 1)
    return x


def log1p_square(z: Tensor) -> Tensor:
    """Return log(1 + z^2), also where z^2 overflows."""
    large = z.abs() > 1e8
    small = torch.where(large, 0.0, z)
    return torch.where(large, 2 * torch.where(large, z, 1.0).abs().log(), torch.log1p(small**2))


def log_i0e(x: Tensor) -> Tensor:
    """Return log(exp(-x) I0(x)) for x >= 0: torch's, or for large x the asymptotic series.

    Differences of Bessel functions cancel in the derivatives of the former.
    """
    large = x > 200
    r = 1 / torch.where(large, x, 200.0)
    term = torch.ones_like(r)
    total = torch.ones_like(r)
    for k in range(1, 10):
        term = term * r * ((2 * k - 1) ** 2 / (8 * k))
        total = total + term
    series = total.log() + 0.5 * r.log() - HALF_LOG_2PI
    return torch.where(large, series, torch.special.i0e(torch.where(large, 0.0, x)).log())


def softplus(x: Tensor) -> Tensor:
    """Return log(1 + exp(x)); torch's default takes exp(x) for infinite from x = 20 on."""
    return torch.nn.functional.softplus(x, threshold=40.0)


def log_sigmoid(x: Tensor) -> Tensor:
    """Return -log(1 + exp(-x)), with derivatives that are relatively exact in both tails."""
    low = x < 0
    below, above = torch.where(low, x, 0.0), torch.where(low, 0.0, x)
    return torch.where(low, below - torch.log1p(below.exp()), -torch.log1p((-above).exp()))


def may(condition: Tensor) -> bool:
    """Whether a condition on data may hold somewhere; True where it cannot be asked (vmap)."""
    try:
        return bool(condition.any())
    except RuntimeError:
        return True
