"""Text to AST: programs parse, and every mistake has a message at its place."""

import json
from pathlib import Path

import pytest

from genlang.source import Source
from genlang.syntax import tables
from genlang.syntax.build import build as nodes
from genlang.syntax.parser import parse
from genlang.syntax.tables import build, grammar_folder, load

MODELS = Path(__file__).parents[1] / "models"

MIXTURE = """\
# Gaussian mixture
dim N, K = 3
latent weight ~ Dirichlet(ones(K))
latent mu[K] ~ Normal(0, 10)
for n in N:
    latent z[n] ~ Categorical(weight)
    observed y[n] ~ Normal(mu[z[n]], 1)
"""

WRONG = {
    "data x[N] real\n": ("E108", 1, 11),
    "latent a ~ Normal(0, 1\nlatent b ~ Normal(0, 1)\n": ("E104", 1, 18),
    "latnt c ~ Normal(0, 1)\n": ("E107", 1, 1),
    "for n in N\n    latent z[n] ~ Normal(0, 1)\n": ("E108", 1, 11),
    "observed y = Normal(0, 1)\n": ("E109", 1, 12),
    "let a = b ** 2\n": ("E106", 1, 11),
    "let a = 1 < b < 2\n": ("E105", 1, 15),
}


def test_a_program_parses_without_diagnostics():
    file, found = parse(Source(MIXTURE))
    assert found == ()
    assert len(file.statements) == 4


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_has_its_code_and_place(text):
    source = Source(text)
    _, found = parse(source)
    code, line, column = WRONG[text]
    assert found[0].code == code
    assert source.position(found[0].span.start) == (line, column)


def test_all_independent_errors_are_reported_in_one_run():
    text = "data x[N] real\nlatent b ~ Normal(0, 1)\nlatnt c ~ Normal(0, 1)\n"
    file, found = parse(Source(text))
    assert [d.code for d in found] == ["E108", "E107"]
    assert len(file.statements) == 1


def test_deep_nesting_is_a_diagnostic():
    _, found = parse(Source("let a = " + "(" * 10_000 + "1" + ")" * 10_000))
    assert [d.code for d in found] == ["E103"]


def test_rules_that_only_pass_on_leave_the_tree_as_it_is(monkeypatch):
    """With its positions, which become the spans of all nodes."""
    passing = load()
    monkeypatch.setattr(tables, "_pass_on", lambda callbacks: None)
    plain = load()
    texts = [p.read_text(encoding="utf-8") for p in sorted(MODELS.glob("*/*.gen"))]
    text = "\n".join([MIXTURE, *texts, "let a = -(b + (c)) if ((d)) else [x[(n)]]\n"])
    assert plain.parse(text) == passing.parse(text)
    assert nodes(plain.parse(text), text) == nodes(passing.parse(text), text)


def test_tables_equal_the_grammar():
    stored = json.loads((grammar_folder() / "genlang.json").read_text(encoding="utf-8"))
    assert len(stored["data"]["rules"]) == len(build()["data"]["rules"])
