"""Two inhalers compared on an ordered scale, by patients who used both."""

import pyro
import pyro.distributions as dist
import torch

from genlang.runtime import exact


def model(data):
    patient, period, cut = data.patient, data.period, data.cut
    t = torch.arange(period)

    # latent cuts: ordered[cut] ~ Normal(0, 3)
    cuts = pyro.sample("cuts", exact.Ordered(dist.Normal(0.0, 3.0), cut))
    # latent effect, order ~ Normal(0, 1)
    effect = pyro.sample("effect", dist.Normal(0.0, 1.0))
    order = pyro.sample("order", dist.Normal(0.0, 1.0))
    # latent sd ~ HalfNormal(1)
    sd = pyro.sample("sd", exact.HalfNormal(1.0))
    # latent own[p] ~ Normal(0, sd)
    own = pyro.sample("own", dist.Normal(0.0, sd).expand([patient]).to_event(1))
    # let eta = effect * treat[p, t] + order * t + own[p]
    eta = effect * data.treat + order * t + own[:, None]  # patient period

    with pyro.plate("patient", patient, dim=-2), pyro.plate("period", period, dim=-1):
        # observed grade[p, t] ~ OrderedLogistic(eta, cuts)
        pyro.sample("grade", exact.OrderedLogistic(eta, cuts), obs=data.grade)


joint = model  # nothing to sum out
