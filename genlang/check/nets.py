"""`net f(x: real[D]) -> (loc: real[H], scale: positive[H]) = mlp(64, 64)`: what it declares.

What a network gives is a matter of its outputs' types: the program maps real numbers into them. So
an output has a type that there is such a map for.
"""

import re
from typing import NoReturn

from genlang.check.expressions import expression
from genlang.check.model import Const, Dim, Expr, Net, Ref, Type
from genlang.check.scope import Scope
from genlang.check.shapes import size
from genlang.check.written import written_type
from genlang.source import Span
from genlang.syntax import nodes

INPUTS = ("real", "positive", "nonneg", "unit", "int", "count", "bool")
OUTPUTS = ("real", "positive", "nonneg", "unit", "simplex")
BODIES = (
    '`mlp(64, 64)` has hidden layers of these sizes, `python("module:Class")` is a module of yours'
)
PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def net(node: nodes.NetDecl, scope: Scope) -> None:
    """Declare a network; every fault of its line is reported, then raises Poison."""
    name = node.name.name
    if scope.loops:
        scope.fail("E601", f"the network `{name}` is declared in a loop", node.name.span,
                   why="all turns of a loop share its weights", help="declare it above the loop",
                   second=(scope.loops[-1].span, "this loop"))  # fmt: skip
    written = node.outputs
    fields = () if isinstance(written, nodes.TypeNode) else written
    outputs: list[tuple[str, Type]] = []
    inputs: list[tuple[str, Type]] = []
    hidden: list[Expr] = []
    module: list[str] = []
    scope.every(
        lambda: inputs.extend(_fields(node.inputs, "input", scope)),
        lambda: outputs.extend(
            [("", _output(written, scope))] if isinstance(written, nodes.TypeNode)
            else _fields(fields, "output", scope)
        ),
        lambda: _body(node, hidden, module, scope),
    )  # fmt: skip
    found = Net(name, tuple(inputs), tuple(outputs), tuple(hidden), "".join(module),
                node.description, node.name.span, node.span)  # fmt: skip
    scope.declare(name, found, node.name.span)


def _fields(fields: tuple[nodes.Field, ...], what: str, scope: Scope) -> list[tuple[str, Type]]:
    """The inputs or outputs by name, each name once."""
    seen: dict[str, Span] = {}
    found: list[tuple[str, Type]] = []

    def one(field: nodes.Field) -> None:
        name = field.name.name
        if name in seen:
            scope.fail(
                "E205",
                f"the {what} `{name}` is declared twice",
                field.name.span,
                help="choose another name",
                second=(seen[name], "first declared here"),
            )
        seen[name] = field.name.span
        read = _input if what == "input" else _output
        found.append((name, read(field.type, scope)))

    scope.every(*(lambda f=f: one(f) for f in fields))
    return found


def _input(node: nodes.TypeNode, scope: Scope) -> Type:
    kind = _sized(node, scope)
    if kind.kind == "index" and kind.dim is not None:
        name = kind.dim.name
        scope.fail("E602", "a network takes numbers, and an index is none", node.span,
                   why="it would be read as a quantity",
                   help=f"write `real[{name}]`, and give it `one_hot(i, {name})`")  # fmt: skip
    if kind.structure or kind.lower is not None or kind.upper is not None:
        dims = scope.text(node.span).partition("[")
        plain = f"real{dims[1]}{dims[2]}" if kind.structure else node.name
        scope.fail("E602", f"`{scope.text(node.span)}` is no type of an input", node.span,
                   why="what a network takes is a scalar type with dims",
                   help=f"write `{plain}`: it takes these values, too")  # fmt: skip
    return kind


def _output(node: nodes.TypeNode, scope: Scope) -> Type:
    kind = _sized(node, scope)
    bounded = kind.lower is not None or kind.upper is not None
    if node.name not in OUTPUTS or bounded:
        every = ", ".join(f"`{k}`" for k in OUTPUTS[:-1])
        wide = "a real number times a width, plus a low end, lies between bounds: `unit` is 0 to 1"
        edit = wide if bounded else "write `real`" if node.name in ("int", "count") else ""
        edit = "write `unit`, the probability" if node.name == "bool" else edit
        if node.name == "index" and kind.dim is not None:
            edit = f"write `simplex[{kind.dim.name}]`, the probabilities of its elements"
        scope.fail("E603", f"`{scope.text(node.span)}` is no type of an output", node.span,
                   why=f"a network gives {every} or `simplex[K]`", help=edit)  # fmt: skip
    return kind


def _sized(node: nodes.TypeNode, scope: Scope) -> Type:
    """A written type whose dims are names or numbers, so that a layer has a size."""
    kind = written_type(node, scope)
    for extent, dim in zip(kind.dims, node.dims, strict=False):
        if extent.dim is None and (size(extent) is None or size(extent) == 0):
            scope.fail("E604", f"`{scope.text(dim.span)}` is no size of a layer", dim.span,
                       help="write a dim, or a number above 0")  # fmt: skip
    return kind


# -- The right side ---------------------------------------------------------------------------


def _body(node: nodes.NetDecl, hidden: list[Expr], module: list[str], scope: Scope) -> None:
    match node.body:
        case nodes.Call(function=nodes.Name(name="mlp" | "python" as name, span=span), span=whole):
            place = scope.names[name].span if name in scope.names else scope.later.get(name)
            if place is not None:
                scope.fail(
                    "E208",
                    f"`{name}` is a declared name and hides the built-in one",
                    span,
                    second=(place, "declared here"),
                    help="choose another name for it",
                )
            given = node.body.arguments
            if name == "mlp":
                hidden += scope.every(*(lambda a=a: _layer(a, scope) for a in given))
            else:
                module.append(_python(given, whole, scope))
        case nodes.Name(name="mlp" | "python"):
            _no_body(node.body, scope)
        case body:
            _no_body(body, scope)


def _no_body(body: nodes.Expr, scope: Scope) -> NoReturn:
    text = scope.text(body.span)
    scope.fail("E605", f"`{text}` is no network", body.span, help=BODIES)


def _layer(argument: nodes.Argument, scope: Scope) -> Expr:
    """The size of a hidden layer."""
    text = scope.text(argument.value.span)
    if argument.name is not None:
        scope.fail(
            "E604",
            f"`mlp` has no argument `{argument.name}`",
            argument.span,
            why="it takes the sizes of its hidden layers",
            help="write `mlp(64, 64)`",
        )
    found = expression(argument.value, scope)
    match found:
        case Ref(symbol=Dim()):
            return found
        case Const(value=int(value)) if not isinstance(found.value, bool) and value > 0:
            return found
        case _:
            scope.fail("E604", f"`{text}` is no size of a layer", argument.value.span,
                       why="the arguments of `mlp` are the sizes of its hidden layers",
                       help="write a number above 0, or a dim")  # fmt: skip


def _python(given: tuple[nodes.Argument, ...], span: Span, scope: Scope) -> str:
    match given:
        case (nodes.Argument(name=None, value=nodes.String(value=path)),) if PATH.fullmatch(path):
            if not scope.python:
                scope.fail("E607", "this network is Python code, which is not allowed here", span,
                           why="a model file may come from anyone, and Python code can do anything",
                           help="if you trust it, `--allow-python`; from Python, "
                           "`allow_python=True`")  # fmt: skip
            return path
        case _:
            scope.fail(
                "E606",
                "`python` takes the path of a class in quotes",
                span,
                help='write `python("module:Class")`, as in `python("shop.nets:Encoder")`',
            )
