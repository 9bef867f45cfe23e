"""Source text and spans: where in a model file something stands.

A `Span` is a half-open range of code points; `Source` turns it into lines and columns (from 1).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import field

from genlang.records import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range `[start, end)` of code points in one source text.

    In the body of a `def` that is written out at a call, `call` is the place of that call.
    """

    start: int
    end: int
    call: "Span | None" = None

    def to(self, other: "Span") -> "Span":
        """Return the smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end), self.call)

    @property
    def outermost(self) -> "Span":
        """The place in the model itself: of the first call, where this is in a body."""
        return self if self.call is None else self.call.outermost


@dataclass(frozen=True, slots=True)
class Edit:
    """What to write in place of a span."""

    span: Span
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return a text after edits, none of which overlap."""
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


NOWHERE = Span(0, 0)
BREAK = re.compile(r"\r\n|\r|\n")
MARK = "\ufeff"  # the byte order mark, which editors do not count as a column


@dataclass(frozen=True, slots=True)
class Source:
    """A model's text with its name; `starts` are the offsets at which its lines begin."""

    text: str
    name: str = "model.gen"
    starts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        starts = (0, *(m.end() for m in BREAK.finditer(self.text)))
        object.__setattr__(self, "starts", starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both from 1."""
        line = bisect_right(self.starts, offset)
        column = offset - self.starts[line - 1] + 1
        return line, max(1, column - 1) if line == 1 and self.text.startswith(MARK) else column

    def line(self, number: int) -> str:
        """Return the text of a line (from 1) without its line break."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n").removeprefix(MARK)

    def slice(self, span: Span) -> str:
        """Return the text of a span."""
        return self.text[span.start : span.end]

    def lines(self, span: Span) -> list[str]:
        """Return the lines of a span that are not blank, as far in from its first as they are."""
        line = self.line(self.position(span.start)[0])
        margin = len(line) - len(line.lstrip())
        first, *rest = self.slice(span).strip().splitlines() or [""]
        return [first, *(r[margin:] if r[:margin].isspace() else r for r in rest if r.strip())]
