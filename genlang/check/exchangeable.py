"""Mixture components that nothing tells apart: a permutation of them has the same density.

A warning where an array over the states of a latent could be `ordered`, and the model treats every
element of its dim alike: no data, label, position or written order speaks of a single one.
"""

from collections.abc import Iterator

from genlang.check.model import (
    Apply,
    Const,
    Define,
    Dim,
    Distribution,
    Draw,
    Expr,
    Factor,
    Index,
    Loop,
    Model,
    Param,
    Ref,
    Slice,
    Statement,
    Symbol,
    Variable,
)
from genlang.check.walk import children, law_expressions, symbols, walk
from genlang.diagnostics import Diagnostic
from genlang.lang.types import INTEGERS

# Functions whose results say which element comes first.
RANKED = frozenset({
    "cumsum", "cumprod", "sort", "linspace", "concat", "stack", "step", "interpolate",
})  # fmt: skip
ALIKE = frozenset({
    "", "simplex", "real", "positive", "unit_vector", "psd", "diagonal", "identity",
})  # fmt: skip


def warnings(model: Model) -> list[Diagnostic]:
    """Return a warning for each dim whose elements are components without an order."""
    expressions = [e for s in model.statements for e in _expressions(s)]
    chosen = {
        s.target.cell.dim: s.target
        for s in reversed(model.statements)
        if isinstance(s, Draw) and s.target.role == "latent" and s.target.cell.kind == "index"
        if s.target.cell.dim is not None
    }
    if not chosen:
        return []
    # What speaks of a dim is looked through for it alone: a model may have many mixtures.
    about: dict[Dim, list[Expr]] = {}
    picked: set[tuple[Symbol, Dim]] = set()
    for whole in expressions:
        parts = tuple(walk(whole))
        for dim in {d for e in parts for d in _dims(e)}:
            about.setdefault(dim, []).append(whole)
        picked.update(pick for e in parts for pick in _picked(e))
    found: list[Diagnostic] = []
    for dim, z in chosen.items():
        if dim.labels is not None:
            continue
        drawn = (s for s in model.statements if isinstance(s, Draw) and (s.target, dim) in picked)
        first = next((s for s in drawn if _component(s, dim)), None)
        if first is not None and _alike(dim, model, about.get(dim, [])):
            found.append(_warning(first, dim, z, model))
    return found


def _dims(expr: Expr) -> Iterator[Dim]:
    """The dims that an expression speaks of, not looking into its parts."""
    kinds = [expr.type]
    extents = [x.extent for x in getattr(expr, "loops", ())]
    match expr:
        case Ref(symbol=Variable() as v):
            kinds.append(v.cell)
        case Ref(symbol=Loop() as loop):
            extents.append(loop.extent)
        case _:
            pass
    for kind in kinds:
        extents += kind.dims
        if kind.dim is not None:
            yield kind.dim
    yield from (x.dim for x in extents if x.dim is not None)


def _picked(expr: Expr) -> Iterator[tuple[Symbol, Dim]]:
    """The arrays of which an expression picks a cell by a latent, with the latent's dim."""
    if isinstance(expr, Index) and isinstance(expr.base, Ref):
        for sub in expr.subscripts:
            dim = _latent_dim(sub)
            if dim is not None:
                yield expr.base.symbol, dim


def _warning(draw: Draw, dim: Dim, z: Variable, model: Model) -> Diagnostic:
    name = draw.target.name
    law = model.source.slice(draw.law.span)
    return Diagnostic(
        "W503",
        f"the elements of `{name}` are exchangeable: nothing says which is which",
        draw.target.span,
        why=f"any permutation of `{dim.name}` has the same density, so a fit may mix them up",
        help=f"order them: `latent {name}: ordered[{dim.name}] ~ {law}`",
        second=(z.span, f"`{z.name}` chooses one of them"),
    )


