"""The table of a fit: one row a cell, and its verdict in words."""

from typing import TYPE_CHECKING, Any

import numpy as np

from genlang.results.coordinates import cells

if TYPE_CHECKING:
    from genlang.results.fit import Fit

LARGE = 1e5  # from here on a number is shown with an exponent
QUANTILES = {"q5": 0.05, "q50": 0.5, "q95": 0.95}
FACTS = {
    "elbo": "ELBO",
    "log_density": "log density",
    "log_evidence": "log evidence",
}


def summary(fit: "Fit") -> dict[str, Any]:
    """Return rows (mean, sd, q5, q50, q95 by cell; null where there is one value) and the facts."""
    rows: list[dict[str, Any]] = []
    for variable, estimate in fit.estimates.items():
        for name, index, place in cells(variable, estimate.axes):
            every: tuple[slice | int, ...] = (slice(None), *place)
            drawn = estimate.draws[every].astype(float)
            if np.isnan(drawn).all():
                continue
            row: dict[str, Any] = {"name": name, "variable": variable, "index": index}
            row["mean"] = float(drawn.mean())
            row["sd"] = None if fit.point else float(drawn.std(ddof=1))
            for q, level in QUANTILES.items():
                row[q] = None if fit.point else float(np.quantile(drawn, level))
            rows.append(row)
    return {
        "model": fit.name,
        "method": fit.method,
        "seed": fit.seed,
        "rows": rows,
        "facts": dict(fit.facts),
        "faults": list(fit.faults),
    }


def verdict(fit: "Fit") -> str:
    """Return what was reached: a sentence, the checks that failed, notes."""
    parts = [f"{words} {fit.facts[key]:.2f}" for key, words in FACTS.items() if key in fit.facts]
    head = f"{fit.method}, seed {fit.seed}" + (f": {', '.join(parts)}" if parts else "")
    notes = "".join(f"\nnote: {note}" for note in fit.notes)
    if fit.faults:
        return f"{head}. Checks not passed:" + "".join(f"\n  - {f}" for f in fit.faults) + notes
    return f"{head}. All checks passed.{notes}"


def show(fit: "Fit", limit: int = 60) -> str:
    """Return the summary as a text table; rows beyond `limit` and constants are counted."""
    found = summary(fit)
    columns = ["mean"] if fit.point else ["mean", "sd", *QUANTILES]
    # Such as the zeros of a triangular matrix.
    varying = [row for row in found["rows"] if fit.point or row["sd"] != 0]
    cells = [["", *columns]]
    cells += [[row["name"], *(_number(row[c]) for c in columns)] for row in varying[:limit]]
    lines = aligned(cells) if varying else []
    if len(varying) > limit:
        rest = len(varying) - limit
        lines.append(f"... and {rest} more rows (`--format json` has them all)")
    constant = len(found["rows"]) - len(varying)
    if constant:
        lines.append(f"{constant} cells are constant and left out")
    return "\n".join([*lines, verdict(fit), ""])


def aligned(cells: list[list[str]]) -> list[str]:
    """Return lines with the first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  ".join([
            row[0].ljust(widths[0]),
            *(text.rjust(w) for text, w in zip(row[1:], widths[1:], strict=True)),
        ])
        for row in cells
    ]  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < LARGE else f"{value:.3e}"
