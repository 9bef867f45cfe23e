"""What an unexpected token means: one rule a mistake, the first that knows it speaks.

    Spot(text, where) --> Diagnostic

A rule looks at the line around the place where the parser stopped. Where the edit is certain, the
help is the edited line. What no rule knows gets the tokens that the grammar accepts (E110).
"""

import re
import unicodedata
from collections.abc import Callable

from genlang.diagnostics import Diagnostic, correction, suggest
from genlang.source import Edit, Span
from genlang.syntax.blocks import closing, outdented
from genlang.syntax.functions import definition, stray
from genlang.syntax.lalr import Unexpected
from genlang.syntax.slips import slip
from genlang.syntax.spellings import loop, operator, python, stan
from genlang.syntax.spot import DRAWS, LAW, OPERAND, RESERVED, WORDS, Spot, ends_here, unclosed

HUMAN = {
    "NAME": "a name", "NUMBER": "a number", "STRING": "a string", "_NL": "the end of the line",
    "_INDENT": "an indented block", "_DEDENT": "the end of the block", "LPAR": "`(`",
    "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "COMMA": "`,`", "COLON": "`:`", "EQUAL": "`=`",
    "__ANON_0": "`->`", "TILDE": "`~`", "$END": "the end of the file",
}  # fmt: skip
PAIRS = {"(": ")", "[": "]"}
Rule = Callable[[Spot], Diagnostic | None]


def explain(error: Unexpected, text: str, where: int) -> Diagnostic:
    """Choose the message for an unexpected token or character."""
    spot = Spot(text, where)
    if error.kind == "_INDENT":
        return _indented(spot)
    if "_INDENT" in error.wanted:
        return _empty(spot)
    for rule in RULES:
        found = rule(spot)
        if found is not None:
            return found
    shown = f"`{spot.word}`" if spot.word else "the end of the line"
    message = f"{shown} was not expected here"
    return Diagnostic("E110", message, spot.place, help=_wanted(error))


def _wanted(error: Unexpected) -> str:
    shown = sorted({HUMAN[kind] for kind in error.wanted if kind in HUMAN})
    shown = shown or sorted(f"`{kind.lower()}`" for kind in error.wanted if kind.isalpha())
    if not shown:
        return ""
    return f"expected {', '.join(shown[:-1])}{' or ' if shown[1:] else ''}{shown[-1]}"


# -- Blocks and brackets ----------------------------------------------------------------------


def _indented(spot: Spot) -> Diagnostic:
    return Diagnostic(
        "E102",
        "this line is indented, but no block begins above it",
        spot.place,
        why="only the lines below `for ...:` are indented",
        help="begin it in the same column as the line above",
        edits=outdented(spot.text, spot.where),
    )


def _empty(spot: Spot) -> Diagnostic:
    """A header whose block is missing."""
    lines = spot.text[: spot.where].split("\n")
    row = max(i for i, x in enumerate(lines) if x.split("#")[0].rstrip().endswith(":"))
    header = lines[row].split("#")[0].rstrip()
    stop = sum(len(x) + 1 for x in lines[:row]) + len(header)
    place = Span(stop - len(header.lstrip()), stop)
    if ends_here(spot):
        return Diagnostic("E102", "this block is empty", place, help="delete it, or fill it")
    message = "this line must be indented: it is the block of the line above"
    second = (place, "this block is empty")
    edit = "indent it by four spaces"
    return Diagnostic("E102", message, spot.place, help=edit, second=second)


