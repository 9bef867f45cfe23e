"""The arrows, in one place: text -> AST -> Model -> Plan -> program text."""

from dataclasses import dataclass

from genlang.check.check import check
from genlang.check.model import Model
from genlang.diagnostics import Diagnostic, ModelError
from genlang.emit.program import emit
from genlang.plan.cost import fixed, over_budget
from genlang.plan.plan import Plan, plan
from genlang.source import Source
from genlang.syntax.parser import parse


@dataclass(frozen=True, slots=True)
class Compiled:
    """Every form of one model; `diagnostics` are its warnings."""

    model: Model
    plan: Plan
    text: str
    diagnostics: tuple[Diagnostic, ...]


def check_text(text: str, name: str = "model.gen") -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Parse and check; returns the Model (None after an error) and all diagnostics, by place."""
    source = Source(text, name)
    file, syntax = parse(source)
    if any(d.severity == "error" for d in syntax):
        # What could be parsed is checked too, for its independent errors' sake.
        _, more = check(file, source)
        known = [d for d in more if d.severity == "error"]
        return None, _by_place((*syntax, *known))
    model, found = check(file, source)
    every = _by_place((*syntax, *found))
    if model is None or any(d.severity == "error" for d in every):
        return None, every
    try:
        planned = plan(model)
    except ModelError as error:
        return None, _by_place((*every, *error.diagnostics))
    large = over_budget(planned, fixed)
    if large is not None:
        return None, _by_place((*every, large))
    return model, every


def _by_place(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(diagnostics, key=lambda d: d.span.start if d.span else 0))


def compile_text(
    text: str, name: str = "model.gen", missing: frozenset[str] = frozenset()
) -> Compiled:
    """Compile a model; raises ModelError with every diagnostic."""
    model, diagnostics = check_text(text, name)
    if model is None:
        raise ModelError(diagnostics, Source(text, name))
    planned = plan(model, missing)
    return Compiled(model, planned, emit(planned), diagnostics)
