"""The pages of `genlang explain CODE`: wrong programs fail with that code, right ones pass."""

import json
import re
from pathlib import Path

import pytest

import genlang
from genlang.cli.main import main
from genlang.codes import FOLDER, codes, page
from genlang.diagnostics import DataError, GenlangError
from genlang.pipeline import check_text

PACKAGE = Path(genlang.__file__).parent
NAMED = re.compile(r"[DEW]\d{3}")
RAISED = sorted({
    code
    for path in PACKAGE.rglob("*.py")
    for text in re.findall(r'"(?:[^"\\\n]|\\.)*"', path.read_text(encoding="utf-8"))
    for code in [text[1:-1]]
    if NAMED.fullmatch(code)
})  # fmt: skip
# What a fit, a folder or an option does wrong has no program of its own.
SPOKEN = [c for c in codes() if c[:2] in ("E8", "E9")]
MODELS = [c for c in codes() if c[0] != "D" and c not in SPOKEN]
DATA = [c for c in codes() if c[0] == "D"]
MISSING = {"E631": frozenset({"y"}), "E706": frozenset({"y"})}
PYTHON = ("E606",)  # whose programs name Python code, and are trusted


def test_every_code_that_is_raised_has_a_page_and_no_other() -> None:
    assert len(RAISED) > 100
    assert sorted(codes()) == RAISED


@pytest.mark.parametrize("code", codes())
def test_a_page_has_a_title_a_reason_and_both_programs(code: str) -> None:
    found = page(code)
    assert found.code == code
    assert found.title
    assert not found.title.endswith(".")
    assert found.text.endswith(".")
    assert "```" not in found.text
    words = {e.word for e in found.examples}
    assert words >= {"wrong", "right"} or code in SPOKEN
    lines = (FOLDER / f"{code}.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {code}: {found.title}"
    prose = "\n".join(lines).partition("```")[0]
    assert all(len(line) <= 100 for line in prose.splitlines())


def blocks(code: str, word: str) -> dict[str, str]:
    """Return the texts of a page by their form, those for both and those of one side."""
    return {e.form: e.text for e in page(code).examples if e.word in ("", word)}


def found(text: str, missing: frozenset[str], *, python: bool) -> list[str]:
    """Return the codes of a program, the first first; with missing cells, those of its plan."""
    model, diagnostics = check_text(text, python=python)
    if model is not None and missing:
        try:
            genlang.model(text, allow_python=python).to_python(missing=missing)
        except GenlangError as error:
            return [d.code for d in error.diagnostics]
    return [d.code for d in diagnostics]


@pytest.mark.parametrize("code", MODELS)
def test_the_wrong_program_fails_with_the_code_and_the_right_one_passes(code: str) -> None:
    missing, python = MISSING.get(code, frozenset()), code in PYTHON
    wrong, right = blocks(code, "wrong")["gen"], blocks(code, "right")["gen"]
    assert found(wrong, missing, python=python)[0] == code
    assert found(right, missing, python=python) == []
    assert genlang.model(right, allow_python=python).to_python(missing=missing)


@pytest.mark.parametrize("code", DATA)
def test_the_wrong_data_fail_with_the_code_and_the_right_ones_are_bound(
    code: str, tmp_path: Path
) -> None:
    for word in ("wrong", "right"):
        texts = blocks(code, word)
        model = genlang.model(texts.pop("gen"))
        ((form, text),) = texts.items()
        path = tmp_path / f"{word}.{form}"
        path.write_text(text)
        if word == "right":
            assert model.bind(path)
            continue
        with pytest.raises(DataError) as caught:
            model.bind(path)
        assert caught.value.diagnostics[0].code == code


def test_the_command_prints_a_page_whatever_the_case(capsys) -> None:
    assert main(["explain", "E302"]) == 0
    first = capsys.readouterr().out
    assert first.startswith("E302: an index of one dim stands for another\n\nIndices of")
    assert "\n\nwrong:\n    dim N, item, rater\n" in first
    assert "\n\nright:\n    dim N, item\n" in first
    assert main(["explain", "e302"]) == 0
    assert capsys.readouterr().out == first
    assert main(["explain", "d131"]) == 0
    assert "\n\ndata:\n    g,y\n" in capsys.readouterr().out


def test_a_page_as_json_has_its_parts(capsys) -> None:
    assert main(["explain", "w503", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["code", "title", "text", "examples"]
    assert [(e["form"], e["word"]) for e in found["examples"]] == [
        ("gen", "wrong"), ("gen", "right"),
    ]  # fmt: skip


def test_an_unknown_code_gets_those_that_resemble_it(capsys) -> None:
    assert main(["explain", "E399"]) == 2
    err = capsys.readouterr().err
    assert "error[E906]: there is no code E399 of a message" in err
    assert "codes like it: E301, " in err
    assert main(["explain", "X101"]) == 2
    assert "codes begin with D, E, W" in capsys.readouterr().err


def test_a_file_that_is_called_like_a_code_is_a_model(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "E302").write_text(
        "dim N\nlatent mu ~ Normal(0, 1)\nobserved y[N] ~ Normal(mu, 1)\n"
    )
    assert main(["explain", "E302"]) == 0
    assert "Summing out" not in capsys.readouterr().out
