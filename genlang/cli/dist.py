"""`genlang dist [NAME]`: the distributions, and how other systems spell them."""

import argparse
import re
import sys
from typing import Any

from genlang.check.foreign import LAWS
from genlang.cli.output import format_option, print_json
from genlang.diagnostics import Diagnostic, OptionError, suggest
from genlang.lang.pages import PAGES
from genlang.lang.pages.find import find, index, systems
from genlang.lang.pages.show import data, overview, table, text


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("dist", help="show the distributions, here and elsewhere")
    command.add_argument("name", metavar="NAME", nargs="?",
                         help="one of them, by its name here or in another system")  # fmt: skip
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the table or a page; raises OptionError (E925) for an unknown name."""
    if args.name is None:
        if args.format == "json":
            print_json({"distributions": overview()})
        else:
            sys.stdout.write(table())
        return 0
    foreign = {name: tuple(re.findall(r"^\w+", spelt[0])) for name, spelt in LAWS.items()}
    name, laws = find(args.name, foreign)
    if not laws:
        near = suggest(args.name, PAGES) or suggest(args.name.capitalize(), PAGES)
        near = near or suggest(args.name, [*index(), *foreign])
        edit = near or "`genlang dist` lists all that there are"
        raise OptionError(
            [Diagnostic("E925", f"there is no distribution `{args.name}`", help=edit)]
        )
    if args.format == "json":
        print_json({"asked": args.name, "distributions": [data(PAGES[law]) for law in laws]})
        return 0
    if name not in PAGES:
        print(_here(name, laws))
    sys.stdout.write(text(PAGES[laws[0]]))
    return 0


def _here(name: str, laws: tuple[str, ...]) -> str:
    """What a foreign name is called here."""
    where = ", ".join(systems(name, laws[0]))
    others = f"; `{'`, `'.join(laws[1:])}` too" if laws[1:] else ""
    return f"`{name}`{f' of {where}' if where else ''} is `{laws[0]}` here{others}\n"
