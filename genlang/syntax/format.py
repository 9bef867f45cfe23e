"""The canonical layout of a model: `genlang fmt`.

    text --read--> lines of pieces --> Rows --> text

The layout depends on tokens, comments and empty lines, not on where the lines were broken. A
statement stands on one line if it fits. If not, it is opened at one bracket, the last that helps:
what the bracket holds stands on a line of its own, indented, or is broken again, at commas (one
item a line) or before its loosest operators (as many a line as fit). Where a value has no brackets
of its own it is put into parentheses, and taken out again where it fits.

That a layout changes no meaning is not argued but checked: the text is parsed again, and tree and
comments are compared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise

from genlang.diagnostics import ModelError
from genlang.source import MARK, Source
from genlang.syntax.layout import NONE, STEP, Row, Rows, excess, joined, opened, opens
from genlang.syntax.nodes import File
from genlang.syntax.parser import parse
from genlang.syntax.pieces import (
    Group,
    Line,
    Piece,
    Remark,
    Token,
    first,
    inner_notes,
    last,
    notes,
    pieces,
    read,
    with_last,
)

EMPTY = Row(0, "")
TAB = "E101"  # the one mistake of syntax that a layout mends


def format(text: str, name: str = "model.gen") -> str:  # noqa: A001 (the name of the face)
    """Return a model in its canonical layout; raises ModelError where it does not parse."""
    source = Source(text, name)
    file, found = parse(source)
    if any(d.code != TAB for d in found):
        raise ModelError(found, source)
    plain = text.removeprefix(MARK).replace("\r\n", "\n").replace("\r", "\n")
    lines = list(read(plain))
    made = "".join(f"{row}\n" for row in _file(lines))
    if made != text:
        _prove(made, file, lines)
    return made


def _prove(made: str, file: File, lines: list[Line | Remark]) -> None:
    """Compare the tree and the comments of what was made with those of the text."""
    again, found = parse(Source(made))
    if found or not _same(again.statements, file.statements):
        message = "the formatted model would mean something else"
        raise AssertionError(message)
    if _comments(read(made)) != _comments(lines):
        message = "the formatted model would lack a comment"
        raise AssertionError(message)


def _same(one: object, other: object) -> bool:
    """Whether two trees are equal but for their spans; nesting may be deep."""
    pairs = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                return False
            pairs += zip(a, b, strict=True)
        elif is_dataclass(a):
            pairs += [
                (getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.name != "span"
            ]
        elif a != b:
            return False
    return True


def _comments(lines: Iterable[Line | Remark]) -> list[str]:
    return sorted(
        note
        for line in lines
        for note in ([line.text] if isinstance(line, Remark) else notes(line.tokens))
    )


# -- Blocks -----------------------------------------------------------------------------------


def _file(lines: Sequence[Line | Remark]) -> Rows:
    """All rows: at most one is empty between two statements, none where a block begins."""
    rows: Rows = []
    columns: tuple[int, ...] = (0,)  # of the open blocks
    remarks: list[Remark] = []
    for line in lines:
        if isinstance(line, Remark):
            remarks.append(line)
            continue
        outer = columns
        columns = (*(c for c in outer if c < line.column), line.column)
        level = len(columns) - 1
        parts = [
            *_placed(remarks, line, outer, level),
            (line.blank, _statement(line, STEP * level)),
        ]
        for at, (blank, made) in enumerate(parts):
            begins = at == 0 and len(columns) > len(outer)
            rows += [EMPTY, *made] if blank and rows and not begins else made
        remarks = []
    for blank, made in _placed(remarks, None, columns, 0):
        rows += [EMPTY, *made] if blank and rows else made
    return rows


def _placed(
    remarks: list[Remark], line: Line | None, columns: tuple[int, ...], level: int
) -> list[tuple[bool, Rows]]:
    """Comments above a statement: each in the open block in whose column it stands.

    The description of a declaration stands in the declaration's column.
    """
    found: list[tuple[bool, Rows]] = []
    describes = line is not None and not line.blank
    for remark in reversed(remarks):
        describes = describes and remark.text.startswith("##")
        depths = [d for d in range(level, len(columns)) if columns[d] <= remark.column]
        depth = level if describes else max(depths, default=level)
        found.append((remark.blank, [Row(STEP * depth, "", remark.text)]))
        describes = describes and not remark.blank
    return found[::-1]


# -- Statements -------------------------------------------------------------------------------


def _statement(line: Line, indent: int) -> Rows:
    """A statement on one line; else each `then`, and `~` if need be, begins a line."""
    parts = _cut(pieces(line), "then")
    if len(parts) == 1:
        parts = [_without_parentheses(parts[0])]
    whole = [p for part in parts for p in part]
    if not inner_notes(whole) and not (row := joined(whole, indent)).excess:
        return [row]
    if _text(whole[0]) == "def" and len(halves := _cut(whole, "return")) > 1:
        return _segment(halves[0], indent) + _segment(halves[1], indent + STEP)
    head, *laws = parts
    after = [r for law in laws for r in _segment(law, indent + STEP)]
    cut = _cut(head, "~")
    if len(cut) > 1 and not (last(cut[0]).beside or first(cut[1]).above):
        rows = _segment(head, indent)
        if not excess(rows):
            return rows + after
    before, *rest = cut
    return _segment(before, indent) + [r for c in rest for r in _segment(c, indent + STEP)] + after


def _cut(found: Sequence[Piece], word: str) -> list[list[Piece]]:
    """Cut a statement before a word."""
    at = [k for k, p in enumerate(found) if k > 0 and _text(p) == word]
    return [list(found[a:b]) for a, b in pairwise([0, *at, len(found)])]


def _text(piece: Piece) -> str:
    return piece.text if isinstance(piece, Token) else ""


def _segment(found: list[Piece], indent: int) -> Rows:
    """A statement, or its part that begins with `~` or `then`, and the comments above that."""
    above = [Row(indent, "", n) for n in first(found).above]
    if not inner_notes(found) and not (row := joined(found, indent)).excess:
        return [*above, row]
    start, stop = _value(found)
    value = found[start:stop]
    if not value or _opens(value):
        return above + opened(found, indent)
    rows = opened(found, indent, [NONE])  # for comments in what stands before the value
    if inner_notes(value) or excess(rows):
        wrapped = [*found[:start], _parentheses(value), *found[stop:]]
        rows = opened(wrapped, indent, [frozenset({start})])
        if excess(rows) and not inner_notes(value) and not excess(other := opened(found, indent)):
            rows = other
    return above + rows


def _value(found: Sequence[Piece]) -> tuple[int, int]:
    """Where the value of a statement stands; it may be put into parentheses."""
    words = [_text(p) for p in found]
    start = stop = len(words)
    match words[0]:
        case "require":
            start, stop = 1, _last(words, ",")
        case "for":
            start = next((k for k, p in enumerate(found) if _weighs(p)), stop - 2) + 1
            stop -= 1
        case "def" if "return" in words:
            start = words.index("return") + 1
        case "return" | "~" | "then":
            start = 1
        case "guide" | "def" | "dim":
            pass
        case word:
            signs = [k for k, w in enumerate(words) if w in ("=", "~")]
            start = signs[-1] + 1 if signs else 1 if word == "factor" else stop
    return start, stop


def _weighs(piece: Piece) -> bool:
    return isinstance(piece, Token) and piece.kind == "keyword" and piece.text == "weight"


def _last(words: list[str], word: str) -> int:
    return len(words) - 1 - words[::-1].index(word)


def _without_parentheses(found: list[Piece]) -> list[Piece]:
    """Take a value out of parentheses that are around the whole of it."""
    start, stop = _value(found)
    match found[start:stop]:
        case [Group("paren", open=left, inside=[*inside], close=right)] if not (
            left.beside or right.above or notes(inside) or len(_cut(inside, "then")) > 1
        ):
            value = _leading(with_last(inside, right.beside), left.lead)
            return _without_parentheses([*found[:start], *value, *found[stop:]])
    return found


def _leading(found: list[Piece], lead: str) -> list[Piece]:
    match found[0]:
        case Token() as token:
            return [replace(token, lead=lead), *found[1:]]
        case Group() as group:
            return [replace(group, open=replace(group.open, lead=lead)), *found[1:]]


def _parentheses(value: list[Piece]) -> Group:
    note = last(value).beside
    inside = with_last(value, "")
    return Group(
        "paren", Token("(", "paren", lead=" "), tuple(inside), Token(")", "sign", beside=note)
    )


def _opens(value: Sequence[Piece]) -> bool:
    """Whether a value is one call, list, ... that can be opened at its last bracket."""
    plain = all(isinstance(p, Group) or p.rank is None for p in value[1:])
    return plain and opens(value[-1])
