"""Wrong programs: each beside the text that `genlang check` prints for it.

A new one is a file `errors/NAME.gen`; `pytest tests/test_errors.py --update` writes `NAME.txt`.
"""

import io
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from genlang.cli.output import report
from genlang.diagnostics import Diagnostic, to_json
from genlang.pipeline import check_text
from genlang.source import Source

HERE = Path(__file__).parent
WRONG = sorted((HERE / "errors").glob("*.gen"))
MODELS = sorted((HERE.parent / "models").glob("*/*.gen"))


def read(path: Path) -> str:
    """Return the text of a model with its line endings as they are."""
    return path.read_bytes().decode("utf-8")


def printed(text: str, name: str) -> str:
    """Return what `genlang check` prints about a text."""
    _, found = check_text(text, name)
    out = io.StringIO()
    report(found, Source(text, name), "text", out)
    return out.getvalue()


@pytest.mark.parametrize("path", WRONG, ids=lambda p: p.stem)
def test_a_wrong_program_gets_its_expected_diagnostics(
    path: Path, request: pytest.FixtureRequest
) -> None:
    expected = path.with_suffix(".txt")
    found = printed(read(path), path.name)
    if request.config.getoption("--update"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WRONG, ids=lambda p: p.stem)
def test_a_wrong_program_is_refused_or_warned_about_at_a_place(path: Path) -> None:
    text = read(path)
    model, found = check_text(text, path.name)
    assert found
    assert (model is None) == any(d.severity == "error" for d in found)
    for diagnostic in found:
        assert_inside(diagnostic, text)


def test_there_are_expected_texts_for_all_wrong_programs_and_no_others() -> None:
    assert len(WRONG) >= 75
    texts = {p.stem for p in (HERE / "errors").glob("*.txt")}
    assert texts == {p.stem for p in WRONG}


def test_the_command_prints_the_expected_text_and_exits_with_1() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "genlang.cli.main", "check", "several_errors.gen"],
        cwd=HERE / "errors",
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (HERE / "errors" / "several_errors.txt").read_text(encoding="utf-8")


# -- Any text at all --------------------------------------------------------------------------


def assert_inside(diagnostic: Diagnostic, text: str) -> None:
    """A diagnostic names a place, and both its places lie inside the text."""
    assert diagnostic.span is not None
    spans = [diagnostic.span, *([diagnostic.second[0]] if diagnostic.second else [])]
    for span in spans:
        assert 0 <= span.start <= span.end <= len(text), span


TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
SPICE = [
    "(", ")", "[", "]", "{", "}", '"', "'", "#", "\n", "\n    ", "\t", "\r\n", "~", "=", ":", ",",
    ";", "**", "<-", "then", "for", "in", "if", "else", "latent", "observed", "dim", "Normal(0, 1)",
    "Categorical", "0", "-1", "1e999", "9" * 30, "9" * 400, "1.5", "x", "μ", "\ufeff", "\u00a0",
    "\x00", "@", "^",
    "not", "sum", "[0]", "n in N", "t - 1", "ordered[K]", "lower=0", "\U0001f600", "==", "< 1 <",
]  # fmt: skip


