"""Mutants of the models at hand: whatever a text is, it gets diagnostics and nothing else.

python -m tests.mutations 100000 [FIRST]     many, from a first seed on; prints those that fail

A mutant is its seed: `mutant(corpus(), 17)` is always the same text.
"""

import random
import sys
import time
import traceback
from dataclasses import fields, is_dataclass
from pathlib import Path

import genlang
from genlang.diagnostics import GenlangError, render, to_json
from genlang.pipeline import check_text, compile_text
from genlang.source import Source
from genlang.syntax.parser import parse
from genlang.syntax.pieces import LEXEME

HERE = Path(__file__).parent
ODD = (
    "\0", "\t", "\r", "\r\n", "\f", "\v", "\x85", "\u2028", "\ufeff", "\u202e", "\u00a0", "\u200b",
    "😀", "௰", "²", "\uff49\uff46", "μ", "é", "\ud800", '"', "'", "\\", "`", ";",
    "{", "}", "$", "?", "#", "##", "1e999", "9" * 400, "0x1", "1_000", ".5", "5.", "1..2",
    "~", "then", "->", "<-", "**", "((((", "[[[[", "))", "]]", "not ", "- - ",
    "\n", "\n    ", "\n  ", "    ", "for n in N:\n",
    "guide:\n", "dim N\n", "net f(x: real) -> real = mlp(8)\n",
    "def f(x: real) -> real: return x\n",
)  # fmt: skip


def corpus():
    """Every model of the package and of the tests: a fifth that is right, then wrong ones."""
    wrong = sorted(HERE.glob("errors/*.gen"))
    right = sorted({*HERE.parent.glob("models/*/*.gen"), *HERE.glob("*/*.gen")} - {*wrong})
    return [p.read_bytes().decode("utf-8") for p in (*right, *wrong)]


