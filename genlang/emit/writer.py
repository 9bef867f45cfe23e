"""Lines of the emitted program: comments, nested plates, and wrapping of long lines."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import field

from genlang.emit.sharing import shared
from genlang.records import dataclass

WIDTH = 100
OPEN, CLOSE = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate of the program, or another context: the local that may hold it, and its call."""

    local: str
    call: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block with a header of its own: a loop that runs in Python, a condition."""

    header: str


Context = Plate | Block
# Plates that are entered together stand in one line.
Segment = tuple[Plate, ...] | Block


def segments(contexts: tuple[Context, ...]) -> tuple[Segment, ...]:
    """Group contexts, outermost first, by the lines that enter them."""
    found: list[Segment] = []
    for context in contexts:
        match context:
            case Plate() if found and isinstance(found[-1], tuple):
                found[-1] = (*found[-1], context)
            case Plate():
                found.append((context,))
            case Block():
                found.append(context)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Header:
    """The line that enters some contexts, at a depth; `repeated` inside a loop."""

    segment: Segment
    depth: int
    repeated: bool


@dataclass(slots=True)
class Writer:
    """Collects the lines of one function body; consecutive lines share their contexts.

    `ahead` returns the lines that a line needs before it, in the same contexts. Where `fresh` makes
    names, costly parts that a line repeats are named before it.
    """

    ahead: Callable[[], list[str]]
    lines: list[str | Header] = field(default_factory=list)
    open: tuple[Segment, ...] = ()
    fresh: Callable[[], str] | None = None

    def body(self) -> list[str]:
        """Return the lines; a plate that is entered more than once is made once, before them."""
        entered: Counter[Plate] = Counter()
        for line in self.lines:
            if isinstance(line, Header) and isinstance(line.segment, tuple):
                entered.update(dict.fromkeys(line.segment, 1 + line.repeated))
        again = {p for p, count in entered.items() if count > 1 and p.local}
        head = [line for p in entered if p in again for line in wrap(f"    {p.local} = {p.call}")]
        result: list[str] = [*head, *([""] if head and self.lines[0] else [])]
        for line in self.lines:
            match line:
                case Header(segment=Block(header=header), depth=depth):
                    result += wrap("    " * depth + header)
                case Header(segment=plates, depth=depth):
                    assert not isinstance(plates, Block)
                    calls = [p.local if p in again else p.call for p in plates]
                    result += entered_by(calls, "    " * depth)
                case str():
                    result.append(line)
        return result

    def blank(self) -> None:
        """Separate what follows by an empty line."""
        last = self.lines[-1] if self.lines else ""
        if last and not (isinstance(last, str) and last.endswith(" = {}")):
            self.lines.append("")

    def close(self) -> None:
        """End every context that is open: what follows enters its own, even if they look alike."""
        if self.open:
            self.blank()
        self.open = ()

    def line(self, text: str, contexts: tuple[Context, ...] = (), note: str = "") -> None:
        """Write one statement inside the given contexts, outermost first."""
        self._enter(contexts)
        for needed in self.ahead():
            self.lines += wrap(self._indent + needed)
        if self.fresh is not None:
            *parts, text = shared(text, self.fresh)
            self.lines += [row for part in parts for row in wrap(self._indent + part)]
        whole = wrap(self._indent + text)
        if note and len(whole) == 1 and len(whole[0]) + len(note) + 4 <= WIDTH:
            whole[0] += f"  # {note}"
        self.lines += whole

    def comment(self, text: str, contexts: tuple[Context, ...] = ()) -> None:
        """Write the model's own line as a comment."""
        self._enter(contexts)
        self.lines += [f"{self._indent}# {part}".rstrip() for part in text.split("\n")]

    @property
    def _indent(self) -> str:
        return "    " * (1 + len(self.open))

    def _enter(self, contexts: tuple[Context, ...]) -> None:
        wanted = segments(contexts)
        if wanted == self.open:
            return
        shared = 0
        while shared < min(len(wanted), len(self.open)) and wanted[shared] == self.open[shared]:
            shared += 1
        if shared < len(self.open) or not self.open:
            self.blank()
        for depth in range(shared, len(wanted)):
            repeated = any(isinstance(s, Block) for s in wanted[:depth])
            self.lines.append(Header(wanted[depth], depth + 1, repeated))
        self.open = wanted


