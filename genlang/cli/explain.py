"""`genlang explain MODEL`: roles, shapes, loops; what is summed out, where, in what order."""

import argparse
import sys
from dataclasses import asdict
from typing import Any

from genlang.api import load
from genlang.cli.output import format_option, print_json
from genlang.plan.explain import explain


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("explain", help="say how a model is understood")
    command.add_argument("model", metavar="MODEL", help="a .gen file, or a bundled model's name")
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the explanation."""
    model = load(args.model)
    if args.format == "json":
        found = asdict(explain(model.compiled.plan))
        print_json({"variables": found["rows"], "steps": found["steps"], "notes": found["notes"]})
    else:
        sys.stdout.write(model.explain())
    return 0
