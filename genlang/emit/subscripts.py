"""Subscripts -> torch text: what only names an axis, and torch's advanced indexing for the rest."""

from dataclasses import replace

from genlang.check.model import Apply, Const, Expr, Extent, Index, Loop, Ref, Slice, Variable
from genlang.check.walk import parts, symbols
from genlang.emit.code import ATOM, ENUMERATED, Axis, Code, aligned, integer, tensor, union
from genlang.emit.scope import Scope
from genlang.plan.rewrite import less


def index(expr: Index, scope: Scope) -> Code:
    """Write `base[subscripts]`.

    A subscript that runs over its whole axis (a loop's index, a latent's value) only names the
    axis; what remains is torch's advanced indexing, whose result order is worked out here.
    """
    base = expr.base
    if isinstance(base, Ref) and isinstance(base.symbol, Variable):
        state = scope.names.state(base.symbol, expr.subscripts, scope)
        if state is not None:
            return state
        stepped = scope.names.stepped(base.symbol, expr.subscripts, scope)
        if stepped is not None:
            code, at = stepped
            rest = [(i, s) for i, s in enumerate(expr.subscripts) if i not in at]
            named = [_plain(s, scope, base.symbol, i) for i, s in rest]
            subs = tuple(s for _, s in rest)
            sure = all(exists(s, base.symbol.dims[i]) for i, s in rest)
            return subscript(code, subs, named, scope, sure=sure)
        code = scope.names.variable(base.symbol)
        named = [_plain(s, scope, base.symbol, i) for i, s in enumerate(expr.subscripts)]
        starts = [scope.names.shift(base.symbol, i) for i in range(len(named))]
        sure = all(
            axis is not None or exists(s, d, start)
            for s, axis, d, start in zip(
                expr.subscripts, named, base.symbol.dims, starts, strict=False
            )
        )
        shifted = tuple(map(_shifted, expr.subscripts, named, starts))
        expr = replace(expr, subscripts=shifted)
    else:
        code = tensor(scope.write(base))
        named = [_over_extent(s, base, i, scope) for i, s in enumerate(expr.subscripts)]
        sure = all(map(exists, expr.subscripts, base.type.dims))
    if all(isinstance(s, Slice) and s.start is None and s.stop is None for s in expr.subscripts):
        return code
    return subscript(code, expr.subscripts, named, scope, sure=sure)


def subscript(
    code: Code,
    subscripts: tuple[Expr | Slice, ...],
    named: list[Axis | None],
    scope: Scope,
    *,
    sure: bool = True,
) -> Code:
    """Subscript the event dims of a code; `named` are those that only name an axis.

    `sure`: no subscript can lie outside; else, where cells are read that do not exist (in a branch
    that is not taken, beyond the end of a row), they are brought inside.
    """
    if ENUMERATED in code.axes:
        return _of_enumerated(code, subscripts, scope)
    entries: list[Axis | Slice | Code] = list(code.axes)
    for sub, axis in zip(subscripts, named, strict=True):
        if isinstance(sub, Slice):
            entries.append(sub)
        elif axis is not None and axis not in entries:
            entries.append(axis)
        else:
            entries.append(integer(scope.write(sub)))
    entries = _advance(entries, scope)
    advanced = [e for e in entries if isinstance(e, Code) and e.axes]
    axes = union(scope.order, advanced)
    texts: list[str] = []
    result: list[Axis | None] = []  # None is an event dim
    places: list[int] = []
    for i, entry in enumerate(entries):
        match entry:
            case Code() if entry.axes:
                if not places:
                    result += axes
                places.append(i)
                texts.append(aligned(entry, axes, 0, scope.order))
            case Code():
                texts.append(entry.text)
            case Slice():
                texts.append(_slice_text(entry, scope))
                result.append(None)
            case axis:
                texts.append("..." if axis is ENUMERATED else ":")
                result.append(axis)
    # Torch moves the result of subscripts that stand apart to the front (ints are taken first).
    kept = [i for i, e in enumerate(entries) if not (isinstance(e, Code) and not e.axes)]
    where = [kept.index(i) for i in places]
    if where and where != list(range(where[0], where[-1] + 1)):
        result = [*axes, *(a for a in result if a is None or a not in axes)]
    rest = code.event - len(subscripts)
    result += [None] * rest
    while texts[:2] == ["...", ":"]:  # the plates too, which a value may lack
        del texts[1]
    while texts and texts[-1] in (":", "...") and "..." not in texts[:-1]:
        texts.pop()
    base = code.atom if sure or not _beyond(subscripts, scope) else f"clamped({code.text})"
    text = f"{base}[{', '.join(texts)}]" if texts else code.text
    return _events_last(text, result, ATOM if texts else code.level)


def _of_enumerated(code: Code, subscripts: tuple[Expr | Slice, ...], scope: Scope) -> Code:
    """Subscript a value with dims of unknown number in front, one of its own dims at a time."""
    kept = 0
    for sub in subscripts:
        after = [":"] * (code.event - kept - 1)
        if isinstance(sub, Slice):
            text = f"{code.atom}[{', '.join(['...', _slice_text(sub, scope), *after])}]"
            code, kept = replace(code, text=text, level=ATOM), kept + 1
            continue
        index = integer(scope.write(sub))
        axes, event = union(scope.order, [code, index]), code.event - 1
        if index.axes:
            texts = [code.text, aligned(index, axes, 0, scope.order), str(len(after))]
            text = f"chosen({', '.join(texts if after else texts[:2])})"
        else:
            text = f"{code.atom}[{', '.join(['...', index.text, *after])}]"
        code = Code(text, axes, event)
    return code


