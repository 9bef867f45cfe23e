"""`genlang COMMAND`: the parser, and what becomes of errors.

Exit codes: 0 ok, 1 the model or the data is wrong, 2 usage, 3 the fit did not pass its own checks,
70 a bug of genlang, 130 interrupted.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from genlang.cli.output import report
from genlang.diagnostics import GenlangError, OptionError

COMMANDS = {
    "check": "check",
    "fmt": "fmt",
    "compile": "compile_",
    "explain": "explain",
    "dist": "dist",
    "graph": "graph",
    "fit": "fit",
    "summary": "summary",
    "states": "states",
}


def parser(command: str = "") -> argparse.ArgumentParser:
    """Return the parser of a command, of all where it is none: only what is used is imported."""
    top = argparse.ArgumentParser(
        prog="genlang", description="A small language for probabilistic models."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [command] if command in COMMANDS else COMMANDS:
        import_module(f"genlang.cli.{COMMANDS[name]}").add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    args = parser(given[0] if given else "").parse_args(given)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except OptionError as error:
        report(error.diagnostics, error.source, args.format)
        return 2
    except GenlangError as error:
        report(error.diagnostics, error.source, args.format)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output left; Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 (the last resort: a bug says that it is one)
        if os.environ.get("GENLANG_TRACEBACK"):
            traceback.print_exc()
        print(
            f"a bug of genlang, not of your model: {type(error).__name__}: {error}\n"
            "GENLANG_TRACEBACK=1 shows where; please report it with the model.",
            file=sys.stderr,
        )
        return 70
    return code


if __name__ == "__main__":
    sys.exit(main())
