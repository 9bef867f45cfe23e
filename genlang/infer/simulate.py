"""Runs of `joint` and `after` by Pyro: what they draw, as arrays by declared name.

A site of a loop that ran in Python is one step of its variable, `z[3]`; a site in plates stands at
the dims of its plates. Here the steps are put together and the axes in the order of the
declaration. An observed name comes over its whole dims: cells that no statement draws are those of
the data, where there are any.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pyro import poutine

from genlang.check.model import Define, Draw, Loop, Param, Ref
from genlang.data.evaluate import Evaluator
from genlang.data.table import Table
from genlang.data.values import Value
from genlang.diagnostics import Diagnostic, ModelError, OptionError
from genlang.emit.after import After
from genlang.emit.joint import Joint
from genlang.emit.names import attribute
from genlang.infer.tensors import shape as shape_of
from genlang.plan.missing import gaps_name
from genlang.plan.plan import Plan
from genlang.runtime.guards import watching
from genlang.runtime.load import Program

Array = NDArray[Any]
Site = dict[str, Any]


def trace(program: Callable[..., None], *arguments: object) -> dict[str, Site]:
    """Run a program, nothing given; returns its sites that hold a value.

    Raises ModelError where a distribution is improper and cannot be drawn from (E802) and where an
    argument leaves its domain (E804), and OptionError (E803) where a loop is empty.
    """
    with watching() as outside:
        try:
            with torch.no_grad():
                found = poutine.trace(poutine.uncondition(program)).get_trace(*arguments)
        except ZeroDivisionError:
            message = "the model cannot be simulated: one of its loops runs over nothing"
            raise OptionError(
                [Diagnostic("E803", message, why="Pyro has no plates of size 0")]
            ) from None
        except NotImplementedError as error:
            message = "the model cannot be simulated: a distribution in it has no draws"
            edit = "give `Flat` unknowns a prior" if "Flat" in str(error) else ""
            raise ModelError(
                [Diagnostic("E802", message, why=str(error).split("\n")[0], help=edit)]
            ) from None
        except (RuntimeError, ValueError):
            if outside:
                raise _leaves(outside) from None
            raise
        if outside:
            raise _leaves(outside)
    nodes: Any = found.nodes  # Pyro's type leaves every field open
    return {n: s for n, s in nodes.items() if s["type"] in ("sample", "param") and not _hidden(s)}


def _leaves(outside: list[str]) -> ModelError:
    """An argument of a distribution that the draws so far put outside its domain."""
    message = "the model cannot be simulated: an argument leaves its domain"
    return ModelError(
        [Diagnostic("E804", message, why="; ".join(list(dict.fromkeys(outside))[:3]))]
    )


def _hidden(site: Site) -> bool:
    kind = type(site.get("fn")).__name__
    return kind in ("_Subsample", "Unit") or site["name"].startswith("_")


class Collector:
    """Puts the sites of `joint` and `after` together by the statements that they belong to."""

    def __init__(self, plan: Plan, table: Table, data: SimpleNamespace) -> None:
        self.plan = plan
        self.joint = Joint(plan)
        self.after = After(plan)
        self.table = table
        self.data = data

    def arrays(self, sites: Mapping[str, Site], function: Joint) -> dict[str, Array]:
        """Return what the sites of one function hold, by declared name."""
        steps: dict[str, dict[tuple[int, ...], Site]] = {}
        for name, site in sites.items():
            base, _, rest = name.partition("[")
            key = tuple(map(int, rest[:-1].split(", "))) if rest else ()
            steps.setdefault(base, {})[key] = site
        found: dict[str, Array] = {}
        taken: dict[str, int] = {}
        for s in function.statements:
            if not isinstance(s, Draw | Define | Param) or s.target.role == "let":
                continue
            name = s.target.name
            taken[name] = taken.get(name, 0) + 1
            every = steps.get(name if taken[name] == 1 else f"{name}_{taken[name]}")
            if every is None:
                if isinstance(s, Draw) and function.stepping.along(s):
                    found[name] = self._unstepped(s, function)
                continue
            if not isinstance(s, Draw):
                found[name] = _value(every[()])
                continue
            array, axes = self._whole(every, s, function)
            found[name] = self._placed(array, axes, s, found.get(name))
        return found

    def _whole(
        self, every: Mapping[tuple[int, ...], Site], s: Draw, function: Joint
    ) -> tuple[Array, list[Loop]]:
        """All cells that one statement draws, with the loops of the axes."""
        keys = sorted(every)
        values = [_value(every[k]) for k in keys]
        along = function.stepping.along(s)
        if not along and not every[keys[0]]["cond_indep_stack"]:
            return values[0], list(s.loops)  # of natural shape
        rest = sorted((p for p in s.loops if p not in along), key=function.dims.__getitem__)
        sizes = [len({k[i] for k in keys}) for i in range(len(along))]
        array = np.stack(np.broadcast_arrays(*values))
        return array.reshape((*sizes, *array.shape[1:])), [*along, *rest]

    def _unstepped(self, s: Draw, function: Joint) -> Array:
        """The array of a statement whose loops ran over nothing."""
        given = getattr(self.data, attribute(s.target.name), None)
        if given is not None:
            return np.asarray(given)
        along = function.stepping.along(s)
        own = [e.symbol if isinstance(e, Ref) else None for e in s.subscripts]
        sizes = list(shape_of(self.table, s.target))
        for place, loop in enumerate(own):
            if loop in along:
                sizes[place] = 0
        return np.zeros(sizes)

    def _placed(self, array: Array, axes: list[Loop], s: Draw, old: Array | None) -> Array:
        """The array in the order of the declaration; observed cells in their places."""
        own = [e.symbol if isinstance(e, Ref) else None for e in s.subscripts]
        if all(loop in axes for loop in own):
            order = [axes.index(loop) for loop in own if isinstance(loop, Loop)]
            array = array.transpose(*order, *range(len(axes), array.ndim))
            if s.target.role in ("latent", "generated"):
                return array
            axes = [loop for loop in own if isinstance(loop, Loop)]
        return self.put(array, axes, s, old)

    def put(self, array: Array, axes: list[Loop], s: Draw, old: Array | None) -> Array:
        """The whole array of an observed name with the cells of a statement, which has `axes`."""
        event = array.ndim - len(axes)
        given = getattr(self.data, attribute(s.target.name), None)
        places, holds, shape = self._cells(s, axes, array, event)
        if old is None and given is None:
            old = np.full(shape, 0 if array.dtype.kind in "iu" else np.nan, array.dtype)
        base = np.asarray(given if old is None else old).astype(array.dtype)
        spots = tuple(np.broadcast_to(p, holds.shape)[holds] for p in places)
        base[spots or ...] = array[holds] if spots else array
        return base

    def _cells(
        self, s: Draw, axes: list[Loop], array: Array, event: int
    ) -> tuple[list[Array], Array, tuple[int, ...]]:
        """Where the cells of a statement stand in the whole array, and which of them exist."""
        known = Evaluator(self.table.sizes, self.table.lengths, self.table.arrays)
        mask: Value | None = None
        for loop in s.loops:
            mask = known.enter(loop, mask)
        shape = array.shape[: array.ndim - event]
        ranks = [known.rank[loop] for loop in axes]
        order = np.argsort(ranks)

        def spread(value: Value) -> Array:
            whole = known.ordered(value, tuple(axes[i] for i in order))
            return whole.transpose(*np.argsort(order)) if whole.ndim else whole

        # A part of a dim may have an axis of its own size: the evaluator's is the whole dim's.
        inside = np.ones(shape, bool)
        full = tuple(len(known.positions[loop]) for loop in axes)
        picks = np.ix_(*(_part(known, loop, n, m)
                         for loop, n, m in zip(axes, shape, full, strict=True)))  # fmt: skip
        if mask is not None:
            inside = (np.broadcast_to(spread(mask), full) == 1)[picks]
        places: list[Array] = []
        for e in s.subscripts:
            value = known.value(e, mask)
            assert value is not None
            places.append(np.broadcast_to(spread(value), full)[picks].astype(int))
        whole = shape_of(self.table, s.target)[: len(s.subscripts)]
        return places, inside, (*whole, *array.shape[array.ndim - event :])


def _part(known: Evaluator, loop: Loop, length: int, full: int) -> Array:
    """The positions along the evaluator's axis of a loop that the program's axis has."""
    if length == full:
        return np.arange(full)
    start = known.value(loop.start, None) if loop.start is not None else None
    low = 0 if start is None else int(start.array)
    low = low + full if low < 0 else low
    return np.arange(low, low + length)


def _value(site: Site) -> Array:
    """The value of a site without the dims between its plates."""
    value = site["value"].detach()
    if site["type"] == "param":
        return np.asarray(value)
    plates = {f.dim for f in site["cond_indep_stack"]}
    event = len(site["fn"].event_shape)
    # From the left: the dims to the right keep their places.
    for dim in range(min(plates, default=0), 0):
        if dim not in plates:
            value = value.squeeze(dim - event)
    return np.asarray(value)


def simulate(program: Program, data: SimpleNamespace, collector: Collector) -> dict[str, Array]:
    """Return one draw of every latent and observed site, and what comes after, by name."""
    for v, _ in collector.plan.filled:
        if v.role == "data":
            message = f"`{v.name}` is data with missing cells, which something reads"
            raise OptionError(
                [Diagnostic("E805", message, v.span, why="a simulation reads what data give",
                            help="fill the cells in, or declare the name as `observed`")]
            )  # fmt: skip
    found = collector.arrays(trace(program.joint, data), collector.joint)
    # What comes after reads the observed values that were drawn, the cells that lack one as well.
    drawn = SimpleNamespace(**vars(data))
    values = dict(found)
    for v in collector.plan.model.variables:
        if v.role == "observed" and v.name in found:
            setattr(drawn, attribute(v.name), torch.as_tensor(found[v.name]))
    for v, cells in collector.plan.filled:
        gaps = getattr(data, attribute(gaps_name(v.name)))
        values[cells.name] = found[v.name].reshape(-1)[gaps.numpy()]
    return found | later(program, drawn, values, collector)


def later(
    program: Program, data: SimpleNamespace, values: Mapping[str, Any], collector: Collector
) -> dict[str, Array]:
    """Return what `after` draws and computes at values of the unknowns."""
    if program.after is None:
        return {}
    given = {n: torch.as_tensor(v) for n, v in values.items()}
    return collector.arrays(trace(program.after, data, given), collector.after)
