"""Programs of Stan as data: blocks of declarations, draws, assignments and loops."""

import re
from dataclasses import fields, is_dataclass

from genlang.pasted.expression import ADDITIVE, Call, Name, Node, Number, Reader, Unsure, tokens
from genlang.pasted.lines import without_comments
from genlang.records import dataclass

BLOCKS = ("functions", "data", "transformed data", "parameters", "transformed parameters", "model",
          "generated quantities")  # fmt: skip
BLOCK = re.compile(
    r"(?<![\w.])(functions|(?:transformed\s+)?data|(?:transformed\s+)?parameters|model"
    r"|generated\s+quantities)\s*\{"
)
# The types, each with the number of its own dims.
TYPES = {
    "int": 0, "real": 0, "vector": 1, "row_vector": 1, "matrix": 2, "simplex": 1, "ordered": 1,
    "positive_ordered": 1, "unit_vector": 1, "cov_matrix": 1, "corr_matrix": 1,
    "cholesky_factor_corr": 1, "cholesky_factor_cov": 1,
}  # fmt: skip
SKIPPED = ("if", "while", "return", "print", "reject", "profile", "break", "continue", "else")


@dataclass(frozen=True, slots=True)
class Declared:
    """`array[N] vector<lower=0>[D] name = value;`: `axes` are the array's, `own` the type's."""

    start: int
    kind: str
    name: str
    axes: tuple[str, ...]
    own: tuple[str, ...]
    lower: Node | None
    upper: Node | None
    value: Node | None
    block: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """`left ~ law(arguments) T[low, high];`."""

    start: int
    left: Node
    law: str
    arguments: tuple[Node, ...]
    low: Node | None
    high: Node | None


@dataclass(frozen=True, slots=True)
class Assigned:
    """`left = value;`."""

    start: int
    left: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Added:
    """`target += value;`."""

    start: int
    value: Node


@dataclass(frozen=True, slots=True)
class Loop:
    """`for (index in low:high) body`; `high` as written."""

    start: int
    index: str
    low: Node
    high: str
    body: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class Other:
    """A statement that has no counterpart here, or that could not be read."""

    start: int


Statement = Declared | Drawn | Assigned | Added | Loop | Other


def read(text: str) -> dict[str, list[Statement]]:
    """Return the statements of each block of a program; raises Unsure."""
    bare = without_comments(re.sub(r"^#include.*", "", text, flags=re.MULTILINE), "//|#")
    found: dict[str, list[Statement]] = {}
    where = 0
    while (block := BLOCK.search(bare, where)) is not None:
        name = " ".join(block.group(1).split())
        stop = _closing(bare, block.end() - 1)
        inner = " " * block.end() + bare[block.end() : stop]
        parser = Parser(Reader(tokens(inner)), name)
        found[name] = parser.statements()
        where = stop + 1
    return found


def alone(text: str) -> bool:
    """Whether a text holds nothing but blocks and comments."""
    bare = without_comments(text, "//")
    where, outside = 0, ""
    while (block := BLOCK.search(bare, where)) is not None:
        outside += bare[where : block.start()]
        where = _closing(bare, block.end() - 1) + 1
    return not (outside + bare[where:]).strip()


def _closing(text: str, opening: int) -> int:
    depth = 0
    for i in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise Unsure


