"""`genlang fit MODEL --data D -o FIT`: bind the data, fit, print the table and the verdict."""

import argparse
import sys
from typing import Any

from genlang.api import METHODS, Bound, load
from genlang.cli.output import format_option, print_json
from genlang.cli.sizes import sizes, sizes_option
from genlang.cli.states import as_json, table
from genlang.plan.explain import explain
from genlang.plan.guide import fittable

ROWS = 20  # of a latent's table
OPTIONS = ("steps", "starts", "draws")


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("fit", help="fit a model to data")
    command.add_argument("model", metavar="MODEL", help="a .gen file, or a bundled model's name")
    command.add_argument("--data", "-d", action="append", metavar="FILE",
                         help="CSV, TSV, JSON or NPZ, several times for several files; "
                              "by default the file of the same name beside the model")  # fmt: skip
    sizes_option(command)
    command.add_argument("--method", choices=METHODS, default="auto")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("-o", "--out", metavar="FIT", help="folder to keep the fit in")
    for option in OPTIONS:
        command.add_argument(f"--{option}", type=_positive, help=f"{option} of the method")
    format_option(command)
    command.set_defaults(run=run)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        message = "at least 1"
        raise argparse.ArgumentTypeError(message)
    return value


def run(args: argparse.Namespace) -> int:
    """Fit; 3 where the fit did not pass its own checks."""
    model = load(args.model)
    fittable(model.compiled.model)
    options = {o: getattr(args, o) for o in OPTIONS if getattr(args, o) is not None}
    # The data are checked before torch is imported.
    bound = model.bind(args.data, **sizes(args.set, model))
    text = args.format == "text"
    if text:
        _announce(bound, args.method)
    live = sys.stderr.isatty()

    def progress(line: str) -> None:
        if live:
            sys.stderr.write(f"\r{line[:99]:<99}")
            sys.stderr.flush()

    fit = bound.fit(args.method, args.seed, report=progress, **options)
    if live:
        sys.stderr.write("\r" + " " * 99 + "\r")
    if args.out:
        fit.save(args.out)
    exact = "log_evidence" in fit.facts
    if text:
        from genlang.results.summary import show

        sys.stdout.write(show(fit))
        if exact:
            print("\n" + "\n\n".join(table(n, a, ROWS) for n, a in fit.states().items()))
        if args.out:
            print(f"kept in {args.out}; `genlang summary {args.out}` shows it again")
    else:
        # Where nothing but states is unknown they are the answer.
        states = {"states": as_json(fit.states())} if exact else {}
        print_json({**fit.summary(), **states})
    return 3 if fit.faults else 0


def _announce(bound: Bound, method: str) -> None:
    """Say what will be fitted and how, before anything slow begins."""
    for note in bound.table.notes:
        print(note)
    for name, seen in bound.table.seen.items():
        count = int(seen.size - seen.sum())
        print(f"{name}: {count} {'cell is' if count == 1 else 'cells are'} missing")
    rows = explain(bound.compiled.plan).rows
    unknown = [r.name for r in rows if r.treatment == "unknown"]
    summed = [f"{r.name} ({r.treatment.rpartition('summed out, ')[2]})" for r in rows
              if "summed out, " in r.treatment]  # fmt: skip
    print(f"unknown: {', '.join(unknown) or 'nothing'}")
    if summed:
        print(f"summed out exactly: {', '.join(summed)}")
    why = {
        "auto": "auto: a Gaussian guide by svi; chains from it where its check says that it is off",
        "exact": "exact: every unknown is summed out",
        "svi": "svi: a Gaussian guide around the mode, its draws weighted",
        "map": "map: the mode of the density",
    }
    if method == "auto" and not unknown:
        method = "exact"
    print(f"method: {why[method]}\n", flush=True)
