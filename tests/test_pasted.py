"""Programs of other languages, as a user pastes them: recognized once, each line as it is here."""

import random
import re

import numpy as np
import pytest
from scipy import stats

import genlang
from genlang.check import foreign
from genlang.diagnostics import Diagnostic
from genlang.fix import fix
from genlang.pasted import Pasted, pasted
from genlang.pipeline import check_text
from genlang.source import Source
from tests.test_errors import MODELS, mutated, read

# Each line that ends in `=> ...` is one, and what follows is what the message says of it; `=> -`
# where there is no certain line.
STAN = """\
// Students in schools
data {
  int<lower=0> N;                                => dim N
  int<lower=1> J;                                => dim J
  int<lower=1> K;                                => dim K
  array[N] int<lower=1, upper=J> school;         => data school[N]: index(J)
  matrix[N, K] X;                                => data X[N, K]: real
  vector<lower=0>[N] se;                         => data se[N]: nonneg
  array[N] int<lower=0, upper=1> treated;        => data treated[N]: bool
  real<lower=0, upper=1> cut;                    => data cut: unit
  int n_max;                                     => data n_max: int
  vector[N] y;
  array[N] int<lower=0> count;
  array[N] int<lower=1, upper=K> kind;
}
transformed data {
  real y_bar = mean(y);                          => let y_bar = mean(y)
}
parameters {
  real alpha;
  vector[J] a;
  vector[K] beta;
  real<lower=0> tau;
  real<lower=0> sigma;
  real<lower=-1, upper=1> rho;                   => latent rho ~ Flat(lower=-1, upper=1)
  simplex[K] theta;
  ordered[K] level;
  cholesky_factor_corr[K] L;
  real<lower=0, upper=1> p;
  real<lower=0> phi;
  real<lower=0> shape;
}
transformed parameters {
  vector[N] eta;
  eta = alpha + a[school] + X * beta;            => let eta[n in N] = alpha + a[school[n]] + X[n] @ beta
}
model {
  alpha ~ normal(0, 10);                         => latent alpha ~ Normal(0, 10)
  a ~ normal(0, tau);                            => latent a[J] ~ Normal(0, tau)
  beta ~ student_t(3, 0, 2.5);                   => latent beta[K] ~ StudentT(3, 0, 2.5)
  tau ~ cauchy(0, 5);                            => latent tau ~ Cauchy(0, 5, lower=0)
  sigma ~ normal(0, 1) T[0, ];                   => latent sigma ~ Normal(0, 1, lower=0)
  theta ~ dirichlet(rep_vector(2.0, K));         => latent theta ~ Dirichlet(full(K, 2))
  level ~ normal(0, 3);                          => latent level: ordered[K] ~ Normal(0, 3)
  L ~ lkj_corr_cholesky(2);                      => latent L ~ LKJCholesky(K, 2)
  p ~ beta(1, 1);                                => latent p ~ Beta(1, 1)
  phi ~ inv_gamma(2, 1);                         => latent phi ~ InverseGamma(shape = 2, scale = 1)
  target += gamma_lpdf(shape | 2, 0.1);          => latent shape ~ Gamma(shape = 2, rate = 0.1)
  y ~ normal(eta, sigma);                        => observed y[N] ~ Normal(eta, sigma)
  kind ~ categorical(theta);                     => observed kind[N]: index(K) ~ Categorical(theta)
  for (n in 1:N) {                               => for n in N:
    count[n] ~ neg_binomial_2(exp(eta[n]), phi); => observed count[n] ~ NegativeBinomial(mean = exp(eta[n]), dispersion = phi)
  }
  target += -0.5 * square(beta[1]);              => factor -0.5 * square(beta[0])
  if (n_max > 3) print("many");                  => -
}
generated quantities {
  real ratio = tau / sigma;                      => report ratio = tau / sigma
  vector[N] y_rep;
  for (n in 1:N)                                 => for n in N:
    y_rep[n] = normal_rng(eta[n], sigma);        => generated y_rep[n] ~ Normal(eta[n], sigma)
  real last = a[J] * inv_logit(rho);             => report last = a[J - 1] * sigmoid(rho)
  real chosen = rho > 0 ? 1.0 : 0.0;             => report chosen = 1 if rho > 0 else 0
  real whole = log_sum_exp(a) + dot_product(beta, beta); => report whole = logsumexp(a) + (beta @ beta)
  int half = n_max / 2;                          => -
}
"""  # noqa: E501 (a line a spelling)
JAGS = """\
# Pumps, and more
model
{
   for (i in 1 : N) {                                 => for i in N:
      theta[i] ~ dgamma(alpha, beta)                  => latent theta[i] ~ Gamma(shape = alpha, rate = beta)
      lambda[i] <- theta[i] * t[i]                    => let lambda[i] = theta[i] * t[i]
      x[i] ~ dpois(lambda[i])                         => observed x[i] ~ Poisson(lambda[i])
      log(m[i]) <- a0 + a1 * pow(z[i], 2)             => let m[i] = exp(a0 + a1 * (z[i] ^ 2))
      logit(q[i]) <- a0 + b[g[i]] + c[1]              => let q[i] = sigmoid(a0 + b[g[i]] + c[0])
      w[i] ~ dbin(q[i], n[i])                         => observed w[i] ~ Binomial(n[i], q[i])
      v[i] ~ dbern(ifelse(z[i] > 0, 0.2, 0.8))        => observed v[i] ~ Bernoulli(0.2 if z[i] > 0 else 0.8)
      e[i] ~ dt(0, tau, 4)                            => observed e[i] ~ StudentT(4, 0, 1 / sqrt(tau))
      h[i] ~ dunif(0, step(z[i] - 1) + equals(g[i], 2)) => -
      k[i] ~ dcat(pi[])                               => observed k[i] ~ Categorical(weights = pi)
      r[i] <- inprod(X[i,], bb[]) + phi(-abs(z[i]))   => let r[i] = (X[i, :] @ bb) + normal_cdf(-abs(z[i]))
      s[i] <- max(z[i], 0) * (i == 1)                 => let s[i] = max(z[i], 0) * (i + 1 == 1)
      u[i] ~ dnorm(r[i], s[i])                        => observed u[i] ~ Normal(r[i], 1 / sqrt(s[i]))
   }
   for (j in 1:J) { b[j] ~ dnorm(0, tau.b) }          => for j in J: => latent b[j] ~ Normal(0, 1 / sqrt(tau_b))
   for (t in 2:T) { y[t] ~ dnorm(y[t-1], 1) }         => for t in T[1:]: => -
   alpha ~ dexp(1.0);                                 => latent alpha ~ Exponential(1)
   beta ~ dgamma(0.1, 1.0)                            => latent beta ~ Gamma(shape = 0.1, rate = 1)
   a0 ~ dnorm(0.0, 1.0E-6)                            => latent a0 ~ Normal(0, 1 / sqrt(1.0e-6))
   a1 ~ dnorm(0, 0.01)T(0,)                           => latent a1 ~ Normal(0, 1 / sqrt(0.01), lower=0)
   pi[1:3] ~ ddirch(ones3[])                          => latent pi ~ Dirichlet(ones3)
   bb[1:2] ~ dmnorm(mu0[], Omega[,])                  => latent bb ~ MultivariateNormal(mu0, precision = Omega)
   tau.b <- 1 / (sigma * sigma)                       => let tau_b = 1 / (sigma * sigma)
   sigma ~ dunif(0, 100)                              => latent sigma ~ Uniform(0, 100)
   sd.y <- sqrt(1 / tau); tau ~ dchisqr(3)            => let sd_y = sqrt(1 / tau) => latent tau ~ Chi2(3)
   ll ~ dlnorm(0, 4)                                  => observed ll ~ LogNormal(0, 1 / sqrt(4))
   wb ~ dweib(2, 3)                                   => observed wb ~ Weibull(shape = 2, scale = 3 ^ (-1 / 2))
   de ~ ddexp(0, 2)                                   => observed de ~ Laplace(0, 1 / 2)
   nb ~ dnegbin(0.3, 5)                               => observed nb ~ NegativeBinomial(mean = 5 * (1 - 0.3) / 0.3, dispersion = 5)
   zz ~ dinterval(t[1], lim[])                        => -
}
"""  # noqa: E501
PYMC = """\
import pymc as pm
import pytensor.tensor as pt

coords = {"school": names}
with pm.Model(coords=coords) as m:
    x = pm.Data("x", df["x"])                         => data x: real  # with its dims, as in `x[N]`
    mu = pm.Normal("mu", mu=0, sigma=5)               => latent mu ~ Normal(0, 5)
    tau = pm.HalfCauchy("tau", 5)                     => latent tau ~ HalfCauchy(5)
    prec = pm.Gamma("prec", alpha=2, beta=0.5)        => latent prec ~ Gamma(shape = 2, rate = 0.5)
    z = pm.Normal("z", 0, tau=prec, dims="school")    => latent z[school] ~ Normal(0, 1 / sqrt(prec))
    theta = pm.Deterministic("theta", mu + tau * z)   => report theta = mu + tau * z
    y = pm.Normal("y_like", theta, 1, observed=y_obs) => observed y_obs ~ Normal(theta, 1)
    nb = pm.NegativeBinomial(
        "nb", mu=pm.math.exp(mu), alpha=2.0, observed=counts
    )
    p = pm.Beta("p", alpha=1, beta=1, shape=(3, 2))   => latent p[3, 2] ~ Beta(1, 1)
    g = pm.Bernoulli("g", p=pm.math.invlogit(mu), observed=passed) => observed passed ~ Bernoulli(sigmoid(mu))
    t = pm.TruncatedNormal("t", mu=0, sigma=1, lower=0) => latent t ~ Normal(0, 1, lower=0)
    d = pm.Dirichlet("d", a=np.ones(4))               => latent d ~ Dirichlet(ones(4))
    pm.Potential("pen", -pt.sqr(mu))                  => factor pen = -square(mu)
    ex = pm.Exponential("ex", 1.0)                    => latent ex ~ Exponential(1)
    ig = pm.InverseGamma("ig", alpha=3, beta=2)       => latent ig ~ InverseGamma(shape = 3, scale = 2)
    bi = pm.Binomial("bi", n=10, p=0.3, observed=k)   => observed k ~ Binomial(10, 0.3)
    mv = pm.MvNormal("mv", mu=np.zeros(2), cov=np.eye(2)) => latent mv ~ MultivariateNormal(zeros(2), covariance = eye(2))
    s = pm.math.switch(mu > 0, ex, 2 * ex)            => let s = ex if mu > 0 else 2 * ex
    w = pm.GaussianRandomWalk("w", sigma=1)           => -
    trace = pm.sample(1000, tune=1000)
"""  # noqa: E501
PYRO = """\
import torch
import pyro
import pyro.distributions as dist
from torch.distributions import constraints

def model(x, group, y=None):
    w = pyro.param("w", torch.ones(3), constraint=constraints.positive) => param w: positive
    alpha = pyro.sample("alpha", dist.Normal(0., 10.))         => latent alpha ~ Normal(0, 10)
    sigma = pyro.sample("sigma", dist.HalfNormal(torch.tensor(1.))) => latent sigma ~ HalfNormal(1)
    beta = pyro.sample("beta", dist.Normal(0., 1.).expand([3]).to_event(1)) => latent beta[3] ~ Normal(0, 1)
    probs = pyro.sample("probs", dist.Dirichlet(torch.ones(3))) => latent probs ~ Dirichlet(ones(3))
    rate = pyro.sample("rate", dist.Gamma(2., 0.5))            => latent rate ~ Gamma(shape = 2, rate = 0.5)
    extra = pyro.deterministic("extra", torch.exp(alpha) ** 2) => report extra = exp(alpha) ^ 2
    with pyro.plate("data", N):
        z = pyro.sample("z", dist.Categorical(probs))          => latent z[N] ~ Categorical(probs)
        pyro.sample("obs", dist.Normal(alpha, sigma), obs=y)   => observed y[N] ~ Normal(alpha, sigma)
    for i in pyro.plate("rows", M):                            => for i in M:
        pyro.sample(f"c_{i}", dist.Poisson(rate), obs=c[i])    => observed c[i] ~ Poisson(rate)
        k = pyro.sample("k", dist.Bernoulli(logits=alpha))     => latent k[i] ~ Bernoulli(logits = alpha)
    pyro.factor("penalty", -0.5 * torch.sum(beta * beta))      => factor penalty = -0.5 * sum(beta * beta)
    j = torch.where(alpha > 0, alpha, torch.zeros(1)[0])       => let j = alpha if alpha > 0 else zeros(1)[0]
    n = pyro.sample("n", dist.NegativeBinomial(5., probs=0.2), obs=count) => observed count ~ NegativeBinomial(mean = 5 * 0.2 / (1 - 0.2), dispersion = 5)
"""  # noqa: E501
NUMPYRO = """\
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS

def model(n_groups, y=None):
    mu = numpyro.sample("mu", dist.Normal(0.0, 10.0))          => latent mu ~ Normal(0, 10)
    tau = numpyro.sample("tau", dist.HalfCauchy(5.0))          => latent tau ~ HalfCauchy(5)
    with numpyro.plate("group", n_groups):
        a = numpyro.sample("a", dist.Normal(mu, tau))          => latent a[n_groups] ~ Normal(mu, tau)
        eta = jnp.exp(a) + jnp.log(tau)                        => let eta = exp(a) + log(tau)
        numpyro.sample("y", dist.Poisson(eta), obs=y)          => observed y[n_groups] ~ Poisson(eta)
    s = numpyro.sample("s", dist.TruncatedNormal(0.0, 1.0, low=0.0)) => latent s ~ Normal(0, 1, lower=0)
    L = numpyro.sample("L", dist.LKJCholesky(3, concentration=2.0)) => latent L ~ LKJCholesky(3, 2)

mcmc = MCMC(NUTS(model), num_warmup=500, num_samples=500)
"""  # noqa: E501
FRAGMENT = """\
int<lower=0> N;                                  => dim N
vector[N] x;                                     => data x[N]: real
vector[N] y;
real<lower=0> sigma;
sigma ~ cauchy(0, 2);                            => latent sigma ~ Cauchy(0, 2, lower=0)
y ~ normal(2 * x, sigma);                        => observed y[N] ~ Normal(2 * x, sigma)
"""
LINES = """\
for (i in 1:n) {                                 => for i in n:
  y[i] ~ dnorm(mu, tau)                          => observed y[i] ~ Normal(mu, 1 / sqrt(tau))
}
mu ~ dnorm(0, 0.001)                             => latent mu ~ Normal(0, 1 / sqrt(0.001))
tau ~ dgamma(0.001, 0.001)                       => latent tau ~ Gamma(shape = 0.001, rate = 0.001)
"""
# The language, the line at which the message stands, and the text.
PASTED = {
    "a Stan program": (2, STAN),
    "a BUGS or JAGS model": (2, JAGS),
    "a PyMC program": (1, PYMC),
    "a Pyro program": (2, PYRO),
    "a NumPyro program": (2, NUMPYRO),
    "a Stan program, lines of it": (1, FRAGMENT),
    "a BUGS or JAGS model, lines of it": (1, LINES),
}
CASES = [
    (name, row, line, rewrites)
    for name, (_, text) in PASTED.items()
    for row, line in enumerate(text.splitlines(), 1)
    if (rewrites := line.split("=> ")[1:])
]


