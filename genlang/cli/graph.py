"""`genlang graph MODEL`: the model as a picture."""

import argparse
import sys
from pathlib import Path
from typing import Any

from genlang.api import load
from genlang.cli.output import format_option
from genlang.cli.sizes import missing_option, python_option
from genlang.graph.write import ENDINGS, FORMS


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("graph", help="draw a model as a graph with plates")
    command.add_argument("model", metavar="MODEL", help="a .gen file, or a bundled model's name")
    command.add_argument("--to", choices=tuple(FORMS),
                         help="the form; else as the file's ending says, else mermaid")  # fmt: skip
    command.add_argument("-o", "--out", metavar="FILE", help="write it there")
    command.add_argument("--data", "-d", action="append", metavar="FILE",
                         help="data, some of whose cells may be missing")  # fmt: skip
    missing_option(command)
    command.add_argument("--no-lets", action="store_true", help="leave out what `let` names")
    python_option(command)
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write the picture."""
    to = args.to or ENDINGS.get(Path(args.out or "").suffix.lower(), "mermaid")
    if args.format == "json" and not args.out:
        to = "json"
    model = load(args.model, allow_python=args.allow_python)
    text = model.graph(args.data, to=to, missing=args.missing, lets=not args.no_lets)
    if args.out:
        Path(args.out).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0
