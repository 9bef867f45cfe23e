"""A plan's explanation as text."""

import textwrap

from genlang.plan.cost import Known, fixed, shown
from genlang.plan.explain import Elimination, Explanation, explain
from genlang.plan.plan import Plan


def show(plan: Plan, known: Known = fixed) -> str:
    """Return the variables in columns, the steps of the elimination with their costs, the formula.

    `known` gives sizes of dims, by default those that the model writes.
    """
    found = explain(plan, known)
    cells = [("", "role", "type", "loops", "")]
    cells += [
        (r.name, r.role, f"{r.type} {r.shape}".strip(), r.loops, r.treatment) for r in found.rows
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    lines = [
        "  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    if found.steps:
        lines += ["", "Summing out, in order:"]
        lines += [
            textwrap.fill(f"{i}. {s.words}: {_cost(s)}", 100, subsequent_indent="   ")
            for i, s in enumerate(found.steps, 1)
        ]
        lines += _total(found)
    lines += ["", *found.notes] if found.notes else []
    if found.likelihood:
        lines += ["", "The likelihood:", f"    {found.likelihood}".replace("\n", "\n    ")]
    return "\n".join(lines) + "\n"


def _cost(step: Elimination) -> str:
    number = "" if step.operations is None else f" = {step.operations:,.0f}"
    return f"{step.formula}{number} operations"


def _total(found: Explanation) -> list[str]:
    """The sum of all operations and the largest array, where the sizes are known."""
    operations = [s.operations for s in found.steps if s.operations is not None]
    largest = [s.bytes for s in found.steps if s.bytes is not None]
    if len(operations) < len(found.steps) or not largest:
        return []
    count, size = f"{sum(operations):,.0f}", shown(max(largest))
    return [f"In all {count} operations an evaluation; the largest array has {size}."]