def _bracket(spot: Spot) -> Diagnostic | None:
    opening = unclosed(spot.text, spot.where)
    if opening is None:
        if spot.word and spot.word in ")]":
            message = f"`{spot.word}` closes nothing"
            # Behind a whole distribution nothing is missing; elsewhere an opening one may be.
            whole = re.search(r"~\s*[A-Z]\w*\(.*\)$", spot.before) and not spot.rest[1:].strip()
            gone = (Edit(spot.place, ""),) if whole else ()
            return Diagnostic("E104", message, spot.place, help="delete it", edits=gone)
        return None
    mark = spot.text[opening]
    place = Span(opening, opening + 1)
    if spot.word and spot.word in ")]" and spot.word != PAIRS[mark]:
        message = f"`{mark}` is closed by `{spot.word}`"
        second = (place, "opened here")
        edit = f"write `{PAIRS[mark]}` before it, or instead of it"
        return Diagnostic("E104", message, spot.place, help=edit, second=second)
    first = spot.before == ""
    line = spot.line()
    begins = re.match(r"\w+", line)
    above = opening < spot.line_start
    declares = begins is not None and begins.group() in (*WORDS, "return")
    new = declares and (begins is None or begins.group() != "for" or line.endswith(":"))
    if (
        (above and new)
        or spot.word == "~"
        or not spot.word
        or (first and not declares and ends_here(spot))
    ):
        edit = f"close it with `{PAIRS[mark]}`"
        why = "a new declaration begins while it is open" if above and new else ""
        message = f"`{mark}` is not closed"
        return Diagnostic("E104", message, place, why, edit, edits=_closed(spot.text, opening))
    return None


def _closed(text: str, opening: int) -> tuple[Edit, ...]:
    """The bracket that is missing: of a whole distribution, or of the subscripts of its name."""
    start = text.rfind("\n", 0, opening) + 1
    before = text[start:opening]
    rest = re.compile(r"[^\n#]*").match(text, opening)
    assert rest is not None
    if text[opening] == "(" and re.search(r"~\s*[A-Z]\w*$", before):
        whole = re.fullmatch(r"(.*?[\w)\]])\s*", rest.group())
        stop = opening + len(whole.group(1)) if whole else -1
        inner = unclosed(text, stop) if whole else None
        return (Edit(Span(stop, stop), ")"),) if inner == opening else ()
    names = re.match(r"\[[\w\s,]*\w(?=\s*[~:=])", rest.group())
    if names and re.fullmatch(r"\s*[a-z]+\s+\w+", before):
        stop = opening + names.end()
        return (Edit(Span(stop, stop), "]"),)
    return ()


def _string(spot: Spot) -> Diagnostic | None:
    if spot.word == '"':
        return Diagnostic("E111", "this text has no closing quote", spot.place, help='add `"`')
    if spot.word == "'":
        quoted = re.match(r"'([^'\n]*)'", spot.rest)
        place = Span(spot.where, spot.where + (quoted.end() if quoted else 1))
        edit = f'write `"{quoted.group(1)}"`' if quoted else 'write `"..."`'
        double = (Edit(place, f'"{quoted.group(1)}"'),) if quoted else ()
        if re.search(r"[\w\])]$", spot.before):
            found = re.search(rf"{OPERAND}$", spot.before)
            name = found.group() if found else "x"
            edit = f"write `transpose({name})`; a vector needs none"
            return Diagnostic("E106", "`'` is no operator", spot.place, help=edit)
        return Diagnostic("E111", "text stands in double quotes", place, help=edit, edits=double)
    return None


def _mark(spot: Spot) -> Diagnostic | None:
    if spot.rest.startswith(";"):
        ends = not spot.rest[1:].split("#")[0].strip()
        edit = "delete it" if ends else "begin a new line instead"
        message = "`;` has no place here: a declaration ends with its line"
        new = Edit(spot.find(r";[ \t]*", spot.where), "" if ends else f"\n{spot.indent}")
        return Diagnostic("E106", message, spot.place, help=edit, edits=(new,))
    if spot.rest.startswith(("{", "}")):
        message = f"`{spot.rest[0]}` has no place here"
        edit = "a block is indented below a line that ends in `:`"
        colon: tuple[Edit, ...] = ()
        if re.match(r"for\b.*\bin\b[^{]*\{$", spot.line()):
            colon = (Edit(spot.find(r"\s*\{"), ":"), *closing(spot.text, spot.where))
        return Diagnostic("E106", message, spot.place, help=edit, edits=colon)
    char = spot.rest[:1]
    if char not in ("", "\t") and unicodedata.category(char)[0] in ("C", "Z"):
        name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
        message = f"an invisible character stands here: {name}"
        edit = "delete it, or type a space"
        gone = Edit(spot.place, " " if unicodedata.category(char) == "Zs" else "")
        return Diagnostic("E113", message, spot.place, help=edit, edits=(gone,))
    return None


