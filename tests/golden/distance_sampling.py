"""Animals seen from a line, fewer the farther away: the share seen follows from the distances."""

import pyro
import torch

from genlang.runtime import exact


def model(data):
    animal, transect = data.animal, data.transect

    # latent spread ~ HalfNormal(2)
    spread = pyro.sample("spread", exact.HalfNormal(2.0))
    # latent density ~ Gamma(shape=2, rate=0.1)
    density = pyro.sample("density", exact.Gamma(2.0, 0.1))
    # let share = (normal_cdf(reach / spread) - 0.5) * sqrt(2 * pi) * spread / reach
    share = (
        (exact.normal_cdf(data.reach / spread) - 0.5)
        * torch.sqrt(torch.tensor(2 * 3.141592653589793))
        * spread
        / data.reach
    )

    with pyro.plate("animal", animal, dim=-1):
        # observed away[a in animal] ~ HalfNormal(spread, upper=reach)
        pyro.sample(
            "away", exact.truncated(exact.HalfNormal(spread), None, data.reach), obs=data.away
        )

    with pyro.plate("transect", transect, dim=-1):
        # observed seen[t in transect] ~ Poisson(density * share)
        pyro.sample("seen", exact.Poisson(density * share), obs=data.seen)


joint = model  # nothing to sum out
