"""Missing cells of the data: which may be, and which were seen (LANGUAGE, section 6)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.check.model import Define, Draw, Model, Symbol, Variable
from genlang.check.walk import symbols
from genlang.data import parts
from genlang.data.cells import Cells
from genlang.data.evaluate import Evaluator
from genlang.data.faults import Faults
from genlang.data.sources import Column
from genlang.plan.missing import drawn_cells, elementwise

Flags = NDArray[Any]


class Gaps:
    """The missing cells of one binding.

    names  that have missing cells, or no values at all
    seen   of names with missing cells, which are there: bool [*loops], with the dims of a vector
           where a part of it may be missing
    """

    def __init__(self, model: Model, faults: Faults) -> None:
        self.model, self.faults = model, faults
        self.allowed = drawn_cells(model)
        self.names: set[str] = set()
        self.seen: dict[str, Flags] = {}

    def take(self, variable: Variable, raw: Cells, missing: Flags) -> None:
        """Note the missing cells of a variable."""
        if variable not in self.allowed:
            message = f"`{variable.name}` has missing cells, and is `data`"
            self.faults.at(
                "D121", message, raw.column, raw.as_came(missing), help=self._instead(variable)
            )
            return
        ragged = next((d for d in self.model.dims if d.lengths is variable), None)
        if ragged is not None:
            self.refuse(variable, raw, missing, f"they are the lengths of `{ragged.name}`")
            return
        self.names.add(variable.name)
        gone: Flags = missing
        if not elementwise(variable, self.model):
            events = tuple(range(missing.ndim - len(variable.cell.dims), missing.ndim))
            gone = np.asarray(missing.any(events))
            partly = np.asarray(gone & ~missing.all(events))
            if partly.any():
                self._partly(variable, raw, missing & partly[(..., *[None] * len(events))])
        self.seen[variable.name] = np.asarray(~gone)

    def refuse(self, variable: Variable, raw: Cells, missing: Flags, why: str) -> None:
        """Report missing cells that have to be known."""
        message = f"`{variable.name}` has missing cells"
        self.faults.at("D121", message, raw.column, raw.as_came(missing), why=why,
                       help="fill the cells in")  # fmt: skip

    def _instead(self, variable: Variable) -> str:
        """What to do about missing cells of data that no statement draws."""
        depends: set[Symbol] = {variable}
        for s in self.model.statements:
            if isinstance(s, Define) and depends & set(symbols(s.value)):
                depends.add(s.target)
            elif isinstance(s, Draw) and s.target.role == "let" and s.target in depends:
                name = s.target.name
                return f"leave the rows out, or make `{name}` a column, whose cells may be empty"
        return "fill the cell, leave the row out, or model the variable as `observed`"

    def _partly(self, variable: Variable, raw: Cells, missing: Flags) -> None:
        message = f"`{variable.name}` has vectors of which a part is missing"
        why = "only a `MultivariateNormal` can be of a part of its vector"
        edit = "leave the rows out, or make the whole vector missing"
        self.faults.at("D190", message, raw.column, raw.as_came(missing), why=why, help=edit)

    def uncovered(self, raw: Mapping[Variable, Cells], known: Evaluator) -> None:
        """Report the missing cells that no statement draws: they have no distribution."""
        for variable, cells in raw.items():
            there = self.seen.get(variable.name)
            if there is None:
                continue
            gone = ~there & ~parts.covered(variable, self.model, known, there.shape)
            if not gone.any():
                continue
            place = gone[(..., *[None] * (cells.exists.ndim - gone.ndim))] & cells.exists
            code = "D121" if variable.role == "data" else "D191"
            message = f"`{variable.name}` has missing cells that no statement draws"
            why = "these cells have no distribution"
            if code == "D191":
                why = "something reads the name, and these cells have no distribution"
            self.faults.at(code, message, cells.column, cells.as_came(place), why=why,
                           help="fill them in, or leave the rows out")  # fmt: skip

    def gone(self) -> dict[str, Flags]:
        """Where cells of `data` are missing, as 1; observed ones are the planner's to refuse."""
        names = {v.name for v in self.allowed if v.role == "data"}
        return {n: (~there).astype(float) for n, there in self.seen.items() if n in names}

    def nothing(
        self, variable: Variable, column: Column, shape: tuple[int, ...],
        lengths: Mapping[str, NDArray[Any]],
    ) -> Cells:  # fmt: skip
        """Return the cells of a name whose value is null: all that its dims say are there."""
        exists = np.ones(shape, dtype=bool)
        places = np.indices(shape, sparse=True)
        dims = [e.dim for e in variable.dims]
        for axis, extent in enumerate(variable.dims):
            if extent.dim is not None and extent.dim.of and all(o in dims for o in extent.dim.of):
                outer = tuple(places[dims.index(o)] for o in extent.dim.of)
                exists &= places[axis] < lengths[extent.dim.name][outer]
        return Cells(column, np.full(shape, None, dtype=object), exists)
