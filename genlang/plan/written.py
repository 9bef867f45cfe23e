"""What is too large once the `let`s that read discrete latents are written out in their readers."""

from genlang.check.model import Apply, Expr, Statement
from genlang.check.walk import children
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.lags import expressions_of
from genlang.plan.rewrite import target_of
from genlang.source import Source
from genlang.syntax.limits import DEPTH, TERMS

PARTS = 10_000
OPERATORS = frozenset({"+", "-", "*", "/", "@", "%", "and", "or"})


def bounded(statement: Statement, source: Source) -> None:
    """Raise ModelError (E707) for a statement whose expressions have grown too large to go on.

    A `let` that reads another twice doubles it.
    """
    if any(_too_large(e) for e in expressions_of(statement)):
        target = target_of(statement)
        what = "this" if target is None else f"`{target.name}`"
        message = f"{what} is too long once the names that it reads are written out in it"
        why = (
            "a `let` that reads a discrete latent stands for its value in each of its readers: "
            f"there are more than {PARTS} parts, or more than {DEPTH} in one another"
        )
        edit = "make one of them a latent, `latent total[n] ~ Delta(...)`, which is summed out once"
        raise ModelError([Diagnostic("E707", message, statement.span, why, edit)], source)


def _too_large(expr: Expr) -> bool:
    parts = 0
    waiting = [(expr, 0, 0)]
    while waiting:
        one, depth, terms = waiting.pop()
        parts += 1
        if parts > PARTS or depth > DEPTH or terms > TERMS:
            return True
        operator = isinstance(one, Apply) and one.function in OPERATORS
        for at, child in enumerate(children(one)):
            waiting.append((child, depth + (not operator or at > 0), terms + 1))
    return False
