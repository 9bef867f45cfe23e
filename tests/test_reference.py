"""The language reference: its blocks do what they say, its tables are those of the code.

A block `gen` compiles without a word, and `gen E302` fails with that code; a block `text` after it
is what is printed then. `gen not yet` is language that may still be refused as not supported yet
(E290), `gen not yet E203` with that code, but in no other way.
"""

import re

import pytest

from genlang.diagnostics import ModelError
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.functions import FUNCTIONS
from genlang.lang.pages.functions import NAMES, UNNAMED
from genlang.lang.reference import PARTS, REFERENCE, written
from genlang.lang.types import SCALARS, STRUCTURES
from genlang.pipeline import check_text, compile_text
from genlang.syntax.spot import RESERVED, WORDS

TEXT = REFERENCE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```gen *([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [
    pytest.param(m[1], m[2], id=f"line {TEXT.count(chr(10), 0, m.start()) + 1}")
    for m in BLOCK.finditer(TEXT)
]


@pytest.mark.parametrize(("mark", "text"), BLOCKS)
def test_a_block_is_what_it_says(mark, text):
    _, found = check_text(text)
    codes = {d.code for d in found}
    errors = {d.code for d in found if d.severity == "error"}
    match mark:
        case "":
            assert codes == set()
            compile_text(text)
        case later if later.startswith("not yet"):
            assert errors in (set(), {later.removeprefix("not yet").strip() or "E290"})
            if not errors:
                assert codes == set()
                compile_text(text)
        case code:
            assert errors == {code}


def test_what_is_printed_of_an_error():
    (shown,) = re.findall(r"^```gen E\d+\n([^`]*)^```\n\n```text\n(.*?)^```$", TEXT,
                          re.DOTALL | re.MULTILINE)  # fmt: skip
    with pytest.raises(ModelError) as raised:
        compile_text(shown[0])
    assert str(raised.value) == shown[1].rstrip()


def test_every_mark_is_known():
    marks = {m[1] for m in BLOCK.finditer(TEXT)}
    assert {m for m in marks if not re.fullmatch(r"(not yet)?( ?E\d{3})?", m)} == set()
    assert TEXT.count("```gen") == len(BLOCKS)


def test_the_tables_are_those_of_the_code():
    """Else: python -m genlang.lang.reference."""
    assert written(TEXT) == TEXT
    assert re.findall(r"<!-- (\w+): generated", TEXT) == ["functions", "distributions", "elsewhere"]
    assert set(PARTS) == {"functions", "distributions", "elsewhere"}


def test_every_function_has_its_words():
    assert set(NAMES) == set(FUNCTIONS) - UNNAMED


def test_every_word_of_the_language_is_told():
    for word in (*WORDS, *RESERVED, *SCALARS, *STRUCTURES, *NAMES, *DISTRIBUTIONS):
        assert re.search(rf"(?<!\w){word}(?!\w)", TEXT), word


def test_links_inside_lead_to_headings():
    headings = {
        re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-")
        for h in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) <= headings
