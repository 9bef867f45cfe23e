"""`genlang check --fix`: the certain edits of diagnostics, in wrong programs of every kind."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest

from genlang.cli.main import main
from genlang.diagnostics import Diagnostic, meant, to_json
from genlang.fix import fix
from genlang.pipeline import check_text
from genlang.source import Edit, Source, Span, edited
from tests.test_errors import MODELS, WRONG, mutated, read

OFFERED = [p for p in WRONG if any(d.edits for d in check_text(read(p))[1])]


def errors(found):
    """Return the codes of errors among diagnostics."""
    return [d.code for d in found if d.severity == "error"]


@pytest.mark.parametrize("path", OFFERED, ids=lambda p: p.stem)
def test_what_is_fixed_is_an_error_no_more(path: Path) -> None:
    text = read(path)
    fixed = fix(text)
    assert fixed.text != text
    assert fixed.fixes
    left = {(d.code, d.message) for d in fixed.diagnostics}
    assert not left & {(d.code, d.message) for d in fixed.fixes}
    others = [d for d in check_text(text)[1] if d.severity == "error" and not d.edits]
    # A line that is indented for no reason is read no further at first.
    assert fixed.model is not None or others or path.stem == "indent_after_a_declaration"


def test_an_edit_is_offered_for_kinds_of_every_family() -> None:
    assert len(OFFERED) >= 75
    codes = {d.code for p in OFFERED for d in check_text(read(p))[1] if d.edits}
    assert codes >= {
        "E101", "E102", "E104", "E105", "E106", "E107", "E108", "E109", "E111", "E112", "E113",
        "E115", "E201", "E202", "E208", "E209", "E210", "E306", "E309", "E314", "E316",
        "E402", "E404",
    }  # fmt: skip


@pytest.mark.parametrize("path", WRONG, ids=lambda p: p.stem)
def test_fixing_twice_changes_no_more_than_once(path: Path) -> None:
    once = fix(read(path))
    again = fix(once.text)
    assert again.text == once.text
    assert again.fixes == ()


@pytest.mark.parametrize("path", OFFERED, ids=lambda p: p.stem)
def test_line_ends_of_windows_are_kept(path: Path) -> None:
    text = read(path)
    assert "\r" not in text
    fixed = fix(text.replace("\n", "\r\n"))
    assert fixed.text == fix(text).text.replace("\n", "\r\n")


# What the programs of `errors/` do not show: each with what it becomes.
MENDED = {
    "a part of a dim, counted from 1": (
        "for (t in 2:N) {\n    observed y[t] ~ Normal(0, 1)\n}\n",
        "for t in N[1:]:\n    observed y[t] ~ Normal(0, 1)\n",
    ),
    "a part of a dim, counted from 0": (
        "for t in range(2, N - 1):\n    observed y[t] ~ Normal(0, 1)\n",
        "for t in N[2:N - 1]:\n    observed y[t] ~ Normal(0, 1)\n",
    ),
    "a body on the line of its loop": (
        "for (n in 1:N) observed y[n] ~ normal(0, 1);\n",
        "for n in N:\n    observed y[n] ~ Normal(0, 1)\n",
    ),
    "loops in braces, one in the other": (
        """dim T[N]
for (s in 1:N) {
  for (t in 1:T[s]) {
    observed y[s, t] ~ dnorm(0, 4)
  }
}
""",
        """dim T[N]
for s in N:
  for t in T[s]:
    observed y[s, t] ~ Normal(0, 1 / sqrt(4))
