"""Mistakes in a `def`: its head `def f(x: real) -> real:`, its `let` lines, its `return`."""

import re
from collections.abc import Iterator

from genlang.diagnostics import Diagnostic
from genlang.source import Span
from genlang.syntax.spot import WORDS, Spot

HEAD = re.compile(r"([ \t]*)def[ \t]+([^\W\d]\w*)")
FORM = "def f(x: real) -> real: return x"


def head(text: str, where: int) -> tuple[int, str] | None:
    """Return where the `def` around an offset begins, and its name; None outside of one.

    What should be the body of a `def` that has none is in it too.
    """
    start = text.rfind("\n", 0, where) + 1
    before = text[start:where]
    column = len(text) if before.strip() else len(before)
    for number, (at, line) in enumerate(_above(text, start)):
        own = len(line) - len(line.lstrip())
        found = HEAD.match(line)
        empty = number == 1 and line.split("#")[0].rstrip().endswith(":")
        if found is not None and (own < column or empty):
            return at, found.group(2)
        if own == 0 and number > 0:
            return None
        column = min(column, own) if number or before.strip() else column
    return None


def _above(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield the line at an offset and those above it, without empty ones and comments."""
    yield start, text[start:].split("\n", 1)[0]
    while start > 0:
        stop = start - 1
        start = text.rfind("\n", 0, stop) + 1
        line = text[start:stop]
        if line.strip() and not line.lstrip().startswith("#"):
            yield start, line


def block(text: str, start: int) -> int:
    """Return where a `def` ends that begins at an offset: before the next line in its column."""
    line = re.match(r"[ \t]*", text[start:])
    column = len(line.group()) if line else 0
    for found in re.finditer(r"\n([ \t]*)(?=[^ \t\n#])", text[start:]):
        if len(found.group(1)) <= column:
            return start + found.start() + 1
    return len(text)


def definition(spot: Spot) -> Diagnostic | None:
    """A mistake in the head of a `def`, or no `return` below it."""
    if spot.declares == "def":
        return _head(spot)
    found = head(spot.text, spot.where)
    if found is None or spot.word or not spot.line().startswith("let"):
        return None
    return Diagnostic("E118", f"the body of `{found[1]}` has no `return`", spot.place,
                      help="end it with `return` and a value",
                      second=_second(spot, found[0]))  # fmt: skip


def stray(spot: Spot) -> Diagnostic | None:
    """A line that has no place in the body of a `def`."""
    found = head(spot.text, spot.where)
    if found is None or spot.before or spot.word not in ("return", *WORDS) or spot.word == "let":
        return None
    message = f"`{spot.word}` has no place in the body of `{found[1]}`"
    why = "a body is `let` lines, then one `return`"
    edit = "a sum or a list over a dim is `sum(... for k in K)` or `[... for k in K]`"
    return Diagnostic("E118", message, spot.place, why, edit if spot.word == "for" else "",
                      _second(spot, found[0]))  # fmt: skip


def _second(spot: Spot, start: int) -> tuple[Span, str]:
    line = spot.text[start:].split("\n", 1)[0].rstrip()
    return Span(start + len(line) - len(line.lstrip()), start + len(line)), "its body is below"


def _head(spot: Spot) -> Diagnostic | None:
    """A type that is missing, a default, `=` for `: return`."""
    untyped = re.search(r"[(,]\s*([^\W\d]\w*)\s*$", spot.before)
    if untyped and spot.word in (",", ")") and "->" not in spot.before:
        name = untyped.group(1)
        message = f"the argument `{name}` wants a type"
        return Diagnostic("E118", message, spot.place, help=f"write `{name}: real`")
    returns = "->" in spot.before
    if spot.rest.startswith("=") and not returns:
        message = "an argument has no default"
        return Diagnostic("E118", message, spot.place, help="give its value in every call")
    if not returns and spot.before.endswith(")") and spot.rest.startswith((":", "=")):
        message = "a `def` says the type of what it returns"
        return Diagnostic("E118", message, spot.place, help=f"write `{spot.before} -> real: ...`")
    if returns and spot.rest.startswith("="):
        value = spot.rest[1:].split("#")[0].strip()
        return Diagnostic("E118", "the value of a `def` stands after `return`", spot.place,
                          help=f"write `{spot.before}: return {value}`")  # fmt: skip
    if returns and spot.before.endswith(":") and spot.word:
        value = spot.rest.split("#")[0].strip()
        return Diagnostic("E118", "the value of a `def` stands after `return`", spot.place,
                          help=f"write `{spot.before} return {value}`")  # fmt: skip
    if not spot.word and not returns:
        return Diagnostic("E118", "a `def` is not complete", spot.place, help=f"write `{FORM}`")
    if not spot.word:
        return Diagnostic("E118", "a colon and a `return` are missing", spot.place,
                          help=f"write `{spot.line()}: return ...`")  # fmt: skip
    return None