# -- Comparisons, names, declarations ---------------------------------------------------------

COMPARE = r"==|!=|<=|>=|<(?!-)|>"


def _chained(spot: Spot) -> Diagnostic | None:
    if not (re.match(COMPARE, spot.rest) and re.search(COMPARE, spot.before)):
        return None
    line = spot.text[spot.line_start : spot.where + len(spot.rest)]
    edit = "join two comparisons by `and`: `a < b and b < c`"
    joined: tuple[Edit, ...] = ()
    pattern = rf"({OPERAND})\s*({COMPARE})\s*({OPERAND})\s*({COMPARE})\s*({OPERAND})"
    for found in re.finditer(pattern, line):
        if spot.line_start + found.start(4) == spot.where:
            a, op, b, other, c = found.groups()
            both = f"{a} {op} {b} and {b} {other} {c}"
            place = Span(spot.line_start + found.start(), spot.line_start + found.end())
            edit, joined = f"write `{both}`", (Edit(place, both),)
    message = "comparisons cannot be chained"
    return Diagnostic("E105", message, spot.place, help=edit, edits=joined)


def _first_word(spot: Spot) -> Diagnostic | None:
    if spot.before or not spot.word or spot.word in WORDS:
        return None
    message = f"a line begins with the word that says what it declares, not with `{spot.word}`"
    line = spot.line()
    if re.match(r"\w+(?:\[[^\]]*\])?\s*[-+*/]=", line):
        why = "a name is declared once and never changed"
        edit = "a sum over a dim is `let total = sum(x[n] for n in N)`"
        return Diagnostic("E107", message, spot.place, why, edit)
    form = re.match(r"[^\W\d]\w*\s*(?:\[[^\]]*\])?\s*(~|=(?!=)|<-)\s*", line)
    edits: tuple[Edit, ...] = ()
    if form and form.group(1) == "~":
        edit = f"write `latent {line}` for an unknown, `observed {line}` for what was measured"
    elif form:
        edits = (Edit(Span(spot.where, spot.where), "let "),)
        if form.group(1) == "<-":
            edits += (Edit(spot.find("<-"), "="),)
        edit = spot.edited(*edits)
    else:
        edits = correction(spot.word, WORDS, spot.place)
        edit = suggest(spot.word, WORDS) or "one of: " + ", ".join(WORDS)
    return Diagnostic("E107", message, spot.place, help=edit, edits=edits)


def _name(spot: Spot) -> Diagnostic | None:
    digits = re.search(r"(?<![\w.])(\d[\d.]*(?:[eE][-+]?\d+)?)$", spot.before)
    if digits and re.match(r"[^\W\d]", spot.rest) and not spot.text[spot.where - 1].isspace():
        start = spot.where - len(digits.group(1))
        whole = digits.group(1) + spot.word
        edit = f"`{digits.group(1)} * {spot.word}` is a product; names begin with a letter"
        message = f"`{whole}` is neither a number nor a name"
        return Diagnostic("E114", message, Span(start, spot.place.end), help=edit)
    number = re.match(r"\d\w*", spot.rest)
    if number and spot.before in WORDS:
        place = Span(spot.where, spot.where + number.end())
        message = "a name begins with a letter"
        return Diagnostic("E114", message, place, help=f"for example `x{number.group()}`")
    first = spot.word != "if" and re.search(r"[(\[,=~]$", spot.before)
    if spot.word in RESERVED and (spot.before in WORDS or first):
        message = f"`{spot.word}` is a word of the language and cannot be a name"
        return Diagnostic("E114", message, spot.place, help="choose another name")
    return None


