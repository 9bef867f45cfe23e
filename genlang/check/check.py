"""AST -> Model: names, types and dims; all independent errors in one run."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

from genlang.check import draws, statements
from genlang.check.definitions import define, unused
from genlang.check.densities import density
from genlang.check.guide import blocks, guide, own_names
from genlang.check.header import loop_of
from genlang.check.influence import warnings
from genlang.check.later import misread, unmeasured
from genlang.check.model import Dim, Extent, Guide, Loop, Model, Net, Statement, Variable
from genlang.check.nets import net
from genlang.check.promises import known_checks
from genlang.check.rows import rows_left
from genlang.check.scope import Poison, Scope
from genlang.diagnostics import Diagnostic
from genlang.source import Source, Span
from genlang.syntax import nodes


def check(
    file: nodes.File, source: Source, *, python: bool = False
) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Check a file; the Model is None where there are errors. `python` allows Python's networks."""
    scope = Scope(source, density, broken=set(file.lost), python=python)
    scope.later.update(_declared(file.statements))
    scope.indices.update(_indices(file.statements))
    scope.definitions = {d.name.name: d for d in reversed(_definitions(file.statements))}
    out: list[Statement] = []
    scope.nets.update(n.name.name for n in _nets(file.statements))
    guides = tuple(blocks(file.statements))
    scope.guided.update(name for g in guides for name in own_names(g.body))
    for node in file.statements:
        _statement(node, scope, out)
    names = tuple(s for s in scope.names.values() if isinstance(s, Variable))
    variables = tuple(v for v in names if v.name not in scope.laws)
    found = _guide(guides, file, tuple(out), scope)
    if any(d.severity == "error" for d in scope.found):
        return None, tuple(scope.found)
    dims = tuple(s for s in scope.names.values() if isinstance(s, Dim))
    out += known_checks(scope.checks, out)
    nets = tuple(s for s in scope.names.values() if isinstance(s, Net))
    model = Model(source, dims, variables, tuple(out), tuple(scope.functions), nets, found)
    late = [*misread(model), *unmeasured(model), *rows_left(model)]
    if late:
        return None, (*scope.found, *late)
    scope.found += [*warnings(replace(model, variables=names), scope.used), *unused(scope)]
    return model, tuple(scope.found)


def _guide(
    guides: tuple[nodes.GuideBlock, ...], file: nodes.File, out: tuple[Statement, ...], scope: Scope
) -> Guide | None:
    """The first guide of a file; others, and those in loops, are errors."""
    found: Guide | None = None
    for node in guides:
        with suppress(Poison):
            if node is not guides[0]:
                scope.fail("E621", "a model has one guide", node.span,
                           help="write its lines into the first one",
                           second=(guides[0].span, "the first guide"))  # fmt: skip
            if node not in file.statements:
                scope.fail("E621", "a guide stands outside of all loops", node.span,
                           help="write it at the left margin, with loops of its own")  # fmt: skip
            found = guide(node, out, scope)
    return found


def _declared(statements_: Iterable[nodes.Statement]) -> Iterator[tuple[str, Span]]:
    """The names of all declarations with their places, the first of each name last."""
    every: list[tuple[str, Span]] = []
    for node in statements_:
        match node:
            case nodes.DimDecl(items=items):
                every += [(i.name.name, i.name.span) for i in items]
            case nodes.ValueDecl(targets=targets) | nodes.DrawDecl(targets=targets):
                every += [(t.name.name, t.name.span) for t in targets]
            case nodes.DefDecl(name=name) | nodes.NetDecl(name=name):
                every.append((name.name, name.span))
            case nodes.ForBlock(body=body):
                every += _declared(body)
            case _:
                continue
    yield from reversed(every)


def _definitions(statements_: Iterable[nodes.Statement]) -> list[nodes.DefDecl]:
    """All `def`s, those that stand in a loop by mistake too."""
    found: list[nodes.DefDecl] = []
    for node in statements_:
        match node:
            case nodes.DefDecl():
                found.append(node)
            case nodes.ForBlock(body=body):
                found += _definitions(body)
            case _:
                continue
    return found


def _nets(statements_: Iterable[nodes.Statement]) -> Iterator[nodes.NetDecl]:
    """The networks of a file."""
    for node in statements_:
        match node:
            case nodes.NetDecl():
                yield node
            case nodes.ForBlock(body=body):
                yield from _nets(body)
            case _:
                continue


def _indices(statements_: Iterable[nodes.Statement]) -> Iterator[tuple[str, Span]]:
    """The indices of all loops and binders with their places, the last of each name last."""
    for node in statements_:
        match node:
            case nodes.ForBlock(name=name, span=span, body=body):
                yield name.name, span
                yield from _indices(body)
            case nodes.ValueDecl(targets=targets) | nodes.DrawDecl(targets=targets):
                for target in targets:
                    for sub in target.subscripts:
                        if isinstance(sub, nodes.Binder):
                            yield sub.name.name, sub.span
            case _:
                continue


def _statement(node: nodes.Statement, scope: Scope, out: list[Statement]) -> None:
    try:
        match node:
            case nodes.DimDecl():
                statements.dims(node, scope)
            case nodes.ValueDecl():
                statements.value(node, scope, out)
            case nodes.DrawDecl():
                draws.draw(node, scope, out)
            case nodes.FactorDecl():
                statements.factor(node, scope, out)
            case nodes.RequireDecl():
                statements.require(node, scope, out)
            case nodes.ForBlock():
                _block(node, scope, out)
            case nodes.DefDecl():
                define(node, scope)
            case nodes.NetDecl(name=name):
                with scope.declaration(name.name):
                    net(node, scope)
            case nodes.GuideBlock():
                return  # checked last
    except Poison:
        return


def _block(node: nodes.ForBlock, scope: Scope, out: list[Statement]) -> None:
    # After a fault in the header the body is read all the same, in a loop over nothing known.
    loop = loop_of(node, scope) or Loop(node.name.name, Extent(None), span=node.span)
    with scope.inside(loop):
        outside, scope.pending = scope.pending, scope.pending | dict(_below(node, scope))
        for child in node.body:
            _statement(child, scope, out)
        scope.pending = outside


def _below(
    node: nodes.ForBlock, scope: Scope
) -> Iterator[tuple[str, Callable[..., Variable | None]]]:
    """How to make the variables of a block that lagged reads above them may name."""
    for child in node.body:
        match child:
            case nodes.DrawDecl(targets=targets) | nodes.ValueDecl(word="let", targets=targets):
                for target in targets:
                    make = partial(draws.predeclare, child, target, scope)
                    yield target.name.name, make
            case _:
                continue
