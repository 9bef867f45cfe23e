"""Text -> AST, with a message for everything that is not a program.

After an error the declaration that holds it is blanked out and the rest parsed again, so that one
run reports all independent errors and offsets stay those of the text.
"""

import re
from functools import cache

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.indenter import DedentError

from genlang.diagnostics import Diagnostic, suggest
from genlang.source import Source, Span
from genlang.syntax import nodes
from genlang.syntax.build import build
from genlang.syntax.tables import load

WORDS = [
    "dim",
    "data",
    "param",
    "latent",
    "observed",
    "generated",
    "let",
    "report",
    "factor",
    "require",
    "def",
    "net",
    "for",
    "guide",
]
DEPTH = 200
ERRORS = 25
HUMAN = {
    "NAME": "a name", "NUMBER": "a number", "STRING": "a string", "_NL": "the end of the line",
    "_INDENT": "an indented block", "_DEDENT": "the end of the block", "LPAR": "`(`",
    "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "COMMA": "`,`", "COLON": "`:`", "EQUAL": "`=`",
    "__ANON_0": "`->`", "TILDE": "`~`", "DOT": "`.`", "$END": "the end of the file",
}  # fmt: skip


@cache
def _lark() -> Lark:
    return load()


def parse(source: Source) -> tuple[nodes.File, tuple[Diagnostic, ...]]:
    """Parse a model file; the file holds the declarations that could be read."""
    text, found = _before(source.text)
    while len(found) < ERRORS:
        try:
            return build(_lark().parse(text + "\n"), text), tuple(found)
        except UnexpectedInput as error:
            where = min(_offset(error, text), len(text))
            found.append(_explain(error, text, where))
            text = _blank(text, where)
        except DedentError:
            where = _bad_dedent(text)
            message = "this line's indentation matches no block above it"
            found.append(
                Diagnostic("E102", message, Span(where, where + 1), help="align it with its block")
            )
            text = _blank(text, where)
        if not text.strip():
            break
    return nodes.File(Span(0, 0), ()), tuple(found)


# -- What the parser cannot see ---------------------------------------------------------------


def _before(text: str) -> tuple[str, list[Diagnostic]]:
    """Blank out tabs, control characters and hopeless nesting; same length as before."""
    found: list[Diagnostic] = []
    if text.startswith("\ufeff"):
        text = " " + text[1:]
        text = text if text[1:2] in ("\n", "#") else "\n" + text[1:]
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    for match in re.finditer(r"^ *(\t)", text, re.MULTILINE):
        where = Span(match.start(1), match.start(1) + 1)
        message = "a tab begins this line: blocks are indented with spaces"
        found.append(Diagnostic("E101", message, where, help="replace each tab by four spaces"))
        break
    text = _expand_tabs(text)
    deep = _too_deep(text)
    if deep is not None:
        message = f"brackets are nested deeper than {DEPTH}"
        found.append(Diagnostic("E103", message, Span(deep, deep + 1), help="name parts by `let`"))
        text = " " * len(text)
    return text, found


def _expand_tabs(text: str) -> str:
    """Leading tabs count as the indentation of four spaces; offsets of other lines stay."""
    lines = text.split("\n")
    for i, line in enumerate(lines):
        body = line.lstrip(" \t")
        if "\t" in line[: len(line) - len(body)]:
            lines[i] = line.replace("\t", "    ")
    return "\n".join(lines)


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


def _bad_dedent(text: str) -> int:
    stack, offset = [0], 0
    for line in text.split("\n"):
        body = line.lstrip(" ")
        width = len(line) - len(body)
        if body and not body.startswith("#"):
            while stack[-1] > width:
                stack.pop()
            if width > stack[-1]:
                above = text[:offset].rstrip()
                if not above.endswith(":"):
                    return offset + width
                stack.append(width)
        offset += len(line) + 1
    return 0


# -- Messages ---------------------------------------------------------------------------------


def _offset(error: UnexpectedInput, text: str) -> int:
    if isinstance(error, UnexpectedToken) and isinstance(error.token, Token):
        token = error.token
        if token.type == "$END":
            return len(text.rstrip())
        if token.type in ("_NL", "_DEDENT") and token.start_pos is not None:
            return token.start_pos
        if token.start_pos is not None:
            return token.start_pos
    position = error.pos_in_stream
    return position if isinstance(position, int) and position >= 0 else len(text.rstrip())


