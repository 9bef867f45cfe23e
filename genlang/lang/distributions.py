"""The distributions: one row each. Checking, emission and the tests read this table.

A row's first form is the canonical one, whose first `positional` parameters may be given by
position. `torch` is the spelling in the program: `{name}` is a parameter's text, `{name.atom}` the
same where an operator follows; `exact.` are the distributions of `genlang.runtime.exact`.
"""

from genlang.records import dataclass


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
    """A distribution.

    kind       of one draw, before bounds narrow it; `structure` is the set that a draw lies in
    rank       the number of event dims; they are the last dims of its first vector or matrix
    over       one draw is a position on the last dim of the first parameter
    size       the parameter that is the size of a draw along each of its dims
    ends       the parameters that bound a draw
    finite     has finitely many values: as a latent it is summed out
    truncates  takes `lower=` and `upper=`
    without    why it takes no bounds: mostly, has no distribution function; empty where it does
    """

    name: str
    forms: tuple[Form, ...]
    positional: int
    kind: str = "real"
    rank: int = 0
    finite: bool = False
    truncates: bool = False
    structure: str = ""
    over: bool = False
    size: str = ""
    ends: tuple[str, str] | None = None
    without: str = ""

    @property
    def around(self) -> bool:
        """Whether it is made of other distributions."""
        return any(p.domain in LAWS for p in self.forms[0].parameters)

    @property
    def has_cdf(self) -> bool:
        """Whether its distribution function is known: `cdf`, `logsf` and bounds make use of it."""
        return not self.why_without_cdf

    @property
    def why_without_cdf(self) -> str:
        """Why it has no distribution function; empty where it has one."""
        if self.around:
            return ""  # it has one if what is inside has
        return "it draws more than one number" if self.rank else self.without


def _p(text: str) -> tuple[Parameter, ...]:
    """Parameters as `name: domain`, with `[]` or `[][]` for a vector or a matrix, or `= 0`."""
    found = []
    for part in text.split(", "):
        name, _, rest = part.partition(": ")
        domain, _, default = rest.partition(" = ")
        rank = domain.count("[]")
        given = float(default) if default else None
        found.append(Parameter(name, domain.replace("[]", "") or "real", rank, given))
    return tuple(found)


def _row(name: str, torch: str, parameters: str = "", *others: tuple[str, str],
         positional: int | None = None, kind: str = "real", rank: int = 0, finite: bool = False,
         truncates: bool = False, structure: str = "", over: bool = False, size: str = "",
         ends: tuple[str, str] | None = None, without: str = "") -> Row:  # fmt: skip
    """A row: the spelling and the parameters of its canonical form, then those of the others."""
    given = _p(parameters) if parameters else ()
    forms = (Form(given, torch), *(Form(_p(p), t) for t, p in others))
    count = len(given) if positional is None else positional
    return Row(name, forms, count, kind, rank, finite, truncates, structure, over, size, ends,
               without)  # fmt: skip


BETA_BY_MEAN = (
    "exact.Beta({mean.atom} * {concentration.atom}, (1 - {mean.atom}) * {concentration.atom})"
)
# Functions of a distribution at a value.
DENSITIES = ("logpdf", "cdf", "logsf")
# The domains of parameters that are distributions: one, or a list of them.
LAWS = frozenset({"law", "laws"})
INSIDE = "bounds belong to the distribution inside it"
LOC_SCALE = "loc: real, scale: positive"

