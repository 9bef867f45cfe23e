"""The oracle: the density of a checked Model by plain loops and enumeration.

It shares no code with plan, emit, runtime or lang. Each statement is one factor for each iteration
of its loops; a factor is evaluated under a partial assignment of the finite discrete latents, and a
read of an unassigned one branches over all its states. So only the taken branch of an `if` is
evaluated, and a factor's leaves say which latents it read. The joint table of every connected set
of latents is then filled in and summed. `values` of a latent over a part begin at the part's start.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import linalg, special, stats
from scipy.spatial import distance

from genlang.check import model as ir

LIMIT = 2**22  # entries of one joint table
FINITE = frozenset(
    [
        "Bernoulli",
        "Categorical",
        "Binomial",
        "BetaBinomial",
        "DiscreteUniform",
        "OrderedLogistic",
        "Hypergeometric",
        "Delta",
    ]
)
UNBOUNDED = frozenset({"Poisson", "NegativeBinomial", "Geometric"})

Value = Any  # a Python number or a numpy array
Env = dict[ir.Loop, int]
Cell = tuple[ir.Variable, tuple[int, ...]]


class OracleError(Exception):
    """The oracle cannot evaluate the model: an invalid read, or a name that it does not know."""


class _Need(Exception):  # noqa: N818 (no error: evaluation asks for a latent's value)
    def __init__(self, cell: Cell) -> None:
        super().__init__(f"latent {cell[0].name}{list(cell[1])} is read outside its loops")
        self.cell = cell


# -- Functions --------------------------------------------------------------------------------


def _one_hot(k: Value, size: Value) -> Value:
    return np.eye(int(size))[int(k)]


def _clamp(x: Value, low: Value, high: Value) -> Value:
    return np.minimum(np.maximum(x, low), high)


def _log(x: Value) -> Value:
    return np.log(np.asarray(x, dtype=float))


def _extreme(array: Callable[..., Value], two: Callable[..., Value]) -> Callable[..., Value]:
    return lambda *a: two(*a) if len(a) == 2 else array(a[0])


def _shape(fill: float) -> Callable[..., Value]:
    return lambda *sizes: np.full([int(s) for s in sizes], fill)


def _distances(a: Value, b: Value) -> Value:
    a, b = (np.reshape(x, (len(x), -1)) for x in (a, b))
    return distance.cdist(a.astype(float), b.astype(float))


def _matern(twice: int, r: Value) -> Value:
    """The Matern function of smoothness twice / 2, through a Bessel function."""
    nu = twice / 2
    z = np.sqrt(2 * nu) * np.where(r == 0, 1.0, r)
    found = 2 ** (1 - nu) / special.gamma(nu) * z**nu * special.kv(nu, z)
    return np.where(r == 0, 1.0, found)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": np.true_divide,
    "@": np.matmul,
    "^": lambda a, b: np.power(np.asarray(a, dtype=float), b),
    "%": np.mod,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "not": np.logical_not,
    "neg": lambda a: -a,
    "exp": np.exp,
    "log": _log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "square": np.square,
    "sign": np.sign,
    "floor": lambda x: np.floor(x).astype(int),
    "ceil": lambda x: np.ceil(x).astype(int),
    "round": lambda x: np.round(x).astype(int),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sigmoid": special.expit,
    "logit": special.logit,
    "softplus": lambda x: np.logaddexp(0.0, x),
    "softmax": lambda x: special.softmax(x, axis=-1),
    "log_softmax": lambda x: special.log_softmax(x, axis=-1),
    "log_sigmoid": special.log_expit,
    "log1m_exp": lambda x: _log(-np.expm1(x)),
    "inv_cloglog": lambda x: -np.expm1(-np.exp(x)),
    "erf": special.erf,
    "erfc": special.erfc,
    "normal_cdf": special.ndtr,
    "normal_quantile": special.ndtri,
    "lgamma": special.gammaln,
    "digamma": special.digamma,
    "lbeta": special.betaln,
    "lchoose": lambda n, k: np.log(special.comb(n, k)),
    "min": _extreme(np.min, np.minimum),
    "max": _extreme(np.max, np.maximum),
    "min2": np.minimum,
    "max2": np.maximum,
    "clamp": _clamp,
    "sum": lambda x: np.sum(x, axis=-1),
    "any": lambda x: np.any(x, axis=-1),
    "all": lambda x: np.all(x, axis=-1),
    "prod": lambda x: np.prod(x, axis=-1),
    "mean": lambda x: np.mean(x, axis=-1),
    "sd": lambda x: np.std(x, axis=-1, ddof=1),
    "var": lambda x: np.var(x, axis=-1, ddof=1),
    "cumsum": lambda x: np.cumsum(x, axis=-1),
    "cumprod": lambda x: np.cumprod(x, axis=-1),
    "sort": lambda x: np.sort(x, axis=-1),
    "logsumexp": lambda x: _logsumexp(np.asarray(x, dtype=float)),
    "logaddexp": np.logaddexp,
    "dot": np.dot,
    "outer": np.outer,
    "norm": np.linalg.norm,
    "transpose": np.transpose,
    "inverse": np.linalg.inv,
    "det": np.linalg.det,
    "logdet": lambda x: np.linalg.slogdet(x)[1],
    "matrix_exp": linalg.expm,
    "cholesky": np.linalg.cholesky,
    "solve": np.linalg.solve,
    "solve_triangular": lambda a, b: linalg.solve_triangular(a, b, lower=True),
    "diag": np.diag,
    "quad_form": lambda a, x: x.T @ a @ x,
    "interpolate": np.interp,
    "step": lambda x: np.heaviside(x, 1).astype(int),
    "rbf": lambda a, b, length, s: s**2 * np.exp(-(_distances(a, b) ** 2) / (2 * length**2)),
    "matern32": lambda a, b, length, s: s**2 * _matern(3, _distances(a, b) / length),
    "matern52": lambda a, b, length, s: s**2 * _matern(5, _distances(a, b) / length),
    "periodic": lambda a, b, length, s, period: (
        s**2
        * np.exp(
            -2
            * sum(
                np.sin(np.pi * _distances(a[:, [k]], b[:, [k]]) / period) ** 2
                for k in range(a.shape[1])
            )
            / length**2
        )
        if np.ndim(a) > 1
        else s**2 * np.exp(-2 * np.sin(np.pi * _distances(a, b) / period) ** 2 / length**2)
    ),
    "eye": lambda n: np.eye(int(n)),
    "ones": _shape(1.0),
    "zeros": _shape(0.0),
    "full": lambda n, x: np.full(int(n), x),
    "linspace": lambda a, b, n: np.linspace(a, b, int(n)),
    "one_hot": _one_hot,
    "concat": lambda *a: np.concatenate([np.atleast_1d(x) for x in a]),
    "stack": lambda *a: np.stack(a),
    "size": len,
    "normalize": lambda x: np.asarray(x) / np.sum(x, axis=-1),
}


def _logsumexp(values: Value) -> float:
    flat = np.asarray(values, dtype=float).ravel()
    top = float(flat.max()) if flat.size else -math.inf
    if math.isinf(top):
        return top
    return top + math.log(float(np.exp(flat - top).sum()))


# -- Laws -------------------------------------------------------------------------------------

Parameters = dict[str, Value]


def _probability(p: Parameters) -> tuple[float, float]:
    """Return log p and log(1 - p) of `probs` or `logits`."""
    if "logits" in p:
        return float(special.log_expit(p["logits"])), float(special.log_expit(-p["logits"]))
    probs = float(p["probs"])
    if not -1e-12 <= probs <= 1 + 1e-12:
        raise OracleError(f"probability {probs} is outside 0 to 1")
    return float(_log(probs)), float(np.log1p(-probs))


def _times(n: float, log_p: float) -> float:
    return 0.0 if n == 0 else n * log_p


def _bernoulli(x: Value, p: Parameters) -> float:
    yes, no = _probability(p)
    return yes if x == 1 else no if x == 0 else -math.inf


def _categorical(x: Value, p: Parameters) -> float:
    if "logits" in p:
        table = special.log_softmax(np.asarray(p["logits"], dtype=float))
    elif "weights" in p:
        weights = np.asarray(p["weights"], dtype=float)
        table = _log(weights / weights.sum())
    else:
        table = _log(p["probs"])
    return float(table[int(x)]) if 0 <= x < len(table) else -math.inf


def _binomial(x: Value, p: Parameters) -> float:
    n, (yes, no) = p["total"], _probability(p)
    if not 0 <= x <= n:
        return -math.inf
    return math.log(math.comb(int(n), int(x))) + _times(x, yes) + _times(n - x, no)


def _beta_binomial(x: Value, p: Parameters) -> float:
    n, a, b = p["total"], p["a"], p["b"]
    if not 0 <= x <= n:
        return -math.inf
    choose = math.log(math.comb(int(n), int(x)))
    return choose + float(special.betaln(x + a, n - x + b) - special.betaln(a, b))


def _poisson(x: Value, p: Parameters) -> float:
    log_rate = float(p["log_rate"] if "log_rate" in p else _log(p["rate"]))
    if x < 0:
        return -math.inf
    return _times(x, log_rate) - math.exp(log_rate) - math.lgamma(x + 1)


def _negative_binomial(x: Value, p: Parameters) -> float:
    mean = float(np.exp(p["log_mean"]) if "log_mean" in p else p["mean"])
    size = float(p["dispersion"])
    if x < 0:
        return -math.inf
    choose = math.lgamma(x + size) - math.lgamma(size) - math.lgamma(x + 1)
    return choose - size * math.log1p(mean / size) + _times(x, float(_log(mean / (mean + size))))


def _ordered_logistic(x: Value, p: Parameters) -> float:
    above = special.expit(p["predictor"] - np.asarray(p["cutpoints"], dtype=float))
    table = -np.diff(np.concatenate([[1.0], above, [0.0]]))
    return float(_log(table[int(x)])) if 0 <= x < len(table) else -math.inf


def _normal(x: Value, p: Parameters) -> float:
    z = (x - p["loc"]) / p["scale"]
    return float(-0.5 * z * z - math.log(p["scale"]) - 0.5 * math.log(2 * math.pi))


def _uniform_int(x: Value, p: Parameters) -> float:
    low, high = p["low"], p["high"]
    return -math.log(high - low + 1) if low <= x <= high else -math.inf


def _dirichlet(x: Value, p: Parameters) -> float:
    x, a = np.asarray(x, dtype=float), np.asarray(p["concentration"], dtype=float)
    if (x < 0).any() or abs(x.sum() - 1) > 1e-6:
        return -math.inf
    norm = special.gammaln(a.sum()) - special.gammaln(a).sum()
    return float(norm + special.xlogy(a - 1, x).sum())


def _multivariate_normal(x: Value, p: Parameters) -> float:
    if "scale_tril" in p:
        cov = p["scale_tril"] @ p["scale_tril"].T
    else:
        cov = p["covariance"] if "covariance" in p else np.linalg.inv(p["precision"])
    there = ~np.isnan(np.asarray(x, dtype=float))  # missing parts are integrated out
    if not there.any():
        return 0.0
    loc, cov = np.asarray(p["loc"])[there], np.asarray(cov)[np.ix_(there, there)]
    return float(stats.multivariate_normal.logpdf(np.asarray(x)[there], loc, cov))


def _multivariate_t(x: Value, p: Parameters) -> float:
    shape = p["scale_tril"] @ p["scale_tril"].T
    return float(stats.multivariate_t.logpdf(x, np.asarray(p["loc"]), shape, p["df"]))


def _low_rank(x: Value, p: Parameters) -> float:
    cov = p["factor"] @ p["factor"].T + np.diag(p["diagonal"])
    return float(stats.multivariate_normal.logpdf(x, np.asarray(p["loc"]), cov))


def _process(x: Value, p: Parameters) -> float:
    kernel = np.asarray(p["kernel"])
    added = p.get("noise", 0) ** 2 + 1e-9 * kernel.diagonal().mean()
    cov = kernel + added * np.eye(len(kernel))
    return float(stats.multivariate_normal.logpdf(x, np.zeros(len(kernel)), cov))


def _zero_sum(x: Value, p: Parameters) -> float:
    if abs(np.sum(x)) > 1e-6 * np.abs(x).max():
        return -math.inf
    logs = stats.norm(0, p["scale"]).logpdf(x).sum()
    return float(logs - stats.norm(0, p["scale"]).logpdf(0))


def _correlations_factor(x: Value, p: Parameters) -> float:
    """Row i is drawn from the unit ball of i dims, at r with weight (1 - r^2)^(eta - 1 + rest)."""
    total = 0.0
    for i in range(1, len(x)):
        power = p["eta"] - 1 + (len(x) - 1 - i) / 2
        volume = special.gammaln(power + 1) - special.gammaln(power + 1 + i / 2)
        total += 2 * power * math.log(x[i][i]) - float(volume) - i / 2 * math.log(math.pi)
    return total


def _correlations(x: Value, p: Parameters) -> float:
    factor = np.linalg.cholesky(x)
    rest = np.arange(len(x))[::-1]  # the entries of column i appear so often in the Jacobian
    return _correlations_factor(factor, p) - float(rest @ np.log(factor.diagonal()))


def _dirichlet_multinomial(x: Value, p: Parameters) -> float:
    a = np.asarray(p["concentration"], dtype=float)
    return float(stats.dirichlet_multinomial.logpmf(x, a, p.get("total", np.sum(x))))


def _kumaraswamy(x: Value, p: Parameters) -> float:
    a, b = p["a"], p["b"]
    return float(np.log(a * b) + (a - 1) * np.log(x) + (b - 1) * np.log1p(-(x**a)))


def _multinomial(x: Value, p: Parameters) -> float:
    return float(stats.multinomial.logpmf(x, p.get("total", np.sum(x)), p["probs"]))


def _gamma(p: Parameters) -> Any:
    if "mean" in p:
        shape = (p["mean"] / p["sd"]) ** 2
        return stats.gamma(shape, scale=p["mean"] / shape)
    return stats.gamma(p["shape"], scale=p["scale"] if "scale" in p else 1 / p["rate"])


def _beta(p: Parameters) -> Any:
    if "mean" in p:
        return stats.beta(p["mean"] * p["concentration"], (1 - p["mean"]) * p["concentration"])
    return stats.beta(p["a"], p["b"])


def _half_t(p: Parameters) -> Any:
    return _Half(stats.t(p["df"], scale=p["scale"]))


class _Half:
    """The absolute value of a symmetric law."""

    def __init__(self, law: Any) -> None:
        self.law = law

    def logpdf(self, x: float) -> float:
        return -math.inf if x < 0 else float(self.law.logpdf(x)) + math.log(2)

    def cdf(self, x: float) -> float:
        return max(0.0, 2 * float(self.law.cdf(x)) - 1)

    def sf(self, x: float) -> float:
        return min(1.0, 2 * float(self.law.sf(x)))


# Laws in closed form: (value, parameters) -> log density.
CLOSED: dict[str, Callable[[Value, Parameters], float]] = {
    "Bernoulli": _bernoulli,
    "Categorical": _categorical,
    "Binomial": _binomial,
    "BetaBinomial": _beta_binomial,
    "Poisson": _poisson,
    "NegativeBinomial": _negative_binomial,
    "OrderedLogistic": _ordered_logistic,
    "Normal": _normal,
    "DiscreteUniform": _uniform_int,
    "Dirichlet": _dirichlet,
    "MultivariateNormal": _multivariate_normal,
    "MultivariateStudentT": _multivariate_t,
    "LowRankMultivariateNormal": _low_rank,
    "GaussianProcess": _process,
    "ZeroSumNormal": _zero_sum,
    "Wishart": lambda x, p: float(stats.wishart.logpdf(x, p["df"], p["scale"])),
    "InverseWishart": lambda x, p: float(stats.invwishart.logpdf(x, p["df"], p["scale"])),
    "LKJ": _correlations,
    "LKJCholesky": _correlations_factor,
    "Multinomial": _multinomial,
    "DirichletMultinomial": _dirichlet_multinomial,
    "Kumaraswamy": _kumaraswamy,
    "Delta": lambda x, p: 0.0 if np.all(np.equal(x, next(iter(p.values())))) else -math.inf,
    "Flat": lambda x, p: 0.0,
}
VECTOR = frozenset({
    "Dirichlet", "MultivariateNormal", "MultivariateStudentT", "LowRankMultivariateNormal",
    "GaussianProcess", "ZeroSumNormal", "Wishart", "InverseWishart", "LKJ", "LKJCholesky",
    "Multinomial", "DirichletMultinomial", "Delta",
})  # fmt: skip

# Laws through SciPy: parameters -> frozen distribution (also for the cdf of a truncated one).
FROZEN: dict[str, Callable[[Parameters], Any]] = {
    "Normal": lambda p: stats.norm(p["loc"], p["scale"]),
    "StudentT": lambda p: stats.t(p["df"], p["loc"], p["scale"]),
    "Cauchy": lambda p: stats.cauchy(p["loc"], p["scale"]),
    "Laplace": lambda p: stats.laplace(p["loc"], p["scale"]),
    "Logistic": lambda p: stats.logistic(p["loc"], p["scale"]),
    "Gumbel": lambda p: stats.gumbel_r(p["loc"], p["scale"]),
    "SkewNormal": lambda p: stats.skewnorm(p["shape"], p["loc"], p["scale"]),
    "AsymmetricLaplace": lambda p: stats.laplace_asymmetric(p["asymmetry"], p["loc"], p["scale"]),
    "Uniform": lambda p: stats.uniform(p["low"], p["high"] - p["low"]),
    "VonMises": lambda p: stats.vonmises(p["concentration"], p["loc"]),
    "HalfNormal": lambda p: stats.halfnorm(scale=p["scale"]),
    "HalfCauchy": lambda p: stats.halfcauchy(scale=p["scale"]),
    "HalfStudentT": _half_t,
    "Exponential": lambda p: stats.expon(scale=1 / p["rate"]),
    "Gamma": _gamma,
    "InverseGamma": lambda p: stats.invgamma(p["shape"], scale=p["scale"]),
    "LogNormal": lambda p: stats.lognorm(p["scale"], scale=np.exp(p["loc"])),
    "Weibull": lambda p: stats.weibull_min(p["shape"], scale=p["scale"]),
    "Chi2": lambda p: stats.chi2(p["df"]),
    "Pareto": lambda p: stats.pareto(p["shape"], scale=p["scale"]),
    "Beta": _beta,
    "Geometric": lambda p: stats.geom(p["probs"], loc=-1),
    "Hypergeometric": lambda p: stats.hypergeom(p["total"], p["successes"], p["draws"]),
}
DISCRETE = FINITE | UNBOUNDED


def _untruncated(name: str, x: Value, p: Parameters) -> float:
    if name in CLOSED:
        return CLOSED[name](x, p)
    if name not in FROZEN:
        raise OracleError(f"the oracle has no distribution {name}")
    law = FROZEN[name](p)
    return float(law.logpmf(x) if name in DISCRETE else law.logpdf(x))


def _truncated(name: str, x: Value, p: Parameters, low: Value, high: Value) -> float:
    """Log density of a scalar, renormalized over inclusive bounds (None where absent)."""
    if (low is not None and x < low) or (high is not None and x > high):
        return -math.inf
    density = _untruncated(name, x, p)
    if name == "Flat" or (low is None and high is None):
        return density
    if name in DISCRETE:
        least = p["low"] if name == "DiscreteUniform" else 0
        floor = least if low is None else max(least, math.ceil(low))
        if high is not None:
            inside = range(floor, math.floor(high) + 1)
            return density - _logsumexp([_untruncated(name, k, p) for k in inside])
        below = [math.exp(_untruncated(name, k, p)) for k in range(least, floor)]
        return density - math.log1p(-math.fsum(below))
    law = FROZEN[name](p)
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    left, right = float(law.cdf(low)), float(law.sf(high))
    # In the upper tail the survival function keeps the digits that the cdf loses.
    mass = float(law.sf(low)) - right if left > 0.5 else float(law.cdf(high)) - left
    return density - math.log(mass)


def _tails(
    x: Value, law: ir.Distribution, p: Parameters, low: Value, high: Value
) -> tuple[float, float]:
    """The probabilities up to a number and above it."""
    if law.name in DISCRETE:
        if law.name in FINITE or high is not None:
            values: Sequence[Value] = _states(law, p, low, high)
        else:
            values = range(math.floor(x) + 1)
        masses = [(k, math.exp(_truncated(law.name, k, p, low, high))) for k in values]
        below = math.fsum(m for k, m in masses if k <= x)
        above = math.fsum(m for k, m in masses if k > x)
        return below, above if law.name in FINITE or high is not None else 1 - below
    frozen = FROZEN[law.name](p)
    least = -math.inf if low is None else low
    most = math.inf if high is None else high
    at = min(max(x, least), most)
    # In the upper tail the survival function keeps the digits that the cdf loses.
    if frozen.cdf(least) > 0.5:
        first, here, last = (float(frozen.sf(v)) for v in (least, at, most))
        return (first - here) / (first - last), (here - last) / (first - last)
    first, here, last = (float(frozen.cdf(v)) for v in (least, at, most))
    above = float(frozen.sf(at)) - float(frozen.sf(most))
    return (here - first) / (last - first), above / (last - first)


def _log_density(law: ir.Distribution, x: Value, p: Parameters, low: Value, high: Value) -> float:
    """Log density of one cell: a scalar, a vector law, or a scalar law on each element."""
    if law.name in VECTOR or np.ndim(x) == 0:
        return _truncated(law.name, x, p, low, high)
    x = np.asarray(x)
    total = 0.0
    if law.structure in ("ordered", "positive_ordered"):
        if (np.diff(x) <= 0).any() or (law.structure != "ordered" and x[0] <= 0):
            return -math.inf
        if all(np.ndim(v) == 0 for v in p.values()):
            total = math.lgamma(len(x) + 1)
    for position, element in np.ndenumerate(x):
        if law.structure == "baseline" and position[-1] == 0:
            continue
        own = {k: v[position] if np.ndim(v) == x.ndim else v for k, v in p.items()}
        total += _truncated(law.name, element, own, low, high)
    return total


def _states(law: ir.Distribution, p: Parameters, low: Value, high: Value) -> range | tuple[Value]:
    """Return the support of a finite law."""
    match law.name:
        case "Bernoulli":
            first, last = 0, 1
        case "Categorical":
            first, last = 0, len(next(iter(p.values()))) - 1
        case "Binomial" | "BetaBinomial":
            first, last = 0, p["total"]
        case "DiscreteUniform":
            first, last = p["low"], p["high"]
        case "OrderedLogistic":
            first, last = 0, len(p["cutpoints"])
        case "Hypergeometric":
            first, last = 0, p["draws"]
        case "Delta":
            return (next(iter(p.values())),)
        case _:
            first, last = 0, high
    if low is not None:
        first = max(first, math.ceil(low))
    if high is not None:
        last = min(last, math.floor(high))
    return range(int(first), int(last) + 1)


# -- Scopes -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Scope:
    """Latent cells summed out together: those of one iteration of the weighted loops."""

    draws: dict[Cell, tuple[ir.Draw, Env]] = field(default_factory=dict)
    states: dict[Cell, tuple[Value, ...]] = field(default_factory=dict)
    factors: list[Callable[[], float]] = field(default_factory=list)


Leaf = tuple[dict[Cell, Value], float]
# Networks by name: functions of arrays that return their outputs by name, "" for one without.
Nets = Mapping[str, Callable[..., dict[str, Value]]]


class Oracle:
    """A model with its data, values and sizes."""

    def __init__(
        self,
        model: ir.Model,
        data: Mapping[str, Value],
        values: Mapping[str, Value],
        sizes: Mapping[str, Value],
        nets: Nets | None = None,
    ) -> None:
        self.model, self.values, self.sizes = model, values, sizes
        self.nets = nets or {}
        self.data = {**data, **_rooted(model, data)}
        self.defines = {s.target: s for s in model.statements if isinstance(s, ir.Define)}
        self.givens = {s.target: s for s in model.statements if isinstance(s, ir.Given)}
        self.finite = {
            s.target
            for s in model.statements
            if isinstance(s, ir.Draw)
            and s.target.role == "latent"
            and s.target.name not in values
            and _is_finite(s.law)
        }
        self.assigned: dict[Cell, Value] = {}
        self.summed: set[Cell] = set()  # missing observed cells of finite support
        self.tables: list[tuple[list[Cell], Value]] = []
        self.root = _Scope()

    def total(self) -> float:
        """Return the log density with every finite latent summed out."""
        statements = [s for s in self.model.statements if isinstance(s, ir.Draw | ir.Factor)]
        statements = [
            s for s in statements if isinstance(s, ir.Factor) or s.target.role != "generated"
        ]
        with np.errstate(all="ignore"):
            try:
                return self._sum(statements, 0, {}, self.root, keep=True)
            except _Need as need:
                raise OracleError(str(need)) from None

    # -- Sums --

    def _sum(
        self,
        statements: Sequence[ir.Draw | ir.Factor],
        depth: int,
        env: Env,
        scope: _Scope,
        keep: bool = False,
    ) -> float:
        inner: dict[tuple[ir.Loop, ...], list[ir.Draw | ir.Factor]] = {}
        for statement in statements:
            loops = statement.loops
            weighted = [k for k in range(depth, len(loops)) if loops[k].weight is not None]
            if weighted:
                inner.setdefault(loops[: weighted[0] + 1], []).append(statement)
                continue
            for here in self.iterations(loops[depth:], env):
                self._instance(statement, here, scope)
        for loops, group in inner.items():
            for here in self.iterations(loops[depth:], env):
                scope.factors.append(self._weighted(group, len(loops), here))
        leaves = [self._branch(factor, scope) for factor in scope.factors]
        return self._eliminate(leaves, scope, keep)

    def _weighted(
        self, group: list[ir.Draw | ir.Factor], depth: int, env: Env
    ) -> Callable[[], float]:
        weight = next(iter(group)).loops[depth - 1].weight
        assert weight is not None

        def factor() -> float:
            times = float(self.evaluate(weight, env))
            return 0.0 if times == 0 else times * self._sum(group, depth, env, _Scope())

        return factor

    def _instance(self, statement: ir.Draw | ir.Factor, env: Env, scope: _Scope) -> None:
        if isinstance(statement, ir.Factor):
            scope.factors.append(lambda: float(self.evaluate(statement.value, env)))
            return
        target = statement.target
        cell = target, tuple(int(self.evaluate(s, env)) for s in statement.subscripts)
        if target in self.finite:
            scope.draws[cell] = statement, env
        elif target.role != "latent" and _missing(self.read(target, cell[1], env)):
            if not _is_finite(statement.law):
                return
            self.summed.add(cell)
            scope.draws[cell] = statement, env
        scope.factors.append(lambda: self._law(statement.law, self.read(target, cell[1], env), env))

    def _branch(self, factor: Callable[[], float], scope: _Scope) -> list[Leaf]:
        try:
            return [({}, factor())]
        except _Need as need:
            cell = need.cell
        if cell not in scope.draws:
            raise _Need(cell)
        leaves: list[Leaf] = []
        for state in self._support(cell, scope):
            self.assigned[cell] = state
            try:
                leaves += [({cell: state, **p}, v) for p, v in self._branch(factor, scope)]
            finally:
                del self.assigned[cell]
        return leaves

    def _support(self, cell: Cell, scope: _Scope) -> tuple[Value, ...]:
        """Return the states of a cell: the union over the states of what its support reads."""
        if cell not in scope.states:
            draw, env = scope.draws[cell]
            found: set[Value] = set()

            def collect() -> float:
                found.update(self._law_states(draw.law, env))
                return 0.0

            self._branch(collect, scope)
            scope.states[cell] = tuple(sorted(found))
        return scope.states[cell]

    def _eliminate(self, leaves: list[list[Leaf]], scope: _Scope, keep: bool) -> float:
        scopes = [{cell for part, _ in factor for cell in part} for factor in leaves]
        component: dict[Cell, list[Cell]] = {cell: [cell] for cell in scope.draws}
        for read in scopes:
            joined = list({id(component[c]): component[c] for c in read}.values())
            for other in joined[1:]:
                joined[0] += other
                component.update(dict.fromkeys(other, joined[0]))
        total = 0.0
        tables: dict[int, Value] = {}
        order: dict[Cell, dict[Value, int]] = {}
        for cells in {id(c): c for c in component.values()}.values():
            for cell in cells:
                order[cell] = {s: k for k, s in enumerate(self._support(cell, scope))}
            # A cell with one state has no axis: numpy allows few of them.
            shape = [len(order[c]) for c in cells if len(order[c]) != 1]
            if math.prod(shape) > LIMIT:
                raise OracleError(f"{math.prod(shape)} joint states are too many to enumerate")
            tables[id(cells)] = np.zeros(shape)
        for factor, read in zip(leaves, scopes, strict=True):
            if not read:
                total += math.fsum(value for _, value in factor)
                continue
            cells = component[next(iter(read))]
            axes = [c for c in cells if len(order[c]) != 1]
            for part, value in factor:
                where = tuple(order[c][part[c]] if c in part else slice(None) for c in axes)
                tables[id(cells)][where] += value
        for cells in {id(c): c for c in component.values()}.values():
            table = tables[id(cells)]
            total += _logsumexp(table)
            if keep:
                self.tables.append((cells, table))
        if math.isnan(total):
            raise OracleError("the log density is not a number")
        return total

    # -- Laws --

    def _choose(self, law: ir.Law, env: Env) -> tuple[ir.Distribution, Parameters, Value, Value]:
        while isinstance(law, ir.Choice):
            law = law.then if self.evaluate(law.condition, env) else law.otherwise
        p = {name: self.evaluate(e, env) for name, e in law.parameters}
        bounds = [None if b is None else self.evaluate(b, env) for b in (law.lower, law.upper)]
        return law, p, bounds[0], bounds[1]

    def _law(self, law: ir.Law, x: Value, env: Env) -> float:
        leaf, *given = self._choose(law, env)
        if leaf.inside:
            return self._around(leaf, x, given[0], env)
        return _log_density_of(x, leaf, *given)

    def _around(self, law: ir.Distribution, x: Value, p: Parameters, env: Env) -> float:
        """The log density of a distribution that is made of others."""
        inner = [self._law(part, x, env) for part in law.inside]
        first = law.inside[0]
        if law.name == "Mixture":
            return _logsumexp([float(_log(w)) + t for w, t in zip(p["weights"], inner)])  # noqa: B905
        if law.name == "ZeroInflated":
            return float(_log(p["p"] * (x == 0) + (1 - p["p"]) * math.exp(inner[0])))
        if law.name == "Hurdle":
            if x == 0:
                return float(_log(p["p"]))
            rest = float(_log(1 - p["p"]))
            if not _has_masses(first):
                return rest + inner[0]
            return rest + inner[0] - float(_log(-math.expm1(self._law(first, 0, env))))
        if law.name == "Interval":
            ends = (x - p["width"] / 2, x + p["width"] / 2)
            (a, above_a), (b, above_b) = (self._tails(first, e, env) for e in ends)
            return float(_log(b - a if a < 0.5 else above_a - above_b))
        step = 1 if _has_masses(first) else 0
        if p.get("left"):
            return float(_log(self._tails(first, x - step, env)[0]))
        if p.get("right"):
            return float(_log(self._tails(first, x, env)[1]))
        if "lower" in p and x <= p["lower"]:
            return float(_log(self._tails(first, x, env)[0])) if x == p["lower"] else -math.inf
        if "upper" in p and x >= p["upper"]:
            above = float(_log(self._tails(first, x - step, env)[1]))
            return above if x == p["upper"] else -math.inf
        return inner[0]

    def _tails(self, law: ir.Law, x: Value, env: Env) -> tuple[float, float]:
        """The probabilities up to a number and above it."""
        leaf, *given = self._choose(law, env)
        if not leaf.inside:
            return _tails(x, leaf, *given)
        p, every = given[0], [self._tails(part, x, env) for part in leaf.inside]
        below, above = every[0]
        match leaf.name:
            case "Mixture":
                weights = np.asarray(p["weights"])
                sums = [float(weights @ [e[k] for e in every]) for k in (0, 1)]
                return sums[0], sums[1]
            case "ZeroInflated":
                q = 1 - p["p"]
                return q * below + p["p"] * (x >= 0), q * above + p["p"] * (x < 0)
            case "Hurdle":
                over = self._tails(leaf.inside[0], 0, env)[1]
                above = 1.0 if x < 0 else (1 - p["p"]) * above / over
                return 1 - above, above
            case "Interval":
                return self._tails(leaf.inside[0], x + p["width"] / 2, env)
            case _ if x < p.get("lower", -math.inf):
                return 0.0, 1.0
            case _ if x >= p.get("upper", math.inf):
                return 1.0, 0.0
            case _:
                return below, above

    def _law_states(self, law: ir.Law, env: Env) -> Sequence[Value]:
        leaf, *given = self._choose(law, env)
        if not leaf.inside:
            return _states(leaf, *given)
        p = given[0]
        if leaf.name == "Censored":
            last = p.get("upper", math.inf)
            part, *rest = self._choose(leaf.inside[0], env)
            high = last if rest[2] is None else min(last, rest[2])
            low = p.get("lower", rest[1])
            return sorted({*_states(part, rest[0], low, high), *(v for v in (low,) if v)})
        found = {s for part in leaf.inside for s in self._law_states(part, env)}
        return sorted(found | ({0} if leaf.name != "Mixture" else set()))

    # -- Loops --

    def size(self, extent: ir.Extent, env: Env) -> int:
        """Return the size of an extent."""
        dim = extent.dim
        if dim is None:
            if extent.size is None:
                raise OracleError("an anonymous extent without a size")
            return extent.size
        size: Value
        if dim.name in self.sizes:
            size = self.sizes[dim.name]
        elif dim.lengths is not None:
            size = self.data[dim.lengths.name]
        elif dim.derived is not None:
            size = self.evaluate(dim.derived, env)
        elif dim.size is not None:
            size = dim.size
        elif dim.labels is not None:
            size = len(dim.labels)
        else:
            raise OracleError(f"no size for dim {dim.name}")
        for index in extent.of:
            size = size[_position(self.evaluate(index, env), len(size))]
        return int(size)

    def positions(self, loop: ir.Loop, env: Env) -> range:
        """Return the positions of a loop: those of its part of the dim."""
        size = self.size(loop.extent, env)
        start = 0 if loop.start is None else int(self.evaluate(loop.start, env))
        stop = size if loop.stop is None else int(self.evaluate(loop.stop, env))
        return range(start, min(stop, size))

    def iterations(self, loops: Sequence[ir.Loop], env: Env) -> Iterator[Env]:
        """Yield `env` with the loops bound, outermost first."""
        if not loops:
            yield env
            return
        for position in self.positions(loops[0], env):
            yield from self.iterations(loops[1:], {**env, loops[0]: position})

    # -- Reads --

    def read(self, variable: ir.Variable, subscripts: Sequence[Value], env: Env) -> Value:
        """Return `variable[subscripts]`; the axes of its loops are cells, the others events."""
        if variable.role in ("data", "observed"):
            return self._stored(variable, subscripts, env)
        loops = variable.loops
        return self._cells(
            variable, loops, subscripts[: len(loops)], {}, env, subscripts[len(loops) :]
        )

    def _stored(self, variable: ir.Variable, subscripts: Sequence[Value], env: Env) -> Value:
        cell = variable, tuple(subscripts)
        if self.summed and cell in self.summed:
            if cell not in self.assigned:
                raise _Need(cell)
            return self.assigned[cell]
        if variable.name in self.data:
            return _take(self.data[variable.name], subscripts)
        given = self.givens.get(variable)
        if given is None or given.default is None:
            raise OracleError(f"no data for {variable.name}")
        return _take(self.evaluate(given.default, {}), subscripts)

    def _cells(
        self,
        variable: ir.Variable,
        loops: Sequence[ir.Loop],
        subscripts: Sequence[Value],
        bound: Env,
        env: Env,
        event: Sequence[Value],
    ) -> Value:
        if not loops:
            return _take(self._cell(variable, bound, env), event)
        inside = self.positions(loops[0], {**env, **bound})
        chosen: Value = subscripts[0] if subscripts else slice(None)
        if not isinstance(chosen, slice):
            if np.ndim(chosen) == 0:
                position = int(chosen)
                if position not in inside:
                    raise OracleError(f"{variable.name} has no cell at {position}")
                bound = {**bound, loops[0]: position}
                return self._cells(variable, loops[1:], subscripts[1:], bound, env, event)
            picked: Sequence[int] = [int(k) for k in chosen]
        else:
            size = self.size(loops[0].extent, {**env, **bound})
            picked = [k for k in range(size)[chosen] if k in inside]
        rows = [
            self._cells(variable, loops[1:], subscripts[1:], {**bound, loops[0]: k}, env, event)
            for k in picked
        ]
        return _array(rows)

    def _cell(self, variable: ir.Variable, bound: Env, env: Env) -> Value:
        if variable in self.defines:
            return self.evaluate(self.defines[variable].value, {**env, **bound})
        positions = tuple(bound.values())
        if variable in self.finite:
            if (variable, positions) not in self.assigned:
                raise _Need((variable, positions))
            return self.assigned[variable, positions]
        if variable.name not in self.values:
            raise OracleError(f"no value for {variable.name}")
        return _take(self.values[variable.name], self.place(variable, positions))

    def place(self, variable: ir.Variable, positions: Sequence[int]) -> tuple[int, ...]:
        """Return where a cell stands in the stored array: counted from each part's start.

        Where the part differs by row, arrays are padded and positions are those of the dim.
        """
        env: Env = {}
        stored = []
        for loop, position in zip(variable.loops, positions, strict=True):
            start = 0 if _by_row(loop) else self.positions(loop, env).start
            stored.append(position - start)
            env[loop] = position
        return tuple(stored)

    # -- Expressions --

    def evaluate(self, expr: ir.Expr, env: Env) -> Value:
        """Return the value of an expression, only what is needed of it evaluated."""
        match expr:
            case ir.Const(value=value):
                return value
            case ir.Ref(symbol=ir.Loop() as loop):
                if loop not in env:
                    raise OracleError(f"loop index {loop.name} is read outside its loop")
                return env[loop]
            case ir.Ref(symbol=ir.Dim() as dim):
                return self.size(ir.Extent(dim), env)
            case ir.Ref(symbol=ir.Variable() as variable):
                return self.read(variable, (), env)
            case ir.Index(base=base, subscripts=subscripts):
                chosen = tuple(self._subscript(s, env) for s in subscripts)
                if isinstance(base, ir.Ref) and isinstance(base.symbol, ir.Variable):
                    return self.read(base.symbol, chosen, env)
                return _take(self.evaluate(base, env), chosen)
            case ir.Select(condition=condition, then=then, otherwise=otherwise):
                return self.evaluate(then if self.evaluate(condition, env) else otherwise, env)
            case ir.Apply(function="and", arguments=(a, b)):
                return bool(self.evaluate(a, env)) and bool(self.evaluate(b, env))
            case ir.Apply(function="or", arguments=(a, b)):
                return bool(self.evaluate(a, env)) or bool(self.evaluate(b, env))
            case ir.Apply(function=name, arguments=arguments):
                if name not in FUNCTIONS:
                    raise OracleError(f"the oracle has no function {name}")
                return _scalar(FUNCTIONS[name](*(self.evaluate(a, env) for a in arguments)))
            case ir.Forward(net=net, output=output, arguments=arguments):
                given = (self.evaluate(a, env) for a in arguments)
                return _scalar(self.nets[net.name](*given)[output])
            case ir.Density(function=function, law=law, value=value):
                x = self.evaluate(value, env)
                if function == "logpdf":
                    return self._law(law, x, env)
                below, above = self._tails(law, x, env)
                return below if function == "cdf" else float(_log(above))
            case ir.Reduce():
                return self._reduce(expr, env)
            case ir.Array(items=items, loops=()):
                return _array([self.evaluate(item, env) for item in items])
            case ir.Array(items=(item,)):
                return self._comprehension(item, expr.loops, expr.condition, env)
            case _:
                raise OracleError(f"the oracle has no expression {type(expr).__name__}")

    def _subscript(self, subscript: ir.Expr | ir.Slice, env: Env) -> Value:
        if not isinstance(subscript, ir.Slice):
            return self.evaluate(subscript, env)
        ends = (subscript.start, subscript.stop)
        return slice(*(None if e is None else int(self.evaluate(e, env)) for e in ends))

    def _comprehension(
        self, item: ir.Expr, loops: Sequence[ir.Loop], condition: ir.Expr | None, env: Env
    ) -> Value:
        if not loops:
            return self.evaluate(item, env)
        rows = []
        for position in self.positions(loops[0], env):
            here = {**env, loops[0]: position}
            if len(loops) == 1 and condition is not None and not self.evaluate(condition, here):
                continue
            rows.append(self._comprehension(item, loops[1:], condition, here))
        return _array(rows)

    def _reduce(self, expr: ir.Reduce, env: Env) -> Value:
        terms = [
            self.evaluate(expr.element, here)
            for here in self.iterations(expr.loops, env)
            if expr.condition is None or self.evaluate(expr.condition, here)
        ]
        empty: dict[str, Value] = {"sum": 0, "prod": 1, "any": False, "all": True}
        if not terms:
            if expr.default is not None:
                return self.evaluate(expr.default, env)
            if expr.function == "logsumexp":
                return -math.inf
            if expr.function not in empty:
                raise OracleError(f"{expr.function} over nothing")
            return empty[expr.function]
        if expr.function == "logsumexp":
            return _logsumexp(terms)
        reductions: dict[str, Callable[..., Value]] = {"sum": np.sum}
        reductions |= {"prod": np.prod, "mean": np.mean, "min": np.min}
        reductions |= {"max": np.max, "any": np.any, "all": np.all}
        return _scalar(reductions[expr.function](np.asarray(terms), axis=0))


def _log_density_of(
    x: Value, law: ir.Distribution, p: Parameters, low: Value, high: Value
) -> float:
    value = _log_density(law, x, p, low, high)
    if math.isnan(value):
        raise OracleError(f"the log density of {law.name} is not a number")
    return value


def _is_finite(law: ir.Law) -> bool:
    if isinstance(law, ir.Choice):
        return _is_finite(law.then) and _is_finite(law.otherwise)
    if law.name == "Censored" and "upper" in dict(law.parameters):
        return all(map(_has_masses, law.inside))
    if law.inside:
        return all(map(_is_finite, law.inside))
    return law.name in FINITE or (law.name in UNBOUNDED and law.upper is not None)


def _has_masses(law: ir.Law) -> bool:
    if isinstance(law, ir.Choice):
        return _has_masses(law.then)
    if law.inside:
        return law.name != "Interval" and all(map(_has_masses, law.inside))
    return law.name in DISCRETE


def _by_row(loop: ir.Loop) -> bool:
    """Whether the part of a dim that a loop runs over differs from row to row."""
    ends = [e for e in (loop.start, loop.stop) if e is not None]
    return bool(loop.extent.of) or any(_varies(e) for e in ends)


def _varies(expr: ir.Expr) -> bool:
    match expr:
        case ir.Ref(symbol=symbol):
            return isinstance(symbol, ir.Loop) or (
                isinstance(symbol, ir.Variable) and bool(symbol.loops or symbol.cell.dims)
            )
        case ir.Index(base=base, subscripts=subs):
            return any(isinstance(s, ir.Slice) or _varies(s) for s in subs) or _varies(base)
        case ir.Apply(arguments=arguments):
            return any(map(_varies, arguments))
        case ir.Select(condition=a, then=b, otherwise=c):
            return any(map(_varies, (a, b, c)))
        case ir.Const():
            return False
        case _:
            return True


def _rooted(model: ir.Model, data: Mapping[str, Value]) -> dict[str, Value]:
    """Return the parents of trees, a root's own position where its parent is missing."""
    return {
        v.name: [k if _missing(parent) else parent for k, parent in enumerate(data[v.name])]
        for v in model.variables
        if v.role == "data" and v.name in data and v.cell.dim is not None
        if [extent.dim for extent in v.dims] == [v.cell.dim]
    }


