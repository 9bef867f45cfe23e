"""Text -> AST, with a message for everything that is not a program.

After an error the fault is taken out (`recovery`) and the rest parsed again, so that one run
reports all independent errors and offsets stay those of the text.
"""

import re
from dataclasses import replace
from functools import cache

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.indenter import DedentError

from genlang.diagnostics import Diagnostic
from genlang.source import Source, Span
from genlang.syntax import nodes
from genlang.syntax.build import build, stray_chains
from genlang.syntax.messages import explain
from genlang.syntax.recovery import TAB, Mended, blank_out, recover
from genlang.syntax.tables import load

DEPTH = 200
ERRORS = 25
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@cache
def _lark() -> Lark:
    return load()


def parse(source: Source) -> tuple[nodes.File, tuple[Diagnostic, ...]]:
    """Parse a model file; the file holds the declarations that could be read."""
    text, found = _before(source.text)
    lost: frozenset[str] = frozenset()
    while len(found) < ERRORS:
        try:
            tree = _lark().parse(text + "\n")
            found += map(_misplaced, stray_chains(tree))
            file = build(tree, text)
        except UnexpectedInput as error:
            where = min(_offset(error, text), len(text))
            found.append(_inside(explain(error, text, where), len(text)))
            mended = recover(text, where, indented=_is_indent(error))
        except DedentError:
            where = _bad_dedent(text)
            message = "this line's indentation matches no block above it"
            place = Span(where, where + 1)
            found.append(Diagnostic("E102", message, place, help="align it with its block"))
            mended = _blank_column(text, where)
        else:
            return nodes.File(file.span, file.statements, lost), tuple(found)
        lost |= mended.lost
        if mended.text == text:
            break
        text = mended.text
    return nodes.File(Span(0, 0), (), lost), tuple(found)


def _misplaced(place: Span) -> Diagnostic:
    message = "`then` stands inside an expression"
    why = "it parts the first element of a loop from the later ones, for a whole declaration"
    edit = "write `A then B then C` without parentheses, or `a if t == 0 else b` for a value"
    return Diagnostic("E117", message, place, why=why, help=edit)


def _inside(found: Diagnostic, length: int) -> Diagnostic:
    """The end of the text is a place of no width."""
    place = found.span or Span(0, 0)
    return replace(found, span=Span(min(place.start, length), min(place.end, length)))


# -- What the parser cannot see ---------------------------------------------------------------


def _before(text: str) -> tuple[str, list[Diagnostic]]:
    """Report tabs and hopeless nesting; the text for the parser is as long as the given one."""
    found: list[Diagnostic] = []
    if text.startswith("\ufeff"):
        text = "\n" + text[1:]
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    tab = re.search(r"^ *(\t+)", text, re.MULTILINE)
    if tab:
        place = Span(tab.start(1), tab.end(1))
        message = "a tab begins this line: blocks are indented with spaces"
        edit = "replace each tab at the beginning of a line by four spaces"
        found.append(Diagnostic("E101", message, place, help=edit))
    control = CONTROL.search(text)
    if control:
        place = Span(control.start(), control.end())
        message = f"an invisible character stands here: U+{ord(control.group()):04X}"
        found.append(Diagnostic("E113", message, place, help="delete it"))
        text = CONTROL.sub(" ", text)
    deep = _too_deep(text)
    if deep is not None:
        message = f"brackets or signs are nested deeper than {DEPTH}"
        found.append(Diagnostic("E103", message, Span(deep, deep + 1), help="name parts by `let`"))
        text = " " * len(text)
    return text, found


def _too_deep(text: str) -> int | None:
    depth = 0
    for match in re.finditer(r'#[^\n]*|"[^"\n]*"|[(\[{]|[)\]}]', text):
        mark = match.group()
        if mark in "([{":
            depth += 1
            if depth > DEPTH:
                return match.start()
        elif mark in ")]}":
            depth = max(0, depth - 1)
    signs = re.search(rf"(?:[-+]\s*|not\s+|\^\s*-?\s*\d+\s*){{{DEPTH}}}", text)
    return signs.start() if signs else None


# -- Where the parser stopped -----------------------------------------------------------------


def _offset(error: UnexpectedInput, text: str) -> int:
    if isinstance(error, UnexpectedToken) and isinstance(error.token, Token):
        token = error.token
        if token.type == "$END":
            return len(text.rstrip())
        if token.type == "_INDENT" and token.end_pos is not None:
            return token.end_pos
        if token.start_pos is not None:
            return token.start_pos
    position = error.pos_in_stream
    return position if isinstance(position, int) and position >= 0 else len(text.rstrip())


def _is_indent(error: UnexpectedInput) -> bool:
    return (
        isinstance(error, UnexpectedToken)
        and isinstance(error.token, Token)
        and error.token.type == "_INDENT"
    )


def _column(line: str) -> int:
    blanks = line[: len(line) - len(line.lstrip(" \t"))]
    return sum(TAB if b == "\t" else 1 for b in blanks)


def _bad_dedent(text: str) -> int:
    """The first line whose column is none of the open blocks' columns."""
    stack, offset, depth = [0], 0, 0
    for line in text.split("\n"):
        body = line.lstrip(" \t")
        width = _column(line)
        if body and not body.startswith("#") and depth == 0:
            if width > stack[-1]:
                stack.append(width)
            while stack[-1] > width:
                stack.pop()
            if width != stack[-1]:
                return offset + len(line) - len(body)
        marks = re.sub(r'#.*|"[^"]*"', "", line)
        depth = max(0, depth + len(re.findall(r"[(\[]", marks)) - len(re.findall(r"[)\]]", marks)))
        offset += len(line) + 1
    return 0


def _blank_column(text: str, where: int) -> Mended:
    """Blank out the line at an offset and those that follow in its column."""
    mended = blank_out(text, where)
    row = text.count("\n", 0, where)
    lines = text.split("\n")
    width = _column(lines[row])
    lost = mended.lost
    offset = sum(len(x) + 1 for x in lines[: row + 1])
    for line in lines[row + 1 :]:
        if line.strip() and _column(line) != width:
            break
        if line.strip() and mended.text[offset : offset + len(line)].strip():
            more = blank_out(mended.text, offset + width)
            mended, lost = more, lost | more.lost
        offset += len(line) + 1
    return Mended(mended.text, lost)
