"""`genlang states FIT`: the posterior of the summed-out latents."""

import argparse
from typing import Any

from genlang.cli.output import format_option, print_json

KINDS = ("marginals", "means", "mode", "draws", "counts", "transitions")


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
        print_json({"kind": args.kind, "states": as_json(found)})
        return 0
    if not found:
        what = "carried by a chain" if args.kind == "transitions" else "summed out"
        print(f"no latent was {what}")
    for name, array in found.items():
        print(table(name, array, args.rows))
    return 0


def as_json(found: dict[str, Any]) -> dict[str, Any]:
    """Return dims, coordinates and values by latent."""
    return {
        name: {
            "dims": list(a.dims),
            "coords": {d: a.coords[d].values.tolist() for d in a.dims if d in a.coords},
            "values": _named(a).tolist(),
        }
        for name, a in found.items()
    }


def _named(array: Any) -> Any:
    """The values of an array: probabilities, or the labels of states (None: no such cell)."""
    labels = array.attrs.get("labels")
    if labels is None:
        return array.values
    import numpy as np

    low = array.attrs["low"]
    flat = [None if v < low else labels[v - low] for v in array.values.ravel().tolist()]
    named = np.empty(len(flat), dtype=object)
    named[:] = flat
    return named.reshape(array.shape)


def table(name: str, array: Any, limit: int) -> str:
    """One line a cell, at most `limit` of them; the states are the columns."""
    import numpy as np

    from genlang.results.summary import aligned

    last = array.dims[-1] if array.dims else ""
    columns = [str(v) for v in array.coords[last].values] if last == "state" else [""]
    lead = array.dims[:-1] if last == "state" else array.dims
    if last == "state" and not lead:
        # One latent with many values: a line a value.
        lead, columns = (last,), [""]
    names = [array.coords[d].values if d in array.coords else range(array.sizes[d]) for d in lead]
    shape = tuple(array.sizes[d] for d in lead)
    lines = [[f"{name}[{', '.join(map(str, lead))}]", *columns]] if lead else []
    flat = _named(array).reshape(int(np.prod(shape)), -1)
    for place, row in zip(np.ndindex(*shape), flat, strict=True):
        label = ", ".join(str(n[i]) for n, i in zip(names, place, strict=True))
        lines.append([label or name, *(_cell(v) for v in row)])
    shown = [line.rstrip() for line in aligned(lines[: limit + 1])]
    rest = len(lines) - len(shown)
    return "\n".join([*shown, *([f"... and {rest} more rows (`--rows`)"] if rest else [])])


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.3f}"
        case _:
            return str(value)
