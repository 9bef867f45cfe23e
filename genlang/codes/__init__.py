"""The pages of `genlang explain CODE`: a file for each code, in this folder.

A page is Markdown: a title, why, then blocks marked `wrong` and `right`, a program or data. A block
without such a mark belongs to both.
"""

import re
from pathlib import Path

from genlang.diagnostics import Diagnostic, OptionError
from genlang.records import dataclass

FOLDER = Path(__file__).parent
BLOCK = re.compile(r"^```(\w+) ?(wrong|right|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"[A-Za-z]\d{3}")


@dataclass(frozen=True, slots=True)
class Example:
    """A program (`gen`) or data (`csv`, ...); `word` is `wrong`, `right`, or empty for both."""

    form: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a code means."""

    code: str
    title: str
    text: str
    examples: tuple[Example, ...]


def codes() -> tuple[str, ...]:
    """Return all codes that have a page, in order."""
    return tuple(sorted(p.stem for p in FOLDER.glob("*.md")))


def page(code: str) -> Page:
    """Return the page of a code, in capitals or not; raises OptionError (E906)."""
    known = codes()
    name = code.upper()
    if name not in known:
        message = f"there is no code {name} of a message"
        near = [c for c in known if c[:3] == name[:3]] or [c for c in known if c[:2] == name[:2]]
        edit = f"codes like it: {', '.join(near[:12])}"
        if not near:
            edit = f"codes begin with {', '.join(sorted({c[0] for c in known}))}"
        raise OptionError([Diagnostic("E906", message, help=edit)])
    whole = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    head, _, body = whole.partition("\n")
    examples = tuple(Example(*m.groups()) for m in BLOCK.finditer(body))
    return Page(name, head.removeprefix(f"# {name}: "), BLOCK.sub("", body).strip(), examples)


def show(found: Page) -> str:
    """Write a page for a terminal: title, why, the examples indented."""
    parts = [f"{found.code}: {found.title}", found.text]
    for e in found.examples:
        label = " ".join(w for w in ("data," * (e.form != "gen"), e.word) if w).rstrip(",")
        lines = "\n".join(f"    {line}".rstrip() for line in e.text.splitlines())
        parts.append(f"{label}:\n{lines}" if label else lines)
    return "\n\n".join(parts) + "\n"
