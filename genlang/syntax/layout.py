"""Pieces -> rows: where a line that is too long, or holds comments, is broken.

Line breaks are free inside brackets, so a row is opened at a bracket: what that holds stands on a
line of its own, indented, or is broken again, at commas or before its loosest operators.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from genlang.records import dataclass
from genlang.syntax.pieces import (
    CLAUSE,
    IF,
    Group,
    Piece,
    Token,
    beside,
    first,
    inner_notes,
    last,
    notes,
    with_above,
    with_last,
)

WIDTH = 100
STEP = 4
COMMA = Token(",", "sign")
NONE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """A line to be: its width is that of its code, for no comment is ever broken."""

    indent: int
    code: str
    note: str = ""

    @property
    def excess(self) -> int:
        """By how much the code is too wide."""
        return max(0, self.indent + len(self.code) - WIDTH)

    def __str__(self) -> str:
        words = "  ".join(w for w in (self.code, self.note) if w)
        return " " * self.indent + words if words else ""


Rows = list[Row]


# -- Rows -------------------------------------------------------------------------------------


def joined(found: Sequence[Piece], indent: int) -> Row:
    """Pieces on one line."""
    return Row(indent, _code(found).lstrip(" "), last(found).beside)


def _code(found: Sequence[Piece]) -> str:
    code = ""
    for piece in found:
        match piece:
            case Token(text=text, lead=lead):
                code += lead + text
            case Group(open=left, inside=inside, close=right):
                code += f"{left.lead}{left.text}{_code(inside)}{right.text}"
    return code


def excess(rows: Rows) -> int:
    """Return by how much rows are too wide."""
    return sum(row.excess for row in rows)


# -- What stands inside brackets --------------------------------------------------------------


def _unit(found: list[Piece], indent: int) -> Rows:
    """An item or operand: on one line, else broken before its loosest operators."""
    above = [Row(indent, "", n) for n in first(found).above]
    if not inner_notes(found) and not (row := joined(found, indent)).excess:
        return [*above, row]
    ranks = [p.rank for p in found[1:] if isinstance(p, Token) and p.rank is not None]
    if not ranks:
        return above + opened(found, indent)
    at = [k for k, p in enumerate(found) if k and isinstance(p, Token) and p.rank == min(ranks)]
    parts = [found[a:b] for a, b in pairwise([0, *at, len(found)])]
    if min(ranks) > IF:
        return _filled(parts, indent)
    return [row for part in parts for row in _unit(part, indent)]


def _filled(parts: list[list[Piece]], indent: int) -> Rows:
    """Short parts, as many on a line as fit; a comment ends its line."""
    rows: Rows = []
    goes_on = False
    for part in parts:
        row = joined(part, indent)
        if inner_notes(part) or row.excess:
            rows += _unit(part, indent)
            goes_on = False
            continue
        if goes_on and not first(part).above:
            code = rows[-1].code + first(part).lead + row.code
            if not (longer := Row(indent, code, row.note)).excess:
                rows.pop()
                row = longer
        rows += [*(Row(indent, "", n) for n in first(part).above), row]
        goes_on = not row.note
    return rows


def opened(
    found: Sequence[Piece], indent: int, choices: Sequence[frozenset[int]] | None = None
) -> Rows:
    """Pieces with opened brackets: those that hold comments, and the first choice that helps.

    By default no other bracket, then each from the right, then all.
    """
    if indent >= WIDTH:
        # So deep that nothing fits; the comments are kept, and the recursion ends.
        return [*(Row(indent, "", n) for n in inner_notes(found)), joined(found, indent)]
    brackets = [k for k, p in enumerate(found) if opens(p)]
    must = frozenset(k for k in brackets if _commented(found[k]))
    if choices is None:
        choices = [NONE, *(frozenset({k}) for k in reversed(brackets)), frozenset(brackets)]
    every = [must | c for c in choices]
    helps = (c for c in every if not excess(_around(found, c, indent, bodies=False)))
    return _around(found, next(helps, every[-1]), indent, bodies=True)


def opens(piece: Piece) -> bool:
    """Whether a piece is a bracket that holds anything."""
    return isinstance(piece, Group) and (bool(piece.inside) or _commented(piece))


def _commented(piece: Piece) -> bool:
    """Whether a bracket holds comments."""
    return isinstance(piece, Group) and bool(
        piece.open.beside or notes(piece.inside) or piece.close.above
    )


def _around(found: Sequence[Piece], chosen: frozenset[int], indent: int, *, bodies: bool) -> Rows:
    """The lines around opened brackets, and what these hold between them."""
    rows: Rows = []
    code = ""
    for k, piece in enumerate(found):
        if k in chosen and isinstance(piece, Group):
            code += piece.open.lead + piece.open.text
            rows.append(Row(indent, code.lstrip(" "), piece.open.beside))
            rows += _body(piece, indent + STEP) if bodies else []
            code = piece.close.text
        else:
            code += _code([piece])
    return [*rows, Row(indent, code.lstrip(" "), last(found).beside)]


def _body(group: Group, indent: int) -> Rows:
    """What an opened bracket holds: on one line, else one item a line and a comma at the end.

    Short items of a list fill lines; the rows of a matrix have a line each.
    """
    below = [Row(indent, "", n) for n in group.close.above]
    if not group.inside:
        return below
    items = _items(group.inside)
    matrix = group.kind == "list" and all(isinstance(i[0], Group) for i in items)
    if len(items) == 1:
        return _unit(items[0], indent) + below
    whole = joined(group.inside, indent)
    if not (matrix or notes(group.inside) or whole.excess):
        return [whole, *below]
    loop = any(isinstance(p, Token) and p.rank == CLAUSE for p in group.inside)
    # The grammar takes a comma at the end of arguments, fields and lists alone.
    end = [items.pop()] if loop or group.kind == "subscript" else []
    lines = [_with_comma(item) for item in items] + end
    if group.kind == "list" and all(isinstance(p, Token) for p in group.inside):
        return _filled(lines, indent) + below
    return [row for line in lines for row in _unit(line, indent)] + below


def _items(inside: Sequence[Piece]) -> list[list[Piece]]:
    """What stands between commas; the comments of a comma stay with the item before it."""
    found: list[list[Piece]] = [[]] if inside else []
    above: tuple[str, ...] = ()
    for piece in inside:
        if isinstance(piece, Token) and piece.text == ",":
            found[-1], above = beside(found[-1], piece)
            found.append([])
        else:
            found[-1].append(with_above(piece, above))
            above = ()
    return found


def _with_comma(item: list[Piece]) -> list[Piece]:
    return [*with_last(item, ""), replace(COMMA, beside=last(item).beside)]