def entered_by(calls: list[str], indent: str) -> list[str]:
    """Write a `with`, one context a line where one line does not hold them."""
    line = f"{indent}with {', '.join(calls)}:"
    if len(line) <= WIDTH or len(calls) == 1:
        return wrap(line)
    inner = [row for call in calls for row in wrap(f"{indent}    {call},", inside=True)]
    return [f"{indent}with (", *inner, f"{indent}):"]


def wrap(line: str, *, inside: bool = False) -> list[str]:
    """Break a long line as a formatter would: at its loosest operators, else inside a bracket.

    `inside` says that the line stands in brackets already.
    """
    if len(line) <= WIDTH:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    if not inside:
        target, equals, value = line.partition(" = ")
        if equals and _operands(value):
            body = wrap(f"{indent}    {value}", inside=True)
            return [f"{target} = (", *body, f"{indent})"]
        return _in_bracket(line, indent)
    operands = _operands(line.strip())
    if operands:
        return [part for operand in operands for part in wrap(indent + operand, inside=True)]
    return _in_bracket(line, indent)


def _in_bracket(line: str, indent: str) -> list[str]:
    """Break a line inside its longest outermost bracket."""
    outer = _outermost(line)
    if outer is None:
        return [line]
    start, end = outer
    inner, tail = line[start + 1 : end], line[end:]
    head = line[: start + 1]
    deeper = indent + "    "
    if len(deeper + inner) <= WIDTH and not inner.rstrip().endswith(","):
        body = [deeper + inner.strip()]
    else:
        items = _split(inner)
        body = [
            part
            for i, item in enumerate(items)
            for part in wrap(deeper + item + ("," if len(items) > 1 or i else ""), inside=True)
        ]
    return [head, *body, *wrap(indent + tail.strip(), inside=True)]


# Operators from the loosest on: a line is broken before all those of one level.
LEVELS = (
    (" if ", " else "), (" | ",), (" & ",), (" < ", " <= ", " > ", " >= ", " == ", " != "),
    (" + ", " - "), (" * ", " / ", " % ", " @ "),
)  # fmt: skip


def _unquoted(text: str) -> Iterator[tuple[int, str]]:
    """The characters outside of strings, with their places."""
    quote = ""
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        else:
            yield i, char


def _operands(text: str) -> list[str]:
    """The parts of an expression between its loosest operators; none where it has none."""
    places: dict[int, str] = {}
    depth = 0
    for i, char in _unquoted(text):
        if char in OPEN:
            depth += 1
        elif char in CLOSE:
            depth -= 1
            if depth < 0:
                return []  # the rest of a line that was broken before
        elif char == " " and depth == 0:
            found = next((o for level in LEVELS for o in level if text.startswith(o, i)), "")
            places |= {i: found} if found else {}
    for level in LEVELS:
        cuts = [i for i, o in places.items() if o in level]
        if cuts:
            ends = [*cuts, len(text)]
            return [
                text[: cuts[0]],
                *(text[i + 1 : j] for i, j in zip(cuts, ends[1:], strict=True)),
            ]
    return []


def _outermost(line: str) -> tuple[int, int] | None:
    """The longest bracketed part at the outermost level."""
    best: tuple[int, int] | None = None
    stack: list[int] = []
    for i, char in _unquoted(line):
        if char in OPEN:
            stack.append(i)
        elif char in CLOSE and stack:
            start = stack.pop()
            longer = best is None or i - start > best[1] - best[0]
            if not stack and longer and i - start > 1:
                best = (start, i)
    return best


def _split(text: str) -> list[str]:
    """Split at the commas of the outermost level."""
    items: list[str] = []
    depth, last = 0, 0
    for i, char in _unquoted(text):
        if char in OPEN:
            depth += 1
        elif char in CLOSE:
            depth -= 1
        elif char == "," and depth == 0:
            items.append(text[last:i].strip())
            last = i + 1
    items.append(text[last:].strip())
    return [item for item in items if item]
