"""Expressions of the Model -> torch text with named axes.

Inside a statement a latent that is summed out stands for all of its values at once, on an axis of
its own: `mu[z[n]]` is simply `mu`, over the axis of z. Everything else lines up by axis names.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from genlang.check.model import (
    Apply,
    Array,
    Const,
    Dim,
    Expr,
    Index,
    Loop,
    Reduce,
    Ref,
    Select,
    Slice,
    Variable,
)
from genlang.emit.code import (
    AND,
    ATOM,
    COMPARE,
    ENUMERATED,
    OR,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    TERNARY,
    Axis,
    Code,
    aligned,
    integer,
    lined_up,
    permuted,
    tensor,
    union,
)
from genlang.lang.functions import FUNCTIONS

ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "^"})
PYTHON = {"^": "**"}
LEVELS = {
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT, "^": POWER, "&": AND, "|": OR,
}  # fmt: skip
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
IDENTITY = {
    "sum": "0.0", "prod": "1.0", "mean": "0.0", "min": "math.inf", "max": "-math.inf",
    "logsumexp": "-math.inf", "any": "False", "all": "True",
}  # fmt: skip


class Names(Protocol):
    """How symbols are spelt in the program; `emit.spelling.Spelling` is the one implementation."""

    def dim(self, dim: Dim) -> str: ...
    def variable(self, variable: Variable) -> Code: ...
    def index(self, loop: Loop) -> Code: ...
    def length(self, loop: Loop) -> str: ...
    def mask(self, loop: Loop, scope: "Scope") -> Code | None: ...
    def covers(self, loop: Loop, variable: Variable, place: int) -> bool: ...
    def shift(self, variable: Variable, place: int) -> Expr | None: ...
    def dim_text(self, variable: Variable, place: int) -> str: ...
    def axis_length(self, axis: Axis) -> str: ...
    def state(self, z: Variable, subs: tuple[Expr | Slice, ...], scope: "Scope") -> Code | None: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What stands around an expression: the order of axes, and how symbols are spelt."""

    names: Names
    order: tuple[Axis, ...] = ()

    def inside(self, loops: tuple[Loop, ...]) -> "Scope":
        """Return the scope inside a comprehension: its indices are the last axes."""
        return replace(self, order=(*self.order, *loops))


def write(expr: Expr, scope: Scope) -> Code:
    """Write an expression. The result's axes are in the order of the scope."""
    return permuted(_write(expr, scope), scope.order)


def _write(expr: Expr, scope: Scope) -> Code:
    match expr:
        case Const(value=bool(value)):
            return Code(str(int(value)), number=True)
        case Const(value=value):
            return _number(value)
        case Ref(symbol=Dim() as dim):
            return Code(scope.names.dim(dim), number=True)
        case Ref(symbol=Loop() as loop):
            return scope.names.index(loop)
        case Ref(symbol=Variable() as variable):
            state = scope.names.state(variable, (), scope)
            return state if state is not None else scope.names.variable(variable)
        case Apply():
            return apply(expr, scope)
        case Index():
            return index(expr, scope)
        case Select():
            return select(expr, scope)
        case Reduce():
            return reduce(expr, scope)
        case Array():
            return array(expr, scope)


def _number(value: float | str) -> Code:
    text = str(value)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        text = "math.inf" if value > 0 else "-math.inf"
    return Code(text, number=True, level=SIGN if text.startswith("-") else ATOM)


# -- Operators and functions ------------------------------------------------------------------


def apply(expr: Apply, scope: Scope) -> Code:
    """Write an operator or a function of the table."""
    codes = [write(a, scope) for a in expr.arguments]
    op = expr.function
    if op == "@":
        return matmul(codes[0], codes[1], scope)
    if op in ("and", "or"):
        return _binary("&" if op == "and" else "|", [truth(c) for c in codes], scope, boolean=True)
    if op == "not":
        return replace(codes[0], text=f"~{truth(codes[0]).above(SIGN)}", truth=True, level=SIGN)
    codes = [integer(c) for c in codes]
    if op == "neg":
        return replace(codes[0], text=f"-{codes[0].above(SIGN)}", level=SIGN)
    if op in COMPARISONS or op in ARITHMETIC:
        return _binary(op, codes, scope, boolean=op in COMPARISONS)
    return _call(expr, codes, scope)


def truth(code: Code) -> Code:
    if code.truth:
        return code
    return replace(code, text=f"{code.above(OR)} != 0", truth=True, level=COMPARE)


def _binary(op: str, codes: list[Code], scope: Scope, *, boolean: bool) -> Code:
    axes = union(scope.order, codes)
    event = max(c.event for c in codes)
    left, right = (lined_up(c, axes, event, scope.order) for c in codes)
    number = all(c.number for c in codes)
    level = LEVELS.get(op, COMPARE)
    # `a - (b - c)`, `(a ** b) ** c` and chained comparisons keep their parentheses.
    first = left.above(level + (op == "^" or level == COMPARE))
    second = right.above(level + (op not in ("+", "&", "|")))
    text = f"{first} {PYTHON.get(op, op)} {second}"
    return Code(text, axes, event, number=number, truth=boolean and not number, level=level)


