"""What is called: a function of the table, or a name that no model has, with its right spelling."""

from typing import NoReturn

from genlang.check import foreign
from genlang.check.functions import result
from genlang.check.model import Apply, Expr
from genlang.check.rows import over_cells
from genlang.check.scope import Poison, Scope
from genlang.diagnostics import suggest
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.functions import CONSTANTS, FUNCTIONS
from genlang.source import Span
from genlang.syntax import nodes


def refuse_attribute(node: nodes.Attribute, scope: Scope) -> NoReturn:
    """`np.pi`, `Normal.cdf`, `f(x).loc`."""
    base = node.base.name if isinstance(node.base, nodes.Name) else ""
    name = node.name.name
    if base in DISTRIBUTIONS and name in ("logpdf", "cdf", "logsf"):
        scope.fail("E290", f"`{base}.{name}` is not supported yet", node.span)
    spelt = foreign.NAMES.get(name, name if name in CONSTANTS else "")
    if spelt and base and base not in scope.names:
        scope.fail("E209", f"`{base}.{name}` is written `{spelt}`", node.span,
                   help=f"write `{spelt}`")  # fmt: skip
    scope.fail("E207", f"`.{name}` is read from nothing that has it", node.span,
               why="only networks have named outputs")  # fmt: skip


def _unknown_function(name: str, node: nodes.Call, scope: Scope) -> NoReturn:
    place = node.function.span
    if name in scope.broken:
        raise Poison
    if name in scope.later:
        scope.fail("E208", f"`{name}` is a declared name and is no function", place,
                   second=(scope.later[name], "declared here"))  # fmt: skip
    if name in foreign.FUNCTIONS:
        spelt = foreign.rewrite(
            foreign.FUNCTIONS[name], [scope.text(a.value.span) for a in node.arguments]
        )
        scope.fail("E209", f"`{name}` has another spelling here", place, help=f"write `{spelt}`")
    if name in foreign.LATER:
        scope.fail("E290", f"`{name}` is not supported yet", place)
    edit = suggest(name, [*FUNCTIONS, *DISTRIBUTIONS])
    scope.fail("E209", f"there is no function `{name}`", place, help=edit)


def _foreign_call(node: nodes.Call, scope: Scope) -> NoReturn:
    """`np.log(x)` and the like."""
    if isinstance(node.function, nodes.Attribute):
        name = node.function.name.name
        base = scope.text(node.function.base.span)
        if base in DISTRIBUTIONS:
            scope.fail("E290", f"`{base}.{name}` is not supported yet", node.function.span)
        arguments = [scope.text(a.span) for a in node.arguments]
        if name in FUNCTIONS:
            edit = f"write `{name}({', '.join(arguments)})`"
            scope.fail("E209", f"`{base}.{name}` is called `{name}` here", node.function.span,
                       help=edit)  # fmt: skip
        if name in foreign.FUNCTIONS:
            spelt = foreign.rewrite(foreign.FUNCTIONS[name], arguments)
            scope.fail("E209", f"`{base}.{name}` has another spelling here", node.function.span,
                       help=f"write `{spelt}`")  # fmt: skip
    scope.fail("E203", "only functions can be called", node.span)


def called(node: nodes.Call, scope: Scope) -> str:
    """Return the function that a call names; a fault is reported and raises Poison."""
    if not isinstance(node.function, nodes.Name):
        _foreign_call(node, scope)
    assert isinstance(node.function, nodes.Name)
    name = node.function.name
    if name in scope.names:
        place = (scope.names[name].span, "declared here")
        what = "hides the function" if name in FUNCTIONS else "is no function"
        edit = "choose another name for it" if name in FUNCTIONS else f"subscripts: `{name}[...]`"
        scope.fail("E208", f"`{name}` is a declared name and {what}", node.function.span,
                   second=place, help=edit)  # fmt: skip
    if name in DISTRIBUTIONS:
        scope.fail("E203", f"`{name}` is a distribution, not a value", node.span,
                   help=f"draw from it: `latent x ~ {name}(...)`")  # fmt: skip
    if name not in FUNCTIONS:
        _unknown_function(name, node, scope)
    for a in node.arguments:
        if a.name is not None:
            scope.fail("E307", f"`{name}` has no argument `{a.name}`", a.span,
                       help="its arguments have no names")  # fmt: skip
    return name


def applied(name: str, arguments: tuple[Expr, ...], span: Span, scope: Scope) -> Expr:
    """Type the call of a function with its arguments."""
    if name in ("min", "max") and len(arguments) == 2:
        name += "2"
    row = FUNCTIONS[name]
    if not row.low <= len(arguments) <= row.high:
        wanted = str(row.low) if row.low == row.high else f"{row.low} to {row.high}"
        plural = "argument" if wanted == "1" else "arguments"
        message = f"`{name}` takes {wanted} {plural}, here {len(arguments)}"
        scope.fail("E307", message, span)
    for given in arguments:
        if given.type.kind == "string":
            scope.fail("E305", "a label is no number", given.span)
    cells = over_cells(name, arguments, span, scope)
    if cells is not None:
        return cells
    kind = result(name, arguments, span, scope)
    return Apply(name, arguments, kind, span)
