"""Text to AST: programs parse, and every mistake has a message at its place."""

from pathlib import Path

import lark
import pytest
from lark.indenter import Indenter

from genlang.source import Source
from genlang.syntax import lalr
from genlang.syntax.parser import parse
from genlang.syntax.tables import written

HERE = Path(__file__).parent
CORPUS = sorted((*HERE.parent.glob("models/*/*.gen"), *HERE.glob("*/*.gen")))

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
    # A word ends where the next begins, and a number does.
    "for n inN:\n    let a = 1\n": ("E110", 1, 7),
    "latentx[n] ~ Normal(0, 1)\n": ("E107", 1, 1),
    "let a = 1if b else 2\n": ("E114", 1, 9),
    "let a = 1 ifb else 2\n": ("E110", 1, 11),
    "dim D = 5from 1\n": ("E114", 1, 9),
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


class Indentation(Indenter):
    """Indents and dedents as the parser generator makes them."""

    NL_type = "_NL"
    OPEN_PAREN_types = ("LPAR", "LSQB")
    CLOSE_PAREN_types = ("RPAR", "RSQB")
    INDENT_type = "_INDENT"
    DEDENT_type = "_DEDENT"
    tab_len = lalr.TAB


@pytest.fixture(scope="module")
def generator():
    """The parser that the generator itself makes of the grammar."""
    return lark.Lark(
        (lalr.grammar_folder() / "genlang.lark").read_text(encoding="utf-8"),
        parser="lalr",
        postlex=Indentation(),
        propagate_positions=True,
        maybe_placeholders=True,
    )


def plain(node):
    """A parse tree of either parser, with its places."""
    match node:
        case lalr.Tree():
            return (node.data, node.start, node.end, *map(plain, node.children))
        case lalr.Token():
            return (node.type, node.start, node.end, str(node))
        case lark.Tree():
            place = (0, 0) if node.meta.empty else (node.meta.start_pos, node.meta.end_pos)
            return (str(node.data), *place, *map(plain, node.children))
        case lark.Token():
            return (node.type, node.start_pos, node.end_pos, str(node))
        case _:
            return None


def test_trees_are_those_of_the_parser_generator(generator):
    """Where it reads a text; a word that is glued to another it splits, which we do not."""
    texts = [path.read_bytes().decode().replace("\r", "\n") + "\n" for path in CORPUS]
    texts.append("let a = -(b + (c)) if ((d)) else [x[(n)], y(), ((z))[1:, :2],]\n")
    read = 0
    for text in texts:
        try:
            expected = generator.parse(text)
        except lark.exceptions.LarkError:
            with pytest.raises((lalr.Unexpected, lalr.Unaligned)):
                lalr.parse(text, lalr.load())
        else:
            read += 1
            assert plain(lalr.parse(text, lalr.load())) == plain(expected)
    assert read > len(texts) / 2


def test_tables_equal_the_grammar():
    assert (lalr.grammar_folder() / "genlang.json").read_text(encoding="utf-8") == written()
