"""Edits of whole blocks: lines moved out, closing braces."""

import re

from genlang.source import Edit, Span


def outdented(text: str, where: int) -> tuple[Edit, ...]:
    """Move the line at an offset, and those below it that are as far in, out to the line above."""
    start = text.rfind("\n", 0, where) + 1
    above = [x for x in text[:start].split("\n") if x.strip() and not x.lstrip().startswith("#")]
    by = _width(text[start:]) - (_width(above[-1]) if above else 0)
    return moved_out(text, start, by)


def moved_out(text: str, start: int, by: int) -> tuple[Edit, ...]:
    """Move the line that begins at `start`, and those below that are as far in, out by blanks."""
    width = _width(text[start:])
    found: list[Edit] = []
    while start < len(text):
        stop = text.find("\n", start)
        stop = stop if stop >= 0 else len(text)
        line = text[start:stop]
        if line.strip():
            if _width(line) < width and not line.lstrip().startswith("#"):
                break
            found.append(Edit(Span(start, start + min(by, _width(line))), ""))
        start = stop + 1
    return tuple(e for e in found if e.span.end > e.span.start)


def closing(text: str, opening: int) -> tuple[Edit, ...]:
    """Delete the brace that closes the one at an offset, with its line if it stands alone."""
    depth = 0
    for mark in re.finditer(r"#[^\n]*|//[^\n]*|[{}]", text[opening:]):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if depth == 0 and mark.group() == "}":
            where = opening + mark.start()
            start = text.rfind("\n", 0, where) + 1
            stop = text.find("\n", where)
            stop = stop + 1 if stop >= 0 else len(text)
            alone = text[start:stop].strip() == "}"
            return (Edit(Span(start, stop) if alone else Span(where, where + 1), ""),)
    return ()


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
