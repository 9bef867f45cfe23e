"""Whole programs of other languages: recognized once, with the lines that they are here."""

import re
from dataclasses import dataclass

from genlang.source import Span

# A text with such a line is meant as genlang, whatever else stands in it.
OWN = re.compile(
    r"^[ \t]*(?:(?:dim|latent|observed|let|param|report|generated|require|factor|data)[ \t]+"
    r"(?!quantities\b)[^\W\d]\w*[ \t]*[\[,:~=\n]|for[ \t]+\w+[ \t]+in[ \t]+\w+:)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A program of another language.

    `program` is the whole of it here, where every line is certain; else it is empty.
    """

    what: str
    span: Span
    why: str
    help: str
    program: str = ""


def pasted(text: str) -> Pasted | None:
    """Recognize a program of Stan, BUGS, PyMC, Pyro or R; None for anything else.

    Only a text without a line of genlang is looked at more closely.
    """
    text = text.replace("\ufeff", " ").replace("\r\n", " \n").replace("\r", "\n")
    if OWN.search(text):
        return None
    from genlang.pasted.recognize import recognize

    return recognize(text)
