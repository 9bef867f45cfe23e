"""A call of a `def` -> its body with what is given in the places of its names.

    hill(dose[n], 2)   -->   dose[n] ^ 2 / (dose[n] + 2)

What is given is typed in the scope of the call, the body in one of its own: nothing is captured,
and the indices of the body are renamed where the call knows their names. The spans of the body tell
the call (`Span.call`), so that a fault found at any later stage is one of that call.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import NoReturn, cast

from genlang.check.boundary import admitted, promised
from genlang.check.expressions import expression
from genlang.check.model import Array, Dim, Expr, Extent, Loop, Ref, Type, Variable
from genlang.check.scope import Poison, Scope
from genlang.check.shapes import same, show
from genlang.check.walk import children
from genlang.check.written import extent_of, fits_written, written_type
from genlang.diagnostics import suggest
from genlang.lang.types import SQUARE
from genlang.source import Span
from genlang.syntax import nodes
from genlang.syntax.walk import walk

LEVELS = 20  # calls inside calls
TERMS = 2000  # operations of a body that is written out
DEPTH = 100  # of operations inside operations


def call(node: nodes.DefDecl, dims: frozenset[str], at: nodes.Call, scope: Scope) -> Expr:
    """Read a call; `dims` are the names that stand for any dim.

    Raises Poison after E307 (wrong arguments), E301 (dims), what `admitted` reports, E340 (too
    large), and what the body cannot do with the arguments that are given.
    """
    name = node.name.name
    scope.used.add(name)
    places: list[int] = []
    given: list[Expr] = []
    scope.every(
        lambda: places.extend(_in_order(node, at, scope)),
        lambda: given.extend(
            scope.every(*(partial(expression, a.value, scope) for a in at.arguments))
        ),
    )
    if scope.depth == LEVELS:
        scope.fail("E340", f"functions call each other more than {LEVELS} deep here", at.span,
                   why="a function is written out where it is called",
                   help="name a value by a `let` of the model, and give that")  # fmt: skip
    try:
        return _written_out(node, dims, [(given[p], at.arguments[p]) for p in places], at, scope)
    except RecursionError:
        too_large(name, "it is nested too deeply", at.span, scope)


def _written_out(
    node: nodes.DefDecl, dims: frozenset[str], given: list[tuple[Expr, nodes.Argument]],
    at: nodes.Call, scope: Scope,
) -> Expr:  # fmt: skip
    """The body in a scope of its own, in which its names stand for what is given."""
    inner = replace(
        scope, names={n: s for n, s in scope.names.items() if isinstance(s, Dim)}, loops=[],
        around=(*scope.around, *scope.loops), used=set(), broken=set(), later={}, local={},
        early={}, pending={}, indices={}, bound={}, extents={}, outside={}, laws={}, declaring="",
        depth=scope.depth + 1,
    )  # fmt: skip
    copy = _at(node, at.span, _renamed(node, scope))
    _bind(copy, dims, [(expr, argument.value.span) for expr, argument in given], inner, scope)
    before = len(scope.found)
    try:
        output = written_type(copy.output, inner)
        expr = returned(body(copy, inner), output, copy, inner)
    finally:
        # Doubts about a body are told once, where it is defined.
        scope.found[before:] = [d for d in scope.found[before:] if d.severity == "error"]
    return replace(promised(expr, output), span=at.span)


# -- The body ---------------------------------------------------------------------------------


def body(node: nodes.DefDecl, scope: Scope) -> Expr:
    """Read the `let` lines and the result; a fault in one hides none of the others."""
    whole = True
    for line in node.lets:
        try:
            _let(line, node.name.name, scope)
        except Poison:
            scope.broken.add(line.targets[0].name.name)
            whole = False
    expr = expression(node.result, scope)
    if not whole:
        raise Poison
    return _limited(expr, node.name.name, node.result.span, scope)


def _let(line: nodes.ValueDecl, function: str, scope: Scope) -> None:
    """`let u = e`, or `let u[k in K] = e`: a name for an expression."""
    assert line.value is not None
    (target,), (first, *later) = line.targets, line.value.parts
    if later:
        scope.fail("E290", "a `then` in a `def` is not supported yet", line.value.span,
                   why="a chain belongs to a loop of the model",
                   help="write the recursion as a `let` of the model")  # fmt: skip
    clauses: list[nodes.Clause] = []
    for sub in target.subscripts:
        if not isinstance(sub, nodes.Binder):
            scope.fail("E313", "a `let` of a `def` binds its indices", sub.span,
                       help=f"write `let {target.name.name}[k in K] = ...`")  # fmt: skip
        clauses.append(nodes.Clause(sub.span, sub.name, sub.over, None))
    value: nodes.Expr = first
    if clauses:
        value = nodes.Comprehension(first.span, first, tuple(clauses))
    expr = _limited(expression(value, scope), function, first.span, scope)
    if line.type is not None:
        cell = expr.items[0] if clauses and isinstance(expr, Array) else expr
        fits_written(written_type(line.type, scope), cell, line.type.span, scope)
    name = target.name.name
    scope.names[name] = Variable(name, "let", expr.type, expr.type.dims, span=target.name.span)
    scope.bound[name] = expr


def returned(expr: Expr, output: Type, node: nodes.DefDecl, scope: Scope) -> Expr:
    """Return the result of a body as one of the type that is written."""
    what, span = f"the result of `{node.name.name}`", node.result.span
    dims = expr.type.dims
    if len(dims) != len(output.dims) or not all(map(same, dims, output.dims)):
        scope.fail("E315", f"{what} has dims {show(output.dims)} by its type, here {show(dims)}",
                   span, second=(node.output.span, "its type"))  # fmt: skip
    return admitted(expr, output, what, span, scope)


def _limited(expr: Expr, name: str, span: Span, scope: Scope) -> Expr:
    """Refuse what is written out at too great a length (E340)."""
    agenda, count = [(expr, 1)], 0
    while agenda:
        part, depth = agenda.pop()
        count += 1
        if count > TERMS:
            too_large(name, f"it has more than {TERMS} operations", span, scope)
        if depth > DEPTH:
            too_large(name, f"operations are nested deeper than {DEPTH}", span, scope)
        agenda += ((child, depth + 1) for child in children(part))
    return expr


def too_large(name: str, why: str, span: Span, scope: Scope) -> NoReturn:
    """Refuse a function that is too large where it is written out."""
    scope.fail("E340", f"`{name}` is too large where it is written out", span, why=why,
               help="name a value by a `let` of the model, and give that")  # fmt: skip


# -- Arguments --------------------------------------------------------------------------------


def _in_order(node: nodes.DefDecl, at: nodes.Call, scope: Scope) -> list[int]:
    """Where each argument of a definition stands in a call."""
    name, names = node.name.name, [f.name.name for f in node.inputs]
    second = (node.name.span, "declared here")
    places: dict[str, int] = {}
    for i, a in enumerate(at.arguments):
        if a.name is None and i >= len(names):
            count = f"{len(names)} argument{'' if len(names) == 1 else 's'}"
            scope.fail("E307", f"`{name}` takes {count}, here {len(at.arguments)}", at.span,
                       second=second)  # fmt: skip
        key = names[i] if a.name is None else a.name
        if key not in names:
            known = ", ".join(f"`{n}`" for n in names)
            edit = suggest(key, names) or (f"its arguments: {known}" if names else "")
            scope.fail("E307", f"`{name}` has no argument `{key}`", a.span, help=edit,
                       second=second)  # fmt: skip
        if key in places:
            scope.fail("E307", f"`{key}` of `{name}` is given twice", a.span,
                       second=(at.arguments[places[key]].span, "first given here"))  # fmt: skip
        places[key] = i
    lacking = [n for n in names if n not in places]
    if lacking:
        known = " and ".join(f"`{n}`" for n in lacking)
        scope.fail("E307", f"`{name}` lacks {known}", at.span,
                   help=f"write `{name}({', '.join(names)})`", second=second)  # fmt: skip
    return [places[n] for n in names]


def _bind(
    node: nodes.DefDecl, dims: frozenset[str], given: list[tuple[Expr, Span]], inner: Scope,
    scope: Scope,
) -> None:  # fmt: skip
    """Let the names of a body stand for what is given, each checked against its type."""
    every = [(field, expr, span) for field, (expr, span) in zip(node.inputs, given, strict=True)]
    for field, expr, span in every:
        what = f"`{field.name.name}` of `{node.name.name}`"
        _match_dims(field.type, dims, expr, what, span, inner, scope)
        inner.bound[field.name.name] = expr
    for field, expr, _ in every:
        _match_index(field.type, dims, expr, inner)
    for field, expr, span in every:
        what = f"`{field.name.name}` of `{node.name.name}`"
        dim = _index_of(field.type)
        if dim in dims and dim not in inner.extents:
            scope.fail("E216", f"nothing says which dim `{dim}` is in this call", span,
                       why=f"{what} is an index of any dim, this is {expr.type.kind}",
                       second=(field.type.span, "its type"))  # fmt: skip
        wanted = written_type(field.type, inner)
        inner.bound[field.name.name] = admitted(expr, wanted, what, span, scope)


def _match_dims(
    kind: nodes.TypeNode, dims: frozenset[str], expr: Expr, what: str, span: Span, inner: Scope,
    scope: Scope,
) -> None:  # fmt: skip
    """Compare the dims of what is given with those of a type; names for any dim are bound."""
    written = kind.dims * 2 if kind.name in SQUARE and len(kind.dims) == 1 else kind.dims
    text = f"[{', '.join(scope.text(d.span) for d in written)}]" if written else "a scalar"
    here = expr.type.dims
    if len(here) != len(written):
        edit = ""
        if not written and all(d.dim is not None and not d.of for d in here):
            edit = "call it for each element: `[f(x[i]) for i in N]`"
        scope.fail("E301", f"{what} is {text}, this is {show(here)}", span, help=edit,
                   second=(kind.span, "its type"))  # fmt: skip
    for dim, extent in zip(written, here, strict=True):
        bound = isinstance(dim, nodes.Name) and dim.name in dims
        known = inner.extents.get(dim.name) if isinstance(dim, nodes.Name) and bound else None
        wanted = known if bound else extent_of(dim, inner)
        if wanted is not None and not same(wanted, extent):
            why = f"`{scope.text(dim.span)}` is {show((wanted,))[1:-1]} in this call"
            scope.fail("E301", f"{what} is {text}, this is {show(here)}", span,
                       why=why if bound else "", second=(kind.span, "its type"))  # fmt: skip
        if isinstance(dim, nodes.Name) and bound:
            inner.extents[dim.name] = _surer(wanted, extent)


def _surer(one: Extent | None, two: Extent) -> Extent:
    """That of two equal axes of which more is known."""
    if one is None or (one.dim is None and (two.dim is not None or one.size is None)):
        return two
    return one


def _match_index(kind: nodes.TypeNode, dims: frozenset[str], expr: Expr, inner: Scope) -> None:
    """An index of a dim tells which dim `index(D)` means, where no array does."""
    dim = _index_of(kind)
    if dim not in dims or dim in inner.extents:
        return
    if isinstance(expr, Ref) and isinstance(expr.symbol, Loop):
        inner.extents[dim] = expr.symbol.extent
    elif expr.type.dim is not None:
        inner.extents[dim] = Extent(expr.type.dim)


def _index_of(kind: nodes.TypeNode) -> str:
    """The name of the dim of a type `index(D)`, "" for other types."""
    match kind:
        case nodes.TypeNode(name="index", arguments=(nodes.Argument(value=nodes.Name(name=dim)),)):
            return dim
        case _:
            return ""


# -- The text of the body at a call -----------------------------------------------------------


def _renamed(node: nodes.DefDecl, scope: Scope) -> dict[str, str]:
    """New names for the indices of a body that are names where it is called."""
    every = [e.name for e in walk((node.lets, node.result)) if isinstance(e, nodes.Name)]
    own = {e.name.name for e in walk((node.lets, node.result))
           if isinstance(e, nodes.Clause | nodes.Binder)}  # fmt: skip
    loops = (x.name for x in (*scope.around, *scope.loops))
    taken = {*scope.names, *scope.functions, *loops}
    found: dict[str, str] = {}
    for name in sorted(own & taken):
        number = 2
        while f"{name}_{number}" in {*taken, *every, *found.values()}:
            number += 1
        found[name] = f"{name}_{number}"
    return found


def _at(node: nodes.DefDecl, at: Span, names: Mapping[str, str]) -> nodes.DefDecl:
    """A definition whose spans tell the call, its indices renamed."""

    def copy(part: object) -> object:
        match part:
            case Span():
                return replace(part, call=at)
            case tuple():
                return tuple(map(copy, part))
            case nodes.Name(name=name) if name in names:
                return nodes.Name(replace(part.span, call=at), names[name])
            case _ if is_dataclass(part) and not isinstance(part, type):
                return replace(part, **{f.name: copy(getattr(part, f.name)) for f in fields(part)})
            case _:
                return part

    return cast("nodes.DefDecl", copy(node))