def _component(draw: Draw, dim: Dim) -> bool:
    """Whether a statement draws one number for each element of a dim, all alike."""
    target, law = draw.target, draw.law
    return (
        target.role == "latent"
        and target.cell.kind not in INTEGERS
        and len(target.dims) == 1
        and target.dims[0].dim is dim
        and isinstance(law, Distribution)
        and law.structure in ALIKE
        and not any(
            s is loop for loop in draw.loops for e in law_expressions(law) for s in symbols(e)
        )
    )


def _picks(sub: Expr | Slice, dim: Dim) -> bool:
    """Whether a subscript is the value of a latent over a dim."""
    return _latent_dim(sub) is dim


def _latent_dim(sub: Expr | Slice) -> Dim | None:
    """The dim over which a subscript is the value of a latent."""
    if isinstance(sub, Slice):
        return None
    base = sub.base if isinstance(sub, Index) else sub
    if not isinstance(base, Ref) or not isinstance(base.symbol, Variable):
        return None
    return base.symbol.cell.dim if base.symbol.role == "latent" else None


def _alike(dim: Dim, model: Model, expressions: list[Expr]) -> bool:
    """Whether nothing in a model speaks of a single element of a dim, or of its place."""
    for v in model.variables:
        over = any(x.dim is dim for x in v.dims)
        if v.role in ("data", "observed") and (over or v.cell.dim is dim):
            return False
        if over and v.cell.structure not in ALIKE:
            return False
    for statement in model.statements:
        match statement:
            case Draw(target=target, law=Distribution(structure=structure)) if (
                structure not in ALIKE
            ):
                if any(x.dim is dim for x in target.dims):
                    return False
            case _:
                pass
    loops = [x for s in model.statements for x in getattr(s, "loops", ())]
    if any(x.extent.dim is dim and (x.start or x.stop) is not None for x in loops):
        return False
    return all(_equivariant(e, dim) for e in expressions)


def _equivariant(expr: Expr, dim: Dim) -> bool:
    """Whether an expression uses indices of a dim only to pick cells over that dim."""
    match expr:
        case Apply(function="one_hot", arguments=(position, size)):
            return _picks_or_runs(position, dim) or (
                _equivariant(position, dim) and _equivariant(size, dim)
            )
        case Index() if expr.type.dim is dim and not expr.type.dims:
            return False
        case Index(base=base, subscripts=subscripts):
            dims = base.type.dims
            for sub, extent in zip(subscripts, dims, strict=False):
                if extent.dim is dim and not _picks_or_runs(sub, dim):
                    return False
                if (
                    extent.dim is not dim
                    and not isinstance(sub, Slice)
                    and not _equivariant(sub, dim)
                ):
                    return False
            return _equivariant(base, dim)
        case Ref(symbol=Loop() as loop):
            return loop.extent.dim is not dim
        case Ref(symbol=Variable() as v):
            return v.cell.dim is not dim or bool(expr.type.dims)
        case Apply(function=function) if function in RANKED and any(
            x.dim is dim for x in expr.type.dims
        ):
            return False
        case _:
            parts = getattr(expr, "loops", ())
            if any(x.extent.dim is dim and (x.start or x.stop) is not None for x in parts):
                return False
            return all(_equivariant(c, dim) for c in children(expr))


def _picks_or_runs(sub: Expr | Slice, dim: Dim) -> bool:
    """Whether a subscript is a latent's value, a loop's index over the dim, or the whole axis."""
    if isinstance(sub, Slice):
        return sub.start is None and sub.stop is None
    runs = isinstance(sub, Ref) and isinstance(sub.symbol, Loop) and sub.symbol.extent.dim is dim
    if runs or isinstance(sub, Const):
        return runs
    inner = sub.subscripts if isinstance(sub, Index) else ()
    return _picks(sub, dim) and all(isinstance(s, Slice) or _equivariant(s, dim) for s in inner)


def _expressions(statement: Statement) -> Iterator[Expr]:
    match statement:
        case Draw(law=law):
            yield from law_expressions(law)
        case Define(value=value) | Factor(value=value):
            yield value
        case Param(start=start) if start is not None:
            yield start
        case _:
            return
