"""The state of torch and Pyro while genlang computes; the only module that touches it.

Inside `session`: float64, threads by the size of the work, no argument checks of torch's
distributions (their branches cannot be vectorized; supports are checked by the programs), a seed,
and a parameter store of its own. All of it is put back afterwards.
"""

import contextlib
import os
from collections.abc import Iterator

import pyro
import torch
from pyro.params.param_store import ParamStoreDict
from torch.distributions import Distribution

# Below this many numbers a second thread costs more than it brings: 5 to 10 times, measured.
CELLS_PER_THREAD = 200_000


def threads(cells: int) -> int:
    """Return how many threads the work on an array of so many numbers deserves."""
    return max(1, min(os.cpu_count() or 1, cells // CELLS_PER_THREAD))


def params() -> ParamStoreDict:
    """Return Pyro's parameters, which belong to the session that is open."""
    return pyro.get_param_store()


@contextlib.contextmanager
def session(seed: int | None = None, cells: int = 0) -> Iterator[None]:
    """Within this block torch and Pyro are set up for genlang; `seed` fixes every draw."""
    dtype, count = torch.get_default_dtype(), torch.get_num_threads()
    checks = Distribution._validate_args  # noqa: SLF001 (torch has no getter)
    generator = torch.get_rng_state()
    store = params()
    saved = store.get_state() if len(store) else None
    store.clear()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(threads(cells))
    Distribution.set_default_validate_args(value=False)
    if seed is not None:
        torch.manual_seed(seed)
    try:
        with pyro.validation_enabled(is_validate=False):
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_num_threads(count)
        Distribution.set_default_validate_args(checks)
        torch.set_rng_state(generator)
        store.clear()
        if saved is not None:
            store.set_state(saved)