def mutated(text: str, rng: random.Random) -> str:
    """Delete, insert, double or swap a few tokens or characters."""
    units = TOKEN.findall(text) if rng.random() < 0.7 else list(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        place, other = rng.randrange(len(units)), rng.randrange(len(units))
        match rng.randrange(5):
            case 0:
                units[place] = ""
            case 1:
                units.insert(place, rng.choice(SPICE))
            case 2:
                units[place], units[other] = units[other], units[place]
            case 3:
                units.insert(place, units[other])
            case _:
                units[place] = rng.choice(SPICE)
    return "".join(units)


def test_3000_mutated_programs_give_diagnostics_at_places_and_never_an_exception() -> None:
    rng = random.Random(20)  # noqa: S311 (mutations are no secrets)
    sources = [read(p) for p in (*MODELS, *WRONG)]
    refused = 0
    for k in range(3000):
        text = mutated(sources[k % len(sources)], rng)
        try:
            model, found = check_text(text)
        except Exception as error:
            error.add_note(f"in the program:\n{text}")
            raise
        assert (model is None) == any(d.severity == "error" for d in found), text
        refused += model is None
        for diagnostic in found:
            assert_inside(diagnostic, text)
            json.dumps(to_json(diagnostic, Source(text)))
        report(found, Source(text), "text", io.StringIO())
    assert 1500 < refused < 3000


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", "# nothing\n", "   \n\t\n", "\r\n"])
def test_an_empty_file_is_a_model_or_a_diagnostic(text: str) -> None:
    model, found = check_text(text)
    assert (model is None) == any(d.severity == "error" for d in found)


# -- Places -----------------------------------------------------------------------------------


def places(text: str) -> list[tuple[object, ...]]:
    """Return code and place of each diagnostic as JSON gives them."""
    _, found = check_text(text)
    rows = [to_json(d, Source(text)) for d in found]
    keys = ("code", "line", "column", "end_line", "end_column")
    return [tuple(row[k] for k in keys) for row in rows]


WRONG_LINE = "latent a ~ Normal(μμ, 1)"
PLACED = {
    "plain": ("dim N\n" + WRONG_LINE + "\n", 2, 19),
    "greek letters before it": ("latent λ, b ~ Normal(μμ, 1)\n", 1, 22),
    "beyond the basic plane": ("# \U0001f600\n" + WRONG_LINE + "\n", 2, 19),
    "CRLF": ("dim N\r\n\r\n" + WRONG_LINE + "\r\n", 3, 19),
    "CR": ("dim N\r" + WRONG_LINE + "\r", 2, 19),
    "BOM": ("\ufeff" + WRONG_LINE + "\n", 1, 19),
    "BOM before another line": ("\ufeffdim N\n" + WRONG_LINE + "\n", 2, 19),
    "tab inside the line": (WRONG_LINE.replace(" ~", "\t~") + "\n", 1, 19),
    "no line break at the end": (WRONG_LINE, 1, 19),
}


@pytest.mark.parametrize("case", PLACED)
def test_lines_and_columns_count_from_1_in_code_points(case: str) -> None:
    text, line, column = PLACED[case]
    found = [p for p in places(text) if p[0] == "E201"]
    assert ("E201", line, column, line, column + 2) in found


def test_places_after_tabs_are_those_of_the_text() -> None:
    text = "dim N\nfor n in N:\n\tlatent a[n] ~ Normal(0, 1)\n\tobserved y[n] ~ Normal(a[n], s)\n"
    found = {p[0]: p[1:3] for p in places(text)}
    assert found == {"E101": (3, 1), "E201": (4, 31)}


def test_the_command_writes_places_as_json(tmp_path: Path) -> None:
    path = tmp_path / "m.gen"
    path.write_bytes("\ufeffdim N\r\nlatent μ ~ Normal(λ, 1)\r\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "genlang.cli.main", "check", str(path), "--format", "json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    (row,) = json.loads(done.stdout)["diagnostics"]
    assert set(row) == {
        "code", "severity", "message", "line", "column", "end_line", "end_column", "help", "edits",
    }  # fmt: skip
    assert (row["line"], row["column"], row["end_line"], row["end_column"]) == (2, 19, 2, 20)


# -- Recovery ---------------------------------------------------------------------------------


def test_what_a_broken_declaration_declares_is_no_second_error() -> None:
    text = "dim N\ndata x[N] real\nobserved y[n in N] ~ Normal(x[n], 1)\n"
    assert [p[0] for p in places(text)] == ["E108"]


def test_the_body_of_a_broken_loop_is_still_read() -> None:
    text = "dim N\nfor n in N\n    observed y[n] ~ Nomral(0, 1)\n    let q = 1 < 2 < 3\n"
    assert [p[0] for p in places(text)] == ["E108", "E105"]


def test_an_error_inside_a_loop_leaves_the_rest_of_the_loop() -> None:
    text = (
        "dim N\nfor n in N:\n    latent a[n] Normal(0, 1)\n    observed y[n] ~ Normal(0, s)\n"
        "    observed z[n] ~ Normal(a[n], 1)\n"
    )
    assert [p[0] for p in places(text)] == ["E109", "E201"]
