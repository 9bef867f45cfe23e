"""Time genlang beside other programs: `python -m tests.benchmarks [--only chains] [--json FILE]`.

One thread, pinned; CPU time; contenders in turns; the medians of all rounds. All contenders of a
case compute the same value and gradient, in float64, or the benchmark stops. The Markdown table
goes to stdout.

Arrays above 32 MB, a chain's from half a million steps on, are mapped anew by glibc at each call:
the exponent of `lengths` then shows page faults, not work. `MALLOC_MMAP_MAX_=0
MALLOC_TRIM_THRESHOLD_=20000000000` in the environment leaves them out, and the last
exponent is 1 within a tenth; the first ones are below it, fixed costs being most of short chains.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from genlang.infer.session import session
from tests.benchmarks import chains, mixtures, tables
from tests.benchmarks.measure import ROUNDS, Row, machine, markdown, measured, slope

GROUPS = {"mixtures": mixtures.cases, "chains": chains.cases, "tables": tables.cases}


def main() -> None:
    """Run the groups that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--only", choices=(*GROUPS, "lengths"), nargs="*")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="write all times to a file, too")
    parser.add_argument("--quick", action="store_true", help="small data: whether all cases run")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    chosen = options.only or (*GROUPS, "lengths")
    rows: list[Row] = []
    slopes: dict[str, float] = {}
    with session():
        for name in (g for g in GROUPS if g in chosen):
            for case in GROUPS[name](quick=options.quick):
                print(case.name, file=sys.stderr)
                rows.append(measured(case, options.rounds))
        if "lengths" in chosen:
            sizes, times = [], []
            for size, case in chains.lengths(quick=options.quick):
                rows.append(measured(case, options.rounds))
                sizes.append(size)
                times.append(rows[-1].medians["genlang"])
            for n in range(2, len(sizes) + 1):
                slopes[f"{sizes[n - 2]} to {sizes[n - 1]}"] = slope(sizes[:n], times[:n])
    print(markdown(rows))
    for name, value in slopes.items():
        print(f"Cost in T from {name}: exponent {value:.2f}")
    if options.json:
        found = {"machine": machine(), "rows": [asdict(r) for r in rows], "slopes": slopes}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
