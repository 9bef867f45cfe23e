"""Labels from a Gaussian process over points in the plane, a length for each coordinate."""

import pyro

from genlang.runtime import exact


def model(data):
    N, D = data.N, data.D

    # latent length[D] ~ LogNormal(0, 0.5)
    length = pyro.sample("length", exact.LogNormal(0.0, 0.5).expand([D]).to_event(1))
    # latent scale ~ HalfNormal(2)
    scale = pyro.sample("scale", exact.HalfNormal(2.0))
    # let z[n in N, d in D] = x[n, d] / length[d]
    z = data.x / length  # N D
    # latent f: real[N] ~ GaussianProcess(z, rbf(length=1, scale=scale), noise=0.01)
    f = pyro.sample("f", exact.GaussianProcess(exact.rbf(z, z, 1.0, scale), 0.01, jitter=1e-9))

    with pyro.plate("N", N, dim=-1):
        # observed y[n in N] ~ Bernoulli(logits=f[n])
        pyro.sample("y", exact.BernoulliLogits(f), obs=data.y)


joint = model  # nothing to sum out
