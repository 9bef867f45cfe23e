"""`f(x)`, `f(x).loc`: a network applied to its arguments, which have exactly its inputs' dims."""

from collections.abc import Callable

from genlang.check.domains import domain
from genlang.check.kinds import inside
from genlang.check.model import Const, Expr, Extent, Forward, Net, Type
from genlang.check.scope import Scope
from genlang.check.shapes import same, show
from genlang.diagnostics import suggest
from genlang.lang.distributions import Parameter
from genlang.source import Span
from genlang.syntax import nodes

Read = Callable[[nodes.Expr], Expr]


def called_net(node: nodes.Expr, scope: Scope) -> Net | None:
    """The network that an expression calls, `f(x)` or `f(x).loc`; None for all others.

    One that is declared further down is an error (E210).
    """
    call = node.base if isinstance(node, nodes.Attribute) else node
    if not (isinstance(call, nodes.Call) and isinstance(call.function, nodes.Name)):
        return None
    name, span = call.function.name, call.function.span
    if name in scope.nets and name not in scope.names and name not in scope.broken:
        scope.foreseen(name, span)
    found = scope.names.get(name)
    return found if isinstance(found, Net) else None


def forward(node: nodes.Expr, net: Net, read: Read, scope: Scope) -> Expr:
    """Type `f(x)` or `f(x).loc`; `read` types an argument."""
    scope.used.add(net.name)
    call = node.base if isinstance(node, nodes.Attribute) else node
    assert isinstance(call, nodes.Call)
    outputs: list[tuple[str, Type]] = []
    arguments: list[Expr] = []
    scope.every(
        lambda: outputs.append(_output(node, net, scope)),
        lambda: arguments.extend(_arguments(call, net, read, scope)),
    )
    name, kind = outputs[0]
    return Forward(net, name, tuple(arguments), kind, node.span)


def _output(node: nodes.Expr, net: Net, scope: Scope) -> tuple[str, Type]:
    """The output that is read, by name where it has one."""
    names = [name for name, _ in net.outputs]
    second = (net.span, "declared here")
    text = scope.text(node.span)
    if not isinstance(node, nodes.Attribute):
        if names == [""]:
            return net.outputs[0]
        every = " or ".join(f"`{text}.{name}`" for name in names)
        scope.fail("E608", f"`{text}` has outputs by name, and none is read", node.span,
                   help=f"write {every}", second=second)  # fmt: skip
    wanted = node.name.name
    for name, kind in net.outputs:
        if name == wanted:
            return name, kind
    if names == [""]:
        scope.fail("E608", f"`{net.name}` has one output, without a name", node.name.span,
                   help=f"write `{scope.text(node.base.span)}`", second=second)  # fmt: skip
    every = ", ".join(f"`{name}`" for name in names)
    scope.fail("E608", f"`{net.name}` has no output `{wanted}`", node.name.span,
               help=suggest(wanted, names) or f"it has {every}", second=second)  # fmt: skip


def _arguments(node: nodes.Call, net: Net, read: Read, scope: Scope) -> list[Expr]:
    """The arguments in the order of the inputs."""
    names = [name for name, _ in net.inputs]
    second = (net.span, "declared here")
    given: dict[str, nodes.Argument] = {}
    by_position = [a for a in node.arguments if a.name is None]
    if len(node.arguments) != len(names):
        plural = "argument" if len(names) == 1 else "arguments"
        every = ", ".join(f"`{name}`" for name in names)
        scope.fail("E307", f"`{net.name}` takes {len(names)} {plural}, here {len(node.arguments)}",
                   node.span, help=f"it takes {every}", second=second)  # fmt: skip
    given.update(zip(names, by_position, strict=False))
    for a in node.arguments:
        if a.name is None:
            continue
        if a.name not in names:
            every = ", ".join(f"`{name}`" for name in names)
            scope.fail(
                "E307",
                f"`{net.name}` has no argument `{a.name}`",
                a.span,
                help=suggest(a.name, names) or f"it takes {every}",
                second=second,
            )
        if a.name in given:
            scope.fail("E307", f"`{a.name}` is given twice", a.span,
                       second=(given[a.name].span, "first given here"))  # fmt: skip
        given[a.name] = a
    return scope.every(*(_reader(given[name].value, name, kind, net, read, scope)
                         for name, kind in net.inputs))  # fmt: skip


def _reader(
    node: nodes.Expr, name: str, kind: Type, net: Net, read: Read, scope: Scope
) -> Callable[[], Expr]:
    def argument() -> Expr:
        expr = read(node)
        _fits(expr, name, kind, net, node.span, scope)
        return expr

    return argument


def _fits(expr: Expr, name: str, kind: Type, net: Net, span: Span, scope: Scope) -> None:
    """An argument has the dims of the input, and its values lie in the input's type."""
    second = (net.span, "declared here")
    what = f"`{name}` of `{net.name}`"
    if expr.type.kind == "string":
        scope.fail("E305", "a label is no number", span)
    if expr.type.kind == "index":
        dim = expr.type.dim.name if expr.type.dim is not None else "K"
        one = scope.text(span) if not expr.type.dims else "i"
        scope.fail("E609", f"{what} is a number, this is an index of `{dim}`", span,
                   why="a network would read its position as a quantity",
                   help=f"declare `{name}: real[{dim}]`, and give it `one_hot({one}, {dim})`",
                   second=second)  # fmt: skip
    here, wanted = expr.type.dims, kind.dims
    if len(here) != len(wanted) or not all(map(_alike, here, wanted)):
        unsure = len(here) == len(wanted) and all(map(same, here, wanted)) and \
            not any(d.of for d in here)  # fmt: skip
        why = "nothing says before a fit that the sizes agree" if unsure else ""
        known = unsure and all(d.dim is not None or d.size is not None for d in here)
        scope.fail("E301", f"{what} is {show(wanted)}, this is {show(here)}", span, why=why,
                   help=f"declare `{name}: {kind.kind}{show(here)}`" if known else "",
                   second=second)  # fmt: skip
    if kind.kind == "bool" and not _true_or_false(expr):
        scope.fail("E408", f"{what} must be true or false, or 0 or 1", span, second=second)
    domain(expr, Parameter(name, kind.kind), net.name, span, scope)


def _true_or_false(expr: Expr) -> bool:
    return expr.value in (0, 1) if isinstance(expr, Const) else inside(expr, "bool")


def _alike(here: Extent, wanted: Extent) -> bool:
    """Whether an axis surely has the size of a layer: the same dim, or the same number."""
    if here.dim is not None or wanted.dim is not None:
        return here.dim is wanted.dim and not here.of
    return here.size is not None and here.size == wanted.size
