"""`genlang check MODEL`: every fault of a model, without running anything."""

import argparse
from typing import Any

from genlang.api import find
from genlang.cli.output import format_option, print_json, report
from genlang.cli.sizes import python_option
from genlang.diagnostics import to_json
from genlang.pipeline import check_text
from genlang.source import Source


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("check", help="check a model")
    command.add_argument("model", metavar="MODEL", help="a .gen file, or a bundled model's name")
    python_option(command)
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the diagnostics; 1 where there are errors."""
    path = find(args.model)
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
