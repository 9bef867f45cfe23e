"""How many fish are in a lake: caught, marked, and caught again."""

import pyro
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.cells import values_between
from genlang.runtime.reductions import states, sum_out


def model(data):
    others_values = values_between(0, data.most)

    # latent others ~ DiscreteUniform(0, most)
    log_others = (
        exact.DiscreteUniform(0, data.most).log_prob(others_values)
        + states("others", len(others_values))
    )
    # observed again ~ Hypergeometric(marked + others, marked, caught)
    log_again = exact.Hypergeometric(
        data.marked + others_values, data.marked, data.caught
    ).log_prob(data.again)
    pyro.factor("again", sum_out(log_others + log_again))


@config_enumerate
def joint(data):
    # latent others ~ DiscreteUniform(0, most)
    others = pyro.sample("others", exact.DiscreteUniform(0, data.most))
    # observed again ~ Hypergeometric(marked + others, marked, caught)
    pyro.sample(
        "again",
        exact.Hypergeometric(data.marked + others, data.marked, data.caught),
        obs=data.again,
    )
