"""Spellings of Stan, BUGS, R, PyMC, Pyro and NumPy, with what they are called here.

A template's `{0}`, `{1}`, ... are the arguments as written. Where a template does not fit the
number of arguments, only the name is shown.
"""

import re
from collections.abc import Mapping, Sequence

from genlang.source import Edit, Span

PLACE = re.compile(r"\{(\w+)\}")

# Distributions whose parameters are told by position.
LAWS: dict[str, tuple[str, ...]] = {
    "normal": ("Normal({0}, {1})",),
    "std_normal": ("Normal(0, 1)",),
    "norm": ("Normal({0}, {1})",),
    "half_normal": ("HalfNormal({0})",),
    "student_t": ("StudentT({0}, {1}, {2})",),
    "cauchy": ("Cauchy({0}, {1})",),
    "double_exponential": ("Laplace({0}, {1})",),
    "skew_normal": ("SkewNormal({0}, {1}, {2})",),
    "discrete_range": ("DiscreteUniform({0}, {1})",),
    "logistic": ("Logistic({0}, {1})",),
    "gumbel": ("Gumbel({0}, {1})",),
    "lognormal": ("LogNormal({0}, {1})",),
    "gamma": ("Gamma(shape = {0}, rate = {1})",),
    "inv_gamma": ("InverseGamma(shape = {0}, scale = {1})",),
    "weibull": ("Weibull(shape = {0}, scale = {1})",),
    "pareto": ("Pareto(scale = {0}, shape = {1})",),
    "chi_square": ("Chi2({0})",),
    "exponential": ("Exponential({0})",),
    "beta": ("Beta({0}, {1})",),
    "beta_proportion": ("Beta(mean = {0}, concentration = {1})",),
    "uniform": ("Uniform({0}, {1})",),
    "von_mises": ("VonMises({0}, {1})",),
    "bernoulli": ("Bernoulli({0})",),
    "bernoulli_logit": ("Bernoulli(logits = {0})",),
    "binomial": ("Binomial({0}, {1})",),
    "binomial_logit": ("Binomial({0}, logits = {1})",),
    "beta_binomial": ("BetaBinomial({0}, {1}, {2})",),
    "categorical": ("Categorical({0})",),
    "categorical_logit": ("Categorical(logits = {0})",),
    "poisson": ("Poisson({0})",),
    "poisson_log": ("Poisson(log_rate = {0})",),
    "neg_binomial_2": ("NegativeBinomial(mean = {0}, dispersion = {1})",),
    "neg_binomial_2_log": ("NegativeBinomial(log_mean = {0}, dispersion = {1})",),
    "ordered_logistic": ("OrderedLogistic({0}, {1})",),
    "dirichlet": ("Dirichlet({0})",),
    "multinomial": ("Multinomial(total, {0})",),
    "multi_normal": ("MultivariateNormal({0}, covariance = {1})",),
    "multi_normal_cholesky": ("MultivariateNormal({0}, scale_tril = {1})",),
    "multi_normal_prec": ("MultivariateNormal({0}, precision = {1})",),
    "multi_student_t_cholesky": ("MultivariateStudentT({0}, {1}, scale_tril = {2})",),
    "multi_student_t": ("MultivariateStudentT({0}, {1}, scale_tril = cholesky({2}))",),
    "lkj_corr": ("LKJ(D, {0})",),
    "LKJCorr": ("LKJ(D, {1})",),
    "wishart": ("Wishart({0}, {1})",),
    "inv_wishart": ("InverseWishart({0}, {1})",),
    "lkj_corr_cholesky": ("LKJCholesky(D, {0})",),
    # BUGS and JAGS: precisions, not standard deviations.
    "dnorm": ("Normal({0}, 1 / sqrt({1}))",),
    "dlnorm": ("LogNormal({0}, 1 / sqrt({1}))",),
    "dt": ("StudentT({2}, {0}, 1 / sqrt({1}))",),
    "dmnorm": ("MultivariateNormal({0}, precision = {1})",),
    "dgamma": ("Gamma(shape = {0}, rate = {1})",),
    "dbeta": ("Beta({0}, {1})",),
    "dunif": ("Uniform({0}, {1})",),
    "dexp": ("Exponential({0})",),
    "dbern": ("Bernoulli({0})",),
    "dbin": ("Binomial({1}, {0})",),
    "dpois": ("Poisson({0})",),
    "dcat": ("Categorical(weights = {0})",),
    "ddirch": ("Dirichlet({0})",),
    "ddirich": ("Dirichlet({0})",),
    "ddexp": ("Laplace({0}, 1 / {1})",),
    "dlogis": ("Logistic({0}, 1 / {1})",),
    "dpar": ("Pareto(scale = {1}, shape = {0})",),
    "dbetabin": ("BetaBinomial({2}, {0}, {1})",),
    "dnegbin": ("NegativeBinomial(mean = {1} * (1 - {0}) / {0}, dispersion = {1})",),
    "dmulti": ("Multinomial({1}, {0})",),
    "dwish": ("Wishart({1}, inverse({0}))",),
    "dmt": ("MultivariateStudentT({2}, {0}, scale_tril = cholesky(inverse({1})))",),
    "dweib": ("Weibull(shape = {0}, scale = {1} ^ (-1 / {0}))",),
    "dchisqr": ("Chi2({0})",),
    # PyMC and Pyro.
    "MvNormal": ("MultivariateNormal({0}, covariance = {1})",),
    "DiscreteUniformDistribution": ("DiscreteUniform({0}, {1})",),
    "LKJCholeskyCov": ("LKJCholesky(D, {0})",),
    "LKJCorrCholesky": ("LKJCholesky(D, {0})",),
    "ImproperUniform": ("Flat()",),
    "HalfFlat": ("Flat(lower = 0)",),
    "OrderedCategorical": ("OrderedLogistic({0}, {1})",),
}
PRECISION = frozenset({"dnorm", "dlnorm", "dt", "ddexp", "dlogis"})

