"""The age of skeletons by graded indicators, some unseen: a graded response model, known items."""

import pyro
import pyro.distributions as dist

from genlang.runtime import exact


def model(data):
    child, indicator = data.child, data.indicator

    # latent theta[i] ~ Normal(0, 6)
    theta = pyro.sample("theta", dist.Normal(0.0, 6.0).expand([child]).to_event(1))

    with pyro.plate("child", child, dim=-2), pyro.plate("indicator", indicator, dim=-1):
        # observed grade[i, j] ~ OrderedLogistic(delta[j] * theta[i], delta[j] * gamma[j])
        pyro.sample(
            "grade",
            exact.OrderedLogistic(
                data.delta * theta[:, None], data.delta[:, None] * data.gamma
            ).mask(data.grade_seen != 0),
            obs=data.grade,
        )


joint = model  # nothing to sum out
