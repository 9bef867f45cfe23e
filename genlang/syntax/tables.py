"""The parser's tables: written as JSON beside the grammar, so that no start builds them.

python -m genlang.syntax.tables     after a change of the grammar
"""

import json
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar

from lark import Lark
from lark.grammar import NonTerminal, Rule
from lark.indenter import Indenter
from lark.lexer import TerminalDef

PACKAGE = Path(__file__).resolve().parent.parent


class Indentation(Indenter):
    """Turns leading spaces into indents and dedents; brackets switch it off."""

    NL_type = "_NL"
    OPEN_PAREN_types: ClassVar[list[str]] = ["LPAR", "LSQB"]
    CLOSE_PAREN_types: ClassVar[list[str]] = ["RPAR", "RSQB"]
    INDENT_type = "_INDENT"
    DEDENT_type = "_DEDENT"
    tab_len = 4


def grammar_folder() -> Path:
    """Return the folder of the grammar: in the wheel, else beside the package."""
    inside = PACKAGE / "_grammar"
    return inside if inside.is_dir() else PACKAGE.parent / "grammar"


def build() -> dict[str, Any]:
    """Build the tables from the grammar, strictly: any conflict is an error."""
    text = (grammar_folder() / "genlang.lark").read_text(encoding="utf-8")
    lark = Lark(
        text,
        parser="lalr",
        lexer="contextual",
        postlex=Indentation(),
        propagate_positions=True,
        maybe_placeholders=True,
        strict=True,
    )
    data, memo = lark.memo_serialize([TerminalDef, Rule])
    # The lexer's hook is code, given again at loading.
    data["options"]["postlex"] = None
    return {"data": data, "memo": memo}


def load() -> Lark:
    """Load the tables."""
    path = grammar_folder() / "genlang.json"
    tables = json.loads(path.read_text(encoding="utf-8"), object_hook=_integer_keys)
    data = tables["data"]
    lark = Lark.__new__(Lark)
    lark._load({"data": data, "memo": tables["memo"]}, postlex=Indentation())  # noqa: SLF001 (no public name)
    _pass_on(lark._callbacks)  # noqa: SLF001 (the same)
    return lark


def _pass_on(callbacks: dict[Any, Any]) -> None:
    """Let rules that only pass a node on (`?sum_: prod_`) do no more than that.

    Nine stand between a name and its expression, and each would set its positions again: without
    them parsing takes a third less time.
    """
    for rule in callbacks:
        if isinstance(rule, Rule) and rule.options.expand1 and not rule.alias:
            only, *others = rule.expansion
            if isinstance(only, NonTerminal) and not others:
                callbacks[rule] = itemgetter(0)


def _integer_keys(table: dict[str, Any]) -> dict[Any, Any]:
    """JSON has text keys only; the tables' states and tokens are numbers."""
    if table and all(key.isdigit() for key in table):
        return {int(key): value for key, value in table.items()}
    return table


def main() -> None:
    """Write the tables beside the grammar."""
    path = grammar_folder() / "genlang.json"
    path.write_text(json.dumps(build(), default=sorted, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
