"""A lexer for Pygments, under the entry point `genlang`: for Sphinx, web pages and consoles."""

import re
from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, include
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from genlang.editors import words


class GenlangLexer(RegexLexer):
    """Colours of `.gen` files. Inside brackets no line begins, and inside `[` `:` is a slice."""

    name = "genlang"
    aliases: ClassVar[list[str]] = ["genlang"]
    filenames: ClassVar[list[str]] = ["*.gen"]
    mimetypes: ClassVar[list[str]] = ["text/x-genlang"]
    flags = re.MULTILINE
    tokens: ClassVar = {
        "root": [
            (rf"(^[ \t]*)({words.DECLARATION})", bygroups(Whitespace, Keyword.Declaration)),
            include("typed"),
            include("inside"),
            (r"[)\]]", Punctuation),
        ],
        "typed": [
            (rf"(:|->)([ \t]*)({words.TYPE})", bygroups(Punctuation, Whitespace, Keyword.Type)),
        ],
        "inside": [
            (r"##.*", String.Doc),
            (r"#.*", Comment.Single),
            (r"[ \t]+|\s", Whitespace),  # up to a line's end: declarations begin there
            (words.KEYWORD, Keyword),
            (words.VALUE, Keyword.Constant),
            (words.DISTRIBUTION, Name.Class),
            (words.FUNCTION, Name.Builtin),
            (words.ATTRIBUTE, Name.Attribute),
            (words.NAME, Name),
            (words.NUMBER, Number),
            (words.STRING, String),
            (words.OPERATOR, Operator),
            (r"\(", Punctuation, "round"),
            (r"\[", Punctuation, "square"),
            (r"[:,.]", Punctuation),
        ],
        "round": [(r"\)", Punctuation, "#pop"), include("typed"), include("inside")],
        "square": [(r"\]", Punctuation, "#pop"), include("inside")],
    }
