"""Diagnostics: what is wrong with a model, data or options, as data; one renderer.

A diagnostic has four parts: what (`message`), where (`span`, perhaps a second place), why
(`why`) and the edit (`help`). Where the edit is certain it stands in `edits` too, as replacements
in the text, which belong together: `genlang check --fix` and editors apply all or none. Passes
collect diagnostics; only the command line prints.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from itertools import takewhile

from genlang.records import dataclass
from genlang.source import Edit, Source, Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault. `code` is stable (`E` error, `W` warning, then a three-digit number).

    A fault in the body of a `def` that is written out at a call is one of that call: its place is
    the call's, the second place the body's.
    """

    code: str
    message: str
    span: Span | None = None
    why: str = ""
    help: str = ""
    second: tuple[Span, str] | None = None
    where: str = ""
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        if self.span is not None and self.span.call is not None:
            body = Span(self.span.start, self.span.end)
            object.__setattr__(self, "second", (body, "in the body of the function"))
            object.__setattr__(self, "span", self.span.outermost)

    @property
    def severity(self) -> str:
        """`error` or `warning`."""
        return "warning" if self.code.startswith("W") else "error"


class GenlangError(Exception):
    """Base of the errors that genlang raises on purpose; carries every diagnostic found."""

    def __init__(self, diagnostics: Iterable[Diagnostic], source: Source | None = None) -> None:
        self.diagnostics = tuple(diagnostics)
        self.source = source
        super().__init__("\n\n".join(render(d, source) for d in self.diagnostics))


class ModelError(GenlangError):
    """The model text is wrong."""


class DataError(GenlangError):
    """The data do not fit the model."""


class OptionError(GenlangError):
    """An option or argument is wrong."""


CLEARLY = 0.1  # by so much the nearest name is nearer than the next


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ` did you mean ...?` help for a misspelt name, or an empty string."""
    near = get_close_matches(name, sorted(set(known)), n=2, cutoff=0.6)
    one, *others = [SequenceMatcher(None, n, name).ratio() for n in near] or [0.0]
    if others and one - others[0] > CLEARLY:
        near = near[:1]
    return f"did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""


SHORT = 4  # a shorter name is not a misspelt one for certain: `mu` and `nu`


def meant(name: str, known: Iterable[str]) -> str:
    """Return the one known name that a misspelt one is for certain, or an empty string.

    The two differ in case or underscores, or by one slip of the hand.
    """
    names = {n for n in known if min(len(n), len(name)) >= SHORT - 1}
    found = {n for n in names if _plain(n) == _plain(name)}
    found = found or {n for n in names if _one_slip(name, n)}
    return found.pop() if len(found) == 1 else ""


def correction(name: str, known: Iterable[str], span: Span) -> tuple[Edit, ...]:
    """Return the edit that writes the name that was meant in place of a misspelt one."""
    found = meant(name, known)
    return (Edit(span, found),) if found else ()


def _plain(name: str) -> str:
    return name.casefold().replace("_", "")


def _alike(one: str, two: str) -> int:
    """How many letters two texts begin with alike."""
    pairs = zip(one, two, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _one_slip(one: str, two: str) -> bool:
    """Whether two neighbours are exchanged, a letter is doubled or not, or one inside differs.

    A letter at an end may make another name: `beta_a` and `beta_b`, `gamma` and `lgamma`.
    """
    short, long = sorted((one, two), key=len)
    head = _alike(short, long)
    tail = _alike(short[head:][::-1], long[head:][::-1])
    a, b = short[head : len(short) - tail], long[head : len(long) - tail]
    if not (a + b).isalpha() or len(b) > len("ab") or len(short) < SHORT:
        return False
    doubled = not a and b == long[max(0, head - 1) : head]
    around = long[max(0, head - 1) : head] + long[len(long) - tail :][:1]
    inside = len(b) == 1 and len(around) == len("ab") and around.isalpha() and len(short) > SHORT
    return doubled or inside or (len(a) == len(b) and a == b[::-1])


def render(diagnostic: Diagnostic, source: Source | None) -> str:
    """Write a diagnostic as text: headline, source line with a caret, why, help."""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    if diagnostic.where:
        lines.append(f"  --> {diagnostic.where}")
    if source is not None and diagnostic.span is not None:
        lines += _excerpt(source, diagnostic.span, "", "-->", "^")
    if source is not None and diagnostic.second is not None:
        span, label = diagnostic.second
        lines += _excerpt(source, span, label, ":::", "-")
    if diagnostic.why:
        lines.append(f"  why: {diagnostic.why}")
    if diagnostic.help:
        lines.append(f"  help: {diagnostic.help}")
    return "\n".join(lines)


def _excerpt(source: Source, span: Span, label: str, arrow: str, mark: str) -> list[str]:
    row, column = source.position(span.start)
    end_row, end_column = source.position(max(span.start, span.end))
    text = source.line(row)
    width = (end_column if end_row == row else len(text) + 1) - column
    gutter = f"{row:4d} | "
    caret = " " * (column - 1) + mark * max(1, width)
    return [
        f"  {arrow} {source.name}:{row}:{column}",
        gutter + text,
        " " * 5 + "| " + caret + (f" {label}" if label else ""),
    ]


def to_json(diagnostic: Diagnostic, source: Source | None) -> dict[str, object]:
    """Return a diagnostic as plain data; lines and columns count from 1, in code points.

    `edits` are the certain edit: all of them, each a half-open range and the text for its place.
    """
    edits = diagnostic.edits if source is not None else ()
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_place(diagnostic.span, source),
        "help": diagnostic.help,
        "edits": [{**_place(e.span, source), "text": e.text} for e in edits],
    }


def _place(span: Span | None, source: Source | None) -> dict[str, object]:
    if source is None or span is None:
        return dict.fromkeys(("line", "column", "end_line", "end_column"))
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}
