"""Formulae of R: `y ~ x + (1 | g)`, bare or inside `lmer`, `glmer`, `brm` and the like.

A formula names no priors: its coefficients and scales are `param`s, estimated as R estimates them.
"""

import re

from genlang.pasted.expression import Reader, Unsure, tokens
from genlang.pasted.lines import Line
from genlang.pasted.writing import Writer, plain

FIT_NAMES = ("lm", "glm", "lmer", "glmer", "brm", "gam", "stan_lm", "stan_glm", "stan_lmer",
             "stan_glmer")  # fmt: skip
FITS = "(?:" + "|".join(FIT_NAMES) + ")"
FORMULA = re.compile(
    rf"(?:\b{FITS}\s*\(\s*(?:formula\s*=\s*)?|^[ \t]*)([\w.]+)\s*~\s*", re.MULTILINE
)
FAMILIES = {
    "gaussian": "Normal(eta[n], sigma)",
    "binomial": "Bernoulli(logits = eta[n])",
    "bernoulli": "Bernoulli(logits = eta[n])",
    "poisson": "Poisson(log_rate = eta[n])",
}


def lines(text: str) -> list[Line]:
    """Return the model of the first formula of a text; none where a term is not known."""
    found = FORMULA.search(text)
    if found is None:
        return []
    right = _right(text, found.end())
    family = re.search(r"family\s*=\s*[\"']?(\w+)", text)
    law = FAMILIES.get(family.group(1) if family else "gaussian", "")
    try:
        texts = _model(plain(found.group(1)), _terms(right), law) if law else []
    except (Unsure, LookupError):
        return []
    return [Line(found.start(1), t) for t in texts]


def _right(text: str, start: int) -> str:
    """The right side of a formula: up to a comma, a bracket or the end of the line outside all."""
    depth = 0
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        ends = text[i] == "\n" and not text[start:i].rstrip().endswith(("+", "~", "|"))
        if depth < 0 or (depth == 0 and (text[i] == "," or ends)):
            return text[start:i]
    return text[start:]


def _terms(text: str) -> list[str]:
    """The terms between the plus signs outside all brackets."""
    found, depth, start = [], 0, 0
    for i, mark in enumerate(text):
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if mark == "+" and depth == 0:
            found.append(text[start:i].strip())
            start = i + 1
    return [t for t in (*found, text[start:].strip()) if t]


def _model(outcome: str, terms: list[str], law: str) -> list[str]:
    data: list[str] = []
    unknown: list[str] = []
    groups: list[str] = []
    summands: list[str] = []
    if "0" not in terms and "-1" not in terms:
        unknown.append("param intercept: real")
        summands.append("intercept")
    for term in terms:
        grouped = re.fullmatch(r"\(\s*(.*?)\s*(\|\|?)\s*([\w.]+)\s*\)", term, re.DOTALL)
        if term in ("0", "1", "-1"):
            continue
        if grouped is None:
            for value in _crossed(term):
                name = "b_" + re.sub(r"\W+", "_", value).strip("_")
                data += _columns(value)
                unknown.append(f"param {name}: real")
                summands.append(f"{name} * {_cell(value)}")
            continue
        inner, bar, group = grouped.groups()
        g = plain(group)
        values = _grouped(inner)
        groups.append(g)
        data += [c for v in values if v != "1" for c in _columns(v)]
        data.append(f"data {g}[N]: index({g}_level)")
        lines_, parts = _effects(g, values, correlated=bar == "|" and len(values) > 1)
        unknown += lines_
        summands += parts
    dims = ", ".join(["N", *dict.fromkeys(f"{g}_level" for g in groups)])
    scale = ["param sigma: positive"] if "sigma" in law else []
    return [
        f"dim {dims}",
        *dict.fromkeys(data),
        *dict.fromkeys(unknown),
        *scale,
        f"let eta[n in N] = {' + '.join(summands) or '0'}",
        f"observed {outcome}[n in N] ~ {law}",
    ]


def _grouped(inner: str) -> list[str]:
    """The effects that a group has: `1`, `1 + x`, `x`, `0 + x`."""
    parts = _terms(inner)
    values = [p for p in parts if p not in ("0", "1", "-1")]
    return values if "0" in parts or "-1" in parts else ["1", *values]


def _effects(g: str, values: list[str], *, correlated: bool) -> tuple[list[str], list[str]]:
    """The unknowns of a group, and what they add."""
    cells = ["" if v == "1" else f" * {_cell(v)}" for v in values]
    if correlated:
        zeros = ", ".join("0" for _ in values)
        lines_ = [
            f"param cov_{g}: cov[{len(values)}]",
            f"latent u_{g}[{g}_level] ~ MultivariateNormal([{zeros}], covariance = cov_{g})",
        ]
        return lines_, [f"u_{g}[{g}[n], {k}]{cell}" for k, cell in enumerate(cells)]
    lines_, parts = [], []
    for value, cell in zip(values, cells, strict=True):
        end = "" if value == "1" else "_" + re.sub(r"\W+", "_", value).strip("_")
        lines_ += [
            f"param sd_{g}{end}: positive",
            f"latent u_{g}{end}[{g}_level] ~ Normal(0, sd_{g}{end})",
        ]
        parts.append(f"u_{g}{end}[{g}[n]]{cell}")
    return lines_, parts


def _crossed(term: str) -> list[str]:
    """`x * z` is `x + z + x:z`."""
    if "*" not in term:
        return [term]
    factors = [f.strip() for f in term.split("*")]
    if len(factors) != 2 or not all(re.fullmatch(r"[\w.]+", f) for f in factors):
        raise Unsure
    return [*factors, ":".join(factors)]


def _columns(value: str) -> list[str]:
    words = [t.text for t in tokens(value.replace(":", "*")) if t.kind == "name"]
    return [f"data {plain(w)}[N]: real" for w in words if f"{w}(" not in value.replace(" ", "")]


def _cell(value: str) -> str:
    """A term in row `n`."""
    value = re.sub(r"\bI\((.*)\)", r"\1", value).replace(":", "*")
    reader = Reader(tokens(value))
    node = reader.expression()
    if reader.peek():
        raise Unsure
    text = Writer(0).write(node)
    columns = {c.split()[1].partition("[")[0] for c in _columns(value)}
    for column in columns:
        text = re.sub(rf"\b{column}\b(?!\()", f"{column}[n]", text)
    return text if re.fullmatch(r"[\w.]+\[n\]( \* \w+\[n\])*|\w+\(.*\)", text) else f"({text})"
