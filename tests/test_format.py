"""`genlang fmt`: the layout is canonical, stable, changes no meaning and loses no comment.

Ugly texts and their layouts lie in `format/`; a new one is a file `format/NAME.gen`, and
`pytest tests/test_format.py --update` writes `NAME.out`.
"""

import io
import json
import random
import re
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import strategies as st

import genlang
from genlang.cli.main import main
from genlang.diagnostics import ModelError
from genlang.source import Source
from genlang.syntax import format as formatter
from genlang.syntax import layout
from genlang.syntax.limits import DEPTH
from genlang.syntax.parser import parse
from genlang.syntax.pieces import LEXEME, Line, notes
from genlang.syntax.pieces import read as statements
from tests.cpu import least
from tests.structures import each, structures

HERE = Path(__file__).parent
MODELS = sorted(HERE.parent.glob("models/*/*.gen"))
UGLY = sorted((HERE / "format").glob("*.gen"))
LANGUAGE = HERE.parents[1] / "shared" / "LANGUAGE.md"
LIMIT = 0.3  # seconds of CPU time for 300 lines
FOLDERS = ("cases", "cli", "errors")


def read(path):
    """The text of a model with its line ends as they are."""
    return path.read_bytes().decode("utf-8")


def parses(text):
    return not parse(Source(text))[1]


TEXTS = {
    path.relative_to(HERE.parent).as_posix(): text
    for path in (*MODELS, *(p for f in FOLDERS for p in sorted((HERE / f).glob("*.gen"))), *UGLY)
    if parses(text := read(path))
}


def bare(node):
    """A syntax tree without its spans."""
    if isinstance(node, tuple):
        return tuple(map(bare, node))
    if is_dataclass(node):
        values = [bare(getattr(node, f.name)) for f in fields(node) if f.name != "span"]
        return (type(node).__name__, *values)
    return node


def tree(text):
    file, found = parse(Source(text))
    assert found == ()
    return bare(file.statements)


def comments(text):
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    found = (m for m in LEXEME.finditer(plain) if m.lastgroup == "note")
    return sorted(m.group().rstrip() for m in found)


def assert_laid_out(text):
    """The layout of a text means the same, has the same comments and is its own layout."""
    made = genlang.format(text)
    assert tree(made) == tree(text)
    assert comments(made) == comments(text)
    assert genlang.format(made) == made
    assert not re.search(r"[ \t\r]$|\n\n\n|\A\n|\n\n\Z", made, re.MULTILINE)
    return made


# -- What a layout is -------------------------------------------------------------------------


@pytest.mark.parametrize("path", UGLY, ids=lambda p: p.stem)
def test_an_ugly_text_gets_the_expected_layout(path, request):
    made = genlang.format(read(path))
    expected = path.with_suffix(".out")
    if request.config.getoption("--update"):
        expected.write_bytes(made.encode())
    assert made == read(expected)
    assert genlang.format(made) == made


def test_there_is_an_expected_layout_for_every_ugly_text_and_no_other():
    assert {p.stem for p in UGLY} == {p.stem for p in (HERE / "format").glob("*.out")}


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_the_bundled_models_are_laid_out(path):
    assert genlang.format(read(path)) == read(path)


def test_the_models_of_readme_are_laid_out():
    text = (HERE.parent / "README.md").read_text(encoding="utf-8")
    models = dict(re.findall(r"(?ms)^```gen (\S+)\n(.*?)^```", text))
    del models["wrong_signs.gen"]  # which no layout mends
    assert [name for name in models if genlang.format(models[name]) != models[name]] == [
        "loose.gen"
    ]


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_that_parses_keeps_its_meaning(name):
    assert_laid_out(TEXTS[name])


@pytest.mark.skipif(not LANGUAGE.is_file(), reason="no ../shared/LANGUAGE.md")
def test_the_models_of_the_language_definition_keep_their_meaning():
    models = re.findall(r"(?ms)^```\n(.*?)^```", LANGUAGE.read_text(encoding="utf-8"))
    assert len(models) == 8
    changed = [m for m in models if assert_laid_out(m) != m]
    assert len(changed) == 1  # `logits = decode(...)`


