"""The certain edits of a model's diagnostics, applied until none is left."""

from collections.abc import Iterable
from dataclasses import replace

from genlang.check.model import Model
from genlang.diagnostics import Diagnostic
from genlang.pipeline import check_text
from genlang.records import dataclass
from genlang.source import Edit, Span, edited

ROUNDS = 100  # each applies all edits that are apart from one another


@dataclass(frozen=True)
class Fixed:
    """A text after its fixes.

    `fixes` are the diagnostics that are gone, their places those of the given text; `diagnostics`
    are what is left, of the new one. `model` is None where errors are left.
    """

    text: str
    fixes: tuple[Diagnostic, ...]
    diagnostics: tuple[Diagnostic, ...]
    model: Model | None


@dataclass(frozen=True)
class _State:
    text: str
    model: Model | None
    found: tuple[Diagnostic, ...]


def fix(text: str, name: str = "model.gen") -> Fixed:
    """Apply the certain edits of a model's diagnostics, and of those that show up then.

    No two edits of a round overlap. An edit is taken back where its diagnostic stays, or where the
    text can be read less far than before.
    """
    windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
    plain = text.replace("\r\n", "\n") if windows else text
    # The way from the new text to the given one.
    back = [
        tuple(Edit(Span(i, i + 1), "\r\n") for i, c in enumerate(plain) if windows and c == "\n")
    ]
    state = _State(plain, *check_text(plain, name))
    seen, fixes = {plain}, list[Diagnostic]()
    for _ in range(ROUNDS):
        step = _step(state, name)
        if step is None or step[0].text in seen:
            break
        after, chosen = step
        for d in chosen:
            assert d.span is not None
            fixes.append(replace(d, span=_given(d.span, back)))
        back.append(_inverse(_edits(chosen)))
        state = after
        seen.add(state.text)
    final = state.text.replace("\n", "\r\n") if windows else state.text
    model, found = check_text(final, name) if windows else (state.model, state.found)
    return Fixed(final, tuple(fixes), found, model)


def _step(state: _State, name: str) -> tuple[_State, list[Diagnostic]] | None:
    """One round: all edits that are apart, or the first that does no harm."""
    chosen = _apart(state.found)
    trials = [chosen, *([d] for d in chosen if len(chosen) > 1)] if chosen else []
    for trial in trials:
        edits = _edits(trial)
        text = edited(state.text, edits)
        after = _State(text, *check_text(text, name))
        if not _worse(state, trial, edits, after):
            return after, trial
    return None


def _apart(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics with edits, but those whose edits meet one that is chosen before."""
    chosen: list[Diagnostic] = []
    taken: list[Span] = []
    for d in found:
        spans = [e.span for e in d.edits]
        if d.span is None or not spans:
            continue
        if any(s.start <= t.end and t.start <= s.end for s in spans for t in taken):
            continue
        chosen.append(d)
        taken += spans
    return chosen


def _edits(chosen: Iterable[Diagnostic]) -> tuple[Edit, ...]:
    return tuple(sorted((e for d in chosen for e in d.edits), key=lambda e: e.span.start))


def _worse(
    before: _State, chosen: list[Diagnostic], edits: tuple[Edit, ...], after: _State
) -> bool:
    if _read(after) < _moved(_read(before), edits):
        return True
    left = {(d.code, d.message, d.span.start) for d in after.found if d.span is not None}
    return any(
        (d.code, d.message, _moved(d.span.start, edits)) in left
        for d in chosen
        if d.span is not None
    )


def _read(state: _State) -> int:
    """How far a text can be read: the place of its first fault of syntax, or its end."""
    faults = (d.span.start for d in state.found if d.code.startswith("E1") and d.span is not None)
    return min(faults, default=len(state.text))


# -- Places before and after edits ------------------------------------------------------------


def _moved(offset: int, edits: tuple[Edit, ...]) -> int:
    """Where an offset lies after edits; inside one, where the edit begins."""
    by = 0
    for edit in edits:
        if offset < edit.span.end:
            return min(offset, edit.span.start) + by
        by += len(edit.text) - (edit.span.end - edit.span.start)
    return offset + by


def _inverse(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Edits of the new text as long as those that undo them; only lengths matter."""
    found: list[Edit] = []
    by = 0
    for edit in edits:
        start, old = edit.span.start + by, edit.span.end - edit.span.start
        found.append(Edit(Span(start, start + len(edit.text)), " " * old))
        by += len(edit.text) - old
    return tuple(found)


def _given(span: Span, back: list[tuple[Edit, ...]]) -> Span:
    start, end = span.start, span.end
    for edits in reversed(back):
        start, end = _moved(start, edits), _moved(end, edits)
    return Span(start, max(start, end))