# Parameters by other names; a precision becomes a standard deviation.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "mu": ("loc", "mean", "rate"),
    "sigma": ("sd", "scale"),
    "sd": ("scale",),
    "concentration": ("shape",),
    "std": ("scale",),
    "lam": ("rate", "scale = 1 / sqrt({0})"),
    "nu": ("df",),
    "n": ("total",),
    "p": ("probs",),
    "logit_p": ("logits",),
    "total_count": ("total",),
    "alpha": ("shape", "a", "concentration", "dispersion"),
    "beta": ("rate", "b", "scale"),
    "concentration1": ("a",),
    "concentration0": ("b",),
    "covariance_matrix": ("covariance",),
    "precision_matrix": ("precision",),
    "cov": ("covariance",),
    "chol": ("scale_tril",),
    "tau": ("precision", "scale = 1 / sqrt({0})"),
    "cutoffs": ("cutpoints",),
    "eta": ("eta", "predictor"),
}

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "inv_logit": ("sigmoid({0})",),
    "ilogit": ("sigmoid({0})",),
    "expit": ("sigmoid({0})",),
    "invlogit": ("sigmoid({0})",),
    "plogis": ("sigmoid({0})",),
    "qlogis": ("logit({0})",),
    "Phi": ("normal_cdf({0})",),
    "phi": ("normal_cdf({0})",),
    "pnorm": ("normal_cdf({0})",),
    "log_sum_exp": ("logsumexp({0})", "logaddexp({0}, {1})"),
    "fabs": ("abs({0})",),
    "sqr": ("square({0})",),
    "pow": ("{0} ^ {1}",),
    "power": ("{0} ^ {1}",),
    "ifelse": ("{1} if {0} else {2}",),
    "if_else": ("{1} if {0} else {2}",),
    "where": ("{1} if {0} else {2}",),
    "switch": ("{1} if {0} else {2}",),
    "equals": ("{0} == {1}",),
    "inprod": ("{0} @ {1}",),
    "dot_product": ("{0} @ {1}",),
    "matmul": ("{0} @ {1}",),
    "to_vector": ("{0}",),
    "rep_vector": ("full({1}, {0})",),
    "to_int": ("{0}",),
    "maximum": ("max({0}, {1})",),
    "minimum": ("min({0}, {1})",),
    "fmax": ("max({0}, {1})",),
    "fmin": ("min({0}, {1})",),
    "pmax": ("max({0}, {1})",),
    "pmin": ("min({0}, {1})",),
    "trunc": ("floor({0})",),
    "ln": ("log({0})",),
    "gammaln": ("lgamma({0})",),
    "loggam": ("lgamma({0})",),
    "lgam": ("lgamma({0})",),
    "cholesky_decompose": ("cholesky({0})",),
    "diag_matrix": ("diag({0})",),
    "append_row": ("concat({0}, {1})",),
    "concatenate": ("concat({0})",),
    "int_step": ("step({0})",),
    "num_elements": ("size({0})",),
    "length": ("size({0})",),
    "log_determinant_spd": ("logdet({0})",),
    "determinant": ("det({0})",),
    "inv": ("1 / {0}",),
    "inv_sqrt": ("1 / sqrt({0})",),
    "inv_square": ("1 / {0} ^ 2",),
    "log1m": ("log(1 - {0})",),
    "log10": ("log({0}) / log(10)",),
    "log2": ("log({0}) / log(2)",),
    "variance": ("var({0})",),
    "inv_Phi": ("normal_quantile({0})",),
    "qnorm": ("normal_quantile({0})",),
    "probit": ("normal_quantile({0})",),
    "icloglog": ("inv_cloglog({0})",),
    "crossprod": ("transpose({0}) @ {0}",),
    "rep": ("full({1}, {0})",),
    "inverse_spd": ("inverse({0})",),
    "mdivide_left": ("solve({0}, {1})",),
    "mdivide_left_spd": ("solve({0}, {1})",),
    "mdivide_left_tri_low": ("solve_triangular({0}, {1})",),
    "matrix_exponential": ("matrix_exp({0})",),
    "expm": ("matrix_exp({0})",),
    "gp_exp_quad_cov": ("rbf({0}, {0}, scale = {1}, length = {2})",),
    "gp_matern32_cov": ("matern32({0}, {0}, scale = {1}, length = {2})",),
    "gp_matern52_cov": ("matern52({0}, {0}, scale = {1}, length = {2})",),
    "gp_periodic_cov": ("periodic({0}, {0}, scale = {1}, length = {2}, period = {3})",),
    "interp": ("interpolate({0}, {1}, {2})",),
    "log_determinant": ("logdet({0})",),
    "log_softmax_": ("log_softmax({0})",),
    "cumulative_sum": ("cumsum({0})",),
    "square_root": ("sqrt({0})",),
    "array": ("{0}",),
}

