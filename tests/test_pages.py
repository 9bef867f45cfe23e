"""Pages of distributions: what they say is evaluated and compared with the compiled program.

Formulas of log densities, and SciPy's and Pyro's spellings, are run as they stand; PyMC's are where
it is installed.
"""

import ast
import json
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyro.distributions as dist
import pytest
import torch
from scipy import special, stats

import genlang
from genlang.check.foreign import LATER, LAWS
from genlang.cli.main import main
from genlang.infer.session import session
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.pages import PAGES, SECTIONS, around
from genlang.lang.pages.find import find
from genlang.lang.pages.page import SYSTEMS


@dataclass(frozen=True)
class Example:
    """Values of all parameters of all forms, draws, and the type that is written for a draw."""

    given: dict[str, Any]
    draws: list[Any]
    type: str = ""


LS = {"loc": 0.7, "scale": 1.3}
LINE = [-4.0, 0.1, 0.7, 3.5]
HALF = [0.2, 1.9, 6.0]
COUNTS = [0, 1, 4, 11]
COVARIANCE = [[2.0, 0.3], [0.3, 0.5]]
TRIL = np.linalg.cholesky(COVARIANCE).tolist()
CORRELATION = [[1.0, 0.5, -0.3], [0.5, 1.0, 0.25], [-0.3, 0.25, 1.0]]
EXAMPLES = {
    "Normal": Example(LS, LINE),
    "StudentT": Example({"df": 3.5, **LS}, LINE),
    "Cauchy": Example(LS, LINE),
    "Laplace": Example(LS, LINE),
    "Logistic": Example(LS, LINE),
    "Gumbel": Example(LS, LINE),
    "SkewNormal": Example({**LS, "shape": -1.7}, LINE),
    "AsymmetricLaplace": Example({**LS, "asymmetry": 0.6}, LINE),
    "Uniform": Example({"low": -1.5, "high": 4.5}, [-1.0, 2.0, 4.0]),
    "VonMises": Example({"loc": 0.7, "concentration": 2.5}, [-3.0, 0.1, 2.0]),
    "Flat": Example({}, LINE),
    "HalfNormal": Example({"scale": 1.3}, HALF),
    "HalfCauchy": Example({"scale": 1.3}, HALF),
    "HalfStudentT": Example({"df": 3.5, "scale": 1.3}, HALF),
    "Exponential": Example({"rate": 0.4}, HALF),
    "Gamma": Example({"shape": 2.5, "rate": 0.6, "scale": 1.7, "mean": 2.2, "sd": 1.1}, HALF),
    "InverseGamma": Example({"shape": 2.5, "scale": 1.7}, HALF),
    "LogNormal": Example(LS, HALF),
    "Weibull": Example({"shape": 2.5, "scale": 1.7}, HALF),
    "Chi2": Example({"df": 3.5}, HALF),
    "Pareto": Example({"scale": 1.7, "shape": 2.5}, [1.8, 2.5, 90.0]),
    "Beta": Example({"a": 2.5, "b": 0.8, "mean": 0.3, "concentration": 4.5}, [0.01, 0.4, 0.97]),
    "Kumaraswamy": Example({"a": 2.5, "b": 0.8}, [0.01, 0.4, 0.97]),
    "Bernoulli": Example({"probs": 0.3, "logits": -0.4}, [0, 1]),
    "Categorical": Example(
        {"probs": [0.2, 0.3, 0.5], "logits": [0.1, -2.0, 1.0], "weights": [0.5, 2.0, 3.0]},
        [0, 1, 2],
    ),
    "Binomial": Example({"total": 7, "probs": 0.3, "logits": -0.4}, [0, 2, 7]),
    "BetaBinomial": Example({"total": 7, "a": 2.5, "b": 0.8}, [0, 2, 7]),
    "DiscreteUniform": Example({"low": -2, "high": 5}, [-2, 0, 5]),
    "OrderedLogistic": Example({"predictor": 0.3, "cutpoints": [-1.0, 0.5, 2.0]}, [0, 1, 3]),
    "Hypergeometric": Example({"total": 12, "successes": 5, "draws": 8}, [1, 3, 5]),
    "Delta": Example({"x": 3}, [3]),
    "Poisson": Example({"rate": 3.4, "log_rate": 0.8}, COUNTS),
    "NegativeBinomial": Example({"mean": 3.4, "dispersion": 1.6, "log_mean": 0.8}, COUNTS),
    "Geometric": Example({"probs": 0.3}, COUNTS),
    "Dirichlet": Example({"concentration": [0.7, 2.0, 3.5]}, [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]],
                         "simplex[K]"),
    "MultivariateNormal": Example(
        {"loc": [0.7, -1.0], "covariance": COVARIANCE, "scale_tril": TRIL,
         "precision": [[1.5, -0.4], [-0.4, 0.9]]}, [[0.1, -2.0], [3.0, 1.0]], "real[K]"),
    "MultivariateStudentT": Example({"df": 3.5, "loc": [0.7, -1.0], "scale_tril": TRIL},
                                    [[0.1, -2.0], [3.0, 1.0]], "real[K]"),
    "LowRankMultivariateNormal": Example(
        {"loc": [0.5, 1.0, -2.0], "factor": [[1.0, 0.3], [2.0, -0.1], [2.0, 4.0]],
         "diagonal": [1.0, 2.0, 0.5]}, [[0.1, -2.0, 3.0]], "real[K]"),
    "GaussianProcess": Example({"x": [0.0, 1.0, 2.5], "kernel": "rbf(length = 1.2, scale = 0.8)",
                                "noise": 0.4}, [[0.1, -2.0, 0.3]], "real[K]"),
    "ZeroSumNormal": Example({"scale": 1.3, "dim": 3}, [[1.0, -3.0, 2.0]], "real[K]"),
    "LKJ": Example({"dim": 3, "eta": 2.5}, [CORRELATION], "corr[K]"),
    "Wishart": Example({"df": 5, "scale": COVARIANCE}, [[[3.0, -0.2], [-0.2, 1.1]]], "cov[K]"),
    "InverseWishart": Example({"df": 4.5, "scale": COVARIANCE}, [[[3.0, -0.2], [-0.2, 1.1]]],
                              "cov[K]"),
    "LKJCholesky": Example({"dim": 3, "eta": 2.5}, [np.linalg.cholesky(CORRELATION).tolist()],
                           "cholesky_corr[K]"),
    "Multinomial": Example({"total": 9, "probs": [0.2, 0.3, 0.5]}, [[4, 0, 5], [1, 6, 2]]),
    "DirichletMultinomial": Example({"total": 9, "concentration": [0.7, 2.0, 3.5]},
                                    [[4, 0, 5], [1, 6, 2]]),
    "Censored": Example({"right": "true", "left": "false", "lower": -1.5, "upper": 2.5},
                        [-1.5, 0.1, 2.5]),
    "ZeroInflated": Example({"p": 0.3}, COUNTS),
    "Hurdle": Example({"p": 0.3}, COUNTS),
    "Mixture": Example({"weights": [0.3, 0.7]}, LINE),
    "Interval": Example({"width": 0.5}, [-1.5, 0.5, 3.0]),
}  # fmt: skip
EXAMPLES = {name: example for name, example in EXAMPLES.items() if name in DISTRIBUTIONS}
AROUND = {page.name for page in around.ROWS}
# What these are made of, by name and arguments: the first is D and D1, the other D2.
MADE = {
    name: ("Poisson", {"rate": 3.4}) if name in ("ZeroInflated", "Hurdle") else ("Normal", LS)
    for name in AROUND
}
OTHER = ("Cauchy", {"loc": 0.1, "scale": 2.0})
FORMS = [(name, i) for name, row in DISTRIBUTIONS.items() for i in range(len(row.forms))]


