"""`def`: a function of the model, checked once as it is written, and written out at each call.

    def hill(x: real, k: positive) -> real: return x ^ 2 / (x + k)

The body is checked where it stands, its arguments any values of the types that are written. A call
checks what it is given against these types; then the body is read once more with the arguments in
their places (`inline`), so that later stages see what a person would have written by hand.
"""

from dataclasses import replace
from functools import partial

from genlang.check.inline import body, call, returned, too_large
from genlang.check.model import Dim, Expr, Type, Variable
from genlang.check.scope import Definition, Poison, Scope
from genlang.check.supports import of_type
from genlang.check.written import written_type
from genlang.diagnostics import Diagnostic
from genlang.source import Span
from genlang.syntax import nodes


def define(node: nodes.DefDecl, scope: Scope) -> None:
    """Check a `def` and add it to the scope.

    Faults of its own are E205 (declared twice), E215 (inside a loop), E216 (nothing says which dim
    is meant), E214 (it calls itself), E213 (it reads a name of the model).
    """
    name, place = node.name.name, node.name.span
    scope.declaring = name
    try:
        if scope.loops:
            scope.fail("E215", f"`{name}` is defined inside a loop", place,
                       why="a function is the same in every turn",
                       help="move it above the loop")  # fmt: skip
        scope.once(name, place)
        dims = _any_dims(node, scope)
        inner = _apart(dims, scope)
        try:
            _checked(node, inner)
        except RecursionError:
            too_large(name, "it is nested too deeply", node.result.span, scope)
        scope.used |= inner.used - {*dims, *(n.name for n in _local(node))}
        scope.functions[name] = Definition(name, place, partial(call, node, frozenset(dims)))
    except Poison:
        if name not in scope.names and name not in scope.functions:
            scope.broken.add(name)
    finally:
        scope.declaring = ""


def unused(scope: Scope) -> list[Diagnostic]:
    """Return a warning for each function that nothing calls."""
    return [
        Diagnostic("W501", f"`{d.name}` is never used", d.span, help="delete it")
        for d in scope.functions.values()
        if d.name not in scope.used
    ]


# -- The scope of a body ----------------------------------------------------------------------


def _local(node: nodes.DefDecl) -> list[nodes.Name]:
    """The names that a definition declares for itself."""
    targets = [t.name for line in node.lets for t in line.targets]
    return [*(f.name for f in node.inputs), *targets]


def _any_dims(node: nodes.DefDecl, scope: Scope) -> dict[str, Span]:
    """The dims of arguments that the model does not declare: each stands for any dim."""
    own = {f.name.name for f in node.inputs}
    known = {*scope.names, *scope.later, *scope.broken, *own}
    found: dict[str, Span] = {}
    for field in node.inputs:
        for name in _dim_names(field.type):
            if name.name not in known:
                found.setdefault(name.name, name.span)
            elif name.name in scope.later and name.name not in {*scope.names, *own}:
                scope.dim(name.name, name.span)  # says that it stands further down
    for name in _dim_names(node.output):
        if name.name not in known and name.name not in found:
            scope.fail("E216", f"nothing says which dim `{name.name}` is", name.span,
                       why="a dim that the model does not declare is known from an argument",
                       help="write a dim of the model, or one of an argument")  # fmt: skip
    return found


def _dim_names(node: nodes.TypeNode) -> list[nodes.Name]:
    inside = [a.value for a in node.arguments] if node.name == "index" else []
    return [e for e in (*node.dims, *inside) if isinstance(e, nodes.Name)]


def _apart(dims: dict[str, Span], scope: Scope) -> Scope:
    """The scope in which a body is checked: the dims of the model, and `dims` of any size."""
    known = {n: s for n, s in scope.names.items() if isinstance(s, Dim)}
    outside = {n: s.span for n, s in scope.names.items() if n not in known}
    outside = {**scope.indices, **scope.later, **outside}
    for name in (*known, *scope.definitions):
        outside.pop(name, None)
    return replace(
        scope, names={**known, **{n: Dim(n, span=s) for n, s in dims.items()}}, used=set(),
        broken=set(scope.broken), local={}, supports={}, lets={}, unknown=set(), early={},
        pending={}, covered={}, indices={}, laws={}, outside=outside,
    )  # fmt: skip


def _checked(node: nodes.DefDecl, scope: Scope) -> None:
    """Check a definition in the scope of its body."""
    _once(_local(node), scope)
    scope.broken -= {n.name for n in _local(node)}
    for field in node.inputs:
        try:
            _argument(field, written_type(field.type, scope), scope)
        except Poison:
            scope.broken.add(field.name.name)
    outputs: list[Type] = []
    results: list[Expr] = []
    scope.every(
        lambda: outputs.append(written_type(node.output, scope)),
        lambda: results.append(body(node, scope)),
    )
    returned(results[0], outputs[0], node, scope)
    if any(f.name.name in scope.broken for f in node.inputs):
        raise Poison
    for name in _local(node):
        if name.name not in scope.used:
            scope.warn("W501", f"`{name.name}` is never used", name.span, help="delete it")


def _once(names: list[nodes.Name], scope: Scope) -> None:
    first: dict[str, Span] = {}
    for name in names:
        if name.name in first:
            scope.fail("E205", f"`{name.name}` is declared twice", name.span,
                       why="every name is declared once", help="choose another name",
                       second=(first[name.name], "first declared here"))  # fmt: skip
        first[name.name] = name.span


def _argument(field: nodes.Field, kind: Type, scope: Scope) -> None:
    """An argument as a name of the body, which may have any value of its type."""
    name = field.name.name
    variable = Variable(name, "argument", kind, kind.dims, event=len(kind.dims),
                        span=field.name.span)  # fmt: skip
    scope.names[name] = variable
    values = of_type(kind, scope.supports)
    scope.supports[variable] = replace(values, given=True)