def _explain(error: UnexpectedInput, text: str, where: int) -> Diagnostic:
    """Choose the message for an unexpected token or character."""
    opening = _unclosed(text, where)
    line_start = text.rfind("\n", 0, where) + 1
    before = text[line_start:where].strip()
    word = re.match(r"[^\W\d]\w*|\S", text[where:])
    token = word.group() if word else "end of line"
    place = Span(where, where + (len(token) if word else 1))
    rest = text[where : text.find("\n", where) if "\n" in text[where:] else len(text)]
    first = before == ""
    if opening is not None and (first or not word):
        message = f"`{text[opening]}` is not closed"
        return Diagnostic("E104", message, Span(opening, opening + 1), help="close the bracket")
    if re.match(r"==|!=|<=|>=|<(?!-)|>", rest) and re.search(r"==|!=|<=|>=|<|>", before):
        message = "comparisons cannot be chained"
        return Diagnostic("E105", message, place, help="write `a < b and b < c`")
    if rest.startswith("**") or (rest.startswith("*") and before.endswith("*")):
        place = Span(where if rest.startswith("**") else where - 1, where + 1)
        return Diagnostic("E106", "the power operator is `^`", place, help="write `x ^ 2`")
    if rest.startswith("<-"):
        return Diagnostic("E106", "`<-` is not an operator", place, help="write `let name = ...`")
    if rest.startswith((";", "{", "}")):
        message = f"`{rest[0]}` has no place here"
        help_text = "a declaration ends with its line; blocks are indented below a `:`"
        return Diagnostic("E106", message, place, help=help_text)
    if first and word and token not in WORDS:
        message = f"a line begins with the word that says what it declares, not with `{token}`"
        known = suggest(token, WORDS)
        return Diagnostic("E107", message, place, help=known or "one of: " + ", ".join(WORDS))
    if before.split(" ")[0:1] == ["for"] and not word:
        return Diagnostic("E108", "`for` ends with a colon", place, help="add `:` here")
    declared = before.split(" ")[0]
    if rest.startswith("=") and declared in ("latent", "observed", "generated"):
        message = f"`{declared}` takes a distribution after `~`"
        return Diagnostic("E109", message, place, help="write `~` instead of `=`")
    if rest.startswith("~") and declared in ("let", "data", "param", "report", "dim"):
        message = f"`{declared}` has no distribution"
        return Diagnostic("E109", message, place, help="use `latent` or `observed` for `~`")
    if first and word and text[:line_start].rstrip().endswith(":") is False and where > line_start:
        return Diagnostic("E102", "this line is indented, but no block begins above it", place)
    wanted = _wanted(error)
    shown = f"`{token}`" if word else "the end of the line"
    return Diagnostic("E110", f"{shown} was not expected here", place, help=wanted)


def _wanted(error: UnexpectedInput) -> str:
    match error:
        case UnexpectedToken():
            accepts = set(error.accepts or error.expected)
        case UnexpectedCharacters():
            accepts = set(error.allowed or ())
        case _:
            accepts = set()
    shown = sorted({HUMAN[a] for a in accepts if a in HUMAN})
    return (
        f"expected {', '.join(shown[:-1])}{' or ' if shown[1:] else ''}{shown[-1]}" if shown else ""
    )


def _unclosed(text: str, stop: int) -> int | None:
    """The innermost bracket that is open at an offset, within its declaration."""
    stack: list[int] = []
    for match in re.finditer(r'#[^\n]*|"[^"\n]*"|[(\[]|[)\]]', text[:stop]):
        mark = match.group()
        if mark in "([":
            stack.append(match.start())
        elif mark in ")]" and stack:
            stack.pop()
    return stack[-1] if stack else None


# -- Recovery ---------------------------------------------------------------------------------


def _blank(text: str, where: int) -> str:
    """Blank out the declaration around an offset, and the block of a `for`."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    row = max(i for i in range(len(lines)) if starts[i] <= where)
    opening = _unclosed(text, where)
    if opening is not None:
        row = max(i for i in range(len(lines)) if starts[i] <= opening)
    while row > 0 and (not lines[row].strip() or not _declares(lines[row])):
        if lines[row].strip() and where >= starts[row] and opening is None and _fresh(lines, row):
            break
        row -= 1
    width = _width(lines[row])
    block = lines[row].lstrip().startswith(("for ", "guide", "def "))
    end = row + 1
    while end < len(lines):
        line = lines[end]
        if line.strip() and _declares(line) and not (block and _width(line) > width):
            break
        if line.strip() and not _continues(lines, end, width):
            break
        end += 1
    for i in range(row, end):
        lines[i] = " " * len(lines[i])
    _drop_empty_blocks(lines)
    return "\n".join(lines)


def _fresh(lines: list[str], row: int) -> bool:
    """Whether a line that declares nothing stands on its own (not inside open brackets)."""
    return not lines[row].lstrip().startswith(("~", "then", ")", "]"))


def _continues(lines: list[str], row: int, width: int) -> bool:
    return _width(lines[row]) > width or lines[row].lstrip().startswith(("~", "then", ")", "]"))


def _width(line: str) -> int:
    return len(line) - len(line.lstrip())


def _declares(line: str) -> bool:
    match = re.match(r" *([^\W\d]\w*)", line)
    return bool(match and match.group(1) in WORDS)


def _drop_empty_blocks(lines: list[str]) -> None:
    """Blank out block headers whose body has gone."""
    for row in range(len(lines) - 1, -1, -1):
        line = lines[row]
        if not re.match(r" *(for |guide)", line) or not line.split("#")[0].rstrip().endswith(":"):
            continue
        body = next(
            (x for x in lines[row + 1 :] if x.strip() and not x.strip().startswith("#")), ""
        )
        if _width(body) <= _width(line):
            lines[row] = " " * len(line)
