"""Emitted text -> module: checked against an allow-list of syntax, then executed.

The text is ours, but a model file may come from a stranger: whatever a compiler bug lets through
must not be able to do anything but compute.
"""

import ast
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

IMPORTS = frozenset({"math", "pyro", "torch", "pyro.distributions"})
FROM = frozenset(
    {
        "genlang.runtime",
        "genlang.runtime.cells",
        "genlang.runtime.chains",
        "genlang.runtime.nets",
        "genlang.runtime.reductions",
        "genlang.runtime.steps",
        "genlang.runtime.totals",
        "pyro.distributions",
        "pyro.infer",
    }
)
ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Expr, ast.Assign, ast.With,
    ast.withitem, ast.Import, ast.ImportFrom, ast.alias, ast.Name, ast.Load, ast.Store,
    ast.Attribute, ast.Call, ast.keyword, ast.Constant, ast.Tuple, ast.List, ast.Subscript,
    ast.Slice, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Lambda, ast.operator,
    ast.unaryop, ast.cmpop, ast.For, ast.If, ast.Pass, ast.Return, ast.Dict,
    ast.JoinedStr, ast.FormattedValue, ast.BoolOp, ast.boolop,
)  # fmt: skip


class ForeignSyntaxError(ValueError):
    """The text holds something that no emitted program contains."""


def verify(text: str) -> ast.Module:
    """Parse emitted text; raises ForeignSyntaxError at anything outside the allow-list."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if not isinstance(node, ALLOWED):
            raise ForeignSyntaxError(type(node).__name__)
        match node:
            case ast.Import(names=names) if any(a.name not in IMPORTS for a in names):
                raise ForeignSyntaxError(ast.unparse(node))
            case ast.ImportFrom(module=module) if module not in FROM:
                raise ForeignSyntaxError(ast.unparse(node))
            case ast.Name(id=name) | ast.Attribute(attr=name) if name.startswith("__"):
                raise ForeignSyntaxError(name)
            case _:
                pass
    return tree


@dataclass(frozen=True, slots=True)
class Program:
    """An executed program: functions of the data; `after` also takes the values of unknowns.

    `nets` returns the modules of the networks by name: `data` must hold them before the others run.
    """

    model: Callable[[Any], None]
    joint: Callable[[Any], None]
    after: Callable[[Any, Any], None] | None = None
    nets: Callable[..., dict[str, Any]] | None = None
    guide: Callable[[Any], None] | None = None


def load(text: str, name: str = "program") -> Program:
    """Execute an emitted program; tracebacks show its lines."""
    tree = verify(text)
    filename = f"<genlang {name}>"
    module = ModuleType(name)
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(tree, filename, "exec"), module.__dict__)  # noqa: S102 (checked above)
    rest = (getattr(module, name, None) for name in ("after", "nets", "guide"))
    return Program(module.model, module.joint, *rest)
