"""The faults of one set of data, collected; each names a column and its rows.

D101 kind of source     D102 given twice     D103 file     D104 rows of unequal length
D110 missing column     D111 number of axes  D112 unequal lengths    D113 size of a dim
D120 no number          D121 missing cell    D122 outside the type or support
D123 parameter          D130 label           D131 codes    D132 tree
D140 require            D141 lengths         D142 subscript or part out of range
D143 nothing to reduce  D144 list of another size            D190 not supported yet
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.data.sources import Column
from genlang.diagnostics import Diagnostic
from genlang.source import Span

SHOWN = 5
VALUES = 3


def rows(bad: NDArray[Any]) -> str:
    """Return where a mask is true, counted from 1: `row 3`, `rows 3, 5 and 12 more`, `cells`."""
    places = np.argwhere(bad)
    if bad.ndim == 0:
        return ""
    if bad.ndim == 1:
        shown = ", ".join(str(int(p[0]) + 1) for p in places[:SHOWN])
        word = "row" if len(places) == 1 else "rows"
    else:
        shown = ", ".join(f"[{', '.join(str(int(i) + 1) for i in p)}]" for p in places[:SHOWN])
        word = "cell" if len(places) == 1 else "cells"
    more = len(places) - SHOWN
    return f"{word} {shown}" + (f" and {more} more" if more > 0 else "")


def values(array: NDArray[Any], bad: NDArray[Any]) -> str:
    """Return the first offending values, each once."""
    found = list(dict.fromkeys(shown(v) for v in np.asarray(array)[bad].ravel()[:50]))
    return ", ".join(found[:VALUES]) + (", ..." if len(found) > VALUES else "")


def shown(value: Any) -> str:
    """Write a value as in a message: numbers without needless digits, text in quotes."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isfinite(value):
        return f"{value:.6g}" if value != int(value) else str(int(value))
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:36]}...{text[-1]}"


class Faults(list[Diagnostic]):
    """A list of diagnostics with short ways to add one."""

    def at(
        self,
        code: str,
        message: str,
        column: Column,
        bad: NDArray[Any],
        *,
        why: str = "",
        help: str = "",  # noqa: A002 (the part of a diagnostic)
    ) -> None:
        """Add a fault of the cells of a column where `bad` is true."""
        place = column.place
        if column.parts and bad.ndim and bad.shape[-1] == len(column.parts):
            # Columns side by side: name those with faults, and their rows.
            every = np.asarray(bad.reshape(-1, len(column.parts)).any(0))
            names = [n for n, wrong in zip(column.parts, every, strict=True) if wrong]
            place = column.named(", ".join(f"`{n}`" for n in names))
            bad = np.asarray(bad.any(-1))
        where = ", ".join(part for part in (place, rows(bad)) if part)
        self.append(Diagnostic(code, message, where=where, why=why, help=help))

    def of(
        self,
        code: str,
        message: str,
        columns: Iterable[Column],
        span: Span | None = None,
        *,
        why: str = "",
        help: str = "",  # noqa: A002 (the part of a diagnostic)
    ) -> None:
        """Add a fault of whole columns, or of a place in the model."""
        places = "; ".join(c.place for c in columns)
        self.append(Diagnostic(code, message, span, where=places, why=why, help=help))