""",
    ),
    "signs without blanks": (
        "data a[N], b[N]: bool\nobserved y[n in N] ~ Normal(1 if a[n]&&!b[n] else 0, 1)\n",
        "data a[N], b[N]: bool\nobserved y[n in N] ~ Normal(1 if a[n] and not b[n] else 0, 1)\n",
    ),
    "a foreign call inside a product": (
        "data x[N]: real\nobserved y[n in N] ~ Normal(2 * pow(x[n] + 1, 2), 1)\n",
        "data x[N]: real\nobserved y[n in N] ~ Normal(2 * ((x[n] + 1) ^ 2), 1)\n",
    ),
    "a declaration with its description": (
        "observed y[n in N] ~ Normal(mu, 1)\n## The level\nlatent mu ~ Normal(0, 1)\n",
        "## The level\nlatent mu ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(mu, 1)\n",
    ),
    "a declaration above the loop that reads it": (
        "for n in N:\n    observed y[n] ~ Normal(mu, 1)\nlatent mu ~ Normal(0, 1)",
        "latent mu ~ Normal(0, 1)\nfor n in N:\n    observed y[n] ~ Normal(mu, 1)\n",
    ),
    "a precision by name": (
        "latent s ~ Exponential(1)\nobserved y[n in N] ~ Normal(mu = 0, tau = s)\n",
        "latent s ~ Exponential(1)\nobserved y[n in N] ~ Normal(loc = 0, scale = 1 / sqrt(s))\n",
    ),
    "quotes of a word processor": (
        "dim arm = [“a”, \u2018b\u2019]\nobserved y[arm] ~ Normal(0, 1)\n",
        'dim arm = ["a", "b"]\nobserved y[arm] ~ Normal(0, 1)\n',
    ),
    "a comment at the end": (
        "latent mu = Normal(0, 1)  # = a; b\nobserved y[N] ~ Normal(mu, 1)\n",
        "latent mu ~ Normal(0, 1)  # = a; b\nobserved y[N] ~ Normal(mu, 1)\n",
    ),
}


@pytest.mark.parametrize("case", MENDED)
def test_a_text_becomes_what_is_expected(case: str) -> None:
    given, expected = (f"dim N\n{text}" for text in MENDED[case])
    fixed = fix(given)
    assert fixed.text == expected
    assert fixed.model is not None


# Where another reading is possible the text stays as it is.
OPEN = {
    "names that differ at an end": "dim N\nlatent beta_a ~ Normal(0, 1)\n"
    "observed y[N] ~ Normal(beta_b, 1)\n",
    "a bracket that may be missing at the front": "dim N\ndata x[N]: real\n"
    "let z[n in N] = 2 * x[n] + 1)\nobserved y[n in N] ~ Normal(z[n], 1)\n",
    "a bracket that may close earlier": "dim N\ndata x[N]: real\n"
    "let z[n in N] = 2 * (x[n] + 1 * 3\nobserved y[n in N] ~ Normal(z[n], 1)\n",
    "latent or observed": "dim N\nmu ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(mu, 1)\n",
    "a loop over a number": "dim N\nfor n in 1:8:\n    observed y[n] ~ Normal(0, 1)\n",
    "two declarations that read each other": "dim N\nlatent a ~ Normal(b, 1)\n"
    "latent b ~ Normal(a, 1)\nobserved y[N] ~ Normal(a + b, 1)\n",
    "a loop whose index is a number": "dim N\nfor (n in 1:N) {\n"
    "    observed y[n] ~ Normal(2 * n, 1)\n}\n",
    "a loop that counts subscripts from 1": "dim N, K = 2\nlatent b[K] ~ Normal(0, 1)\n"
    "for (n in 1:N) {\n    observed y[n] ~ Normal(b[1], 1)\n}\n",
    "a variance that divides by n": "dim N\ndata x[N]: real\n"
    "observed y ~ Normal(np.var(x), 1)\n",
    "a product of what may lack a dim": "dim N, D\ndata x[N, D]: real\nlatent b ~ Normal(0, 1)\n"
    "observed y[n in N] ~ Normal(x[n] @ b, 1)\n",
    "gamma, which is no logarithm": "dim N\ndata x[N]: positive\n"
    "observed y[n in N] ~ Normal(gamma(x[n]), 1)\n",
}  # fmt: skip


@pytest.mark.parametrize("case", OPEN)
def test_what_is_not_certain_is_left_alone(case: str) -> None:
    fixed = fix(OPEN[case])
    assert fixed.text == OPEN[case]
    assert fixed.model is None


def test_names_that_one_slip_explains() -> None:
    assert meant("Nomral", ["Normal", "LogNormal"]) == "Normal"
    assert meant("scool", ["school", "mu"]) == "school"
    assert meant("petalLength", ["petal_length"]) == "petal_length"
    assert meant("Weibul", ["Weibull"]) == "Weibull"
    for name, other in (("theta1", "theta2"), ("x_a_y", "x_b_y"), ("mu", "nu"), ("sqr", "sqrt"),
                        ("choose", "lchoose"), ("alphas", "alpha"), ("Mu", "mu")):  # fmt: skip
        assert meant(name, [other]) == ""
    assert meant("sgima", ["sigma", "sgiam"]) == ""


# -- Places -----------------------------------------------------------------------------------


def test_places_of_fixes_are_those_of_the_given_text() -> None:
    """Lines are added and taken away while the text is fixed."""
    text = (
        "import numpy as np\ndim N; data x[N]: real\nfor (n in 1:N) {\n"
        "  latent a[n] = Normal(x[n], 1);\n}\nobserved y[n in N] ~ Nomral(a[n] ** 2, 1)\n"
    )
    fixed = fix(text)
    assert fixed.model is not None
    assert fixed.text == (
        "dim N\ndata x[N]: real\nfor n in N:\n  latent a[n] ~ Normal(x[n], 1)\n"
        "observed y[n in N] ~ Normal(a[n] ^ 2, 1)\n"
    )
    source = Source(text)
    rows = {(d.code, source.position(d.span.start)) for d in fixed.fixes if d.span}
    assert rows == {
        ("E112", (1, 1)), ("E106", (2, 6)), ("E112", (3, 1)), ("E109", (4, 15)), ("E106", (4, 32)),
        ("E402", (6, 22)), ("E106", (6, 34)),
    }  # fmt: skip


def test_mutated_programs_are_fixed_or_left_and_never_worse() -> None:
    rng = random.Random(8)  # noqa: S311 (mutations are no secrets)
    sources = [read(p) for p in (*MODELS, *OFFERED)]
    changed = 0
    for k in range(400):
        text = mutated(sources[k % len(sources)], rng)
        before = check_text(text)
        try:
            fixed = fix(text)
        except Exception as error:
            error.add_note(f"in the program:\n{text}")
            raise
        changed += fixed.text != text
        syntax = [c for c in errors(before[1]) if c.startswith("E1")]
        assert syntax or not [c for c in errors(fixed.diagnostics) if c.startswith("E1")], text
        assert before[0] is None or fixed.model is not None
        assert fix(fixed.text).text == fixed.text, text
        for d in before[1]:
            spans = sorted((e.span.start, e.span.end) for e in d.edits)
            assert all(0 <= a <= b <= len(text) for a, b in spans), text
            assert all(b <= c for (_, b), (c, _) in pairwise(spans)), text
        for d in fixed.fixes:
            assert d.span is not None
            assert 0 <= d.span.start <= d.span.end <= len(text)
    assert 100 < changed < 400


def test_edits_that_meet_are_applied_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two edits at one place: `fix` checks again between them."""
    import genlang.fix

    seen: list[str] = []

    def check(text: str, name: str) -> tuple[None, tuple[Diagnostic, ...]]:
        seen.append(text)
        found = [
            Diagnostic("E201", mark, Span(i, i + 1), edits=(Edit(Span(i, i + 1), mark.upper()),))
            for i, mark in enumerate(text)
            if mark.islower()
        ]
        return None, tuple(found)

    monkeypatch.setattr(genlang.fix, "check_text", check)
    assert fix("abcd").text == "ABCD"
    assert seen == ["abcd", "AbCd", "ABCD"]


