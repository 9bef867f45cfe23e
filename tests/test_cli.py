"""The command line: expected outputs lie in `cli/`; what it imports, how long it takes.

A new one is a file `cli/NAME.cmd`; `pytest tests/test_cli.py --update` writes `NAME.out`.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from genlang.cli.main import main
from tests.cpu import least

ROOT = Path(__file__).parents[1]
COMMANDS = sorted((ROOT / "tests" / "cli").glob("*.cmd"))
LIMIT = 0.3  # seconds of CPU time


def run(command, capsys):
    """Run a command in this process; returns stdout, stderr and the exit code as one text."""
    try:
        code = main(shlex.split(command)[1:])
    except SystemExit as end:  # argparse
        code = end.code
    out, err = capsys.readouterr()
    parts = [out, f"[stderr]\n{err}" if err else "", f"[exit {code}]\n"]
    return "".join(parts)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda p: p.stem)
def test_a_command_prints_what_is_expected(path, capsys, monkeypatch, request):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "argv", ["genlang"])
    found = run(path.read_text().strip(), capsys)
    expected = path.with_suffix(".out")
    if request.config.getoption("--update"):
        expected.write_text(found)
    assert found == expected.read_text()


def python(code, *arguments):
    """Run Python code in a process of its own; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


INSTANT = (
    ("check", "models/iris/iris.gen"),
    ("fmt", "--check", "models/iris/iris.gen"),
    ("compile", "models/iris/iris.gen"),
    ("explain", "models/iris/iris.gen"),
    ("graph", "models/iris/iris.gen"),
    ("dist", "Gamma"),
    ("graph", "models/apes/apes.gen", "--to", "svg"),
    ("--help",),
)


@pytest.mark.parametrize("arguments", INSTANT, ids=" ".join)
def test_the_front_half_leaves_torch_numpy_and_pyro_unimported(arguments):
    code = (
        "import sys\nfrom genlang.cli.main import main\n"
        "try:\n    code = main(sys.argv[1:])\nexcept SystemExit as end:\n    code = end.code\n"
        "heavy = {'torch', 'numpy', 'pyro', 'scipy', 'rich', 'lark'} & set(sys.modules)\n"
        "print(code, sorted(heavy))"
    )
    assert python(code, *arguments).splitlines()[-1] == "0 []"


@pytest.mark.alone
@pytest.mark.parametrize("arguments", INSTANT, ids=" ".join)
def test_the_front_half_is_instant(arguments, byte_code):
    run = ["-m", "genlang.cli.main", *arguments]
    assert least(run, LIMIT, byte_code, cwd=ROOT)[0] < LIMIT


def test_wrong_data_are_reported_before_torch_is_imported():
    code = (
        "import sys\nfrom genlang.cli.main import main\ncode = main(sys.argv[1:])\n"
        "print(code, 'torch' in sys.modules)"
    )
    model = "models/eight_schools/eight_schools.gen"
    found = python(code, "fit", model, "--data", "tests/cli/wrong.csv")
    assert found.splitlines()[-1] == "1 False"


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    """The folder of a fit of a bundled model, made on the command line."""
    folder = tmp_path_factory.mktemp("fits") / "nile"
    arguments = ["fit", "nile", "-o", str(folder), "--steps", "200", "--draws", "400"]
    assert main(arguments) == 0
    return folder


