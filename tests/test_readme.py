"""README.md is executed: its models saved, its commands and Python run, what they print compared.

Words must be equal; numbers of fits may differ in their last digits between machines. A line `...`
stands for any lines. The two install commands are read, not run.
"""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from genlang.cli.main import main

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [(m[1], m[2].strip(), m[3]) for m in BLOCK.finditer((ROOT / "README.md").read_text())]
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]\d+)?")
# Of a number and of its neighbours' size: 1,000 draws leave a few hundredths of a deviation.
RELATIVE, ABSOLUTE = 0.1, 0.05


def alike(found, expected):
    """Whether a line is the expected one, up to spaces and the digits of its numbers."""
    if NUMBER.sub("#", found).split() != NUMBER.sub("#", expected).split():
        return False
    pairs = zip(NUMBER.findall(found), NUMBER.findall(expected), strict=True)
    return all(abs(float(a) - float(b)) <= ABSOLUTE + RELATIVE * abs(float(b)) for a, b in pairs)


def compare(found, expected):
    """Compare what was printed with the block, line by line."""
    lines, wanted = found.strip().splitlines(), expected.strip().splitlines()
    if wanted[-1] == "...":
        wanted = wanted[:-1]
        lines = lines[: len(wanted)]
    assert len(lines) == len(wanted), found
    for line, want in zip(lines, wanted, strict=True):
        assert alike(line, want), f"{line}\nbut README says\n{want}"


def command(text):
    """Run a command line; returns what it printed on both streams, and its exit code."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(shlex.split(text)[1:])
    return out.getvalue(), code


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder beside the bundled models."""
    (tmp_path / "models").symlink_to(ROOT / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_readme_does_what_it_says(folder):
    """Every block, in order."""
    printed = ""
    seen = set()
    for language, name, text in BLOCKS:
        seen.add(language)
        match language:
            case "gen":
                (folder / name).write_text(text)
            case "console":
                first, _, expected = text.partition("\n")
                found, code = command(first.removeprefix("$ "))
                assert code == (1 if "wrong" in first else 0), found
                compare(found, expected)
            case "python":
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(text, "README.md", "exec"), {})  # noqa: S102 (what is tested)
                printed = out.getvalue()
            case "text":
                compare(printed, text)
            case "sh" | "":
                pass
            case other:
                pytest.fail(f"a block of {other}")
    assert seen == {"gen", "console", "python", "text", "sh", ""}


def test_the_two_commands_are_one_line_each_and_pin_torch():
    """The constraints keep a machine without a GPU from pulling CUDA packages."""
    commands = [text.strip() for language, _, text in BLOCKS if language == "sh"]
    assert len(commands) == 2
    assert all(
        "\n" not in c and c.startswith("pip install -c .ci/constraints.txt") for c in commands
    )
    assert commands[0].endswith("&& genlang fit iris")
    assert commands[1].endswith("&& pytest")
    assert "torch==" in (ROOT / ".ci" / "constraints.txt").read_text()


def test_files_that_readme_names_exist():
    text = (ROOT / "README.md").read_text()
    for name in re.findall(r"`((?:\w+/)+\w+\.\w+)`", text):
        if "NAME" not in name:
            assert (ROOT / name).is_file() or (ROOT / "genlang" / name).is_file(), name
    for _, place in re.findall(r"\[(\w+)\]\((models/\w+)\)", text):
        assert (ROOT / place).is_dir()


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ("mu 1.02 a", "mu  1.01 a", True),
        ("mu 1.02 a", "mu 1.52 a", False),
        ("mu 1.02 a", "mu 1.02 b", False),
        ("rows 3", "rows 4", False),
    ],
)
def test_comparison_sees_words_and_numbers(found, expected, same):
    assert alike(found, expected) == same
