"""Expressions of the AST -> typed expressions of the Model."""

from dataclasses import replace

from genlang.check.kinds import arithmetic, join, number_kind
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
    Type,
    Variable,
)
from genlang.check.scope import Scope
from genlang.check.shapes import after, joined, same, show, size, whole
from genlang.diagnostics import suggest
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.functions import CONSTANTS, FUNCTIONS
from genlang.lang.types import INTEGERS
from genlang.source import Span
from genlang.syntax import nodes

COUNT, BOOL = Type("count"), Type("bool")
ARITHMETIC = frozenset("+-*/%^")
REDUCTIONS = ("sum", "prod", "mean", "min", "max", "logsumexp", "any", "all")
FOREIGN = {
    "normal": "Normal", "ifelse": "a if c else b", "inv_logit": "sigmoid", "expit": "sigmoid",
    "log_sum_exp": "logsumexp", "to_vector": "(nothing: arrays are vectors)", "length": "the dim",
    "dnorm": "Normal", "fabs": "abs", "pow": "x ^ y", "Phi": "normal_cdf",
}  # fmt: skip


def expression(node: nodes.Expr, scope: Scope) -> Expr:
    """Type an expression; a fault is reported and raises Poison."""
    match node:
        case nodes.Number(span=span, value=value):
            return Const(value, Type(number_kind(value)), span)
        case nodes.Truth(span=span, value=value):
            return Const(value, BOOL, span)
        case nodes.String(span=span, value=value):
            return Const(value, Type("string"), span)
        case nodes.Name():
            return _name(node, scope)
        case nodes.Unary():
            return _unary(node, scope)
        case nodes.Binary():
            return _binary(node, scope)
        case nodes.Ternary():
            return _ternary(node, scope)
        case nodes.Call():
            return _call(node, scope)
        case nodes.Subscript():
            return _subscript(node, scope)
        case nodes.Attribute(span=span, name=name):
            scope.fail("E207", f"`.{name.name}` is not known here", span)
        case nodes.ListOf():
            return _list(node, scope)
        case nodes.Comprehension():
            return _comprehension(node, scope)
        case nodes.Reduction():
            return _reduction(node, scope)


def integer(node: nodes.Expr, scope: Scope, what: str) -> Expr:
    """Type an expression that must be an int scalar."""
    expr = expression(node, scope)
    if expr.type.dims or expr.type.kind not in INTEGERS:
        scope.fail("E303", f"{what} must be an int, this is {_shown(expr.type)}", node.span)
    return expr


def _shown(kind: Type) -> str:
    return f"{kind.kind} {show(kind.dims)}" if kind.dims else f"of type {kind.kind}"


def _name(node: nodes.Name, scope: Scope) -> Expr:
    if node.name in CONSTANTS and node.name not in scope.names and not scope.loop(node.name):
        return Const(CONSTANTS[node.name], Type("positive"), node.span)
    symbol = scope.lookup(node.name, node.span)
    match symbol:
        case Loop():
            return Ref(symbol, Type("index", dim=symbol.extent.dim), node.span)
        case Dim():
            if symbol.of:
                scope.fail("E304", f"`{symbol.name}` is ragged: it has one size for each row",
                           node.span)  # fmt: skip
            return Ref(symbol, COUNT, node.span)
        case Variable():
            return Ref(symbol, replace(symbol.cell, dims=array_dims(symbol)), node.span)


def array_dims(variable: Variable) -> tuple[Extent, ...]:
    """All dims of a variable where it is read without subscripts."""
    return variable.dims


def _unary(node: nodes.Unary, scope: Scope) -> Expr:
    operand = expression(node.operand, scope)
    if node.op == "+":
        return operand
    if node.op == "not":
        return Apply("not", (operand,), replace(BOOL, dims=operand.type.dims), node.span)
    if isinstance(operand, Const) and isinstance(operand.value, int | float):
        value = -operand.value
        return Const(value, Type(number_kind(value)), node.span)
    kind = "int" if operand.type.kind in INTEGERS else "real"
    return Apply("neg", (operand,), Type(kind, operand.type.dims), node.span)


def _binary(node: nodes.Binary, scope: Scope) -> Expr:
    left, right = expression(node.left, scope), expression(node.right, scope)
    if node.op == "@":
        return _matmul(left, right, node.span, scope)
    left, right = _labels(left, right, scope), _labels(right, left, scope)
    dims = joined(left.type, right.type, f"`{node.op}`", node.span, scope)
    if node.op in ARITHMETIC:
        for side in (left, right):
            if side.type.kind == "string":
                scope.fail("E305", "a label is no number", side.span)
        kind = Type(arithmetic(node.op, left, right), dims)
        return Apply(node.op, (left, right), kind, node.span)
    if node.op not in ("and", "or"):
        a, b = left.type.dim, right.type.dim
        if a is not None and b is not None and a is not b:
            scope.fail(
                "E302",
                f"an index of `{a.name}` is compared with an index of `{b.name}`",
                node.span,
                why="indices of different dims count different things",
            )
    return Apply(node.op, (left, right), replace(BOOL, dims=dims), node.span)


