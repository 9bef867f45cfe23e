"""Models of BUGS and JAGS: `model { for (i in 1:N) { y[i] ~ dnorm(mu[i], tau) } }`.

They do not say which names are data: a value that nothing else reads is taken as observed, any
other one as an unknown, and the reader is told so.
"""

import re
from collections.abc import Iterator
from dataclasses import field, replace

from genlang.pasted.expression import Name, Reader, Subscript, Token, Unsure, tokens
from genlang.pasted.lines import Line, over, without_comments
from genlang.pasted.writing import Writer, law, plain
from genlang.records import dataclass

LINKS = {
    "log": "exp({})", "logit": "sigmoid({})", "cloglog": "inv_cloglog({})",
    "probit": "normal_cdf({})",
}  # fmt: skip
LOOP = re.compile(r"for\s*\(\s*(\w+)\s+in\s+(\d+)\s*:\s*(.*?)\s*\)\s*\{")
STATEMENT = re.compile(r"\s*([\w.]+(?:\s*\[[^\]]*\])?|[a-z]+\([^()]*\))\s*(~|<-|=(?!=))\s*")


@dataclass(slots=True)
class Reading:
    """One model while it is read.

    `reads` are the names that occur on a right side, `codes` those whose values are indices: data,
    and draws of `dcat`.
    """

    text: str
    reads: set[str]
    codes: set[str]
    loops: list[str] = field(default_factory=list)

    def statements(self, start: int, stop: int) -> Iterator[Line]:
        """The lines of the statements between two offsets."""
        depth = len(self.loops)
        while start < stop:
            blank = re.compile(r"[\s;]*").match(self.text, start)
            start = blank.end() if blank else start
            if start >= stop:
                return
            header = LOOP.match(self.text, start)
            if header:
                end = closing(self.text, header.end() - 1)
                index, low, size = header.groups()
                line = over(index, int(low), size.replace(" ", ""), 1)
                note = "" if line else f"declare a dim of size {size}, and loop over it"
                yield Line(start, line, depth, note)
                self.loops.append(index)
                yield from self.statements(header.end(), end)
                self.loops.pop()
                start = end + 1
                continue
            end = statement_end(self.text, start, stop)
            yield self.statement(start, end)
            start = end

    def statement(self, start: int, end: int) -> Line:
        """The line of a statement `left ~ right`, `left <- right`."""
        depth = len(self.loops)
        found = STATEMENT.match(self.text, start, end)
        if found is None:
            return Line(start, "", depth, "no certain line here")
        left, sign = found.group(1), found.group(2)
        writer = Writer(1, set(self.loops), self.codes)
        try:
            reader = Reader(tokens(self.text[found.end() : end]))
            if sign == "~":
                return self.drawn(start, end, left, reader, writer)
            link = re.fullmatch(r"(\w+)\((.*)\)", left)
            value = whole(reader, writer)
            if link and link.group(1) in LINKS:
                left, value = link.group(2), LINKS[link.group(1)].format(value)
            return Line(start, f"let {target(left, writer)} = {value}", depth)
        except (Unsure, LookupError):  # what lacks a part has no line
            return Line(start, "", depth, "no certain line here")

    def drawn(self, start: int, end: int, left: str, reader: Reader, writer: Writer) -> Line:
        """The line of a value that is drawn."""
        name = reader.word()
        texts = [writer.write(value) for key, value in reader.arguments() if key is None]
        spelt = bounded(law(name, texts), reader, writer)
        base = left.partition("[")[0].strip()
        if re.search(rf"(?<![\w.]){re.escape(base)}\[", self.text[start + len(left) : end]):
            note = f"the first and the later elements share one line: `A then {spelt}`"
            return Line(start, "", len(self.loops), note)
        word = "latent" if base in self.reads else "observed"
        return Line(start, f"{word} {target(left, writer)} ~ {spelt}", len(self.loops))