def _beyond(subscripts: tuple[Expr | Slice, ...], scope: Scope) -> bool:
    """Whether subscripts are evaluated where their values count for nothing."""
    names = scope.names
    read = [s for sub in subscripts for e in parts(sub) for s in symbols(e)]
    loops = [a for a in (*scope.order, *read) if isinstance(a, Loop) and a is not ENUMERATED]
    return (
        scope.guard is not None
        or scope.partial
        or any(isinstance(s, Variable) and names.varies(s) for s in read)
        or any(
            x.extent.of or ((x.start or x.stop) is not None and not names.fixed_part(x))
            for x in loops
        )
    )


def exists(sub: Expr | Slice, extent: Extent, start: Expr | None = None) -> bool:
    """Whether a subscript lies inside its axis wherever it is evaluated.

    `start`: where an array over a part of a dim begins. A loop's index and what data or a latent
    say about the same dim are inside it; -1 is the last cell to torch.
    """
    match sub:
        case Slice():
            return True
        case Ref(symbol=Loop() as loop) if start is not None:
            return loop.start == start and loop.extent.dim is extent.dim is not None
        case _ if start is not None:
            return False
        case Const(value=int(value)):
            size = extent.size if extent.dim is None else extent.dim.size
            return size is not None and 0 <= value < size
        case (
            Ref(symbol=Loop() as loop)
            | Apply(function="-", arguments=(Ref(symbol=Loop() as loop), Const(value=1)))
        ):
            return loop.extent.dim is extent.dim is not None
        case Ref(symbol=Variable() as v) | Index(base=Ref(symbol=Variable() as v)):
            told = v.role in ("data", "observed", "latent")
            return told and v.cell.dim is extent.dim is not None
        case _:
            return False


def _advance(entries: list[Axis | Slice | Code], scope: Scope) -> list[Axis | Slice | Code]:
    """Turn named axes that an index also varies over into indices themselves."""
    while True:
        varied = {id(a) for e in entries if isinstance(e, Code) for a in e.axes}
        if id(ENUMERATED) in varied:
            # Dims of unknown number cannot be moved: every axis becomes an index.
            varied |= {id(e) for e in entries if isinstance(e, Loop) and e is not ENUMERATED}
        clash = next(
            (
                i
                for i, e in enumerate(entries)
                if isinstance(e, Loop | Variable) and id(e) in varied
            ),
            None,
        )
        if clash is None:
            return entries
        axis = entries[clash]
        if isinstance(axis, Loop):
            entries[clash] = scope.names.index(axis)
        else:
            assert isinstance(axis, Variable)
            entries[clash] = Code(f"torch.arange({scope.names.axis_length(axis)})", (axis,))


def _events_last(text: str, result: list[Axis | None], level: int) -> Code:
    axes = tuple(a for a in result if a is not None)
    event = len(result) - len(axes)
    first_event = next((i for i, a in enumerate(result) if a is None), len(result))
    if any(a is not None for a in result[first_event:]):
        moves = [i for i, a in enumerate(result) if a is not None]
        moves += [i for i, a in enumerate(result) if a is None]
        base = Code(text, level=level).atom
        return Code(f"{base}.permute({', '.join(map(str, moves))})", axes, event)
    return Code(text, axes, event, level=level)


def _shifted(sub: Expr | Slice, axis: Axis | None, start: Expr | None) -> Expr | Slice:
    """A position in a dim as one in an array over the part that begins at `start`."""
    return sub if axis is not None or start is None else less(sub, start)


def _slice_text(entry: Slice, scope: Scope) -> str:
    def side(e: Expr | None) -> str:
        return "" if e is None else scope.write(e).text

    return f"{side(entry.start)}:{side(entry.stop)}"


def _plain(sub: Expr | Slice, scope: Scope, variable: Variable, place: int) -> Axis | None:
    """The axis that a subscript of a variable names, None where it is an index like any other."""
    match sub:
        case Ref(symbol=Loop() as loop) if scope.names.covers(loop, variable, place):
            return loop
        case Index(base=Ref(symbol=Variable() as z)) | Ref(symbol=Variable() as z):
            size = _all_values(sub, z, scope)
            return z if size and size == scope.names.dim_text(variable, place) else None
        case _:
            return None


def _over_extent(sub: Expr | Slice, base: Expr, place: int, scope: Scope) -> Axis | None:
    """The axis that a subscript of an expression names."""
    if isinstance(sub, Slice) or place >= len(base.type.dims):
        return None
    extent = base.type.dims[place]
    match sub:
        case Ref(symbol=Loop() as loop) if loop.extent.dim is extent.dim is not None:
            whole = not loop.extent.of and loop.start is None and loop.stop is None
            return loop if whole and not scope.names.runs(loop) else None
        case Index(base=Ref(symbol=Variable() as z)) | Ref(symbol=Variable() as z):
            size = _all_values(sub, z, scope)
            named = extent.dim is not None and scope.names.dim(extent.dim) == size
            return z if size and (named or str(extent.size) == size) else None
        case _:
            return None


def _all_values(sub: Expr, z: Variable, scope: Scope) -> str:
    """The size of a latent's support where a subscript runs over 0, ..., size - 1, else ""."""
    subs = sub.subscripts if isinstance(sub, Index) else ()
    code = scope.names.state(z, subs, scope)
    if code is None or code.axes != (z,):
        return ""
    size = scope.names.axis_length(z)
    return size if code.text == f"torch.arange({size})" else ""
