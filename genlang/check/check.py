"""AST -> Model: names, types and dims; all independent errors in one run."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from genlang.check import draws, statements
from genlang.check.definitions import define, unused
from genlang.check.expressions import iteration, known_expression
from genlang.check.influence import warnings
from genlang.check.later import misread
from genlang.check.model import Dim, Extent, Loop, Model, Statement, Variable
from genlang.check.promises import known_checks
from genlang.check.rows import rows_left
from genlang.check.scope import Poison, Scope
from genlang.diagnostics import Diagnostic
from genlang.source import Source, Span
from genlang.syntax import nodes


def check(file: nodes.File, source: Source) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Check a file; the Model is None where there are errors."""
    scope = Scope(source, broken=set(file.lost))
    scope.later.update(_declared(file.statements))
    scope.indices.update(_indices(file.statements))
    scope.definitions = {d.name.name: d for d in reversed(_definitions(file.statements))}
    out: list[Statement] = []
    for node in file.statements:
        _statement(node, scope, out)
    if any(d.severity == "error" for d in scope.found):
        return None, tuple(scope.found)
    dims = tuple(s for s in scope.names.values() if isinstance(s, Dim))
    variables = tuple(s for s in scope.names.values() if isinstance(s, Variable))
    out += known_checks(scope.checks, out)
    model = Model(source, dims, variables, tuple(out), tuple(scope.functions))
    late = [*misread(model), *rows_left(model)]
    if late:
        return None, (*scope.found, *late)
    scope.found += [*warnings(model, scope.used), *unused(scope)]
    return model, tuple(scope.found)


def _declared(statements_: Iterable[nodes.Statement]) -> Iterator[tuple[str, Span]]:
    """The names of all declarations with their places, the first of each name last."""
    every: list[tuple[str, Span]] = []
    for node in statements_:
        match node:
            case nodes.DimDecl(items=items):
                every += [(i.name.name, i.name.span) for i in items]
            case nodes.ValueDecl(targets=targets) | nodes.DrawDecl(targets=targets):
                every += [(t.name.name, t.name.span) for t in targets]
            case nodes.DefDecl(name=name):
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
            case nodes.NetDecl(name=name, span=span):
                scope.broken.add(name.name)
                _later(span, scope)
            case nodes.GuideBlock(span=span):
                _later(span, scope)
    except Poison:
        return


def _later(span: Span, scope: Scope) -> None:
    word = scope.source.slice(span).split(maxsplit=1)[0].rstrip(":")
    place = Span(span.start, span.start + len(word))
    scope.fail("E290", f"`{word}` is not supported yet", place)


def _block(node: nodes.ForBlock, scope: Scope, out: list[Statement]) -> None:
    # After a fault in the header the body is read all the same, in a loop over nothing known.
    loop = _header(node, scope) or Loop(node.name.name, Extent(None), span=node.span)
    with scope.inside(loop):
        outside, scope.pending = scope.pending, scope.pending | dict(_below(node, scope))
        for child in node.body:
            _statement(child, scope, out)
        scope.pending = outside


def _header(node: nodes.ForBlock, scope: Scope) -> Loop | None:
    name = node.name.name
    try:
        scope.taken(name, node.name.span)
        loop = iteration(node.over, name, node.span, scope)
        if node.weight is not None:
            with scope.inside(loop):
                weight = known_expression(node.weight, scope, "the weight of a loop")
            # The weight is read in the loop that carries it: the one symbol that refers to itself.
            object.__setattr__(loop, "weight", weight)
    except Poison:
        return None
    return loop


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
