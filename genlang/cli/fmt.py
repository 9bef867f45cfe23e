"""`genlang fmt FILE...`: models in their canonical layout."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genlang.cli.files import difference, write
from genlang.cli.output import format_option, print_json, report
from genlang.diagnostics import Diagnostic, ModelError, OptionError, to_json
from genlang.records import dataclass
from genlang.source import Source
from genlang.syntax.format import format as formatted

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file's text and its layout; where there are diagnostics it has none, and stays as it is."""

    name: str
    before: str
    after: str
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the layout is not the canonical one."""
        return self.before != self.after


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("fmt", help="bring models into their canonical layout")
    command.add_argument("files", metavar="FILE", nargs="+",
                         help=".gen files, folders of them, or - for stdin to stdout")  # fmt: skip
    command.add_argument("--check", action="store_true",
                         help="change nothing; exit with 1 where a file would change")  # fmt: skip
    command.add_argument("--diff", action="store_true", help="change nothing; print the changes")
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Format every file that parses; 1 where one does not, or fails the check."""
    found: list[Outcome] = []
    for name in _names(args.files):
        outcome = _outcome(name)
        found.append(outcome)
        if outcome.changed and name != STDIN and not (args.check or args.diff):
            write(Path(name), outcome.after)
        if args.format == "text":
            _say(outcome, args)
    if args.format == "json":
        print_json({"files": [_as_json(o, args) for o in found]})
    wrong = any(o.diagnostics for o in found)
    return int(wrong or (args.check and any(o.changed for o in found)))


# -- Files ------------------------------------------------------------------------------------


def _names(given: list[str]) -> list[str]:
    """All files, each once, those of a folder in order; raises OptionError before any is read."""
    faults = [n for n in given if n != STDIN and not Path(n).exists()]
    if faults:
        raise OptionError([Diagnostic("E906", f"there is no file or folder {n}") for n in faults])
    return list(dict.fromkeys(name for g in given for name in _inside(g)))


def _inside(name: str) -> Iterator[str]:
    """A file itself, or the models in a folder; what is hidden there is not the user's text."""
    folder = Path(name)
    if name == STDIN or not folder.is_dir():
        yield name
        return
    for path in sorted(folder.rglob("*.gen")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield str(path)


def _outcome(name: str) -> Outcome:
    """Read and format one file. Line ends are read as they are: they are part of the layout."""
    raw = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{name} is not UTF-8 text: {error.reason} at byte {error.start}"
        return Outcome(name, "", "", (Diagnostic("E906", message),))
    try:
        return Outcome(name, text, formatted(text, name))
    except ModelError as error:
        return Outcome(name, text, text, error.diagnostics)


# -- Words ------------------------------------------------------------------------------------


def _say(outcome: Outcome, args: argparse.Namespace) -> None:
    """Print what became of a file; nothing where it was well laid out."""
    if outcome.diagnostics:
        report(outcome.diagnostics, Source(outcome.before, outcome.name), "text")
        return
    if args.diff:
        sys.stdout.write(difference(outcome.before, outcome.after, outcome.name))
    if args.check and outcome.changed:
        print(f"{outcome.name}: would change")
    if not (args.check or args.diff):
        if outcome.name == STDIN:
            sys.stdout.write(outcome.after)
        elif outcome.changed:
            print(f"{outcome.name}: changed")


def _as_json(outcome: Outcome, args: argparse.Namespace) -> dict[str, Any]:
    source = Source(outcome.before, outcome.name)
    found: dict[str, Any] = {"file": outcome.name, "changed": outcome.changed}
    if args.diff:
        found["diff"] = difference(outcome.before, outcome.after, outcome.name)
    elif outcome.name == STDIN and not args.check:
        found["text"] = outcome.after
    return {**found, "diagnostics": [to_json(d, source) for d in outcome.diagnostics]}
