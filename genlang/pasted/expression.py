"""Expressions of Stan, BUGS and R: text -> tokens -> Node. `writing` writes them as genlang does.

What is not certain raises `Unsure`: no text is better than one with another meaning.
"""

import re
from collections.abc import Sequence

from genlang.records import dataclass

TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)L?"
    r"|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
    r"|(?P<text>\"[^\"\n]*\"|'[^'\n]*'(?!\w))"
    r"|(?P<sign>%\*%|\*\*|\.\*|\./|\.\^|<-|<=|>=|==|!=|&&|\|\||\+=|%%|[-+*/^%@'()\[\]{}<>=~,;:?!&|])"
)
LEVELS = {
    "||": 1, "|": 1, "or": 1, "&&": 2, "&": 2, "and": 2,
    "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, ".*": 6, "./": 6, "%*%": 6, "@": 6, "%%": 6, "%": 6,
    "^": 8, "**": 8, ".^": 8,
}  # fmt: skip
ADDITIVE, UNARY, ATOM = 5, 7, 10


class Unsure(Exception):  # noqa: N818 (never leaves the package)
    """There is no certain spelling here."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name, perhaps with dots."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`; a key is None where an argument has no name."""

    name: str
    arguments: "tuple[tuple[str | None, Node], ...]"


@dataclass(frozen=True, slots=True)
class Subscript:
    """`base[subscripts]`; None for a whole axis, two nodes for a range."""

    base: "Node"
    subscripts: "tuple[Node | tuple[Node, Node] | None, ...]"


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `!x`, `x'`."""

    sign: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """`left sign right`."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Choice:
    """`c ? a : b`, `a if c else b`."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


Node = Number | Name | Call | Subscript | Unary | Binary | Choice


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text without comments; raises Unsure at anything else."""
    found: list[Token] = []
    where = 0
    while where < len(text):
        if text[where].isspace():
            where += 1
            continue
        match = TOKEN.match(text, where)
        if match is None:
            raise Unsure
        kind = match.lastgroup or ""
        word = match.group(kind)
        kind = "sign" if word in ("and", "or", "not", "if", "else") else kind
        found.append(Token(kind, word, where, match.end()))
        where = match.end()
    return found


@dataclass(slots=True)
class Reader:
    """Reads expressions from tokens, by precedence."""

    tokens: Sequence[Token]
    at: int = 0

    def peek(self, ahead: int = 0) -> str:
        """Return a token's text, an empty one at the end."""
        place = self.at + ahead
        return self.tokens[place].text if place < len(self.tokens) else ""

    def take(self, text: str = "") -> Token:
        """Return the next token, which must be the given one; raises Unsure."""
        if self.at >= len(self.tokens) or (text and self.peek() != text):
            raise Unsure
        self.at += 1
        return self.tokens[self.at - 1]

    def word(self) -> str:
        """Return the next token's text, which must be a name; raises Unsure."""
        token = self.take()
        if token.kind != "name":
            raise Unsure
        return token.text

    def skip(self, text: str) -> bool:
        """Whether the next token is the given one; it is taken then."""
        found = self.peek() == text and self.at < len(self.tokens)
        self.at += found
        return found

    def expression(self, lowest: int = 0) -> Node:
        """Read an expression whose operators bind at least so tightly."""
        left = self._unary()
        while True:
            sign = self.peek()
            level = LEVELS.get(sign, -1)
            if level >= max(lowest, 1):
                self.take()
                right = self.expression(level if level > UNARY else level + 1)
                left = Binary(sign, left, right)
            elif sign == "?" and lowest == 0:
                self.take()
                then = self.expression()
                self.take(":")
                left = Choice(left, then, self.expression())
            elif sign == "if" and lowest == 0:
                self.take()
                condition = self.expression(1)
                self.take("else")
                left = Choice(condition, left, self.expression())
            else:
                return left

    def _unary(self) -> Node:
        for sign, level in (("-", UNARY), ("+", UNARY), ("!", UNARY), ("not", 3)):
            if self.skip(sign):
                return Unary(sign, self.expression(level))
        return self._postfix()

    def _postfix(self) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                node: Node = Number(token.text)
            case "name" if self.peek() == "(":
                node = Call(token.text, self.arguments())
            case "name":
                node = Name(token.text)
            case _ if token.text == "(":
                node = self.expression()
                self.take(")")
            case _:
                raise Unsure
        while self.peek() in ("[", "'"):
            if self.skip("'"):
                node = Unary("'", node)
                continue
            self.take("[")
            subscripts: list[Node | tuple[Node, Node] | None] = []
            while not self.skip("]"):
                subscripts.append(self._subscript())
                if self.peek() not in (",", "]"):
                    raise Unsure
                if self.skip(",") and self.peek() == "]":
                    subscripts.append(None)
            node = Subscript(node, tuple(subscripts) or (None,))
        return node

    def _subscript(self) -> "Node | tuple[Node, Node] | None":
        if self.peek() in (",", "]"):
            return None
        if self.peek() == ":" and self.peek(1) in (",", "]"):
            self.take()
            return None
        low = self.expression()
        if self.skip(":"):
            return low, self.expression()
        return low

    def arguments(self) -> tuple[tuple[str | None, Node], ...]:
        """Read `(a, b, name=c)`; `|` parts the first of `normal_lpdf(y | mu, sigma)`."""
        self.take("(")
        found: list[tuple[str | None, Node]] = []
        while not self.skip(")"):
            key = None
            if self.peek(1) == "=" and self.tokens[self.at].kind == "name":
                key = self.take().text
                self.take("=")
            found.append((key, self._argument()))
            if self.peek() not in (",", ")", "|"):
                raise Unsure
            if self.peek() != ")":
                self.take()
        return tuple(found)

    def _argument(self) -> Node:
        if self.tokens[self.at : self.at + 1] and self.tokens[self.at].kind == "text":
            return Name(self.take().text)
        return self.expression(2) if self._bar() else self.expression()

    def _bar(self) -> bool:
        """Whether this argument ends at a `|` that is no `or`."""
        return re.search(r"_lp[dm]f$|_lu?p[dm]f$", self.peek(-2) if self.at > 1 else "") is not None