def written(law: tuple[str, dict[str, float]]) -> str:
    """A law with its arguments."""
    name, given = law
    return f"{name}({', '.join(f'{k} = {v}' for k, v in given.items())})"


def log_density(name: str, form: int, y: Any, **replaced: Any) -> float:
    """What the compiled program says, every argument written out."""
    example, row = EXAMPLES[name], DISTRIBUTIONS[name]
    inside = (
        {"law": written(MADE[name]), "laws": f"[{written(MADE[name])}, {written(OTHER)}]"}
        if (name in MADE)
        else {}
    )
    given = {
        p.name: inside[p.domain] if p.domain in inside else example.given[p.name]
        for p in row.forms[form].parameters
    } | replaced
    arguments = ", ".join(f"{k} = {v}" for k, v in given.items())
    head, kind = ("dim K", f": {example.type}") if example.type else ("", "")
    bound = genlang.model(f"{head}\nobserved y{kind} ~ {name}({arguments})").bind({"y": y})
    return float(bound.log_density({}))


def values(name: str) -> dict[str, Any]:
    """The parameters of an example as numbers and arrays."""
    given = {k: np.array(v) if isinstance(v, list) else v for k, v in EXAMPLES[name].given.items()}
    if name == "GaussianProcess":
        x = given["x"]
        given["kernel"] = 0.8**2 * np.exp(-((x[:, None] - x) ** 2) / (2 * 1.2**2))
    return {k: {"true": True, "false": False}.get(v, v) if k in FLAGS else v
            for k, v in given.items()}  # fmt: skip


