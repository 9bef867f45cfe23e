"""The parser: text -> parse tree, by tables that a parser generator made from the grammar.

    text --tokens, indents--> shift and reduce --> Tree(data, children, start, end)

The tables (LALR(1); Aho, Lam, Sethi and Ullman, Compilers, section 4.7) are JSON, written by
`syntax/tables.py`. Loading them here takes a twentieth of the time that importing the generator
takes, which is why it is imported where tables are made and nowhere else.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

PACKAGE = Path(__file__).resolve().parent.parent
TAB = 4  # columns of a tab: an error, but one that says where the line would stand
START, END = "start", "$END"
ABSENT = -1  # in `Rule.picks`
WORD = "WORD"  # a reserved word, before it is known which
NONE = ""  # no token
OPEN, CLOSE = ("LPAR", "LSQB"), ("RPAR", "RSQB")


class Token(str):
    """A terminal with its place: code points `[start, end)` of the text."""

    __slots__ = ("end", "start", "type")
    type: str
    start: int
    end: int

    def __new__(cls, kind: str, text: str, start: int, end: int) -> Self:
        """Return a token; it is its text."""
        token = str.__new__(cls, text)
        token.type, token.start, token.end = kind, start, end
        return token


class Tree:
    """What a rule named `data` matched, the code points `[start, end)`; punctuation is left out."""

    __slots__ = ("children", "data", "end", "start")

    def __init__(self, data: str, children: "list[Node]", start: int, end: int) -> None:
        self.data, self.children, self.start, self.end = data, children, start, end


Node = Tree | Token | None


class Unexpected(Exception):  # noqa: N818 (a mistake in a model, not in genlang)
    """The text is not in the language: a token of type `kind`, or NONE, at an offset.

    `wanted` are the types of the tokens that could stand there.
    """

    def __init__(self, kind: str, offset: int, wanted: frozenset[str]) -> None:
        super().__init__(kind, offset)
        self.kind, self.offset, self.wanted = kind, offset, wanted


class Unaligned(Exception):  # noqa: N818 (the same)
    """The line that begins at `offset` stands in no column of the blocks around it."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Rule(NamedTuple):
    """A production: `size` symbols become an `origin`, whose tree is called `name`.

    `picks` are the symbols that become children, ABSENT for an optional one; None where
    the rule only passes on what it has. Without a name the children go to the rule's reader. A
    `single` child stands for itself.
    """

    origin: str
    size: int
    name: str
    single: bool
    picks: list[int] | None


class Grammar(NamedTuple):
    """Terminals in the order in which they are tried, words, productions, and a row for each state.

    A row says what to do at a symbol: shift to a state (not negative), or reduce by a rule (its
    complement). State 0 is the first.
    """

    lexeme: re.Pattern[str]
    ignored: frozenset[str]
    words: dict[str, str]
    rules: list[Rule]
    rows: list[dict[str, int]]


def grammar_folder() -> Path:
    """Return the folder of the grammar: in the wheel, else beside the package."""
    inside = PACKAGE / "_grammar"
    return inside if inside.is_dir() else PACKAGE.parent / "grammar"


@cache
def load() -> Grammar:
    """Load the tables."""
    return read(json.loads((grammar_folder() / "genlang.json").read_text(encoding="utf-8")))


def read(tables: dict[str, Any]) -> Grammar:
    """Return the grammar of tables as `syntax/tables.py` writes them."""
    kinds = [*tables["terminals"], (WORD, r"[^\W\d]\w*")]
    lexeme = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds))
    rules = [Rule(*rule) for rule in tables["rules"]]
    return Grammar(lexeme, frozenset(tables["ignored"]), tables["words"], rules, tables["rows"])


