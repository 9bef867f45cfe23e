"""Text -> AST, with a message for everything that is not a program.

After an error the fault is taken out (`recovery`) and the rest parsed again, so that one run
reports all independent errors and offsets stay those of the text.
"""

import re
from dataclasses import replace

from genlang.diagnostics import Diagnostic
from genlang.source import Edit, Source, Span
from genlang.syntax import nodes
from genlang.syntax.build import build
from genlang.syntax.lalr import END, TAB, Unaligned, Unexpected, load
from genlang.syntax.lalr import parse as parsed
from genlang.syntax.limits import TooMuch, survey, too_deep
from genlang.syntax.messages import explain
from genlang.syntax.recovery import Mended, blank_out, blank_rest, recover

ERRORS = 25
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parse(source: Source) -> tuple[nodes.File, tuple[Diagnostic, ...]]:
    """Parse a model file; the file holds the declarations that could be read."""
    text, found = _before(source.text)
    lost: frozenset[str] = frozenset()
    while len(found) < ERRORS:
        try:
            tree = parsed(text + "\n", load())
            found += map(_misplaced, survey(tree))
            file = build(tree, text)
        except Unexpected as error:
            where = len(text.rstrip()) if error.kind == END else min(error.offset, len(text))
            found.append(_inside(explain(error, text, where), len(text)))
            mended = recover(text, where, indented=error.kind == "_INDENT")
        except TooMuch as error:
            where = (error.diagnostic.span or Span(0, 0)).start
            found.append(error.diagnostic)
            mended = blank_rest(text, where) if error.rest else blank_out(text, where)
        except Unaligned as error:
            message = "this line's indentation matches no block above it"
            place = Span(error.offset, error.offset + 1)
            found.append(Diagnostic("E102", message, place, help="align it with its block"))
            mended = _blank_column(text, error.offset)
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
        blanks = (m for m in re.finditer(r"^[ \t]*\t[ \t]*", text, re.MULTILINE))
        edits = tuple(Edit(Span(*m.span()), m.group().replace("\t", " " * TAB)) for m in blanks)
        found.append(Diagnostic("E101", message, place, help=edit, edits=edits))
    control = CONTROL.search(text)
    if control:
        place = Span(control.start(), control.end())
        message = f"an invisible character stands here: U+{ord(control.group()):04X}"
        edits = tuple(Edit(Span(*m.span()), "") for m in CONTROL.finditer(text))
        found.append(Diagnostic("E113", message, place, help="delete it", edits=edits))
        text = CONTROL.sub(" ", text)
    deep = too_deep(text)
    if deep is not None:
        found.append(deep)
        text = " " * len(text)
    return text, found


# -- Where the parser stopped -----------------------------------------------------------------


def _column(line: str) -> int:
    blanks = line[: len(line) - len(line.lstrip(" \t"))]
    return sum(TAB if b == "\t" else 1 for b in blanks)


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
