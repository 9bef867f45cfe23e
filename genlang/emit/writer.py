"""Lines of the emitted program: comments, nested plates, and wrapping of long lines."""

from collections import Counter
from dataclasses import dataclass, field

WIDTH = 100
OPEN, CLOSE = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate of the program, or another context: the local that may hold it, and its call."""

    local: str
    call: str


@dataclass(slots=True)
class Writer:
    """Collects the lines of one function body; consecutive lines share their plates."""

    lines: list[str | tuple[Plate, ...]] = field(default_factory=list)
    plates: tuple[Plate, ...] = ()

    def body(self) -> list[str]:
        """Return the lines; a plate that is entered more than once is made once, before them."""
        entered = Counter(p for line in self.lines if isinstance(line, tuple) for p in line)
        again = {p for p, count in entered.items() if count > 1 and p.local}
        head = [line for p in entered if p in again for line in wrap(f"    {p.local} = {p.call}")]
        result: list[str] = [*head, *([""] if head and self.lines[0] else [])]
        for line in self.lines:
            if isinstance(line, tuple):
                items = ", ".join(p.local if p in again else p.call for p in line)
                result += wrap(f"    with {items}:")
            else:
                result.append(line)
        return result

    def blank(self) -> None:
        """Separate what follows by an empty line."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def line(self, text: str, plates: tuple[Plate, ...] = (), note: str = "") -> None:
        """Write one statement inside the given plates, outermost first."""
        self._enter(plates)
        indent = "    " * (1 + bool(plates))
        whole = wrap(indent + text)
        if note and len(whole) == 1 and len(whole[0]) + len(note) + 4 <= WIDTH:
            whole[0] += f"  # {note}"
        self.lines += whole

    def comment(self, text: str, plates: tuple[Plate, ...] = ()) -> None:
        """Write the model's own line as a comment."""
        self._enter(plates)
        indent = "    " * (1 + bool(plates))
        self.lines += [f"{indent}# {part}".rstrip() for part in text.split("\n")]

    def _enter(self, plates: tuple[Plate, ...]) -> None:
        if plates == self.plates:
            return
        self.blank()
        self.plates = plates
        if plates:
            self.lines.append(plates)


def wrap(line: str) -> list[str]:
    """Break a long line inside its last-opened outermost bracket, as a formatter would."""
    if len(line) <= WIDTH:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
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
            for part in wrap(deeper + item + ("," if len(items) > 1 or i else ""))
        ]
    return [head, *body, *wrap(indent + tail.strip())]


def _outermost(line: str) -> tuple[int, int] | None:
    """The longest bracketed part at the outermost level."""
    best: tuple[int, int] | None = None
    stack: list[int] = []
    quote = ""
    for i, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in OPEN:
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
    depth, last, quote = 0, 0, ""
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in OPEN:
            depth += 1
        elif char in CLOSE:
            depth -= 1
        elif char == "," and depth == 0:
            items.append(text[last:i].strip())
            last = i + 1
    items.append(text[last:].strip())
    return [item for item in items if item]
