"""The TextMate grammar, which most editors read: `grammar/genlang.tmLanguage.json`.

python -m genlang.editors.textmate     after a change of the vocabulary
"""

import json
from pathlib import Path
from typing import Any

from genlang.editors import words

FILE = Path(__file__).resolve().parents[2] / "grammar" / "genlang.tmLanguage.json"
Rule = dict[str, Any]


def grammar() -> Rule:
    """Return the grammar. As in the lexer, the first pattern that matches takes the text."""
    return {
        "name": "genlang",
        "scopeName": "source.genlang",
        "fileTypes": ["gen"],
        "patterns": [
            _match(rf"^[ \t]*({words.DECLARATION})", group="storage.type.declaration"),
            {"include": "#typed"},
            {"include": "#inside"},
            _match(r"[)\]]", "punctuation.bracket"),
            {"include": "#wrong"},
        ],
        "repository": {
            "typed": _match(rf"(?::|->)[ \t]*({words.TYPE})", group="support.type"),
            "inside": {"patterns": _inside()},
            "wrong": _match(r"\S", "invalid.illegal"),
        },
    }


def _inside() -> list[Rule]:
    """The patterns that hold inside brackets too."""
    return [
        _match(r"##.*", "comment.block.documentation"),
        _match(r"#.*", "comment.line.number-sign"),
        _match(words.KEYWORD, "keyword.control"),
        _match(words.VALUE, "constant.language"),
        _match(words.DISTRIBUTION, "support.class.distribution"),
        _match(words.FUNCTION, "support.function"),
        _match(words.ATTRIBUTE, "variable.other.member"),
        _match(words.NAME, "variable.other"),
        _match(words.NUMBER, "constant.numeric"),
        _match(words.STRING, "string.quoted.double"),
        _match(words.OPERATOR, "keyword.operator"),
        _bracket(r"\(", r"\)", ["#typed", "#inside", "#wrong"]),
        _bracket(r"\[", r"\]", ["#inside", "#wrong"]),
        _match(r"[:,.]", "punctuation.separator"),
    ]


def _match(pattern: str, name: str = "", group: str = "") -> Rule:
    """A rule for text within a line: a scope for all of it, or for its first group."""
    found: Rule = {"match": pattern}
    if name:
        found["name"] = f"{name}.genlang"
    if group:
        found["captures"] = {"1": {"name": f"{group}.genlang"}}
    return found


def _bracket(begin: str, end: str, inside: list[str]) -> Rule:
    mark = {"0": {"name": "punctuation.bracket.genlang"}}
    return {
        "begin": begin,
        "end": end,
        "beginCaptures": mark,
        "endCaptures": mark,
        "patterns": [{"include": name} for name in inside],
    }


def main() -> None:
    """Write the grammar."""
    FILE.write_text(json.dumps(grammar(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
