"""Which language a text is written in, by the lines that only this language has."""

import re

from genlang.pasted import Pasted, bugs, formula, python, stan
from genlang.pasted.lines import Line, shown
from genlang.source import Span

BLOCK = re.compile(
    r"^[ \t]*(?:functions|(?:transformed\s+)?(?:data|parameters)|generated\s+quantities)\s*\{",
    re.MULTILINE,
)
MODEL = re.compile(r"^[ \t]*(?:model|data)\s*\{", re.MULTILINE)
DECLARED = re.compile(
    r"^[ \t]*(?:int|real|vector|row_vector|matrix|simplex|array)\s*[<\[ ][^;\n]*;", re.MULTILINE
)
DRAWN = re.compile(
    r"^[ \t]*(?:for\s*\(\s*\w+\s+in\s+\d+\s*:"
    r"|[\w.]+(?:\[[^\]\n]*\])?\s*~\s*d[a-z]+(?:\.\w+)?\s*\()",
    re.MULTILINE,
)
BUGS_LAW = re.compile(
    r"~\s*d(?:norm|lnorm|gamma|unif|bern|bin|pois|cat|exp|beta|t|mnorm|wish|dirich|dirch|weib|multi"
    r"|negbin|interval|chisqr|par|logis|dexp)\s*\("
)
PYMC = re.compile(r"^[ \t]*(?:(?:import|from)\s+pymc\w*\b|with\s+pm\.Model\(|\w+\s*=\s*pm\.[A-Z])",
                  re.MULTILINE)  # fmt: skip
PYRO = re.compile(
    r"^[ \t]*(?:import|from)[ \t]+(?:num)?pyro\b|^.*?(?:num)?pyro\.(?:sample|plate)\(", re.MULTILINE
)
GUESS = (
    "it does not say which names are data: what nothing else reads is taken for `observed`; "
    "names without a line are `data`, sizes of loops `dim`s"
)
NO_BLOCKS = "there are no blocks: each line says by its first word what it declares"


def recognize(text: str) -> Pasted | None:
    """Return what a text is in the first language that knows it."""
    for read in (_stan, _python, _bugs, _formula):
        try:
            found = read(text)
        except RecursionError:
            return None
        if found is not None:
            return found
    return None


def one_line(text: str) -> tuple[str, bool]:
    """Return a line that stands alone as it is here, and whether its first word is certain."""
    certain = re.search(r"(?:^|=\s*)(?:pm|pyro|numpyro)\.", text) is not None
    found = python.lines(text) if certain else bugs.one(text.rstrip("; "))
    texts = [line.text for line in found if line.text]
    drawn = texts and (certain or "~" in texts[0])
    return (texts[0], certain) if drawn else ("", False)


def _stan(text: str) -> Pasted | None:
    if BUGS_LAW.search(text):
        return None
    first = BLOCK.search(text) or DECLARED.search(text)
    whole = MODEL.search(text)
    if whole and not first and ";" in text:
        first = whole
    if first is None:
        return None
    if BLOCK.search(text) or whole:
        lines, program = stan.lines(text)
        return _made("a Stan program", text, first, NO_BLOCKS, lines, program)
    return _made("a Stan program", text, first, GUESS, stan.fragment(text))


def _bugs(text: str) -> Pasted | None:
    first = MODEL.search(text) or DRAWN.search(text)
    if first is None:
        return None
    why = f"{GUESS}; precisions become standard deviations"
    return _made("a BUGS or JAGS model", text, first, why, bugs.lines(text))


def _python(text: str) -> Pasted | None:
    why = "a model file says how the data arose, and nothing about inference"
    for language, sign in (("PyMC", PYMC), ("Pyro", PYRO)):
        first = sign.search(text)
        if first is not None:
            name = "NumPyro" if language == "Pyro" and "numpyro" in text else language
            return _made(f"a {name} program", text, first, why, python.lines(text))
    return None


def _formula(text: str) -> Pasted | None:
    first = formula.FORMULA.search(text)
    if first is None:
        return None
    fit = first.group().lstrip().startswith(formula.FIT_NAMES) and "(" in first.group()
    if not fit and re.match(r"(?:\w+\.)*\w+\(", text[first.end() :]):
        return None
    lines = formula.lines(text)
    if not (fit or lines):
        return None
    why = (
        "a formula leaves out the coefficients, and the distribution of groups; columns are taken "
        "as numbers, a factor is an `index`"
    )
    return _made("an R formula", text, first, why, lines)


def _made(
    what: str,
    text: str,
    first: "re.Match[str]",
    why: str,
    lines: list[Line],
    program: str = "",
) -> Pasted:
    start = first.start() + len(first.group()) - len(first.group().lstrip())
    stop = min(max(first.end(), start + 1), (text + "\n").index("\n", start))
    if what.startswith("an R"):
        start, stop = first.span(1)
        help_ = "\n".join(["write" * bool(lines), *(f"    {line.text}" for line in lines)])
    else:
        rows = [text.count("\n", 0, line.start) + 1 for line in lines]
        help_ = f"its lines are here\n{shown(lines, rows)}" if lines else ""
    help_ = help_ or (
        "`data x[N]: real` for inputs, `latent mu ~ Normal(0, 1)` for unknowns, "
        "`observed y[N] ~ Normal(mu, 1)` for what was measured, `let` for intermediates"
    )
    remarks = re.findall(r"//[ \t]*([^\n]*)", text) if program else []
    whole = "".join(f"# {r.rstrip()}\n" for r in remarks if r.strip()) + program
    return Pasted(what, Span(start, stop), why, help_, whole if program else "")