def parse(text: str, grammar: Grammar) -> Tree:
    """Parse a text that ends in a line break; raises Unexpected and Unaligned."""
    rows, rules = grammar.rows, grammar.rules
    states = [0]
    values: list[Any] = []
    starts: list[int] = []
    ends: list[int] = []
    for token in _tokens(text, grammar, states):
        while True:
            action = rows[states[-1]].get(token.type)
            if action is None:
                raise Unexpected(token.type, token.start, _wanted(grammar, states))
            if action >= 0:
                states.append(action)
                values.append(token)
                starts.append(token.start)
                ends.append(token.end)
                break
            origin, size, name, single, picks = rules[~action]
            if picks is not None:
                start, end = (starts[-size], ends[-1]) if size else (0, 0)
                found = _children(values[-size:], picks) if size else []
                value = found if not name else Tree(name, found, start, end)
                if size:
                    del states[-size:], values[-size:], starts[-size:], ends[-size:]
                values.append(found[0] if single and len(found) == 1 else value)
                starts.append(start)
                ends.append(end)
            else:
                states.pop()
            states.append(rows[states[-1]][origin])
            if origin == START:
                tree: Tree = values[-1]
                return tree
    raise AssertionError


def _children(values: list[Any], picks: list[int]) -> list[Any]:
    """The children of a tree: those picked, repeated parts spliced in."""
    found: list[Any] = []
    for pick in picks:
        value = None if pick == ABSENT else values[pick]
        if type(value) is not list:
            found.append(value)
        elif found:
            found += value
        else:
            found = value  # a repetition grows at its end: no copy for each element
    return found


def _wanted(grammar: Grammar, states: list[int]) -> frozenset[str]:
    """The tokens that can come next: those after whose reductions a shift follows."""
    return frozenset(
        kind for kind in grammar.rows[states[-1]] if kind.isupper() and _fits(grammar, states, kind)
    )


def _fits(grammar: Grammar, states: list[int], kind: str) -> bool:
    held = list(states)
    while True:
        action = grammar.rows[held[-1]].get(kind)
        if action is None:
            return False
        if action >= 0:
            return True
        rule = grammar.rules[~action]
        del held[len(held) - rule.size :]
        if rule.origin == START:
            return True
        held.append(grammar.rows[held[-1]][rule.origin])


# -- Tokens -----------------------------------------------------------------------------------


def _tokens(text: str, grammar: Grammar, states: list[int]) -> Iterator[Token]:
    """Yield tokens, with indents and dedents outside brackets.

    A word of a declaration is a name wherever no such word can stand: `states` are the parser's.
    """
    columns, depth, at = [0], 0, 0
    while at < len(text):
        match = grammar.lexeme.match(text, at)
        kind = match.lastgroup if match is not None else None
        if match is None or kind is None:
            raise Unexpected(NONE, at, _wanted(grammar, states))
        start, at = at, match.end()
        if kind in grammar.ignored or (kind == "_NL" and depth > 0):
            continue
        word, row = match.group(), grammar.rows[states[-1]]
        if kind == "NAME" and not (word.isascii() or _is_name(word, grammar)):
            raise Unexpected(NONE, start, frozenset())
        if kind == "NAME" and grammar.words.get(word, kind) in row:
            kind = grammar.words.get(word, kind)
        elif kind == WORD:
            kind = grammar.words[word]
        elif kind == "NUMBER" and kind in row and (text[at].isalnum() or text[at] == "_"):
            raise Unexpected(NONE, at, frozenset())
        yield Token(kind, word, start, at)
        if kind == "_NL":
            yield from _blocks(word, columns, start, at)
        depth += (kind in OPEN) - (kind in CLOSE)
    yield from (Token("_DEDENT", "", at, at) for _ in columns[1:])
    yield Token(END, "", at, at)


def _is_name(word: str, grammar: Grammar) -> bool:
    """Whether Python takes a word for a name, and what it becomes there is no word of ours."""
    plain = unicodedata.normalize("NFKC", word)
    found = grammar.lexeme.fullmatch(plain)
    return plain.isidentifier() and found is not None and found.lastgroup == "NAME"


def _blocks(line_break: str, columns: list[int], start: int, end: int) -> Iterator[Token]:
    """Yield the blocks that begin or end at a line break; `columns` are those of the open ones."""
    blanks = line_break[line_break.rindex("\n") + 1 :]
    column = blanks.count(" ") + TAB * blanks.count("\t")
    if column > columns[-1]:
        columns.append(column)
        yield Token("_INDENT", blanks, end, end)
    while column < columns[-1]:
        columns.pop()
        yield Token("_DEDENT", "", start, end)
    if column != columns[-1]:
        raise Unaligned(end)