class TestFit:
    """A fit that was kept in a folder."""

    def test_summary_has_a_row_a_cell(self, fit, capsys):
        assert main(["summary", str(fit), "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        rows = {row["name"]: row for row in found["rows"]}
        assert list(rows) == ["before", "after", "sigma"]
        keys = ["name", "variable", "index", "mean", "sd", "q5", "q50", "q95"]
        assert all(list(row) == keys for row in found["rows"])
        assert rows["before"]["q5"] < rows["before"]["q50"] < rows["before"]["q95"]
        assert rows["before"]["mean"] == pytest.approx(1098, abs=15)

    def test_summary_as_text_ends_with_the_verdict(self, fit, capsys):
        assert main(["summary", str(fit)]) == 0
        out = capsys.readouterr().out
        assert out.splitlines()[0].split() == ["mean", "sd", "q5", "q50", "q95"]
        assert out.rstrip().endswith("All checks passed.")

    def test_states_as_json_have_labels(self, fit, capsys):
        assert main(["states", str(fit), "change", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)["states"]["change"]
        assert found["dims"] == ["state"]
        assert found["coords"]["state"][0] == 1871
        assert sum(found["values"]) == pytest.approx(1)

    def test_states_as_text_have_a_line_a_value(self, fit, capsys):
        assert main(["states", str(fit), "--rows", "200"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "change[state]"
        assert len(lines) == 101
        assert lines[29].split()[0] == "1899"
        assert float(lines[29].split()[1]) > 0.5

    def test_mode_and_draws_are_labels(self, fit, capsys):
        assert main(["states", str(fit), "--kind", "mode"]) == 0
        assert capsys.readouterr().out.split() == ["change", "1899"]
        assert main(["states", str(fit), "--kind", "draws", "--format", "json"]) == 0
        drawn = json.loads(capsys.readouterr().out)["states"]["change"]["values"]
        assert set(drawn) <= set(range(1871, 1971))
        assert drawn.count(1899) > len(drawn) / 2

    def test_unknown_state_is_an_error_of_usage(self, fit, capsys):
        assert main(["states", str(fit), "chnage"]) == 2
        assert "those that were: change" in capsys.readouterr().err

    def test_fit_replaces_a_fit_and_nothing_else(self, fit, tmp_path, capsys):
        arguments = ["fit", "nile", "--steps", "40", "--draws", "20", "--method", "map"]
        del arguments[4:6]  # map has no draws
        assert main([*arguments, "-o", str(fit.parent / "again")]) == 0
        assert main([*arguments, "-o", str(fit.parent / "again")]) == 0
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "letter.txt").write_text("dear")
        assert main([*arguments, "-o", str(tmp_path / "mine")]) == 2
        assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
        assert "exists and is not a fit" in capsys.readouterr().err

    def test_damaged_fit_is_not_read(self, fit, tmp_path, capsys):
        import shutil

        copy = tmp_path / "copy"
        shutil.copytree(fit, copy)
        draws = copy / "draws.safetensors"
        content = bytearray(draws.read_bytes())
        content[-1] ^= 1
        draws.write_bytes(content)
        assert main(["summary", str(copy)]) == 2
        assert "damaged" in capsys.readouterr().err


def test_seed_and_size_are_taken_from_the_command_line(tmp_path, capsys):
    arguments = ["fit", "iris", "--set", "K=2", "--method", "map", "--steps", "20", "--seed", "7"]
    main([*arguments, "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["seed"] == 7
    assert sum(row["variable"] == "share" for row in found["rows"]) == 2


def test_fit_that_is_off_exits_with_3(tmp_path, capsys):
    """Neal's funnel: the guide's own check speaks, in the table's last lines."""
    (tmp_path / "funnel.gen").write_text(
        "dim D = 9\nlatent v ~ Normal(0, 3)\nlatent x[D] ~ Normal(0, exp(v / 2))\n"
        "observed y ~ Normal(v, 10)\n"
    )
    (tmp_path / "funnel.json").write_text('{"y": 0.0}')
    assert main(["fit", str(tmp_path / "funnel.gen"), "--method", "svi"]) == 3
    assert "Checks not passed" in capsys.readouterr().out


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    for command in ("check", "fmt", "compile", "explain", "graph", "fit", "summary", "states"):
        assert f"    {command} " in out


@pytest.mark.parametrize("arguments", [["frobnicate"], ["check"], ["fit", "iris", "--seed", "x"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: genlang" in capsys.readouterr().err


def test_bug_of_genlang_is_called_one(monkeypatch, capsys):
    import genlang.cli.check

    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(genlang.cli.check, "check_text", broken)
    assert main(["check", "iris"]) == 70
    assert "a bug of genlang" in capsys.readouterr().err


def test_closed_pipe_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m genlang.cli.main compile models/iris/iris.gen | head -1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=True,
    )
    assert done.stderr == ""
