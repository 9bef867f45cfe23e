"""The faults of one set of data, collected; each names a column and its rows.

D101 kind of source     D102 given twice     D103 file     D104 rows of unequal length
D110 missing column     D111 number of axes  D112 unequal lengths    D113 size of a dim
D120 no number          D121 missing cell    D122 outside the type or support
D130 label              D131 codes           D140 require            D141 lengths
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.data.sources import Column
from genlang.diagnostics import Diagnostic

SHOWN = 5


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
    found = list(dict.fromkeys(repr(_plain(v)) for v in np.asarray(array)[bad].ravel()[:50]))
    return ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


class Faults(list[Diagnostic]):
    """A list of diagnostics with short ways to add one."""

    def at(self, code: str, message: str, column: Column, bad: NDArray[Any], **parts: str) -> None:
        """Add a fault of the cells of a column where `bad` is true."""
        where = rows(bad)
        place = f"{column.place}, {where}" if where else column.place
        self.append(Diagnostic(code, message, where=place, **parts))

    def of(self, code: str, message: str, columns: Iterable[Column], **parts: str) -> None:
        """Add a fault of whole columns."""
        places = "; ".join(c.place for c in columns)
        self.append(Diagnostic(code, message, where=places, **parts))