def _labels(side: Expr, other: Expr, scope: Scope) -> Expr:
    """A label beside an index is its position, where the model writes the labels."""
    if not (isinstance(side, Const) and isinstance(side.value, str)):
        return side
    dim = other.type.dim
    if dim is None:
        scope.fail("E305", "a label is compared with something that has no labels", side.span)
    if dim.labels is None:
        scope.fail(
            "E306",
            f"the labels of `{dim.name}` are not written in the model",
            side.span,
            help=f'write them: `dim {dim.name} = ["{side.value}", ...]`',
        )
    if side.value not in dim.labels:
        scope.fail("E306", f"`{dim.name}` has no label {side.value!r}", side.span)
    return Const(dim.labels.index(side.value), Type("index", dim=dim), side.span)


def _matmul(left: Expr, right: Expr, span: Span, scope: Scope) -> Expr:
    a, b = left.type.dims, right.type.dims
    if not (1 <= len(a) <= 2 and 1 <= len(b) <= 2):
        scope.fail("E301", f"`@` wants vectors or matrices, here {show(a)} and {show(b)}", span)
    if not same(a[-1], b[0]):
        scope.fail("E301", f"`@` sums over one dim, here {show(a)} and {show(b)}", span,
                   why="the last dim of the left side and the first of the right differ")  # fmt: skip
    return Apply("@", (left, right), Type("real", (*a[:-1], *b[1:])), span)


def _ternary(node: nodes.Ternary, scope: Scope) -> Expr:
    condition = expression(node.condition, scope)
    then, otherwise = expression(node.then, scope), expression(node.otherwise, scope)
    dims = joined(then.type, otherwise.type, "`if`", node.span, scope)
    dims = joined(Type("real", dims), condition.type, "`if`", node.span, scope)
    dim = then.type.dim if then.type.dim is otherwise.type.dim else None
    kind = "index" if dim is not None else join((then, otherwise))
    return Select(condition, then, otherwise, Type(kind, dims, dim), node.span)


# -- Calls ------------------------------------------------------------------------------------


def _call(node: nodes.Call, scope: Scope) -> Expr:
    if not isinstance(node.function, nodes.Name):
        scope.fail("E203", "only functions can be called", node.span)
    name = node.function.name
    if name in scope.names:
        place = (scope.names[name].span, "declared here")
        scope.fail("E208", f"`{name}` is a declared name and hides the function", node.span,
                   second=place)  # fmt: skip
    if name in DISTRIBUTIONS:
        scope.fail("E203", f"`{name}` is a distribution, not a value", node.span,
                   help=f"draw from it: `latent x ~ {name}(...)`")  # fmt: skip
    if name not in FUNCTIONS:
        _unknown_function(name, node, scope)
    arguments = tuple(expression(a.value, scope) for a in node.arguments if a.name is None)
    for a in node.arguments:
        if a.name is not None:
            scope.fail("E307", f"`{name}` has no argument `{a.name}`", a.span)
    if name in ("min", "max") and len(arguments) == 2:
        name += "2"
    row = FUNCTIONS[name]
    if not row.low <= len(arguments) <= row.high:
        wanted = str(row.low) if row.low == row.high else f"{row.low} to {row.high}"
        scope.fail("E307", f"`{name}` takes {wanted} arguments, here {len(arguments)}", node.span)
    kind = _result(name, arguments, node.span, scope)
    return Apply(name, arguments, kind, node.span)


def _unknown_function(name: str, node: nodes.Call, scope: Scope) -> None:
    if name in FOREIGN:
        scope.fail("E209", f"`{name}` is called `{FOREIGN[name]}` here", node.function.span)
    edit = suggest(name, [*FUNCTIONS, *DISTRIBUTIONS])
    scope.fail("E209", f"there is no function `{name}`", node.function.span, help=edit)


