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
    Variable,
)
from genlang.check.walk import children, law_expressions, symbols, walk
from genlang.diagnostics import Diagnostic
from genlang.lang.types import INTEGERS

# Functions whose results say which element comes first.
RANKED = frozenset({
    "cumsum", "cumprod", "sort", "linspace", "concat", "stack", "step", "interpolate",
})  # fmt: skip
ALIKE = frozenset({"", "simplex", "real", "positive", "unit_vector"})


def warnings(model: Model) -> list[Diagnostic]:
    """Return a warning for each dim whose elements are components without an order."""
    expressions = [e for s in model.statements for e in _expressions(s)]
    chosen = {
        s.target.cell.dim: s.target
        for s in reversed(model.statements)
        if isinstance(s, Draw) and s.target.role == "latent" and s.target.cell.kind == "index"
    }
    found: list[Diagnostic] = []
    for dim, z in chosen.items():
        if dim is None or dim.labels is not None or not _alike(dim, model, expressions):
            continue
        for statement in model.statements:
            if isinstance(statement, Draw) and _component(statement, dim, expressions):
                found.append(_warning(statement, dim, z, model))
                break
    return found


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


def _component(draw: Draw, dim: Dim, expressions: list[Expr]) -> bool:
    """Whether a statement draws one number for each element, all alike, that a latent picks."""
    target, law = draw.target, draw.law
    if (
        target.role != "latent"
        or target.cell.kind in INTEGERS
        or len(target.dims) != 1
        or target.dims[0].dim is not dim
        or not isinstance(law, Distribution)
        or law.structure
        or any(s is loop for loop in draw.loops for e in law_expressions(law) for s in symbols(e))
    ):
        return False
    return any(
        isinstance(e, Index)
        and isinstance(e.base, Ref)
        and e.base.symbol is target
        and any(_picks(s, dim) for s in e.subscripts)
        for whole in expressions
        for e in walk(whole)
    )


def _picks(sub: Expr | Slice, dim: Dim) -> bool:
    """Whether a subscript is the value of a latent over a dim."""
    if isinstance(sub, Slice):
        return False
    base = sub.base if isinstance(sub, Index) else sub
    if not isinstance(base, Ref) or not isinstance(base.symbol, Variable):
        return False
    return base.symbol.role == "latent" and base.symbol.cell.dim is dim


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
            case Draw(target=target, law=Distribution(structure=structure)) if structure:
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