FLAGS = ("left", "right")


def inside(system: str, name: str, names: dict[str, Any]) -> dict[str, Any]:
    """What a law is made of, as a system spells it: D, D1 and D2."""
    if name not in MADE:
        return {}
    made = []
    for law, given in (MADE[name], OTHER):
        text = re.sub(r'\("y"(, )?', ".dist(", PAGES[law].spellings[system][0])
        numbers = {k: torch.tensor(v) for k, v in given.items()} if system == "pyro" else given
        made.append(eval(text, {**names, **numbers}))  # noqa: S307 (our own table)
    return {"D": made[0], "D1": made[0], "D2": made[1]}


class Inside:
    """A law of SciPy with the functions that ours have."""

    def __init__(self, law):
        self.logpdf = law.logpmf if hasattr(law.dist, "pmf") else law.logpdf
        self.cdf, self.logsf = law.cdf, law.logsf


class Size(int):
    """A dim: its size, and a range where it is looped over."""

    def __iter__(self):
        return iter(range(self))

    def __getitem__(self, part):
        return range(self)[part]


LANGUAGE = {
    "lgamma": special.gammaln, "log": np.log, "log1p": np.log1p, "exp": np.exp, "cos": np.cos,
    "pi": math.pi, "abs": abs, "softplus": lambda x: np.logaddexp(0, x), "lbeta": special.betaln,
    "normal_cdf": special.ndtr, "bessel_i0": special.i0, "sigmoid": special.expit,
    "lchoose": lambda n, k: -special.betaln(1 + n - k, 1 + k) - np.log(n + 1),
    "sum": sum, "size": len, "inverse": np.linalg.inv, "transpose": np.transpose, "diag": np.diag,
    "eye": np.eye, "quad_form": lambda a, x: x @ a @ x, "logdet": lambda a: np.linalg.slogdet(a)[1],
    "softmax": special.softmax, "max": max, "min": min,
}  # fmt: skip


def evaluated(text: str, names: dict[str, Any]) -> Any:
    """The value of an expression of the language, which is Python but for its powers."""
    return eval(text.replace("^", "**"), dict(names))  # noqa: S307 (our own table)


def close(name: str) -> Any:
    """The tolerance: a process has its jitter."""
    return {"abs": 1e-6 if name == "GaussianProcess" else 1e-10, "rel": 1e-10}


def test_every_distribution_has_a_page_and_an_example():
    assert set(PAGES) == set(DISTRIBUTIONS) == set(EXAMPLES)
    assert {page.name for rows in SECTIONS.values() for page in rows} - set(PAGES) <= LATER
    for name, page in PAGES.items():
        forms = len(DISTRIBUTIONS[name].forms)
        assert set(page.spellings) == set(SYSTEMS)
        assert len(page.others) == forms - 1, name
        assert all(len(spelt) <= forms for spelt in page.spellings.values()), name