def _result(name: str, given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    row = FUNCTIONS[name]
    first = given[0].type
    match row.shape:
        case "elementwise":
            dims: tuple[Extent, ...] = ()
            for expr in given:
                dims = joined(Type("real", dims), expr.type, f"`{name}`", span, scope)
            return Type(_kind(row.kind, given), dims)
        case "reduce" | "vector":
            if not first.dims:
                scope.fail("E301", f"`{name}` wants an array, this is a scalar", span)
            dims = first.dims[:-1] if row.shape == "reduce" else first.dims
            if row.kind == "simplex":
                return Type("unit", dims, structure="simplex")
            return Type(_kind(row.kind, given), dims)
        case _:
            return _special(name, given, span, scope)


def _kind(kind: str, given: tuple[Expr, ...]) -> str:
    match kind:
        case "join":
            return join(given)
        case "same":
            inner = given[-1].type.kind
            return "count" if inner == "bool" else "nonneg" if inner == "unit" else inner
        case "abs":
            return "count" if given[0].type.kind in INTEGERS else "nonneg"
        case _:
            return kind


def _special(name: str, given: tuple[Expr, ...], span: Span, scope: Scope) -> Type:
    first = given[0].type
    match name:
        case "ones" | "zeros" | "full" | "eye":
            sizes = given[:1] if name == "full" else given
            extents = tuple(as_extent(e, scope) for e in sizes)
            if name == "eye":
                extents = extents * 2
            kind = given[1].type.kind if name == "full" else FUNCTIONS[name].kind
            return Type(kind, extents)
        case "one_hot":
            return Type("unit", (as_extent(given[1], scope),))
        case "dot":
            joined(first, given[1].type, "`dot`", span, scope)
            return Type("real", first.dims[:-1])
        case "outer":
            return Type("real", (*first.dims, *given[1].type.dims))
        case "diag":
            if not first.dims:
                scope.fail("E301", "`diag` wants a vector", span)
            return Type(first.kind, (*first.dims, first.dims[-1]))
        case "transpose":
            if len(first.dims) != 2:
                scope.fail("E301", "`transpose` wants a matrix", span)
            return Type(first.kind, (first.dims[1], first.dims[0]))
        case _:
            if len(first.dims) != 2:
                scope.fail("E301", f"`{name}` wants a matrix", span)
            return Type("real", first.dims)


def as_extent(expr: Expr, scope: Scope) -> Extent:
    """The axis of a size: `K` is the dim K, a number an anonymous extent."""
    match expr:
        case Ref(symbol=Dim() as dim):
            return Extent(dim)
        case Const(value=int(value)) if value >= 0:
            return Extent(None, size=value)
        case _ if expr.type.kind in INTEGERS and not expr.type.dims:
            return Extent(None)
        case _:
            scope.fail("E303", "a size must be an int", expr.span)


# -- Arrays -----------------------------------------------------------------------------------


def _list(node: nodes.ListOf, scope: Scope) -> Expr:
    items = tuple(expression(i, scope) for i in node.items)
    if not items:
        scope.fail("E308", "an empty list has no type", node.span)
    dims = items[0].type.dims
    for item in items[1:]:
        if len(item.type.dims) != len(dims) or not all(map(same, item.type.dims, dims)):
            scope.fail("E301", "the items of a list have different dims", item.span)
    kind = Type(join(items), (Extent(None, size=len(items)), *dims))
    return Array(items, (), None, kind, node.span)


def iteration(node: nodes.Iteration, name: str, span: Span, scope: Scope) -> Loop:
    """The loop of `for name in node`."""
    dim = scope.dim(node.dim.name, node.dim.span)
    parts = list(node.parts)
    part = parts.pop() if parts and isinstance(parts[-1], nodes.Slice) else None
    if len(parts) != len(dim.of):
        wanted = f"{dim.name}[{', '.join('...' for _ in dim.of)}]" if dim.of else dim.name
        scope.fail("E309", f"`{dim.name}` is written `{wanted}` here", node.span)
    of: list[Expr] = []
    for sub, outer in zip(parts, dim.of, strict=True):
        assert not isinstance(sub, nodes.Slice)
        expr = integer(sub, scope, "an index")
        _fits_dim(expr, Extent(outer), sub.span, scope)
        of.append(expr)
    ends: list[Expr | None] = [None, None]
    if isinstance(part, nodes.Slice):
        ends = [
            None if e is None else integer(e, scope, "a bound") for e in (part.start, part.stop)
        ]
    return Loop(name, Extent(dim, tuple(of)), ends[0], ends[1], span=span)


def _clauses(clauses: tuple[nodes.Clause, ...], scope: Scope) -> tuple[list[Loop], list[Expr]]:
    """Open the loops of a comprehension in the scope; the caller closes them."""
    loops: list[Loop] = []
    conditions: list[Expr] = []
    for clause in clauses:
        if clause.name.name in scope.names or scope.loop(clause.name.name):
            scope.fail("E206", f"`{clause.name.name}` is already a name here", clause.name.span)
        loop = iteration(clause.over, clause.name.name, clause.span, scope)
        loops.append(loop)
        scope.loops.append(loop)
        if clause.condition is not None:
            conditions.append(expression(clause.condition, scope))
    return loops, conditions


def _together(conditions: list[Expr]) -> Expr | None:
    result: Expr | None = None
    for c in conditions:
        result = c if result is None else Apply("and", (result, c), BOOL, c.span)
    return result


def _comprehension(node: nodes.Comprehension, scope: Scope) -> Expr:
    depth = len(scope.loops)
    try:
        loops, conditions = _clauses(node.clauses, scope)
        element = expression(node.element, scope)
    finally:
        del scope.loops[depth:]
    if conditions:
        scope.fail("E310", "a filter stands only in a reduction", node.span,
                   help="use it inside `sum(...)`, or write `e if condition else 0`")  # fmt: skip
    dims = tuple(x.extent if whole(x) else Extent(None) for x in loops)
    if not all(whole(x) for x in loops):
        scope.fail("E310", "a list over a part of a dim has no dim", node.span,
                   help="run over the whole dim, or reduce")  # fmt: skip
    kind = replace(element.type, dims=(*dims, *element.type.dims), structure=element.type.structure)
    return Array((element,), tuple(loops), None, kind, node.span)


def _reduction(node: nodes.Reduction, scope: Scope) -> Expr:
    if not isinstance(node.function, nodes.Name) or node.function.name not in REDUCTIONS:
        scope.fail("E209", "only " + ", ".join(REDUCTIONS) + " run over a dim", node.function.span)
    name = node.function.name
    depth = len(scope.loops)
    try:
        loops, conditions = _clauses(node.clauses, scope)
        element = expression(node.element, scope)
    finally:
        del scope.loops[depth:]
    if element.type.dims:
        scope.fail("E301", f"`{name}` runs over scalars, this is {show(element.type.dims)}",
                   node.element.span)  # fmt: skip
    kind = "bool" if name in ("any", "all") else _kind("same", (element,))
    if name in ("mean", "logsumexp"):
        kind = "real" if name == "logsumexp" or kind in ("int", "index", "real") else "nonneg"
    if name == "sum" and kind == "positive":
        kind = "nonneg"
    whole_condition = _together(conditions)
    return Reduce(name, element, tuple(loops), whole_condition, None, Type(kind), node.span)


def _fits_dim(expr: Expr, extent: Extent, span: Span, scope: Scope) -> None:
    """An index of one dim subscripts only that dim."""
    dim = expr.type.dim
    if dim is None or extent.dim is None or dim is extent.dim:
        if isinstance(expr, Const) and isinstance(expr.value, int):
            limit = size(extent)
            if expr.value < 0 or (limit is not None and expr.value >= limit):
                scope.fail("E311", f"the subscript {expr.value} is out of range", span,
                           why="subscripts count from 0" + (f" to {limit - 1}" if limit else ""))  # fmt: skip
        return
    scope.fail(
        "E302",
        f"an index of `{dim.name}` subscripts the dim `{extent.dim.name}`",
        span,
        why="indices of different dims count different things, even when the sizes agree",
    )


def _subscript(node: nodes.Subscript, scope: Scope) -> Expr:
    base = expression(node.base, scope)
    dims = list(base.type.dims)
    if len(node.subscripts) > len(dims):
        scope.fail("E312", f"{len(node.subscripts)} subscripts for {show(tuple(dims))}", node.span)
    variable = base.symbol if isinstance(base, Ref) and isinstance(base.symbol, Variable) else None
    subs: list[Expr | Slice] = []
    kept: list[Extent] = []
    for place, sub in enumerate(node.subscripts):
        match sub:
            case nodes.Slice(start=start, stop=stop):
                ends = [None if e is None else integer(e, scope, "a bound") for e in (start, stop)]
                subs.append(Slice(ends[0], ends[1]))
                kept.append(dims[place] if start is None and stop is None else Extent(None))
            case nodes.Binder():
                scope.fail("E313", "a binder stands only in a declaration", sub.span)
            case _:
                expr = _labels(expression(sub, scope), Ref(Dim(""), Type("index", dim=dims[place].dim)),
                               scope)  # fmt: skip
                if expr.type.dims or expr.type.kind not in INTEGERS:
                    scope.fail("E303", "a subscript must be an int scalar", sub.span)
                _fits_dim(expr, dims[place], sub.span, scope)
                subs.append(expr)
                loop = variable.loops[place] if variable and place < len(variable.loops) else None
                dims[place + 1 :] = after(tuple(dims[place + 1 :]), loop, expr)
    rest = tuple(dims[len(node.subscripts) :])
    left = (*kept, *rest)
    event = len(variable.cell.dims) if variable is not None else len(base.type.dims)
    structured = base.type.structure if len(left) >= event or not base.type.structure else ""
    if base.type.structure and variable is None and len(rest) < 1:
        structured = ""
    kind = Type(base.type.kind, left, base.type.dim, structured)
    return Index(base, tuple(subs), kind, node.span)
