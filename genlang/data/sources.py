"""Files, mappings and frames -> columns by name."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genlang.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Column:
    """Values as they came, where from, and the order of their categories if they bring one.

    `rows`: one of the columns of a table with one row a line, so that a scalar is repeated.
    """

    name: str
    values: Any
    source: str
    categories: tuple[Any, ...] = ()
    rows: bool = False

    @property
    def place(self) -> str:
        """Where a fault of this column is."""
        inside = f"column `{self.name}`" if self.rows else f"`{self.name}`"
        return f"{self.source}, {inside}" if self.source else inside


def read(source: Any, faults: list[Diagnostic]) -> dict[str, Column]:
    """Return the columns of one source or of several; faults are added to the list.

    A source is a path to a CSV, TSV, JSON or NPZ file, a mapping, or a pandas or polars frame.
    """
    if isinstance(source, list | tuple):
        found: dict[str, Column] = {}
        for part in source:
            for name, column in read(part, faults).items():
                if name in found:
                    message = f"`{name}` is given twice"
                    place = f"{found[name].place}; {column.place}"
                    faults.append(Diagnostic("D102", message, where=place))
                found[name] = column
        return found
    if isinstance(source, str | Path):
        return _file(Path(source), faults)
    if isinstance(source, Mapping):
        return {str(k): _column(str(k), v, "") for k, v in source.items()}
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        return {str(k): _column(str(k), source[k], "the frame", rows=True) for k in source.columns}
    message = f"data of type {type(source).__name__} is not understood"
    edit = "give a mapping of arrays, a pandas or polars frame, or the path of a file"
    faults.append(Diagnostic("D101", message, help=edit))
    return {}


def _column(name: str, value: Any, source: str, *, rows: bool = False) -> Column:
    categories: tuple[Any, ...] = ()
    dtype = getattr(value, "dtype", None)
    if hasattr(dtype, "categories") and dtype is not None:
        categories = tuple(dtype.categories)
    elif hasattr(value, "cat") and hasattr(value.cat, "get_categories"):
        categories = tuple(value.cat.get_categories().to_list())
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    return Column(name, value, source, categories, rows)


def _file(path: Path, faults: list[Diagnostic]) -> dict[str, Column]:
    try:
        match path.suffix.lower():
            case ".csv":
                return _text(path, ",", faults)
            case ".tsv" | ".tab":
                return _text(path, "\t", faults)
            case ".json":
                return _json(path, faults)
            case ".npz":
                with np.load(path, allow_pickle=False) as arrays:
                    return {n: Column(n, arrays[n], str(path)) for n in arrays.files}
            case other:
                message = f"{path}: files that end in `{other}` are not read"
                edit = "CSV, TSV, JSON and NPZ are; from Python also frames and mappings"
                faults.append(Diagnostic("D101", message, help=edit))
    except FileNotFoundError:
        faults.append(Diagnostic("D103", f"there is no file {path}"))
    except (OSError, ValueError) as error:
        faults.append(Diagnostic("D103", f"{path} cannot be read: {error}"))
    return {}


def _json(path: Path, faults: list[Diagnostic]) -> dict[str, Column]:
    found = json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(found, list) and all(isinstance(row, dict) for row in found):
        names = dict.fromkeys(key for row in found for key in row)
        return {n: Column(n, [r.get(n) for r in found], str(path), rows=True) for n in names}
    if not isinstance(found, dict):
        message = f"{path} holds no object with a key for each variable"
        faults.append(Diagnostic("D103", message))
        return {}
    return {n: Column(n, v, str(path)) for n, v in found.items()}


def _text(path: Path, separator: str, faults: list[Diagnostic]) -> dict[str, Column]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file, delimiter=separator, strict=True))
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        faults.append(Diagnostic("D103", f"{path} is empty"))
        return {}
    head, rows = [name.strip() for name in lines[0]], lines[1:]
    uneven = [i for i, row in enumerate(rows, 1) if len(row) != len(head)]
    if uneven:
        message = f"{path}: {len(head)} columns in the first line, {_counts(rows, uneven)}"
        faults.append(Diagnostic("D104", message))
        return {}
    twice = sorted({n for n in head if head.count(n) > 1})
    faults += [Diagnostic("D102", f"{path} has two columns `{n}`") for n in twice]
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(head)
    return {
        n: Column(n, [c.strip() for c in column], str(path), rows=True)
        for n, column in zip(head, cells, strict=True)
    }


def _counts(rows: list[list[str]], uneven: Iterable[int]) -> str:
    first = list(uneven)
    shown = ", ".join(f"{len(rows[i - 1])} in row {i}" for i in first[:3])
    return shown + (f" and {len(first) - 3} more such rows" if len(first) > 3 else "")
