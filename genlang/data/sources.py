"""Files, mappings and frames -> columns by name."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.data.text import Malformed, read_table, read_text
from genlang.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Column:
    """Values as they came, where from, and the order of their categories if they bring one.

    `table` numbers the source. `rows`: one of the columns of a table with one row a line, so that
    a scalar is repeated. `parts`: the names of columns that were put side by side.
    """

    name: str
    values: Any
    source: str
    categories: tuple[Any, ...] = ()
    rows: bool = False
    table: int = 0
    parts: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where a fault of this column is."""
        return self.named(", ".join(f"`{name}`" for name in self.parts or (self.name,)))

    def named(self, names: str) -> str:
        """Where a fault of some of its parts is."""
        several = "columns" if names.count("`") > 2 else "column"
        inside = f"{several} {names}" if self.rows else names
        return f"{self.source}, {inside}" if self.source else inside


@dataclass(slots=True)
class Columns:
    """The columns of all sources; `again` are those whose name an earlier source has too."""

    named: dict[str, Column] = field(default_factory=dict)
    again: list[Column] = field(default_factory=list)

    def add(self, column: Column) -> None:
        """Take a column in."""
        if column.name in self.named:
            self.again.append(column)
        else:
            self.named[column.name] = column


def read(source: Any, faults: list[Diagnostic]) -> Columns:
    """Return the columns of one source or of several; faults are added to the list.

    A source is a path to a CSV, TSV, JSON or NPZ file, a mapping, or a pandas or polars frame.
    """
    found = Columns()
    parts = source if isinstance(source, list | tuple) else [source]
    for number, part in enumerate(parts):
        for column in _columns(part, faults):
            found.add(replace(column, table=number))
    return found


def _columns(source: Any, faults: list[Diagnostic]) -> list[Column]:
    if isinstance(source, str | Path):
        return _file(Path(source), faults)
    if isinstance(source, Mapping):
        return [_column(str(k), v, "") for k, v in source.items()]
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        return _frame(source, faults)
    message = f"data of type {type(source).__name__} is not understood"
    edit = "give a mapping of arrays, a pandas or polars frame, or the path of a file"
    faults.append(Diagnostic("D101", message, help=edit))
    return []


def _frame(source: Any, faults: list[Diagnostic]) -> list[Column]:
    names = [str(k) for k in source.columns]
    twice = sorted({n for n in names if names.count(n) > 1})
    faults += [Diagnostic("D102", f"the frame has two columns `{n}`") for n in twice]
    if twice:
        return []
    found = [_column(str(k), source[k], "the frame", rows=True) for k in source.columns]
    # The levels of a pandas index bring labels like columns.
    index = getattr(source, "index", None)
    levels = list(getattr(index, "names", None) or [])
    for level in levels:
        if level is not None and str(level) not in names and index is not None:
            values = index.get_level_values(level)
            found.append(_column(str(level), values, "the frame", rows=True))
    return found


def _column(name: str, value: Any, source: str, *, rows: bool = False) -> Column:
    categories: tuple[Any, ...] = ()
    dtype = getattr(value, "dtype", None)
    if hasattr(dtype, "categories") and dtype is not None:
        categories = tuple(dtype.categories)
    elif hasattr(value, "cat") and hasattr(value.cat, "get_categories"):
        categories = tuple(value.cat.get_categories().to_list())
    if isinstance(value, range):
        value = list(value)
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, np.ma.MaskedArray):
        gaps, value = np.ma.getmaskarray(value), value.data.astype(object)
        value[gaps] = None
    return Column(name, value, source, categories, rows)


def _file(path: Path, faults: list[Diagnostic]) -> list[Column]:
    try:
        match path.suffix.lower():
            case ".csv":
                return _table(path, ",")
            case ".tsv" | ".tab":
                return _table(path, "\t")
            case ".json":
                return _json(path)
            case ".npz":
                with np.load(path, allow_pickle=False) as arrays:
                    return [Column(n, _loaded(arrays[n]), str(path)) for n in arrays.files]
            case other:
                ending = f"files that end in `{other}`" if other else "files without an ending"
                message = f"{path}: {ending} are not read"
                edit = "CSV, TSV, JSON and NPZ are; from Python also frames and mappings"
                faults.append(Diagnostic("D101", message, help=edit))
    except Malformed as error:
        faults += error.diagnostics
    except FileNotFoundError:
        faults.append(Diagnostic("D103", f"there is no file {path}"))
    except OSError as error:
        faults.append(Diagnostic("D103", f"{path} cannot be read: {error.strerror or error}"))
    except json.JSONDecodeError as error:
        place = f"{path}, line {error.lineno}, column {error.colno}"
        faults.append(Diagnostic("D103", f"this is no JSON: {error.msg}", where=place))
    except (ValueError, EOFError, zipfile.BadZipFile, RecursionError) as error:
        faults.append(Diagnostic("D103", f"{path} cannot be read: {error}"))
    return []


def _loaded(array: NDArray[Any]) -> Any:
    return array.astype(str) if array.dtype.kind == "S" else array


def _table(path: Path, separator: str) -> list[Column]:
    columns = read_table(path, separator)
    return [Column(n, values, str(path), rows=True) for n, values in columns.items()]


def _json(path: Path) -> list[Column]:
    found = json.loads(read_text(path), object_pairs_hook=_Object)
    rows: list[Any] = found if isinstance(found, list) and found else [None]
    for item in (found, *rows):
        if isinstance(item, _Object) and item.twice:
            message = f"{path} has two keys `{item.twice[0]}`"
            raise Malformed([Diagnostic("D102", message)])
    if all(isinstance(row, _Object) for row in rows):
        names = dict.fromkeys(key for row in rows for key in row)
        return [Column(n, [r.get(n) for r in rows], str(path), rows=True) for n in names]
    if not isinstance(found, _Object):
        message = f"{path} holds no object with a key for each variable"
        edit = '`{"y": [1, 2], "x": [3, 4]}`, or a list of rows `[{"y": 1, "x": 3}, ...]`'
        raise Malformed([Diagnostic("D103", message, help=edit)])
    return [Column(n, v, str(path)) for n, v in found.items()]


class _Object(dict[str, Any]):
    """A JSON object that knows which of its keys occur twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = [] if len(self) == len(names) else [n for n in self if names.count(n) > 1]