def _missing(value: Value) -> bool:
    return value is None or (np.ndim(value) == 0 and np.isnan(value))


def _position(value: Value, size: int) -> int:
    position = int(value)
    if not 0 <= position < size:
        raise OracleError(f"subscript {position} outside 0 to {size - 1}")
    return position


def _take(value: Value, subscripts: Sequence[Value]) -> Value:
    """Index a nested list or array, axis by axis."""
    for depth, chosen in enumerate(subscripts):
        if isinstance(chosen, slice) or np.ndim(chosen) == 1:
            rows = value[chosen] if isinstance(chosen, slice) else [value[int(k)] for k in chosen]
            return _array([_take(row, subscripts[depth + 1 :]) for row in rows])
        value = value[_position(chosen, len(value))]
    return _array(value) if isinstance(value, list | tuple) else _scalar(value)


def _array(rows: Value) -> Value:
    """Return rows as a number array, or as a list where they are ragged."""
    try:
        array = np.asarray(rows)
    except ValueError:
        return [_array(row) for row in rows]
    return array.astype(int) if array.dtype == bool else array


def _scalar(value: Value) -> Value:
    return value.item() if isinstance(value, np.ndarray | np.generic) and value.ndim == 0 else value


# -- Faces ------------------------------------------------------------------------------------


