"""Which labels a dim has, and which position a cell of type `index(D)` names (LANGUAGE, 9)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Dim
from genlang.data.cells import Cells, distinct, is_missing
from genlang.data.faults import Faults, values
from genlang.data.numbers import Parsed
from genlang.data.table import Label
from genlang.diagnostics import suggest

# `007` is text: as a number it would lose what it says.
INTEGER = re.compile(r"-?(0|[1-9]\d*)(\.0*)?")
DIGITS = "-0123456789"
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Codes:
    """How cells name the elements of a dim: by label, or by integers that count from `start`."""

    labels: tuple[Label, ...] = ()
    start: int | None = None
    size: int | None = None

    @property
    def count(self) -> int | None:
        """The number of elements, where the labels tell."""
        return len(self.labels) if self.labels else self.size


def plain(cell: Any) -> Label:
    """Return a cell as a label: an int where it is one in writing, else text."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, int) or (isinstance(cell, float) and cell.is_integer()):
        return int(cell)
    text = str(cell).strip()
    if text[:1] not in DIGITS:
        return text
    return int(text.partition(".")[0]) if INTEGER.fullmatch(text) else text


def ordered(labels: set[Label], first: Iterable[Label] = ()) -> tuple[Label, ...]:
    """Sort labels, after some whose order is given: integers by number, else all as text."""
    every = tuple(dict.fromkeys([*first, *sorted(labels, key=str)]))
    if not all(isinstance(v, int) for v in every):
        return tuple(dict.fromkeys(map(str, every)))
    rest = labels - set(first)
    return (*dict.fromkeys(first), *sorted(v for v in rest if isinstance(v, int)))


def decide(dim: Dim, size: int | None, columns: list[Cells], faults: Faults) -> Codes | None:
    """Decide once, over all columns of a dim, what its cells mean; None if that is a fault."""
    seen: set[Label] = set()
    categories: dict[Label, None] = {}
    for raw in columns:
        categories |= dict.fromkeys(plain(c) for c in raw.column.categories)
        every, _ = distinct(raw.array[raw.exists])
        seen |= {plain(cell) for cell in every if not is_missing(cell)}
    whole = {v for v in seen if isinstance(v, int)}
    numbered = len(whole) == len(seen)
    if dim.labels is not None:
        # Labels written in the model win; integers that are none of them are codes.
        if seen and numbered and not any(str(v) in dim.labels for v in whole):
            return _numbered(dim, len(dim.labels), whole, columns, faults, dim.labels)
        return Codes(dim.labels)
    if not categories and numbered and (size is not None or dim.start is not None):
        if size is None:
            size = max(whole, default=(dim.start or 0) - 1) - (dim.start or 0) + 1
        return _numbered(dim, size, whole, columns, faults)
    labels = ordered(seen, categories)
    stray = len(seen) - len(whole)
    if size is not None and stray < len(whole) and len(labels) > size and not categories:
        # Integers with stray text among them: the cells that are text name no element.
        return _numbered(dim, size, whole, columns, faults)
    if size is not None and len(labels) != size:
        _miscounted(dim, size, labels, columns, faults)
        return None
    return Codes(labels)


def _miscounted(
    dim: Dim, size: int, labels: tuple[Label, ...], columns: list[Cells], faults: Faults
) -> None:
    message = f"`{dim.name}` has {size} elements, its columns name {len(labels)}: {listed(labels)}"
    edit = f"write `dim {dim.name} = {len(labels)}`, or leave the size out"
    if len(labels) < size:
        edit = f'write the labels in the model: `dim {dim.name} = ["{labels[0]}", ...]`'
    faults.of("D130", message, [c.column for c in columns], help=edit)


def listed(labels: tuple[Label, ...]) -> str:
    """Write the first labels."""
    return ", ".join(map(str, labels[:SHOWN])) + (", ..." if len(labels) > SHOWN else "")


def _numbered(
    dim: Dim,
    size: int,
    seen: set[int],
    columns: list[Cells],
    faults: Faults,
    labels: tuple[Label, ...] = (),
) -> Codes | None:
    """Whether integers count from 0 or from 1; what cannot be told is a fault."""
    if dim.start is not None:
        return Codes(labels, dim.start, size)
    if 0 in seen and size in seen:
        why = f"both 0 and {size} occur, so they count neither from 0 nor from 1"
    elif 0 in seen or not seen:
        return Codes(labels, 0, size)
    elif size in seen:
        return Codes(labels, 1, size)
    else:
        why = f"neither 0 nor {size} occurs, so they may count from 0 or from 1"
    edit = f"write `dim {dim.name} = {size} from 0` or `dim {dim.name} = {size} from 1`"
    if dim.labels is not None:
        edit = f"write labels in the data: {listed(dim.labels)}"
    faults.of(
        "D131",
        f"the integers of `{dim.name}` are ambiguous",
        [c.column for c in columns],
        why=why,
        help=edit,
    )
    return None


def positions(raw: Cells, dim: Dim, codes: Codes, faults: Faults) -> Parsed:
    """Return the positions that the cells name."""
    found = np.full(raw.array.shape, np.nan)
    missing = np.zeros(raw.array.shape, dtype=bool)
    wrong = np.zeros(raw.array.shape, dtype=bool)
    every, which = distinct(raw.array[raw.exists])
    places = {label: i for i, label in enumerate(codes.labels)}
    empty = [is_missing(cell) for cell in every]
    at = [
        None if e else _position(plain(c), places, codes) for c, e in zip(every, empty, strict=True)
    ]
    table = np.array([np.nan if p is None else p for p in at], dtype=float)
    found[raw.exists] = table[which]
    missing[raw.exists] = np.array(empty, dtype=bool)[which]
    wrong[raw.exists] = np.isnan(table)[which]
    wrong &= ~missing
    if wrong.any():
        _report(raw, wrong, dim, codes, faults)
    return Parsed(found, missing, wrong)


def _position(label: Label, places: dict[Label, int], codes: Codes) -> int | None:
    if codes.start is not None and isinstance(label, int):
        position = label - codes.start
        inside = 0 <= position < (codes.size if codes.size is not None else position + 1)
        return position if inside else None
    return places.get(label, places.get(str(label)))


def _report(raw: Cells, wrong: NDArray[Any], dim: Dim, codes: Codes, faults: Faults) -> None:
    message = f"`{raw.column.name}` names no element of `{dim.name}`: {values(raw.array, wrong)}"
    if codes.start is not None and codes.size is not None:
        why = f"`{dim.name}` counts from {codes.start} to {codes.start + codes.size - 1}"
    else:
        why = f"its labels are {listed(codes.labels)}"
    first = str(plain(raw.array[wrong].ravel()[0]))
    edit = suggest(first, map(str, codes.labels))
    faults.at("D130", message, raw.column, raw.as_came(wrong), why=why, help=edit)
