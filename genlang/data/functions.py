"""Functions and operators on arrays of known numbers; NaN is a number that is not known.

Arguments come lined up: leading axes broadcast, the last `events` axes are an argument's own dims.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]


def _compare(op: Any) -> Callable[..., Numbers]:
    def compared(a: Numbers, b: Numbers) -> Numbers:
        found: Numbers = np.where(np.isnan(a) | np.isnan(b), np.nan, op(a, b))
        return found

    return compared


def both(a: Numbers, b: Numbers) -> Numbers:
    """`a and b`: false where one is, else unknown where one is."""
    unknown = np.isnan(a) | np.isnan(b)
    found: Numbers = np.where((a == 0) | (b == 0), 0.0, np.where(unknown, np.nan, 1.0))
    return found


def negation(a: Numbers) -> Numbers:
    """`not a`."""
    found: Numbers = np.where(np.isnan(a), np.nan, a == 0)
    return found


def either(a: Numbers, b: Numbers) -> Numbers:
    """`a or b`: true where one is, else unknown where one is."""
    return negation(both(negation(a), negation(b)))


def _scipy(module: str, name: str) -> Callable[..., Numbers]:
    """A function of SciPy, which is imported when it is first needed."""

    def called(*arguments: Numbers) -> Numbers:
        # Half the time of an import of this package.
        found: Numbers = getattr(import_module(f"scipy.{module}"), name)(*arguments)
        return found

    return called


_special = partial(_scipy, "special")
linalg = partial(_scipy, "linalg")


def _known(test: Callable[[Numbers], Any]) -> Callable[[Numbers], Numbers]:
    """A test, unknown where its argument is."""

    def called(x: Numbers) -> Numbers:
        found: Numbers = np.where(np.isnan(x), np.nan, test(x))
        return found

    return called


def _sigmoid(x: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-x))
    return found


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide, "%": np.mod,
    "^": np.float_power, "neg": np.negative, "and": both, "or": either, "not": negation,
    "==": _compare(np.equal), "!=": _compare(np.not_equal), "<": _compare(np.less),
    "<=": _compare(np.less_equal), ">": _compare(np.greater), ">=": _compare(np.greater_equal),
    "step": _known(lambda x: x >= 0), "exp": np.exp, "log": np.log,
    "log1p": np.log1p, "expm1": np.expm1, "sqrt": np.sqrt,
    "abs": np.abs, "square": np.square, "sign": np.sign, "floor": np.floor, "ceil": np.ceil,
    "round": np.round, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin,
    "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh,
    "tanh": np.tanh, "sigmoid": _sigmoid, "logit": lambda p: np.log(p) - np.log1p(-p),
    "softplus": lambda x: np.logaddexp(x, 0), "logaddexp": np.logaddexp,
    "log_sigmoid": lambda x: -np.logaddexp(-x, 0), "inv_cloglog": lambda x: -np.expm1(-np.exp(x)),
    "log1m_exp": lambda x: np.log(-np.expm1(x)), "lgamma": _special("gammaln"),
    "digamma": _special("digamma"), "erf": _special("erf"), "erfc": _special("erfc"),
    "normal_cdf": _special("ndtr"), "normal_quantile": _special("ndtri"),
    "lbeta": _special("betaln"), "min2": np.minimum, "max2": np.maximum, "clamp": np.clip,
    "lchoose": lambda n, k: -np.log1p(n) - _special("betaln")(n - k + 1, k + 1),
}  # fmt: skip


def _softmax(x: Numbers) -> Numbers:
    shifted = np.exp(x - x.max(-1, keepdims=True))
    found: Numbers = shifted / shifted.sum(-1, keepdims=True)
    return found


def either_of(x: Numbers, axis: tuple[int, ...]) -> Numbers:
    """Whether any is true: unknown where none is and one is unknown."""
    true = ((x != 0) & ~np.isnan(x)).any(axis)
    found: Numbers = np.where(true, 1.0, np.where(np.isnan(x).any(axis), np.nan, 0.0))
    return found


# Of one array, over its last dim, which goes (`OVER`) or stays (`ALONG`).
OVER: dict[str, Callable[[Numbers], Any]] = {
    "sum": lambda x: x.sum(-1), "prod": lambda x: x.prod(-1), "mean": lambda x: x.mean(-1),
    "sd": lambda x: x.std(-1, ddof=1), "var": lambda x: x.var(-1, ddof=1),
    "min": lambda x: x.min(-1, initial=np.inf), "max": lambda x: x.max(-1, initial=-np.inf),
    "any": lambda x: either_of(x, (-1,)), "all": lambda x: negation(either_of(negation(x), (-1,))),
    "logsumexp": lambda x: np.logaddexp.reduce(x, -1), "norm": lambda x: np.linalg.norm(x, axis=-1),
}  # fmt: skip
ALONG: dict[str, Callable[[Numbers], Any]] = {
    "cumsum": lambda x: x.cumsum(-1), "cumprod": lambda x: x.cumprod(-1),
    "normalize": lambda x: x / x.sum(-1, keepdims=True),
    "sort": lambda x: np.sort(x, -1), "softmax": _softmax,
    "log_softmax": lambda x: x - np.logaddexp.reduce(x, -1)[..., None],
}  # fmt: skip


# Reductions over loops: the last axes, where a mask holds.
REDUCTIONS: dict[str, tuple[float, Callable[..., Any]]] = {
    "sum": (0.0, np.sum), "prod": (1.0, np.prod), "mean": (0.0, np.sum),
    "min": (np.inf, lambda x, axis: x.min(axis, initial=np.inf)),
    "max": (-np.inf, lambda x, axis: x.max(axis, initial=-np.inf)),
    "any": (0.0, either_of),
    "all": (1.0, lambda x, axis: negation(either_of(negation(x), axis))),
    "logsumexp": (-np.inf, lambda x, axis: np.log(np.exp(x).sum(axis))),
}  # fmt: skip
