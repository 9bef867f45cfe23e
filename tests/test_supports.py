"""Supports: intervals hold every value, and exact ones are filled."""

import math
import random

import pytest

from genlang.check.interval import Interval
from genlang.check.model import Define
from genlang.check.supports import support
from genlang.pipeline import check_text

INF = math.inf
PRIORS = {
    "Normal(0, 1)": (-INF, INF),
    "HalfNormal(1)": (0, INF),
    "Uniform(0, 1)": (0, 1),
    "Uniform(-2, 3)": (-2, 3),
    "Normal(0, 1, lower=1)": (1, INF),
}
PYTHON = {
    "exp": math.exp, "log": lambda x: math.log(x) if x > 0 else -INF, "abs": abs,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else 0.0, "square": lambda x: x * x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh,
    "softplus": lambda x: math.log1p(math.exp(x)),
}  # fmt: skip


def interval(prior: str, text: str) -> Interval:
    """Return the support of an expression of `a` (and `b`, alike) with this prior."""
    model, found = check_text(f"latent a, b ~ {prior}\nlet x = {text}\nobserved y ~ Normal(x, 1)\n")
    assert model is not None, found
    known = {
        v: Interval(*PRIORS[prior], low_open=prior.startswith("Half"), names=1, exact=True)
        for v in model.variables
        if v.role == "latent"
    }
    (value,) = [s.value for s in model.statements if isinstance(s, Define)]
    return support(value, known)


def expression(rng: random.Random, depth: int) -> str:
    """Return a random expression of `a` and `b`."""
    if depth == 0:
        return rng.choice(["a", "a", "b", "2", "0.5", "3"])
    inner = expression(rng, depth - 1)
    match rng.randrange(5):
        case 4:
            return f"({inner}) ^ ({expression(rng, depth - 1)})"
        case 0:
            return f"{rng.choice(sorted(PYTHON))}({inner})"
        case 1:
            return f"(-{inner})"
        case 2:
            return f"({inner}) ^ 2"
        case _:
            return f"({inner} {rng.choice('+-*/')} {expression(rng, depth - 1)})"


def values(prior: str, text: str) -> list[float]:
    """Evaluate an expression at many values of its names, far ones and ends included."""
    low, high = PRIORS[prior]
    ends = [low + 1e-9, high - 1e-9, low + 1, 0.5, -0.5, 2.0, 30.0, -30.0, 1e-3, -1e-3, 1.7]
    points = [x for x in ends if low < x < high and math.isfinite(x)]
    code = compile(text.replace("^", "**"), "expression", "eval")
    found = []
    for a in points:
        for b in points:
            try:
                value = eval(code, dict(PYTHON), {"a": a, "b": b})  # noqa: S307 (made above)
            except (ZeroDivisionError, OverflowError, ValueError):
                continue
            if isinstance(value, float | int) and not math.isnan(value):
                found.append(float(value))
    return found


@pytest.mark.parametrize("prior", PRIORS)
def test_every_value_lies_in_the_interval(prior: str) -> None:
    rng = random.Random(4)  # noqa: S311 (expressions are no secrets)
    counted = 0
    for _ in range(150):
        text = expression(rng, rng.choice((1, 2, 2, 3)))
        if "log" in text or "sqrt" in text:
            text = text.replace("log", "exp").replace("sqrt", "abs")
        found = interval(prior, text)
        for value in values(prior, text):
            slack = 1e-9 * max(1.0, abs(value))
            assert found.low - slack <= value <= found.high + slack, (text, found, value)
            counted += 1
    assert counted > 1000


