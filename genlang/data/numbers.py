"""Cells -> numbers as float64, NaN where a cell is missing, wrong or does not exist."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.data.cells import Cells, is_missing
from genlang.data.faults import Faults, values

TRUTH = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0, "t": 1.0, "f": 0.0}
EXACT = 2.0**53  # greater integers are not exact as float64
COMMA = re.compile(r"[-+]?\d+,\d+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """Numbers, with the cells that are missing and those that are wrong (both NaN)."""

    found: NDArray[Any]
    missing: NDArray[Any]
    wrong: NDArray[Any]


def numbers(raw: Cells, faults: Faults, *, integers: bool, truth: bool = False) -> Parsed:
    """Read numbers; cells that are none are faults. `truth` allows true, false, yes, no."""
    there = raw.array[raw.exists]
    found = np.full(raw.array.shape, np.nan)
    wrong = np.zeros(raw.array.shape, dtype=bool)
    missing = np.zeros(raw.array.shape, dtype=bool)
    if there.dtype.kind in "fiub":
        found[raw.exists] = there
        missing = np.isnan(found) & raw.exists
    else:
        numeric = _quick(there)
        if numeric is None:
            parsed = _each(there.tolist(), truth=truth)
            numeric = np.array([np.nan if n is None else n for n in parsed])
            wrong[raw.exists] = np.array([n is None for n in parsed], dtype=bool)
            # What is no number after all, and not wrong, is missing.
            missing[raw.exists] = np.isnan(numeric) & ~wrong[raw.exists]
        found[raw.exists] = numeric
    if wrong.any():
        kind = "true or false (yes, no, 1, 0)" if truth else "numbers"
        message = f"`{raw.column.name}` must hold {kind}, here {values(raw.array, wrong)}"
        cells = raw.array[wrong]
        commas = all(isinstance(c, str) and COMMA.fullmatch(c.strip()) for c in cells)
        parts = {"help": "write a point for the decimal comma"} if commas else {}
        faults.at("D120", message, raw.column, raw.as_came(wrong), **parts)
    wrong |= _unusable(raw, found, faults, integers=integers)
    found[wrong] = np.nan
    return Parsed(found, missing, wrong)


def _unusable(raw: Cells, found: NDArray[Any], faults: Faults, *, integers: bool) -> NDArray[Any]:
    """Report infinite numbers, and those that are no exact integers where these are wanted."""
    endless: NDArray[Any] = np.isinf(found)
    if endless.any():
        message = f"`{raw.column.name}` is infinite, or too large for a floating-point number"
        faults.at("D120", message, raw.column, raw.as_came(endless))
    if not integers:
        return endless
    odd = np.isfinite(found) & (found != np.round(found))
    if odd.any():
        message = f"`{raw.column.name}` must hold integers, here {values(found, odd)}"
        faults.at("D122", message, raw.column, raw.as_came(odd))
    vast = np.isfinite(found) & (np.abs(found) > EXACT)
    if vast.any():
        message = f"`{raw.column.name}` holds integers beyond 2^53, here {values(raw.array, vast)}"
        why = "greater integers are not exact as floating-point numbers"
        faults.at("D122", message, raw.column, raw.as_came(vast), why=why)
    return np.asarray(endless | odd | vast)


def _quick(there: NDArray[Any]) -> NDArray[Any] | None:
    """Read cells that are all plain numbers; None where one is not."""
    cells = there.tolist()
    kinds = set(map(type, cells))
    if not kinds <= {str, float, int}:
        return None
    try:
        found = np.fromiter(map(float, cells), float, len(cells))
    except (ValueError, OverflowError):
        return None
    if len(kinds) > 1 and str in kinds:
        return None
    # What `float` reads and people do not write is looked at cell by cell: nan, 1_000.
    odd = np.isnan(found).any() or (kinds == {str} and "_" in "".join(cells))
    return None if odd else found


def _each(cells: list[Any], *, truth: bool) -> list[float | None]:
    """Read cells one by one; equal texts once."""
    known: dict[str, float | None] = {}
    found: list[float | None] = []
    for cell in cells:
        if type(cell) is float:
            found.append(cell)
        elif type(cell) is not str:
            found.append(_number(cell, truth=truth))
        else:
            if cell not in known:
                known[cell] = _number(cell, truth=truth)
            found.append(known[cell])
    return found


def _number(cell: Any, *, truth: bool) -> float | None:
    """The number of a cell: NaN where it is missing, None where it is no number."""
    if is_missing(cell):
        return float("nan")
    if isinstance(cell, str):
        text = cell.strip().lower()
        if truth and text in TRUTH:
            return TRUTH[text]
        if "_" in text:
            return None
        cell = text
    elif not hasattr(cell, "__float__"):
        return None  # a date, a list
    try:
        return float(cell)
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        return None
