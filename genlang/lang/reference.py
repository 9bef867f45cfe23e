"""The tables of the language reference, `grammar/README.md`, from the tables of the vocabulary.

python -m genlang.lang.reference     after a change of a distribution, a function or their pages
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.pages import PAGES, SECTIONS
from genlang.lang.pages.functions import GROUPS, rows
from genlang.lang.pages.page import SYSTEMS, Page
from genlang.lang.pages.show import calls, drawn

REFERENCE = Path(__file__).resolve().parents[2] / "grammar" / "README.md"
PART = re.compile(r"(<!-- (\w+): generated[^>]*-->\n).*?(<!-- end -->)", re.DOTALL)


def distributions() -> Iterator[str]:
    """Write the distributions: calls, draws, supports, truncation."""
    for title, every in SECTIONS.items():
        pages = [page for page in every if page.name in PAGES]
        if not pages:
            continue
        yield f"\n**{title}**\n\n"
        head = ("distribution", "draws", "support", "`lower=`, `upper=`")
        yield from _table(head, map(_row, pages))


def _row(page: Page) -> tuple[str, ...]:
    row = DISTRIBUTIONS[page.name]
    ways = "<br>".join(f"`{_cell(call)}`" for call in calls(row))
    finite = ", finite" if row.finite else ""
    bounded = "yes" if row.truncates else "no"
    return ways, f"`{drawn(row)}`{finite}", _cell(page.support), bounded


def elsewhere() -> Iterator[str]:
    """Write how other systems spell the distributions."""
    systems = [s for s in SYSTEMS if s not in ("scipy", "pyro")]
    head = ("here", *(SYSTEMS[s] for s in systems))
    yield "\n"
    yield from _table(head, ((f"`{p.name}`", *(_first(p, s) for s in systems)) for p in
                             PAGES.values()))  # fmt: skip


def _first(page: Page, system: str) -> str:
    spelt = next((text for text in page.spellings[system] if text), "")
    return f"`{_cell(spelt)}`" if spelt else ""


def functions() -> Iterator[str]:
    """Write the functions: calls, values, meanings."""
    for shape, title in GROUPS.items():
        yield f"\n**{title}**\n\n"
        shown = ((f"`{call}`", given, _cell(what)) for call, given, what in rows(shape))
        yield from _table(("function", "gives", ""), shown)


def _table(head: tuple[str, ...], body: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    for row in body:
        yield f"| {' | '.join(row)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "distributions": distributions,
    "elsewhere": elsewhere,
    "functions": functions,
}


def written(text: str) -> str:
    """Return the reference with its generated parts as the tables say."""
    return PART.sub(lambda m: m[1] + "".join(PARTS[m[2]]()) + "\n" + m[3], text)


def main() -> None:
    """Write the parts."""
    text = REFERENCE.read_text(encoding="utf-8")
    REFERENCE.write_text(written(text), encoding="utf-8")


if __name__ == "__main__":
    main()