EXACT = {
    ("Uniform(0, 1)", "1 - a / 2"): (0.5, 1),
    ("Uniform(0, 1)", "a / 2"): (0, 0.5),
    ("Uniform(0, 1)", "(1 - a) ^ 3"): (0, 1),
    ("Uniform(0, 1)", "0.5 ^ a"): (0.5, 1),
    ("Uniform(-2, 3)", "a ^ 2"): (0, 9),
    ("Uniform(-2, 3)", "abs(a) + 1"): (1, 4),
    ("Uniform(-2, 3)", "-2 * a"): (-6, 4),
    ("Normal(0, 1)", "exp(a) + 1"): (1, INF),
    ("Normal(0, 1)", "sigmoid(a)"): (0, 1),
    ("Normal(0, 1)", "2 * a"): (-INF, INF),
    ("HalfNormal(1)", "1 / a"): (0, INF),
    ("HalfNormal(1)", "log(a)"): (-INF, INF),
    ("Normal(0, 1, lower=1)", "sqrt(a)"): (1, INF),
    ("Normal(0, 1, lower=1)", "1 / a"): (0, 1),
}


@pytest.mark.parametrize("case", EXACT, ids=" ".join)
def test_the_support_of_a_function_of_one_name_is_exact(case: tuple[str, str]) -> None:
    found = interval(*case)
    assert (found.low, found.high) == EXACT[case]
    assert found.exact


def test_several_names_and_repeated_names_are_only_bounded() -> None:
    assert not interval("Uniform(0, 1)", "a + b").exact
    assert not interval("Uniform(0, 1)", "a - a").exact


BOUNDED = {
    "a + (1 - a) * b": (0, 1),
    "a * b + (1 - a) * (1 - b)": (0, 1),
    "1 - a + a * b": (0, 1),
    "a * b - a - b": (-1, 0),
    "2 * a - a": (0, 1),
    "a * a - a": (-1, 1),
    "max(a, b)": (0, 1),
    "max(a, 0.5)": (0.5, 1),
    "min(2 * a, b)": (0, 1),
    "normal_cdf(a) - 0.5": (0, math.erf(math.sqrt(0.5)) / 2),
}


@pytest.mark.parametrize("text", BOUNDED)
def test_names_that_repeat_are_bounded_at_the_corners(text: str) -> None:
    found = interval("Uniform(0, 1)", text)
    assert (found.low, found.high) == pytest.approx(BOUNDED[text])
    if "(" not in text.replace("(1", ""):
        slack = 1e-9
        for value in values("Uniform(0, 1)", text):
            assert found.low - slack <= value <= found.high + slack


def test_a_product_of_shares_is_a_share() -> None:
    source = (
        "dim N\nlatent p[N] ~ Uniform(0, 1)\nlatent z[N] ~ Bernoulli(0.5)\n"
        "observed y ~ Bernoulli(1 - prod(p[n] if z[n] else 1 for n in N))\n"
    )
    model, found = check_text(source)
    assert model is not None
    assert not found


@pytest.mark.parametrize("law", [
    "Categorical([a * b, q * (1 - b), 1 - a])",
    "Categorical([two[0], two[1], 0])",
    "Categorical([two[0] * a, two[1] * a, 1 - a])",
    "Categorical(one_hot(at[n], K))",
])  # fmt: skip
def test_lists_that_add_up_to_one_are_simplexes(law: str) -> None:
    """Through definitions, elements of a simplex, and where one element is 1."""
    head = (
        "dim N, K = 3\ndata at[N]: index(K)\nlatent a, b ~ Uniform(0, 1)\n"
        "latent two ~ Dirichlet(ones(2))\nlet q = a\n"
    )
    _, found = check_text(f"{head}observed y[n in N] ~ {law}\n")
    assert not [d for d in found if not d.code.startswith("W50")]


@pytest.mark.parametrize("items", ["two[0], two[0], 0", "a, q, 0", "two[0], 1 - a, 0"])
def test_lists_that_may_not_add_up_are_doubtful(items: str) -> None:
    head = "latent a ~ Uniform(0, 1)\nlatent two ~ Dirichlet(ones(2))\nlet q = a\n"
    _, found = check_text(f"{head}observed y ~ Categorical([{items}])\n")
    assert "W407" in [d.code for d in found]