def test_random_programs_keep_their_meaning():
    each(structures(), 100, 20261125, lambda structure: assert_laid_out(structure.text))


@pytest.mark.parametrize("width", [100, 60, 30])
def test_no_line_is_too_long_if_it_can_be_broken(width, monkeypatch):
    """In the widest layouts only what stands outside brackets, or has none, is too long."""
    monkeypatch.setattr(layout, "WIDTH", width)
    for name, text in TEXTS.items():
        made = assert_laid_out(text)
        if width == 100 and "hopeless" not in name:
            codes = [re.sub(r'("[^"]*")|  #.*|^ *#.*', r"\1", line) for line in made.split("\n")]
            assert max(map(len, codes)) <= 100, name


# -- Random whitespace and comments -----------------------------------------------------------


def blanks(text, draw):
    """Other whitespace where whitespace is free: between signs, and lines inside brackets."""
    parts, depth = [], 0
    for match in LEXEME.finditer(text):
        kind, word = match.lastgroup, match.group()
        depth -= word in ")]"
        spaces = (" ", "   ", "\n", " \n \n  ") if depth else (" ", "   ")
        if kind == "sign" and word in "()[],+*/^@":
            parts.append(draw.choice(("", "", *spaces)) if parts and parts[-1][-1:] != "\n" else "")
        elif kind == "blank" and parts and not parts[-1].endswith("\n"):
            word = draw.choice(spaces)
        elif word in ("~", "then") and depth == 0:
            parts.append(draw.choice(("", "\n  ", "\n\n")))
        depth += match.group() in "(["
        parts.append(word)
    return "".join(parts)


def remarks(text, draw, often):
    """Comments wherever one may stand; empty lines between statements."""
    parts, depth = [], 0
    for count, match in enumerate(LEXEME.finditer(text)):
        kind, word = match.lastgroup, match.group()
        beside, above = f"  # {count}\n", f"\n   ## {count}\n"
        lucky = draw.random() < often
        if lucky and depth and kind not in ("line", "note"):
            parts.append(draw.choice((beside, above, beside + above)))
        elif lucky and depth == 0 and word in ("~", "then"):
            parts.append(draw.choice((beside, above)) + "    ")
        elif lucky and depth == 0 and kind == "line":
            column = " " * draw.randint(0, 9)
            parts.append(draw.choice((beside[:-1], "\n" * draw.randint(1, 3))))
            parts.append(draw.choice((f"\n{column}# {count}", f"\n{column}## {count}")))
        depth += (word in "([") - (word in ")]")
        parts.append(word)
    return "".join(parts)


def plain(text):
    """Whether all comments stand between statements: inside brackets they end a line."""
    return not any(notes(x.tokens) for x in statements(text) if isinstance(x, Line))


@pytest.mark.parametrize("name", [n for n in TEXTS if plain(TEXTS[n])])
def test_free_whitespace_leaves_no_trace(name):
    made = genlang.format(TEXTS[name])
    draw = random.Random(name)  # noqa: S311 (whitespace)
    for _ in range(5):
        assert genlang.format(blanks(TEXTS[name], draw)) == made


@pytest.mark.parametrize("width", [100, 60, 30])
def test_comments_are_kept_wherever_they_stand(width, monkeypatch):
    monkeypatch.setattr(layout, "WIDTH", width)
    draw = random.Random(width)  # noqa: S311 (comments)
    for text in TEXTS.values():
        commented = remarks(text, draw, draw.choice((0.02, 0.1, 0.5)))
        if parses(commented):
            assert_laid_out(commented)


def test_brackets_may_be_deep():
    for deep in ("(", "[", "-("):
        n = DEPTH // len(deep)
        text = f"let x = {deep * n}  # c\n1{')]'[deep == '['] * n}\n"
        assert_laid_out(text)


