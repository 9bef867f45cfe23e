"""Proper distributions on the supports of continuous latents whose density stands in a factor."""

STAND_IN = {
    "real": "dist.Normal(0.0, 1.0)",
    "positive": "dist.LogNormal(0.0, 1.0)",
    "nonneg": "dist.LogNormal(0.0, 1.0)",
    "unit": "dist.Beta(1.0, 1.0)",
}
# On a set of vectors or matrices of size {0}.
STAND_IN_SETS = {
    "simplex": "exact.Dirichlet(torch.ones({0}))",
    "zero_sum": "exact.ZeroSumNormal(1.0, {0})",
    "corr": "exact.LKJ({0}, 1.0)",
    "cholesky_corr": "exact.LKJCholesky({0}, 1.0)",
    "cov": "exact.Wishart({0} + 1.0, torch.eye({0}))",
}
