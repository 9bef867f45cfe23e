"""The distributions: one row each. Checking, emission and the tests read this table.

A row's first form is the canonical one, whose first `positional` parameters may be given by
position. `kind` and `rank` are those of one draw; `finite` rows may be summed out as latents.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: the domain of its elements and the number of its event dims."""

    name: str
    domain: str = "real"
    rank: int = 0
    default: float | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """One way to give the parameters, and its spelling in the program."""

    parameters: tuple[Parameter, ...]
    torch: str


@dataclass(frozen=True, slots=True)
class Row:
    """A distribution."""

    name: str
    forms: tuple[Form, ...]
    positional: int
    kind: str = "real"
    rank: int = 0
    finite: bool = False
    truncates: bool = False


P = Parameter
LOC_SCALE = (P("loc"), P("scale", "positive"))
TOTAL = P("total", "count")
PROBS = P("probs", "unit")
SIMPLEX = P("probs", "simplex", 1)


def _row(
    name: str,
    torch: str,
    *parameters: Parameter,
    others: tuple[Form, ...] = (),
    positional: int | None = None,
    kind: str = "real",
    rank: int = 0,
    finite: bool = False,
    truncates: bool = False,
) -> Row:
    count = len(parameters) if positional is None else positional
    forms = (Form(parameters, torch), *others)
    return Row(name, forms, count, kind, rank, finite, truncates)


