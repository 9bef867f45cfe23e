"""Syntax of Stan, BUGS, R and Python, with the edit that makes it genlang's.

Names of other languages parse; `check.foreign` knows them.
"""

import re
from itertools import takewhile

from genlang.diagnostics import Diagnostic
from genlang.source import Edit, Span
from genlang.syntax.blocks import closing, moved_out
from genlang.syntax.spot import Spot

OPERATORS = {
    "&&": "and", "||": "or", "&": "and", "|": "or", "!": "not", "%*%": "@", "%%": "%",
    ".*": "*", "./": "/", ".^": "^", ":=": "=",
    "\u00d7": "*", "·": "*", "÷": "/", "\u2212": "-", "\u2013": "-", "≤": "<=", "≥": ">=",
    "≠": "!=", "\u223c": "~",
    "∈": "in", "→": "->", "“": '"', "”": '"', "„": '"', "\u2018": '"', "\u2019": '"',
    "²": " ^ 2", "³": " ^ 3", "∞": "inf",
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
        message = f"there is no `{spot.word}` block"
        return Diagnostic("E112", message, spot.place, why, edit, edits=_unwrapped(spot))
    target = re.match(r"[ \t]*target\s*\+=\s*", line)
    if target:
        start = spot.line_start + line.index("target")
        term = spot.line()[len(target.group().strip()) :].strip()
        edit = f"write `factor {term}`"
        edits: tuple[Edit, ...] = (Edit(Span(start, spot.line_start + target.end()), "factor "),)
        if re.search(r"_lp[dm]f\(|_l(c)?cdf\(", term):
            edit = "write `observed y ~ Normal(...)` for data, `latent mu ~ ...` for unknowns"
            edits = ()
        message = "`target +=` is Stan's; a log-density term is a `factor`"
        return Diagnostic("E112", message, Span(start, start + 6), help=edit, edits=edits)
    return None


def _unwrapped(spot: Spot) -> tuple[Edit, ...]:
    """Delete the header of a block that is none, and move its body out."""
    start = spot.line_stop + 1
    while start < len(spot.text) and not spot.text[start:].partition("\n")[0].strip():
        start = spot.text.find("\n", start) + 1 or len(spot.text)
    line = spot.text[start:]
    by = len(line) - len(line.lstrip(" ")) - len(spot.indent)
    return (spot.without_line(), *(moved_out(spot.text, start, by) if by > 0 else ()))


PYTHON = re.compile(r"(import|from|with|class|async|while|if|print|pass|assert)\b")


def python(spot: Spot) -> Diagnostic | None:
    """Statements of Python."""
    if spot.before == "" and PYTHON.match(spot.rest) and not re.match(r"\w+\s*[~=\[]", spot.rest):
        message = f"`{spot.word}` is Python"
        why = "a model file says how the data arose, and nothing about inference"
        edits: tuple[Edit, ...] = (spot.without_line(),)
        if spot.word not in ("import", "from", "pass", "print", "assert"):
            edits = _unwrapped(spot) if re.match(r"with\s+pm\.Model\(", spot.rest) else ()
        return Diagnostic("E112", message, spot.place, why, "delete this line", edits=edits)
    return None


# `1:N`, `2:(T - 1)`, `seq_len(N)`, `range(1, N)`; a ragged dim's size is `T[s]`.
LOOP = re.compile(
    r"for\s*\(?\s*(\w+)\s+in\s+"
    r"(?:(\d+)\s*:\s*(\(.*?\)|\w+(?:\[[^\]]*\])?)"
    r"|(range|seq_len|seq)\(\s*(?:(\d+)\s*,\s*)?([^(),]+?)\s*\))"
    r"(\s*\)?\s*[:{]?[ \t]*)"
)


def loop(spot: Spot) -> Diagnostic | None:
    """`for (i in 1:N) {`, `for i in range(N):`, `for i in 1:N:`."""
    found = re.compile(r"[ \t]*" + LOOP.pattern).match(spot.text, spot.line_start, spot.line_stop)
    if found is None:
        return None
    index, low, high, call, start, stop, end = found.groups()
    python = call == "range"
    first = int(low or start or (0 if python else 1)) - (0 if python else 1)
    over = _part(first, high or stop)
    at = spot.text.index("for", spot.line_start)
    place = Span(at, found.end() - len(end))
    header = Edit(Span(at, found.end()), f"for {index} in {over}:")
    rest = spot.text[found.end() : spot.line_stop].strip()
    body = f"\n{spot.indent}    " if rest and not rest.startswith(("#", "//")) else ""
    edits: tuple[Edit, ...] = (Edit(header.span, header.text + body),)
    if "{" in end:
        edits += closing(spot.text, found.end() - 1 - (len(end) - 1 - end.index("{")))
    message = "a loop runs over a dim, not over numbers"
    why = "a loop runs over a dim, whose index counts from 0"
    if not over:
        edit = f"declare a dim, `dim {index.upper()} = {high or stop}`, and loop over it"
        return Diagnostic("E112", message, place, why, edit)
    edit = f"write `{header.text}`"
    if not python and _counted_from_one(spot.text, found.end(), index, spot.indent):
        edit += f"; a subscript is one less, and `{index} + 1` the number"
        edits = ()
    return Diagnostic("E112", message, place, why, edit, edits=edits)


def _counted_from_one(text: str, start: int, index: str, indent: str) -> bool:
    """Whether the body of a loop takes its index as a number, or subscripts by numbers."""
    lines = text[start:].split("\n")
    inner = [lines[0], *takewhile(lambda x: x.startswith(f"{indent} ") or not x.strip(), lines[1:])]
    body = re.sub(r"#.*|//.*", "", "\n".join(inner))
    if re.search(r"\[\s*(?:[^\[\]]*,\s*)?\d+\s*[\],]", body):
        return True
    while "[" in body and (outside := re.sub(r"\[[^\[\]]*\]", "", body)) != body:
        body = outside
    return re.search(rf"\b{index}\b", body) is not None


def _part(first: int, stop: str) -> str:
    """The dim, or the part of it, from an element to a size; empty where that names no dim."""
    size = re.fullmatch(r"\(?\s*([^\W\d]\w*)(\[[^\]]*\])?\s*(?:-\s*(\d+))?\s*\)?", stop)
    if size is None or first < 0:
        return ""
    dim, row, less = size.groups()
    if row is None and first == 0 and less is None:
        return dim
    bounds = f"{first or ''}:{f'{dim}{row or chr(0)} - {less}' if less else ''}".replace(chr(0), "")
    if row is None:
        return f"{dim}[{bounds}]"
    return "" if less else dim + (f"{row[:-1]}, {bounds}]" if first else row)


def operator(spot: Spot) -> Diagnostic | None:
    """Operators by other signs."""
    rest = spot.rest
    if rest.startswith("**") or (rest.startswith("*") and spot.before.endswith("*")):
        start = spot.where if rest.startswith("**") else spot.where - 1
        place = Span(start, start + 2)
        return _written("the power operator is `^`", place, spot, Edit(place, "^"))
    if rest.startswith("<-"):
        place = Span(spot.where, spot.where + 2)
        start = spot.line_start + len(spot.indent)
        word = (
            () if spot.declares in ("let", "report", "dim") else (Edit(Span(start, start), "let "),)
        )
        return _written("`<-` is not an operator", place, spot, *word, Edit(place, "="))
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
            message = f"`{sign}` is written `{new.strip()}`"
            if new == '"':
                if sign in "\u2018\u2019" and not re.search("\u2018.*\u2019", spot.line()):
                    continue  # an apostrophe that stands alone
                quotes = re.compile("[“”„\u2018\u2019]").finditer(
                    spot.text, spot.line_start, spot.line_stop
                )
                return _written(message, place, spot, *(Edit(Span(*q.span()), '"') for q in quotes))
            wide = spot.find(re.escape(sign) + r"\s*", start) if new.isalpha() else place
            joined = new.isalpha() and spot.text[start - 1] not in " (["
            edit = Edit(wide, f"{' ' * joined}{new} " if new.isalpha() else new)
            return _written(message, place, spot, edit)
    return None


def _written(message: str, place: Span, spot: Spot, *edits: Edit) -> Diagnostic:
    return Diagnostic("E106", message, place, help=spot.edited(*edits), edits=edits)
