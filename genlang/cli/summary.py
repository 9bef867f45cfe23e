"""`genlang summary FIT`: the table of a kept fit."""

import argparse
import sys
from typing import Any

from genlang.cli.output import format_option, print_json


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("summary", help="show the table of a fit")
    command.add_argument("fit", metavar="FIT", help="a folder that `genlang fit -o` made")
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the table."""
    from genlang.results.fit import open_fit
    from genlang.results.summary import show

    fit = open_fit(args.fit)
    if args.format == "json":
        print_json(fit.summary())
    else:
        sys.stdout.write(show(fit))
    return 0
