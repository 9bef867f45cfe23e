"""Whatever a text is, it gets diagnostics and nothing else; bombs among them.

`python -m tests.mutations 100000` tries as many mutants as one has patience for.
"""

import ast

import pytest

import genlang
from genlang.diagnostics import ModelError
from genlang.lang.functions import FUNCTIONS
from genlang.pipeline import check_text
from genlang.syntax.limits import DEPTH, LOOPS, NAMES, TERMS
from tests.mutations import corpus, hold, mutant

HEAD = "dim N\ndata x[N]: real\nlatent b ~ Normal(0, 1)\n"
TAIL = "observed y[n in N] ~ Normal(b, 1)\n"


@pytest.fixture(scope="module")
def texts():
    return corpus()


@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_a_mutant_gets_diagnostics_and_nothing_else(texts, first):
    for seed in range(first, first + 250):
        text = mutant(texts, seed)
        try:
            hold(text)
        except Exception as error:
            message = f"seed {seed}: {text!r}"
            raise AssertionError(message) from error


def let(value):
    return f"{HEAD}let a = {value}\n{TAIL}"


def grown(value):
    """Each name is made of the one before it, the first of a latent that is summed out."""
    names = "".join(f"    let a{i + 1} = {value.format(i)}\n" for i in range(200))
    return (
        "dim N\nlatent p ~ Uniform(0, 1)\nfor n in N:\n    latent z[n] ~ Bernoulli(p)\n"
        f"    let a0 = z[n]\n{names}    observed y[n] ~ Normal(a200, 1)\n"
    )


MANY = 5 * NAMES
DEEP = 10_000

BOMBS = {
    "a long sum": (let(" + ".join(["b"] * DEEP)), "E103"),
    "brackets": (let("(" * DEEP + "b" + ")" * DEEP), "E103"),
    "calls": (let("exp(" * 199 + "b" + ")" * 199), "E103"),
    "open brackets": (let("(" * DEEP), "E103"),
    "signs": (let("-" * DEEP + "b"), "E103"),
    "not": (let("not " * DEEP + "true"), "E103"),
    "powers": (let("2 ^ " * DEEP + "b"), "E103"),
    "choices": (let("b if true else " * DEEP + "b"), "E103"),
    "subscripts": (let("x" + "[0]" * DEEP), "E103"),
    "attributes": (let("x" + ".y" * DEEP), "E103"),
    "comparisons": (let(" < ".join(["b"] * DEEP)), "E105"),
    "parts": (HEAD + "observed y[n in N] ~ " + " then ".join(["Normal(b, 1)"] * 500), "E103"),
    "statements": (HEAD + "".join(f"let a{i} = 1\n" for i in range(MANY)) + TAIL, "E103"),
    "names": (f"latent {', '.join(f'a{i}' for i in range(MANY))} ~ Normal(0, 1)\n", "E103"),
    "loops": ("".join("  " * i + f"for i{i} in N:\n" for i in range(300)) + " " * 600 + "let a = 1",
              "E103"),
    "axes": (f"dim N\ndata x[{', '.join('N' * 500)}]: real\n", "E103"),
    "a name that doubles": (grown("a{0} + a{0}"), "E707"),
    "a name that grows": (grown("sin(a{0})"), "E707"),
    "characters that name nothing": (let("x\u0bf0"), "E114"),
    "a word in other letters": (HEAD + "let \uff49\uff46 = 1\n" + TAIL, "E114"),
    "nul": (HEAD.replace("b", "b\0") + TAIL, "E113"),
    "form feeds": (HEAD.replace("\n", "\f\n") + TAIL, "E113"),
    "an open text": (HEAD + 'let a = "b\n' + TAIL, "E111"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name):
    text, code = BOMBS[name]
    assert hold(text) in ("refused", "parsed")
    with pytest.raises(ModelError) as error:
        genlang.model(text)
    assert error.value.diagnostics[0].code == code


HARMLESS = {
    "numbers": let("1e999 + " + "9" * DEEP + " * " + " * ".join(["9" * 18] * 50)),
    "powers of powers": let("9 ^ 9 ^ 9 ^ 9"),
    "a long list": let(f"[{', '.join(map(str, range(5000)))}]"),
    "many names": HEAD + f"latent {', '.join(f'a{i}' for i in range(500))} ~ Normal(0, 1)\n" + TAIL,
    "a chain of names": HEAD + "let a0 = b\n" + "".join(
        f"let a{i} = a{i - 1} + 1\n" for i in range(1, 500)) + TAIL,
    "blank lines": "\n" * 20_000 + HEAD + TAIL,
    "blanks": " " * 100_000 + "\n" + HEAD + TAIL,
    "a long comment": "#" * 100_000 + "\n" + HEAD + TAIL,
    "line ends": "\ufeff" + (HEAD + TAIL).replace("\n", "\r\n"),
    "lone returns": (HEAD + TAIL).replace("\n", "\r"),
    "dunders": (HEAD + TAIL).replace("b ~", "__class__ ~").replace("(b", "(__class__"),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_only_large_compiles(name):
    assert hold(HARMLESS[name]) == "compiled"


def test_what_stands_at_the_limits_compiles_under_any_command():
    """Python reads what comes of it: no more than 200 brackets one in the other."""
    dims = [f"D{i}" for i in range(LOOPS)]
    index = ", ".join(f"i{i}" for i in range(LOOPS))
    loops = "".join("    " * i + f"for i{i} in D{i}:\n" for i in range(LOOPS))
    inside = f"{'    ' * LOOPS}observed y[{index}] ~ Normal(b, 1)\n"
    deepest = [
        let(" + ".join(["b"] * TERMS)),
        let("b if x[0] > 1 else " * (DEPTH - 3) + "b"),
        let("-" * (DEPTH - 1) + "b"),
        let("2 ^ " * DEPTH + "b"),
        f"dim {', '.join(dims)}\nlatent b ~ Normal(0, 1)\n{loops}{inside}",
    ]
    for name in sorted(FUNCTIONS):
        text = let(f"{name}(" * (DEPTH - 1) + "b" + ")" * (DEPTH - 1))
        model, found = check_text(text)
        assert "E103" not in {d.code for d in found}, name
        if model is not None:
            deepest.append(text)
    assert len(deepest) > 30
    for text in deepest:
        model = genlang.model(text)
        ast.parse(model.to_python())
        model.explain()
        model.explain(latex=True)
        model.graph(to="svg")
        assert genlang.format(genlang.format(text)) == genlang.format(text)
