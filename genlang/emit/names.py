"""The names of the emitted program: Python locals for the user's symbols, one rename function."""

import keyword
from collections.abc import Container
from itertools import count

from genlang.check.model import Symbol

# What the program imports or receives; the user's names give way.
RESERVED = frozenset([
    "pyro", "dist", "torch", "math", "data", "exact", "constraints", "config_enumerate", "stack",
    "states", "drawn", "sum_out", "segment_sum", "only", "weighted", "by_profile",
    "profiles", "log_categorical", "log_bernoulli", "model", "joint", "abs", "int",
    "float", "max", "min", "range", "len", "sum", "any", "all", "stacked", "parents_first",
    "values", "sum_chain", "sum_tree", "clamped", "values_between", "log_uniform", "split_sum",
    "fold_cells", "filled", "chosen", "nets", "guide", "Mlp", "Foreign",
])  # fmt: skip


def attribute(name: str) -> str:
    """Return the attribute of `data` that holds a declared name.

    Python's words end in an underscore; names that Python keeps for itself (`__a`) begin with `v`.
    """
    if name.lstrip("v").startswith("__"):
        return f"v{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def unused(wish: str, taken: Container[str]) -> str:
    """Return `wish`, or with the first number that makes it new: `n`, `n_2`, `n_3`."""
    tries = (f"{wish}_{n}" for n in count(2))
    return wish if wish not in taken else next(t for t in tries if t not in taken)


class Locals:
    """Python locals of one function: each key gets one name, unlike all others."""

    def __init__(self) -> None:
        self.taken: set[str] = set(RESERVED)
        self.names: dict[object, str] = {}

    def name(self, key: object, wish: str) -> str:
        """Return the local of a key, made from `wish` at the first call."""
        if key not in self.names:
            name = f"v{wish}" if wish.startswith("__") else wish or "i"
            while name in self.taken or keyword.iskeyword(name):
                name += "_"
            self.taken.add(name)
            self.names[key] = name
        return self.names[key]

    def another(self, wish: str) -> str:
        """Return a local that nothing else has: `wish`, `wish_2`, ..."""
        tries = [wish, *(f"{wish}_{n}" for n in range(2, len(self.taken) + 3))]
        name = next(t for t in tries if t not in self.taken)
        self.taken.add(name)
        return name

    def symbol(self, symbol: Symbol) -> str:
        """Return the local of a symbol."""
        return self.name(symbol, symbol.name)
