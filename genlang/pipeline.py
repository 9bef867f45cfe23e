"""The arrows, in one place: text -> AST -> Model -> Plan -> program text."""

from dataclasses import dataclass
from functools import cached_property

from genlang.check.check import check
from genlang.check.model import Model
from genlang.diagnostics import Diagnostic, ModelError
from genlang.pasted import Pasted, pasted, respelt
from genlang.plan.cost import fixed, over_budget
from genlang.plan.plan import Plan, plan
from genlang.plan.weights import too_heavy
from genlang.source import Edit, Source, Span
from genlang.syntax.parser import parse

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Compiled:
    """Every form of one model; `diagnostics` are its warnings."""

    model: Model
    plan: Plan
    diagnostics: tuple[Diagnostic, ...]

    @cached_property
    def text(self) -> str:
        """The program. Its emitter is loaded here, so that `check` and `explain` start sooner."""
        from genlang.emit.program import emit

        return emit(self.plan)


def check_text(
    text: str, name: str = "model.gen", *, python: bool = False
) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Parse and check; returns the Model (None after an error) and all diagnostics, by place.

    `python` allows networks that are Python code.
    """
    planned, model, found = _planned(text, name, python=python)
    return (None if planned is None else model), found


def compile_text(
    text: str, name: str = "model.gen", missing: frozenset[str] = NOTHING, *, python: bool = False
) -> Compiled:
    """Compile a model, `python` as for `check_text`; raises ModelError with every diagnostic."""
    planned, model, diagnostics = _planned(text, name, python=python)
    if planned is None or model is None:
        raise ModelError(diagnostics, Source(text, name))
    return specialized(Compiled(model, planned, diagnostics), missing)


def specialized(compiled: Compiled, missing: frozenset[str]) -> Compiled:
    """Return a model compiled for data in which these observed names have missing cells.

    Raises ModelError (E706) where such a cell cannot be unknown.
    """
    if not missing:
        return compiled
    planned = plan(compiled.model, missing)
    return Compiled(compiled.model, planned, compiled.diagnostics)


def _planned(
    text: str, name: str, *, python: bool
) -> tuple[Plan | None, Model | None, tuple[Diagnostic, ...]]:
    """The plan and the Model, None after an error, and all diagnostics."""
    source = Source(text, name)
    foreign = pasted(text)
    if foreign is not None:
        return None, None, (_of_another_language(foreign, text),)
    file, syntax = parse(source)
    syntax = tuple(respelt(d, source) for d in syntax)
    model, found = check(file, source, python=python)
    if any(d.severity == "error" for d in syntax):
        # What could be parsed is checked too, for its independent errors' sake.
        return None, None, _by_place((*syntax, *(d for d in found if d.severity == "error")))
    every = _by_place((*syntax, *found))
    if model is None or any(d.severity == "error" for d in every):
        return None, None, every
    try:
        planned = plan(model)
    except ModelError as error:
        return None, None, _by_place((*every, *error.diagnostics))
    large = over_budget(planned, fixed) or too_heavy(model, fixed)
    if large is not None:
        return None, None, _by_place((*every, large))
    return planned, model, every


def _of_another_language(found: Pasted, text: str) -> Diagnostic:
    """One message for a whole program; its edit is offered where the result is a model."""
    message = f"this is {found.what}"
    edits: tuple[Edit, ...] = ()
    if found.program and check_text(found.program)[0] is not None:
        edits = (Edit(Span(0, len(text)), found.program),)
    return Diagnostic("E112", message, found.span, found.why, found.help, edits=edits)


def _by_place(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(diagnostics, key=lambda d: d.span.start if d.span else 0))