_ROWS = (
    _row("Normal", "dist.Normal({loc}, {scale})", *LOC_SCALE, truncates=True),
    _row(
        "StudentT",
        "dist.StudentT({df}, {loc}, {scale})",
        P("df", "positive"),
        *LOC_SCALE,
    ),
    _row("Cauchy", "dist.Cauchy({loc}, {scale})", *LOC_SCALE, truncates=True),
    _row("Laplace", "dist.Laplace({loc}, {scale})", *LOC_SCALE, truncates=True),
    _row("Logistic", "dist.Logistic({loc}, {scale})", *LOC_SCALE, truncates=True),
    _row("Gumbel", "dist.Gumbel({loc}, {scale})", *LOC_SCALE, truncates=True),
    _row(
        "Uniform",
        "exact.inside(dist.Uniform({low}, {high}, validate_args=False))",
        P("low"),
        P("high"),
        truncates=True,
    ),
    _row("VonMises", "dist.VonMises({loc}, {concentration})", P("loc"), P("concentration", "positive")),
    _row("Flat", "exact.Flat()", positional=0),
    _row(
        "HalfNormal", "exact.inside(dist.HalfNormal({scale}))", P("scale", "positive"), kind="positive",
        truncates=True,
    ),
    _row(
        "HalfCauchy", "exact.inside(dist.HalfCauchy({scale}))", P("scale", "positive"), kind="positive",
        truncates=True,
    ),
    _row(
        "Exponential", "exact.inside(dist.Exponential({rate}))", P("rate", "positive"),
        kind="positive", truncates=True,
    ),
    _row(
        "Gamma",
        "exact.inside(dist.Gamma({shape}, {rate}))",
        P("shape", "positive"),
        P("rate", "positive"),
        positional=0,
        kind="positive",
        others=(
            Form(
                (P("shape", "positive"), P("scale", "positive")),
                "exact.inside(dist.Gamma({shape}, 1 / {scale.atom}))",
            ),
            Form(
                (P("mean", "positive"), P("sd", "positive")),
                "exact.inside(dist.Gamma(({mean.atom} / {sd.atom}) ** 2, {mean.atom} / {sd.atom} ** 2))",
            ),
        ),
    ),
    _row(
        "InverseGamma",
        "exact.inside(dist.InverseGamma({shape}, {scale}))",
        P("shape", "positive"),
        P("scale", "positive"),
        positional=0,
        kind="positive",
    ),
    _row("LogNormal", "exact.inside(dist.LogNormal({loc}, {scale}))", *LOC_SCALE, kind="positive"),
    _row(
        "Weibull",
        "exact.inside(dist.Weibull({scale}, {shape}))",
        P("shape", "positive"),
        P("scale", "positive"),
        positional=0,
        kind="positive",
    ),
    _row("Chi2", "exact.inside(dist.Chi2({df}))", P("df", "positive"), kind="positive"),
    _row(
        "Pareto",
        "exact.inside(dist.Pareto({scale}, {shape}))",
        P("scale", "positive"),
        P("shape", "positive"),
        positional=0,
        kind="positive",
    ),
    _row(
        "Beta",
        "exact.inside(dist.Beta({a}, {b}))",
        P("a", "positive"),
        P("b", "positive"),
        kind="unit",
        others=(
            Form(
                (P("mean", "unit"), P("concentration", "positive")),
                "exact.inside(dist.Beta({mean.atom} * {concentration.atom}, (1 - {mean.atom}) * {concentration.atom}))",
            ),
        ),
    ),
    _row(
        "Bernoulli",
        "exact.Bernoulli({probs})",
        PROBS,
        kind="bool",
        finite=True,
        others=(Form((P("logits"),), "exact.BernoulliLogits({logits})"),),
    ),
    _row(
        "Categorical",
        "exact.Categorical({probs})",
        SIMPLEX,
        kind="index",
        finite=True,
        others=(
            Form((P("logits", "real", 1),), "exact.CategoricalLogits({logits})"),
            Form((P("weights", "nonneg", 1),), "exact.Categorical(exact.normalized({weights}))"),
        ),
    ),
    _row(
        "Binomial",
        "exact.Binomial({total}, {probs})",
        TOTAL,
        PROBS,
        kind="count",
        finite=True,
        others=(Form((TOTAL, P("logits")), "exact.BinomialLogits({total}, {logits})"),),
    ),
    _row(
        "BetaBinomial",
        "exact.BetaBinomial({total}, {a}, {b})",
        TOTAL,
        P("a", "positive"),
        P("b", "positive"),
        kind="count",
        finite=True,
    ),
    _row(
        "DiscreteUniform",
        "exact.DiscreteUniform({low}, {high})",
        P("low", "int"),
        P("high", "int"),
        kind="int",
        finite=True,
    ),
    _row(
        "Poisson",
        "exact.Poisson({rate})",
        P("rate", "nonneg"),
        kind="count",
        truncates=True,
        others=(Form((P("log_rate"),), "exact.Poisson(torch.exp({log_rate}))"),),
    ),
    _row(
        "NegativeBinomial",
        "exact.NegativeBinomial({mean}, {dispersion})",
        P("mean", "nonneg"),
        P("dispersion", "positive"),
        positional=0,
        kind="count",
        others=(
            Form(
                (P("log_mean"), P("dispersion", "positive")),
                "exact.NegativeBinomial(torch.exp({log_mean}), {dispersion})",
            ),
        ),
    ),
    _row("Geometric", "exact.Geometric({probs})", PROBS, kind="count"),
    _row(
        "Dirichlet", "dist.Dirichlet({concentration})", P("concentration", "positive", 1), kind="simplex",
        rank=1,
    ),
    _row(
        "MultivariateNormal",
        "dist.MultivariateNormal({loc}, covariance_matrix={covariance})",
        P("loc", "real", 1),
        P("covariance", "real", 2),
        positional=1,
        rank=1,
        others=(
            Form(
                (P("loc", "real", 1), P("scale_tril", "real", 2)),
                "dist.MultivariateNormal({loc}, scale_tril={scale_tril})",
            ),
            Form(
                (P("loc", "real", 1), P("precision", "real", 2)),
                "dist.MultivariateNormal({loc}, precision_matrix={precision})",
            ),
        ),
    ),
    _row(
        "LKJCholesky",
        "dist.LKJCholesky({dim}, {eta})",
        P("dim", "count"),
        P("eta", "positive"),
        kind="cholesky_corr",
        rank=2,
    ),
    _row(
        "Multinomial",
        "exact.Multinomial({total}, {probs})",
        TOTAL,
        SIMPLEX,
        kind="count",
        rank=1,
    ),
)  # fmt: skip

DISTRIBUTIONS: dict[str, Row] = {row.name: row for row in _ROWS}
