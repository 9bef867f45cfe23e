"""Warnings about a whole model: names that nothing reads, unknowns that no data inform."""

from collections.abc import Iterator
from typing import assert_never

from genlang.check import exchangeable
from genlang.check.model import (
    Define,
    Dim,
    Draw,
    Expr,
    Factor,
    Given,
    Loop,
    Model,
    Net,
    Param,
    Require,
    Statement,
    Symbol,
    Variable,
)
from genlang.check.walk import bounds, law_expressions, symbols
from genlang.diagnostics import Diagnostic


def warnings(model: Model, used: set[str]) -> list[Diagnostic]:
    """Return the warnings of a model without errors."""
    found: list[Diagnostic] = []
    own = () if model.guide is None else model.guide.variables
    declared: tuple[Dim | Variable | Net, ...] = (
        *model.dims, *model.variables, *model.nets, *own
    )  # fmt: skip
    for symbol in declared:
        unread = symbol.name not in used
        given = isinstance(symbol, Variable) and symbol.role == "data"
        if unread and (symbol in own or not isinstance(symbol, Variable)
                       or symbol.role in ("let", "data")):  # fmt: skip
            message = f"`{symbol.name}` is never used"
            edit = "" if given else "delete it"
            found.append(Diagnostic("W501", message, symbol.span, help=edit))
    return found + _uninformed(model) + exchangeable.warnings(model)


def _uninformed(model: Model) -> list[Diagnostic]:
    """Unknowns that no observed line and no factor depends on."""
    reads: dict[Variable, set[Variable]] = {}
    reached: set[Variable] = set()
    evidence = False
    for statement in model.statements:
        read = {s for s in _read(statement) if isinstance(s, Variable)}
        match statement:
            case Draw(target=target) if target.role not in ("latent", "generated"):
                evidence = True
                reached |= read
                reads.setdefault(target, set()).update(read)
            case Factor():
                evidence = True
                reached |= read
            case Draw(target=target) | Define(target=target) | Param(target=target):
                reads.setdefault(target, set()).update(read)
            case _:
                continue
    if not evidence:
        return []
    if model.guide is not None:  # what it reads is found by fitting the guide
        guided = (symbol for s in model.guide.statements for symbol in _read(s))
        reached |= {v for v in guided if isinstance(v, Variable) and v.role == "param"}
    agenda = list(reached)
    while agenda:
        for variable in reads.get(agenda.pop(), ()):
            if variable not in reached:
                reached.add(variable)
                agenda.append(variable)
    return [
        Diagnostic(
            "W502",
            f"nothing observed depends on `{v.name}`",
            v.span,
            why="the data say nothing about it: its posterior is its prior"
            if v.role == "latent"
            else "the data say nothing about it, so it cannot be estimated",
        )
        for v in model.variables
        if v.role in ("latent", "param") and v not in reached
    ]


def _read(statement: Statement) -> Iterator[Symbol]:
    """The symbols that a statement reads, those of its loops included."""
    exprs: tuple[Expr, ...]
    loops: tuple[Loop, ...]
    match statement:
        case Draw(law=law, loops=loops, subscripts=subscripts):
            exprs = (*law_expressions(law), *subscripts)
        case Define(value=value, loops=loops) | Factor(value=value, loops=loops):
            exprs = (value,)
        case Param(start=start, lower=lower, upper=upper, loops=loops):
            exprs = tuple(e for e in (start, lower, upper) if e is not None)
        case Require(condition=condition, loops=loops):
            exprs = (condition,)
        case Given(default=default):
            exprs, loops = (() if default is None else (default,)), ()
        case _ as never:
            assert_never(never)
    for expr in (*exprs, *_of_loops(loops)):
        yield from symbols(expr)


def _of_loops(loops: tuple[Loop, ...]) -> Iterator[Expr]:
    for loop in loops:
        yield from bounds(loop)
        if loop.weight is not None:
            yield loop.weight
