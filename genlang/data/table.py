"""Data matched to the declared names of a model: what every program is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from genlang.check.model import Dim, Variable

Label = str | int


@dataclass(frozen=True, slots=True)
class Table:
    """Sizes, lengths and arrays by declared name.

    sizes    plain dims
    lengths  ragged dims: int64, one axis for each dim outside
    arrays   `data` and `observed` names: float64, or int64 for int, count, index and bool; ragged
             axes are padded to the longest row with a value of the same array
    labels   of the dims that have them, in the order of their positions
    notes    what was done that the user may want to know, a line each
    missing  observed names that have missing cells, or no values at all
    seen     for names with some missing cells: bool, which cells of their loops are there
    """

    sizes: Mapping[str, int]
    lengths: Mapping[str, NDArray[Any]]
    arrays: Mapping[str, NDArray[Any]]
    labels: Mapping[str, tuple[Label, ...]]
    notes: tuple[str, ...] = ()
    missing: frozenset[str] = frozenset()
    seen: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def greatest(self, symbol: Dim | Variable) -> float | None:
        """Return a dim's size (a ragged one's longest row), or the greatest value of data.

        None where the table does not say.
        """
        if isinstance(symbol, Dim):
            if symbol.name in self.lengths:
                return float(self.lengths[symbol.name].max(initial=0))
            return self.sizes.get(symbol.name)
        array = self.arrays.get(symbol.name)
        return float(array.max()) if array is not None and array.size else None