@dataclass(slots=True)
class Parser:
    """Reads the statements of one block."""

    reader: Reader
    block: str

    def statements(self) -> list[Statement]:
        """All statements up to the end, or to the brace that closes them."""
        found: list[Statement] = []
        while self.reader.peek() not in ("", "}"):
            if self.reader.skip(";"):
                continue
            found += self.statement()
        return found

    def statement(self) -> list[Statement]:
        """One statement; what cannot be read is skipped up to its end."""
        at = self.reader.at
        if at >= len(self.reader.tokens):
            raise Unsure
        start = self.reader.tokens[at].start
        try:
            if self.reader.skip("{"):
                inner = self.statements()
                self.reader.take("}")
                return inner
            return self._read(start)
        except Unsure:
            self.reader.at = at
            self._skip()
            return [Other(start)]

    def _skip(self) -> None:
        """Skip a statement, with the block that it opens."""
        depth = 0
        while self.reader.peek():
            mark = self.reader.take().text
            depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(mark, 0)
            if depth <= 0 and mark in (";", "}"):
                return

    def _read(self, start: int) -> list[Statement]:
        word = self.reader.peek()
        if word in SKIPPED:
            raise Unsure
        if word == "for":
            return [self._loop(start)]
        if word == "array" or (word in TYPES and self.reader.peek(1) != "("):
            return self._declared(start)
        if word == "target":
            self.reader.take()
            self.reader.take("+=")
            value = self.reader.expression()
            self.reader.take(";")
            return [Added(start, value)]
        left = self.reader.expression(ADDITIVE + 5)
        if self.reader.skip("~"):
            return [self._drawn(start, left)]
        if not (self.reader.skip("=") or self.reader.skip("<-")):
            raise Unsure
        value = self.reader.expression()
        self.reader.take(";")
        return [Assigned(start, left, value)]

    def _loop(self, start: int) -> Loop:
        self.reader.take("for")
        self.reader.take("(")
        index = self.reader.word()
        self.reader.take("in")
        low = self.reader.expression()
        self.reader.take(":")
        first = self.reader.at
        self.reader.expression()
        high = "".join(t.text for t in self.reader.tokens[first : self.reader.at])
        self.reader.take(")")
        return Loop(start, index, low, high, tuple(self.statement()))

    def _drawn(self, start: int, left: Node) -> Drawn:
        law = self.reader.word()
        given = self.reader.arguments()
        ends: list[Node | None] = [None, None]
        if self.reader.skip("T"):
            self.reader.take("[")
            for k, mark in enumerate((",", "]")):
                ends[k] = None if self.reader.peek() == mark else self.reader.expression()
                self.reader.take(mark)
        self.reader.take(";")
        return Drawn(start, left, law, tuple(value for _, value in given), *ends)

    def _declared(self, start: int) -> list[Statement]:
        axes: tuple[str, ...] = ()
        if self.reader.skip("array"):
            axes = self._dims()
        kind = self.reader.word()
        if kind not in TYPES:
            raise Unsure
        lower, upper = self._bounds()
        own = self._dims() if self.reader.peek() == "[" else ()
        found: list[Statement] = []
        while True:
            name = self.reader.word()
            after = self._dims() if self.reader.peek() == "[" else ()  # `real x[N]`, as once
            value = self.reader.expression() if self.reader.skip("=") else None
            found.append(
                Declared(start, kind, name, axes + after, own, lower, upper, value, self.block)
            )
            if not self.reader.skip(","):
                break
        self.reader.take(";")
        return found

    def _bounds(self) -> tuple[Node | None, Node | None]:
        ends: dict[str, Node] = {}
        if self.reader.skip("<"):
            while not self.reader.skip(">"):
                word = self.reader.word()
                self.reader.take("=")
                ends[word] = self.reader.expression(ADDITIVE)
                self.reader.skip(",")
        return ends.get("lower"), ends.get("upper")

    def _dims(self) -> tuple[str, ...]:
        """`[N, 3]`: names and numbers only."""
        self.reader.take("[")
        found: list[str] = []
        while not self.reader.skip("]"):
            match self.reader.expression():
                case Name(name):
                    found.append(name)
                case Number(text):
                    found.append(text)
                case _:
                    raise Unsure
            self.reader.skip(",")
        return tuple(found)


def names(node: object) -> set[str]:
    """Return the names that an expression reads, those of functions left out."""
    match node:
        case Name(name):
            return {name}
        case Call(arguments=arguments):
            return set().union(*(names(v) for _, v in arguments)) if arguments else set()
        case tuple():
            return set().union(*(names(n) for n in node)) if node else set()
        case None | Number() | str():
            return set()
        case _ if is_dataclass(node) and not isinstance(node, type):
            return set().union(*(names(getattr(node, f.name)) for f in fields(node)))
        case _:
            return set()
