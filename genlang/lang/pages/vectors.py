"""Vectors and matrices."""

from genlang.lang.pages.page import page

LKJ_NORM = (
    "sum((dim - k) * (lbeta(eta + (dim - 1 - k) / 2, eta + (dim - 1 - k) / 2)"
    " + (2 * eta + dim - 2 - k) * log(2)) for k in D[1:])"
)
GAMMAS = "df * D * log(2) / 2 - D * (D - 1) * log(pi) / 4 - sum(lgamma((df - i) / 2) for i in D)"
POSITIVE_DEFINITE = "y symmetric and positive definite"
ROWS = (
    page(
        "Dirichlet", "y[k] > 0, sum(y) = 1",
        "lgamma(sum(concentration))"
        " + sum((concentration[k] - 1) * log(y[k]) - lgamma(concentration[k]) for k in K)",
        stan="dirichlet(concentration)",
        bugs="ddirch(concentration)",
        scipy="dirichlet(concentration)",
        r="extraDistr::ddirichlet(y, concentration)",
        pymc='pm.Dirichlet("y", a=concentration)',
        pyro="dist.Dirichlet(concentration)",
    ),
    page(
        "MultivariateNormal", "any real y[k]",
        "-quad_form(inverse(covariance), y - loc) / 2 - logdet(2 * pi * covariance) / 2",
        stan=("multi_normal(loc, covariance)", "multi_normal_cholesky(loc, scale_tril)",
              "multi_normal_prec(loc, precision)"),
        bugs=("dmnorm(loc, inverse(covariance))", "", "dmnorm(loc, precision)"),
        scipy="multivariate_normal(loc, covariance)",
        r="mvtnorm::dmvnorm(y, loc, covariance)",
        pymc=('pm.MvNormal("y", mu=loc, cov=covariance)',
              'pm.MvNormal("y", mu=loc, chol=scale_tril)',
              'pm.MvNormal("y", mu=loc, tau=precision)'),
        pyro=("dist.MultivariateNormal(loc, covariance)",
              "dist.MultivariateNormal(loc, scale_tril=scale_tril)",
              "dist.MultivariateNormal(loc, precision_matrix=precision)"),
        others=("covariance = scale_tril @ transpose(scale_tril)",
                "covariance = inverse(precision)"),
        notes="BUGS and JAGS take a precision",
    ),
    page(
        "MultivariateStudentT", "any real y[k]",
        "lgamma((df + K) / 2) - lgamma(df / 2) - K * log(df * pi) / 2"
        " - logdet(scale_tril) - (df + K) / 2"
        " * log1p(quad_form(inverse(scale_tril @ transpose(scale_tril)), y - loc) / df)",
        stan="multi_student_t_cholesky(df, loc, scale_tril)",
        bugs="dmt(loc, inverse(scale_tril %*% t(scale_tril)), df)",
        scipy="multivariate_t(loc, scale_tril @ scale_tril.T, df)",
        r="mvtnorm::dmvt(y, loc, scale_tril %*% t(scale_tril), df, log = FALSE)",
        pymc='pm.MvStudentT("y", nu=df, mu=loc, chol=scale_tril)',
        pyro="dist.MultivariateStudentT(df, loc, scale_tril)",
        notes=("the covariance is df / (df - 2) times scale_tril @ transpose(scale_tril)",
               "the density of `mvtnorm` is a log unless told otherwise"),
    ),
    page(
        "LowRankMultivariateNormal", "any real y[k]",
        "-quad_form(inverse(factor @ transpose(factor) + diag(diagonal)), y - loc) / 2"
        " - logdet(2 * pi * (factor @ transpose(factor) + diag(diagonal))) / 2",
        stan="multi_normal(loc, factor * factor' + diag_matrix(diagonal))",
        bugs="",
        scipy="multivariate_normal(loc, factor @ factor.T + np.diag(diagonal))",
        r="mvtnorm::dmvnorm(y, loc, factor %*% t(factor) + diag(diagonal))",
        pymc='pm.MvNormal("y", mu=loc, cov=factor @ factor.T + np.diag(diagonal))',
        pyro="dist.LowRankMultivariateNormal(loc, factor, diagonal)",
    ),
    page(
        "GaussianProcess", "any real y[k]",
        "-quad_form(inverse(kernel + noise^2 * eye(K)), y) / 2"
        " - logdet(2 * pi * (kernel + noise^2 * eye(K))) / 2",
        stan="multi_normal(zeros_vector(size(x)), add_diag(kernel, noise^2))",
        bugs="",
        scipy="multivariate_normal(np.zeros(len(x)), kernel + noise**2 * np.eye(len(x)))",
        r="mvtnorm::dmvnorm(y, sigma = kernel + noise^2 * diag(length(x)))",
        pymc='pm.MvNormal("y", mu=np.zeros(len(x)), cov=kernel + noise**2 * np.eye(len(x)))',
        pyro="dist.MultivariateNormal(torch.zeros(len(x)), kernel + noise**2 * torch.eye(len(x)))",
        notes=(
            "the kernel is `rbf`, `matern32`, `matern52` or `periodic` without its points:",
            "`GaussianProcess(x, rbf(length=2), noise=0.1)`; `kernel` above is its matrix",
            "1e-9 of the mean of its diagonal is added there: close points leave it regular",
            "`rbf(length=, scale=)` is `gp_exp_quad_cov(x, scale, length)` of Stan",
        ),
    ),
    page(
        "ZeroSumNormal", "sum(y) = 0",
        "-sum((y[k] / scale)^2 / 2 for k in K) - (dim - 1) * log(2 * pi * scale^2) / 2",
        stan="",
        bugs="",
        scipy="multivariate_normal(np.zeros(dim), scale**2 * (np.eye(dim) - 1 / dim),"
        " allow_singular=True)",
        r="",
        pymc='pm.ZeroSumNormal("y", sigma=scale, shape=dim)',
        pyro="",
        notes=(
            "where a type gives it `dim` is left out: `latent e: real[K] ~ ZeroSumNormal(1)`",
            "Stan has the type, `sum_to_zero_vector[dim] y`; after `y ~ normal(0, scale)` add",
            "`target += log(scale)` where `scale` is unknown: there are dim - 1 free elements",
        ),
    ),
    page(
        "LKJ", "y a matrix of correlations, dim by dim",
        f"(eta - 1) * logdet(y) - {LKJ_NORM}",
        stan="lkj_corr(eta)",
        bugs="",
        scipy="",
        r="",
        pymc='pm.LKJCorr("y", n=dim, eta=eta, return_matrix=True)',
        pyro="dist.LKJ(dim, eta)",
        notes=("uniform where eta = 1",
               "the density of PyMC 5 is off by a factor that depends on eta alone"),
    ),
    page(
        "Wishart", POSITIVE_DEFINITE,
        "(df - D - 1) / 2 * logdet(y) - df / 2 * logdet(scale)"
        f" - sum((inverse(scale) @ y)[i, i] for i in D) / 2 - {GAMMAS}",
        stan="wishart(df, scale)",
        bugs="dwish(inverse(scale), df)",
        scipy="wishart(df, scale)",
        r="MCMCpack::dwish(y, df, scale)",
        pymc='pm.Wishart("y", nu=df, V=scale)',
        pyro="dist.Wishart(df, scale)",
        notes=("BUGS and JAGS take the inverse of the scale", "PyMC rounds `df` down"),
    ),
    page(
        "InverseWishart", POSITIVE_DEFINITE,
        "df / 2 * logdet(scale) - (df + D + 1) / 2 * logdet(y)"
        f" - sum((scale @ inverse(y))[i, i] for i in D) / 2 - {GAMMAS}",
        stan="inv_wishart(df, scale)",
        bugs="y <- inverse(z); z ~ dwish(scale, df)",
        scipy="invwishart(df, scale)",
        r="MCMCpack::diwish(y, df, scale)",
        pymc="",
        pyro="",
    ),
    page(
        "LKJCholesky", "y the lower triangular factor of a matrix of correlations, dim by dim",
        "sum((dim - k - 1 + 2 * (eta - 1)) * log(y[k, k]) for k in D[1:])"
        f" - {LKJ_NORM}",
        stan="lkj_corr_cholesky(eta)",
        bugs="",
        scipy="",
        r="",
        pymc="",
        pyro="dist.LKJCholesky(dim, eta)",
        notes="`LKJCholeskyCov` of PyMC scales the factor by standard deviations, which here are"
        " drawn by a statement of their own",
    ),
    page(
        "Multinomial", "y[k] = 0, 1, 2, ..., sum(y) = total",
        "lgamma(total + 1) + sum(y[k] * log(probs[k]) - lgamma(y[k] + 1) for k in K)",
        stan="multinomial(probs)",
        bugs="dmulti(probs, total)",
        scipy="multinomial(total, probs)",
        r="dmultinom(y, total, probs)",
        pymc='pm.Multinomial("y", n=total, p=probs)',
        pyro="dist.Multinomial(total, probs)",
        notes="Stan takes the total from y",
    ),
    page(
        "DirichletMultinomial", "y[k] = 0, 1, 2, ..., sum(y) = total",
        "lgamma(total + 1) + lgamma(sum(concentration)) - lgamma(total + sum(concentration))"
        " + sum(lgamma(y[k] + concentration[k]) - lgamma(concentration[k]) - lgamma(y[k] + 1)"
        " for k in K)",
        stan="dirichlet_multinomial(concentration)",
        bugs="",
        scipy="dirichlet_multinomial(concentration, total)",
        r="extraDistr::ddirmnom(y, total, concentration)",
        pymc='pm.DirichletMultinomial("y", n=total, a=concentration)',
        pyro="dist.DirichletMultinomial(concentration, total)",
        notes="Stan takes the total from y",
    ),
)  # fmt: skip
