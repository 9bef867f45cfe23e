"""`param` -> `pyro.param`: where it starts, and the set that it stays in."""

from genlang.check.model import Expr, Param
from genlang.emit.arrays import full
from genlang.emit.code import aligned, tensor
from genlang.emit.expression import write
from genlang.emit.loops import Loops
from genlang.emit.scope import Scope
from genlang.emit.stand_ins import SETS

# Where one element starts, every element of a vector of size {0}, a vector, a matrix.
ELEMENTS = {"real": "0.0", "positive": "1.0", "nonneg": "1.0", "unit": "0.5", "baseline": "0.0"}
EQUAL = {"simplex": "1 / {0}", "unit_vector": "{0} ** -0.5"}
RISING = {"ordered": "torch.arange(0.0, {0})", "positive_ordered": "torch.arange(1.0, {0} + 1)"}
MATRIX = "torch.eye({0})"
ENDS = {"positive": ("0.0", None), "nonneg": ("0.0", None), "unit": ("0.0", "1.0")}


def parameter(statement: Param, names: Loops, event: list[str], site: str) -> str:
    """Write the call of `pyro.param`; `event` are the sizes of the value's own dims."""
    target = statement.target
    scope = Scope(names, statement.loops)
    sizes = [names.length(loop) for loop in statement.loops]
    kind = target.cell.structure or target.cell.kind
    bounded = statement.lower is not None or statement.upper is not None
    rule, start = _between(statement, scope, [*sizes, *event]) if bounded else (
        SETS[kind], _start(kind, sizes, event)
    )  # fmt: skip
    if statement.start is not None:
        start = _written(statement, scope, sizes, event)
    return f'pyro.param("{site}", lambda: {start}, {rule})'


def _written(statement: Param, scope: Scope, sizes: list[str], event: list[str]) -> str:
    """The start that the model says; a number stands for all elements."""
    assert statement.start is not None
    code = write(statement.start, scope)
    if event and code.number:
        return _filled(code.text, [*sizes, *event])
    code = full(tensor(code), statement.loops, scope)
    if event and not statement.start.type.dims:
        each = f"[{', '.join(['...', *['None'] * len(event)])}]" if statement.loops else ""
        return f"{code.atom}{each}.double().repeat({', '.join([*['1'] * len(sizes), *event])})"
    return f"{code.atom}.double()"


def _start(kind: str, sizes: list[str], event: list[str]) -> str:
    """A value inside the set."""
    if kind in ELEMENTS:
        return _filled(ELEMENTS[kind], [*sizes, *event])
    size = event[-1] if event[-1].isalnum() else f"({event[-1]})"
    if kind in EQUAL:
        return _filled(EQUAL[kind].format(size), [*sizes, *event])
    own = 1 if kind in RISING else 2
    text = RISING.get(kind, MATRIX).format(event[-1])
    outer = [*sizes, *event[:-own]]
    return f"{text}.repeat({', '.join([*outer, *['1'] * own])})" if outer else text


def _filled(number: str, sizes: list[str]) -> str:
    """An array with the same number everywhere."""
    shape = ", ".join(sizes)
    match number:
        case _ if not sizes:
            return f"torch.tensor({number})"
        case "0.0":
            return f"torch.zeros({shape})"
        case "1.0":
            return f"torch.ones({shape})"
        case _:
            return f"torch.full([{shape}], {number})"


# -- Written bounds ---------------------------------------------------------------------------


def _between(statement: Param, scope: Scope, sizes: list[str]) -> tuple[str, str]:
    """The set between two ends, and a value inside."""
    low, high = ENDS.get(statement.target.cell.kind, (None, None))
    low = low if statement.lower is None else _bound(statement.lower, statement, scope)
    high = high if statement.upper is None else _bound(statement.upper, statement, scope)
    ends = [None if e is None else _number(e) for e in (low, high)]
    match low, high:
        case str(), str():
            rule, inside = f"constraints.interval({low}, {high})", f"({low} + {high}) / 2"
        case str(), None:
            rule, inside = f"constraints.greater_than({low})", f"{low} + 1.0"
        case _:
            rule, inside = f"constraints.less_than({high})", f"{high} - 1.0"
    match low, high, ends:
        case str(), str(), [float(a), float(b)]:
            return rule, _filled(str((a + b) / 2), sizes)
        case str(), None, [float(a), _]:
            return rule, _filled(str(a + 1), sizes)
        case None, str(), [_, float(b)]:
            return rule, _filled(str(b - 1), sizes)
        case _:
            return rule, f"torch.zeros({', '.join(sizes) or '()'}) + {inside}"


def _bound(bound: Expr, statement: Param, scope: Scope) -> str:
    """One end, lined up with the axes of the value."""
    code = write(bound, scope)
    if code.number:
        return f"{code.text}.0" if code.text.lstrip("-").isdigit() else code.text
    return aligned(code, statement.loops, len(statement.target.cell.dims), scope.order)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
