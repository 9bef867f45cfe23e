"""Text -> lines of pieces: what the formatter moves about, comments included.

    text --> Line(column, blank, tokens), Remark(column, blank, text) --> tree of Token and Group

The syntax tree knows neither comments nor parentheses, so the formatter works on tokens. A token
carries the comments around it, the blank before it, and how willingly a line begins with it; all
three depend on the tokens alone, not on where they stood. The text is known to parse: nothing here
looks for mistakes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from genlang.records import dataclass
from genlang.syntax.lalr import TAB
from genlang.syntax.spot import RESERVED

LEXEME = re.compile(
    r"(?P<blank>[ \t]+)|(?P<line>\n)|(?P<note>#[^\n]*)"
    r'|(?P<string>"[^"\n]*")|(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)'
    r"|(?P<name>[^\W\d]\w*)|(?P<sign>->|==|!=|<=|>=|.)"
)
KEYWORDS = RESERVED - {"true", "false"}
SIGNS = "+-"
# How willingly a line inside brackets begins with an operator: the loosest binds least.
CHAIN, CLAUSE, ELSE, IF = range(4)
RANKS = {
    "then": CHAIN, "for": CLAUSE, "else": ELSE, "if": IF, "or": 4, "and": 5,
    "==": 6, "!=": 6, "<=": 6, ">=": 6, "<": 6, ">": 6,
    "+": 7, "-": 7, "*": 8, "/": 8, "@": 8, "%": 8, "^": 9,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign. `above` are comment lines before it, `beside` the comment that ends its line.

    `lead` is the blank before it within a line; `rank` says that a line may begin with it, and
    before which others it is chosen.
    """

    text: str
    kind: str
    above: tuple[str, ...] = ()
    beside: str = ""
    lead: str = ""
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Brackets and what they hold: a `call`, a `subscript`, a `list` or plain `paren`theses."""

    kind: str
    open: Token
    inside: tuple["Piece", ...]
    close: Token


Piece = Token | Group


@dataclass(frozen=True, slots=True)
class Line:
    """A statement or block header; `blank` says that an empty line stands above it."""

    column: int
    blank: bool
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a line of its own, between statements."""

    column: int
    blank: bool
    text: str


# -- Lines ------------------------------------------------------------------------------------


def read(text: str) -> Iterator[Line | Remark]:
    """Yield statements and the comments between them; a line of `~` or `then` goes on."""
    tokens: list[Token] = []
    remarks: list[Remark] = []
    start, column, depth = (0, False), 0, 0
    fresh, blank = True, False  # nothing stands on this line yet; the line above is empty
    for match in LEXEME.finditer(text):
        kind, word = match.lastgroup or "", match.group()
        match kind:
            case "blank":
                column += len(word.replace("\t", " " * TAB)) if fresh else 0
            case "line":
                column, fresh, blank = 0, True, blank or fresh
            case "note" if fresh:
                remarks.append(Remark(column, blank, word.rstrip()))
                fresh = blank = False
            case "note":
                tokens[-1] = replace(tokens[-1], beside=word.rstrip())
            case _:
                if fresh and depth == 0 and word not in ("~", "then"):
                    if tokens:
                        yield Line(*start, tuple(tokens))
                    yield from remarks
                    start = (column if tokens else 0, blank)
                    tokens, remarks = [], []
                depth += (word in "([") - (word in ")]")
                tokens.append(Token(word, kind, tuple(r.text for r in remarks)))
                remarks.clear()
                fresh = blank = False
    if tokens:
        yield Line(*start, tuple(tokens))
    yield from remarks


# -- Blanks and brackets ----------------------------------------------------------------------


def pieces(line: Line) -> tuple[Piece, ...]:
    """Return the tree of a statement."""
    tokens = iter(_settled(list(_dressed(line.tokens))))
    return tuple(_until("", tokens)[0])


def _dressed(tokens: Sequence[Token]) -> Iterator[Token]:
    """Give every token its blank, its rank and, where it is a word of the language, that kind."""
    brackets: list[str] = []
    loops = [False]  # for each open bracket: a `for` stands before, so an `if` is a filter
    before = Token("(", "sign")
    operand = False  # a value ends before this token
    for at, token in enumerate(tokens):
        text, kind = token.text, token.kind
        if kind == "name" and (at == 0 or operand or text in KEYWORDS):
            kind = "keyword"
        elif kind == "sign":
            kind = _sign(text, operand=operand)
        inner = brackets[-1] if brackets else ""
        now = replace(token, kind=kind, lead=_lead(before, text, kind, inner))
        if text in "([":
            brackets.append(kind)
            loops.append(False)
        elif text in ")]":
            brackets.pop()
            loops.pop()
        elif text in (",", "for"):
            loops[-1] = text == "for"
        if operand and text in RANKS:
            now = replace(now, rank=CLAUSE if text == "if" and loops[-1] else RANKS[text])
        yield now
        before = now
        operand = kind in ("name", "number", "string") or text in ")]"


