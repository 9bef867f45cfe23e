"""Diagnostics: what is wrong with a model, data or options, as data; one renderer.

A diagnostic has four parts: what (`message`), where (`span`, perhaps a second place), why
(`why`) and the edit (`help`). Passes collect them; only the command line prints.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from genlang.records import dataclass
from genlang.source import Source, Span


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
    """Return a diagnostic as plain data; lines and columns count from 1, in code points."""
    place: dict[str, object] = dict.fromkeys(("line", "column", "end_line", "end_column"))
    if source is not None and diagnostic.span is not None:
        line, column = source.position(diagnostic.span.start)
        end_line, end_column = source.position(diagnostic.span.end)
        place = {"line": line, "column": column, "end_line": end_line, "end_column": end_column}
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **place,
        "help": diagnostic.help,
    }
