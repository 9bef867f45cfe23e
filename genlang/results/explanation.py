"""A plan's explanation as text."""

import textwrap

from genlang.plan.explain import explain
from genlang.plan.plan import Plan


def show(plan: Plan) -> str:
    """Return aligned columns of all variables, then the steps of the elimination."""
    found = explain(plan)
    cells = [("", "role", "type", "loops", "")]
    cells += [
        (r.name, r.role, f"{r.type} {r.shape}".strip(), r.loops, r.treatment) for r in found.rows
    ]
    cells = [(n, r, t, lo, w) for n, r, t, lo, w in cells]
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    lines = [
        "  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    if found.steps:
        lines += ["", "Summing out, in order:"]
        lines += [
            textwrap.fill(f"{i}. {s}", 100, subsequent_indent="   ")
            for i, s in enumerate(found.steps, 1)
        ]
    lines += ["", *found.notes] if found.notes else []
    return "\n".join(lines) + "\n"
