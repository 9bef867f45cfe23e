"""Distributions by the names that other systems have for them."""

import re
from collections.abc import Mapping

from genlang.lang.pages import PAGES
from genlang.lang.pages.page import SYSTEMS

CALL = re.compile(r"([\w.:]+)\((.*)\)")
CONSTANT = re.compile(r"(?:^|, )[0-9.]+(?:,|$)")
SPECIAL = re.compile(r"T[\[(]|<-|\.\.\.")  # truncated, computed, or of any law
METHOD = re.compile(r"\.(logpdf|logpmf|pdf|pmf|logcdf|cdf|logsf|sf|ppf|rvs|dist|log_prob)$")
SUFFIX = re.compile(r"_(lpdf|lpmf|lupdf|lupmf|lcdf|lccdf|cdf|rng|glm)$")
Index = Mapping[str, tuple[str, ...]]


def called(text: str) -> str:
    """Return the name of the law that a spelling calls, "" where it calls a more special one.

    `dbinom(y, 1, probs)` is no name for Bernoulli: other arguments make it another law.
    """
    found = CALL.match(text)
    if found is None or CONSTANT.search(found[2]) or SPECIAL.search(text):
        return ""
    return re.split(r"[.:]", found[1])[-1]


def index() -> dict[str, tuple[str, ...]]:
    """Return the distributions of each foreign name, the plainest first."""
    found: dict[str, tuple[str, ...]] = {}
    for page in PAGES.values():
        texts = [text for spelt in page.spellings.values() for text in spelt]
        for name in [*page.names, *map(called, texts)]:
            if name and page.name not in found.get(name, ()):
                found[name] = (*found.get(name, ()), page.name)
    return found


def systems(name: str, law: str) -> list[str]:
    """Return the systems that spell a distribution by a name."""
    spellings = PAGES[law].spellings
    return [SYSTEMS[s] for s, texts in spellings.items() if name in map(called, texts)]


def find(name: str, more: Index) -> tuple[str, tuple[str, ...]]:
    """Return the name as it is known, and the distributions that it stands for, none if unknown.

    `more` are foreign names beside those of the pages. Arguments, modules, SciPy's methods, Stan's
    suffixes and the four first letters of R are put aside; at last upper case is taken as lower.
    """
    bare = re.split(r"\.|::", METHOD.sub("", name.strip().partition("(")[0]))[-1].strip()
    foreign = {**{k: v for k, v in more.items() if v[0] in PAGES}, **index()}
    tries = [bare, SUFFIX.sub("", bare), re.sub("^[rpq]", "d", bare)]
    for candidate in tries:
        if candidate in PAGES:
            return candidate, (candidate,)
        if candidate in foreign:
            return candidate, foreign[candidate]
    folded = {_folded(k): k for k in (*foreign, *PAGES)}
    for candidate in tries:
        known = folded.get(_folded(candidate))
        if known is not None:
            return known, (known,) if known in PAGES else foreign[known]
    return name, ()


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower())
