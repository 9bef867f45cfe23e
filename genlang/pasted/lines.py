"""What a pasted program becomes: for each of its lines that is certain, the line here."""

import re

from genlang.records import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line here for a statement there; `text` is empty where there is no certain one.

    `start` is the offset of the statement, `depth` the number of loops around it.
    """

    start: int
    text: str
    depth: int = 0
    note: str = ""


def shown(lines: list[Line], rows: list[int]) -> str:
    """Write lines beside the rows that they stand for, as the help of a message."""
    parts = []
    for line, row in zip(lines, rows, strict=True):
        text = f"{'    ' * line.depth}{line.text}" if line.text else f"({line.note})"
        if line.text and line.note:
            text += f"  # {line.note}"
        parts.append(f"    line {row:3d}: {text}")
    return "\n".join(parts)


def without_comments(text: str, marks: str) -> str:
    """Blank out comments that begin with a mark, and `/* */`, offsets unchanged."""
    pattern = rf"/\*.*?\*/|(?:{marks})[^\n]*" if "/" in marks else rf"(?:{marks})[^\n]*"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.DOTALL)


def over(index: str, low: int, stop: str, first: int) -> str:
    """Return the loop from a number to a size; `stop` is a name, perhaps `(N - 1)`."""
    found = re.fullmatch(r"\(?\s*([^\W\d]\w*)(\[[^\]]*\])?\s*(?:-\s*(\d+))?\s*\)?", stop)
    if found is None or low < first:
        return ""
    dim, row, less = found.groups()
    start = low - first
    if row:
        return "" if less else f"for {index} in {dim}{row[:-1] + f', {start}:]' if start else row}:"
    part = f"[{start or ''}:{f'{dim} - {less}' if less else ''}]" if start or less else ""
    return f"for {index} in {dim}{part}:"