def mutant(texts, seed):
    """One of the texts after a few changes."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    text = chance.choice(texts if chance.random() < 0.3 else texts[: len(texts) // 5])
    for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3, 8))):
        text = chance.choice(CHANGES)(text, texts, chance)
    return text


# -- Changes: delete, repeat, swap, insert ----------------------------------------------------


def characters(text, texts, chance):
    at = chance.randrange(len(text) + 1)
    end = min(len(text), at + chance.choice((0, 1, 1, 2, 5)))
    other = chance.choice(texts)
    new = chance.choice(
        ("", text[at:end] * 2, text[at:end][::-1], chance.choice(ODD), chance.choice(other or " "))
    )
    return text[:at] + new + text[end:]


def tokens(text, texts, chance):
    """Change words and signs."""
    found = [m.group() for m in LEXEME.finditer(text)]
    others = [m.group() for m in LEXEME.finditer(chance.choice(texts))]
    return "".join(_shuffled(found, others or [" "], chance))


def exchange(text, texts, chance):
    """Put a name for a name, a number for a number, a sign for a sign: many such texts parse."""
    found = [(m.lastgroup, m.group()) for m in LEXEME.finditer(text)]
    kinds = ("name", "number", "sign") if chance.random() < 0.2 else ("name", "number")
    places = [i for i, (kind, _) in enumerate(found) if kind in kinds]
    if not places:
        return text
    at = chance.choice(places)
    source = found
    if chance.random() < 0.3:
        source = [(m.lastgroup, m.group()) for m in LEXEME.finditer(chance.choice(texts))]
    same = [word for kind, word in source if kind == found[at][0]]
    found[at] = ("", chance.choice(same or [""]))
    return "".join(word for _, word in found)


def lines(text, texts, chance):
    """Change whole lines, and how far they are indented."""
    found = text.split("\n")
    others = chance.choice(texts).split("\n")
    if chance.random() < 0.2:
        at = chance.randrange(len(found))
        found[at] = chance.choice((found[at].strip(), "    " + found[at], " " + found[at]))
        return "\n".join(found)
    return "\n".join(_shuffled(found, others, chance))


def _shuffled(found, others, chance):
    at, to = (chance.randrange(len(found) or 1) for _ in range(2))
    match chance.randrange(6):
        case 0:
            return found[:at] + found[at + 1 :]
        case 1:
            return found[:at] + found[at : at + 1] * 2 + found[at + 1 :]
        case 2 if found:
            found[at], found[to] = found[to], found[at]
            return found
        case 3 if found:
            return [*found[:to], found[at], *found[to:]]
        case 4:
            return [*found[:at], chance.choice(others), *found[at:]]
        case _:
            return [*found[:at], chance.choice(others), *found[at + 1 :]]


def splice(text, texts, chance):
    """The beginning of one text and the end of another, or one after the other."""
    other = chance.choice(texts)
    if chance.random() < 0.5:
        return text + other
    return text[: chance.randrange(len(text) + 1)] + other[chance.randrange(len(other) + 1) :]


def repeat(text, _, chance):
    """A piece many times: bombs."""
    at = chance.randrange(len(text) + 1)
    piece = text[at : at + chance.choice((1, 2, 4, 12))]
    return text[:at] + piece * chance.choice((3, 30, 300)) + text[at:]


CHANGES = (
    characters, characters, tokens, tokens, exchange, exchange, exchange, exchange, exchange,
    exchange, lines, lines, lines, splice, repeat,
)  # fmt: skip


# -- What holds of each -----------------------------------------------------------------------


def hold(text):
    """Raise AssertionError, or whatever else goes wrong; returns how far the text came."""
    file, found = parse(Source(text))
    _placed(found, text)
    model, found = check_text(text)
    _placed(found, text)
    errors = any(d.severity == "error" for d in found)
    assert errors == (model is None), "a model with errors, or none without"
    try:
        laid = genlang.format(text)
    except GenlangError as error:
        assert errors, "no layout, and no error"
        _placed(error.diagnostics, text)
        return "refused"
    _laid_out(laid, file)
    if model is None:
        return "parsed"
    program = compile_text(text).text
    compile(program, "program", "exec")
    return "compiled"


def _placed(found, text):
    """Every diagnostic has its place in the text, and can be shown."""
    source = Source(text)
    for d in found:
        spans = [d.span, *([d.second[0]] if d.second is not None else [])]
        for span in spans:
            assert span is not None, d
            assert 0 <= span.start <= span.end <= len(text), d
        assert d.message, d
        render(d, source)
        to_json(d, source)


def _laid_out(laid, file):
    """A layout says the same, and is its own layout."""
    again, found = parse(Source(laid))
    assert not found, found
    assert bare(again.statements) == bare(file.statements), "the layout says something else"
    assert genlang.format(laid) == laid, "the layout has another layout"


def bare(node):
    """A syntax tree without its spans."""
    if isinstance(node, tuple):
        return tuple(map(bare, node))
    if is_dataclass(node):
        values = [bare(getattr(node, f.name)) for f in fields(node) if f.name != "span"]
        return (type(node).__name__, *values)
    return node


def main(count, first):
    """Try mutants from a seed on; returns 1 where one of them fails."""
    texts, reached, failed = corpus(), {}, 0
    for seed in range(first, first + count):
        text = mutant(texts, seed)
        started = time.process_time()
        try:
            how = hold(text)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failed += 1
            *_, last = traceback.extract_tb(error.__traceback__)
            what = f"{type(error).__name__}: {str(error)[:200]!r}"
            print(f"{seed}: {what} {last.filename}:{last.lineno}", flush=True)
            continue
        took = time.process_time() - started
        if took > SLOW:
            print(f"{seed}: {took:.1f} s", flush=True)
        reached[how] = reached.get(how, 0) + 1
        if (seed - first) % 5000 == 4999:
            print(f"{seed - first + 1}: {reached}, {failed} failed", flush=True)
    print(f"{count} mutants from {first}: {reached}, {failed} failed")
    return int(failed > 0)


SLOW = 2.0  # seconds of CPU time that a mutant should not take

if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 0))
