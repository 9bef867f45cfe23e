"""What is called: a function of the table, or a name that no model has, with its right spelling."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from genlang.check import foreign
from genlang.check.functions import listed, result, size_of
from genlang.check.model import Apply, Const, Expr, Type
from genlang.check.rows import over_cells
from genlang.check.scope import Definition, Poison, Scope
from genlang.diagnostics import correction, suggest
from genlang.lang.distributions import DENSITIES, DISTRIBUTIONS
from genlang.lang.functions import CONSTANTS, FUNCTIONS, MANY
from genlang.source import Edit, Span
from genlang.syntax import nodes
from genlang.syntax.walk import walk


def refuse_attribute(node: nodes.Attribute, scope: Scope) -> NoReturn:
    """`np.pi`, `Normal.cdf`, `f(x).loc`."""
    base = node.base.name if isinstance(node.base, nodes.Name) else ""
    name = node.name.name
    if name in DENSITIES:
        scope.fail("E307", f"`{name}` takes one value", node.span,
                   help=f"write `{scope.text(node.span)}(x)`")  # fmt: skip
    spelt = foreign.NAMES.get(name, name if name in CONSTANTS else "")
    if spelt and base and base not in scope.names:
        scope.fail("E209", f"`{base}.{name}` is written `{spelt}`", node.span,
                   help=f"write `{spelt}`", edits=(Edit(node.span, spelt),))  # fmt: skip
    called = node.base.function if isinstance(node.base, nodes.Call) else node.base
    if isinstance(called, nodes.Name) and called.name in scope.broken:
        raise Poison
    edit = f"call it: `{base}(...).{name}`" if base in scope.nets else ""
    scope.fail("E207", f"`.{name}` is read from nothing that has it", node.span,
               why="only calls of networks have named outputs", help=edit)  # fmt: skip


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
        scope.fail("E209", f"`{name}` has another spelling here", place, help=f"write `{spelt}`",
                   edits=_respelt(node, spelt, scope))  # fmt: skip
    if name in foreign.LATER:
        scope.fail("E290", f"`{name}` is not supported yet", place)
    edit = suggest(name, [*FUNCTIONS, *scope.functions, *DISTRIBUTIONS])
    scope.fail("E209", f"there is no function `{name}`", place, help=edit,
               edits=correction(name, [*FUNCTIONS, *scope.functions], place))  # fmt: skip


def _respelt(node: nodes.Call, spelt: str, scope: Scope) -> tuple[Edit, ...]:
    """The edit that writes a spelling in the place of a call, which may stand in a product."""
    if any(a.name is not None for a in node.arguments):
        return ()
    text = scope.source.text
    before, after = text[: node.span.start].rstrip(" "), text[node.span.end :].lstrip(" ")
    alone = before[-1:] in "=,([" and after[:1] in ",)]\r\n"
    outside = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", spelt)
    operator = re.search(r"\s(?:[-+*/@^%]|==|if)\s", outside)
    return foreign.whole(node.span, spelt if alone or not operator else f"({spelt})")


def _foreign_method(path: nodes.Attribute, node: nodes.Call, scope: Scope) -> None:
    """`Normal(0, 1).log_prob(x)`: a function of a distribution by another name."""
    inner = path.base.function if isinstance(path.base, nodes.Call) else path.base
    law = inner.name if isinstance(inner, nodes.Name) else ""
    if not (law in scope.laws or (law in DISTRIBUTIONS and law not in scope.names)):
        return
    name, base = path.name.name, scope.text(path.base.span)
    value = scope.text(node.arguments[0].span) if node.arguments else "x"
    spelt = foreign.METHODS.get(name, "")
    edit = f"write `{spelt.format(base, value)}`" if spelt else f"one of: {', '.join(DENSITIES)}"
    scope.fail("E209", f"distributions have no function `{name}` here", path.name.span, help=edit)


def _foreign_call(node: nodes.Call, scope: Scope) -> NoReturn:
    """`np.log(x)` and the like."""
    if isinstance(node.function, nodes.Attribute):
        name = node.function.name.name
        base = scope.text(node.function.base.span)
        _foreign_method(node.function, node, scope)
        arguments = [scope.text(a.span) for a in node.arguments]
        if name in foreign.BY_N and base != "torch":
            spelt = foreign.BY_N[name].format(*arguments[:1] or ["x"])
            why = "it divides by n, `var` and `sd` by n - 1"
            scope.fail("E209", f"`{base}.{name}` has another spelling here", node.function.span,
                       why=why, help=f"write `{spelt}`")  # fmt: skip
        if name in FUNCTIONS:
            edit = f"write `{name}({', '.join(arguments)})`"
            scope.fail("E209", f"`{base}.{name}` is called `{name}` here", node.function.span,
                       help=edit, edits=(Edit(node.function.span, name),))  # fmt: skip
        if name in foreign.FUNCTIONS:
            spelt = foreign.rewrite(foreign.FUNCTIONS[name], arguments)
            scope.fail("E209", f"`{base}.{name}` has another spelling here", node.function.span,
                       help=f"write `{spelt}`", edits=_respelt(node, spelt, scope))  # fmt: skip
    scope.fail("E203", "only functions can be called", node.span)


def defined(function: nodes.Expr, scope: Scope) -> Definition | None:
    """Return the `def` that is called, None where a name is not one.

    Raises Poison after E210 (it stands further down) or E214 (it calls itself).
    """
    if not isinstance(function, nodes.Name):
        return None
    name, here = function.name, scope.declaring
    if name in scope.names or name in scope.bound:
        return None
    if name in scope.functions or name not in scope.definitions:
        return scope.functions.get(name)
    if name in scope.broken:
        raise Poison
    node, why = scope.definitions[name], "a function is written out where it is called"
    second = (node.name.span, "declared here")
    if name == here:
        scope.fail("E214", f"`{name}` calls itself", function.span, why=f"{why}, without end",
                   help="a recursion over a dim is a `let` with `then`")  # fmt: skip
    if here in scope.definitions and here in reached(node, scope.definitions):
        scope.fail("E214", f"`{here}` and `{name}` call each other", function.span,
                   why=f"{why}, without end", second=second)  # fmt: skip
    scope.fail("E210", f"`{name}` is called before it is declared", function.span, why=why,
               help="move its declaration above this line", second=second)  # fmt: skip


def called(node: nodes.Call, scope: Scope) -> str:
    """Return the function that a call names; a fault is reported and raises Poison."""
    if not isinstance(node.function, nodes.Name):
        _foreign_call(node, scope)
    assert isinstance(node.function, nodes.Name)
    name = node.function.name
    if name in scope.names:  # those of a body's arguments too
        place = (scope.names[name].span, "declared here")
        what = "hides the function" if name in FUNCTIONS else "is no function"
        edit = "choose another name for it" if name in FUNCTIONS else f"subscripts: `{name}[...]`"
        square: tuple[Edit, ...] = ()
        if name not in FUNCTIONS and all(a.name is None for a in node.arguments):
            inner = scope.source.slice(Span(node.function.span.end, node.span.end)).strip()
            square = (Edit(Span(node.function.span.end, node.span.end), f"[{inner[1:-1]}]"),)
        scope.fail("E208", f"`{name}` is a declared name and {what}", node.function.span,
                   second=place, help=edit, edits=square)  # fmt: skip
    if name in DISTRIBUTIONS:
        scope.fail("E203", f"`{name}` is a distribution, not a value", node.span,
                   help=f"draw from it: `latent x ~ {name}(...)`")  # fmt: skip
    if name not in FUNCTIONS:
        _unknown_function(name, node, scope)
    return name


def reached(node: nodes.DefDecl, known: Mapping[str, nodes.DefDecl]) -> set[str]:
    """Return the functions that a definition calls, directly or by way of others."""
    found: set[str] = set()
    agenda = [node]
    while agenda:
        one = agenda.pop()
        for part in walk((one.lets, one.result)):
            match part:
                case nodes.Call(function=nodes.Name(name=name)) if name in known:
                    agenda += [known[name]] if name not in found else []
                    found.add(name)
    return found


def _of_two(name: str, arguments: Sequence[object]) -> bool:
    """Whether `min` and `max` are of two values, not of an array."""
    return name in ("min", "max") and len(arguments) == 2


def in_order(name: str, node: nodes.Call, scope: Scope) -> list[int | Const]:
    """Return where each argument of the table stands in a call; absent ones at their defaults."""
    row, given = FUNCTIONS[f"{name}2" if _of_two(name, node.arguments) else name], node.arguments
    found: list[int | Const] = [i for i, a in enumerate(given) if a.name is None]
    if not row.low <= len(found) <= row.high:
        wanted = str(row.low) if row.low == row.high else f"{row.low} to {row.high}"
        wanted = f"{row.low} or more" if row.high == MANY else wanted
        plural = "argument" if wanted == "1" else "arguments"
        by_name = " by position" if row.named else ""
        message = f"`{name}` takes {wanted} {plural}{by_name}, here {len(found)}"
        scope.fail("E307", message, node.span)
    places: dict[str, int] = {}
    for i, a in enumerate(given):
        if a.name is None:
            continue
        if a.name in places:
            scope.fail("E307", f"`{a.name}` is given twice", a.span,
                       second=(given[places[a.name]].span, "first given here"))  # fmt: skip
        if a.name not in [p.name for p in row.named]:
            names = ", ".join(f"`{p.name}`" for p in row.named)
            edit = f"by name it takes {names}" if names else "its arguments have no names"
            scope.fail("E307", f"`{name}` has no argument `{a.name}`", a.span, help=edit)
        places[a.name] = i
    for p in row.named:
        if p.name not in places and p.default is None:
            scope.fail("E307", f"`{name}` lacks `{p.name}=`", node.span,
                       help=f"write `{scope.text(node.span)[:-1]}, {p.name} = ...)`")  # fmt: skip
        found.append(places.get(p.name, Const(p.default or 0, Type("positive"))))
    return found


def completed(kernel: nodes.Expr, points: nodes.Argument, scope: Scope) -> nodes.Expr:
    """The call of a kernel, `rbf(length=2)`, with the points that it leaves out."""
    kernels = [name for name, row in FUNCTIONS.items() if row.named]
    match kernel:
        case nodes.Call(function=nodes.Name(name=name), arguments=arguments) if name in kernels:
            extra = next((a for a in arguments if a.name is None), None)
            if extra is not None:
                scope.fail("E405", f"the points of `{name}` are left out here", extra.span,
                           why="they are the first argument of the process")  # fmt: skip
            first = replace(points, name=None)
            return replace(kernel, arguments=(first, first, *arguments))
        case _:
            scope.fail(
                "E405",
                "the kernel is a call with its points left out",
                kernel.span,
                help="one of: " + ", ".join(f"`{n}(length=...)`" for n in kernels),
            )


def applied(name: str, arguments: tuple[Expr, ...], span: Span, scope: Scope) -> Expr:
    """Type the call of a function with its arguments."""
    if _of_two(name, arguments):
        name += "2"
    for given in arguments:
        if given.type.kind == "string":
            scope.fail("E305", "a label is no number", given.span)
    if name == "stack":
        return listed(arguments, span, scope)
    if name == "size":
        return size_of(arguments[0], span, scope)
    cells = over_cells(name, arguments, span, scope)
    if cells is not None:
        return cells
    kind = result(name, arguments, span, scope)
    return Apply(name, arguments, kind, span)
