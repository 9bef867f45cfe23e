"""Draws of everything from the prior: the `joint` program run forward by Pyro."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from pyro import poutine

from genlang.diagnostics import Diagnostic, ModelError


def simulate(joint: Callable[..., None], data: SimpleNamespace) -> dict[str, Any]:
    """Return one draw of every latent and observed site, as arrays by name.

    Raises ModelError (E802) where a distribution is improper and cannot be drawn from.
    """
    try:
        with torch.no_grad():
            trace = poutine.trace(poutine.uncondition(joint)).get_trace(data)
    except NotImplementedError:
        message = "the model cannot be simulated: a distribution in it is improper"
        raise ModelError(
            [Diagnostic("E802", message, help="give `Flat` unknowns a prior")]
        ) from None
    found: dict[str, Any] = {}
    nodes: dict[str, Any] = trace.nodes  # Pyro's type leaves every field open
    for name, site in nodes.items():
        if site["type"] != "sample" or _hidden(site):
            continue
        value = site["value"]
        depth = -min((f.dim for f in site["cond_indep_stack"]), default=0)
        plates = {f.dim for f in site["cond_indep_stack"]}
        event = len(site["fn"].event_shape)
        # The dims between plates have one cell each.
        for dim in range(-1, -depth - 1, -1):
            if dim not in plates:
                value = value.squeeze(dim - event)
        found[name] = value.numpy()
    return found


def _hidden(site: dict[str, Any]) -> bool:
    return type(site["fn"]).__name__ in ("_Subsample", "Unit") or site["name"].startswith("_")
