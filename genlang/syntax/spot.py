"""The place where the parser stopped, and the line around it."""

import re
from dataclasses import field

from genlang.records import dataclass
from genlang.source import Span

WORDS = (
    "dim", "data", "param", "latent", "observed", "generated", "let", "report", "factor",
    "require", "def", "net", "for", "guide",
)  # fmt: skip
DRAWS = ("latent", "observed", "generated")
RESERVED = frozenset({
    "and", "or", "not", "if", "else", "for", "in", "then", "return", "true", "false",
})  # fmt: skip
MARKS = re.compile(r'#[^\n]*|"[^"\n]*"|[(\[]|[)\]]')
OPERAND = r"[\w.]+(?:\[[^\[\]]*\])?"  # a name, perhaps with a subscript


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where the parser stopped: the line around it, cut there, and the word there."""

    text: str
    where: int
    line_start: int = field(init=False)
    before: str = field(init=False)
    rest: str = field(init=False)
    word: str = field(init=False)

    def __post_init__(self) -> None:
        start = self.text.rfind("\n", 0, self.where) + 1
        stop = self.text.find("\n", self.where)
        rest = self.text[self.where : stop if stop >= 0 else len(self.text)]
        word = re.match(r"[^\W\d]\w*|[^ \t\r\n#]", rest)
        for name, value in (
            ("line_start", start),
            ("before", self.text[start : self.where].strip()),
            ("rest", rest),
            ("word", word.group() if word else ""),
        ):
            object.__setattr__(self, name, value)

    @property
    def place(self) -> Span:
        """The span of the word at the place."""
        return Span(self.where, self.where + max(1, len(self.word)))

    @property
    def declares(self) -> str:
        """The first word of the line, where the token comes after it."""
        word = re.match(r"\w+", self.before)
        return word.group() if word else ""

    def line(self) -> str:
        """The whole line without its comment."""
        stop = self.text.find("\n", self.where)
        line = self.text[self.line_start : stop if stop >= 0 else len(self.text)]
        return re.sub(r'("[^"]*")|#.*', r"\1", line).strip()

    def edited_all(self, pattern: str, new: str) -> str:
        """The help that shows the line after all substitutions."""
        return f"write `{re.sub(pattern, new, self.line())}`"

    def edited(self, pattern: str, new: str) -> str:
        """The help that shows the line after a substitution."""
        return f"write `{re.sub(pattern, new, self.line(), count=1)}`"


def unclosed(text: str, stop: int) -> int | None:
    """Return the innermost bracket that is open at an offset."""
    stack: list[int] = []
    for match in MARKS.finditer(text, 0, stop):
        mark = match.group()
        if mark in "([":
            stack.append(match.start())
        elif mark in ")]" and stack:
            stack.pop()
    return stack[-1] if stack else None


def ends_here(spot: Spot) -> bool:
    """Whether nothing but blanks follows in the file."""
    return not spot.text[spot.where :].strip()
