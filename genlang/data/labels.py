"""Which labels a dim has, and which position a cell of type `index(D)` names (LANGUAGE, 9)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Dim
from genlang.data.cells import Cells, is_missing
from genlang.data.faults import Faults, values
from genlang.data.sources import Column
from genlang.data.table import Label


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
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, int):
        return cell
    text = str(cell).strip()
    return int(text) if text.lstrip("-").isdigit() else text


def decide(dim: Dim, size: int | None, columns: list[Cells], faults: Faults) -> Codes:
    """Decide once, over all columns of a dim, what its cells mean."""
    seen: dict[Label, None] = {}
    categories: list[Label] = []
    for raw in columns:
        categories += [plain(c) for c in raw.column.categories]
        for cell in raw.array[raw.exists]:
            if not is_missing(cell):
                seen[plain(cell)] = None
    if dim.labels is not None:
        return _written(dim, dim.labels, seen)
    if categories:
        return Codes(tuple(dict.fromkeys([*categories, *seen])))
    if all(isinstance(v, int) for v in seen):
        whole = [v for v in seen if isinstance(v, int)]
        if size is None and dim.start is None:
            return Codes(tuple(sorted(whole)))
        return _numbered(dim, size, whole, columns, faults)
    labels = tuple(sorted(seen, key=str))
    if size is not None and len(labels) > size:
        message = f"`{dim.name}` has {size} elements, its columns name {len(labels)}"
        faults.of("D130", message, [c.column for c in columns])
    return Codes(labels)


def _written(dim: Dim, labels: tuple[str, ...], seen: dict[Label, None]) -> Codes:
    """Labels written in the model win; integers that are none of them are codes."""
    del dim
    if all(isinstance(v, int) for v in seen) and not any(str(v) in labels for v in seen):
        whole = [v for v in seen if isinstance(v, int)]
        start = 0 if 0 in whole or len(labels) not in whole else 1
        return Codes(labels, start if seen else None, len(labels))
    return Codes(labels)


def _numbered(
    dim: Dim, size: int | None, seen: list[int], columns: list[Cells], faults: Faults
) -> Codes:
    if dim.start is not None:
        return Codes((), dim.start, size)
    assert size is not None
    if 0 in seen and size in seen:
        why = f"both 0 and {size} occur, so they count neither from 0 nor from 1"
    elif 0 in seen or not seen:
        return Codes((), 0, size)
    elif size in seen:
        return Codes((), 1, size)
    else:
        why = f"neither 0 nor {size} occurs, so they may count from 0 or from 1"
    faults.of(
        "D131",
        f"the integers of `{dim.name}` are ambiguous",
        [c.column for c in columns],
        why=why,
        help=f"write `dim {dim.name} = {size} from 0` or `dim {dim.name} = {size} from 1`",
    )
    return Codes((), 0, size)


def positions(raw: Cells, dim: Dim, codes: Codes, faults: Faults) -> tuple[NDArray[Any], Any]:
    """Return the positions that the cells name (0 where a fault is) and a mask of missing ones."""
    found = np.zeros(raw.array.shape)
    missing = np.zeros(raw.array.shape, dtype=bool)
    wrong = np.zeros(raw.array.shape, dtype=bool)
    if raw.array.dtype.kind in "iu" and codes.start is not None:
        found = raw.array.astype(float) - codes.start
        wrong = raw.exists & ((found < 0) | (found >= (codes.size or np.inf)))
    else:
        known = {label: i for i, label in enumerate(codes.labels)}
        for place in np.argwhere(raw.exists):
            at = tuple(place)
            cell = raw.array[at]
            if is_missing(cell):
                missing[at] = True
                continue
            position = _position(plain(cell), known, codes)
            found[at], wrong[at] = position or 0, position is None
    if wrong.any():
        _report(raw.column, raw.array, wrong, dim, codes, faults)
        found[wrong] = 0
    found[missing] = np.nan
    return found, missing


def _position(label: Label, known: dict[Label, int], codes: Codes) -> int | None:
    if codes.start is not None and isinstance(label, int):
        position = label - codes.start
        inside = 0 <= position < (codes.size if codes.size is not None else position + 1)
        return position if inside else None
    return known.get(label, known.get(str(label)))


def _report(
    column: Column, array: NDArray[Any], wrong: NDArray[Any], dim: Dim, codes: Codes, faults: Faults
) -> None:
    message = f"`{column.name}` names no element of `{dim.name}`: {values(array, wrong)}"
    if codes.start is not None and codes.size is not None:
        last = codes.start + codes.size - 1
        why = f"`{dim.name}` counts from {codes.start} to {last}"
    else:
        shown = ", ".join(map(str, codes.labels[:8])) + (", ..." if len(codes.labels) > 8 else "")
        why = f"its labels are {shown}"
    faults.at("D130", message, column, wrong, why=why)