def log_density(
    model: ir.Model,
    data: Mapping[str, Value],
    values: Mapping[str, Value],
    sizes: Mapping[str, Value],
    nets: Nets | None = None,
) -> float:
    """Return the log density of data and values, finite discrete latents summed out."""
    return Oracle(model, data, values, sizes, nets).total()


def posterior(
    model: ir.Model,
    data: Mapping[str, Value],
    values: Mapping[str, Value],
    sizes: Mapping[str, Value],
) -> "Posterior":
    """Return the log density with the joint posterior of the finite latents."""
    oracle = Oracle(model, data, values, sizes)
    return Posterior(oracle.total(), oracle)


def marginals(
    model: ir.Model,
    data: Mapping[str, Value],
    values: Mapping[str, Value],
    sizes: Mapping[str, Value],
) -> dict[str, Value]:
    """Return the posterior marginals of every finite latent, as `Posterior.marginals`."""
    return posterior(model, data, values, sizes).marginals()


@dataclass(frozen=True, slots=True)
class Posterior:
    """The log density, and the joint tables of what was summed out, read in several ways."""

    total: float
    oracle: Oracle

    def _axes(self, cells: Sequence[Cell]) -> list[Cell]:
        """The cells that have an axis in their table."""
        return [c for c in cells if len(self.oracle.root.states[c]) != 1]

    def marginals(self) -> dict[str, Value]:
        """Return the posterior marginals of every latent, loops by states.

        States count up from the smallest of the variable; cells outside a part or a ragged length
        are NaN. A latent over a part begins at the part's start.
        """
        found: dict[ir.Variable, dict[tuple[int, ...], dict[Value, float]]] = {}
        for cells, table in self.oracle.tables:
            weights = np.exp(table - _logsumexp(table))
            axes = self._axes(cells)
            for cell in cells:
                states = self.oracle.root.states[cell]
                others = tuple(k for k, c in enumerate(axes) if c != cell)
                share = np.atleast_1d(weights.sum(axis=others))
                found.setdefault(cell[0], {})[cell[1]] = dict(zip(states, share, strict=True))
        result = {}
        for variable, by_cell in found.items():
            lowest = min(s for row in by_cell.values() for s in row)
            count = max(s for row in by_cell.values() for s in row) - lowest + 1
            places = {cell: self.oracle.place(variable, cell) for cell in by_cell}
            shape = [max(axis) + 1 for axis in zip(*places.values(), strict=True)]
            array = np.full([*shape, count], np.nan)
            for where, row in by_cell.items():
                array[places[where]] = [row.get(lowest + k, 0.0) for k in range(count)]
            result[variable.name] = array
        return result

    def pairs(self, name: str, before: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Value:
        """Return the expected number of moves from state to state of a latent with states 0, 1, ...

        `before` gives the cell before a cell; one that is the cell itself, or does not exist, has
        none.
        """
        size = 1 + max(
            (s for c, row in self.oracle.root.states.items() if c[0].name == name for s in row),
            default=-1,
        )
        total = np.zeros((size, size))
        for cells, table in self.oracle.tables:
            weights = np.exp(table - _logsumexp(table))
            axes = self._axes(cells)
            for cell in cells:
                if cell[0].name != name:
                    continue
                old = cell[0], before(cell[1])
                if old == cell or old not in cells:
                    continue
                kept = [c for c in (old, cell) if c in axes]
                others = tuple(k for k, c in enumerate(axes) if c not in kept)
                both = weights.sum(axis=others)
                if [c for c in axes if c in kept] != kept:
                    both = both.T
                rows, columns = (self.oracle.root.states[c] for c in (old, cell))
                total[np.ix_(rows, columns)] += both.reshape(len(rows), len(columns))
        return total

    def found(self, states: Mapping[str, Value], k: int) -> tuple[int, ...] | None:
        """Return where one joint assignment stands in the k-th table; None outside supports.

        `states` are arrays over loops by states, 1 at the state of each cell.
        """
        cells, _ = self.oracle.tables[k]
        where: list[int] = []
        for cell in cells:
            options = self.oracle.root.states[cell]
            row = states[cell[0].name][self.oracle.place(*cell)]
            low = min(min(s) for c, s in self.oracle.root.states.items() if c[0] is cell[0])
            value = low + int(np.argmax(row))
            if row.sum() != 1 or row.max() != 1 or value not in options:
                return None
            if len(options) != 1:
                where.append(options.index(value))
        return tuple(where)

    def reached(self, states: Mapping[str, Value]) -> tuple[float, float]:
        """Return the log weight of an assignment, and the greatest of all."""
        reached = best = 0.0
        for k, (_, table) in enumerate(self.oracle.tables):
            where = self.found(states, k)
            reached += -math.inf if where is None else float(table[where])
            best += float(table.max())
        return reached, best

    def chi_square(self, draws: Sequence[Mapping[str, Value]]) -> tuple[float, int]:
        """Return the chi-square statistic of joint draws, and its degrees of freedom.

        Assignments that are expected fewer than five times count as one. A draw of an impossible
        assignment makes it infinite.
        """
        statistic, freedom = 0.0, 0
        for k, (_, table) in enumerate(self.oracle.tables):
            expected = np.exp(table - _logsumexp(table)) * len(draws)
            seen = np.zeros(table.shape)
            for drawn in draws:
                where = self.found(drawn, k)
                if where is None or expected[where] == 0:
                    return math.inf, 1
                seen[where] += 1
            often = expected >= 5
            groups = [*zip(expected[often], seen[often], strict=True)]
            groups.append((expected[~often].sum(), seen[~often].sum()))
            kept = [(e, s) for e, s in groups if e > 1]
            statistic += sum((s - e) ** 2 / e for e, s in kept)
            freedom += max(0, len(kept) - 1)
        return statistic, freedom