def bounded(spelt: str, reader: Reader, writer: Writer) -> str:
    """A distribution with its `T(low, high)`, which stands in its brackets here."""
    if reader.peek() in ("T", "I", "C"):
        # `I(,)` of BUGS censors, which is the same only where nothing unknown is in it.
        mark = reader.take().text
        censored = mark == "C" or (mark == "I" and re.search(r"[(\s][^\W\d]", spelt) is not None)
        close = {"(": ")", "[": "]"}.get(reader.take().text, "")
        low = "" if reader.peek() == "," else writer.write(reader.expression())
        reader.take(",")
        high = "" if reader.peek() == close else writer.write(reader.expression())
        reader.take(close)
        if censored:
            raise Unsure
        ends = [f"{n}={e}" for n, e in (("lower", low), ("upper", high)) if e]
        spelt = f"{spelt[:-1]}, {', '.join(ends)})"
    if reader.peek():
        raise Unsure
    return spelt


def whole(reader: Reader, writer: Writer) -> str:
    """The rest of the tokens as one expression."""
    node = reader.expression()
    if reader.peek():
        raise Unsure
    return writer.write(node)


def target(left: str, writer: Writer) -> str:
    """A declared name, its subscripts indices of loops."""
    node = Reader(tokens(left)).expression()
    match node:
        case Name(name):
            return plain(name)
        case Subscript(Name(name), subscripts):
            # `p[1:3] ~ ddirch(...)` draws a whole vector.
            subscripts = tuple(s for s in subscripts if s is not None and not isinstance(s, tuple))
            inner = [s.name for s in subscripts if isinstance(s, Name) and s.name in writer.loops]
            if len(inner) < len(subscripts):
                raise Unsure
            return plain(name) + (f"[{', '.join(inner)}]" if inner else "")
        case _:
            raise Unsure


def closing(text: str, opening: int) -> int:
    """Return where the brace at an offset is closed, the end of the text where it is not."""
    depth = 0
    for mark in re.finditer(r"[{}]", text[opening:]):
        depth += 1 if mark.group() == "{" else -1
        if depth == 0:
            return opening + mark.start()
    return len(text)


def statement_end(text: str, start: int, stop: int) -> int:
    """Return where a statement ends: at `;`, or at a line's end outside brackets and signs."""
    depth = 0
    for i in range(start, stop):
        mark = text[i]
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(mark, 0)
        if mark == ";" and depth == 0:
            return i
        if mark == "\n" and depth == 0:
            before, after = text[start:i].rstrip(), text[i:stop].lstrip()
            goes_on = before.endswith(("~", "<-", "+", "*", "/", "=", ",", " -"))
            if not goes_on and not after.startswith(("~", "<-", "+", "*", "/", ",", "T(", "I(")):
                return i
    return stop


def lines(text: str) -> list[Line]:
    """Return the lines of a model of BUGS or JAGS."""
    bare = without_comments(text, "#")
    block = re.search(r"\bmodel\s*\{|\bnimbleCode\(\s*\{", bare)
    start = block.end() if block else 0
    stop = closing(bare, block.end() - 1) if block else len(bare)
    sides = re.findall(r"(?:~|<-|=)([^~;\n]*)", bare) + re.findall(r"\[([^\]]*)\]", bare)
    reads = {t.text for side in sides for t in names(side)}
    made = {m[0]: m[1] for m in re.findall(r"([\w.]+)(?:\[[^\]]*\])?\s*(?:<-|~|=)\s*(\w*)", bare)}
    inner = re.findall(r"\[[^\[\]]*?([\w.]+)\[", bare)
    codes = {n for n in inner if made.get(n, "dcat") == "dcat"}
    return list(Reading(bare, reads, codes).statements(start, stop))


def one(text: str) -> list[Line]:
    """Return the line of a statement that stands alone, in loops over what subscripts its name."""
    loops = re.findall(r"[^\W\d]\w*", text.partition("~")[0].partition("[")[2])
    return [
        replace(x, depth=0) for x in Reading(text, set(), set(), loops).statements(0, len(text))
    ]


def names(text: str) -> list[Token]:
    """Return the names in a part of a text."""
    try:
        return [t for t in tokens(text) if t.kind == "name"]
    except Unsure:
        return [Token("name", n, 0, 0) for n in re.findall(r"[^\W\d][\w.]*", text)]
