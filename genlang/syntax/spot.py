"""The place where the parser stopped, and the line around it."""

import re
from dataclasses import field

from genlang.records import dataclass
from genlang.source import Edit, Span, edited

WORDS = (
    "dim", "data", "param", "latent", "observed", "generated", "let", "report", "factor",
    "require", "def", "net", "for", "guide",
)  # fmt: skip
DRAWS = ("latent", "observed", "generated")
RESERVED = frozenset({
    "and", "or", "not", "if", "else", "for", "in", "then", "return", "true", "false",
})  # fmt: skip
MARKS = re.compile(r'#[^\n]*|"[^"\n]*"|[(\[]|[)\]]')
# How a distribution begins, in other languages too.
LAW = re.compile(
    r"(?:(?:pm|dist|stats|tfd|numpyro\.distributions|pyro\.distributions)\.)?"
    r"(?:[A-Z]\w*|d(?:norm|lnorm|gamma|beta|unif|exp|t|bern|bin|binom|pois|cat|negbin|weib|mnorm|dirch)"
    r"|(?:half_|multi_|inv_|std_|skew_)?(?:normal|gamma|beta|cauchy|student_t|exponential|uniform"
    r"|bernoulli|binomial|categorical|poisson|neg_binomial|dirichlet|lognormal|logistic)\w*)\s*\("
)
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
        return _bare(line)

    @property
    def line_stop(self) -> int:
        """Where the line ends."""
        return self.where + len(self.rest)

    @property
    def indent(self) -> str:
        """The blanks at the beginning of the line."""
        line = self.text[self.line_start : self.line_stop]
        return line[: len(line) - len(line.lstrip())]

    def find(self, pattern: str, start: int = -1) -> Span:
        """The first match of a pattern in the line; it is known to be there."""
        start = max(start, self.line_start)
        found = re.compile(pattern).search(self.text, start, self.line_stop)
        assert found is not None
        return Span(*found.span())

    def edited(self, *edits: Edit) -> str:
        """The help that shows the line after edits."""
        start = self.line_start
        moved = [Edit(Span(e.span.start - start, e.span.end - start), e.text) for e in edits]
        line = edited(self.text[start : self.line_stop], moved)
        return f"write `{_bare(line)}`"

    def without_line(self) -> Edit:
        """The edit that deletes the line."""
        stop = self.line_stop + 1 if self.line_stop < len(self.text) else self.line_stop
        return Edit(Span(self.line_start, stop), "")


def _bare(line: str) -> str:
    """A line without its comment."""
    return re.sub(r'("[^"]*")|#.*', r"\1", line).strip()


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
