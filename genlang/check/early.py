"""A declaration that stands below its first use: the edit that moves it up."""

import re
from collections.abc import Mapping

from genlang.source import Edit, Span

WORD = re.compile(r"[^\W\d]\w*")
HEAD = re.compile(
    r"(dim|data|param|latent|observed|generated|let|report|factor|require|def|net|guide|for)\b|##"
)


def moved_up(text: str, used: Span, name: str, places: Mapping[str, Span]) -> tuple[Edit, ...]:
    """Move the line that declares a name above the statement that uses it.

    None where it is no line of its own outside all blocks, or reads what is declared between.
    """
    start, stop = _line(text, places[name].start)
    target = _statement(text, used.start)
    line, own = text[start:stop], text[text.rfind("\n", 0, places[name].start) + 1 : stop]
    after = text[stop:].lstrip("\n").split("\n", 1)[0]
    continues = re.match(r"[ \t]+\S|~|then\b", after)
    if target >= start or not re.match(r"(?!for\b)[a-z]", own) or continues or not _balanced(own):
        return ()
    between = {n for n, s in places.items() if target <= s.start < start}
    if between & set(WORD.findall(own)):
        return ()
    ends = line if line.endswith("\n") else f"{line}\n"
    return (Edit(Span(target, target), ends), Edit(Span(start, stop), ""))


def _line(text: str, offset: int) -> tuple[int, int]:
    """The line around an offset, its break included, with the description above it."""
    start = text.rfind("\n", 0, offset) + 1
    stop = text.find("\n", offset) + 1 or len(text)
    while text[:start].endswith("\n"):
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].startswith("##"):
            break
        start = above
    return start, stop


def _statement(text: str, offset: int) -> int:
    """Where the statement outside all blocks begins that an offset lies in."""
    start, _ = _line(text, offset)
    while start > 0 and not HEAD.match(text, start):
        start, _ = _line(text, start - 1)
    return start


def _balanced(line: str) -> bool:
    return all(line.count(a) == line.count(b) for a, b in ("()", "[]"))
