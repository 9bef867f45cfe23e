"""Syntax of Stan, BUGS, R and Python, with the edit that makes it genlang's.

Names of other languages parse; `check.foreign` knows them.
"""

import re

from genlang.diagnostics import Diagnostic
from genlang.source import Span
from genlang.syntax.spot import Spot

OPERATORS = {
    "&&": "and", "||": "or", "&": "and", "|": "or", "!": "not", "%*%": "@", "%%": "%",
    ".*": "*", "./": "/", ".^": "^", ":=": "=",
    "\u00d7": "*", "·": "*", "÷": "/", "\u2212": "-", "\u2013": "-", "≤": "<=", "≥": ">=",
    "≠": "!=", "\u223c": "~",
    "∈": "in", "→": "->", "“": '"', "”": '"', "„": '"', "²": " ^ 2", "³": " ^ 3", "∞": "inf",
}  # fmt: skip
STAN_BLOCK = re.compile(
    r"[ \t]*(functions|data|transformed data|parameters|transformed parameters|model"
    r"|generated quantities)\s*\{"
)


def stan(spot: Spot) -> Diagnostic | None:
    """Blocks in braces, and `target +=`."""
    line = spot.text[spot.line_start :]
    block = STAN_BLOCK.match(line)
    if block:
        word = block.group(1)
        start = spot.line_start + block.start(1)
        return Diagnostic(
            "E112",
            f"`{word} {{` begins a block of Stan",
            Span(start, start + len(word)),
            why="there are no blocks: each name is declared by a line that says what it is",
            help="`data x[N]: real` for inputs, `latent mu ~ Normal(0, 1)` for parameters, "
            "`observed y[N] ~ Normal(mu, 1)` for what was measured, `let` for intermediates",
        )
    if spot.before == "" and re.match(r"(model|parameters)\s*:", spot.rest):
        why = "the whole file is the model, and each line says what it declares"
        edit = "delete this line and begin the others in its column"
        return Diagnostic("E112", f"there is no `{spot.word}` block", spot.place, why, edit)
    target = re.match(r"[ \t]*target\s*\+=\s*", line)
    if target:
        start = spot.line_start + line.index("target")
        term = spot.line()[len(target.group().strip()) :].strip()
        edit = f"write `factor {term}`"
        if re.search(r"_lp[dm]f\(|_l(c)?cdf\(", term):
            edit = "write `observed y ~ Normal(...)` for data, `latent mu ~ ...` for unknowns"
        message = "`target +=` is Stan's; a log-density term is a `factor`"
        return Diagnostic("E112", message, Span(start, start + 6), help=edit)
    return None


PYTHON = re.compile(r"(import|from|with|class|async|while|if|print|pass|assert)\b")


def python(spot: Spot) -> Diagnostic | None:
    """Statements of Python."""
    if spot.before == "" and PYTHON.match(spot.rest) and not re.match(r"\w+\s*[~=\[]", spot.rest):
        message = f"`{spot.word}` is Python"
        why = "a model file says how the data arose, and nothing about inference"
        return Diagnostic("E112", message, spot.place, why, "delete this line")
    return None


def loop(spot: Spot) -> Diagnostic | None:
    """`for (i in 1:N) {`, `for i in range(N):`, `for i in 1:N:`."""
    line = spot.line()
    found = re.match(
        r"for\s*\(?\s*(\w+)\s+in\s+(?:\d+\s*:\s*(\w+)|(?:range|seq_len|seq)\((?:\d+\s*,\s*)?(\w+)\))",
        line,
    )
    if found is None:
        return None
    over = found.group(2) or found.group(3)
    why = "a loop runs over a dim, whose index counts from 0"
    edit = f"write `for {found.group(1)} in {over}:`"
    start = spot.text.index("for", spot.line_start)
    place = Span(start, start + len(found.group()))
    return Diagnostic("E112", "a loop runs over a dim, not over numbers", place, why, edit)


def operator(spot: Spot) -> Diagnostic | None:
    """Operators by other signs."""
    rest = spot.rest
    if rest.startswith("**") or (rest.startswith("*") and spot.before.endswith("*")):
        start = spot.where if rest.startswith("**") else spot.where - 1
        edit = spot.edited(r"\*\*", "^")
        return Diagnostic("E106", "the power operator is `^`", Span(start, start + 2), help=edit)
    if rest.startswith("<-"):
        new = r"\1=" if spot.declares in ("let", "report", "dim") else r"let \1="
        place = Span(spot.where, spot.where + 2)
        return Diagnostic("E106", "`<-` is not an operator", place,
                          help=spot.edited(r"^(.*?)<-", new))  # fmt: skip
    if rest.startswith("?"):
        return Diagnostic("E106", "`?` is not an operator", spot.place,
                          help="a choice is written `a if condition else b`")  # fmt: skip
    for sign in sorted(OPERATORS, key=len, reverse=True):
        for back in range(len(sign)):
            start = spot.where - back
            if start < 0 or not spot.text.startswith(sign, start) or sign == "=":
                continue
            new = OPERATORS[sign]
            place = Span(start, start + len(sign))
            if new == '"':
                edit = spot.edited_all("[“”„]", '"')
            elif new.isalpha():
                edit = spot.edited(re.escape(sign) + r"\s*", new + " ")
            else:
                edit = spot.edited(re.escape(sign), new)
            message = f"`{sign}` is written `{new.strip()}`"
            return Diagnostic("E106", message, place, help=edit)
    return None
