"""Dims of values: proved by name, never by size."""

from genlang.check.model import Const, Expr, Extent, Index, Loop, Ref, Symbol, Type
from genlang.check.scope import Scope
from genlang.check.walk import substitute
from genlang.source import Span


def same(a: Extent, b: Extent) -> bool:
    """Whether two axes are one dim; an anonymous one unifies with any of a fitting size."""
    if a.dim is not None and b.dim is not None:
        return a.dim is b.dim and a.of == b.of
    sizes = {s for e in (a, b) if (s := size(e)) is not None}
    return len(sizes) < 2


def size(extent: Extent) -> int | None:
    """The size that the model text fixes."""
    if extent.dim is not None:
        return extent.dim.size if extent.dim.labels is None else len(extent.dim.labels)
    return extent.size


def show(dims: tuple[Extent, ...]) -> str:
    """Write dims as in a message: `[N, D]`, a number for a scalar."""
    if not dims:
        return "a scalar"
    return f"[{', '.join(_name(d) for d in dims)}]"


def _name(extent: Extent) -> str:
    if extent.dim is None:
        return "?" if extent.size is None else str(extent.size)
    inner = [_index(e) for e in extent.of]
    return f"{extent.dim.name}[{', '.join(inner)}]" if extent.of else extent.dim.name


def _index(expr: Expr) -> str:
    match expr:
        case Ref(symbol=symbol):
            return symbol.name
        case Const(value=value):
            return str(value)
        case Index(base=Ref(symbol=symbol)):
            return f"{symbol.name}[...]"
        case _:
            return "..."


def joined(a: Type, b: Type, what: str, span: Span, scope: Scope) -> tuple[Extent, ...]:
    """Return the dims of an elementwise operation: equal dims, or a scalar with anything."""
    if not a.dims:
        return b.dims
    if not b.dims:
        return a.dims
    if len(a.dims) == len(b.dims) and all(map(same, a.dims, b.dims)):
        return tuple(x if x.dim is not None else y for x, y in zip(a.dims, b.dims, strict=True))
    scope.fail(
        "E301",
        f"{what} wants equal dims, here {show(a.dims)} and {show(b.dims)}",
        span,
        why="dims are matched by name, and nothing broadcasts but a scalar",
    )


def after(dims: tuple[Extent, ...], loop: Symbol | None, value: Expr) -> tuple[Extent, ...]:
    """Dims that remain after a subscript: a ragged dim's size is now picked by its value."""
    if loop is None:
        return dims
    return tuple(
        Extent(d.dim, tuple(substitute(e, {loop: value}) for e in d.of), d.size) for d in dims
    )


def whole(loop: Loop) -> bool:
    """Whether a loop runs over its whole dim."""
    return loop.start is None and loop.stop is None
