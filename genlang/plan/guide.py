"""The guide's statements over plates, with those of the model that it reads in front of them."""

from dataclasses import replace

from genlang.check.model import Define, Model, Param, Statement, Variable
from genlang.check.walk import expressions, symbols
from genlang.diagnostics import Diagnostic, ModelError
from genlang.plan.graph import on_plates


def guided(model: Model, missing: frozenset[str]) -> tuple[Statement, ...]:
    """Return what the guide's function has to write: none where the model has no guide.

    `missing` are the observed names with missing cells. Raises ModelError (E631) where the guide
    reads one of them: it would read what stands in for the empty cells.
    """
    if model.guide is None:
        return ()
    own = model.guide.statements
    needed = _reads(own)
    for s in reversed(model.statements):
        if isinstance(s, Define | Param) and s.target in needed:
            needed |= _reads((s,))
    before = tuple(
        s for s in model.statements if isinstance(s, Define | Param) and s.target in needed
    )
    every = (*before, *own)
    faults = [_unseen(v, own) for v in _ordered(_reads(every)) if v.name in missing]
    if faults:
        raise ModelError(faults, model.source)
    return on_plates(replace(model, statements=every, guide=None))


def _reads(statements: tuple[Statement, ...]) -> set[Variable]:
    return {
        v for s in statements for e in expressions(s) for v in symbols(e) if isinstance(v, Variable)
    }


def _ordered(variables: set[Variable]) -> list[Variable]:
    return sorted(variables, key=lambda v: v.span.start)


def _unseen(variable: Variable, own: tuple[Statement, ...]) -> Diagnostic:
    reader = next((s for s in own if variable in _reads((s,))), own[0])
    return Diagnostic(
        "E631", f"the guide reads `{variable.name}`, some of whose cells are missing", reader.span,
        why="it would take the missing cells for numbers; such guides are not supported yet",
        help="leave the rows with missing cells out, or let the guide read other data",
        second=(variable.span, "declared here"),
    )  # fmt: skip


def fittable(model: Model) -> None:
    """Raise ModelError (E290) for a model with networks or a guide: no method fits one yet."""
    what = [("networks", net.span) for net in model.nets[:1]]
    what += [("a guide", model.guide.span)] if model.guide is not None else []
    if not what:
        return
    words = " and ".join(name for name, _ in what)
    message = f"fitting a model with {words} is not supported yet"
    edit = "`genlang compile` prints its program, which Pyro can train"
    raise ModelError([Diagnostic("E290", message, what[0][1], help=edit)], model.source)
