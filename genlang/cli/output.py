"""What commands print: diagnostics as text or JSON, results as JSON."""

import argparse
import json
import math
import sys
from collections.abc import Iterable
from typing import Any

from genlang.diagnostics import Diagnostic, render, to_json
from genlang.source import Source


def format_option(command: argparse.ArgumentParser) -> None:
    """Add `--format`."""
    command.add_argument("--format", choices=("text", "json"), default="text")


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout; numbers that JSON lacks become null."""
    print(json.dumps(_plain(value), ensure_ascii=False, indent=1))


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(k): _plain(v) for k, v in value.items()}
        case list() | tuple():
            return [_plain(v) for v in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def report(
    diagnostics: Iterable[Diagnostic], source: Source | None, form: str, out: Any = None
) -> None:
    """Print diagnostics: as text on stderr, as JSON on stdout."""
    found = list(diagnostics)
    if form == "json":
        print_json({"diagnostics": [to_json(d, source) for d in found]})
        return
    print("\n\n".join(render(d, source) for d in found), file=out or sys.stderr)
    errors = sum(d.severity == "error" for d in found)
    if errors > 1:
        print(f"\n{errors} errors", file=out or sys.stderr)