# NumPy and JAX divide by n where `var` and `sd` divide by n - 1, and so does PyTensor.
BY_N = {"var": "mean(({0} - mean({0})) ^ 2)", "std": "sqrt(mean(({0} - mean({0})) ^ 2))"}
# Functions of a distribution `{0}` at a value `{1}`.
METHODS: dict[str, str] = {
    "log_prob": "{0}.logpdf({1})", "logpmf": "{0}.logpdf({1})", "logp": "{0}.logpdf({1})",
    "lpdf": "{0}.logpdf({1})", "lpmf": "{0}.logpdf({1})", "pdf": "exp({0}.logpdf({1}))",
    "pmf": "exp({0}.logpdf({1}))", "sf": "exp({0}.logsf({1}))", "logcdf": "log({0}.cdf({1}))",
    "lcdf": "log({0}.cdf({1}))", "lccdf": "{0}.logsf({1})", "log_sf": "{0}.logsf({1})",
    "log_cdf": "log({0}.cdf({1}))",
}  # fmt: skip

NAMES = {
    "True": "true", "False": "false", "TRUE": "true", "FALSE": "false", "Inf": "inf",
    "Infinity": "inf", "INF": "inf", "positive_infinity": "inf", "PI": "pi", "Pi": "pi",
}  # fmt: skip

TYPES = {
    "vector": "real[D]", "row_vector": "real[D]", "matrix": "real[D, E]", "float": "real",
    "double": "real", "integer": "int", "boolean": "bool", "string": "index(D)",
    "factor": "index(D)", "cov_matrix": "cov[D]", "corr_matrix": "corr[D]",
    "cholesky_factor_corr": "cholesky_corr[D]", "cholesky_factor_cov": "cholesky_cov[D]",
    "probability": "unit", "str": "index(D)", "array": "real",
}  # fmt: skip

# What the language has and this version does not yet.
LATER = frozenset({"ode", "ICAR", "dinterval"})


def rewrite(templates: Sequence[str], arguments: Sequence[str]) -> str:
    """Return the spelling here with the arguments put in, or its bare name."""
    for template in templates:
        wanted = {int(i) for i in PLACE.findall(template)}
        if (max(wanted) + 1 if wanted else 0) == len(arguments):
            return filled(template, {str(i): a for i, a in enumerate(arguments)})
    return PLACE.sub("...", templates[0])


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with values in its places."""
    return PLACE.sub(lambda m: _put(m, values[m.group(1)]), template)


def _put(place: "re.Match[str]", argument: str) -> str:
    """An argument in its place, in brackets where an operator stands beside it."""
    before, after = place.string[: place.start()], place.string[place.end() :]
    apart = re.search(r"(^|[(,=]) ?$", before) and re.match(r"$|[,)]", after)
    chosen = re.search(r"^$|(if|else) $", before) and re.match(r"$| if| else", after)
    return argument if apart or (chosen and " if " not in argument) else _atom(argument)


def whole(span: Span, spelt: str) -> tuple[Edit, ...]:
    """Return the edit that puts a spelling in the place of a call; none where it is a pattern."""
    return () if "..." in spelt or re.search(r"\bD\b|\btotal\b", spelt) else (Edit(span, spelt),)


def parameter(name: str, own: Sequence[str], value: str) -> str:
    """Return how a parameter of another name is given to a distribution, or an empty string."""
    for option in PARAMETERS.get(name, ()):
        known, _, template = option.partition(" = ")
        if known in own:
            return f"{known} = {template.format(value) if template else value}"
    return ""


def _atom(text: str) -> str:
    simple = re.fullmatch(r"[\w.]+(\[[^\[\]]*\])?(\([^()]*\))?", text)
    return text if simple else f"({text})"
