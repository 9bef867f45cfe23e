"""`genlang check MODEL`: every fault of a model, without running anything; `--fix` mends it."""

import argparse
import sys
from pathlib import Path
from typing import Any

from genlang.cli.files import difference, read, write
from genlang.cli.output import format_option, print_json, report
from genlang.cli.sizes import python_option
from genlang.diagnostics import to_json
from genlang.files import find
from genlang.pipeline import check_text
from genlang.source import Source


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("check", help="check a model")
    command.add_argument("model", metavar="MODEL", help="a .gen file, or a bundled model's name")
    python_option(command)
    command.add_argument("--fix", action="store_true", help="apply the edits that are certain")
    command.add_argument("--diff", action="store_true",
                         help="change nothing; print what --fix would change")  # fmt: skip
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the diagnostics; 1 where there are errors in the file as it is left."""
    path = find(args.model)
    if args.fix or args.diff:
        return _fix(path, args)
    text = path.read_text(encoding="utf-8", errors="replace")
    model, diagnostics = check_text(text, str(path), python=args.allow_python)
    source = Source(text, str(path))
    if args.format == "json":
        print_json({"diagnostics": [to_json(d, source) for d in diagnostics]})
    elif diagnostics:
        report(diagnostics, source, "text")
    if model is not None and args.format == "text":
        print(f"{path}: ok")
    return 0 if model is not None else 1


def _fix(path: Path, args: argparse.Namespace) -> int:
    """Apply the certain edits, or show them; then report what is left."""
    from genlang.fix import fix

    text = read(path)
    fixed = fix(text, str(path))
    given, source = Source(text, str(path)), Source(fixed.text, str(path))
    if fixed.text != text and not args.diff:
        write(path, fixed.text)
    diff = difference(text, fixed.text, str(path)) if args.diff else ""
    wrong = fixed.model is None or (args.diff and any(d.severity == "error" for d in fixed.fixes))
    if args.format == "json":
        found = {
            "fixed": [to_json(d, given) for d in fixed.fixes],
            "diagnostics": [to_json(d, source) for d in fixed.diagnostics],
        }
        print_json({**found, "diff": diff} if args.diff else found)
        return int(wrong)
    sys.stdout.write(diff)
    for d in () if args.diff else fixed.fixes:
        assert d.span is not None
        line, column = given.position(d.span.start)
        print(f"{path}:{line}:{column}: fixed {d.code}: {d.message}")
    if fixed.diagnostics:
        sys.stdout.flush()
        report(fixed.diagnostics, source, "text")
    if fixed.model is not None and not args.diff:
        print(f"{path}: ok")
    return int(wrong)