def comparison(op: str, left: Code, right: Code, scope: Scope) -> Code:
    """Write a comparison of two codes."""
    return _binary(op, [left, right], scope, boolean=True)


def conjunction(codes: list[Code], scope: Scope) -> Code | None:
    """Write the conjunction of conditions, None for no condition."""
    if not codes:
        return None
    result = codes[0]
    for code in codes[1:]:
        result = _binary("&", [result, code], scope, boolean=True)
    return result


def _call(expr: Apply, codes: list[Code], scope: Scope) -> Code:
    row = FUNCTIONS[expr.function]
    event = len(expr.type.dims)
    axes = union(scope.order, codes)
    if row.shape == "elementwise":
        codes = [tensor(c) if all(d.number for d in codes) else c for c in codes]
        wanted = max(c.event for c in codes)
        codes = [lined_up(c, axes, wanted, scope.order) for c in codes]
    else:
        codes = [lined_up(c, axes, 0, scope.order) for c in codes]
    text = row.torch.replace("{*}", ", ".join(c.text for c in codes)).format(*codes)
    return Code(text, axes, event, level={"sum": SUM, "sign": SIGN}.get(row.binds, ATOM))


def matmul(a: Code, b: Code, scope: Scope) -> Code:
    """Write `a @ b` for vectors and matrices over any axes."""
    axes = union(scope.order, [a, b])
    left, right = (lined_up(c, axes, 0, scope.order) for c in (a, b))
    match a.event, b.event:
        case 1, 1 if a.axes or b.axes:
            if not b.axes:
                return Code(f"{left.above(PRODUCT)} @ {right.above(POWER)}", axes, level=PRODUCT)
            return Code(f"({left.above(PRODUCT)} * {right.above(POWER)}).sum(-1)", axes)
        case 2, 1 if b.axes:
            return Code(f"({left.above(PRODUCT)} @ {right.atom}[..., None])[..., 0]", axes, 1)
        case 1, 2 if a.axes or b.axes:
            return Code(f"({left.atom}[..., None, :] @ {right.above(POWER)})[..., 0, :]", axes, 1)
        case m, n:
            text = f"{left.above(PRODUCT)} @ {right.above(POWER)}"
            return Code(text, axes, m + n - 2, level=PRODUCT)


def select(expr: Select, scope: Scope) -> Code:
    """Write `a if c else b`: a Python conditional where c is a number, else `torch.where`."""
    condition = write(expr.condition, scope)
    codes = [integer(write(e, scope)) for e in (expr.then, expr.otherwise)]
    if condition.number:
        text = f"{codes[0].text} if {condition.text} else {codes[1].text}"
        axes = union(scope.order, codes)
        number = all(c.number for c in codes)
        return Code(text, axes, codes[0].event, number=number, level=TERNARY)
    axes = union(scope.order, [condition, *codes])
    event = max(c.event for c in codes)
    texts = [aligned(c, axes, event, scope.order) for c in (truth(condition), *codes)]
    return Code(f"torch.where({', '.join(texts)})", axes, event)


# -- Arrays and reductions --------------------------------------------------------------------


def array(expr: Array, scope: Scope) -> Code:
    """Write `[a, b]` as a stack, `[e for k in K]` by turning the axis of k into a dim."""
    if not expr.loops:
        codes = [write(e, scope) for e in expr.items]
        if all(c.number for c in codes):
            return Code(f"torch.tensor([{', '.join(c.text for c in codes)}])", (), 1)
        axes = union(scope.order, codes)
        event = max(c.event for c in codes)
        texts = ", ".join(aligned(integer(c), axes, event, scope.order) for c in codes)
        return Code(f"stack([{texts}], {-1 - event})", axes, event + 1)
    inner = scope.inside(expr.loops)
    code = tensor(integer(write(expr.items[0], inner)))
    code = full(code, expr.loops, inner)
    axes = tuple(a for a in code.axes if a not in expr.loops)
    return replace(code, axes=axes, event=code.event + len(expr.loops))


def full(code: Code, loops: tuple[Loop, ...], scope: Scope) -> Code:
    """Give a code all the axes of some loops, by expansion where it lacks one."""
    if all(loop in code.axes for loop in loops):
        return code
    axes = tuple(a for a in scope.order if a in code.axes or a in loops)
    if ENUMERATED in axes:
        lacking = [scope.names.length(a) for a in loops if a not in code.axes]
        return _binary("+", [code, Code(f"torch.zeros({', '.join(lacking)})", loops)], scope,
                       boolean=False)  # fmt: skip
    sizes = [scope.names.length(a) if a in loops and isinstance(a, Loop) else "-1" for a in axes]
    sizes += ["-1"] * code.event
    text = aligned(code, axes, code.event, scope.order)
    if not code.axes and not code.event:
        sizes = [scope.names.length(a) for a in axes if isinstance(a, Loop)]
    return Code(f"{replace(code, text=text).atom}.expand({', '.join(sizes)})", axes, code.event)