def _letters(spot: Spot) -> Diagnostic | None:
    """A word that looks like a name, or like a word of the language, and is neither."""
    if spot.word.isascii() or not re.match(r"[^\W\d]", spot.word):
        return None
    plain = unicodedata.normalize("NFKC", spot.word)
    if plain in RESERVED:
        message = f"`{spot.word}` is the word `{plain}` in other letters"
        return Diagnostic("E114", message, spot.place, help=f"write `{plain}`, or another name")
    if plain.isidentifier():
        return None
    wrong = next(
        (c for c in spot.word if not ("a" + unicodedata.normalize("NFKC", c)).isidentifier()), ""
    )
    message = f"`{spot.word}` cannot be a name" + (f": it holds `{wrong}`" if wrong else "")
    why = "names are made of letters, digits and `_`, as in Python"
    return Diagnostic("E114", message, spot.place, why, "choose another name")


def _header(spot: Spot) -> Diagnostic | None:
    if spot.declares == "for" and not spot.word:
        place = Span(spot.line_start + len(spot.text[spot.line_start : spot.where].rstrip()),
                     spot.where + 1)  # fmt: skip
        colon = Edit(Span(place.start, place.start), ":")
        message, edit = "`for` ends with a colon", f"write `{spot.line()}:`"
        return Diagnostic("E108", message, place, help=edit, edits=(colon,))
    return None


VALUES = ("let", "data", "param", "report", "dim")


def _sign(spot: Spot) -> Diagnostic | None:
    """`=` where `~` belongs and the reverse; a type without its colon, or left out."""
    word = spot.declares
    after = spot.rest[1:].strip()
    law = LAW.match(after)
    if spot.rest.startswith("=") and word in DRAWS and "~" not in spot.line():
        mend = Edit(spot.place, "~") if law else Edit(spot.find(rf"\b{word}\b"), "let")
        message = f"`{word}` takes a distribution after `~`"
        return Diagnostic("E109", message, spot.place, help=spot.edited(mend), edits=(mend,))
    if spot.rest.startswith("~") and word in VALUES and "=" not in spot.before:
        if word == "let" and not law:
            mend = Edit(spot.place, "=")
        else:
            right = "observed" if word == "data" else "latent"
            mend = Edit(spot.find(rf"\b{word}\b"), right)
        message = f"`{word}` has no distribution"
        return Diagnostic("E109", message, spot.place, help=spot.edited(mend), edits=(mend,))
    if word == "dim" and spot.rest.startswith(":"):
        mend = Edit(spot.find(r"\s*:[^#]*?(?=\s*(?:#|$))"), "")
        shown = spot.edited(mend)
        return Diagnostic("E109", "a dim has no type", spot.place, help=shown, edits=(mend,))
    if word in ("data", "param") and ":" not in re.sub(r"\[[^\]]*\]", "", spot.before):
        closed = unclosed(spot.text, spot.where) is None
        if not spot.word and closed:
            message = f"`{word}` wants a type"
            return Diagnostic("E108", message, spot.place, help=f"write `{spot.line()}: real`")
        if re.match(r"[^\W\d]", spot.word) and closed:
            message = f"a colon is missing before the type `{spot.word}`"
            start = spot.line_start + len(spot.text[spot.line_start : spot.where].rstrip())
            colon = Edit(Span(start, spot.where), ": ")
            shown = spot.edited(colon)
            return Diagnostic("E108", message, spot.place, help=shown, edits=(colon,))
    if word in DRAWS and not spot.word and "~" not in spot.before:
        message = f"`{word}` wants a distribution"
        edit = f"write `{spot.line()} ~ Normal(0, 1)`, or what it is drawn from"
        return Diagnostic("E108", message, spot.place, help=edit)
    return None


RULES: tuple[Rule, ...] = (
    stan, loop, _bracket, python, _string, _chained, operator, _letters, _mark, stray, _first_word,
    _name, slip, definition, _header, _sign,
)  # fmt: skip
