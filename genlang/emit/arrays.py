"""Lists, comprehensions and reductions -> torch text: the index of a loop is one more axis."""

from dataclasses import replace

from genlang.check.model import Array, Const, Expr, Loop, Reduce
from genlang.emit.code import ATOM, ENUMERATED, TERNARY, Code, aligned, integer, tensor, union
from genlang.emit.operators import binary, conjunction, truth
from genlang.emit.scope import Scope
from genlang.lang.types import INTEGERS

IDENTITY = {
    "sum": "0.0", "prod": "1.0", "mean": "0.0", "min": "math.inf", "max": "-math.inf",
    "logsumexp": "-math.inf", "any": "False", "all": "True",
}  # fmt: skip


# The int that is greater than all others is 2^63 - 1; subscripts must stay ints.
WHOLE_IDENTITY = {"sum": "0", "prod": "1", "min": "2**63 - 1", "max": "-(2**63) + 1"}


def array(expr: Array, scope: Scope) -> Code:
    """Write `[a, b]` as a stack, `[e for k in K]` by turning the axis of k into a dim."""
    if not expr.loops:
        codes = [scope.write(e) for e in expr.items]
        if all(c.number for c in codes):
            return Code(f"torch.tensor([{', '.join(c.text for c in codes)}])", (), 1)
        axes = union(scope.order, codes)
        event = max(c.event for c in codes)
        texts = ", ".join(aligned(integer(c), axes, event, scope.order) for c in codes)
        return Code(f"stack([{texts}], {-1 - event})", axes, event + 1)
    inner = scope.inside(expr.loops)
    code = tensor(integer(inner.write(expr.items[0])))
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
        return binary("+", [code, Code(f"torch.zeros({', '.join(lacking)})", loops)], scope,
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
    kept_by = None if expr.condition is None else truth(inner.write(expr.condition))
    conditions = [c for loop in expr.loops if (c := scope.names.mask(loop, inner)) is not None]
    if kept_by is not None:
        conditions.append(kept_by)
    n = len(expr.loops)
    dims = "-1" if n == 1 else f"({', '.join(str(-i - 1) for i in range(n))})"
    every = conjunction(conditions, inner)
    if every is not None and expr.function == "sum" and _is_one(expr.element):
        counted = full(truth(every), expr.loops, inner)
        axes = tuple(a for a in counted.axes if a not in expr.loops)
        return Code(f"{counted.atom}.sum({dims})", axes)
    guarded = inner if kept_by is None else replace(
        inner, guard=conjunction([c for c in (inner.guard, kept_by) if c is not None], inner)
    )  # fmt: skip
    code = tensor(integer(guarded.write(expr.element)))
    whole_numbers = expr.element.type.kind in INTEGERS
    if expr.function in ("mean", "logsumexp") and whole_numbers:
        code = replace(code, text=f"{code.atom}.double()", level=ATOM)
    if expr.function in ("any", "all"):
        code = truth(code)
    code = full(code, expr.loops, inner)
    identity = IDENTITY[expr.function]
    if whole_numbers:
        identity = WHOLE_IDENTITY.get(expr.function, identity)
    if every is not None:
        axes = union(inner.order, [code, every])
        texts = [aligned(c, axes, 0, inner.order) for c in (every, code)]
        text = f"torch.where({', '.join(texts)}, {identity})"
        code = Code(text, axes, code.event, truth=code.truth)
    axes = tuple(a for a in code.axes if a not in expr.loops)
    match expr.function:
        case "sum":
            return Code(f"{code.atom}.sum({dims})", axes)
        case "logsumexp":
            return Code(f"exact.logsumexp({code.text}, {dims})", axes)
        case "mean" if every is None:
            return Code(f"{code.atom}.mean({dims})", axes)
        case "mean":
            assert every is not None
            whole = full(integer(every), expr.loops, inner)
            parts = [Code(f"{c.atom}.sum({dims})", tuple(a for a in c.axes if a not in expr.loops))
                     for c in (code, whole)]  # fmt: skip
            return binary("/", parts, scope, boolean=False)
        case "min" | "max":
            found = Code(f"{code.atom}.a{expr.function}({dims})", axes)
            if expr.default is None:
                return found
            some = None if every is None else full(every, expr.loops, inner)
            return _or_default(found, some, expr, scope)
        case "any" | "all" | "prod":
            text = code.atom + f".{expr.function}(-1)" * n
            return Code(text, axes, truth=expr.function != "prod")
        case other:
            raise AssertionError(other)


def _is_one(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.value == 1


def _or_default(found: Code, counted: Code | None, expr: Reduce, scope: Scope) -> Code:
    """Write a `min` or `max` that has a default; `counted` says which elements it runs over."""
    assert expr.default is not None
    default = integer(scope.write(expr.default))
    if counted is not None:
        kept = tuple(axis for axis in counted.axes if axis not in expr.loops)
        some = Code(counted.atom + ".any(-1)" * len(expr.loops), kept, truth=True)
        axes = union(scope.order, [some, found, default])
        spelt = ", ".join(aligned(c, axes, 0, scope.order) for c in (some, found, default))
        found = Code(f"torch.where({spelt})", axes)
    # Torch has no extreme of an axis without cells.
    lengths = [scope.names.length(x) for x in expr.loops]
    tests = [f"{x} > 0" for x in lengths if not x.isdigit()]
    if not tests:
        return found
    axes = union(scope.order, [found, default])
    one, two = (aligned(c, axes, 0, scope.order) for c in (found, tensor(default)))
    return Code(f"{one} if {' and '.join(tests)} else {two}", axes, level=TERNARY)
