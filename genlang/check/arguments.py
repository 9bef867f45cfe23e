"""How the parameters of a distribution are given: by position, by name, in one of its forms."""

from typing import NoReturn

from genlang.check import foreign
from genlang.check.scope import Scope
from genlang.diagnostics import meant, suggest
from genlang.lang.distributions import Form, Row, signature
from genlang.source import Edit
from genlang.syntax import nodes


def matched(node: nodes.Call, row: Row, scope: Scope) -> dict[str, nodes.Argument]:
    """Return the arguments of a call by the names of parameters, bounds among them."""
    own = list(dict.fromkeys(p.name for f in row.forms for p in f.parameters))
    names = [*own, "lower", "upper"]
    result: dict[str, nodes.Argument] = {}
    canonical = row.forms[0].parameters
    for i, a in enumerate(node.arguments):
        if a.name is None:
            if i >= row.positional:
                _not_by_position(node, row, a, scope)
            result[canonical[i].name] = a
        elif a.name not in names:
            spelt = foreign.parameter(a.name, own, scope.text(a.value.span))
            near = [n for n in names if n.startswith(a.name) and len(a.name) > 2]  # `prob`
            near = near if len(near) == 1 else [n for n in names if n == meant(a.name, names)]
            edit = f"write `{spelt}`" if spelt else suggest(a.name, names) or f"write {ways(row)}"
            spelt = spelt or "".join(f"{n} = {scope.text(a.value.span)}" for n in near)
            scope.fail("E404", f"`{row.name}` has no parameter `{a.name}`", a.span, help=edit,
                       edits=(Edit(a.span, spelt),) if spelt else ())  # fmt: skip
        elif a.name in result:
            scope.fail("E404", f"`{a.name}` is given twice", a.span,
                       second=(result[a.name].span, "first given here"))  # fmt: skip
        else:
            result[a.name] = a
    return result


def _not_by_position(node: nodes.Call, row: Row, extra: nodes.Argument, scope: Scope) -> NoReturn:
    if row.positional:
        count = f"{row.positional} parameter{'s' if row.positional > 1 else ''}"
        scope.fail("E404", f"`{row.name}` takes {count} by position", extra.span,
                   help=f"write {ways(row)}")  # fmt: skip
    texts = [scope.text(a.value.span) for a in node.arguments]
    spelt: list[str] = []
    for form in row.forms:
        if len(form.parameters) == len(texts):
            named = zip(form.parameters, texts, strict=True)
            spelt.append(f"`{row.name}({', '.join(f'{p.name} = {t}' for p, t in named)})`")
    scope.fail("E404", f"`{row.name}` takes its parameters by name", extra.span,
               why="what stands first differs from system to system" if spelt else "",
               help="write " + (" or ".join(spelt) or ways(row)))  # fmt: skip


def ways(row: Row) -> str:
    """The ways to give a distribution's parameters."""
    return " or ".join(f"`{row.name}({signature(row, form)})`" for form in row.forms)


def form_of(node: nodes.Call, row: Row, given: set[str], scope: Scope) -> Form:
    """Return the form that has the given parameters."""
    for form in row.forms:
        names = {p.name for p in form.parameters}
        if given <= names and {p.name for p in form.parameters if p.default is None} <= given:
            return form
    open_forms = [f for f in row.forms if given <= {p.name for p in f.parameters}]
    edit = f"write {ways(row)}"
    if not open_forms:
        forms = [{p.name for p in f.parameters} for f in row.forms]
        apart = [n for n in given if any(not any({n, m} <= f for f in forms) for m in given)]
        pair = " and ".join(f"`{n}`" for n in sorted(apart or given))
        scope.fail("E404", f"{pair} of `{row.name}` exclude each other", node.span, help=edit)
    lacking = [
        " and ".join(f"`{p.name}`" for p in f.parameters if p.name not in given) for f in open_forms
    ]
    scope.fail("E404", f"`{row.name}` lacks {' or '.join(dict.fromkeys(lacking))}", node.span,
               help=edit)  # fmt: skip
