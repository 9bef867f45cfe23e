"""Plan -> Python text: `model(data)` with discrete latents summed out, `joint(data)` as written.

Both are ordinary Pyro programs. In `model` every statement that reads a summed-out latent becomes
one named term over plates and states; the plan's steps add the terms up, sum states out, and leave
`pyro.factor`s inside the plates of what remains. In `joint` every variable is sampled. `after`,
where there is something for it, draws and computes what waits for the states. `nets` makes the
modules of the networks, which stand in `data` by name; `guide` is the guide of the model, if any.
"""

import re

from genlang.emit.after import After
from genlang.emit.guide import Guide
from genlang.emit.joint import Joint
from genlang.emit.local import subscripted
from genlang.emit.nets import makers
from genlang.emit.summed import Summed
from genlang.emit.writer import WIDTH
from genlang.plan.plan import Plan
from genlang.plan.rewrite import loops_of

HELPERS = (
    "by_profile", "log_bernoulli", "log_categorical", "log_uniform", "only", "profiles",
    "segment_sum", "split_sum", "stack", "states", "sum_out", "weighted",
)  # fmt: skip

# What a program imports, by a sign that it uses it.
IMPORTS = {
    r"pyro\.": "import pyro",
    r"dist\.": "import pyro.distributions as dist",
    r"torch\.": "import torch",
    r"constraints\.": "from pyro.distributions import constraints",
    "config_enumerate": "from pyro.infer import config_enumerate",
}
# Helpers of modules of their own.
APART = {
    "genlang.runtime.cells": ("clamped", "filled", "values_between"),
    "genlang.runtime.chains": ("sum_chain", "sum_tree"),
    "genlang.runtime.nets": ("Foreign", "Mlp"),
    "genlang.runtime.steps": ("chosen", "drawn", "parents_first", "stacked"),
    "genlang.runtime.totals": ("fold_cells",),
}


def emit(plan: Plan) -> str:
    """Return the program of a plan: deterministic, formatted Python text."""
    functions = [makers(plan)] if plan.model.nets else []
    functions.append(Summed(plan).text())
    drawn = subscripted(plan)
    joint = Joint(drawn)
    apart = not joint.plain or any(loop.weight for s in plan.statements for loop in loops_of(s))
    functions.append(joint.text() if apart else "joint = model  # nothing to sum out\n")
    after = After(drawn)
    if after.needed:
        functions.append(after.text())
    if plan.model.guide is not None:
        functions.append(Guide(plan).text())
    body = "\n\n".join(functions)
    imports = [line for sign, line in IMPORTS.items() if re.search(rf"\b{sign}", body)]
    own = ["from genlang.runtime import exact"] if "exact." in body else []
    for module, names in sorted({**APART, "genlang.runtime.reductions": HELPERS}.items()):
        used = [h for h in names if f"{h}(" in body or f"{h}." in body]
        line = f"from {module} import {', '.join(used)}"
        if len(line) > WIDTH:
            line = f"from {module} import (\n    " + ",\n    ".join(used) + ",\n)"
        own += [line] if used else []
    math = ["import math\n"] if "math." in body else []
    blocks = [_title(plan), "\n".join([*math, *imports])]
    if own:
        blocks.append("\n".join(own))
    return "\n\n".join(blocks) + "\n\n\n" + body


def _title(plan: Plan) -> str:
    first = plan.model.source.text.lstrip().split("\n", 1)[0]
    words = first.lstrip("# ").strip() if first.startswith("#") else _file(plan.model.source.name)
    words = words.replace("\\", "").replace('"', "'")
    return f'"""{words.rstrip(".")}."""'


def _file(name: str) -> str:
    """The last part of a path."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]
