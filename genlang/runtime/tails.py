"""Distribution functions: the probability at or below a value, and the log of that above it.

    cdf(law, x)      log_sf(law, x)      log_cdf(law, x)

Continuous distributions have them in closed form; those of counts are incomplete gamma and beta
functions (DLMF 8.11.11, 8.17.5), those of finitely many values sums.
"""

import math
from typing import Any

import torch
from torch import Tensor

from genlang.runtime import real
from genlang.runtime.incomplete import nodes
from genlang.runtime.law import real as as_real
from genlang.runtime.special import log, log_difference

NARROW = 1e-3


def tailed(law: Any) -> Any:
    """Return a distribution with `log_cdf` and `log_sf`: torch's own ones as those of `real`.

    Raises TypeError for a distribution without them.
    """
    match law:
        case torch.distributions.Normal(loc=loc, scale=scale):
            return real.Normal(loc, scale)
        case torch.distributions.Laplace(loc=loc, scale=scale):
            return real.Laplace(loc, scale)
        case _ if hasattr(law, "log_cdf"):
            return law
        case _:
            raise TypeError(type(law).__name__)


def cdf(law: Any, value: Tensor | float) -> Tensor:
    """Return the probability at or below a value."""
    return log_cdf(law, value).exp()


def log_cdf(law: Any, value: Tensor | float) -> Tensor:
    """Return the log of the probability at or below a value."""
    found: Tensor = tailed(law).log_cdf(as_real(value))
    return found


def log_between(law: Any, low: Tensor, high: Tensor) -> Tensor:
    """Return the log of the probability above one end and up to another, in the nearer tail.

    Where that is less than `NARROW` of the tail, the difference has lost digits: it is then the
    integral of the density, where that is smooth, by Gauss and Legendre's rule.
    """
    law = tailed(law)
    upper = law.log_cdf(low).detach() > -math.log(2)
    far = torch.where(upper, law.log_sf(high), law.log_cdf(low))
    near = torch.where(upper, law.log_sf(low), law.log_cdf(high))
    found = log_difference(near, torch.minimum(near, far))
    if not isinstance(law, real.LocationScale) or isinstance(law, real.Laplace):
        return found
    narrow = (found - near).detach() < math.log(NARROW)
    places, weights = nodes(torch.where(narrow, high - low, 0.0))
    top = law.log_prob(torch.where(narrow, 0.5 * (low + high), 0.0)).detach()
    shares = torch.exp((law.log_prob(torch.where(narrow, low + places, 0.0)) - top).clamp(max=50))
    return torch.where(narrow, top + log((weights * shares).sum(0)), found)


def log_sf(law: Any, value: Tensor | float) -> Tensor:
    """Return the log of the probability above a value."""
    found: Tensor = tailed(law).log_sf(as_real(value))
    return found