def reduce(expr: Reduce, scope: Scope) -> Code:
    """Write `sum(e for k in K if c)` and the like: the axes of its loops are reduced."""
    inner = scope.inside(expr.loops)
    code = tensor(integer(write(expr.element, inner)))
    if expr.function in ("any", "all"):
        code = truth(code)
    conditions = [c for loop in expr.loops if (c := scope.names.mask(loop, inner)) is not None]
    if expr.condition is not None:
        conditions.append(truth(write(expr.condition, inner)))
    code = full(code, expr.loops, inner)
    counted: Code | None = None
    for condition in conditions:
        axes = union(inner.order, [code, condition])
        texts = [aligned(c, axes, 0, inner.order) for c in (condition, code)]
        text = f"torch.where({texts[0]}, {texts[1]}, {IDENTITY[expr.function]})"
        code = Code(text, axes, code.event, truth=code.truth)
        counted = (
            condition
            if counted is None
            else _binary("&", [counted, condition], inner, boolean=True)
        )
    n = len(expr.loops)
    axes = tuple(a for a in code.axes if a not in expr.loops)
    dims = "-1" if n == 1 else f"({', '.join(str(-i - 1) for i in range(n))})"
    match expr.function:
        case "sum" | "logsumexp":
            return Code(f"{code.atom}.{expr.function}({dims})", axes)
        case "mean" if counted is None:
            return Code(f"{code.atom}.mean({dims})", axes)
        case "mean":
            whole = full(integer(counted), expr.loops, inner)
            parts = [Code(f"{c.atom}.sum({dims})", tuple(a for a in c.axes if a not in expr.loops))
                     for c in (code, whole)]  # fmt: skip
            return _binary("/", parts, scope, boolean=False)
        case "min" | "max":
            return Code(f"{code.atom}.a{expr.function}({dims})", axes)
        case "any" | "all" | "prod":
            text = code.atom + f".{expr.function}(-1)" * n
            return Code(text, axes, truth=expr.function != "prod")
        case other:
            raise AssertionError(other)


# -- Subscripts -------------------------------------------------------------------------------


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
        code = scope.names.variable(base.symbol)
        named = [_plain(s, scope, base.symbol, i) for i, s in enumerate(expr.subscripts)]
        shifted = tuple(
            _shifted(s, n, scope.names.shift(base.symbol, i))
            for i, (s, n) in enumerate(zip(expr.subscripts, named, strict=True))
        )
        expr = replace(expr, subscripts=shifted)
    else:
        code = tensor(write(base, scope))
        named = [_over_extent(s, base, i, scope) for i, s in enumerate(expr.subscripts)]
    if all(isinstance(s, Slice) and s.start is None and s.stop is None for s in expr.subscripts):
        return code
    return subscript(code, expr.subscripts, named, scope)


def subscript(
    code: Code,
    subscripts: tuple[Expr | Slice, ...],
    named: list[Axis | None],
    scope: Scope,
) -> Code:
    """Subscript the event dims of a code; `named` are those that only name an axis."""
    entries: list[Axis | Slice | Code] = list(code.axes)
    for sub, axis in zip(subscripts, named, strict=True):
        if isinstance(sub, Slice):
            entries.append(sub)
        elif axis is not None and axis not in entries:
            entries.append(axis)
        else:
            entries.append(integer(write(sub, scope)))
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
                texts.append(":")
                result.append(axis)
    # Torch moves the result of subscripts that stand apart to the front (ints are taken first).
    kept = [i for i, e in enumerate(entries) if not (isinstance(e, Code) and not e.axes)]
    where = [kept.index(i) for i in places]
    if where and where != list(range(where[0], where[-1] + 1)):
        result = [*axes, *(a for a in result if a is None or a not in axes)]
    rest = code.event - len(subscripts)
    result += [None] * rest
    while texts and texts[-1] == ":":
        texts.pop()
    text = f"{code.atom}[{', '.join(texts)}]" if texts else code.text
    return _events_last(text, result, ATOM if texts else code.level)


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
    if axis is not None or start is None or isinstance(sub, Slice):
        return sub
    return Apply("-", (sub, start), sub.type, sub.span)


def _slice_text(entry: Slice, scope: Scope) -> str:
    def side(e: Expr | None) -> str:
        return "" if e is None else write(e, scope).text

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
            return loop if whole else None
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
