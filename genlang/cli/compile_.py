"""`genlang compile MODEL`: the Pyro program that `fit` runs."""

import argparse
import sys
from pathlib import Path
from typing import Any

from genlang.api import load
from genlang.cli.output import format_option, print_json
from genlang.cli.sizes import missing_option, python_option, sizes, sizes_option


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("compile", help="print the Pyro program of a model")
    command.add_argument("model", metavar="MODEL", help="a .gen file, or a bundled model's name")
    command.add_argument("--data", "-d", action="append", metavar="FILE",
                         help="data, some of whose cells may be missing")  # fmt: skip
    missing_option(command)
    sizes_option(command)
    command.add_argument("-o", "--out", metavar="FILE", help="write it there")
    python_option(command)
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write the program."""
    model = load(args.model, allow_python=args.allow_python)
    text = model.to_python(args.data, missing=args.missing, **sizes(args.set, model))
    if args.out:
        Path(args.out).write_text(text, encoding="utf-8")
    elif args.format == "json":
        print_json({"program": text})
    else:
        sys.stdout.write(text)
    return 0
