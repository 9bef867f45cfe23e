"""Scalar kinds and structured types of the language."""

SCALARS = ("real", "positive", "nonneg", "unit", "int", "count", "bool", "index")
STRUCTURES = {
    "real": 0, "simplex": 1, "ordered": 1, "positive_ordered": 1, "baseline": 1, "unit_vector": 1,
    "corr": 1, "cov": 1, "cholesky_corr": 1, "cholesky_cov": 1,
}  # fmt: skip
SQUARE = frozenset({"corr", "cov", "cholesky_corr", "cholesky_cov"})
INTEGERS = frozenset({"int", "count", "bool", "index"})

# Each kind with those that hold it, narrowest first.
WIDER: dict[str, tuple[str, ...]] = {
    "bool": ("bool", "count", "unit", "int", "nonneg", "real"),
    "count": ("count", "int", "nonneg", "real"),
    "index": ("index", "count", "int", "nonneg", "real"),
    "int": ("int", "real"),
    "unit": ("unit", "nonneg", "real"),
    "positive": ("positive", "nonneg", "real"),
    "nonneg": ("nonneg", "real"),
    "real": ("real",),
}


def fits(kind: str, domain: str) -> bool:
    """Whether every value of a kind lies in a domain."""
    return domain in WIDER.get(kind, ()) or domain not in WIDER


def widest(kinds: tuple[str, ...]) -> str:
    """Return the narrowest kind that holds all of the given ones."""
    for candidate in WIDER[kinds[0]]:
        if all(candidate in WIDER[k] for k in kinds):
            return candidate
    return "real"
