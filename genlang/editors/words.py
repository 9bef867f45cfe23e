"""The words of the language by what they are, for those who colour it."""

from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.functions import CONSTANTS, FUNCTIONS
from genlang.lang.pages.functions import UNNAMED
from genlang.lang.types import SCALARS, STRUCTURES
from genlang.syntax.spot import RESERVED, WORDS

TRUTH = ("true", "false")
INSIDE = ("from", "weight")  # of a line that begins with `dim` or `for`
DECLARES = tuple(word for word in WORDS if word not in RESERVED)  # where a line begins
KEYWORDS = tuple(sorted(RESERVED - set(TRUTH))) + INSIDE
VALUES = (*TRUTH, *CONSTANTS)
TYPES = tuple(dict.fromkeys((*SCALARS, *STRUCTURES)))
CALLED = tuple(name for name in FUNCTIONS if name not in UNNAMED)
DRAWN = tuple(DISTRIBUTIONS)

NAME = r"[^\W\d]\w*"
NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
STRING = r'"[^"\n]*"'
OPERATOR = r"->|==|!=|<=|>=|[-+*/@^%<>=~]"


def one_of(words: tuple[str, ...]) -> str:
    """Return a pattern for any of some words, whole."""
    return rf"\b(?:{'|'.join(sorted(words, key=lambda w: (-len(w), w)))})\b"


DECLARATION = one_of(DECLARES)
KEYWORD = one_of(KEYWORDS)
VALUE = one_of(VALUES)
TYPE = one_of(TYPES)
# Names that are not reserved count as the built-in where they are used like it.
DISTRIBUTION = one_of(DRAWN) + r"(?=[ \t]*[(.])"
FUNCTION = one_of(CALLED) + r"(?=[ \t]*\()"
ATTRIBUTE = rf"(?<=\.){NAME}"
