"""`genlang explain MODEL`: roles, shapes, loops; what is summed out, where, in what order.

`genlang explain E302`: what the message of a code means, with a failing and a repaired program.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from genlang.api import load
from genlang.cli.output import format_option, print_json
from genlang.cli.sizes import missing_option, python_option, sizes, sizes_option
from genlang.codes import CODE, page, show


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("explain", help="say how a model is understood")
    command.add_argument("model", metavar="MODEL",
                         help="a .gen file, a bundled model's name, or the code of a message, "
                              "such as E302")  # fmt: skip
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
    if CODE.fullmatch(args.model) and not Path(args.model).is_file():
        found = page(args.model)
        if args.format == "json":
            print_json(asdict(found))
        else:
            sys.stdout.write(show(found))
        return 0
    model = load(args.model, allow_python=args.allow_python)
    given = sizes(args.set, model)
    if args.format == "json":
        plan = asdict(model.explanation(args.data, missing=args.missing, **given))
        print_json({"variables": plan.pop("rows"), **plan})
    else:
        text = model.explain(args.data, latex=args.latex, missing=args.missing, **given)
        sys.stdout.write(text)
    return 0
