"""CSV and TSV -> columns of text, quickly: a million rows in about a second."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.diagnostics import Diagnostic

CHUNK = 50_000  # rows that are transposed at once: their lists are freed before the next ones
SAMPLE = 1000  # cells that show whether a column repeats its cells
SHOWN = 3


class Malformed(Exception):  # noqa: N818 (carries what is reported)
    """A file that holds no table; `diagnostics` say why."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark; raises Malformed."""
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in raw[:1000]:
        raise _not_text(path, "it looks like UTF-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _not_text(path, f"line {line} is in another encoding") from None


def _not_text(path: Path, why: str) -> Malformed:
    edit = 'save it as UTF-8 (in a spreadsheet: "CSV UTF-8")'
    return Malformed([Diagnostic("D103", f"{path} is not UTF-8 text", why=why, help=edit)])


def read_table(path: Path, separator: str) -> dict[str, NDArray[Any]]:
    """Return the columns of a delimited file as object arrays of text; raises Malformed.

    The first line names the columns; blank lines are no rows.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""), delimiter=separator, strict=True)
    try:
        head = [name.strip() for name in next(filter(None, reader), [])]
        if not any(head):
            raise Malformed([Diagnostic("D103", f"{path} is empty")])
        twice = sorted({n for n in head if head.count(n) > 1})
        if twice:
            faults = [Diagnostic("D102", f"{path} has two columns `{n}`") for n in twice]
            raise Malformed(faults)
        chunks = list(_chunks(reader, head, path))
    except csv.Error as error:
        place = f"{path}, line {reader.line_num}"
        edit = 'a quote inside a quoted cell is written twice: `"a ""word"""`'
        if "end of data" in str(error):
            edit = "a quote that begins a cell is never closed"
        raise Malformed(
            [Diagnostic("D103", f"this is no table: {error}", where=place, help=edit)]
        ) from None
    if not chunks:
        raise Malformed([Diagnostic("D103", f"{path} has a first line and no rows")])
    return {n: np.concatenate([c[i] for c in chunks]) for i, n in enumerate(head)}


def _chunks(
    reader: Iterator[list[str]], head: list[str], path: Path
) -> Iterator[list[NDArray[Any]]]:
    """Yield the rows transposed, some at a time."""
    before, width = 0, len(head)
    uneven: list[tuple[int, int]] = []
    while lines := list(islice(reader, CHUNK)):
        widths = set(map(len, lines))
        rows = lines
        if widths != {width} or width == 1:
            rows = [line for line in lines if len(line) > 1 or (line and line[0].strip())]
            widths = set(map(len, rows))
        if not widths <= {width}:
            uneven += [(before + i, len(r)) for i, r in enumerate(rows, 1) if len(r) != width]
        elif rows and not uneven:
            yield [_column(cells) for cells in zip(*rows, strict=True)]
        before += len(rows)
    if uneven:
        raise _uneven(uneven, head, path)


def _column(cells: tuple[str, ...]) -> NDArray[Any]:
    stripped = list(map(str.strip, cells))
    if 2 * len(set(stripped[:SAMPLE])) <= min(len(stripped), SAMPLE):
        # Equal cells become one string: a column of labels takes 8 bytes a row.
        same: dict[str, str] = {}
        stripped = list(map(same.setdefault, stripped, stripped))
    return np.array(stripped, dtype=object)


def _uneven(uneven: list[tuple[int, int]], head: list[str], path: Path) -> Malformed:
    shown = ", ".join(f"{count} in row {row}" for row, count in uneven[:SHOWN])
    if len(uneven) > SHOWN:
        shown += f" and {len(uneven) - SHOWN} more such rows"
    columns = f"{len(head)} {'column' if len(head) == 1 else 'columns'}"
    edit = 'a cell that holds the separator is quoted: `"a, b"`'
    message = f"{columns} in the first line, {shown}"
    return Malformed([Diagnostic("D104", message, where=str(path), help=edit)])
