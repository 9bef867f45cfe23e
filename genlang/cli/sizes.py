"""`--set K=4`, `--missing y`, `--allow-python`: what the command line says beside the model."""

import argparse

from genlang.api import Model
from genlang.diagnostics import Diagnostic, OptionError


def sizes_option(command: argparse.ArgumentParser) -> None:
    """Add `--set`."""
    command.add_argument("--set", action="append", default=[], metavar="K=4", help="size of a dim")


def missing_option(command: argparse.ArgumentParser) -> None:
    """Add `--missing`."""
    command.add_argument("--missing", action="append", default=[], metavar="NAME",
                         help="an observed name with missing cells")  # fmt: skip


def python_option(command: argparse.ArgumentParser) -> None:
    """Add `--allow-python`."""
    command.add_argument("--allow-python", action="store_true",
                         help="let networks be Python code, which can do anything")  # fmt: skip


def sizes(items: list[str], model: Model) -> dict[str, int]:
    """Return the sizes of `--set NAME=N`; raises OptionError (E920) with every fault."""
    dims = [d.name for d in model.compiled.model.dims]
    found: dict[str, int] = {}
    faults: list[Diagnostic] = []
    for item in items:
        name, _, value = item.partition("=")
        if name not in dims or not value.isdigit():
            edit = f"the dims are {', '.join(dims)}"
            faults.append(
                Diagnostic("E920", f"`--set {item}` is not NAME=SIZE of a dim", help=edit)
            )
        else:
            found[name] = int(value)
    if faults:
        raise OptionError(faults)
    return found
