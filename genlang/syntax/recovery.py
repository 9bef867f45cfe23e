"""After a syntax error: take the fault out of the text and go on, offsets unchanged.

What one edit mends (`;`, `**`, a line indented for no reason) is mended, so that its declaration
is still checked; any other declaration is blanked out. A blanked name is *lost*: using it later is
no second error.
"""

import re

from genlang.records import dataclass
from genlang.syntax import functions
from genlang.syntax.lalr import TAB
from genlang.syntax.spellings import STAN_BLOCK
from genlang.syntax.spot import WORDS, unclosed


@dataclass(frozen=True, slots=True)
class Mended:
    """The text without the fault, as long as before, and the names that were blanked out."""

    text: str
    lost: frozenset[str] = frozenset()


def recover(text: str, where: int, *, indented: bool = False) -> Mended:
    """Mend or blank out the declaration around an offset."""
    if indented:
        return Mended(_shift(text, where))
    rest = text[where : where + 2]
    if rest.startswith(";"):
        blank = re.match(r";[ \t]*(?=#|\n|$)", text[where:])
        if blank:
            return Mended(_put(text, where, " "))
        run = re.match(r";[ \t]*", text[where:])
        assert run is not None
        return Mended(_put(text, where, "\n" * run.end()))
    start = where if rest == "**" else where - 1
    if start >= 0 and text[start : start + 2] == "**":
        return Mended(_put(text, start, "^ "))
    line_start = text.rfind("\n", 0, where) + 1
    if STAN_BLOCK.match(text, line_start):
        return _without_blocks(text)
    definition = functions.head(text, where)
    if definition is not None:
        start, name = definition
        stop = functions.block(text, start)
        emptied = re.sub(r"[^\n]", " ", text[start:stop])
        return Mended(text[:start] + emptied + text[stop:], frozenset({name}))
    return blank_out(text, where)


def _without_blocks(text: str) -> Mended:
    """Blank out all blocks of Stan at once: one message is enough."""
    rows = list(text)
    lost: set[str] = set()
    for block in re.finditer(rf"^{STAN_BLOCK.pattern}", text, re.MULTILINE):
        depth, stop = 0, len(text)
        for i in range(block.start(), len(text)):
            depth += {"{": 1, "}": -1}.get(text[i], 0)
            if text[i] == "}" and depth == 0:
                stop = i + 1
                break
        lost.update(re.findall(r"[^\W\d]\w*", text[block.start() : stop]))
        for i in range(block.start(), stop):
            rows[i] = text[i] if text[i] == "\n" else " "
    return Mended("".join(rows), frozenset(lost))


def _put(text: str, where: int, new: str) -> str:
    return text[:where] + new + text[where + len(new) :]


def blank_out(text: str, where: int) -> Mended:
    """Blank out the declaration around an offset; the body of a faulty `for` is kept."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    opening = unclosed(text, where)
    place = where if opening is None else opening
    row = max(i for i in range(len(lines)) if starts[i] <= place)
    while row > 0 and not _declares(lines[row]):
        if lines[row].strip() and opening is None and _fresh(lines, row):
            break
        row -= 1
    end = _end(lines, row)
    lost = frozenset(re.findall(r"[^\W\d]\w*", "\n".join(lines[row:end])))
    for i in range(row, end):
        lines[i] = " " * len(lines[i])
    _raise_body(lines, row, end)
    _drop_empty_blocks(lines)
    return Mended("\n".join(lines), lost)


def blank_rest(text: str, where: int) -> Mended:
    """Blank out the line of an offset and all after it, and the headers left without a block."""
    start = text.rfind("\n", 0, where) + 1
    lost = frozenset(re.findall(r"[^\W\d]\w*", text[start:]))
    lines = (text[:start] + re.sub(r"[^\n]", " ", text[start:])).split("\n")
    _drop_empty_blocks(lines)
    return Mended("\n".join(lines), lost)


def _end(lines: list[str], row: int) -> int:
    """The row after a declaration."""
    width = _width(lines[row])
    end = row + 1
    while end < len(lines):
        line = lines[end]
        if line.strip() and (_declares(line) or not _continues(lines, end, width)):
            break
        end += 1
    if lines[row].rstrip().endswith("{"):
        for i in range(end, len(lines)):
            if lines[i].strip() == "}" and _width(lines[i]) <= width:
                lines[i] = " " * len(lines[i])
                break
    return end


def _raise_body(lines: list[str], row: int, end: int) -> None:
    """Lines left without their header move out to its column: blanks become empty lines."""
    above = next((x for x in reversed(lines[:row]) if x.strip()), "")
    width = _width(above)
    opens = above.split("#")[0].rstrip().endswith(":")
    first = next((i for i in range(end, len(lines)) if lines[i].strip()), None)
    if first is None or opens or _width(lines[first]) <= width:
        return
    _out(lines, first, _width(lines[first]) - width)


def _shift(text: str, where: int) -> str:
    """Move a line that is indented for no reason, and those below it, out to the line above."""
    lines = text.split("\n")
    row = text.count("\n", 0, where)
    above = next((x for x in reversed(lines[:row]) if x.strip() and not _comment(x)), "")
    _out(lines, row, max(1, _width(lines[row]) - _width(above)))
    return "\n".join(lines)


def _out(lines: list[str], row: int, by: int) -> None:
    width = _width(lines[row])
    for i in range(row, len(lines)):
        line = lines[i]
        if not line.strip() or _comment(line):
            continue
        if _width(line) < width:
            break
        count, columns = 0, 0
        while columns < by and line[count : count + 1] in (" ", "\t"):
            columns += TAB if line[count] == "\t" else 1
            count += 1
        lines[i] = "\n" * count + line[count:]


def _comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _fresh(lines: list[str], row: int) -> bool:
    """Whether a line that declares nothing stands on its own (not inside open brackets)."""
    return not lines[row].lstrip().startswith(("~", "then", ")", "]"))


def _continues(lines: list[str], row: int, width: int) -> bool:
    return _width(lines[row]) > width or lines[row].lstrip().startswith(("~", "then", ")", "]"))


def _width(line: str) -> int:
    blanks = line[: len(line) - len(line.lstrip())]
    return sum(TAB if b == "\t" else 1 for b in blanks)


def _declares(line: str) -> bool:
    match = re.match(r"[ \t]*([^\W\d]\w*)", line)
    return bool(match and match.group(1) in WORDS)


def _drop_empty_blocks(lines: list[str]) -> None:
    """Blank out block headers whose body has gone."""
    for row in range(len(lines) - 1, -1, -1):
        line = lines[row]
        if not re.match(r"[ \t]*(for |guide)", line):
            continue
        if not line.split("#")[0].rstrip().endswith(":"):
            continue
        body = next((x for x in lines[row + 1 :] if x.strip() and not _comment(x)), "")
        if _width(body) <= _width(line):
            lines[row] = " " * len(line)
