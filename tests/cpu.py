"""CPU time of processes. Tests that measure it are marked `alone`: others inflate it."""

import resource
import subprocess
import sys

TRIES = 8


def least(arguments, limit, environment, **options):
    """Run Python until it takes less than `limit` seconds, at most 8 times.

    Returns the least CPU time, to which other work on the machine can only add, and the run.
    """
    best, done = float("inf"), None
    for _ in range(TRIES):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, *arguments],
            check=True,
            capture_output=True,
            env=environment,
            **options,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best, took)
        if best < limit:
            break
    return best, done
