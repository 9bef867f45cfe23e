"""Small slips: a sign left out, one too many, a line that ends too early."""

import re

from genlang.diagnostics import Diagnostic
from genlang.source import Edit, Span
from genlang.syntax.spot import DRAWS, LAW, Spot, unclosed

SIGNS = r"(?:[-+*/@^%=~,]|\b(?:and|or|not|in)\b)$"


def slip(spot: Spot) -> Diagnostic | None:
    """Return what was left out or added, where that is plain."""
    for rule in (_end_of_line, _choice, _missing_tilde, _missing_comma, _types, _header, _bounds):
        found = rule(spot)
        if found is not None:
            return found
    return None


def _end_of_line(spot: Spot) -> Diagnostic | None:
    if spot.word == "," and not spot.rest[1:].split("#")[0].strip():
        if unclosed(spot.text, spot.where) is None:
            message = "a comma ends this line"
            gone = Edit(spot.place, "")
            return Diagnostic("E115", message, spot.place, help="delete it", edits=(gone,))
        return None
    found = re.search(SIGNS, spot.before)
    if spot.word or found is None:
        return None
    sign = found.group()
    message = f"the line ends after `{sign}`"
    if sign == ",":
        place = spot.find(r",(?=\s*(?:#|$))")
        return Diagnostic("E115", message, spot.place, help="delete it", edits=(Edit(place, ""),))
    edit = "brackets let an expression go on in the next line"
    return Diagnostic("E115", message, spot.place, help=edit)


def _choice(spot: Spot) -> Diagnostic | None:
    if spot.word == "if" and re.search(r"[=~(,\[]$", spot.before):
        edit = "write `a if condition else b`"
        return Diagnostic("E115", "a choice begins with its first value", spot.place, help=edit)
    last = spot.before.rfind(" if ")
    if last >= 0 and "else" not in spot.before[last:] and spot.word in ("", ")", ",", "]"):
        edit = "write `a if condition else b`"
        return Diagnostic("E115", "this choice has no `else`", spot.place, help=edit)
    return None


def _missing_tilde(spot: Spot) -> Diagnostic | None:
    law = LAW.match(spot.rest)
    if spot.declares in DRAWS and "~" not in spot.before and law and not _inside(spot):
        message = f"`~` is missing before `{spot.word}`"
        sign = Edit(Span(spot.where, spot.where), "~ ")
        return Diagnostic("E109", message, spot.place, help=spot.edited(sign), edits=(sign,))
    return None


def _inside(spot: Spot) -> bool:
    return unclosed(spot.text, spot.where) is not None


def _missing_comma(spot: Spot) -> Diagnostic | None:
    operand = re.match(r'\w|"', spot.word) and re.search(r'[\w\])"]$', spot.before)
    if not (operand and _inside(spot)) or re.search(r"\bin \w+$", spot.before):
        return None
    if spot.word in ("if", "else", "for", "in", "then", "and", "or", "not"):
        return None
    message = f"a comma or an operator is missing before `{spot.word}`"
    return Diagnostic("E115", message, spot.place, help=f"write `, {spot.word}`")


def _types(spot: Spot) -> Diagnostic | None:
    if spot.declares not in ("data", "param"):
        return None
    kind = re.search(r":\s*(\w+)$", spot.before)
    if spot.word == "," and re.search(r":\s*\w+(?:\([^()]*\))?(?:\[[^\[\]]*\])?$", spot.before):
        edit = f"write `{spot.declares} {spot.rest[1:].split('#')[0].strip()}` on a line of its own"
        why = "names on one line share one type, which stands at its end"
        parted = Edit(spot.find(r",[ \t]*", spot.where), f"\n{spot.indent}{spot.declares} ")
        return Diagnostic("E115", "the type ends the line", spot.place, why, edit, edits=(parted,))
    bounds = re.match(r"<([^<>]*)>", spot.rest)
    if kind and bounds:
        place = Span(spot.where, spot.where + bounds.end())
        round_ = Edit(place, f"({bounds.group(1)})")
        message = "bounds stand in round brackets"
        return Diagnostic("E112", message, place, help=spot.edited(round_), edits=(round_,))
    compared = re.match(r"(<=?|>=?)\s*([-\w.]+)", spot.rest)
    if kind and compared:
        end = "upper" if compared.group(1).startswith("<") else "lower"
        start = spot.line_start + len(spot.text[spot.line_start : spot.where].rstrip())
        place = Span(start, spot.where + compared.end())
        bound = Edit(place, f"({end}={compared.group(2)})")
        certain = (bound,) if compared.group(1).endswith("=") else ()
        message = "a bound is written in the type"
        return Diagnostic("E112", message, spot.place, help=spot.edited(bound), edits=certain)
    return None


def _header(spot: Spot) -> Diagnostic | None:
    if spot.declares != "for" or _inside(spot):
        return None
    if spot.before.endswith(":") and spot.word:
        message = "the block of a loop begins on a new line"
        edit = "indent it by four spaces below"
        start = spot.line_start + len(spot.text[spot.line_start : spot.where].rstrip())
        below = Edit(Span(start, spot.where), f"\n{spot.indent}    ")
        return Diagnostic("E115", message, spot.place, help=edit, edits=(below,))
    if spot.word == "," and " in " not in spot.before:
        message = "a loop has one index"
        return Diagnostic("E115", message, spot.place, help="write one `for` inside the other")
    return None


def _bounds(spot: Spot) -> Diagnostic | None:
    """`Normal(0, 1) T(0, )` of Stan and JAGS."""
    cut = re.match(r"[TI]\s*[(\[]\s*([^,()\[\]]*),?\s*([^()\[\]]*)[)\]]", spot.rest)
    law = re.search(r"~\s*(.*)\)$", spot.before)
    if not cut or not law:
        return None
    low, high = cut.group(1).strip(), cut.group(2).strip()
    ends = ", ".join(f"{n}={e}" for n, e in (("lower", low), ("upper", high)) if e)
    edit = f"write `{law.group(1)}, {ends})`"
    place = Span(spot.where, spot.where + cut.end())
    close = spot.text.rindex(")", 0, spot.where)
    moved = Edit(Span(close, place.end), f", {ends})" if ends else ")")
    message = "a truncation is written in the distribution"
    return Diagnostic("E112", message, place, help=edit, edits=(moved,))
