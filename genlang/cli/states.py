"""`genlang states FIT`: the posterior of the summed-out latents."""

import argparse
from typing import Any

from genlang.cli.output import format_option, print_json

KINDS = ("marginals", "mode", "draws")


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("states", help="show the posterior of summed-out latents")
    command.add_argument("fit", metavar="FIT", help="a folder that `genlang fit -o` made")
    command.add_argument("name", nargs="?", metavar="NAME", help="one latent; all by default")
    command.add_argument("--kind", choices=KINDS, default="marginals")
    command.add_argument("--rows", type=int, default=20, help="rows to print")
    format_option(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print probabilities or values by cell."""
    from genlang.results.fit import open_fit

    fit = open_fit(args.fit)
    found = fit.states(None, args.kind) if args.name is None else {
        args.name: fit.states(args.name, args.kind)
    }  # fmt: skip
    if args.format == "json":
        print_json({
            "kind": args.kind,
            "states": {
                name: {
                    "dims": list(a.dims),
                    "coords": {d: a.coords[d].values.tolist() for d in a.dims if d in a.coords},
                    "values": a.values.tolist(),
                }
                for name, a in found.items()
            },
        })  # fmt: skip
        return 0
    for name, array in found.items():
        print(_table(name, array, args.rows))
    return 0


def _table(name: str, array: Any, limit: int) -> str:
    """One line a cell, at most `limit` of them; the states are the columns."""
    import numpy as np

    last = array.dims[-1] if array.dims else ""
    columns = [str(v) for v in array.coords[last].values] if last == "state" else [""]
    lead = array.dims[:-1] if last == "state" else array.dims
    names = [array.coords[d].values if d in array.coords else range(array.sizes[d]) for d in lead]
    shape = tuple(array.sizes[d] for d in lead)
    head = [f"{name}[{', '.join(map(str, lead))}]" if lead else name, *columns]
    lines = [head]
    flat = array.values.reshape(int(np.prod(shape)), -1)
    for place, row in zip(np.ndindex(*shape), flat, strict=True):
        label = ", ".join(str(n[i]) for n, i in zip(names, place, strict=True))
        lines.append([label or name, *(_cell(v) for v in row)])
    shown = lines[: limit + 1]
    widths = [max(len(line[i]) for line in shown) for i in range(len(head))]
    text = "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True))
                     for line in shown)  # fmt: skip
    rest = len(lines) - len(shown)
    return text + (f"\n... and {rest} more rows (`--rows`)" if rest else "")


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
