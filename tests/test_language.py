"""One program for each feature of the language: all check, compile, and say nothing.

What a program computes is tested elsewhere; here the whole front half must accept it.
"""

import ast

import pytest

from genlang.pipeline import check_text, compile_text

VALID = {
    "dims from data": """\
dim N
observed y[n in N] ~ Normal(0, 1)
""",
    "fixed dim": """\
dim N, K = 3
latent mu[K] ~ Normal(0, 1)
observed y[n in N] ~ Normal(mu[2], 1)
""",
    "labels": """\
dim N, grade = ["low", "mid", "high"]
data g[N]: index(grade)
latent b[grade] ~ Normal(0, 1)
observed y[n in N] ~ Normal(b[g[n]], 1)
""",
    "derived dim": """\
dim T
dim gap = T - 1
latent step_[gap] ~ Normal(0, 1)
observed y[t in T] ~ Normal(sum(step_), 1)
""",
    "ragged by lengths": """\
dim S
data last[S]: count
dim T[S] = last
for s in S:
    for t in T[s]:
        observed y[s, t] ~ Normal(0, 1)
""",
    "ragged": """\
dim S, T[S]
data x[s in S, t in T[s]]: real
for s in S:
    latent a[s] ~ Normal(0, 1)
    for t in T[s]:
        observed y[s, t] ~ Normal(a[s] * x[s, t], 1)
""",
    "ragged binder": """\
dim S, T[S]
latent a ~ Normal(0, 1)
observed y[s in S, t in T[s]] ~ Normal(a, 1)
""",
    "codes": """\
dim N, D = 5 from 1
data g[N]: index(D)
latent b[D] ~ Normal(0, 1)
observed y[n in N] ~ Normal(b[g[n]], 1)
""",
    "two data names on a line": """\
dim N
data x[N], z[N]: real
observed y[n in N] ~ Normal(x[n] + z[n], 1)
""",
    "default": """\
dim N
data scale: positive = 2.5
latent b ~ Normal(0, scale)
observed y[n in N] ~ Normal(b, 1)
""",
    "data with event dims": """\
dim N, D
data x[N]: real[D]
latent b[D] ~ Normal(0, 1)
observed y[n in N] ~ Normal(x[n] @ b, 1)
""",
    "bounds": """\
dim N
data top: real
data x[N]: real(lower=0, upper=top)
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b * x[n], 1)
""",
    "int bounds": """\
dim N
data k[N]: int(lower=1, upper=5)
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b * k[n], 1)
""",
    "simplex data": """\
dim N, K = 3
data p: simplex[K]
observed y[n in N] ~ Categorical(p)
""",
    "param": """\
dim N, K = 3
param w: simplex[K]
param mu: real = 0
param s: positive = 1
latent z[n in N] ~ Categorical(w)
observed y[n in N] ~ Normal(mu + z[n], s)
""",
    "param array": """\
dim N, K = 3
param mu[K]: real
observed y[n in N] ~ Normal(mu[0] + mu[1], 1)
""",
    "param vector": """\
dim N, D
data x[N, D]: real
param b: real[D]
observed y[n in N] ~ Normal(x[n] @ b, 1)
""",
    "param ordered": """\
dim N, K = 3
param c: ordered[K]
observed y[n in N] ~ Normal(c[0] + c[2], 1)
""",
    "latents on a line": """\
dim N, K = 2
latent a, b[K] ~ Normal(0, 1)
observed y[n in N] ~ Normal(a + b[0] + b[1], 1)
""",
    "typed observed": """\
dim N, word
latent w ~ Dirichlet(ones(word))
observed token[n in N]: index(word) ~ Categorical(w)
""",
    "vector observed": """\
dim N, D
latent m[D] ~ Normal(0, 1)
observed y[n in N]: real[D] ~ MultivariateNormal(m, covariance = eye(D))
""",
    "observed over data": """\
dim N
data y[N]: real
latent b ~ Normal(0, 1)
for n in N[1:]:
    observed y[n] ~ Normal(b * y[n-1], 1)
""",
    "observed over let": """\
dim N
data y[N]: positive
let logy[n in N] = log(y[n])
latent b ~ Normal(0, 1)
for n in N:
    observed logy[n] ~ Normal(b, 1)
""",
    "observed over whole dim of data": """\
dim N
data y[N]: real
latent b ~ Normal(0, 1)
observed y[N] ~ Normal(b, 1)
""",
    "let with dims": """\
dim N
data x[N]: real
latent a, b ~ Normal(0, 1)
let eta[N] = a + b * x
observed y[n in N] ~ Normal(eta[n], 1)
""",
    "let whole": """\
dim N
data x[N]: real
latent a, b ~ Normal(0, 1)
let eta = a + b * x
observed y[n in N] ~ Normal(eta[n], 1)
""",
    "let local": """\
dim N
data x[N]: real
latent a, b ~ Normal(0, 1)
for n in N:
    let eta = a + b * x[n]
    observed y[n] ~ Normal(eta, 1)
""",
    "let indexed": """\
dim N
data x[N]: real
latent a ~ Normal(0, 1)
for n in N:
    let eta[n] = a * x[n]
    observed y[n] ~ Normal(eta[n], 1)
""",
    "typed let": """\
dim N
data x[N]: real
latent a ~ Normal(0, 1)
let e: positive = exp(a)
observed y[n in N] ~ Normal(x[n], e)
""",
    "report": """\
dim N
latent a ~ Normal(0, 1)
report twice = 2 * a
observed y[n in N] ~ Normal(a, 1)
""",
    "report array": """\
dim N
latent a[N] ~ Normal(0, 1)
report twice[n in N] = 2 * a[n]
observed y[n in N] ~ Normal(a[n], 1)
""",
    "report then read": """\
dim N
latent a ~ Normal(0, 1)
report twice = 2 * a
observed y[n in N] ~ Normal(twice, 1)
""",
    "factor": """\
dim N
data y[N]: real
latent a ~ Flat()
for n in N:
    factor -(y[n] - a) ^ 2
""",
    "named factor": """\
dim N
data y[N]: real
latent a ~ Normal(0, 1)
factor fit[n in N] = -(y[n] - a) ^ 2
""",
    "require": """\
dim N
data x[N]: real
require all(x[n] > 0 for n in N), "x must be positive"
observed y[n in N] ~ Normal(x[n], 1)
""",
    "require in a loop": """\
dim N
data x[N], u[N]: real
for n in N:
    require x[n] < u[n], "x below u"
observed y[n in N] ~ Normal(x[n], u[n] ^ 2 + 1)
""",
    "part": """\
dim N
latent b ~ Normal(0, 1)
for n in N[2:5]:
    observed y[n] ~ Normal(b, 1)
""",
    "part by a size": """\
dim N
data m: count
latent b ~ Normal(0, 1)
for n in N[:m]:
    observed y[n] ~ Normal(b, 1)
""",
    "part by a loop index": """\
dim N
latent b ~ Normal(0, 1)
data d[N, N]: real
for i in N:
    for j in N[:i]:
        observed y[i, j] ~ Normal(b * d[i, j], 1)
""",
    "part by a let": """\
dim i_, year
data seen[i_, year]: bool
let first[i in i_] = min(t for t in year if seen[i, t])
latent p ~ Uniform(0, 1)
for i in i_:
    for t in year[first[i]:]:
        observed hit[i, t] ~ Bernoulli(p)
""",
    "part of a ragged dim": """\
dim S, T[S]
latent b ~ Normal(0, 1)
for s in S:
    for t in T[s, 2:]:
        observed y[s, t] ~ Normal(b, 1)
""",
    "weight": """\
dim N
data w[N]: nonneg
latent b ~ Normal(0, 1)
for n in N weight w[n]:
    observed y[n] ~ Normal(b, 1)
""",
    "weight with a discrete latent": """\
dim N, K = 2
data w[N]: count
latent p ~ Dirichlet(ones(K))
latent m: ordered[K] ~ Normal(0, 1)
for n in N weight w[n]:
    latent z[n] ~ Categorical(p)
    observed y[n] ~ Normal(m[z[n]], 1)
""",
    "axes freely ordered": """\
dim i_, visit, t_
latent b ~ Normal(0, 1)
for t in t_:
    for i in i_:
        observed y[i, j in visit, t] ~ Normal(b, 1)
""",
    "whole dims": """\
dim N, D
data x[N, D]: real
latent alpha ~ Normal(0, 10)
latent beta[D] ~ Normal(0, 2.5)
observed y[N] ~ Normal(alpha + x @ beta, 1)
""",
    "rows of a dirichlet": """\
dim N, K = 3
latent move[K] ~ Dirichlet(ones(K))
latent z[N] ~ Categorical(move[0])
observed y[n in N] ~ Categorical(move[z[n]])
""",
    "two unnamed dims": """\
dim A, B
data x[A, B]: real
latent m[A, B] ~ Normal(x, 1)
observed y[A, B] ~ Normal(m, 1)
""",
    "ordered latent": """\
dim N, K = 3
latent mu: ordered[K] ~ Normal(0, 10)
latent z[N] ~ Categorical(ones(K) / K)
observed y[n in N] ~ Normal(mu[z[n]], 1)
""",
    "categorical weights": """\
dim N, K = 3
latent z[N] ~ Categorical(weights = ones(K))
observed y[n in N] ~ Normal(z[n], 1)
""",
    "categorical logits": """\
dim N, K = 3
latent b[K] ~ Normal(0, 1)
observed y[N] ~ Categorical(logits = b)
""",
    "truncated normal": """\
dim N
latent s ~ Normal(0, 5, lower=0)
observed y[n in N] ~ Normal(0, s)
""",
    "truncated poisson": """\
dim N
latent r ~ Exponential(1)
for n in N:
    latent c[n] ~ Poisson(r, upper=60)
    observed y[n] ~ Binomial(c[n], 0.5)
""",
    "truncated both": """\
dim N
latent s ~ Normal(0, 5, lower=-1, upper=1)
observed y[n in N] ~ Normal(s, 1)
""",
    "bounds of another name": """\
dim N
latent a ~ Uniform(0, 1)
latent b ~ Uniform(a, 1)
observed y[n in N] ~ Bernoulli(b)
""",
    "descriptions and comments": """\
# model
## the rows
dim N  # rows
## the mean
latent mu ~ Normal(0, 1)
# done
observed y[n in N] ~ Normal(mu, 1)
""",
    "line breaks in brackets": """\
dim N
latent mu ~ Normal(
    0,
  1,
)
observed y[n in N] ~ Normal(mu, 1)
""",
    "continuation by tilde": """\
dim N
latent mu
    ~ Normal(0, 1)
observed y[n in N] ~ Normal(mu, 1)
""",
    "unicode": """\
dim N
latent μ ~ Normal(0, 1)
observed y[n in N] ~ Normal(μ, 1)
""",
    "python words": """\
dim lambda, class
latent def[class] ~ Normal(0, 1)
observed None[lambda, class] ~ Normal(def[0], 1)
""",
    "declaration words as names": """\
dim data
latent param, let ~ Normal(0, 1)
observed observed[data] ~ Normal(param + let, 1)
""",
    "hidden built-ins": """\
dim N
latent exp, pi ~ Normal(0, 1)
observed y[N] ~ Normal(exp + pi, 1)
""",
    "arithmetic": """\
dim N
data x[N], z[N]: real
data k[N]: int
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(-b + x[n] * z[n] / 2 - +x[n] ^ 2 + k[n] % 3, 1)
""",
    "power of power": """\
dim N
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(2 ^ b ^ 2 - -b, 1)
""",
    "constants": """\
dim N
latent b ~ Uniform(-pi, pi)
latent f ~ Normal(0, 1, upper=inf)
observed y[n in N] ~ Normal(b + f, 1)
""",
    "booleans": """\
dim N
data f[N], g[N]: bool
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b if f[n] and not g[n] or true else 0, 1)
""",
    "bool arithmetic": """\
dim N
data f[N]: bool
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b * f[n] + (f[n] == 1), 1)
""",
    "comparisons": """\
dim N
data x[N]: real
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b if x[n] >= 1 and x[n] != 2 else -b, 1)
""",
    "label comparison": """\
dim N, arm = ["control", "drug"]
data a[N]: index(arm)
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b if a[n] == "drug" else 0, 1)
""",
    "label subscript": """\
dim N, arm = ["control", "drug"]
latent b[arm] ~ Normal(0, 1)
observed y[n in N] ~ Normal(b["drug"], 1)
""",
    "index comparison": """\
dim N, K = 3
data a[N], c[N]: index(K)
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b if a[n] == c[n] else 0, 1)
""",
    "index as a number": """\
dim N
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b * n / N, 1)
""",
    "lists": """\
dim N, K = 2
data x[N]: real
latent b ~ Normal(0, 1)
latent m[K] ~ Normal([0, 5], [1, 2])
observed y[n in N] ~ Normal([b, m[1], x[n]][1], 1)
""",
    "list as a simplex": """\
dim N
observed y[n in N] ~ Categorical([0.25, 0.5, 0.25])
""",
    "matrix list": """\
dim N
latent z[N] ~ Categorical([0.5, 0.5])
let P = [[0.9, 0.1], [0.2, 0.8]]
observed y[n in N] ~ Categorical(P[z[n]])
""",
    "comprehension": """\
dim N, D
data x[N, D]: real
latent b[D] ~ Normal(0, 1)
observed y[n in N] ~ Normal(sum([x[n, d] * b[d] for d in D]), 1)
""",
    "comprehension in a list dim": """\
dim N, K = 3
latent a ~ Normal(0, 1)
latent z[N] ~ Categorical(logits = [a * k for k in K])
observed y[n in N] ~ Normal(z[n], 1)
""",
    "reductions": """\
dim N, D
data x[N, D]: real
latent b[D] ~ Normal(0, 1)
let a = sum(b[d] for d in D) + prod(b[d] for d in D) + mean(b[d] for d in D)
let c = min(b[d] for d in D) + max(b[d] for d in D) + logsumexp(b[d] for d in D)
observed y[n in N] ~ Normal(sum(x[n, d] * b[d] for d in D) + a + c, 1)
""",
    "any all": """\
dim N, D
data f[N, D]: bool
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b if any(f[n, d] for d in D) or all(f[n, d] for d in D) else 0, 1)
""",
    "several for": """\
dim N, A, B
data x[A, B]: real
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b * sum(x[i, j] for i in A for j in B), 1)
""",
    "filter": """\
dim N, A
data x[A]: real
data a[A]: int
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b * sum(x[j] for j in A if a[j] == 1), 1)
""",
    "min with default": """\
dim N, A
data x[A]: real
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b * min(x[j] for j in A if x[j] > 0, default=1), 1)
""",
    "reduction over a part": """\
dim N
data x[N]: real
latent b ~ Normal(0, 1)
for n in N:
    observed y[n] ~ Normal(b * sum(x[m] for m in N[:n]), 1)
""",
    "partial index": """\
dim N, D
data x[N, D]: real
latent b[D] ~ Normal(0, 1)
observed y[n in N] ~ Normal(dot(x[n], b), 1)
""",
    "column": """\
dim N, D
data x[N, D]: real
latent b ~ Normal(0, 1)
observed y[N] ~ Normal(b * x[:, 0], 1)
""",
    "slice": """\
dim N
data x[N]: real
latent b ~ Normal(0, 1)
observed y ~ Normal(b * sum(x[1:]), 1)
""",
    "slice against a list": """\
dim N = 3
data x[N]: real
let d = x[1:] - x[:2]
latent b ~ Normal(0, 1)
observed y ~ Normal(b + sum(d), 1)
""",
    "trailing commas": """\
dim N
data x[N,]: real
latent b ~ Normal(0, 1,)
observed y[n in N,] ~ Normal(b + [x[n], 1,][0], 1)
""",
    "choice of distributions": """\
dim N
data f[N]: bool
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b, 1) if f[n] else Cauchy(b, 2)
""",
    "if on a latent": """\
dim T
latent s ~ DiscreteUniform(T)
latent a, b ~ Normal(0, 1)
observed y[t in T] ~ Normal(a if t < s else b, 1)
""",
    "bool subscripts": """\
dim N, two = 2
latent m[two] ~ Normal(0, 1)
latent z[N] ~ Bernoulli(0.5)
observed y[n in N] ~ Normal(m[z[n]], 1)
""",
    "latent reached by data": """\
dim R, item, K = 2
data of[R]: index(item)
latent p ~ Dirichlet(ones(K))
latent c[K] ~ Dirichlet(ones(K))
latent truth[item] ~ Categorical(p)
observed r[i in R] ~ Categorical(c[truth[of[i]]])
""",
    "one hot": """\
dim N, rater, K = 3
data by[N]: index(rater)
latent conf[j in rater, k in K] ~ Dirichlet(1 + 4 * one_hot(k, K))
latent z[N] ~ Categorical(ones(K) / K)
observed y[n in N] ~ Categorical(conf[by[n], z[n]])
""",
    "gamma by mean": """\
dim N
latent s ~ Gamma(mean=2, sd=1)
latent r ~ Gamma(shape=2, rate=1)
latent q ~ Gamma(shape=2, scale=1)
observed y[n in N] ~ Normal(q, r + s)
""",
    "negative binomial": """\
dim N
latent m ~ Exponential(1)
observed y[n in N] ~ NegativeBinomial(mean=m, dispersion=2)
""",
    "poisson log rate": """\
dim N
latent m ~ Normal(0, 1)
observed y[n in N] ~ Poisson(log_rate=m)
""",
    "multivariate": """\
dim N, D = 2
latent m[D] ~ Normal(0, 1)
latent L ~ LKJCholesky(D, 2)
latent s[D] ~ HalfNormal(1)
observed y[n in N]: real[D] ~ MultivariateNormal(m, scale_tril = diag(s) @ L)
""",
    "size one": """\
dim one = 1
latent b[one] ~ Normal(0, 1)
observed y[one] ~ Normal(b, 1)
""",
    "min of two": """\
dim N
data x[N]: real
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(min(b, x[n]) + max(b, 0), 1)
""",
    "coupled cells": """\
dim N = 3
latent z[N] ~ Bernoulli(0.5)
observed y ~ Normal(sum(z[n] for n in N), 1)
""",
    "whole latent array": """\
dim N = 3
latent z[N] ~ Bernoulli(0.5)
observed y ~ Normal(sum(z), 1)
""",
    "array of matrices": """\
dim N, D, E
data x[N, D]: real
latent W[D, E] ~ Normal(0, 1)
observed y[n in N, e in E] ~ Normal((x[n] @ W)[e], 1)
""",
    "scalar observed": """\
latent b ~ Normal(0, 1)
observed y ~ Normal(b, 1)
""",
    "int of a name": """\
data n: count
latent p ~ Beta(1, 1)
observed y ~ Binomial(n, p)
""",
    "beta by mean": """\
dim N
latent p ~ Beta(mean=0.5, concentration=2)
observed y[N] ~ Bernoulli(p)
""",
    "a model without observations": """\
latent b ~ Normal(0, 1)
""",
    "derived dim of another": """\
dim N, K = 3
dim M = K + 1
latent a[M] ~ Normal(0, 1)
observed y[n in N] ~ Normal(a[3], 1)
""",
    "crlf": "dim N\r\nfor n in N:\r\n    observed y[n] ~ Normal(0, 1)\r\n",
    "bom": "\ufeffdim N\nobserved y[n in N] ~ Normal(0, 1)\n",
    "no newline at the end": "dim N\nobserved y[n in N] ~ Normal(0, 1)",
    "matrix parameter": """\
dim N, D
param S: cov[D]
observed y[n in N]: real[D] ~ MultivariateNormal(zeros(D), covariance = S)
""",
    "positive vector": """\
dim N, D
param s: positive[D]
observed y[N, D] ~ Normal(0, 1)
factor -sum(s)
""",
    "labels in a list comparison": """\
dim N, a = ["x", "y"]
data g[N]: index(a)
let both[n in N] = g[n] == "x" or g[n] == "y"
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(b if both[n] else 0, 1)
""",
    "let of a let": """\
dim N
data x[N]: real
let a[n in N] = x[n] * 2
let b = mean(a)
latent c ~ Normal(0, 1)
observed y[n in N] ~ Normal(c + a[n] - b, 1)
""",
    "kernel free functions": """\
dim N
data x[N]: positive
latent b ~ Normal(0, 1)
observed y[n in N] ~ Normal(
    b * clamp(x[n], 0, 1) + lchoose(5, 2) + logaddexp(b, x[n]) + atan2(b, x[n]), 1
)
""",
    "two masses": """\
dim N
for n in N:
    latent z[n] ~ Bernoulli(0.5)
    observed y[n] ~ Poisson(3) if z[n] else Geometric(0.5)
""",
}  # fmt: skip


@pytest.mark.parametrize("feature", VALID)
def test_a_program_with_one_feature_checks_without_a_word(feature: str) -> None:
    model, found = check_text(VALID[feature])
    assert found == ()
    assert model is not None


@pytest.mark.parametrize("feature", VALID)
def test_a_program_with_one_feature_compiles_to_python(feature: str) -> None:
    program = compile_text(VALID[feature]).text
    functions = {n.name for n in ast.parse(program).body if isinstance(n, ast.FunctionDef)}
    assert "model" in functions


def test_the_default_of_a_minimum_over_nothing_reaches_the_program() -> None:
    text = " ".join(compile_text(VALID["min with default"]).text.split())
    assert "if A > 0 else torch.tensor(1)" in text
