"""Colours: both grammars know the words of the language, and agree on every model."""

import json
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String

from genlang.editors import textmate, words
from genlang.editors.lexer import GenlangLexer
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.functions import CONSTANTS, FUNCTIONS
from genlang.lang.types import SCALARS, STRUCTURES
from genlang.syntax.lalr import grammar_folder
from tests.test_language import VALID

ROOT = Path(__file__).parents[1]
MODELS = {p.stem: p.read_text(encoding="utf-8") for p in sorted(ROOT.glob("models/*/*.gen"))}
LARK = (grammar_folder() / "genlang.lark").read_text(encoding="utf-8")
GRAMMAR = json.loads(textmate.FILE.read_text(encoding="utf-8"))
SCOPES = {
    "storage.type.declaration": Keyword.Declaration,
    "support.type": Keyword.Type,
    "comment.block.documentation": String.Doc,
    "comment.line.number-sign": Comment.Single,
    "keyword.control": Keyword,
    "constant.language": Keyword.Constant,
    "support.class.distribution": Name.Class,
    "support.function": Name.Builtin,
    "variable.other.member": Name.Attribute,
    "variable.other": Name,
    "constant.numeric": Number,
    "string.quoted.double": String,
    "keyword.operator": Operator,
    "punctuation.separator": Punctuation,
    "punctuation.bracket": Punctuation,
    "invalid.illegal": Error,
}
TRICKY = """\
## A model (not "real"): of all that is hard to tell
dim N, T[N] = 3 from 1  # a comment: real
data data[N], x: real(lower=.5e-3, upper=1.)
def f(a: real[N], sum: positive) -> real: return a[0:2] ^ 2
net g(h: real[N]) -> (loc: real[N], scale: positive[N]) = mlp(8)
latent normal, Normal2, μ, exp_
    ~ Normal(
        data[1:index],
        exp(x) if not true and x != 2 else sum(x[n, :n] for n in N)
    )
for n in N weight x:
    observed y[n] ~ Normal(0, 1) then Normal(g(x).loc[n] + "a b"[0] * Normal(0, 1).cdf(inf), 1)
guide:
    param z: simplex[N]
"""


def pygments(text):
    """Each character with its token, blanks left out; lines as in the file."""
    found = {}
    for at, token, value in GenlangLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(
        text
    ):
        found |= {at + i: token for i, c in enumerate(value) if not c.isspace()}
    return found


def coloured(text):
    """The same by a small interpreter of the TextMate grammar: first match, rules in order."""
    found, stack, start = {}, [GRAMMAR], 0
    for line in text.splitlines(keepends=True):
        at = 0
        while at < len(line):
            rule = stack[-1]
            end = re.compile(rule["end"]).search(line, at) if "end" in rule else None
            tries = [(end.start(), -1, end, rule)] if end else []
            for order, other in enumerate(flat(rule["patterns"])):
                pattern = other.get("match") or other["begin"]
                m = re.compile(pattern, re.MULTILINE).search(line, at)
                if m and m.end() > m.start():
                    tries.append((m.start(), order, m, other))
            if not tries:
                break
            _, order, m, chosen = min(tries, key=lambda t: t[:2])
            marks = chosen.get("captures", {})
            if order < 0:
                stack.pop()
                marks = chosen["endCaptures"]
            elif "begin" in chosen:
                stack.append(chosen)
                marks = chosen["beginCaptures"]
            if "name" in chosen:
                marks = {"0": {"name": chosen["name"]}, **marks}
            outside = range(m.start(), m.end())
            found |= {start + i: Punctuation for i in outside if not line[i].isspace()}
            for group, scope in marks.items():
                for i in range(*m.span(int(group))):
                    if not line[i].isspace():
                        found[start + i] = SCOPES[scope["name"].removesuffix(".genlang")]
            at = m.end()
        start += len(line)
    return found


def flat(patterns):
    """The rules with what they include."""
    for rule in patterns:
        if "include" in rule:
            inner = GRAMMAR["repository"][rule["include"].removeprefix("#")]
            yield from flat(inner.get("patterns", [inner]))
        else:
            yield rule


TEXTS = {**MODELS, **VALID, "tricky": TRICKY}


@pytest.mark.parametrize("name", TEXTS)
def test_both_colour_every_model_without_errors_and_alike(name):
    text = TEXTS[name].replace("\r\n", "\n").removeprefix("\ufeff")
    found = pygments(text)
    assert set(found) == {i for i, c in enumerate(text) if not c.isspace()}
    assert Error not in found.values()
    assert coloured(text) == found


def test_words_are_told_apart():
    found = pygments(TRICKY)

    def tokens(word):
        return [found[m.start()] for m in re.finditer(rf"(?<!\w){word}(?!\w)", TRICKY)]

    assert tokens("data") == [Keyword.Declaration, Name, Name]
    assert tokens("real") == [String.Doc, Comment.Single, *[Keyword.Type] * 5]
    assert tokens("sum") == [Name, Name.Builtin]
    assert tokens("index") == [Name]
    assert tokens("Normal") == [Name.Class] * 4
    assert tokens("normal") == [Name]
    assert tokens("loc") == [Name, Name.Attribute]
    assert tokens("cdf") == [Name.Attribute]
    assert tokens("weight") == tokens("from") == [Keyword]
    assert tokens("inf") == tokens("true") == [Keyword.Constant]
    assert tokens("guide") == [Keyword.Declaration]


@pytest.mark.parametrize("text", ["a ? b", "x $ 1", "'a'", "{", "a ! b", '"open'])
def test_what_is_no_genlang_is_marked_by_both(text):
    assert Error in pygments(text).values()
    assert Error in coloured(text).values()


def test_the_words_are_those_of_the_grammar_and_of_the_tables():
    literals = set(re.findall(r'"([a-z]+)"', LARK))
    assert {*words.DECLARES, *words.KEYWORDS, *words.TRUTH} == literals
    (reserved,) = re.findall(r"NAME: /\(\?!\(\?:([a-z|]+)\)", LARK)
    assert set(reserved.split("|")) == {*words.KEYWORDS, *words.TRUTH} - set(words.INSIDE)
    assert set(words.TYPES) == {*SCALARS, *STRUCTURES}
    assert set(words.DRAWN) == set(DISTRIBUTIONS)
    assert set(words.VALUES) == {"true", "false", *CONSTANTS}
    named = {f for f in FUNCTIONS if re.fullmatch(r"[a-z]\w*", f)}
    assert set(words.CALLED) == named - {"and", "or", "not", "neg", "min2", "max2"}


def test_numbers_strings_and_names_are_those_of_the_grammar():
    number = re.search(r"^NUMBER: /(.*)/$", LARK, re.MULTILINE)[1]
    for text in ("1", "1.", ".5", "1e9", "1.5E-3", "2.e+4", "1e", ".", "1.2.3", "e5"):
        assert bool(re.fullmatch(words.NUMBER, text)) == bool(re.fullmatch(number, text)), text
    assert re.search(r"^STRING: /(.*)/$", LARK, re.MULTILINE)[1] == words.STRING
    assert words.NAME in LARK


def test_the_textmate_grammar_is_up_to_date():
    """Else: python -m genlang.editors.textmate."""
    assert textmate.grammar() == GRAMMAR


def test_pygments_finds_the_lexer():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["entry-points"]["pygments.lexers"]["genlang"].split(":")
    assert getattr(import_module(module), name) is GenlangLexer
    assert any(d.startswith("pygments") for d in project["dependencies"])