# -- What is not laid out ---------------------------------------------------------------------


def test_a_text_with_errors_has_no_layout():
    with pytest.raises(ModelError) as error:
        genlang.format("latent  a ~ Normal(0, 1\n\tlet x = 1\n")
    assert {d.code for d in error.value.diagnostics} == {"E101", "E104"}


@pytest.mark.parametrize(
    ("made", "message"),
    [("let x = 2\n", "something else"), ("let x = 1\n", "lack a comment"), ("let\n", "else")],
)
def test_a_wrong_layout_is_a_bug_and_leaves_the_file_alone(
    made, message, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(formatter, "_file", lambda lines: [layout.Row(0, made.rstrip("\n"))])
    path = tmp_path / "a.gen"
    path.write_text("let  x = 1  # one\n")
    assert main(["fmt", str(path)]) == 70
    assert message in capsys.readouterr().err
    assert path.read_text() == "let  x = 1  # one\n"


# -- The command ------------------------------------------------------------------------------

FINE, LOOSE, WRONG = "let x = 1\n", "let  x=1", "let x = (1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a file of each kind."""
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("fine.gen", FINE), ("loose.gen", LOOSE), ("other.txt", LOOSE), ("deep/loose.gen", LOOSE),
        (".hidden/loose.gen", LOOSE), ("wrong/wrong.gen", WRONG),
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_files_are_rewritten_in_place(folder, capsys):
    (folder / "loose.gen").chmod(0o640)
    (folder / "link.gen").symlink_to("loose.gen")
    assert main(["fmt", "fine.gen", "link.gen", "deep"]) == 0
    assert capsys.readouterr().out == "link.gen: changed\ndeep/loose.gen: changed\n"
    assert (folder / "link.gen").is_symlink()
    assert (folder / "loose.gen").read_text() == FINE
    assert (folder / "loose.gen").stat().st_mode & 0o777 == 0o640
    assert main(["fmt", "fine.gen", "link.gen", "deep"]) == 0
    assert capsys.readouterr().out == ""
    assert {p.name for p in folder.iterdir()} == {
        "fine.gen", "loose.gen", "link.gen", "other.txt", "deep", ".hidden", "wrong",
    }  # fmt: skip


def test_folders_are_walked_and_a_wrong_file_stops_no_other(folder, capsys):
    assert main(["fmt", ".", "loose.gen"]) == 1
    out, err = capsys.readouterr()
    assert out == "deep/loose.gen: changed\nloose.gen: changed\n"
    assert "E104" in err
    assert "wrong/wrong.gen:1:9" in err
    assert (folder / "wrong" / "wrong.gen").read_text() == WRONG
    assert (folder / "other.txt").read_text() == LOOSE
    assert (folder / ".hidden" / "loose.gen").read_text() == LOOSE


def test_a_syntax_error_is_shown_as_check_shows_it(folder, capsys):
    assert main(["check", "wrong/wrong.gen"]) == 1
    shown = capsys.readouterr()
    assert main(["fmt", "wrong/wrong.gen"]) == 1
    assert capsys.readouterr() == shown


def test_check_and_diff_change_nothing(folder, capsys):
    assert main(["fmt", "--check", "fine.gen"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["fmt", "--check", "fine.gen", "loose.gen"]) == 1
    assert capsys.readouterr().out == "loose.gen: would change\n"
    assert main(["fmt", "--diff", "fine.gen", "loose.gen"]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines() == [
        "--- loose.gen", "+++ loose.gen", "@@ -1 +1 @@", "-let  x=1",
        "\\ No newline at end of file", "+let x = 1",
    ]  # fmt: skip
    assert main(["fmt", "--check", "--diff", "loose.gen"]) == 1
    assert capsys.readouterr().out == f"{shown}loose.gen: would change\n"
    assert (folder / "loose.gen").read_text() == LOOSE


def test_line_ends_and_the_byte_order_mark_are_part_of_the_layout(folder):
    (folder / "fine.gen").write_bytes(b"\xef\xbb\xbflet x = 1\r\n")
    assert main(["fmt", "--check", "fine.gen"]) == 1
    assert main(["fmt", "fine.gen"]) == 0
    assert (folder / "fine.gen").read_bytes() == FINE.encode()


def stdin(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_stdin_goes_to_stdout(monkeypatch, capsys):
    stdin(monkeypatch, LOOSE)
    assert main(["fmt", "-"]) == 0
    assert capsys.readouterr().out == FINE
    stdin(monkeypatch, LOOSE)
    assert main(["fmt", "-", "--check"]) == 1
    assert capsys.readouterr().out == "-: would change\n"
    stdin(monkeypatch, WRONG)
    assert main(["fmt", "-"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "-:1:9" in err


def test_json_names_every_file(folder, monkeypatch, capsys):
    stdin(monkeypatch, LOOSE)
    assert main(["fmt", "--format", "json", "-", "."]) == 1
    files = json.loads(capsys.readouterr().out)["files"]
    assert [(f["file"], f["changed"], len(f["diagnostics"])) for f in files] == [
        ("-", True, 0), ("deep/loose.gen", True, 0), ("fine.gen", False, 0),
        ("loose.gen", True, 0), ("wrong/wrong.gen", False, 1),
    ]  # fmt: skip
    assert files[0]["text"] == FINE
    assert files[-1]["diagnostics"][0]["line"] == 1
    assert main(["fmt", "--format", "json", "--diff", "fine.gen"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file["diff"] == ""


def test_what_cannot_be_read_is_said_before_anything_changes(folder, capsys):
    assert main(["fmt", "loose.gen", "none.gen", "nowhere"]) == 2
    assert capsys.readouterr().err.count("error[E906]") == 2
    assert (folder / "loose.gen").read_text() == LOOSE
    (folder / "fine.gen").write_bytes(b"# \xff\nlet  x = 1\n")
    assert main(["fmt", "fine.gen"]) == 1
    assert "not UTF-8" in capsys.readouterr().err
    assert (folder / "fine.gen").read_bytes() == b"# \xff\nlet  x = 1\n"


def test_a_failed_write_leaves_the_file_whole(folder, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["fmt", "loose.gen"]) == 2
    assert "cannot be written: No space left" in capsys.readouterr().err
    assert (folder / "loose.gen").read_text() == LOOSE
    assert not list(folder.glob(".loose*"))


@pytest.mark.alone
def test_three_hundred_lines_take_no_time_and_no_torch(tmp_path, byte_code):
    text = "".join(map(read, MODELS)) * 2
    text = "\n".join(text.replace(", ", ",").split("\n")[:300]) + "\n"
    path = tmp_path / "long.gen"
    code = (
        "import sys\nfrom genlang.cli.main import main\ncode = main(sys.argv[1:])\n"
        "print(code, sorted({'torch', 'numpy', 'pyro', 'scipy', 'rich'} & set(sys.modules)))"
    )

    path.write_text(text)
    took, done = least(["-c", code, "fmt", str(path)], LIMIT, byte_code, cwd=HERE.parent)
    assert done.stdout.decode().splitlines()[-1] == "0 []"
    assert took < LIMIT


@pytest.mark.parametrize("text", ["", "\n\n", "# c", " # c\n\n", "dim N", "  dim N  "])
def test_short_texts(text):
    assert_laid_out(text)


def test_programs_with_comments_anywhere():
    """Random programs, with comments in them."""
    seeds = st.integers(0, 2**16)

    def check(pair):
        structure, seed = pair
        draw = random.Random(seed)  # noqa: S311 (comments)
        text = remarks(structure.text, draw, 0.1)
        if parses(text):
            assert_laid_out(text)

    each(st.tuples(structures(), seeds), 50, 20261126, check)