def test_an_edit_that_does_harm_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import genlang.fix

    def check(text: str, name: str) -> tuple[None, tuple[Diagnostic, ...]]:
        first = text.find("!")
        found = [Diagnostic("E110", "!", Span(first, first + 1))] if first >= 0 else []
        for i, mark in enumerate(text):
            if mark in "xz":
                new = "!" if mark == "x" else "Z"
                found.append(
                    Diagnostic("E201", mark, Span(i, i + 1), edits=(Edit(Span(i, i + 1), new),))
                )
        return None, tuple(found)

    monkeypatch.setattr(genlang.fix, "check_text", check)
    assert fix("x.z").text == "x.Z"


# -- The command ------------------------------------------------------------------------------

FAULTY = "dim N\nlatent mu = Normal(0, 1)\nobserved y[n in N] ~ Normal(mu ** 2, sigma)\n"
BETTER = "dim N\nlatent mu ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(mu ^ 2, sigma)\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with three faults, two of which have a certain edit."""
    place = tmp_path / "m.gen"
    place.write_text(FAULTY)
    return place


def test_the_command_writes_the_fixed_file_and_reports_what_is_left(path, capsys) -> None:
    assert main(["check", "--fix", str(path)]) == 1
    out, err = capsys.readouterr()
    assert path.read_text() == BETTER
    assert [line.split(": ", 1)[0].rpartition("m.gen")[2] for line in out.splitlines()] == [
        ":2:11", ":3:32",
    ]  # fmt: skip
    assert "fixed E109" in out
    assert "error[E201]: `sigma`" in err
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_right_after_its_fixes_is_ok(path, capsys) -> None:
    path.write_text(FAULTY.replace("sigma", "1"))
    assert main(["check", "--fix", str(path)]) == 0
    assert capsys.readouterr().out.endswith("m.gen: ok\n")
    assert main(["check", str(path)]) == 0