def bare(text: str) -> str:
    """Return a pasted text without its expectations."""
    return "".join(f"{line.split('=>')[0].rstrip()}\n" for line in text.splitlines())


def only(text: str) -> Diagnostic:
    """Return the one diagnostic of a text."""
    model, found = check_text(text)
    assert model is None
    (diagnostic,) = found
    assert diagnostic.code == "E112"
    return diagnostic


@pytest.mark.parametrize("name", PASTED)
def test_a_program_of_another_language_gets_one_message_at_its_first_line(name: str) -> None:
    row, text = PASTED[name]
    found = only(bare(text))
    assert found.message == f"this is {name.partition(',')[0]}"
    assert found.span is not None
    assert Source(bare(text)).position(found.span.start)[0] == row


@pytest.mark.parametrize(
    ("name", "row", "line", "rewrites"), CASES, ids=lambda v: v if isinstance(v, str) else None
)
def test_a_line_is_rewritten(name: str, row: int, line: str, rewrites: list[str]) -> None:
    said = re.findall(rf"^    line +{row}: (.*)$", only(bare(PASTED[name][1])).help, re.MULTILINE)
    assert len(said) == len(rewrites)
    for text, expected in zip(said, rewrites, strict=True):
        assert (text.strip().startswith("(")) if expected.strip() == "-" else (
            text.strip() == expected.strip()
        )  # fmt: skip


