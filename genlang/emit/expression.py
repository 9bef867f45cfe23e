"""Expressions of the Model -> torch text with named axes.

Inside a statement a latent that is summed out stands for all of its values at once, on an axis of
its own: `mu[z[n]]` is simply `mu`, over the axis of z. Everything else lines up by axis names.
"""

from dataclasses import replace

from genlang.check.kinds import inside
from genlang.check.model import (
    Apply,
    Array,
    Const,
    Density,
    Dim,
    Expr,
    Forward,
    Index,
    Loop,
    Net,
    Reduce,
    Ref,
    Select,
    Symbol,
    Variable,
)
from genlang.emit.arrays import array, reduce
from genlang.emit.code import (
    ATOM,
    COMPARE,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    TERNARY,
    Code,
    aligned,
    integer,
    lined_up,
    permuted,
    tensor,
    union,
)
from genlang.emit.laws import density
from genlang.emit.nets import forward
from genlang.emit.operators import binary, branches, truth
from genlang.emit.scope import Scope
from genlang.emit.subscripts import index
from genlang.lang.functions import FUNCTIONS
from genlang.lang.types import INTEGERS

ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "^"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


def write(expr: Expr, scope: Scope) -> Code:
    """Write an expression. The result's axes are in the order of the scope."""
    return permuted(_write(expr, scope), scope.order)


def _write(expr: Expr, scope: Scope) -> Code:
    match expr:
        case Const(value=value):
            return _number(value)
        case Ref(symbol=symbol):
            return _symbol(symbol, scope)
        case Apply():
            return apply(expr, scope)
        case Index():
            return index(expr, scope)
        case Forward():
            return forward(expr, scope)
        case Select():
            return select(expr, scope)
        case Reduce():
            return reduce(expr, scope)
        case Array():
            return array(expr, scope)
        case Density():
            return density(expr, scope)


def _symbol(symbol: Symbol, scope: Scope) -> Code:
    match symbol:
        case Dim():
            return Code(scope.names.dim(symbol), number=True)
        case Loop():
            return scope.names.index(symbol)
        case Variable():
            state = scope.names.state(symbol, (), scope)
            return state if state is not None else scope.names.variable(symbol)
        case Net():
            raise AssertionError(symbol.name)  # `Forward` calls it


def _number(value: float | str) -> Code:
    text = str(int(value) if isinstance(value, bool) else value)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        text = "math.inf" if value > 0 else "-math.inf"
    return Code(text, number=True, level=SIGN if text.startswith("-") else ATOM)


# -- Operators and functions ------------------------------------------------------------------


def apply(expr: Apply, scope: Scope) -> Code:
    """Write an operator or a function of the table."""
    op = expr.function
    if op in ("and", "or"):
        return _shortcut(expr, scope)
    codes = [write(a, scope) for a in expr.arguments]
    if op == "@":
        left, right = (_float(c, a) for c, a in zip(codes, expr.arguments, strict=True))
        return matmul(left, right, scope)
    if op == "not":
        given = truth(codes[0])
        if given.number:
            return replace(given, text=f"not {given.above(COMPARE)}", level=TERNARY)
        return replace(given, text=f"~{given.above(SIGN)}", level=SIGN)
    codes = [integer(c) for c in codes]
    if op == "neg":
        return replace(codes[0], text=f"-{codes[0].above(SIGN)}", level=SIGN)
    if op in COMPARISONS or op in ARITHMETIC:
        if op in HARMLESS and not _harmless(expr):
            place = PLACE[op]
            codes[place] = _guarded(codes[place], HARMLESS[op], scope)
        if op == "^" and expr.type.kind not in INTEGERS:
            codes[0] = _float(codes[0], expr.arguments[0])  # torch refuses ints to negative powers
        return binary(op, codes, scope, boolean=op in COMPARISONS)
    return _call(expr, codes, scope)


def _shortcut(expr: Apply, scope: Scope) -> Code:
    """Write `a and b`, `a or b`: b only counts where a does not decide."""
    one, two = expr.arguments
    decides = truth(write(one, scope))
    where = branches(decides, scope)[expr.function == "or"]
    op = "&" if expr.function == "and" else "|"
    return binary(op, [decides, truth(write(two, where))], scope, boolean=True)


# What stands for an argument where its branch of an `if` is not taken: values and derivatives of
# every function are finite there. A branch that is not taken has gradient 0, but 0 times the
# infinite derivative of `log` at 0 would be NaN.
HARMLESS = {"/": "1.0", "%": "1", "^": "1"}
PLACE = {"/": 1, "%": 1, "^": 0}
HARMLESS_ARGUMENT = "0.5"


def _harmless(expr: Apply) -> bool:
    """Whether an operator has a finite value and derivative for every value of its arguments."""
    left, right = expr.arguments
    if expr.function == "^":
        whole = isinstance(right, Const) and isinstance(right.value, int) and right.value >= 0
        return whole or inside(left, "positive")
    return inside(right, "positive")


