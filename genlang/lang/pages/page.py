"""The page of a distribution: what its table in `lang/distributions.py` does not say."""

from dataclasses import dataclass

SYSTEMS = {
    "stan": "Stan",
    "bugs": "BUGS, JAGS",
    "scipy": "SciPy",
    "r": "R",
    "pymc": "PyMC",
    "pyro": "Pyro",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A distribution's support, its log density, and the same law in other systems.

    support    of a draw y, in the words of the canonical form's parameters
    density    the log density of y, in the language's own expressions; `K` and `D` are the sizes
               of the last dims of y
    others     what each further form's parameters say of the canonical ones
    spellings  by system, one for each form, canonical first; "" where the system has none for this
               form, no spelling at all where it lacks the law
    notes      what differs elsewhere
    names      by which others call it beside those in the spellings

    A spelling reads the form's parameters by their names here; `- 1` after it is applied to the
    draw. Stan's and BUGS's follow `~`, R's is the density at y.
    """

    name: str
    support: str
    density: str
    spellings: dict[str, tuple[str, ...]]
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


Spelt = str | tuple[str, ...]


def page(name: str, support: str, density: str, *, stan: Spelt, bugs: Spelt, scipy: Spelt,
         r: Spelt, pymc: Spelt, pyro: Spelt, others: Spelt = (), notes: Spelt = (),
         names: Spelt = ()) -> Page:  # fmt: skip
    """Return a page; a single text stands for the canonical form, "" for none."""
    given = zip(SYSTEMS, (stan, bugs, scipy, r, pymc, pyro), strict=True)
    spellings = {system: _several(spelt) for system, spelt in given}
    return Page(
        name, support, density, spellings, _several(others), _several(notes), _several(names)
    )


def _several(text: Spelt) -> tuple[str, ...]:
    if isinstance(text, str):
        return (text,) if text else ()
    return text
