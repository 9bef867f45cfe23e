"""A name that is read -> what it stands for."""

from dataclasses import replace

from genlang.check.functions import COUNT, size_of_axis
from genlang.check.model import Const, Dim, Expr, Loop, Ref, Type, Variable
from genlang.check.scope import Scope
from genlang.lang.functions import CONSTANTS
from genlang.syntax import nodes


def named(node: nodes.Name, scope: Scope) -> Expr:
    """Type a name: an index, what a name of a body stands for, a constant, a size, a variable."""
    if not scope.loop(node.name):
        if node.name in scope.bound:
            scope.used.add(node.name)
            return scope.bound[node.name]
        if node.name in scope.extents:
            return size_of_axis(scope.extents[node.name], node, scope)
    if node.name in CONSTANTS and scope.place(node.name) is None and not scope.loop(node.name):
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
        case Variable(cell=Type(kind="distribution"), name=name, span=place):
            scope.fail("E203", f"`{name}` names a distribution, not a value", node.span,
                       help=f"draw from it: `latent x ~ {name}`",
                       second=(place, "named here"))  # fmt: skip
        case Variable():
            return Ref(symbol, replace(symbol.cell, dims=symbol.dims), node.span)
