"""Lists and arrays without a dim whose size is not that of the value which they are a part of."""

from collections.abc import Iterator

import numpy as np

from genlang.check.model import Distribution, Draw, Expr, Extent, Param
from genlang.check.shapes import show
from genlang.check.walk import law_expressions, leaves
from genlang.data.evaluate import Evaluator
from genlang.data.told import Told
from genlang.data.values import Value
from genlang.lang.distributions import DISTRIBUTIONS


def look(statement: Draw | Param, known: Evaluator, told: Told) -> None:
    """Tell which argument or start has another size than one value of the variable."""
    target = statement.target
    told.begin()
    for expr, wanted in _beside(statement):
        for own, extent in zip(expr.type.dims, wanted, strict=False):
            if own.of or extent.of or own == extent:
                continue
            found, size = known.length(own), known.length(extent)
            if found is not None and size is not None and float(found.array) != float(size.array):
                message = (
                    f"this has {int(found.array)} elements, one value of `{target.name}` has "
                    f"{int(size.array)}"
                )
                why = f"its dims are {show(target.cell.dims)}"
                told.message("D144", message, expr.span, Value((), np.array(1.0)), why)
                break
    told.keep()


def _beside(statement: Draw | Param) -> Iterator[tuple[Expr, tuple[Extent, ...]]]:
    """Arrays with the dims of one value that they begin with."""
    dims = statement.target.cell.dims
    if isinstance(statement, Draw):
        for leaf in leaves(statement.law):
            yield from ((e, dims) for e in _arrays(leaf))
    elif statement.start is not None:
        yield statement.start, dims


def _arrays(law: Distribution) -> Iterator[Expr]:
    """The arguments whose first dim is that of one draw."""
    if law.each:
        yield from (e for e in law_expressions(law) if e.type.dims)
        return
    row = DISTRIBUTIONS[law.name]
    domains = {p.name: p for form in row.forms for p in form.parameters}
    if row.rank:
        for name, expr in law.parameters:
            if domains[name].rank and domains[name].domain not in ("points", "kernel"):
                yield expr
