"""`genlang explain MODEL`: roles, shapes, loops; what is summed out, where, in what order."""

import argparse
import sys
from dataclasses import asdict
from typing import Any

from genlang.api import load
from genlang.cli.output import format_option, print_json
from genlang.cli.sizes import missing_option, python_option, sizes, sizes_option


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("explain", help="say how a model is understood")
    command.add_argument("model", metavar="MODEL", help="a .gen file, or a bundled model's name")
    command.add_argument("--data", "-d", action="append", metavar="FILE",
                         help="data, for the costs in numbers and missing cells")  # fmt: skip
    missing_option(command)
    sizes_option(command)
    command.add_argument("--latex", action="store_true", help="print the likelihood as LaTeX")
    python_option(command)
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the explanation."""
    model = load(args.model, allow_python=args.allow_python)
    given = sizes(args.set, model)
    if args.format == "json":
        found = asdict(model.explanation(args.data, missing=args.missing, **given))
        print_json({"variables": found.pop("rows"), **found})
    else:
        text = model.explain(args.data, latex=args.latex, missing=args.missing, **given)
        sys.stdout.write(text)
    return 0