def _settled(tokens: list[Token]) -> list[Token]:
    """Move comments that stand where no line can end to above the operand, item or operator."""
    starts: list[int] = []  # of the part around this token, for each open bracket
    for at, token in enumerate(tokens[:-1]):
        if token.text in ")]":
            starts.pop()
        elif starts and token.rank is not None:
            starts[-1] = at
        after = tokens[at + 1]
        if token.text in "([":
            starts.append(at + 1)
        elif token.text == "," and starts:
            starts[-1] = at + 1
        elif starts and after.rank is None and after.text not in "),]":
            start = starts[-1]
            moved = (*((tokens[at].beside,) if tokens[at].beside else ()), *after.above)
            if moved:
                tokens[at] = replace(tokens[at], beside="")
                tokens[at + 1] = replace(after, above=())
                tokens[start] = replace(tokens[start], above=(*tokens[start].above, *moved))
    return tokens


def _sign(text: str, *, operand: bool) -> str:
    match text:
        case "(":
            return "call" if operand else "paren"
        case "[":
            return "subscript" if operand else "list"
        case "+" | "-" if not operand:
            return "unary"
        case _:
            return "sign"


def _lead(before: Token, text: str, kind: str, inner: str) -> str:
    """The blank between two tokens within a line; `inner` is the kind of bracket around them."""
    close = (
        before.text in "([."
        or before.kind == "unary"
        or text in ")],.:"
        or kind in ("call", "subscript")
        or (before.text == ":" and inner == "subscript")
        or ("=" in (before.text, text) and inner != "")
    )
    return "" if close else " "


def _until(end: str, tokens: Iterator[Token]) -> tuple[list[Piece], Token]:
    """The pieces up to a closing bracket, and the bracket; a comma before it is left out."""
    found: list[Piece] = []
    for token in tokens:
        match token.text:
            case "(" | "[":
                inside, close = _until(")" if token.text == "(" else "]", tokens)
                kept = _tight(inside) if token.kind == "subscript" else inside
                found.append(Group(token.kind, token, tuple(kept), close))
            case text if text == end:
                if found and isinstance(found[-1], Token) and found[-1].text == ",":
                    return _without_comma(found, token)
                return found, token
            case _:
                found.append(token)
    return found, Token("", "sign")


def _without_comma(found: list[Piece], close: Token) -> tuple[list[Piece], Token]:
    """Leave out the last comma; its comments stay at its line's end, or above the bracket."""
    *rest, comma = found
    assert isinstance(comma, Token)
    kept, extra = beside(rest, comma)
    return kept, replace(close, above=(*extra, *close.above))


TIGHT = ("name", "number")


def _tight(inside: list[Piece]) -> list[Piece]:
    """Sums of names and numbers in a subscript are written without blanks: `z[t-1]`."""
    found: list[Piece] = []
    part: list[Piece] = []

    def end() -> None:
        if all(isinstance(p, Token) and (p.kind in TIGHT or p.text in SIGNS) for p in part):
            part[1:] = [replace(p, lead="") for p in part[1:] if isinstance(p, Token)]
        found.extend(part)
        part.clear()

    for piece in inside:
        if isinstance(piece, Token) and piece.text in ",:":
            end()
            found.append(piece)
        else:
            part.append(piece)
    end()
    return found


# -- Comments of pieces -----------------------------------------------------------------------


def first(found: Sequence[Piece]) -> Token:
    """Return the first token of pieces."""
    piece = found[0]
    return piece if isinstance(piece, Token) else piece.open


def last(found: Sequence[Piece]) -> Token:
    """Return the last token of pieces."""
    piece = found[-1]
    return piece if isinstance(piece, Token) else piece.close


def with_last(found: Sequence[Piece], note: str) -> list[Piece]:
    """Return pieces with another comment beside the last token."""
    *rest, piece = found
    match piece:
        case Token():
            return [*rest, replace(piece, beside=note)]
        case Group():
            return [*rest, replace(piece, close=replace(piece.close, beside=note))]


def with_above(piece: Piece, lines: tuple[str, ...]) -> Piece:
    """Return a piece with more comments above it."""
    match piece:
        case Token(above=above):
            return replace(piece, above=(*lines, *above))
        case Group(open=left):
            return replace(piece, open=replace(left, above=(*lines, *left.above)))


def beside(found: Sequence[Piece], comma: Token) -> tuple[list[Piece], tuple[str, ...]]:
    """Give the comments of a comma to what stands before it: the first at its line's end."""
    notes = tuple(n for n in (last(found).beside, *comma.above, comma.beside) if n)
    return with_last(found, notes[0] if notes else ""), notes[1:]


def notes(found: Sequence[Piece]) -> list[str]:
    """Return all comments of pieces, in order."""
    every: list[str] = []
    for piece in found:
        match piece:
            case Token():
                every += [*piece.above, *([piece.beside] if piece.beside else [])]
            case Group():
                every += notes((piece.open, *piece.inside, piece.close))
    return every


def inner_notes(found: Sequence[Piece]) -> list[str]:
    """Return the comments that stand between the first and the last token."""
    every = notes(found)
    return every[len(first(found).above) : len(every) - bool(last(found).beside)]
