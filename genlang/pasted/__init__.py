"""Whole programs of other languages: recognized once, with the lines that they are here."""

import re
from dataclasses import replace

from genlang.diagnostics import Diagnostic
from genlang.records import dataclass
from genlang.source import Edit, Source, Span

# A text with such a line is meant as genlang, whatever else stands in it.
OWN = re.compile(
    r"^[ \t]*(?:(?:dim|latent|observed|let|param|report|generated|require|factor|data)[ \t]+"
    r"(?!quantities\b)[^\W\d]\w*[ \t]*[\[,:~=\n]|for[ \t]+\w+[ \t]+in[ \t]+\w+:)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A program of another language.

    `program` is the whole of it here, where every line is certain; else it is empty.
    """

    what: str
    span: Span
    why: str
    help: str
    program: str = ""


def pasted(text: str) -> Pasted | None:
    """Recognize a program of Stan, BUGS, PyMC, Pyro or R; None for anything else.

    Only a text without a line of genlang is looked at more closely.
    """
    text = text.replace("\ufeff", " ").replace("\r\n", " \n").replace("\r", "\n")
    if OWN.search(text):
        return None
    from genlang.pasted.recognize import recognize

    return recognize(text)


# A line that draws or samples as another language does.
FOREIGN = re.compile(
    r"[\w.]+(?:\[[^\]\n]*\])?\s*(?:~\s*[a-z]\w*(?:\.\w+)?\(|=\s*\w+\.\w+\()|(?:num)?pyro\.|pm\."
)


def respelt(found: Diagnostic, source: Source) -> Diagnostic:
    """Return a fault of a single line, with the line as it is here if another language wrote it."""
    if found.code != "E107" or found.span is None:
        return found
    row, _ = source.position(found.span.start)
    line = source.line(row)
    if not FOREIGN.match(line.strip()):
        return found
    from genlang.pasted.recognize import one_line

    text, certain = one_line(line.strip())
    if not text:
        return found
    if certain:
        start = source.starts[row - 1] + len(line) - len(line.lstrip())
        edit = Edit(Span(start, source.starts[row - 1] + len(line.rstrip())), text)
        return replace(found, help=f"write `{text}`", edits=(edit,))
    rest = text.partition(" ")[2]
    words = f"write `latent {rest}` for an unknown, `observed {rest}` for what was measured"
    return replace(found, help=words, edits=())
