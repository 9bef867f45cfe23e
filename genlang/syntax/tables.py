"""The parser's tables: written as JSON beside the grammar, so that no start builds them.

python -m genlang.syntax.tables     after a change of the grammar

The only place that imports the parser generator.
"""

import json
from itertools import count
from typing import Any

from lark import Lark
from lark.grammar import Rule, Symbol, Terminal
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Shift

from genlang.syntax.lalr import ABSENT, grammar_folder

MADE = ("_INDENT", "_DEDENT")  # of blanks, by the lexer: they have no pattern


def build() -> dict[str, Any]:
    """Build the tables from the grammar, strictly: any conflict is an error."""
    text = (grammar_folder() / "genlang.lark").read_text(encoding="utf-8")
    lark = Lark(text, parser="lalr", lexer="basic", maybe_placeholders=True, strict=True)
    words: dict[str, str] = {}
    terminals: list[list[str]] = []
    for terminal in sorted(lark.terminals, key=_order):
        pattern = terminal.pattern
        if isinstance(pattern, PatternStr) and pattern.value.isidentifier():
            words[pattern.value] = terminal.name
        elif terminal.name not in MADE:
            terminals.append([terminal.name, pattern.to_regexp()])
    numbers = {rule: number for number, rule in enumerate(sorted(lark.rules, key=_written))}
    return {
        "terminals": terminals,
        "ignored": sorted(lark.ignore_tokens),
        "words": dict(sorted(words.items())),
        "rules": [_rule(rule) for rule in numbers],
        "rows": _rows(lark, numbers),
    }


def _order(terminal: TerminalDef) -> tuple[Any, ...]:
    """The first that matches is taken: what says so itself, then the longest."""
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name


def _written(rule: Rule) -> str:
    return f"{rule.origin.name}: {' '.join(s.name for s in rule.expansion)} {rule.alias}"


def _rule(rule: Rule) -> list[Any]:
    """The fields of `lalr.Rule`."""
    origin, size, single = rule.origin.name, len(rule.expansion), rule.options.expand1
    name = "" if origin.startswith("_") else rule.alias or origin
    picks = _picks(rule)
    passes_on = single and not rule.alias and size == len(picks) == 1
    return [origin, size, name, single and not rule.alias, None if passes_on else picks]


def _picks(rule: Rule) -> list[int]:
    """The children: all but punctuation, and a place for each optional part that is absent."""
    places = iter(range(len(rule.expansion)))
    absent = rule.options.empty_indices or [False] * len(rule.expansion)
    every = [ABSENT if a else next(places) for a in absent]
    return [at for at in every if at == ABSENT or _kept(rule.expansion[at])]


def _kept(symbol: Symbol) -> bool:
    return not (isinstance(symbol, Terminal) and symbol.filter_out)


def _rows(lark: Lark, numbers: dict[Rule, int]) -> list[dict[str, int]]:
    """A row for each state, numbered from the first in the order in which they are reached."""
    table = lark.parser.parser._parse_table  # noqa: SLF001 (it has no public name)
    first = table.start_states["start"]
    reached, fresh, queue = {first: 0}, count(1), [first]
    for state in queue:
        for _, (action, to) in sorted(table.states[state].items()):
            if action is Shift and to not in reached:
                reached[to] = next(fresh)
                queue.append(to)
    return [
        {
            symbol: reached[to] if action is Shift else ~numbers[to]
            for symbol, (action, to) in sorted(table.states[state].items())
        }
        for state in queue
    ]


def written() -> str:
    """Return the tables as they are written."""
    return json.dumps(build(), separators=(",", ":")).replace('},{"', '},\n{"') + "\n"


def main() -> None:
    """Write the tables beside the grammar."""
    (grammar_folder() / "genlang.json").write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
