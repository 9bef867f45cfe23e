"""Values of expressions that depend on data alone: defaults, bounds, derived dims, `require`."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from genlang.check.model import (
    Apply,
    Array,
    Const,
    Dim,
    Expr,
    Extent,
    Index,
    Loop,
    Reduce,
    Ref,
    Select,
    Slice,
    Variable,
)

Env = Mapping[Loop, int]


class Unknown(Exception):  # noqa: N818 (a question that data cannot answer, not an error)
    """The expression depends on more than the data."""


FUNCTIONS: dict[str, Any] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide, "%": np.mod,
    "^": np.float_power, "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal,
    ">": np.greater, ">=": np.greater_equal, "and": np.logical_and, "or": np.logical_or,
    "not": np.logical_not, "neg": np.negative, "exp": np.exp, "log": np.log, "log1p": np.log1p,
    "expm1": np.expm1, "sqrt": np.sqrt, "abs": np.abs, "square": np.square, "sign": np.sign,
    "floor": np.floor, "ceil": np.ceil, "round": np.round, "min2": np.minimum,
    "max2": np.maximum, "sum": np.sum, "prod": np.prod, "mean": np.mean, "min": np.min,
    "max": np.max, "sd": lambda x: np.std(x, ddof=1), "var": lambda x: np.var(x, ddof=1),
    "cumsum": np.cumsum, "sort": np.sort, "@": np.matmul, "dot": np.dot, "outer": np.outer,
    "transpose": np.transpose, "diag": np.diag, "eye": lambda n: np.eye(int(n)),
    "ones": lambda *n: np.ones([int(i) for i in n]),
    "zeros": lambda *n: np.zeros([int(i) for i in n]),
    "full": lambda n, x: np.full(int(n), x),
    "one_hot": lambda k, n: np.eye(int(n))[int(k)],
}  # fmt: skip
REDUCTIONS: dict[str, Any] = {
    "sum": math.fsum, "prod": math.prod, "mean": np.mean, "min": min, "max": max, "any": any,
    "all": all,
}  # fmt: skip


class Known:
    """What is known: sizes of dims, lengths of ragged dims, arrays by declared name."""

    def __init__(
        self, sizes: Mapping[str, int], lengths: Mapping[str, Any], arrays: Mapping[str, Any]
    ) -> None:
        self.sizes, self.lengths, self.arrays = sizes, lengths, arrays

    def value(self, expr: Expr, env: Env) -> Any:
        """Return the value of an expression; raises Unknown where it reads an unknown."""
        match expr:
            case Const(value=value):
                return value
            case Ref(symbol=Dim() as dim):
                return self._size(dim)
            case Ref(symbol=Loop() as loop):
                return env[loop]
            case Ref(symbol=Variable() as variable):
                if variable.name not in self.arrays:
                    raise Unknown
                return self.arrays[variable.name]
            case Select(condition=condition, then=then, otherwise=otherwise):
                return self.value(then if self.value(condition, env) else otherwise, env)
            case Apply(function=name, arguments=arguments):
                if name not in FUNCTIONS:
                    raise Unknown
                return FUNCTIONS[name](*(self.value(a, env) for a in arguments))
            case Index(base=base, subscripts=subscripts):
                return self._index(self.value(base, env), subscripts, env)
            case Array(items=items, loops=()):
                return np.array([self.value(i, env) for i in items])
            case Array(items=(item,), loops=loops):
                if len(loops) != 1:
                    raise Unknown
                return np.array([self.value(item, e) for e in self.iterations(loops, env)])
            case Reduce():
                return self._reduce(expr, env)
            case _:
                raise Unknown

    def _size(self, dim: Dim) -> int:
        if dim.name not in self.sizes:
            raise Unknown
        return self.sizes[dim.name]

    def _index(self, base: Any, subscripts: tuple[Expr | Slice, ...], env: Env) -> Any:
        at: list[Any] = []
        for sub in subscripts:
            if isinstance(sub, Slice):
                ends = (
                    None if e is None else int(self.value(e, env)) for e in (sub.start, sub.stop)
                )
                at.append(slice(*ends))
            else:
                position = int(self.value(sub, env))
                if position < 0:
                    raise IndexError(position)
                at.append(position)
        return np.asarray(base)[tuple(at)]

    def _reduce(self, expr: Reduce, env: Env) -> Any:
        terms = [
            self.value(expr.element, e)
            for e in self.iterations(expr.loops, env)
            if expr.condition is None or self.value(expr.condition, e)
        ]
        if expr.function not in REDUCTIONS or (not terms and expr.function in ("min", "max")):
            raise Unknown
        return REDUCTIONS[expr.function](terms)

    def length(self, extent: Extent, env: Env) -> int:
        """Return the number of cells of an extent."""
        if extent.dim is None:
            if extent.size is None:
                raise Unknown
            return extent.size
        if not extent.of:
            return self._size(extent.dim)
        if extent.dim.name not in self.lengths:
            raise Unknown
        at = tuple(int(self.value(e, env)) for e in extent.of)
        return int(self.lengths[extent.dim.name][at])

    def positions(self, loop: Loop, env: Env) -> range:
        """Return the positions that a loop runs over."""
        size = self.length(loop.extent, env)
        start = 0 if loop.start is None else int(self.value(loop.start, env))
        stop = size if loop.stop is None else int(self.value(loop.stop, env))
        return range(size)[start:stop]

    def iterations(self, loops: tuple[Loop, ...], env: Env) -> Iterator[dict[Loop, int]]:
        """Yield the environment of every iteration of a nest, outermost loop slowest."""
        if not loops:
            yield dict(env)
            return
        for position in self.positions(loops[0], env):
            yield from self.iterations(loops[1:], {**env, loops[0]: position})