def _inside(expr: Expr, smooth: str) -> bool:
    return smooth != "never" and inside(expr, smooth)


def _guarded(code: Code, harmless: str, scope: Scope) -> Code:
    """Replace an argument where the branch of an `if` around it is not taken."""
    guard = scope.guard
    if guard is None or code.number or code.event < guard.event:
        return code
    axes = union(scope.order, [guard, code])
    texts = (aligned(c, axes, code.event, scope.order) for c in (guard, code))
    return Code(f"torch.where({', '.join(texts)}, {harmless})", axes, code.event)


def _float(code: Code, expr: Expr) -> Code:
    """An int as a float, for what torch computes by the type of its arguments."""
    if expr.type.kind not in INTEGERS:
        return code
    if code.number:
        return replace(code, text=f"{code.text}.0") if code.text.lstrip("-").isdigit() else code
    return replace(integer(code), text=f"{integer(code).atom}.double()", level=ATOM)


def _call(expr: Apply, codes: list[Code], scope: Scope) -> Code:
    row = FUNCTIONS[expr.function]
    event = len(expr.type.dims)
    if row.kind not in ("same", "join", "zeros", "abs") and row.shape != "special":
        codes = [_float(c, a) for c, a in zip(codes, expr.arguments, strict=True)]
    if row.shape == "elementwise" and row.smooth != "real":
        codes = [
            c if _inside(a, row.smooth) else _guarded(c, HARMLESS_ARGUMENT, scope)
            for c, a in zip(codes, expr.arguments, strict=True)
        ]
    axes = union(scope.order, codes)
    text, wide = row.torch, [0] * len(codes)
    form = row.form(tuple(len(a.type.dims) for a in expr.arguments))
    if form is not None:
        # Scalars by name broadcast over the result.
        text, places = form.torch, len(form.takes)
        wide = [0] * places + [len(form.gives)] * (len(codes) - places)
        codes = [*map(tensor, codes[:places]), *codes[places:]]
    elif row.shape == "elementwise":
        codes = [tensor(c) for c in codes]
        wide = [max(c.event for c in codes)] * len(codes)
    elif expr.function in ("concat", "linspace"):
        codes = [tensor(c) if expr.function == "concat" else c for c in codes]
        wide = [event if expr.function == "concat" else 0] * len(codes)
    elif expr.function == "full" and not codes[1].number:
        text = "exact.full({0}, {1})"
    codes = [lined_up(c, axes, w, scope.order) for c, w in zip(codes, wide, strict=True)]
    rank = codes[0].event if expr.function == "size" else event
    text = text.replace("{*}", ", ".join(c.text for c in codes)).format(*codes, rank=rank)
    level = {"sum": SUM, "sign": SIGN}.get(row.binds, ATOM)
    if expr.function == "size":
        return Code(text, number=True)
    return Code(text, axes, event, level=level)


def matmul(a: Code, b: Code, scope: Scope) -> Code:
    """Write `a @ b` for vectors and matrices over any axes."""
    axes = union(scope.order, [a, b])
    left, right = (lined_up(c, axes, 0, scope.order) for c in (a, b))
    match a.event, b.event:
        case 1, 1 if a.axes or b.axes:
            if not b.axes:
                return Code(f"{left.above(PRODUCT)} @ {right.above(POWER)}", axes, level=PRODUCT)
            return Code(f"({left.above(PRODUCT)} * {right.above(POWER)}).sum(-1)", axes)
        case 2, 1 if b.axes and not a.axes:
            return Code(f"{right.above(PRODUCT)} @ {left.atom}.T", axes, 1, level=PRODUCT)
        case 2, 1 if b.axes:
            return Code(f"({left.above(PRODUCT)} @ {right.atom}[..., None])[..., 0]", axes, 1)
        case 1, 2 if b.axes:
            return Code(f"({left.atom}[..., None, :] @ {right.above(POWER)})[..., 0, :]", axes, 1)
        case m, n:
            text = f"{left.above(PRODUCT)} @ {right.above(POWER)}"
            return Code(text, axes, m + n - 2, level=PRODUCT)


def select(expr: Select, scope: Scope) -> Code:
    """Write `a if c else b`: a Python conditional where c is a number, else `torch.where`."""
    condition = write(expr.condition, scope)
    scopes = (scope, scope) if condition.number else branches(condition, scope)
    codes = [integer(write(e, s)) for e, s in zip((expr.then, expr.otherwise), scopes, strict=True)]
    if condition.number:
        text = f"{codes[0].text} if {condition.text} else {codes[1].text}"
        axes = union(scope.order, codes)
        number = all(c.number for c in codes)
        return Code(text, axes, codes[0].event, number=number, level=TERNARY)
    axes = union(scope.order, [condition, *codes])
    event = max(c.event for c in codes)
    texts = [aligned(c, axes, event, scope.order) for c in (truth(condition), *codes)]
    return Code(f"torch.where({', '.join(texts)})", axes, event)
