"""What `genlang dist` and the reference show of a distribution: as data, as text."""

import re
from collections.abc import Iterator
from typing import Any

from genlang.lang.distributions import DISTRIBUTIONS, Form, Parameter, Row, signature
from genlang.lang.pages import PAGES
from genlang.lang.pages.page import SYSTEMS, Page
from genlang.lang.types import SQUARE

SHIFTED = "what follows a call, as in `categorical(probs) - 1`, is added to its draw"
WIDTH, MARGIN = 96, 13  # of a line of text, and of its title


def type_of(parameter: Parameter) -> str:
    """Return a parameter's type: `positive[K]`."""
    match parameter.domain, parameter.rank:
        case "law", _:
            return "a distribution"
        case "laws", _:
            return "a list of distributions"
        case "flag", _:
            return "bool"
        case "kernel", _:
            return "a kernel"
        case "points", _:
            return "real[K] or real[K, D]"
        case domain, 2 if domain not in SQUARE:
            return f"{domain}[K, D]"
        case domain, rank:
            return f"{domain}[K]" if rank else domain


def drawn(row: Row) -> str:
    """Return the type of a draw; one that is made of others draws as they do."""
    if any(p.domain in ("law", "laws") for p in row.forms[0].parameters):
        return "as inside"
    if row.over:
        return "index(K)"
    if row.structure not in ("", "zero_sum"):
        return f"{row.structure}[K]"
    return f"{row.kind}[K]" if row.rank else row.kind


def finite(row: Row) -> str:
    """Return whether there are finitely many values, and what follows."""
    if row.finite:
        return "yes: as a latent it is summed out"
    if row.kind == "count" and row.truncates:
        return "no: as a latent it wants `upper=`"
    return "no"


def calls(row: Row) -> list[str]:
    """Return the ways to call a distribution, those that differ in one parameter as one."""
    found: list[list[str]] = []
    for form in row.forms:
        parts = signature(row, form).split(", ")
        for known in found:
            differ = [i for i, part in enumerate(parts) if known[i : i + 1] != [part]]
            if len(known) == len(parts) and len(differ) == 1:
                known[differ[0]] += f" | {parts[differ[0]]}"
                break
        else:
            found.append(parts)
    return [f"{row.name}({', '.join(parts)})" for parts in found]


def overview() -> list[dict[str, Any]]:
    """Return each distribution in a few words."""
    return [
        {
            "name": row.name,
            "calls": calls(row),
            "draws": drawn(row),
            "support": PAGES[row.name].support,
            "finite": row.finite,
            "truncates": row.truncates,
        }
        for row in DISTRIBUTIONS.values()
    ]


def data(page: Page) -> dict[str, Any]:
    """Return a page as plain data; the shares of a spelling are its form and its text."""
    row = DISTRIBUTIONS[page.name]
    forms = [
        {
            "call": _call(row, form),
            "parameters": [
                {"name": p.name, "type": type_of(p), "default": p.default} for p in form.parameters
            ],
            "means": means,
        }
        for form, means in zip(row.forms, ("", *page.others), strict=True)
    ]
    return {
        "name": page.name,
        "forms": forms,
        "draws": drawn(row),
        "support": page.support,
        "finite": row.finite,
        "truncates": row.truncates,
        "log_density": page.density,
        "spellings": {
            system: [{"form": i, "text": text} for i, text in enumerate(spelt) if text]
            for system, spelt in page.spellings.items()
        },
        "notes": list(page.notes),
    }


def _call(row: Row, form: Form) -> str:
    return f"{row.name}({signature(row, form)})"


def table() -> str:
    """Return all distributions: how each is called, what it draws, and its support."""
    rows: list[tuple[str, str, str]] = []
    for row in DISTRIBUTIONS.values():
        first, *others = calls(row)
        rows.append((first, drawn(row), PAGES[row.name].support))
        rows += [(f"  or {other}", "", "") for other in others]
    return _columns([("distribution", "draws", "support"), *rows]) + (
        "\n`genlang dist NAME` shows one, by its name here or elsewhere (`bernoulli_logit`)\n"
    )


def _columns(rows: list[tuple[str, str, str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines = ("  ".join([a.ljust(widths[0]), b.ljust(widths[1]), c]).rstrip() for a, b, c in rows)
    return "".join(f"{line}\n" for line in lines)


def text(page: Page) -> str:
    """Return a page as text."""
    row = DISTRIBUTIONS[page.name]
    heads = [_call(row, form) for form in row.forms]
    width = max(map(len, heads))
    lines = [
        f"{head.ljust(width)}  {f'where {means}' if means else ''}".rstrip()
        for head, means in zip(heads, ("", *page.others), strict=True)
    ]
    lines += ["", *_facts(row, page), "", "elsewhere"]
    for system, name in SYSTEMS.items():
        spelt = [t for t in page.spellings[system] if t] or ["none"]
        lines += _entry(name, spelt, wrap=False)
    notes = [*page.notes, *([SHIFTED] if _shifts(page) else [])]
    if notes:
        lines += ["", *_entry("note", notes, wrap=False)]
    return "\n".join(lines) + "\n"


def _shifts(page: Page) -> bool:
    """Whether the draws of another system are counted from elsewhere."""
    texts = (t for system, spelt in page.spellings.items() for t in spelt if system != "r")
    return any(re.search(r"\) [+-] \w+( [+-] \w+)*$", t) for t in texts)


def _facts(row: Row, page: Page) -> Iterator[str]:
    unique = {p.name: p for form in row.forms for p in form.parameters}
    width = max(map(len, unique), default=0)
    parameters = [f"{name.ljust(width)}  {type_of(p)}" for name, p in unique.items()]
    yield from _entry("parameters", parameters or ["none"], wrap=False)
    yield from _entry("draws", [drawn(row)])
    yield from _entry("support", [page.support])
    yield from _entry("finite", [finite(row)])
    truncated = "by `lower=` and `upper=`" if row.truncates else "no"
    yield from _entry("truncated", [truncated])
    yield from _entry("log density", [page.density])


def _entry(title: str, lines: list[str], *, wrap: bool = True) -> Iterator[str]:
    """A title before its lines; long ones are broken before a sign between blanks."""
    broken = [part for line in lines for part in (_broken(line) if wrap else [line])]
    for i, line in enumerate(broken):
        yield f"{'' if i else title:12} {line}"


def _broken(line: str) -> list[str]:
    """A formula in lines, broken before signs outside brackets, else before any blank."""
    width = WIDTH - MARGIN
    if len(line) <= width:
        return [line]
    signs = [i for i in range(3, width) if line[i : i + 3] in (" + ", " - ")]
    outside = [i for i in signs if line.count("(", 0, i) == line.count(")", 0, i)]
    at = outside[-1] if outside else line.rfind(" ", 0, width)
    return [line[:at], *_broken("  " + line[at:].lstrip())]