def test_there_are_more_than_a_hundred_spellings() -> None:
    assert sum(r.strip() != "-" for *_, rewrites in CASES for r in rewrites) > 100


# -- Formulae ---------------------------------------------------------------------------------

FORMULAE = {
    "a bare one": (
        "score ~ hours + (1 | school)\n",
        """\
dim N, school_level
data hours[N]: real
data school[N]: index(school_level)
param intercept: real
param b_hours: real
param sd_school: positive
latent u_school[school_level] ~ Normal(0, sd_school)
param sigma: positive
let eta[n in N] = intercept + b_hours * hours[n] + u_school[school[n]]
observed score[n in N] ~ Normal(eta[n], sigma)
""",
    ),
    "lme4, slopes that differ": (
        """\
library(lme4)
fit <- lmer(Reaction ~ Days + (1 + Days | Subject),
            data = sleepstudy)
summary(fit)
""",
        """\
dim N, Subject_level
data Days[N]: real
data Subject[N]: index(Subject_level)
param intercept: real
param b_Days: real
param cov_Subject: cov[2]
latent u_Subject[Subject_level] ~ MultivariateNormal([0, 0], covariance = cov_Subject)
param sigma: positive
let eta[n in N] = intercept + b_Days * Days[n] + u_Subject[Subject[n], 0] + u_Subject[Subject[n], 1] * Days[n]
observed Reaction[n in N] ~ Normal(eta[n], sigma)
""",  # noqa: E501
    ),
    "brms, counts and an interaction": (
        """\
fit <- brm(
  count ~ 0 + zAge * Trt + log(size) + (zAge || patient),
  data = epilepsy, family = poisson()
)
""",
        """\
dim N, patient_level
data zAge[N]: real
data Trt[N]: real
data size[N]: real
data patient[N]: index(patient_level)
param b_zAge: real
param b_Trt: real
param b_zAge_Trt: real
param b_log_size: real
param sd_patient: positive
latent u_patient[patient_level] ~ Normal(0, sd_patient)
param sd_patient_zAge: positive
latent u_patient_zAge[patient_level] ~ Normal(0, sd_patient_zAge)
let eta[n in N] = b_zAge * zAge[n] + b_Trt * Trt[n] + b_zAge_Trt * zAge[n] * Trt[n] + b_log_size * log(size[n]) + u_patient[patient[n]] + u_patient_zAge[patient[n]] * zAge[n]
observed count[n in N] ~ Poisson(log_rate = eta[n])
""",  # noqa: E501
    ),
    "glm, a square": (
        "m <- glm(died ~ dose + I(dose^2), family = binomial, data = d)\n",
        """\
dim N
data dose[N]: real
param intercept: real
param b_dose: real
param b_I_dose_2: real
let eta[n in N] = intercept + b_dose * dose[n] + b_I_dose_2 * (dose[n] ^ 2)
observed died[n in N] ~ Bernoulli(logits = eta[n])
""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FORMULAE)
def test_a_formula_becomes_a_model_that_compiles(case: str) -> None:
    text, expected = FORMULAE[case]
    found = only(text)
    assert found.message == "this is an R formula"
    said = "\n".join(line.removeprefix("    ") for line in found.help.splitlines()[1:]) + "\n"
    assert said == expected
    model, diagnostics = check_text(expected)
    assert model is not None, diagnostics


def test_a_fit_whose_terms_are_not_known_is_recognized_all_the_same() -> None:
    found = only("library(mgcv)\nm <- gam(y ~ s(x) + z, data = d)\n")
    assert found.message == "this is an R formula"
    assert "`latent mu ~ Normal(0, 1)` for unknowns" in found.help


# -- Whole programs of Stan -------------------------------------------------------------------

SCHOOLS = """\
// Eight schools, non-centred
data {
  int<lower=0> J;
  real y[J];
  real<lower=0> sigma[J];   // known
}
parameters {
  real mu;
  real<lower=0> tau;
  vector[J] eta;
}
transformed parameters {
  vector[J] theta;
  theta = mu + tau * eta;
}
model {
  mu ~ normal(0, 5);
  tau ~ cauchy(0, 5);
  eta ~ std_normal();
  y ~ normal(theta, sigma);
}
"""
HERE = """\
# Eight schools, non-centred
# known
dim J
data sigma[J]: nonneg
latent mu ~ Normal(0, 5)
latent tau ~ Cauchy(0, 5, lower=0)
latent eta[J] ~ Normal(0, 1)
let theta = mu + tau * eta
observed y[J] ~ Normal(theta, sigma)
"""


def test_a_program_all_of_whose_lines_are_certain_is_fixed() -> None:
    fixed = fix(SCHOOLS)
    assert fixed.text == HERE
    assert fixed.model is not None
    assert [d.message for d in fixed.fixes] == ["this is a Stan program"]


def test_its_density_is_that_of_stan() -> None:
    """Up to the constant that a truncated prior adds: half of a Cauchy distribution."""
    rng = np.random.default_rng(4)
    y, sigma = rng.normal(0, 10, 8), rng.uniform(9, 18, 8)
    bound = genlang.model(HERE).bind({"y": y, "sigma": sigma})
    for _ in range(3):
        mu, tau, eta = rng.normal(), rng.exponential(), rng.normal(size=8)
        wanted = (
            stats.norm.logpdf(mu, 0, 5)
            + stats.cauchy.logpdf(tau, 0, 5) + np.log(2)
            + stats.norm.logpdf(eta).sum()
            + stats.norm.logpdf(y, mu + tau * eta, sigma).sum()
        )  # fmt: skip
        point = {"mu": mu, "tau": tau, "eta": eta}
        assert bound.log_density(point) == pytest.approx(wanted, rel=1e-10)


# A pair: what is added to SCHOOLS' model block, after which it is no longer certain.
UNSURE = {
    "two laws of one name": "mu ~ normal(1, 1);",
    "a condition": "if (J > 3) mu ~ normal(1, 1);",
    "a bound whose law has an unknown in it": "real<lower=0> s; s ~ normal(0, tau);",
    "a function that is not here": "target += owens_t(mu, tau);",
    "a division of ints": "target += J / 2;",
}


@pytest.mark.parametrize("case", UNSURE)
def test_a_program_with_a_line_that_is_not_certain_is_left_alone(case: str) -> None:
    added = UNSURE[case]
    text = SCHOOLS
    if added.startswith("real<"):
        declared, added = added.split("; ", 1)
        text = text.replace("  vector[J] eta;\n", f"  vector[J] eta;\n  {declared};\n")
    text = text.replace("  mu ~ normal(0, 5);\n", f"  mu ~ normal(0, 5);\n  {added}\n")
    found = only(text)
    assert found.edits == ()
    assert "(no certain line here)" in found.help
    assert fix(text).text == text


def test_a_program_inside_a_text_of_python_is_shown_and_not_fixed() -> None:
    text = f'import stan\ncode = """\n{SCHOOLS}"""\nposterior = stan.build(code)\n'
    found = only(text)
    assert found.message == "this is a Stan program"
    assert "line  19: latent mu ~ Normal(0, 5)" in found.help
    assert found.edits == ()


def test_blocks_of_jags_are_not_those_of_stan() -> None:
    text = "data {\n  M <- N * 2\n}\nmodel {\n  for (i in 1:N) { y[i] ~ dnorm(mu, 1) }\n}\n"
    assert only(text).message == "this is a BUGS or JAGS model"
    assert "observed y[i] ~ Normal(mu, 1 / sqrt(1))" in only(text).help
    nimble = f"code <- nimbleCode({{\n{text.partition('model {')[2][:-3]}\n}})\n"
    assert "observed y[i] ~ Normal(mu, 1 / sqrt(1))" in only(nimble).help


def test_line_ends_of_windows_and_a_byte_order_mark_change_nothing() -> None:
    assert only("\ufeff" + SCHOOLS).message == "this is a Stan program"
    assert fix(SCHOOLS.replace("\n", "\r\n")).text == HERE.replace("\n", "\r\n")
    assert only(bare(JAGS).replace("\n", "\r\n")).help == only(bare(JAGS)).help


# -- Lines among lines of genlang ---------------------------------------------------------------

AMONG = {
    "mu ~ dnorm(0, 0.001)": "`latent mu ~ Normal(0, 1 / sqrt(0.001))` for an unknown, "
    "`observed mu ~ Normal(0, 1 / sqrt(0.001))`",
    "tau ~ cauchy(0, 5);": "`latent tau ~ Cauchy(0, 5)` for an unknown",
    "q[n] ~ dbern(0.2)": "`latent q[n] ~ Bernoulli(0.2)` for an unknown",
    's = pm.HalfNormal("s", sigma=2)': "write `latent s ~ HalfNormal(2)`",
    'b = pyro.sample("b", dist.Normal(0., 1.))': "write `latent b ~ Normal(0, 1)`",
    'k = numpyro.sample("k", dist.Poisson(3.), obs=c)': "write `observed c ~ Poisson(3)`",
    "latent s ~ dist.HalfNormal(1)": "write `HalfNormal(1)`",
    "latent s ~ dgamma(2, 3)": "write `Gamma(shape = 2, rate = 3)`",
    "latent b ~ multi_normal(m, S)": "write `MultivariateNormal(m, covariance = S)`",
    "latent s ~ Normal(mu = 0, tau = 4)": "write `loc = 0`",
    "latent s ~ Exponential(lam = 2)": "write `rate = 2`",
    "let e = x ** 2": "write `let e = x ^ 2`",
    "let e = x .* x": "write `let e = x * x`",
    "let e = x %*% x": "write `let e = x @ x`",
    "let e <- 2 * x": "write `let e = 2 * x`",
    "let e = x' @ x": "write `transpose(x)`; a vector needs none",
    "let e = inv(x[0] + 1)": "write `1 / (x[0] + 1)`",
    "let e = np.std(x)": "write `sqrt(mean((x - mean(x)) ^ 2))`",
    "latent s ~ Gamma(mu = 2, sigma = 1)": "write `mean = 2`",
    "for (i in 1:N) let z[i] = 2 * i": "and `i + 1` the number",
    "let e = log1m(x[0])": "write `log(1 - x[0])`",
    "let e = np.where(x[0] > 0, 1, 2)": "write `1 if x[0] > 0 else 2`",
    "let e = ilogit(x[0])": "write `sigmoid(x[0])`",
    "let f = True": "write `true`",
    "let f = x[0] > 0 && x[1] > 0": "write `let f = x[0] > 0 and x[1] > 0`",
    "let f = !(x[0] > 0)": "write `let f = not (x[0] > 0)`",
    "for (i in 2:(N - 1)) {": "write `for i in N[1:N - 1]:`",
    "for i in range(1, N):": "write `for i in N[1:]:`",
    "for i in seq_len(N) {": "write `for i in N:`",
    "data w[N]: real<lower=0>": "write `data w[N]: real(lower=0)`",
    "latent s ~ HalfNormal(1) T(0, 2)": "write `HalfNormal(1, lower=0, upper=2)`",
    "target += -x[0]": "write `factor -x[0]`",
}


@pytest.mark.parametrize("line", AMONG)
def test_a_line_among_lines_of_genlang_gets_its_rewrite(line: str) -> None:
    text = f"# a model\ndim N = 4\ndata x[N]: real\n{line}\n\nobserved y[N] ~ Normal(x, 1)\n"
    found = [
        d for d in check_text(text)[1] if d.span and Source(text).position(d.span.start)[0] == 4
    ]
    assert AMONG[line] in found[0].help


def test_arguments_keep_their_place_beside_operators() -> None:
    one = foreign.rewrite(foreign.FUNCTIONS["inv"], ["a + b"])
    assert one == "1 / (a + b)"
    assert foreign.rewrite(foreign.FUNCTIONS["pow"], ["a * b", "-2"]) == "(a * b) ^ (-2)"
    assert (
        foreign.rewrite(foreign.LAWS["dnorm"], ["a + b", "c + d"])
        == "Normal(a + b, 1 / sqrt(c + d))"
    )
    assert foreign.rewrite(foreign.LAWS["dweib"], ["v", "a + b"]) == (
        "Weibull(shape = v, scale = (a + b) ^ (-1 / v))"
    )
    assert foreign.rewrite(foreign.FUNCTIONS["ifelse"], ["c", "1", "2 if d else 3"]) == (
        "1 if c else (2 if d else 3)"
    )


# -- What is genlang's, and what is nothing -----------------------------------------------------


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_a_model_of_genlang_is_none_of_another_language(path) -> None:
    assert pasted(read(path)) is None


@pytest.mark.parametrize("text", ["", "\n", "# y ~ x\n", "for n in N:\n", "mu ~ Normal(0, 1)\n",
                                  "latent mu ~ dnorm(0, 1)\n", "some words\n"])  # fmt: skip
def test_other_texts_are_no_programs(text: str) -> None:
    assert pasted(text) is None


def test_mutated_programs_get_diagnostics_and_never_an_exception() -> None:
    rng = random.Random(12)  # noqa: S311 (mutations are no secrets)
    texts = [bare(t) for _, t in PASTED.values()] + [SCHOOLS] + [t for t, _ in FORMULAE.values()]
    known = 0
    for k in range(1500):
        text = mutated(texts[k % len(texts)], rng)
        try:
            found = check_text(text)[1]
        except Exception as error:
            error.add_note(f"in the program:\n{text}")
            raise
        known += isinstance(pasted(text), Pasted)
        for d in found:
            assert d.span is not None
            assert 0 <= d.span.start <= d.span.end <= len(text)
    assert known > 1000


def test_deep_nesting_is_no_exception() -> None:
    deep = "(" * 3000 + "1" + ")" * 3000
    for text in (
        f"model {{\n x <- {deep}\n}}\n",
        f"data {{\n int N;\n}}\nmodel {{ x ~ normal({deep}, 1); }}\n",
        f"import pymc\nx = {deep}\n",
        f"y ~ x + {deep}\n",
    ):
        assert check_text(text)[0] is None
