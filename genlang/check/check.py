"""AST -> Model: names, types and dims; all independent errors in one run."""

from genlang.check import statements
from genlang.check.expressions import expression, iteration
from genlang.check.model import Dim, Model, Statement, Variable
from genlang.check.scope import Poison, Scope
from genlang.diagnostics import Diagnostic
from genlang.source import Source
from genlang.syntax import nodes


def check(file: nodes.File, source: Source) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Check a file; the Model is None where there are errors."""
    scope = Scope(source)
    out: list[Statement] = []
    for node in file.statements:
        _statement(node, scope, out)
    if not scope.found:
        _unused(scope)
    if any(d.severity == "error" for d in scope.found):
        return None, tuple(scope.found)
    dims = tuple(s for s in scope.names.values() if isinstance(s, Dim))
    variables = tuple(s for s in scope.names.values() if isinstance(s, Variable))
    return Model(source, dims, variables, tuple(out)), tuple(scope.found)


def _statement(node: nodes.Statement, scope: Scope, out: list[Statement]) -> None:
    try:
        match node:
            case nodes.DimDecl():
                statements.dims(node, scope)
            case nodes.ValueDecl():
                statements.value(node, scope, out)
            case nodes.DrawDecl():
                statements.draw(node, scope, out)
            case nodes.FactorDecl():
                statements.factor(node, scope, out)
            case nodes.RequireDecl():
                statements.require(node, scope, out)
            case nodes.ForBlock():
                _block(node, scope, out)
            case nodes.NetDecl(span=span) | nodes.DefDecl(span=span) | nodes.GuideBlock(span=span):
                scope.fail("E290", "this declaration is not supported yet", span)
    except Poison:
        return


def _block(node: nodes.ForBlock, scope: Scope, out: list[Statement]) -> None:
    name = node.name.name
    if scope.loop(name) is not None or name in scope.names:
        scope.fail("E206", f"`{name}` is already a name here", node.name.span)
    loop = iteration(node.over, name, node.span, scope)
    if node.weight is not None:
        with scope.inside(loop):
            weight = expression(node.weight, scope)
        # The weight is read in the loop that carries it: the one symbol that refers to itself.
        object.__setattr__(loop, "weight", weight)
    with scope.inside(loop):
        for child in node.body:
            _statement(child, scope, out)


def _unused(scope: Scope) -> None:
    for name, symbol in scope.names.items():
        if name in scope.used or isinstance(symbol, Dim):
            continue
        if symbol.role in ("let", "data"):
            message = f"`{name}` is never used"
            scope.found.append(Diagnostic("W501", message, symbol.span))