@pytest.mark.parametrize("name", PAGES)
def test_the_formula_is_the_log_density(name):
    for y in EXAMPLES[name].draws:
        names = {**LANGUAGE, **values(name), "y": np.array(y) if isinstance(y, list) else y}
        names |= dict.fromkeys("KD", Size(len(y) if isinstance(y, list) else 0))
        laws = inside("scipy", name, {**vars(stats), "np": np})
        names |= {k: Inside(law) for k, law in laws.items()}
        found = evaluated(PAGES[name].density, names)
        assert found == pytest.approx(log_density(name, 0, y), **close(name))


@pytest.mark.parametrize(("name", "form"), [f for f in FORMS if f[1] and f[0] not in AROUND])
def test_other_parameters_mean_what_the_page_says(name, form):
    said = PAGES[name].others[form - 1]
    names = {**LANGUAGE, **values(name)}
    found = [part.split(" = ") for part in said.split(", ")]
    changed = {k: np.asarray(evaluated(v, names)).tolist() for k, v in found}
    for y in EXAMPLES[name].draws:
        assert log_density(name, 0, y, **changed) == pytest.approx(log_density(name, form, y))


def shifted(text: str, names: dict[str, Any]) -> tuple[Any, Any]:
    """A spelling's distribution, and what is added to its draw."""
    tree, shift = ast.parse(text, mode="eval").body, ""
    while isinstance(tree, ast.BinOp):
        sign = "+" if isinstance(tree.op, ast.Add) else "-"
        shift = f"{sign} {ast.unparse(tree.right)} {shift}"
        tree = tree.left
    return tuple(eval(t, dict(names)) for t in (ast.unparse(tree), shift or "0"))  # noqa: S307 (our own table)


def spelt(system: str, *lacking: str) -> list[Any]:
    """The spellings of a system: law, form, text."""
    return [
        pytest.param(name, i, text, id=f"{name}-{i}")
        for name, page in PAGES.items()
        for i, text in enumerate(page.spellings[system])
        if text and name not in lacking
    ]


@pytest.mark.parametrize(("name", "form", "text"), spelt("scipy"))
def test_scipy_has_the_same_density(name, form, text):
    law, shift = shifted(text, {**vars(stats), "np": np, "expit": special.expit, **values(name)})
    discrete = DISTRIBUTIONS[name].kind in ("bool", "count", "int", "index")
    for y in EXAMPLES[name].draws:
        at = np.array(y) - shift
        found = law.logpmf(at) if discrete else law.logpdf(at)
        assert float(found) == pytest.approx(log_density(name, form, y), **close(name))


@pytest.mark.parametrize(("name", "form", "text"), spelt("pyro"))
def test_pyro_has_the_same_density(name, form, text):
    with session():
        given = {
            k: v if k in ("dim", "total") else torch.as_tensor(v) for k, v in values(name).items()
        }
        names = {"dist": dist, "torch": torch, **given}
        law, shift = shifted(text, names | inside("pyro", name, names))
        for y in EXAMPLES[name].draws:
            found = law.log_prob(torch.as_tensor(y, dtype=torch.double) - shift)
            # Torch keeps probabilities off 0 and 1 by 1e-7 where it takes logs.
            expected = pytest.approx(log_density(name, form, y), abs=1e-6)
            assert float(found.sum()) == expected


@pytest.mark.parametrize(("name", "form", "text"), spelt("pymc", "LKJ"))
def test_pymc_has_the_same_density(name, form, text):
    """Up to `LKJ`, whose normalizer PyMC 5 gives the wrong sign."""
    pm = pytest.importorskip("pymc")
    bare = re.sub(r'\("y"(, )?', ".dist(", text)
    names = {"pm": pm, "np": np, **values(name)}
    law, shift = shifted(bare, names | inside("pymc", name, names))
    for y in EXAMPLES[name].draws:
        found = pm.logp(law, np.array(y) - shift).eval()
        assert float(found.sum()) == pytest.approx(log_density(name, form, y), abs=1e-6)