def test_diff_shows_and_changes_nothing(path, capsys) -> None:
    path.write_text(FAULTY.replace("sigma", "1"))
    assert main(["check", "--diff", str(path)]) == 1
    out = capsys.readouterr().out
    assert "\n-latent mu = Normal(0, 1)\n" in out
    assert "\n+latent mu ~ Normal(0, 1)\n" in out
    assert path.read_text() == FAULTY.replace("sigma", "1")


def test_json_has_the_edits_and_what_was_fixed(path, capsys) -> None:
    assert main(["check", str(path), "--format", "json"]) == 1
    rows = json.loads(capsys.readouterr().out)["diagnostics"]
    (edit,) = rows[0]["edits"]
    assert edit == {"line": 2, "column": 11, "end_line": 2, "end_column": 12, "text": "~"}
    assert main(["check", "--fix", str(path), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [row["code"] for row in found["fixed"]] == ["E109", "E106"]
    assert [row["code"] for row in found["diagnostics"]] == ["E201"]
    assert found["diagnostics"][0]["edits"] == []


def test_edits_as_an_editor_would_apply_them_are_those_of_fix() -> None:
    for path in OFFERED:
        text = read(path)
        source = Source(text)
        found = next(d for d in check_text(text)[1] if d.edits)
        made = []
        for e in to_json(found, source)["edits"]:
            start = source.starts[e["line"] - 1] + e["column"] - 1
            stop = source.starts[e["end_line"] - 1] + e["end_column"] - 1
            made.append(Edit(Span(start, stop), e["text"]))
        assert tuple(made) == found.edits
        assert edited(text, made) == edited(text, found.edits)


def test_a_file_that_is_not_utf8_is_left_alone(path, capsys) -> None:
    path.write_bytes(b"dim N\nlatent mu = Normal(0, 1)  # \xff\n")
    assert main(["check", "--fix", str(path)]) == 2
    assert path.read_bytes().endswith(b"\xff\n")


def test_a_byte_order_mark_stays(path, capsys) -> None:
    path.write_bytes("\ufefflatent mu = Normal(0, 1)\r\nobserved y ~ Normal(mu, 1)\r\n".encode())
    assert main(["check", "--fix", str(path)]) == 0
    assert path.read_bytes() == (
        "\ufefflatent mu ~ Normal(0, 1)\r\nobserved y ~ Normal(mu, 1)\r\n".encode()
    )