_ROWS = (
    # The whole line.
    _row("Normal", "dist.Normal({loc}, {scale})", LOC_SCALE, truncates=True),
    _row("StudentT", "exact.StudentT({df}, {loc}, {scale})", f"df: positive, {LOC_SCALE}",
         truncates=True),
    _row("Cauchy", "exact.Cauchy({loc}, {scale})", LOC_SCALE, truncates=True),
    _row("Laplace", "dist.Laplace({loc}, {scale})", LOC_SCALE, truncates=True),
    _row("Logistic", "exact.Logistic({loc}, {scale})", LOC_SCALE, truncates=True),
    _row("Gumbel", "exact.Gumbel({loc}, {scale})", LOC_SCALE, truncates=True),
    _row("SkewNormal", "exact.SkewNormal({loc}, {scale}, {shape})", f"{LOC_SCALE}, shape: real",
         truncates=True),
    _row("AsymmetricLaplace", "exact.AsymmetricLaplace({loc}, {scale}, {asymmetry})",
         f"{LOC_SCALE}, asymmetry: positive", truncates=True),
    _row("Uniform", "exact.Uniform({low}, {high})", "low: real, high: real", truncates=True,
         ends=("low", "high")),
    _row("VonMises", "exact.VonMises({loc}, {concentration})",
         "loc: real, concentration: positive",
         without="its distribution function is not among those that genlang has"),
    _row("Flat", "exact.Flat()", truncates=True,
         without="it is improper: no probabilities belong to it"),
    # Positive numbers.
    _row("HalfNormal", "exact.HalfNormal({scale})", "scale: positive", kind="positive",
         truncates=True),
    _row("HalfCauchy", "exact.HalfCauchy({scale})", "scale: positive", kind="positive",
         truncates=True),
    _row("HalfStudentT", "exact.HalfStudentT({df}, {scale})", "df: positive, scale: positive",
         kind="positive", truncates=True),
    _row("Exponential", "exact.Exponential({rate})", "rate: positive", kind="positive",
         truncates=True),
    _row("Gamma", "exact.Gamma({shape}, {rate})", "shape: positive, rate: positive",
         ("exact.Gamma({shape}, 1 / {scale.atom})", "shape: positive, scale: positive"),
         ("exact.Gamma(({mean.atom} / {sd.atom}) ** 2, {mean.atom} / {sd.atom} ** 2)",
          "mean: positive, sd: positive"), positional=0, kind="positive", truncates=True),
    _row("InverseGamma", "exact.InverseGamma({shape}, {scale})",
         "shape: positive, scale: positive", positional=0, kind="positive", truncates=True),
    _row("LogNormal", "exact.LogNormal({loc}, {scale})", LOC_SCALE, kind="positive",
         truncates=True),
    _row("Weibull", "exact.Weibull({shape}, {scale})", "shape: positive, scale: positive",
         positional=0, kind="positive", truncates=True),
    _row("Chi2", "exact.Chi2({df})", "df: positive", kind="positive", truncates=True),
    _row("Pareto", "exact.Pareto({scale}, {shape})", "scale: positive, shape: positive",
         positional=0, kind="positive", truncates=True),
    # The unit interval.
    _row("Beta", "exact.Beta({a}, {b})", "a: positive, b: positive",
         (BETA_BY_MEAN, "mean: unit, concentration: positive"), kind="unit",
         truncates=True),
    _row("Kumaraswamy", "exact.Kumaraswamy({a}, {b})", "a: positive, b: positive", kind="unit",
         truncates=True),
    # Finitely many values.
    _row("Bernoulli", "exact.Bernoulli({probs})", "probs: unit",
         ("exact.BernoulliLogits({logits})", "logits: real"), kind="bool", finite=True,
         truncates=True),
    _row("Categorical", "exact.Categorical({probs})", "probs: simplex[]",
         ("exact.CategoricalLogits({logits})", "logits: real[]"),
         ("exact.Categorical(exact.normalized({weights}))", "weights: nonneg[]"),
         kind="index", finite=True, over=True, without="its values have no order"),
    _row("Binomial", "exact.Binomial({total}, {probs})", "total: count, probs: unit",
         ("exact.BinomialLogits({total}, {logits})", "total: count, logits: real"),
         kind="count", finite=True, truncates=True),
    _row("BetaBinomial", "exact.BetaBinomial({total}, {a}, {b})",
         "total: count, a: positive, b: positive", kind="count", finite=True,
         truncates=True),
    _row("DiscreteUniform", "exact.DiscreteUniform({low}, {high})", "low: int, high: int",
         kind="int", finite=True, truncates=True, ends=("low", "high")),
    _row("OrderedLogistic", "exact.OrderedLogistic({predictor}, {cutpoints})",
         "predictor: real, cutpoints: ordered[]", kind="count", finite=True, truncates=True),
    _row("Hypergeometric", "exact.Hypergeometric({total}, {successes}, {draws})",
         "total: count, successes: count, draws: count", kind="count", finite=True,
         truncates=True),
    _row("Delta", "exact.Delta({x})", "x: int", kind="int", finite=True,
         without="it has one value, which is certain"),
    # Counts without end.
    _row("Poisson", "exact.Poisson({rate})", "rate: nonneg",
         ("exact.PoissonLog({log_rate})", "log_rate: real"), kind="count", truncates=True),
    _row("NegativeBinomial", "exact.NegativeBinomial({mean}, {dispersion})",
         "mean: nonneg, dispersion: positive",
         ("exact.NegativeBinomialLog({log_mean}, {dispersion})",
          "log_mean: real, dispersion: positive"), positional=0, kind="count", truncates=True),
    _row("Geometric", "exact.Geometric({probs})", "probs: unit", kind="count", truncates=True),
    # Vectors and matrices.
    _row("Dirichlet", "exact.Dirichlet({concentration})", "concentration: positive[]",
         kind="unit", rank=1, structure="simplex"),
    _row("MultivariateNormal", "exact.MultivariateNormal({loc}, covariance_matrix={covariance})",
         "loc: real[], covariance: cov[][]",
         ("dist.MultivariateNormal({loc}, scale_tril={scale_tril})",
          "loc: real[], scale_tril: cholesky_cov[][]"),
         ("exact.MultivariateNormal({loc}, precision_matrix={precision})",
          "loc: real[], precision: cov[][]"), positional=1, rank=1),
    _row("MultivariateStudentT", "exact.MultivariateStudentT({df}, {loc}, {scale_tril})",
         "df: positive, loc: real[], scale_tril: cholesky_cov[][]", positional=2, rank=1),
    _row("LowRankMultivariateNormal",
         "exact.LowRankMultivariateNormal({loc}, {factor}, {diagonal})",
         "loc: real[], factor: real[][], diagonal: positive[]", positional=1, rank=1),
    # `x` are the points, of numbers or of rows, at which the checker completes the kernel.
    _row("GaussianProcess", "exact.GaussianProcess({kernel}, {noise}, jitter=1e-9)",
         "x: points[], kernel: kernel[][], noise: nonneg = 0", positional=2, rank=1),
    # The written type gives the dim: `latent e: real[K] ~ ZeroSumNormal(1)`.
    _row("ZeroSumNormal", "exact.ZeroSumNormal({scale}, {dim})", "scale: positive, dim: count = 0",
         positional=1, rank=1, structure="zero_sum", size="dim"),
    _row("LKJ", "exact.LKJ({dim}, {eta})", "dim: count, eta: positive", rank=2, structure="corr",
         size="dim"),
    _row("Wishart", "exact.Wishart({df}, {scale})", "df: positive, scale: cov[][]", rank=2,
         structure="cov"),
    _row("InverseWishart", "exact.InverseWishart({df}, {scale})",
         "df: positive, scale: cov[][]", rank=2, structure="cov"),
    _row("LKJCholesky", "exact.LKJCholesky({dim}, {eta})", "dim: count, eta: positive", rank=2,
         structure="cholesky_corr", size="dim"),
    _row("Multinomial", "exact.Multinomial({total}, {probs})", "total: count, probs: simplex[]",
         kind="count", rank=1),
    _row("DirichletMultinomial", "exact.DirichletMultinomial({total}, {concentration})",
         "total: count, concentration: positive[]", kind="count", rank=1),
    # Made of other distributions; bounds of `Censored` are where values pile up.
    _row("Censored", "exact.Censored({D}, right={right})", "D: law, right: flag",
         ("exact.Censored({D}, left={left})", "D: law, left: flag"),
         ("exact.Censored({D}, left={left}, right={right})",
          "D: law, left: flag, right: flag"),
         ("exact.Clipped({D}, {lower}, None)", "D: law, lower: real"),
         ("exact.Clipped({D}, None, {upper})", "D: law, upper: real"),
         ("exact.Clipped({D}, {lower}, {upper})", "D: law, lower: real, upper: real"),
         positional=1),
    _row("ZeroInflated", "exact.ZeroInflated({p}, {D})", "p: unit, D: law",
         without=INSIDE),
    _row("Hurdle", "exact.Hurdle({p}, {D})", "p: unit, D: law", without=INSIDE),
    _row("Mixture", "exact.Mixture({weights}, [{distributions}])",
         "weights: simplex[], distributions: laws", without=INSIDE),
    _row("Interval", "exact.Interval({D}, {width})", "D: law, width: positive",
         without=INSIDE),
)  # fmt: skip

DISTRIBUTIONS: dict[str, Row] = {row.name: row for row in _ROWS}


def signature(row: Row, form: Form) -> str:
    """Return how a form's parameters are given: `loc, scale`, and `shape=, rate=` by name."""
    by_position = row.positional if form is row.forms[0] else 0
    shared = [p.name for p in row.forms[0].parameters[: row.positional]]
    return ", ".join(
        p.name if i < by_position or p.name in shared else f"{p.name}="
        for i, p in enumerate(form.parameters)
    )