def within(text: str, names: dict[str, Any]):
    """Whether a number is in a support as the page writes it."""
    if text == "any real y":
        return lambda y: True
    if not text.startswith("y = "):
        return lambda y: evaluated(text, {**names, "y": y})
    items = re.split(r", (?![^()]*\))", text.removeprefix("y = "))
    ends = [math.inf if i == "..." else evaluated(i, names) for i in items]
    if "..." not in items:
        return lambda y: y in ends
    return lambda y: y == round(y) and ends[0] <= y <= ends[-1]


SCALARS = [name for name, row in DISTRIBUTIONS.items() if row.rank == 0 and name not in AROUND]


@pytest.mark.parametrize("name", SCALARS)
def test_the_density_is_zero_outside_the_support_and_not_inside(name):
    row, numbers = DISTRIBUTIONS[name], values(name)
    whole = row.kind in ("bool", "count", "int", "index")
    inside = within(PAGES[name].support, {**LANGUAGE, **numbers})
    grid = range(-4, 15) if whole else [-7.3, -2.9, -0.4, 0.3, 0.8, 1.3, 2.9, 9.1]
    if name == "VonMises":
        grid = [y for y in grid if abs(y) < math.pi]  # an observed angle may be any
    for y in grid:
        assert math.isfinite(log_density_at(name, y)) == inside(y), y


def log_density_at(name: str, y: float) -> float:
    """As `log_density`, -inf where binding refuses the value."""
    try:
        return log_density(name, 0, y)
    except genlang.DataError:
        return -math.inf


@pytest.mark.parametrize(
    ("name", "laws"),
    {
        "Normal": ("Normal",),
        "normal": ("Normal",),
        "NORMAL": ("Normal",),
        "dnorm": ("Normal",),
        "rnorm": ("Normal",),
        "normal_lpdf": ("Normal",),
        "stats.norm": ("Normal",),
        "pm.HalfNormal": ("HalfNormal",),
        "halfnorm": ("HalfNormal",),
        "bernoulli_logit": ("Bernoulli",),
        "neg_binomial_2": ("NegativeBinomial",),
        "neg_binomial_2_log_rng": ("NegativeBinomial",),
        "neg_binomial": ("NegativeBinomial",),
        "nbinom": ("NegativeBinomial",),
        "dnegbin": ("NegativeBinomial",),
        "GammaPoisson": ("NegativeBinomial",),
        "dbinom": ("Binomial",),
        "dbin": ("Binomial",),
        "bernoulli": ("Bernoulli",),
        "dt": ("StudentT",),
        "t": ("StudentT",),
        "MCMCpack::diwish": ("InverseWishart",),
        "double_exponential": ("Laplace",),
        "std_normal": ("Normal",),
        "weibull_min": ("Weibull",),
        "invgamma": ("InverseGamma",),
        "dpar": ("Pareto",),
        "expon": ("Exponential",),
        "MvNormal": ("MultivariateNormal", "LowRankMultivariateNormal", "GaussianProcess"),
        "Normal(0, 1)": ("Normal",),
        " normal ": ("Normal",),
        "stats.binom(7, p).logpmf": ("Binomial",),
        "stats.binom.logpmf": ("Binomial",),
        "student-t": ("StudentT",),
        "multivariate normal": ("MultivariateNormal",),
        "Nromal": (),
        "": (),
        "d": (),
    }.items(),
)
def test_a_distribution_is_found_by_the_names_that_others_have_for_it(name, laws):
    more = {k: tuple(re.findall(r"^\w+", spelt[0])) for k, spelt in LAWS.items()}
    assert find(name, more)[1] == laws


def test_every_foreign_name_that_the_checker_knows_leads_to_a_page(capsys):
    for name in LAWS:
        assert main(["dist", name, "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)["distributions"]
        assert LAWS[name][0].startswith(found[0]["name"]), name
